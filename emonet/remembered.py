"""What YAML files say, once it is validated, remembered as JSON: to list them takes neither YAML nor pydantic.

It is found by the content of each file, whatever its name and time, and only by the code that remembered it. It may
be removed at any time: what is missing, damaged or of another version is read from the files again.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from emonet.document import Keys, document_of, read_document, validate
from emonet.errors import EmonetError
from emonet.files import remembered_folder, write_text

Fact = TypeVar("Fact")


@dataclass(frozen=True)
class Said(Generic[Fact]):
    """What a file says."""

    path: Path
    fact: Fact

    def place(self, keys: Keys) -> str:
        """Return ``file:line`` of the deepest known key on the way to ``keys``."""
        return read_document(self.path, EmonetError).place(keys)


def read_all(
    paths: Sequence[Path], kind: type[Fact], error: type[EmonetError], *, among: Path, code: Path
) -> list[Said[Fact]]:
    """Return what files say as ``kind``, a dataclass or a mapping of them; what is not remembered is read.

    Args:
        among: the folder of the files, or the only file: what is remembered of others there is forgotten.
        code: the folder of the modules that say what is valid.

    Raises:
        EmonetError: of type ``error``, naming file, line and key of everything that is wrong with the first wrong file.
    """
    folder = remembered_folder()
    version = _version(code) if folder else ""
    file = (folder or Path()) / f"{_sha256(f'{kind} {among.absolute()}'.encode())[:16]}.json"
    known = _recalled(file, version) if version else {}
    build = _builder(kind)  # type: ignore[arg-type]  # every type can be hashed
    said: list[Said[Fact]] = []
    found: list[str] = []
    new: dict[str, Fact] = {}
    try:
        for path in paths:
            content = _content(path)
            found.append(_sha256(content))
            if found[-1] in known:
                said.append(Said(path, build(known[found[-1]])))
                continue
            document = document_of(content, str(path), error) if content else read_document(path, error)
            said.append(Said(path, validate(kind, document, error)))
            if content:
                new[found[-1]] = said[-1].fact
    finally:
        # What stands behind a wrong file was not come to, and is not forgotten.
        old = {key: known[key] for key in (found if len(said) == len(paths) else known) if key in known}
        if version and (new or len(old) < len(known)):
            _remember(file, version, among, {**old, **new})
    return said


def _content(path: Path) -> bytes:
    """Return what a file holds; nothing where it cannot be read, which is told by who reads it as a document."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _version(code: Path) -> str:
    """Return the digest of the code that reads, nothing where it is not there as text."""
    digest = hashlib.sha256(sys.version.encode())
    sources = [*sorted(Path(__file__).parent.glob("*.py")), *sorted(code.rglob("*.py"))]
    for path in sources:
        digest.update(_content(path))
    return digest.hexdigest() if sources else ""


def _recalled(file: Path, version: str) -> Mapping[str, Any]:
    """Return digest of content -> facts; nothing where the file is missing, damaged or of another version."""
    try:
        digest, _, body = file.read_bytes().partition(b"\n")
        made, _, facts = body.split(b"\n", 2)
        if made == version.encode() and digest == _sha256(body).encode():
            return dict(json.loads(facts))
    except (OSError, ValueError):
        pass
    return {}


def _remember(file: Path, version: str, among: Path, facts: Mapping[str, Any]) -> None:
    """Write facts atomically where that can be done, and forget those of folders that are gone."""
    text = json.dumps(facts, default=_plain, ensure_ascii=False, separators=(",", ":"))
    body = f"{version}\n{among.absolute()}\n{text}"
    with suppress(OSError, UnicodeError, EmonetError):
        write_text(file, f"{_sha256(body.encode())}\n{body}")
        for other in file.parent.glob("*.json"):
            _, _, place = other.read_text(encoding="utf-8").split("\n", 3)[:3]
            if not Path(place).exists():
                other.unlink()


def _plain(fact: Any) -> Any:
    """Return a dataclass as JSON takes it."""
    return {each.name: getattr(fact, each.name) for each in fields(fact)}


@lru_cache
def _builder(kind: Any) -> Callable[[Any], Any]:
    """Return a function that makes a value of this type from its form in JSON."""
    arguments = [argument for argument in get_args(kind) if argument not in {Ellipsis, NoneType}]
    if is_dataclass(kind):
        return _builder_of_fields(kind)
    inner = [_builder(argument) for argument in arguments]
    if get_origin(kind) is tuple:
        return lambda values: tuple(map(inner[0], values))
    if all(each is _same for each in inner):
        return _same
    if get_origin(kind) in {Union, UnionType}:
        return lambda value: None if value is None else inner[0](value)
    return lambda values: {key: inner[-1](value) for key, value in values.items()}


def _builder_of_fields(kind: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    builders = [(each.name, _builder(hints[each.name])) for each in fields(kind)]
    plain = [name for name, build in builders if build is _same]
    others = [(name, build) for name, build in builders if build is not _same]

    def build(facts: Mapping[str, Any]) -> Any:
        """Set the fields as they were: they have been checked, and to check them again would compile each regex."""
        made = object.__new__(kind)
        for name in plain:
            object.__setattr__(made, name, facts[name])
        for name, build_field in others:
            object.__setattr__(made, name, build_field(facts[name]))
        return made

    return build


def _same(value: Any) -> Any:
    return value
