"""Documentation as assertions: what the texts say is what the program does."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typer
from pyarrow import parquet

import emonet
import emonet_corpora
from emonet.api.card import markdown_of
from emonet.api.recipe_keys import recipe_keys, recipe_page
from emonet.cli.app import COMMANDS, app
from emonet.plugin import hookspecs
from emonet.plugin.registry import Component, load_registry
from emonet.protocols.imported import IMPORTED, imported_folds
from emonet.protocols.protocol import GENERIC
from emonet.recipe.recipe import SVM, Recipe, SharedTraining, Training, recipe_schema
from emonet.recipe.strategies import STRATEGIES
from tests.helpers.made import load_script
from tests.helpers.tones import make_tones

ROOT = Path(__file__).parents[2]
HOOKS = {name: hook for name, hook in vars(hookspecs).items() if name.startswith("emonet_")}


def page(name: str) -> str:
    """Return the text of a page of ``docs``."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def is_there(name: str) -> bool:
    """Say whether a dotted name is a module, or something that one has."""
    module, *rest = name.split(".")
    thing: Any = importlib.import_module(module)
    for word in rest:
        module = f"{module}.{word}"
        if not hasattr(thing, word) and (not hasattr(thing, "__path__") or find_spec(module) is None):
            return False
        thing = getattr(thing, word, None) or importlib.import_module(module)
    return True


def test_names_of_the_source_that_texts_tell_are_there() -> None:
    """Of modules that were renamed, a text tells the new name."""
    pages = [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("corpora/**/*.md"),
        *ROOT.glob("examples/**/*.md"),
    ]
    told = {
        (path.name, name)
        for path in pages
        for name in re.findall(r"(?<![\w./-])emonet(?:\.[a-zA-Z_]+)+(?![\w-])", path.read_text(encoding="utf-8"))
    }
    assert len(told) > 15
    assert not {(page, name) for page, name in told if not is_there(name)}
    assert not is_there("emonet.filez")


def test_there_are_hooks() -> None:
    assert len(HOOKS) == 9


@pytest.mark.parametrize("name", HOOKS)
def test_each_hook_is_documented_with_its_exact_signature(name: str) -> None:
    signature = str(inspect.signature(HOOKS[name])).replace("'", "")
    assert f"`{name}{signature}`" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", HOOKS)
def test_each_hook_has_a_first_party_user(name: str) -> None:
    hooks = {hook for info in load_registry().plugins.values() for hook in info.hooks}
    assert name in hooks


def test_the_page_of_corpora_is_what_the_cards_say() -> None:
    lines = (ROOT / "corpora" / "README.md").read_text(encoding="utf-8").splitlines()
    made = list(markdown_of(emonet_corpora.emonet_corpora()))
    assert len(made) > 10
    assert [line for line in lines if line.startswith("|")] == made, "make docs writes it anew"


def all_commands() -> Iterator[str]:
    """Yield every command of every group, as it is typed."""
    for name in COMMANDS:
        group: Any = typer.main.get_command(app).get_command(None, name)  # type: ignore[attr-defined]
        subcommands = getattr(group, "commands", {})
        if not subcommands or group.invoke_without_command:
            yield f"emonet {name}"
        yield from (f"emonet {name} {each}" for each in subcommands)


def test_the_reference_of_commands_names_every_command() -> None:
    text = page("reference/commands.md")
    found = list(all_commands())
    assert len(found) > 20
    assert [command for command in found if f"`{command}`" not in text] == []


def test_the_reference_of_recipes_is_what_the_models_say() -> None:
    lines = list(recipe_page())
    assert len(lines) > 60
    assert page("reference/recipe.md").endswith("\n".join(["", "", *lines, ""])), "make docs writes it anew"
    assert lines[0] == "## The recipe", "which is where make docs cuts the page"


def test_each_key_of_a_recipe_is_in_the_reference_with_its_meaning() -> None:
    schema, listed = recipe_schema(), recipe_keys()
    keys = {(key.group, key.key) for key in listed}
    assert len(keys) == len(listed)
    groups = {
        "corpora": "CorpusEntry",
        "systems.NAME": "System",
        "source": "SourceEntry",
        "training": "Training",
        "shared": "SharedTraining",
        "svm": "SVM",
    }
    for group, model in groups.items():
        assert {key for of, key in keys if of == group} == set(schema["$defs"][model]["properties"])
    assert {key for of, key in keys if not of} == set(Recipe.model_fields)
    assert {key.key for key in listed if key.needed} == {"corpora", "protocol", "systems", "strategy"}
    assert [key for key in listed if not key.meaning] == []


def test_the_page_of_components_names_each_with_its_options_and_defaults() -> None:
    rows = [line.split(" | ") for line in page("reference/components.md").splitlines() if line.startswith("| ")]
    said = {(row[0][2:], row[1].strip("`")): row[3].strip(" |") for row in rows[1:]}
    registry = load_registry()
    kinds: dict[str, Component] = {
        "extractor": "extractors",
        "frontend": "frontends",
        "backbone": "backbones",
        "adapter": "adapters",
        "executor": "executors",
    }
    brought = registry.names_of("components")
    assert set(said) == {(one, name) for one, kind in kinds.items() for name in brought[kind]}
    for (one, name), options in said.items():
        parameters = inspect.signature(registry.factory(kinds[one], name)).parameters.values()
        defaults = {each.name: json.dumps(each.default).strip('"') for each in parameters}
        assert options == ", ".join(f"`{option}: {default}`" for option, default in defaults.items())


def test_the_page_of_protocols_names_each_with_its_options() -> None:
    rows = [line.split(" | ") for line in page("explanation/protocols.md").splitlines() if line.startswith("| `")]
    said = {row[0].strip("| `"): re.findall(r"`(\w+)`", row[-1]) for row in rows}
    functions: dict[str, Callable[..., Any]] = {**GENERIC, IMPORTED: imported_folds}
    assert set(said) == set(functions)
    for name, options in said.items():
        parameters = inspect.signature(functions[name]).parameters.values()
        assert options == [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]


def test_the_readme_has_a_row_for_each_strategy() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Strategies\n")[2].partition("\n## ")[0]
    named = [name for line in table.splitlines() for name in re.findall(r"`([\w+-]+)`", line.split(" | ")[0])]
    assert sorted(named) == sorted(STRATEGIES)


def test_the_table_of_scores_is_the_same_wherever_it_stands() -> None:
    readme, tutorial = (ROOT / "README.md").read_text(encoding="utf-8"), page("tutorial/first-run.md")
    (table,) = re.findall(r"^(polish_speech_emotions/emotion: 450 .*?)```$", readme, re.S | re.M)
    assert table.rstrip() in tutorial
    rows = [line for line in page("explanation/scores.md").splitlines() if " ± " in line and "[" in line]
    assert len(rows) == 2
    assert set(rows) <= set(table.splitlines())
    assert max(map(len, table.splitlines())) == 80


def test_the_picture_is_what_its_script_draws() -> None:
    overview = load_script(ROOT / "docs" / "pictures" / "overview.py")
    drawn = overview.drawing()
    assert overview.PICTURE.read_text(encoding="utf-8") == drawn, "make docs draws it anew"
    assert "6 classes, 91 speakers" in drawn
    assert ElementTree.fromstring(drawn).tag.endswith("svg")  # noqa: S314 - it was made a line ago


def test_the_page_of_the_tree_names_every_folder_and_every_module_beside_them() -> None:
    text = page("reference/tree.md")
    folders = [path.name for path in (ROOT / "emonet").iterdir() if (path / "__init__.py").is_file()]
    modules = [path.name for path in (ROOT / "emonet").glob("*.py") if path.name != "__init__.py"]
    assert len(folders) > 10
    assert [name for name in folders if f"\n  {name}/ " not in text] == []
    assert [name for name in modules if f" {name}" not in text] == []
    assert len(re.findall(r"^  \w+/ ", text, re.M)) == len(folders)


def test_the_page_on_a_runs_folder_names_all_that_a_run_leaves_and_the_columns_of_its_predictions(
    tmp_path: Path,
) -> None:
    recipe = {
        "corpora": [{"manifest": str(make_tones(tmp_path / "tones", takes=1))}],
        "protocol": "by-speaker",
        "systems": {"svm": {"strategy": "svm", "extractor": "egemaps"}},
    }
    run = emonet.run(recipe, runs=tmp_path / "runs", progress=False)
    text = page("reference/run-folder.md")
    left = [path.name for path in run.path.iterdir()]
    assert len(left) > 10
    assert [name for name in left if f"`{name}`" not in text and f"`{name}/" not in text] == []
    assert [
        name for name in parquet.read_schema(run.path / "predictions.parquet").names if f"`{name}`" not in text
    ] == []


def differences() -> str:
    """Return the table of differences from the paper."""
    return page("explanation/paper.md")


def test_the_table_of_differences_names_the_sizes_that_are_built() -> None:
    from emonet.model.model import Model, private_share

    build = load_registry().build
    model = Model(build("frontends", "logmel", {}), build("backbones", "wide_resnet", {}))
    model.add_task("foo/emotion", 7, adapter=build("adapters", "residual", {}))
    own, total = private_share(model, "foo/emotion")
    every = total + 25 * own
    said = f"{total:,}, {own:,} of a task's own; 26 such tasks {every:,}, {every / total:.2f} times one"
    assert said in differences()


def test_the_table_of_differences_names_settings_that_there_are() -> None:
    build, found = load_registry().build, set()
    groups = {"training": Training, "shared": SharedTraining, "svm": SVM}
    kinds: dict[str, Component] = {"residual": "adapters", "wide_resnet": "backbones"}
    for group, name, value in re.findall(r"`(\w+): \{(\w+): (\w+)\}`", differences()):
        options = {name: json.loads(value) if value in {"true", "false"} else value}
        if group in groups:
            groups[group].model_validate(options)
        else:
            build(kinds[group], group, options)
        found.add(name)
    assert {"rest", "evaluate", "adapters", "norms", "start", "mask", "class_weights"} <= found
