"""Documentation as assertions: what the texts say is what the program does."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import pytest

import emonet_corpora
from emonet.api.card import markdown_of
from emonet.plugin import hookspecs
from emonet.plugin.registry import Component, load_registry
from emonet.recipe.recipe import SVM, Shared, Training

ROOT = Path(__file__).parents[2]
TEXTS = [path for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md") if path.is_file()]
HOOKS = {name: hook for name, hook in vars(hookspecs).items() if name.startswith("emonet_")}


def test_there_are_hooks_and_texts() -> None:
    assert len(HOOKS) == 9
    assert len(TEXTS) == 3


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


def test_the_reference_names_every_command() -> None:
    from emonet.cli.app import COMMANDS

    text = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert f"emonet {command}" in text


def differences() -> str:
    """Return the table of differences from the paper."""
    return (ROOT / "docs" / "explanation" / "paper.md").read_text(encoding="utf-8")


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
    groups = {"training": Training, "shared": Shared, "svm": SVM}
    kinds: dict[str, Component] = {"residual": "adapters", "wide_resnet": "backbones"}
    for group, name, value in re.findall(r"`(\w+): \{(\w+): (\w+)\}`", differences()):
        options = {name: json.loads(value) if value in {"true", "false"} else value}
        if group in groups:
            groups[group].model_validate(options)
        else:
            build(kinds[group], group, options)
        found.add(name)
    assert {"rest", "evaluate", "adapters", "norms", "start", "mask", "class_weights"} <= found


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8"))
    missing = [link for link in links if not (ROOT / link).exists()]
    assert not missing
