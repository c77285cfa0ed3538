"""Paths of clips that lie within a Parquet or Arrow file, as the third and second-to-last parts of a POSIX path say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

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
    if table.suffix not in TABLES or not path.stem.isdecimal() or not table.is_file():
        return None
    return Member(table, unquote(path.parent.name), int(path.stem))


def file_of(path: Path) -> Path:
    """Return the file that holds what ``path`` stands for: the path itself, or the table around it."""
    member = member_at(path)
    return path if member is None else member.table
