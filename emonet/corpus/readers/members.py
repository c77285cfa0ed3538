"""Clips that lie within a Parquet or Arrow file: the paths that stand for them, and the files that hold them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    import pyarrow as pa


TABLES = frozenset({".parquet", ".arrow"})
"""Suffixes of the files that hold clips as bytes."""


@dataclass(frozen=True, slots=True)
class Member:
    """One clip within a table: the file, the column of bytes, and the row, counted from 0."""

    table: Path
    column: str
    row: int


def member_path(table: str, column: str, row: int, suffix: str) -> str:
    """Return the POSIX path that stands for a clip within a table.

    >>> member_path("data/train.parquet", "audio", 12, ".flac")
    'data/train.parquet/audio/00000012.flac'
    """
    return f"{table}/{quote(column, safe='')}/{row:08}{suffix}"


def member_at(path: Path) -> Member | None:
    """Return the clip that a path stands for, None where it is the path of a file of its own."""
    table = path.parent.parent
    if table.suffix not in TABLES or not path.stem.isdecimal() or not is_file(table):
        return None
    return Member(table, unquote(path.parent.name), int(path.stem))


def is_file(path: Path) -> bool:
    """Say whether there is such a file; a name that no file can have is not there."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or holds a NUL
        return False


_POINTER = b"version https://git-lfs"


def is_lfs_pointer(file: IO[bytes]) -> bool:
    """Say whether an open file begins as what Git LFS leaves in place of one that was not pulled."""
    return file.read(len(_POINTER)) == _POINTER


def no_name(problem: ValueError) -> str:
    """Return why no file can have a name that Python refuses to hand to the system.

    Raises:
        UnicodeEncodeError: the name is right, and the locale lacks its letters: then no other file is read rightly.
    """
    if not isinstance(problem, UnicodeEncodeError):
        return "its name holds a NUL"
    if not any("\ud800" <= letter <= "\udfff" for letter in problem.object):
        raise problem
    return "its name is not UTF-8"


def file_of(path: Path) -> Path:
    """Return the file that holds what ``path`` stands for: the path itself, or the table around it."""
    member = member_at(path)
    return path if member is None else member.table


def open_arrow(path: Path) -> pa.Table:
    """Map an Arrow file into memory, be it a stream (what ``datasets`` writes) or a file with a footer.

    Raises:
        pyarrow.ArrowInvalid: the file is of neither kind, or its offsets lead elsewhere.
    """
    import pyarrow as pa

    source = pa.memory_map(str(path))
    try:
        table = pa.ipc.open_stream(source).read_all()
    except pa.ArrowInvalid:
        source.seek(0)
        table = pa.ipc.open_file(source).read_all()
    # Without this, an offset that leads beyond the file would crash the interpreter, or give what lies there.
    table.validate(full=True)
    return table
