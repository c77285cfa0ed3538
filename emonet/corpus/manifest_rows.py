"""The rows of manifests: CSV files with the column ``file``, columns of labels, and some that are known by name."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from emonet.corpus.corpus import Label, Utterance
from emonet.corpus.table import read_rows
from emonet.errors import CorpusError, did_you_mean

Labels = Callable[[Mapping[str, str], str], Mapping[str, Label]]
"""From a row and its place (``file:line``) to labels by target."""

SPLITS: Mapping[str, str] = {
    "train": "train",
    "dev": "dev",
    "devel": "dev",
    "val": "dev",
    "valid": "dev",
    "validation": "dev",
    "test": "test",
}
"""How manifests spell the three parts, as a value of ``split`` or as the name of a CSV file."""

_OPTIONAL = ("speaker", "split", "start", "end", "session", "text", "language")
_NEAR = 0.85
"""Likeness from which on a column is taken for a misspelt one: 'Speaker', 'speakr' and 'splits', not 'gender'."""
_DELIMITERS = ",;\t"
_ENCODING = "utf-8-sig"


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that has been read, and where it stands."""

    place: str
    utterance: Utterance


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
        raise CorpusError(f"{path}: there is no such file or folder. Check the path of the manifest.")
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


def entries_of(tables: Iterable[Table], base: Path, label_columns: Sequence[str], labels: Labels) -> Iterator[Entry]:
    """Yield the rows of tables in their order; paths are relative to ``base``.

    Args:
        label_columns: columns of which the header must hold one at least.
        labels: makes labels of a row.

    Raises:
        CorpusError: naming file and line of what cannot be read.
    """
    for table in tables:
        delimiter = _delimiter(table.path, label_columns)
        for line, row in read_rows(table.path, delimiter, _ENCODING):
            place = f"{table.path}:{line}"
            yield Entry(place, _utterance(row, table.split, base, labels(row, place), place))


def _delimiter(table: Path, label_columns: Sequence[str]) -> str:
    """Return the delimiter that the header uses, once its columns are found to be there."""
    try:
        with table.open(encoding=_ENCODING) as file:
            header = file.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        raise CorpusError(f"{table}: not UTF-8 text. Save the file as UTF-8.") from None
    delimiter = max(_DELIMITERS, key=header.count)
    columns = [column.strip().strip('"') for column in header.split(delimiter)]
    for needed in (("file",), label_columns):
        if not set(needed) & set(columns):
            hint = did_you_mean(needed[0], columns).replace("Did you mean", "Is it")
            message = f"{table}:1: there is no column '{needed[0]}'. {hint} Columns: {', '.join(columns) or 'none'}."
            wanted = " or ".join(label_columns)
            raise CorpusError(f"{' '.join(message.split())} The header must hold file and {wanted}.")
    _check_spelling(columns, table)
    return delimiter


def _check_spelling(columns: Sequence[str], table: Path) -> None:
    """Refuse a column that is nearly a known one: passed over, it would take its speakers or splits along."""
    for known in _OPTIONAL:
        near = difflib.get_close_matches(known, [column.lower() for column in columns], n=1, cutoff=_NEAR)
        if known not in columns and near:
            found = next(column for column in columns if column.lower() == near[0])
            message = f"{table}:1: the column '{found}' is not known. Did you mean '{known}'?"
            raise CorpusError(f"{message} Rename it; a column that is to be passed over needs another name.")


def _utterance(
    row: Mapping[str, str], split: str | None, base: Path, labels: Mapping[str, Label], place: str
) -> Utterance:
    path = _path(row["file"], base, place)
    start, end = _seconds(row, "start", place), _seconds(row, "end", place)
    if end is not None and end <= (start or 0.0):
        raise CorpusError(f"{place}: the end {end} s is not after the start {start or 0.0} s. Mend the two numbers.")
    name = str(PurePosixPath(path).with_suffix(""))
    return Utterance(
        id=name if start is None else f"{name}@{row['start']}",
        path=path,
        labels=labels,
        speaker=row.get("speaker") or None,
        session=row.get("session") or None,
        text=row.get("text") or None,
        split=_split(row.get("split", ""), place) or split,
        language=row.get("language") or None,
        start=start or 0.0,
        end=end,
    )


def _path(given: str, base: Path, place: str) -> str:
    """Return a POSIX path relative to ``base``."""
    if not given:
        raise CorpusError(f"{place}: the cell 'file' is empty. Give the path of an audio file, or remove the line.")
    path = os.path.relpath(given, base.absolute()) if Path(given).is_absolute() else os.path.normpath(given)
    posix = PurePosixPath(Path(path).as_posix())
    if not posix.parts:
        raise CorpusError(f"{place}: '{given}' is the folder itself. Give the path of an audio file below it.")
    if ".." in posix.parts:
        message = f"{place}: '{given}' lies outside of the folder {base}."
        raise CorpusError(f"{message} Give a path below it, or a root folder that holds all files.")
    return str(posix)


def _seconds(row: Mapping[str, str], column: str, place: str) -> float | None:
    text = row.get(column, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        raise CorpusError(f"{place}: {column} is '{text}'. Give a time in s, 0 or later, e.g. 1.25.")
    return value


def _split(text: str, place: str) -> str | None:
    if not text:
        return None
    if text.lower() in SPLITS:
        return SPLITS[text.lower()]
    message = f"{place}: the split is '{text}'. {did_you_mean(text.lower(), SPLITS)} Known: {', '.join(SPLITS)}."
    raise CorpusError(" ".join(message.split()))


def without_clashes(entries: Iterable[Entry]) -> tuple[Utterance, ...]:
    """Return all utterances, once it is sure that none comes twice.

    Raises:
        CorpusError: naming both places of what comes twice.
    """
    seen: dict[str, Entry] = {}
    for entry in entries:
        new = entry.utterance
        if new.id in seen:
            old = seen[new.id]
            same = (new.path, new.start, new.end) == (old.utterance.path, old.utterance.start, old.utterance.end)
            what = "is listed twice" if same else f"gets the same id '{new.id}' as '{old.utterance.path}'"
            advice = "Remove one of the lines." if same else "Rename the file, or change its start."
            raise CorpusError(f"{entry.place}: '{new.path}' {what} (first in {old.place}). {advice}")
        seen[new.id] = entry
    return tuple(entry.utterance for entry in seen.values())
