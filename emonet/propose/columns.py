"""What the CSV files of a folder say of its audio files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from emonet.corpus.cells import is_missing
from emonet.corpus.columns import TARGET, TIMES, field_of
from emonet.corpus.readers.table import delimiter_of, read_rows
from emonet.corpus.splits import COLUMNS, is_split, splits_of
from emonet.errors import CorpusError, UnknownName
from emonet.propose.labels import LabelSlot, Meaning, labels_of, rivals_of, said_labels
from emonet.propose.roles import NOBODY, Chosen, Doubt, about_labels, about_speaker, plausible_speakers
from emonet.propose.slots import Slot

_SHARE = 0.8
"""Share of a table's rows that must name audio files that are there."""
_BELIEVED = 2.0
"""Score of labels from which on their values speak for themselves, whatever the column is called."""
_MOST_CLASSES = 40
_NAME = re.compile(r"[^\W\d][\w -]*")
"""Names that can stand in a template."""


@dataclass(frozen=True)
class CsvSheet:
    """A CSV file: its POSIX path below the folder, its delimiter, and its rows."""

    name: str
    delimiter: str
    rows: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Columns:
    """CSV files that describe the audio, and what their columns hold.

    Attributes:
        sheets: split, or an empty name, -> file.
        path: template of the audio's path.
        fields: field of an utterance -> column.
        doubts: what is to be asked before any of this is believed.
        listed: the columns that may stand for something.
    """

    sheets: Mapping[str, CsvSheet]
    path: str
    fields: Mapping[str, str]
    labels: LabelSlot
    doubts: tuple[Doubt, ...] = ()
    listed: tuple[Slot, ...] = ()


def columns_in(
    folder: Path, tables: Sequence[str], sounds: Sequence[str], meaning: Meaning, chosen: Chosen
) -> Columns | None:
    """Judge the CSV files of a folder; None where none of them labels its audio files.

    Of several tables, those count that have the columns that the user names, then those with one row a file.

    Args:
        folder: the folder of the corpus.
        tables: their POSIX paths below the folder.
        sounds: those of the audio files.
        meaning: knows words for emotions.
        chosen: the columns that the user says hold labels and speakers.

    Raises:
        UnknownName: a column that the user names is in no table of the audio.
    """
    ends = {end for sound in sounds for end in _ends(sound)}
    sheets = [sheet for name in tables if (sheet := _read(folder, name)) is not None and sheet.rows]
    found = [(sheet, path) for sheet in sheets if (path := _path_column(sheet, ends, sounds))]
    wanted = {chosen.label, chosen.speaker} - {"", NOBODY}
    if missing := sorted(wanted - {column for sheet, _ in found for column in sheet.rows[0]}):
        if not found:
            return None
        raise UnknownName("field", missing[0], {column for sheet, _ in found for column in sheet.rows[0]})
    found = [(sheet, path) for sheet, path in found if wanted <= set(sheet.rows[0])]
    found = [each for each in found if _is_row_a_file(*each)] or found
    found = [each for each in found if _judged({"": each[0]}, each[1], each[0].rows, meaning, chosen)]
    if not found:
        return None
    splits = {
        split: sheet for split, (sheet, _) in zip(_splits([sheet.name for sheet, _ in found]), found, strict=True)
    }
    path = found[0][1]
    alike = all(each == path and set(sheet.rows[0]) == set(found[0][0].rows[0]) for sheet, each in found)
    if len(splits) < len(found) or "" in splits or not alike:
        sheet, path = max(found, key=lambda each: len(each[0].rows))
        splits = {"": sheet}
    rows = [row for sheet in splits.values() for row in sheet.rows]
    return _judged(splits, path, rows, meaning, chosen)


def _splits(names: Sequence[str]) -> list[str]:
    """Return the split that each table's name tells, empty where it names none, or where two would be one."""
    stems = [PurePosixPath(name).stem for name in names]
    try:
        splits = splits_of(stems, "")
    except CorpusError:
        splits = {}
    return [splits.get(stem, "") for stem in stems]


def _is_row_a_file(sheet: CsvSheet, path: str) -> bool:
    """Say whether each file, or each of its segments, has one row: where it has several, they are votes."""
    times = [column for column in sheet.rows[0] if field_of(column) in TIMES]
    places = {(path.format_map(row), *(row[column] for column in times)) for row in sheet.rows}
    return len(places) == len(sheet.rows)


def _judged(
    splits: Mapping[str, CsvSheet], path: str, rows: Sequence[Mapping[str, str]], meaning: Meaning, chosen: Chosen
) -> Columns | None:
    usable = [name for name in rows[0] if _NAME.fullmatch(name) and f"{{{name}}}" not in path]
    slots = {name: _slot(name, rows) for name in usable}
    labels, rivals = _label_column(slots, meaning, chosen)
    if labels is None:
        return None
    column = labels.slot.name
    fields = {"label": column}
    for field in ("speaker", "session", "text", "language", "start", "end", "duration"):
        named = [name for name in usable if field_of(name) == field and name != column]
        if named:
            fields[field] = named[0]
    whole = TIMES if "start" not in fields or not {"end", "duration"} & set(fields) else ()
    for field in whole or (("duration",) if "end" in fields else ()):
        fields.pop(field, None)
    doubts = about_labels(labels, rivals)
    if chosen.speaker:
        fields |= {"speaker": chosen.speaker}
    if chosen.speaker == NOBODY:
        del fields["speaker"]
    if not chosen.speaker and "speaker" not in fields:
        rest = [slot for name, slot in slots.items() if name not in fields.values() and not slot.is_constant]
        doubts += about_speaker(None, plausible_speakers(rest, labels.slot), is_cued=False)
    split = [name for name in usable if name.lower() in COLUMNS]
    if "" in splits and split and all(is_split(row[split[0]]) for row in rows):
        fields["split"] = split[0]
    listed = tuple(slot for slot in slots.values() if 2 <= len(slot.counts) <= len(rows) / 2)
    return Columns(splits, path, fields, labels, doubts, listed)


def _slot(name: str, rows: Sequence[Mapping[str, str]]) -> Slot:
    values = tuple(None if is_missing(row[name]) else row[name] for row in rows)
    return Slot(0, 0, "", values, name, f"[{next(filter(None, values), '')}]")


def _label_column(
    slots: Mapping[str, Slot], meaning: Meaning, chosen: Chosen
) -> tuple[LabelSlot | None, tuple[Slot, ...]]:
    """Return the labels of the likeliest column, and the columns that are as likely."""
    if chosen.label:
        return said_labels(slots[chosen.label], meaning), ()
    found: list[tuple[bool, LabelSlot]] = []
    for column, slot in slots.items():
        is_named = field_of(column) == TARGET and 2 <= len(slot.counts) <= _MOST_CLASSES
        labels = labels_of(slot, meaning)
        if labels is None and is_named:
            codes = {value: meaning(value) or value for value in sorted(slot.counts)}
            labels = LabelSlot(slot, 0, codes, "its column is called so")
        if labels is not None and (is_named or labels.score >= _BELIEVED):
            found.append((is_named, labels))
    if not found:
        return None, ()
    is_named, best = max(found, key=lambda each: (each[0], each[1].score))
    return best, rivals_of(best, [labels for named, labels in found if named == is_named])


def _read(folder: Path, name: str) -> CsvSheet | None:
    """Read a CSV file; None where it is not a table of clips, as not every such file is."""
    path = folder / name
    try:
        header = path.read_text(encoding="utf-8-sig").partition("\n")[0]
        delimiter = delimiter_of(header)
        return CsvSheet(name, delimiter, tuple(row for _, row in read_rows(path, delimiter, "utf-8-sig")))
    except (CorpusError, OSError, UnicodeDecodeError):
        return None


def _path_column(sheet: CsvSheet, ends: set[str], sounds: Sequence[str]) -> str:
    """Return the template of the audio's path, or an empty string."""
    suffixes = sorted({PurePosixPath(sound).suffix for sound in sounds})
    for column in sheet.rows[0]:
        for suffix in ("", *suffixes):
            there = sum(row[column] + suffix in ends for row in sheet.rows if row[column])
            if _NAME.fullmatch(column) and there >= _SHARE * len(sheet.rows):
                return f"{{{column}}}{suffix}"
    return ""


def _ends(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[start:]) for start in range(len(parts))]
