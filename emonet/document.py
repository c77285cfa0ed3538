"""YAML files read strictly, with line numbers, and validated with messages that help.

Scalars follow YAML 1.2: ``1e-6`` is a number, ``no`` and ``03`` are text. A key given twice is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from functools import lru_cache, partial
from io import StringIO
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from emonet.errors import EmonetError, did_you_mean

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError
    from pydantic_core import CoreSchema, ErrorDetails

_Model = TypeVar("_Model")
Keys = tuple[str | int, ...]

STRICT: Mapping[str, str] = MappingProxyType({"extra": "forbid"})
"""The ``__pydantic_config__`` of a dataclass that is read from a file: a key that it lacks is an error."""

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DEEPEST = 50
_LONGEST_WORD = 5
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}


class Checked:
    """What pydantic holds a value to, said without pydantic: ``Annotated[str, Checked(pattern="^a")]``.

    ``before`` changes what is given before its type is looked at, ``after`` what has its type; both may raise
    ``ValueError``. The limits are pydantic's: ``pattern``, ``ge``, ``le``, ``gt``, ``lt``, ``min_length``,
    ``max_length``.
    """

    def __init__(
        self, *, before: Callable[[Any], Any] | None = None, after: Callable[[Any], Any] | None = None, **limits: Any
    ) -> None:
        self.before, self.after, self.limits = before, after, limits

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], CoreSchema]) -> CoreSchema:
        """Return pydantic's schema of the value with these limits."""
        from pydantic_core.core_schema import no_info_after_validator_function as after
        from pydantic_core.core_schema import no_info_before_validator_function as before

        schema: Any = {**handler(source), **self.limits}
        schema = before(self.before, schema) if self.before else schema
        return after(self.after, schema) if self.after else schema


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
        content = path.read_bytes()
    except FileNotFoundError:
        raise error(f"{path}: there is no such file. Check the path.") from None
    except OSError as problem:
        raise error(f"{path}: cannot be read ({problem.strerror}).") from None
    return document_of(content, str(path), error)


def document_of(content: bytes, name: str, error: type[EmonetError]) -> Document:
    """Parse what a YAML file holds; see ``read_document``."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise error(f"{name}: not UTF-8 text. Save the file as UTF-8.") from None
    return parse_document(StringIO(text, newline=None).read(), name, error)


def parse_document(text: str, name: str, error: type[EmonetError]) -> Document:
    """Parse YAML text; see ``read_document``."""
    import yaml

    lines: dict[Keys, int] = {}
    try:
        node = yaml.compose(text, Loader=_loader())
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        place = f"{name}:{mark.line + 1}" if mark else name
        what = getattr(problem, "problem", None) or str(problem)
        line = text.splitlines()[mark.line] if mark and mark.line < len(text.splitlines()) else ""
        hint = " Between double quotes a backslash must be doubled; use single quotes." if "escape" in what else ""
        hint += " Within [] and {} a path with ${NAME} stands in quotes: '${NAME}/...'." if "${" in line else ""
        raise error(f"{place}: not valid YAML: {what}.{hint}") from None
    if node is None:
        return Document(None, name, lines, text)
    return Document(_plain(node, (), lines, name, error), name, lines, text)


@lru_cache(maxsize=1)
def _loader() -> Any:
    """Return a composer of nodes that does not guess the types of scalars.

    YAML 1.2 is told from YAML 1.1 by ``parse_scalar``, where it matters. This is made when it is first used, since
    what only lists needs no YAML.
    """
    import yaml

    nothing = {"descend_resolver": lambda *_: None, "ascend_resolver": lambda *_: None}
    safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return type("_Loader", (safe,), {"resolve": lambda *_: "", **nothing})


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
        EmonetError: of type ``error``, when the change is not of that form, or leads into a list at no position of it.
    """
    key, equals, text = change.partition("=")
    if not equals or not key:
        raise error(f"The change '{change}' is not key=value, as in seeds=[1,2].")
    value = parse_value(text, f"the change of {key}", error)
    replaced: dict[str, Any] = _replaced(data, key.split("."), value, partial(_no_position, change, error))
    return replaced


def _no_position(change: str, error: type[EmonetError], key: str, length: int) -> EmonetError:
    return error(f"The change '{change}': '{key}' is not a position of a list with {length} entries.")


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


def _plain(node: Any, keys: Keys, lines: dict[Keys, int], name: str, error: type[EmonetError]) -> Any:
    lines.setdefault(keys, node.start_mark.line + 1)
    if len(keys) > _DEEPEST:
        raise error(f"{name}:{node.start_mark.line + 1}: more than {_DEEPEST} levels deep. Does an alias hold itself?")
    if node.id == "scalar":  # the classes of nodes, by what they call themselves: yaml is imported where it reads
        return node.value if node.style else parse_scalar(node.value)
    if node.id == "sequence":
        return [_plain(item, (*keys, i), lines, name, error) for i, item in enumerate(node.value)]
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in result:
            raise error(f"{name}:{line}: the key '{key}' is given twice. Keep one of them.")
        lines[(*keys, key)] = line
        result[key] = _plain(value_node, (*keys, key), lines, name, error)
    return result


def validate(kind: type[_Model], document: Document, error: type[EmonetError]) -> _Model:
    """Turn a document into what pydantic makes of it: a dataclass, a model, or a mapping of them.

    Raises:
        EmonetError: of type ``error``, naming file, line, key and the nearest right word for every problem.
    """
    from pydantic import ValidationError

    try:
        adapter: TypeAdapter[_Model] = _adapter(kind)  # type: ignore[arg-type]  # every type can be hashed
        return adapter.validate_python(document.data if document.data is not None else {})
    except ValidationError as problem:
        raise error("\n".join(explain(problem, document, kind))) from None


@lru_cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def explain(problem: ValidationError, document: Document, kind: Any) -> Iterable[str]:
    """Yield one sentence for each thing that pydantic found wrong."""
    details = problem.errors(include_url=False)
    places = [tuple(detail["loc"]) for detail in details]
    for keys, detail in zip(places, details, strict=True):
        if detail["type"] == "too_short" and any(keys == other[: len(keys)] != other for other in places):
            continue  # what the list holds is wrong, and that is said already
        yield f"{document.place(keys)}: {_sentence(detail, keys, kind)}"


def _sentence(detail: ErrorDetails, keys: Keys, kind: Any) -> str:
    key = ".".join(str(part) for part in keys if not str(part).startswith("[")) or "the file"
    if detail["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        known = known_keys(kind, keys[:-1])
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
    if detail["type"] in {"model_type", "dict_type", "dataclass_type"}:
        given = "nothing (null)" if detail["input"] is None else repr(detail["input"])
        listed = f" Known keys here: {', '.join(sorted(known_keys(kind, keys)))}." if known_keys(kind, keys) else ""
        return f"'{key}' is {given}, expected keys with values, as in {{key: value}}.{listed}"
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


def known_keys(kind: Any, keys: Keys) -> set[str]:
    """Return the names of the fields of what is found by following ``keys`` from ``kind``."""
    for key in keys:
        kind = _step(kind, key)
    return set(next(filter(None, map(_fields, _options(kind))), {}))


def _step(annotation: Any, key: str | int) -> Any:
    """Follow one key: into a field, or into what a list or mapping holds."""
    for option in _options(annotation):
        arguments = [argument for argument in get_args(option) if argument is not Ellipsis]
        found = arguments[-1] if arguments else _fields(option).get(str(key))
        if found is not None:
            return found
    return None


def _options(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)


def _fields(kind: Any) -> dict[str, Any]:
    """Return the fields of a dataclass or of a pydantic model, as they are named in files, with their types."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return {each.name: hints[each.name] for each in fields(kind)}
    found = getattr(kind, "model_fields", {})
    return {info.alias or name: info.annotation for name, info in found.items()}
