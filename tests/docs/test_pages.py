"""Every command, recipe, Python block and link of the documentation is held against the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from emonet.plugin.registry import Registry, load_registry
from tests.helpers.pages import (
    DOCS,
    OTHERS,
    PAGES,
    ROOT,
    Block,
    anchors,
    blocks,
    command_problem,
    commands_of,
    link_problems,
    mentioned,
    python_problems,
    recipe_problem,
    recipes_of,
)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_the_documentation_has_enough_to_be_checked() -> None:
    texts = [read(page) for page in PAGES]
    assert len(PAGES) > 20
    assert sum(len(commands_of(block)) for text in texts for block in blocks(text)) > 60
    assert sum(len(mentioned(text)) for text in texts) > 30
    assert sum(len(recipes_of(text)) for text in texts) > 7
    assert sum(block.language == "python" for text in texts for block in blocks(text)) > 4


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_command_line_takes_each_command_of_a_page(page: Path) -> None:
    lines = [command for block in blocks(read(page)) for command in commands_of(block)]
    problems = [command_problem(line) for line in lines]
    problems += [command_problem(line, whole=False) for line in mentioned(read(page))]
    assert [problem for problem in problems if problem] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_each_recipe_of_a_page_is_one(page: Path, registry: Registry) -> None:
    assert [problem for text in recipes_of(read(page)) if (problem := recipe_problem(text, registry))] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_python_of_a_page_is_python_and_names_what_there_is(page: Path) -> None:
    code = [block.text for block in blocks(read(page)) if block.language == "python"]
    assert [problem for text in code for problem in python_problems(text)] == []


@pytest.mark.parametrize("page", [*PAGES, *OTHERS], ids=named)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    assert list(link_problems(page, read(page))) == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_block_says_what_it_is(page: Path) -> None:
    assert {block.language for block in blocks(read(page))} <= {"sh", "yaml", "python", "text", "csv"}
    assert read(page).count("```") == 2 * len(blocks(read(page)))


def test_the_index_leads_to_every_page() -> None:
    text = read(DOCS / "index.md")
    assert [named(page) for page in DOCS.rglob("*.md") if f"]({page.relative_to(DOCS).as_posix()})" not in text] == [
        "docs/index.md"
    ]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("emonet rnu recipe.yaml", "no command 'rnu'"),
        ("emonet corpora chek emodb", "no command 'chek'"),
        ("emonet run recipe.yaml --devonly", "--devonly"),
        ("emonet run", "RECIPE"),
        ("emonet predict pack wav/ --batch many", "many"),
        ("emonet plugins --jason", "--jason"),
    ],
)
def test_a_command_that_does_not_exist_is_rejected(command: str, said: str) -> None:
    assert commands_of(Block("sh", f"{command}   # why\n")) == [f"{command}   # why"]
    assert said.lower() in command_problem(command).lower()


@pytest.mark.parametrize("command", ["emonet rnu", "emonet run --devonly", "emonet pack exprot"])
def test_a_sentence_that_names_no_command_is_rejected(command: str) -> None:
    (found,) = mentioned(f"See `{command}`, and not:\n\n```sh\nemonet nothing\n```\n")
    assert command_problem(found, whole=False)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("seed: 1", "seeds"),
        ("strategy: svn", "svm"),
        ("extractor: egemap", "egemaps"),
        ("corpora: [emodbb]", "emodb"),
        ("training: {epoch: 3}", "epochs"),
    ],
)
def test_a_recipe_with_a_wrong_word_is_rejected(wrong: str, said: str, registry: Registry) -> None:
    right = {"corpora": "corpora: [emodb]", "strategy": "strategy: svm", "extractor": "extractor: egemaps"}
    lines = ["protocol: by-speaker", *{**right, wrong.partition(":")[0]: wrong}.values()]
    assert recipe_problem("\n".join(["protocol: by-speaker", *right.values()]), registry) == ""
    assert said in recipe_problem("\n".join(lines), registry)


@pytest.mark.parametrize("code", ["emonet.runn()", "emonet.nn.ConvBlok(1)", "from emonet import plann", "def f(:"])
def test_python_that_names_what_there_is_not_is_rejected(code: str) -> None:
    assert list(python_problems(f"import emonet\n{code}\n"))
    assert list(python_problems("import emonet\nemonet.run('a.yaml').to_frame()\n")) == []


def test_dead_links_and_anchors_are_rejected(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# One\n\n```sh\n# Two\n```\n## Two, `three`\n", encoding="utf-8")
    text = "# Here\n[a](other.md#one) [b](other.md#two-three) [c](#here) [d](other.md#two) [e](gone.md) [f](#there)\n"
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    assert [problem.partition(":")[0] for problem in link_problems(page, text)] == [
        "other.md#two",
        "gone.md",
        "#there",
    ]


def test_headings_of_one_name_are_told_apart() -> None:
    assert anchors("# A b\n## A b\n## A_b's: (c)\n") == {"a-b", "a-b-1", "a_bs-c"}
