"""Folders of ComParE challenges, read with no card: ``wav`` beside ``lab`` with train.csv, devel.csv and test.csv."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from emonet.corpus.cells import is_missing
from emonet.corpus.columns import TARGET
from emonet.corpus.corpus import Corpus
from emonet.corpus.readers.rows import Origin, RawRow, corpus_of, utterances_of
from emonet.corpus.readers.table import read_rows
from emonet.errors import CorpusError, did_you_mean

_TABLES = ("train", "devel", "test")
_ENCODING = "utf-8-sig"
_FILE = "filename"


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a table: where it stands, its split, its clip and its label, empty where that is kept back."""

    place: str
    split: str
    file: str
    label: str


def challenge_folder(path: Path) -> Path | None:
    """Return the folder that holds ``lab`` and ``wav``, the given one or its ``dist``; None where neither does."""
    for folder in (path, path / "dist"):
        if (folder / "wav").is_dir() and any((folder / "lab" / f"{name}.csv").is_file() for name in _TABLES):
            return folder
    return None


def challenge_corpus(path: Path, folder: Path) -> Corpus:
    """Return the corpus of a challenge: its classes are the labels that its tables hold.

    Lines whose label is kept back are left out, and the corpus' notes say how many. They carry ``?`` or nothing, or
    all lines of a test table of two or more carry one value.

    Args:
        path: what paths of utterances are relative to.
        folder: what ``challenge_folder`` returned.

    Raises:
        CorpusError: naming file and line of what cannot be read.
    """
    lines = [line for name in _TABLES for line in _table(folder / "lab" / f"{name}.csv")]
    prefix = folder.relative_to(path).as_posix()
    rows = [_row(line, prefix) for line in lines if line.label]
    utterances = utterances_of(rows, path, lambda cells, _: {TARGET: cells[TARGET]}, place=folder)
    blind = len(lines) - len(rows)
    kept_back = f"The labels of {blind} clips are kept back by the organisers; those clips are left out."
    resolved = folder.resolve()
    name = resolved.parent.name if resolved.name == "dist" else resolved.name
    origin = Origin(
        name=name,
        title=f"ComParE challenge {name}",
        place=folder,
        what="a challenge",
        how_to_get="The organisers of the challenge hand it out.",
        notes=(kept_back,) if blind else (),
    )
    return corpus_of(origin, utterances)


def _row(line: _Line, prefix: str) -> RawRow:
    file = (PurePosixPath(prefix) / "wav" / line.file).as_posix()
    id_ = str(PurePosixPath(line.file).with_suffix(""))
    return RawRow(line.place, {"file": file, TARGET: line.label, "split": line.split}, id_)


def _table(table: Path) -> list[_Line]:
    """Return the lines of a table; one that is not there has none."""
    if not table.is_file():
        return []
    lines = list(_lines(table))
    if table.stem == "test" and len(lines) > 1 and len({line.label for line in lines}) == 1:
        # a placeholder may be any constant, a class of the challenge too
        return [_Line(line.place, line.split, line.file, "") for line in lines]
    return lines


def _lines(table: Path) -> Iterator[_Line]:
    for number, cells in read_rows(table, ",", _ENCODING):
        _check_columns(table, list(cells))
        place = f"{table}:{number}"
        if not cells[_FILE]:
            raise CorpusError(
                f"{place}: the cell '{_FILE}' is empty. Give the name of a file in wav, or remove the line."
            )
        label = cells[TARGET]
        yield _Line(place, table.stem, cells[_FILE], "" if is_missing(label) else label)


def _check_columns(table: Path, columns: Sequence[str]) -> None:
    for needed in (_FILE, TARGET):
        if needed not in columns:
            message = f"{table}:1: there is no column '{needed}'. {did_you_mean(needed, columns)} "
            raise CorpusError(f"{message.strip()} Columns: {', '.join(columns)}. Rename the one that is meant.")
