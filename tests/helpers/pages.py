"""The pages of the documentation, cut into what can be checked: commands, recipes, Python, links."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

import emonet
from emonet.cli.app import UsageError, app
from emonet.document import parse_document
from emonet.errors import EmonetError, RecipeError
from emonet.plugin.registry import Registry
from emonet.recipe.recipe import Recipe, recipe_of
from emonet.recipe.resolve import components_of
from emonet.recipe.strategies import strategy

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md")))
OTHERS = (ROOT / "CHANGELOG.md", *sorted(ROOT.glob("examples/**/README.md")), *sorted(ROOT.glob("*/README.md")))
"""Pages whose links are looked at, too."""
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.S | re.M)
_LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its language, and its text."""

    language: str
    text: str


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page."""
    return [Block(language, body) for language, body in _FENCE.findall(text)]


def prose(text: str) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", text)


def commands_of(block: Block) -> list[str]:
    """Return the lines of a shell block that call ``emonet``, continued lines joined, without what ``>`` is for."""
    lines = block.text.replace("\\\n", " ").splitlines() if block.language == "sh" else []
    return [line.partition(" > ")[0] for line in lines if line.startswith("emonet ")]


def words_of(command: str) -> list[str]:
    """Return the words after ``emonet``, as a shell would cut them."""
    return shlex.split(command, comments=True)[1:]


def mentioned(text: str) -> list[str]:
    """Return the commands that a page's sentences name: ``emonet`` and what follows, in backticks."""
    return re.findall(r"`(emonet [a-z][^`]*)`", prose(text))


def command_problem(command: str, *, whole: bool = True) -> str:
    """Say what the command line would not take of a command; empty where it takes it.

    Args:
        whole: whether all arguments that are needed must be there; else the names of commands and options count.
    """
    words = words_of(command)
    group: Any = typer.main.get_command(app)
    while words and hasattr(group, "get_command") and not words[0].startswith("-"):
        name = words.pop(0)
        found = group.get_command(None, name)
        if found is None:
            return f"{command}: there is no command '{name}'"
        group = found
    if not whole:
        known = {option for parameter in group.params for option in parameter.opts}
        unknown = [word for word in words if word.startswith("--") and word not in {*known, "--help"}]
        return f"{command}: there is no option {unknown[0]}" if unknown else ""
    try:
        group.make_context("emonet", words)
    except UsageError as problem:
        return f"{command}: {problem}"
    return ""


def recipes_of(text: str) -> list[str]:
    """Return the recipes of a page: what is fenced as YAML."""
    return [block.text for block in blocks(text) if block.language == "yaml"]


def recipe_problem(text: str, registry: Registry) -> str:
    """Say what is wrong with a recipe: keys, names of strategies, components and corpora; empty where nothing is."""
    try:
        recipe: Recipe = recipe_of(parse_document(text, "page.yaml", RecipeError))
        for name, system in recipe.systems.items():
            components_of(name, system, strategy(system.strategy), registry.factory)
        for entry in recipe.corpora:
            if entry.id:
                registry.corpus(entry.id)
    except EmonetError as problem:
        return str(problem)
    return ""


def python_problems(text: str) -> Iterator[str]:
    """Yield what is wrong with the Python of a page: it is not Python, or emonet has no such name."""
    try:
        tree = ast.parse(text)
    except SyntaxError as problem:
        yield f"{problem.msg}: {problem.text}"
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "emonet":
            module = importlib.import_module(str(node.module))
            yield from (f"{node.module} has no {each.name}" for each in node.names if not hasattr(module, each.name))
        if isinstance(node, ast.Attribute):
            yield from _missing_name(ast.unparse(node))


def _missing_name(dotted: str) -> Iterator[str]:
    root, *names = dotted.split(".")
    if root != "emonet" or not all(name.isidentifier() for name in names):
        return
    found: Any = emonet
    for name in names:
        if not hasattr(found, name):
            yield f"{dotted}: there is no {name}"
            return
        found = getattr(found, name)


def anchors(text: str) -> set[str]:
    """Return what links may point to within a page, as GitHub names its headings."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ +(.+)$", prose(text), re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        again = next(number for number in range(99) if (f"{name}-{number}" if number else name) not in found)
        found.add(f"{name}-{again}" if again else name)
    return found


def link_problems(page: Path, text: str) -> Iterator[str]:
    """Yield the links of a page that lead to no file, or to no heading of a page."""
    for link in _LINK.findall(prose(text)):
        path, _, anchor = link.partition("#")
        place = (page.parent / path).resolve() if path else page
        if not place.exists():
            yield f"{link}: there is no such file"
        elif anchor and anchor not in anchors(text if place == page else place.read_text(encoding="utf-8")):
            yield f"{link}: there is no such heading"
