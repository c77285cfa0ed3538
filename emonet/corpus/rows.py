"""Rows that describe utterances: cells under the names that all doors share, whatever file they come from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from emonet.corpus.corpus import Label, Utterance
from emonet.errors import CorpusError, did_you_mean

Labels = Callable[[Mapping[str, str], str], Mapping[str, Label]]
"""From the cells of a row and its place to labels by target."""

FIELDS = ("speaker", "split", "start", "end", "session", "text", "language")
"""The cells that a row may have beside ``file`` and its labels."""

SPLITS: Mapping[str, str] = {
    "train": "train",
    "dev": "dev",
    "devel": "dev",
    "val": "dev",
    "valid": "dev",
    "validation": "dev",
    "test": "test",
}
"""How the three parts are spelt, as a value of ``split`` or as the name of a file."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as text, where it stands (``file:line`` or the like), and the utterance's id where it has one."""

    place: str
    cells: Mapping[str, str]
    id: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that has been read, and where it stands."""

    place: str
    utterance: Utterance


def entries_of(rows: Iterable[Row], base: Path, labels: Labels) -> Iterator[Entry]:
    """Yield rows as utterances in their order; paths are relative to ``base``.

    Raises:
        CorpusError: naming the place of what cannot be read.
    """
    for row in rows:
        yield Entry(row.place, _utterance(row, base, labels(row.cells, row.place)))


def _utterance(row: Row, base: Path, labels: Mapping[str, Label]) -> Utterance:
    cells, place = row.cells, row.place
    path = _path(cells.get("file", ""), base, place)
    start, end = times_in(cells.get("start", ""), cells.get("end", ""), place)
    name = str(PurePosixPath(path).with_suffix(""))
    return Utterance(
        id=row.id or (name if start is None else f"{name}@{_plain(start)}"),
        path=path,
        labels=labels,
        speaker=cells.get("speaker") or None,
        session=cells.get("session") or None,
        text=cells.get("text") or None,
        split=_split(cells.get("split", ""), place),
        language=cells.get("language") or None,
        start=start or 0.0,
        end=end,
    )


def _plain(seconds: float) -> str:
    """Return a time as it is in ids, however a table writes it: ``0``, ``0.0`` and ``0.00`` are one."""
    return f"{seconds:.0f}" if seconds.is_integer() else repr(seconds)


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


def times_in(start: str, end: str, place: str) -> tuple[float | None, float | None]:
    """Return begin and end of a piece of a file in s, None where a text is empty.

    Raises:
        CorpusError: one is no time, or the end is not after the begin.
    """
    first, last = _seconds(start, "start", place), _seconds(end, "end", place)
    if last is not None and last <= (first or 0.0):
        raise CorpusError(f"{place}: the end {last} s is not after the start {first or 0.0} s. Mend the two numbers.")
    return first, last


def _seconds(text: str, what: str, place: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        raise CorpusError(f"{place}: {what} is '{text}'. Give a time in s, 0 or later, e.g. 1.25.")
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
