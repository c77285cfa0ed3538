"""The rows of manifests: CSV files with the column ``file``, columns of labels, and some that are known by name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from emonet.corpus.rows import FIELDS, SPLITS, Row
from emonet.corpus.table import read_rows, undecodable_place
from emonet.errors import CorpusError, did_you_mean

_NEAR = 0.85
"""Likeness from which on a column is taken for a misspelt one: 'Speaker', 'speakr' and 'splits', not 'gender'."""
_DELIMITERS = ",;\t"
_ENCODING = "utf-8-sig"


@dataclass(frozen=True, slots=True)
class Table:
    """One CSV file, and the split that its name gives to its rows."""

    path: Path
    split: str | None = None


def tables_of(path: Path) -> list[Table]:
    """Return the CSV file itself, or those of a folder that are named after the parts.

    Raises:
        CorpusError: there is no such file or folder, or it holds no such tables.
    """
    if path.is_file():
        return [Table(path, SPLITS.get(path.stem.lower()))]
    if not path.is_dir():
        beside = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, beside) or "Check the path of the manifest."
        raise CorpusError(f"{path}: there is no such file or folder. {hint}")
    files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".csv")
    found: dict[str, Path] = {}
    for file in files:
        split = SPLITS.get(file.stem.lower())
        if split is not None and split in found:
            raise CorpusError(f"{path}: both {found[split].name} and {file.name} are {split}. Remove one of them.")
        if split is not None:
            found[split] = file
    if not found:
        there = f"; there is {', '.join(file.name for file in files)}" if files else ""
        message = f"{path}: there is no train.csv, dev.csv (devel, val, validation) or test.csv in it{there}."
        raise CorpusError(f"{message} Give such files, or the one CSV file itself.")
    return [Table(found[split], split) for split in ("train", "dev", "test") if split in found]


def rows_of(tables: Iterable[Table], label_columns: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of tables in their order; where a row names no split, its table's name gives it.

    Args:
        label_columns: columns of which the header must hold one at least.

    Raises:
        CorpusError: naming file and line of what cannot be read.
    """
    for table in tables:
        delimiter, _ = _header(table.path, label_columns)
        for line, cells in read_rows(table.path, delimiter, _ENCODING):
            split = cells.get("split") or table.split or ""
            yield Row(f"{table.path}:{line}", {**cells, "split": split})


def header_of(table: Table, label_columns: Sequence[str]) -> list[str]:
    """Return the columns of a table; see ``rows_of``."""
    return _header(table.path, label_columns)[1]


def _header(table: Path, label_columns: Sequence[str]) -> tuple[str, list[str]]:
    """Return the delimiter that the header uses and its columns, once those that are needed are found."""
    try:
        with table.open(encoding=_ENCODING) as file:
            header = file.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        raise CorpusError(f"{undecodable_place(table, _ENCODING)}: not UTF-8 text. Save the file as UTF-8.") from None
    delimiter = max(_DELIMITERS, key=header.count)
    columns = [column.strip().strip('"') for column in header.split(delimiter)]
    for needed in (("file",), label_columns):
        # A column called label:NAME holds labels as well.
        if not set(needed) & {each.partition(":")[0] for each in columns}:
            hint = did_you_mean(needed[0], columns).replace("Did you mean", "Is it")
            message = f"{table}:1: there is no column '{needed[0]}'. {hint} Columns: {', '.join(columns) or 'none'}."
            wanted = " or ".join(label_columns)
            raise CorpusError(f"{' '.join(message.split())} The header must hold file and {wanted}.")
    _check_spelling(columns, table)
    return delimiter, columns


def _check_spelling(columns: Sequence[str], table: Path) -> None:
    """Refuse a column that is nearly a known one: passed over, it would take its speakers or splits along."""
    for known in FIELDS:
        near = difflib.get_close_matches(known, [column.lower() for column in columns], n=1, cutoff=_NEAR)
        if known not in columns and near:
            found = next(column for column in columns if column.lower() == near[0])
            message = f"{table}:1: the column '{found}' is not known. Did you mean '{known}'?"
            raise CorpusError(f"{message} Rename it; a column that is to be passed over needs another name.")
