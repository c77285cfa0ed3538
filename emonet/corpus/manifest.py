"""Manifests: CSV files with the columns ``file,label`` become a corpus with no card and no code."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from emonet.affect import TABLE_2
from emonet.corpus.corpus import Citation, Corpus, Example, Target, Utterance
from emonet.corpus.table import read_rows
from emonet.errors import CorpusError, did_you_mean

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

_REQUIRED = ("file", "label")
_OPTIONAL = ("speaker", "split", "start", "end", "session", "text", "language")
_NEAR = 0.85
"""Likeness from which on a column is taken for a misspelt one: 'Speaker', 'speakr' and 'splits', not 'gender'."""
_DELIMITERS = ",;\t"
_ENCODING = "utf-8-sig"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row that has been read, and where it stands."""

    place: str
    utterance: Utterance


def manifest_corpus(path: Path, *, root: Path | None = None) -> Corpus:
    """Return the corpus that CSV files describe.

    ``path`` is one CSV file, or a folder with ``train.csv`` and the like. The columns ``file`` and ``label``
    are needed; ``speaker``, ``split``, ``start``, ``end`` (in s), ``session``, ``text`` and ``language`` are
    known; others are passed over. Files are relative to ``root``, by default the folder of the CSV file.

    Raises:
        CorpusError: naming file and line of what cannot be read.
    """
    base = manifest_root(path) if root is None else root
    tables = _tables(path)
    utterances = _without_clashes(entry for table, split in tables for entry in _rows(table, split, base))
    labels = sorted({str(utterance.labels["label"]) for utterance in utterances})
    if len(labels) < 2:
        seen = f"all rows carry the label '{labels[0]}'" if labels else "there is no row below the header"
        raise CorpusError(f"{path}: {seen}. A manifest needs rows with two labels at least. Add some.")
    affect = {label: TABLE_2[label] for label in labels} if all(label in TABLE_2 for label in labels) else {}
    is_named_by_folder = path.is_dir() or path.stem.lower() in SPLITS
    name = manifest_root(path).resolve().name if is_named_by_folder else path.stem
    languages = sorted({utterance.language for utterance in utterances if utterance.language})
    return Corpus(
        id=_id_from(name),
        title=f"Manifest {path.name}",
        languages=tuple(languages) or ("und",),
        access="unpublished",
        licence="not stated; the owner of the files decides",
        citation=Citation("Authors not stated", name, 0),
        targets=(Target("label", tuple(labels), {label: label for label in labels}, affect),),
        scan=partial(_scan, utterances),
        examples=tuple(_example(utterance) for utterance in utterances[:1]),
        how_to_get=f"The files are those listed in {path.name}.",
    )


def manifest_root(path: Path) -> Path:
    """Return the folder that a manifest's files are relative to, unless another is given."""
    return path if path.is_dir() else path.parent


def _scan(utterances: tuple[Utterance, ...], root: Path) -> Iterator[Utterance]:
    if not root.is_dir():
        raise CorpusError(f"{root}: there is no such folder. Give the folder that the manifest's files lie in.")
    yield from utterances


def _example(utterance: Utterance) -> Example:
    return Example(
        utterance.path, utterance.labels, utterance.speaker, utterance.session, utterance.text, utterance.split
    )


def _id_from(name: str) -> str:
    word = re.sub("[^a-z0-9]+", "_", name.lower()).strip("_")
    return word if re.match("[a-z]", word) else f"corpus_{word}".rstrip("_")


def _tables(path: Path) -> list[tuple[Path, str | None]]:
    """Return each CSV file with the split that its name gives to its rows."""
    if path.is_file():
        return [(path, SPLITS.get(path.stem.lower()))]
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
    return [(found[split], split) for split in ("train", "dev", "test") if split in found]


def _rows(table: Path, split: str | None, base: Path) -> Iterator[_Entry]:
    delimiter = _delimiter(table)
    for line, row in read_rows(table, delimiter, _ENCODING):
        place = f"{table}:{line}"
        yield _Entry(place, _utterance(row, split, base, place))


def _delimiter(table: Path) -> str:
    """Return the delimiter that the header uses, once its columns are found to be there."""
    try:
        with table.open(encoding=_ENCODING) as file:
            header = file.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        raise CorpusError(f"{table}: not UTF-8 text. Save the file as UTF-8.") from None
    delimiter = max(_DELIMITERS, key=header.count)
    columns = [column.strip().strip('"') for column in header.split(delimiter)]
    for needed in _REQUIRED:
        if needed not in columns:
            hint = did_you_mean(needed, columns).replace("Did you mean", "Is it")
            message = f"{table}:1: there is no column '{needed}'. {hint} Columns: {', '.join(columns) or 'none'}."
            raise CorpusError(f"{' '.join(message.split())} The header must hold file and label.")
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


def _utterance(row: Mapping[str, str], split: str | None, base: Path, place: str) -> Utterance:
    path = _path(row["file"], base, place)
    if not row["label"]:
        raise CorpusError(f"{place}: '{row['file']}' has no label. Give one, or remove the line.")
    start, end = _seconds(row, "start", place), _seconds(row, "end", place)
    if end is not None and end <= (start or 0.0):
        raise CorpusError(f"{place}: the end {end} s is not after the start {start or 0.0} s. Mend the two numbers.")
    name = str(PurePosixPath(path).with_suffix(""))
    return Utterance(
        id=name if start is None else f"{name}@{row['start']}",
        path=path,
        labels={"label": row["label"]},
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


def _without_clashes(entries: Iterator[_Entry]) -> tuple[Utterance, ...]:
    """Return all utterances, once it is sure that none comes twice."""
    seen: dict[str, _Entry] = {}
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
