"""The core as a whole: it names no plugin (import-linter sees to imports), and its files and names are sound."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from emonet.plugin.registry import COMPONENTS, load_registry

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "emonet").rglob("*.py"))
# These names are words of their own, too; only as a quoted name would they be a plugin's.
ORDINARY = {"terminal", "markdown", "json", "html", "local", "processes", "series"}


def plugin_names() -> set[str]:
    registry = load_registry()
    return set(registry.corpora) | {name for kind in COMPONENTS for name in registry.factories(kind)}


def test_the_core_names_no_plugin() -> None:
    names = plugin_names() - ORDINARY
    assert len(names) > 10
    known = "|".join(map(re.escape, sorted(names)))
    # collections.abc is Python's own, and no corpus
    pattern = re.compile(rf"(?<!collections\.)\b({known}|emonet_plugins|emonet_corpora)\b(?!\()")
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match.group()}"
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for match in pattern.finditer(line)
    ]
    assert not found


def test_no_file_of_the_core_is_longer_than_the_house_allows() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert len(lengths) > 40
    assert not {str(path): length for path, length in lengths.items() if length > 400}


def test_no_class_or_alias_of_a_type_is_called_like_another_one() -> None:
    homes = defaultdict(list)
    for path in FILES:
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            for name in names_of_types(statement):
                homes[name].append(str(path.relative_to(ROOT)))
    assert len(homes) > 200
    assert not {name: found for name, found in homes.items() if len(found) > 1}


def names_of_types(statement: ast.stmt) -> list[str]:
    """Return the public names in CamelCase that a statement at the top of a module gives."""
    match statement:
        case ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
            names = [name]
        case ast.Assign(targets=targets):
            names = [target.id for target in targets if isinstance(target, ast.Name)]
        case _:
            names = []
    return [name for name in names if re.fullmatch(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*", name)]


@pytest.mark.parametrize("word", ["pickle", "torch.load", "yaml.load(", "eval("])
def test_the_core_uses_nothing_that_runs_strangers_data(word: str) -> None:
    ours = [*FILES, *sorted((ROOT / "plugins").rglob("*.py")), *sorted((ROOT / "corpora").rglob("*.py"))]
    pattern = re.compile(rf"(?<![\w.]){re.escape(word)}(?!_tables=False)")  # audb is told to leave its pickles away
    assert not [str(path) for path in ours if pattern.search(path.read_text(encoding="utf-8"))]
