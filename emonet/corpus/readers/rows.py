"""Rows of tables: from cells to utterances, with a card and without one."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from emonet.affect import TABLE_2
from emonet.corpus.cells import is_missing, seconds_in, stated
from emonet.corpus.codes import labels_from
from emonet.corpus.columns import TARGET, ColumnMap
from emonet.corpus.corpus import Citation, Corpus, Example, Label, Target, Utterance
from emonet.corpus.readers.folders import is_listed, no_such_folder
from emonet.corpus.splits import is_split, split_called, splits_of
from emonet.errors import CorpusError

LabelsOf = Callable[[Mapping[str, str], str], Mapping[str, Label]]
"""From the cells of a row and its place to labels by target."""

FIELDS = ("speaker", "split", "start", "end", "session", "text", "language")
"""The cells that a row may have beside ``file`` and its labels."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as text, where it stands (``file:line`` or the like), and the utterance's id where it has one."""

    place: str
    cells: Mapping[str, str]
    id: str = ""


@dataclass(frozen=True, slots=True)
class PlacedUtterance:
    """A row that has been read, and where it stands."""

    place: str
    utterance: Utterance


def utterances_of(
    rows: Iterable[RawRow], base: Path, labels: LabelsOf, *, place: Path, splits_beside: Collection[str] = ()
) -> tuple[Utterance, ...]:
    """Return rows as utterances in their order; paths are relative to ``base``.

    Args:
        place: where all the rows are from, for messages.
        splits_beside: names of splits of rows that are left out, once all others were read.

    Raises:
        CorpusError: naming the place of what cannot be read, or both places of what comes twice.
    """
    read = [(row, _utterance(row, base, labels(row.cells, row.place))) for row in rows]
    found = _without_clashes(_told_apart(read))
    splits = splits_of({utterance.split or "" for utterance in found} | set(splits_beside), str(place))
    new = [splits.get(utterance.split or "") for utterance in found]
    return tuple(
        each if each.split == split else replace(each, split=split) for each, split in zip(found, new, strict=True)
    )


def _told_apart(read: Sequence[tuple[RawRow, Utterance]]) -> Iterator[PlacedUtterance]:
    """Yield utterances in their order; pieces of a file that begin together have their ends in their ids."""
    ends: dict[tuple[str, str], set[float | None]] = {}
    for _, each in read:
        ends.setdefault((each.path, each.id), set()).add(each.end)
    for row, each in read:
        if row.id or each.end is None or len(ends[each.path, each.id]) == 1:
            yield PlacedUtterance(row.place, each)
            continue
        begun = each.id if row.cells.get("start") else f"{each.id}@0"
        yield PlacedUtterance(row.place, replace(each, id=f"{begun}-{_plain(each.end)}"))


def with_splits(rows: Iterable[RawRow], place: Path) -> list[RawRow]:
    """Return rows whose cell ``split`` is train, dev or test, by the names that all of them have.

    For rows of which some are left out: a test whose labels are kept back tells what ``eval`` is, too.

    Raises:
        CorpusError: two names stand for one split.
    """
    listed = list(rows)
    splits = splits_of({row.cells.get("split", "") for row in listed}, str(place))
    named = (splits.get(row.cells.get("split", "")) for row in listed)
    return [
        replace(row, cells={**row.cells, "split": split}) if split else row
        for row, split in zip(listed, named, strict=True)
    ]


def _utterance(row: RawRow, base: Path, labels: Mapping[str, Label]) -> Utterance:
    cells, place = row.cells, row.place
    path = _path(cells.get("file", ""), base, place)
    start, end = times_in(cells.get("start", ""), cells.get("end", ""), place)
    name = str(PurePosixPath(path).with_suffix(""))
    return Utterance(
        id=row.id or (name if start is None else f"{name}@{_plain(start)}"),
        path=path,
        labels=labels,
        speaker=stated(cells.get("speaker", "")) or None,
        session=stated(cells.get("session", "")) or None,
        text=stated(cells.get("text", "")) or None,
        split=split_called(split, place) if (split := stated(cells.get("split", ""))) else None,
        language=stated(cells.get("language", "")) or None,
        start=start or 0.0,
        end=end,
    )


def _plain(seconds: float) -> str:
    """Return a time as it is in ids, however a table writes it: ``0``, ``0.0`` and ``0.00`` are one."""
    return f"{seconds:.0f}" if seconds.is_integer() else repr(seconds)


def _path(given: str, base: Path, place: str) -> str:
    """Return a POSIX path relative to ``base``; ``given`` may be an address of a local file, too."""
    if is_missing(given):
        raise CorpusError(f"{place}: the cell 'file' is empty. Give the path of an audio file, or remove the line.")
    given = _with_slashes(local_path(given, place), base)
    path = os.path.relpath(given, base.absolute()) if Path(given).is_absolute() else os.path.normpath(given)
    posix = PurePosixPath(Path(path).as_posix())
    if not posix.parts:
        raise CorpusError(f"{place}: '{given}' is the folder itself. Give the path of an audio file below it.")
    if ".." in posix.parts:
        message = f"{place}: '{given}' lies outside of the folder {base}."
        raise OutsideError(f"{message} Give a path below it, or a root folder that holds all files.")
    return str(posix)


def _with_slashes(given: str, base: Path) -> str:
    """Return a path as it is, or, where only that file is there, with slashes for the backslashes of Windows."""
    plain = given.replace("\\", "/")
    return plain if plain != given and not (base / given).is_file() and (base / plain).is_file() else given


class OutsideError(CorpusError):
    """A file lies outside of the folder that paths are relative to."""


def local_path(given: str, place: str) -> str:
    """Return a path as it is, and the path that an address such as ``file:///data/a.wav`` stands for.

    Raises:
        CorpusError: the address is that of another machine.
    """
    scheme, colon, rest = given.partition("://")
    if not colon or not scheme.isalnum():
        return given
    if scheme.lower() != "file":
        raise CorpusError(f"{place}: '{given}' is an address, not a file. Load the file, and give the path of it.")
    return unquote(f"/{rest.partition('/')[2]}")


def times_in(start: str, end: str, place: str) -> tuple[float | None, float | None]:
    """Return begin and end of a piece of a file in s, None where a text is empty.

    Raises:
        CorpusError: one is not a time, or the end is not after the begin.
    """
    first, last = seconds_in(start, "start", place), seconds_in(end, "end", place)
    if last is not None and last <= (first or 0.0):
        raise CorpusError(f"{place}: the end {last} s is not after the start {first or 0.0} s. Mend the two numbers.")
    return first, last


def _without_clashes(entries: Iterable[PlacedUtterance]) -> tuple[Utterance, ...]:
    """Return all utterances, once it is sure that none comes twice."""
    seen: dict[str, PlacedUtterance] = {}
    for entry in entries:
        new = entry.utterance
        if new.id in seen:
            old = seen[new.id]
            same = (new.path, new.start, new.end) == (old.utterance.path, old.utterance.start, old.utterance.end)
            what = "is listed twice" if same else f"gets the same id '{new.id}' as '{old.utterance.path}'"
            is_whole = new.start == 0 and new.end is None
            pieces = ", or, where they are pieces of the file, name the columns of their times" if is_whole else ""
            advice = f"Remove one of the lines{pieces}." if same else "Rename the file, or change its start."
            raise CorpusError(f"{entry.place}: '{new.path}' {what} (first in {old.place}). {advice}")
        seen[new.id] = entry
    return tuple(entry.utterance for entry in seen.values())


NOT_STATED = "not stated; the owner of the files decides"
NO_AUTHORS = "Authors not stated"


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known of a corpus without a card.

    Attributes:
        name: what its id is made of.
        title: one line.
        place: the file or folder that it is read from, for messages.
        what: what that is, e.g. ``a manifest``.
        how_to_get: one sentence on where its files are.
        languages: BCP-47 codes; empty takes those of its utterances.
        as_classes: targets whose classes are numbers on purpose.
        as_numbers: what to do where labels are numbers, not classes.
    """

    name: str
    title: str
    place: Path
    what: str
    how_to_get: str
    languages: tuple[str, ...] = ()
    licence: str = NOT_STATED
    authors: str = NO_AUTHORS
    notes: tuple[str, ...] = ()
    as_classes: frozenset[str] = frozenset()
    as_numbers: str = "Numbers need a card, with a target that has a range."


def corpus_of(
    origin: Origin, utterances: tuple[Utterance, ...], targets: Iterable[Target] = (Target(TARGET),)
) -> Corpus:
    """Return the corpus of labelled utterances; the classes of a target are the labels that occur.

    Raises:
        CorpusError: a target with classes has fewer than two labels.
    """
    spoken = sorted({utterance.language for utterance in utterances if utterance.language})
    return Corpus(
        id=id_from(origin.name),
        title=origin.title,
        languages=origin.languages or tuple(spoken) or ("und",),
        access="unpublished",
        licence=origin.licence,
        citation=Citation(origin.authors, origin.name, 0),
        targets=tuple(_with_classes(origin, target, utterances) for target in targets),
        scan=partial(_scan, utterances),
        examples=tuple(_example(utterance) for utterance in utterances[:1]),
        how_to_get=origin.how_to_get,
        notes=origin.notes,
        speakers="open",
    )


def _with_classes(origin: Origin, target: Target, utterances: Iterable[Utterance]) -> Target:
    """Return a target of numbers as it is, another one with the labels that occur as its classes."""
    if not target.is_categorical:
        return target
    found = (utterance.labels.get(target.name) for utterance in utterances)
    labels = sorted({str(label) for label in found if label is not None})
    if len(labels) < 2:
        kind = "" if target.name == TARGET else f" of '{target.name}'"
        seen = f"all rows carry the label '{labels[0]}'{kind}" if labels else "there is no row below the header"
        message = f"{origin.place}: {seen}. {origin.what.capitalize()} needs rows with two labels at least. Add some."
        raise CorpusError(message)
    _check_classes(origin, target, labels)
    affect = {label: TABLE_2[label] for label in labels} if all(label in TABLE_2 for label in labels) else {}
    return Target(target.name, tuple(labels), {label: label for label in labels}, affect)


_MOST_NUMBERS = 20
"""Whole numbers up to which they may be classes, though nobody says so."""


def _check_classes(origin: Origin, target: Target, labels: Sequence[str]) -> None:
    """Refuse classes that are the names of splits, and numbers that nobody called classes."""
    shown = ", ".join(labels[:4]) + (", ..." if len(labels) > 4 else "")
    if all(map(is_split, labels)):
        message = f"{origin.place}: all labels are names of splits ({shown}), and none of them says what is heard."
        raise CorpusError(f"{message} Name the column or the folder that holds the labels.")
    numbers = [number for label in labels if (number := _number_in(label)) is not None]
    if target.name in origin.as_classes or len(numbers) < len(labels):
        return
    if len(labels) > _MOST_NUMBERS or any(not number.is_integer() for number in numbers):
        message = f"{origin.place}: the labels of '{target.name}' are {len(labels)} numbers ({shown}), not words."
        raise CorpusError(f"{message} {origin.as_numbers}")


def _number_in(label: str) -> float | None:
    try:
        return float(label.replace(",", "."))
    except ValueError:
        return None


def _scan(utterances: tuple[Utterance, ...], root: Path) -> Iterator[Utterance]:
    if not root.is_dir():
        raise no_such_folder(root, "Give the folder that its files lie in.")
    yield from utterances


def codes_of(targets: tuple[Target, ...]) -> LabelsOf:
    """Return the function that makes labels of a row by a card's codes.

    A cell named after a target holds its code; ``label`` stands for the first target.
    """
    names = [target.name for target in targets]

    def labels(cells: Mapping[str, str], place: str) -> Mapping[str, Label]:
        codes = {name: cells.get(name, "") for name in names}
        return labels_from({**codes, names[0]: codes[names[0]] or cells.get(TARGET, "")}, targets, place)

    return labels


def scan_rows(
    rows: Iterable[RawRow], base: Path, labels: LabelsOf, known_bad: Mapping[str, str], prefix: Path
) -> Iterator[Utterance]:
    """Yield rows as utterances of a card's corpus, without known-bad files and those with no label left.

    Args:
        base: what paths in the rows are relative to.
        prefix: ``base``, relative to the corpus' root.

    Raises:
        CorpusError: naming the place of what cannot be read.
    """
    for utterance in utterances_of(rows, base, labels, place=base):
        moved = replace(utterance, path=(PurePosixPath(prefix.as_posix()) / utterance.path).as_posix())
        if moved.labels and not is_listed(moved.path, known_bad):
            yield moved


def check_ends(maps: Sequence[ColumnMap], pieces: Iterable[tuple[str, float]], place: Path) -> None:
    """Refuse pieces of one file that have starts of their own, where no column says where they end.

    Args:
        pieces: path and start of each.

    Raises:
        CorpusError: naming the file.
    """
    if any({"end", "duration"} & set(each.columns) for each in maps):
        return
    starts: dict[str, float] = {}
    for path, start in pieces:
        if starts.setdefault(path, start) != start:
            message = f"{place}: the pieces of '{path}' have a start each, but no column says where they end"
            raise CorpusError(f"{message}, so that all would run to its end. Call one column end or duration.")


def labelled_of(rows: Iterable[RawRow], names: Sequence[str]) -> tuple[list[RawRow], Counter[str]]:
    """Return the rows that have a label in one cell at least, and what stands in its place in the others.

    Args:
        names: the cells of labels.
    """
    found, others = [], Counter[str]()
    for row in rows:
        if all(is_missing(row.cells.get(name, "")) for name in names):
            others[row.cells.get(names[0], "")] += 1
        else:
            found.append(row)
    return found, others


def notes_of(unused: Sequence[str], unlabelled: Mapping[str, int]) -> Iterator[str]:
    """Yield what a user should know: columns that nothing reads, and rows without a label.

    Args:
        unlabelled: what stands in place of the label -> how many rows.
    """
    if unused:
        yield f"Columns not used: {', '.join(dict.fromkeys(unused))}."
    if unlabelled:
        words = {word: count for word, count in sorted(unlabelled.items()) if word}
        listed = f" ({', '.join(f'{count} with {word!r}' for word, count in words.items())})" if words else ""
        yield f"{sum(unlabelled.values())} rows without a label are left out{listed}."


def _example(utterance: Utterance) -> Example:
    return Example(
        utterance.path, utterance.labels, utterance.speaker, utterance.session, utterance.text, utterance.split
    )


def id_from(name: str) -> str:
    """Return the id that is made of a name: a-z, 0-9 and underscores.

    >>> id_from("My Corpus-2"), id_from("2024")
    ('my_corpus_2', 'corpus_2024')
    """
    word = re.sub("[^a-z0-9]+", "_", name.lower()).strip("_")
    return word if re.match("[a-z]", word) else f"corpus_{word}".rstrip("_")
