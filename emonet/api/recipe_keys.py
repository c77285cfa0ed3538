"""The keys of recipes as plain data and as a page: what they take, their defaults, and what they mean."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pydantic import BaseModel

from emonet.corpus.readers.door import Door
from emonet.recipe.recipe import SVM, CorpusEntry, Recipe, SharedTraining, SourceEntry, System, Training

_GROUPS: Mapping[str, tuple[str, type[BaseModel]]] = {
    "": ("The recipe", Recipe),
    "corpora": ("One corpus", CorpusEntry),
    "systems.NAME": ("One system", System),
    "source": ("A source", SourceEntry),
    "training": ("Training of networks", Training),
    "shared": ("Several tasks in turn", SharedTraining),
    "svm": ("The SVM", SVM),
}
"""Where keys stand -> what they are keys of, and the model that reads them."""
_PLACES = {model.__name__: place for place, (_, model) in _GROUPS.items()}
_CHOICE = "a name, or `{name: {options}}`"
_SELECT = "`dev`, `inner` or `{inner: {folds: 5}}`"
_NAMING = "a regular expression, or `{regex: ..., map: {...}, alike: one}`"
_CELL = "`{arousal: ..., valence: ..., reason: ...}`"
_WORDS = {"string": "text", "boolean": "true or false", "integer": "whole number", "number": "number"}
_LIMITS = {
    "minimum": "{:g} or more",
    "exclusiveMinimum": "above {:g}",
    "maximum": "{:g} or less",
    "exclusiveMaximum": "below {:g}",
}


@dataclass(frozen=True, slots=True)
class RecipeKey:
    """One key of a recipe.

    Attributes:
        group: below which key it stands, empty at the top.
        takes: which values it takes, in words.
        default: as YAML on one line; empty where there is none.
        needed: whether a recipe cannot be without it.
        meaning: what it says, from the model's documentation.
    """

    group: str
    key: str
    takes: str
    default: str
    needed: bool
    meaning: str


def recipe_keys() -> list[RecipeKey]:
    """Return all keys of recipes, group by group in the order of the models."""
    schema = Recipe.model_json_schema()
    return [key for place, (_, model) in _GROUPS.items() for key in _keys_of(place, model, schema)]


def heading_of(group: str) -> str:
    """Return the heading over a group of keys.

    >>> heading_of("svm"), heading_of("")
    ('The SVM (`svm`)', 'The recipe')
    """
    title, _ = _GROUPS[group]
    return f"{title} (`{group}`)" if group else title


def recipe_page() -> Iterator[str]:
    """Yield the lines of the page of all keys, as Markdown: a heading and a table for each group."""
    for place, keys in groupby(recipe_keys(), key=lambda key: key.group):
        doc = (inspect.getdoc(_GROUPS[place][1]) or "").partition("\n\n")[0]
        yield from (*([""] if place else []), f"## {heading_of(place)}", "", _plain(doc), "")
        yield "| key | takes | default | meaning |"
        yield "|---|---|---|---|"
        for key in keys:
            default = "needed" if key.needed else f"`{key.default}`" if key.default else ""
            yield f"| `{key.key}` | {_linked(key.takes)} | {default} | {key.meaning.replace('|', chr(92) + '|')} |"


def _keys_of(place: str, model: type[BaseModel], schema: Mapping[str, Any]) -> Iterator[RecipeKey]:
    own = schema if model is Recipe else schema["$defs"][model.__name__]
    meanings = {**_meanings(Door), **_meanings(model)} if issubclass(model, Door) else _meanings(model)
    for name, facts in own["properties"].items():
        needed = name in own.get("required", ())
        yield RecipeKey(place, name, _takes(facts), _default(facts), needed, meanings.get(name, ""))


def _meanings(model: type[BaseModel]) -> dict[str, str]:
    """Return what a model's docstring says of its attributes, each on one line."""
    text = inspect.getdoc(model) or ""
    found: dict[str, str] = {}
    name = ""
    for line in text.partition("Attributes:\n")[2].splitlines():
        begins = re.match(r"    (\w+): (.*)", line)
        if begins:
            name, found[begins[1]] = begins[1], begins[2]
        elif name:
            found[name] += f" {line.strip()}"
    return {name: _plain(meaning) for name, meaning in found.items()}


def _takes(facts: Mapping[str, Any]) -> str:
    """Return in words which values a part of the schema allows."""
    kind = str(facts.get("$ref", "")).rpartition("/")[2]
    if kind:
        named = {"Choice": _CHOICE, "Select": _SELECT, "Naming": _NAMING, "OwnCell": _CELL}
        return named.get(kind) or f"keys of `{_PLACES[kind]}`"
    ways = facts.get("anyOf") or facts.get("oneOf")
    if ways:
        return " or ".join(dict.fromkeys(_takes(way) for way in ways if way.get("type") != "null"))
    if "enum" in facts or "const" in facts:
        return ", ".join(f"`{value}`" for value in facts.get("enum", [facts.get("const")]))
    if facts["type"] == "array":
        one, comma, rest = _takes(facts["items"]).partition(",")
        return f"list of {one if one.endswith('`') else f'{one}s'}{comma}{rest}"
    if facts["type"] == "object":
        return f"mapping of names to {_takes(facts['additionalProperties'])}"
    limits = [text.format(facts[name]) for name, text in _LIMITS.items() if name in facts]
    return ", ".join([_WORDS[facts["type"]], *limits])


def _default(facts: Mapping[str, Any]) -> str:
    """Return a default as YAML on one line; nothing for an empty one, and for keys that have keys of their own."""
    value = facts.get("default")
    refers = str(facts.get("$ref", "")).rpartition("/")[2]
    if value in (None, "", [], {}) or refers in _PLACES:
        return "dev" if refers == "Select" else ""
    return value if isinstance(value, str) else json.dumps(value)


def _plain(text: str) -> str:
    """Return a piece of a docstring as a sentence of a page."""
    sentence = " ".join(text.replace("``", "`").split())
    return f"{sentence[:1].upper()}{sentence[1:]}"


def _linked(takes: str) -> str:
    """Return what a key takes with links to the headings of keys."""

    def link(found: re.Match[str]) -> str:
        anchor = re.sub(r"[^\w\- ]", "", heading_of(found[1]).lower()).replace(" ", "-")
        return f"[{found[0]}](#{anchor})"

    return re.sub(r"keys of `([\w.]+)`", link, takes)
