"""YAML files read strictly, with line numbers, and validated with messages that help.

Scalars follow YAML 1.2: ``1e-6`` is a number, ``no`` and ``03`` are text. A key given twice is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin

import yaml

from emonet.errors import EmonetError, did_you_mean

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

    Model = TypeVar("Model", bound=BaseModel)

Keys = tuple[str | int, ...]

_SAFE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DEEPEST = 50
_LONGEST_WORD = 5
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}


class _Loader(_SAFE):  # type: ignore[misc]
    """Composes nodes without a guess at what each scalar is: YAML 1.2 is told from YAML 1.1 below, where it matters."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        """Return a tag that nobody looks at."""
        return ""

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Do nothing: paths have no tags either."""

    def ascend_resolver(self) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Document:
    """Plain data from a YAML file, the line of every key, and the file's name and text."""

    data: Any
    name: str
    lines: dict[Keys, int] = field(default_factory=dict)
    text: str = ""

    def place(self, keys: Keys) -> str:
        """Return ``file:line`` of the deepest known key on the way to ``keys``."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return f"{self.name}:{self.lines[keys]}" if keys in self.lines else self.name


def read_document(path: Path, error: type[EmonetError]) -> Document:
    """Read a YAML file.

    Raises:
        EmonetError: of type ``error``, when the file is missing, not UTF-8 or not YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise error(f"{path}: there is no such file. Check the path.") from None
    except UnicodeDecodeError:
        raise error(f"{path}: not UTF-8 text. Save the file as UTF-8.") from None
    except OSError as problem:
        raise error(f"{path}: cannot be read ({problem.strerror}).") from None
    return parse_document(text, str(path), error)


def parse_document(text: str, name: str, error: type[EmonetError]) -> Document:
    """Parse YAML text; see ``read_document``."""
    lines: dict[Keys, int] = {}
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        place = f"{name}:{mark.line + 1}" if mark else name
        what = getattr(problem, "problem", None) or str(problem)
        hint = " Between double quotes a backslash must be doubled; use single quotes." if "escape" in what else ""
        raise error(f"{place}: not valid YAML: {what}.{hint}") from None
    if node is None:
        return Document(None, name, lines, text)
    return Document(_plain(node, (), lines, name, error), name, lines, text)


def parse_scalar(text: str) -> Any:
    """Return the value of a YAML 1.2 plain scalar.

    >>> [parse_scalar(word) for word in ("1e-6", "no", "03", "7", "true", "~")]
    [1e-06, 'no', '03', 7, True, None]
    """
    if text[:1].isalpha() and len(text) > _LONGEST_WORD:
        return text
    if text.lower() in _WORDS and (text == text.lower() or text.istitle() or text.isupper()):
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def parse_value(text: str, name: str, error: type[EmonetError]) -> Any:
    """Return the value of a piece of YAML, e.g. the right side of ``--set key=value``."""
    return parse_document(text, name, error).data


def changed(data: dict[str, Any], change: str, error: type[EmonetError]) -> dict[str, Any]:
    """Return data with one ``key.sub=value`` change (``--set``) applied.

    Raises:
        EmonetError: of type ``error``, when the change is no such thing, or leads into a list at no position of it.
    """
    key, equals, text = change.partition("=")
    if not equals or not key:
        raise error(f"--set {change}: expected key=value, e.g. --set seeds=[1,2].")
    value = parse_value(text, f"--set {key}", error)
    replaced: dict[str, Any] = _replaced(data, key.split("."), value, partial(_no_position, change, error))
    return replaced


def _no_position(change: str, error: type[EmonetError], key: str, length: int) -> EmonetError:
    return error(f"--set {change}: '{key}' is no position of a list with {length} entries.")


def _replaced(data: Any, keys: Sequence[str], value: Any, refuse: Callable[[str, int], EmonetError]) -> Any:
    if not keys:
        return value
    if isinstance(data, list):
        if not keys[0].isdecimal() or int(keys[0]) >= len(data):
            raise refuse(keys[0], len(data))
        at = int(keys[0])
        return [*data[:at], _replaced(data[at], keys[1:], value, refuse), *data[at + 1 :]]
    if isinstance(data, str):
        data = {data: {}} if keys[0] == data else {}
    return {**(data or {}), keys[0]: _replaced((data or {}).get(keys[0]), keys[1:], value, refuse)}


def _plain(node: yaml.Node, keys: Keys, lines: dict[Keys, int], name: str, error: type[EmonetError]) -> Any:
    lines.setdefault(keys, node.start_mark.line + 1)
    if len(keys) > _DEEPEST:
        raise error(f"{name}:{node.start_mark.line + 1}: more than {_DEEPEST} levels deep. Does an alias hold itself?")
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.style else parse_scalar(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*keys, i), lines, name, error) for i, item in enumerate(node.value)]
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in result:
            raise error(f"{name}:{line}: the key '{key}' is given twice. Keep one of them.")
        lines[(*keys, key)] = line
        result[key] = _plain(value_node, (*keys, key), lines, name, error)
    return result


def validate(model: type[Model], document: Document, error: type[EmonetError]) -> Model:
    """Turn a document into a pydantic model.

    Raises:
        EmonetError: of type ``error``, naming file, line, key and the nearest right word for every problem.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(document.data if document.data is not None else {})
    except ValidationError as problem:
        raise error("\n".join(explain(problem, document, model))) from None


def explain(problem: ValidationError, document: Document, model: type[BaseModel]) -> Iterable[str]:
    """Yield one sentence for each thing that pydantic found wrong."""
    details = problem.errors(include_url=False)
    places = [tuple(detail["loc"]) for detail in details]
    for keys, detail in zip(places, details, strict=True):
        if detail["type"] == "too_short" and any(keys == other[: len(keys)] != other for other in places):
            continue  # what the list holds is wrong, and that is said already
        yield f"{document.place(keys)}: {_sentence(detail, keys, model)}"


def _sentence(detail: ErrorDetails, keys: Keys, model: type[BaseModel]) -> str:
    key = ".".join(str(part) for part in keys if not str(part).startswith("[")) or "the file"
    if detail["type"] == "extra_forbidden":
        known = known_keys(model, keys[:-1])
        hint = did_you_mean(str(keys[-1]), known)
        listed = f"Known keys here: {', '.join(sorted(known))}." if known else ""
        return " ".join(part for part in (f"unknown key '{key}'.", hint, listed) if part)
    if detail["type"] == "missing":
        return f"the key '{key}' is missing. Add it."
    if detail["type"] == "literal_error":
        expected = detail["ctx"]["expected"]
        hint = did_you_mean(str(detail["input"]), re.findall(r"'([^']*)'", expected))
        text = f"'{key}' is {detail['input']!r}, expected {expected}. {hint}"
        return text.strip()
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "value_error":
        return f"'{key}': {message}" if keys else message
    return f"'{key}' is {detail['input']!r}: {_advice(detail, message)}."


def _advice(detail: ErrorDetails, message: str) -> str:
    if detail["type"] == "too_short":
        return f"give at least {detail['ctx']['min_length']}"
    if detail["type"] == "string_type" and isinstance(detail["input"], int | float):
        return "text is expected, put it in quotes"
    if detail["type"] in {"tuple_type", "list_type"}:
        return f"a list is expected, e.g. [{detail['input']}]"
    return message[0].lower() + message[1:]


def known_keys(model: type[BaseModel], keys: Keys) -> set[str]:
    """Return the field names of the model found by following ``keys`` from ``model``."""
    from pydantic import RootModel

    current: Any = model.model_fields["root"].annotation if issubclass(model, RootModel) else model
    for key in keys:
        current = _step(current, key)
    found = next(iter(_models_in(current)), None)
    return {info.alias or name for name, info in found.model_fields.items()} if found else set()


def _step(annotation: Any, key: str | int) -> Any:
    """Follow one key: into a model's field, or into what a list or mapping holds."""
    origin = get_origin(annotation)
    if origin in {Union, UnionType}:
        steps = (_step(option, key) for option in get_args(annotation))
        return next((step for step in steps if step is not None), None)
    if origin is not None:
        arguments = [argument for argument in get_args(annotation) if argument is not Ellipsis]
        return arguments[-1] if arguments else None
    fields = getattr(annotation, "model_fields", {})
    return fields[key].annotation if key in fields else None


def _models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    from pydantic import BaseModel

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in {Union, UnionType}:
        for option in get_args(annotation):
            yield from _models_in(option)
