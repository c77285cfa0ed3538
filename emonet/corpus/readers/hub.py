"""Datasets of the Hugging Face kind as corpora: Parquet files, saved datasets and audio folders."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from emonet.corpus.columns import TARGET
from emonet.corpus.corpus import Corpus, Label, Target, Utterance
from emonet.corpus.readers.folders import by_suffix, files_below, is_audio, suffix_of
from emonet.corpus.readers.hub_tables import HubRow, HubTable, read_sheet
from emonet.corpus.readers.rows import (
    FIELDS,
    Origin,
    RawRow,
    codes_of,
    corpus_of,
    scan_rows,
    utterances_of,
    with_splits,
)
from emonet.corpus.readers.table import read_rows
from emonet.corpus.splits import COLUMNS, is_split, named_in, splits_of
from emonet.errors import CorpusError, did_you_mean

AUDIO = "audio"
"""The field whose column holds the clips."""
ID = "id"

OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    TARGET: ("emotion", "emotions", "labels", "emotion_label", "category", "class"),
    "speaker": ("speaker_id", "speakerid", "spk", "spk_id", "speaker_name", "actor", "actor_id", "client_id"),
    "session": ("session_id", "dialogue", "dialogue_id", "dialog_id"),
    "text": ("text_id", "sentence_id", "sentence", "transcription", "transcript", "utterance"),
    "language": ("lang", "locale", "language_code"),
    "start": ("start_time", "begin"),
    "end": ("end_time",),
}
"""Other names of fields, in lower case; no file of another kind than these datasets is read by them."""


def columns_of(sheets: Sequence[HubTable], given: Mapping[str, str], targets: Sequence[str]) -> dict[str, str]:
    """Return field -> column for all fields that the sheets have.

    Args:
        given: the user's map, which goes first.
        targets: names of the targets that a card has; without a card, the field is ``label``.

    Raises:
        CorpusError: the map names a field or a column that is not there, or no column is the label.
    """
    labels = list(dict.fromkeys([TARGET, *targets]))
    check_fields(given, targets)
    first = sheets[0]
    for sheet in sheets:
        for field, column in given.items():
            if field != AUDIO and column not in sheet.columns:
                raise CorpusError(_no_column(sheet, field, column))
    shared = [column for column in first.columns if all(column in sheet.columns for sheet in sheets)]
    found = {field: _own(field, shared) for field in (*labels, *FIELDS)}
    found["split"] = found["split"] or _splits_column(sheets, shared)
    found |= {field: column for field, column in given.items() if field != AUDIO}
    found = {field: column for field, column in found.items() if column}
    if not set(labels) & set(found):
        found[TARGET] = _only_class(sheets, shared)
    return found


def check_fields(given: Mapping[str, str], targets: Sequence[str]) -> None:
    """Refuse a map that names a field which nothing has.

    Raises:
        CorpusError: naming the nearest right field.
    """
    fields = list(dict.fromkeys([TARGET, *targets, AUDIO, ID, *FIELDS]))
    for field in given:
        if field not in fields:
            message = f"columns has no field '{field}'. {did_you_mean(field, fields)} Fields: {', '.join(fields)}."
            raise CorpusError(" ".join(message.split()))


def _own(field: str, columns: Sequence[str]) -> str:
    lowered = {column.lower(): column for column in reversed(columns)}
    for name in (field, *OTHER_NAMES.get(field, ())):
        if name in lowered:
            return lowered[name]
    return ""


def _splits_column(sheets: Sequence[HubTable], columns: Sequence[str]) -> str:
    """Return a column that holds names of splits and nothing else, under one of their usual names; empty for none.

    Where the names of files tell splits, these count.
    """
    if any(sheet.split for sheet in sheets):
        return ""
    lowered = {column.lower(): column for column in columns}
    named = [lowered[name] for name in COLUMNS if name in lowered]
    rows = [row for sheet in sheets for row in sheet.rows]
    return next((name for name in named if rows and all(is_split(row.cells.get(name, "")) for row in rows)), "")


def _only_class(sheets: Sequence[HubTable], shared: Sequence[str]) -> str:
    classes = [column for column in shared if all(column in sheet.classes for sheet in sheets)]
    if len(classes) == 1:
        return classes[0]
    seen = f"the columns {', '.join(classes)} all hold classes" if classes else "no column is called label or emotion"
    message = f"{sheets[0].place}: {seen}. Say which one is the label: columns: {{label: ...}}."
    raise CorpusError(f"{message} Columns: {', '.join(shared) or 'none'}.")


def _no_column(sheet: HubTable, field: str, column: str) -> str:
    known = ", ".join(sheet.columns) or "none"
    hint = did_you_mean(column, sheet.columns)
    message = f"{sheet.place}: there is no column '{column}', which columns names as {field}. {hint} Columns: {known}."
    return " ".join(message.split())


_METADATA = ("metadata.csv", "metadata.jsonl")
_SAVED = ("dataset_dict.json", "state.json")
_FILE_NAME = "file_name"
_KINDS = (
    "Parquet files (*.parquet), a folder that save_to_disk wrote (*.arrow), or audio files (*.wav and the like) with "
    "metadata.csv or in a folder a class"
)


def sheets_at(place: Path, audio: str = "") -> tuple[Path, list[HubTable]]:
    """Return the folder of a dataset and what is read of it.

    Args:
        place: a Parquet file, or a folder of Parquet files, of a saved dataset or of audio files.
        audio: the column of clips, empty for the one that looks like it.

    Raises:
        CorpusError: there is no such place, nothing of the kind in it, or it cannot be read.
    """
    if place.is_file():
        if place.suffix.lower() != ".parquet":
            raise CorpusError(f"{place}: this file is not in Parquet. Expected {_KINDS}.")
        return place.parent, [read_sheet(place, place.parent, "", audio)]
    files = list(files_below(place))
    if any((place / name).is_file() for name in _SAVED):
        tables = [file for file in files if file.endswith(".arrow")]
    else:
        tables = [file for file in files if file.endswith(".parquet")]
    if tables:
        return place, _with_splits([read_sheet(place / file, place, named_in(file), audio) for file in tables], place)
    metadata = [file for file in files if file.rpartition("/")[2] in _METADATA]
    if metadata:
        return place, _with_splits([_listed(place, file) for file in metadata], place)
    sounds = [file for file in files if is_audio(file)]
    if not sounds:
        there = f"there is {', '.join(files[:3])}" if files else "it is empty"
        raise CorpusError(f"{place}: there is no dataset here; {there}. Expected {_KINDS}.")
    return place, [_foldered(place, sounds)]


def _with_splits(sheets: list[HubTable], place: Path) -> list[HubTable]:
    """Return sheets with their splits, or without where it is the same for all: one split is not a partition."""
    splits = splits_of(dict.fromkeys(sheet.split for sheet in sheets), str(place))
    found = [splits.get(sheet.split, "") for sheet in sheets]
    is_partition = len(set(found)) > 1
    return [replace(sheet, split=split if is_partition else "") for sheet, split in zip(sheets, found, strict=True)]


def _listed(root: Path, name: str) -> HubTable:
    """Read the metadata file of an audio folder; its column ``file_name`` is relative to its own folder."""
    path = root / name
    rows = list(_csv(path) if path.suffix == ".csv" else _json_lines(path))
    columns = tuple(dict.fromkeys(column for _, cells in rows for column in cells))
    if _FILE_NAME not in columns:
        listed = ", ".join(columns) or "none"
        raise CorpusError(f"{path}: there is no column '{_FILE_NAME}', which names the clips. Columns: {listed}.")
    folder = PurePosixPath(name).parent
    read = tuple(_listed_row(folder, place, cells) for place, cells in rows)
    has_split = "split" not in columns and len({row.cells["split"] for row in read}) > 1
    others = tuple(column for column in columns if column != _FILE_NAME)
    return HubTable(path, named_in(folder.as_posix()), (*others, "split") if has_split else others, (), read)


def _listed_row(folder: PurePosixPath, place: str, cells: Mapping[str, str]) -> HubRow:
    """Return a row of a metadata file; where it names no split, the folder of its clip may."""
    name = cells.get(_FILE_NAME, "")
    if not name:
        raise CorpusError(f"{place}: the cell '{_FILE_NAME}' is empty. Give the path of a clip, or remove the line.")
    split = named_in(PurePosixPath(name).parent.as_posix())
    return HubRow(place, (folder / name).as_posix(), "", {"split": split, **cells})


def _csv(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    for line, cells in read_rows(path, ",", "utf-8-sig"):
        yield f"{path}:{line}", cells


def _json_lines(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise CorpusError(f"{path}: not UTF-8 text. Save the file as UTF-8.") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            cells = json.loads(line)
        except ValueError as problem:
            raise CorpusError(f"{path}:{number}: not JSON ({problem}). Mend the line.") from None
        if not isinstance(cells, dict):
            raise CorpusError(f"{path}:{number}: expected an object with the key '{_FILE_NAME}', found {line[:40]!r}.")
        yield f"{path}:{number}", {key: "" if value is None else str(value) for key, value in cells.items()}


def _foldered(root: Path, sounds: list[str]) -> HubTable:
    """Take the folder that a clip lies in for its label, and a folder named after a split for its split."""
    rows = []
    for file in sounds:
        folder = PurePosixPath(file).parent
        if not folder.name or (named_in(folder.name) and len(folder.parts) == 1):
            message = f"{root}: '{file}' lies in no folder that could be its label, and there is no metadata.csv."
            raise CorpusError(f"{message} Write metadata.csv with the columns file_name and label, or a manifest.")
        cells = {"label": folder.name, "split": named_in(folder.parent.as_posix())}
        rows.append(HubRow(str(root / file), file, "", cells))
    return HubTable(root, "", ("label", "split"), ("label",), tuple(rows))


def hub_corpus(place: Path, columns: Mapping[str, str], *, name: str = "") -> tuple[Corpus, Path]:
    """Return the corpus that a dataset on the disk is, and the folder of its files.

    Args:
        place: a Parquet file, or a folder of Parquet files, of a saved dataset or of audio files.
        columns: field -> column; what it leaves out is found by the columns' own names.
        name: what the corpus' id is made of, by default the name of the place.

    Raises:
        CorpusError: naming file, row or column of what cannot be read.
    """
    check_fields(columns, ())
    root, sheets = sheets_at(place, columns.get(AUDIO, ""))
    found = columns_of(sheets, columns, ())
    rows = with_splits(_rows(sheets, found), place)
    labelled = [row for row in rows if row.cells.get(TARGET)]
    if not labelled:
        raise CorpusError(f"{place}: no row has a label in the column '{found[TARGET]}'. Name another: columns.")
    notes = ["Columns read: " + ", ".join(f"{field}: {column}" for field, column in found.items()) + "."]
    if len(labelled) < len(rows):
        notes.append(f"{len(rows) - len(labelled)} rows without a label are left out.")
    if passed_over := by_suffix(_passed_over(root, sheets) if place.is_dir() else {}):
        notes.append(f"Passed over: {passed_over}.")
    utterances = utterances_of(labelled, root, _only_label, place=place)
    how = f"The clips are those of the dataset {name or place.name}."
    called = name or (place.resolve().name if place.is_dir() else place.stem)
    origin = Origin(called, f"Dataset {called}", place, "a dataset", how, notes=tuple(notes))
    return corpus_of(origin, utterances), root


def _passed_over(root: Path, sheets: Sequence[HubTable]) -> Counter[str]:
    """Return how many files of each suffix are neither a table nor a clip of an audio folder."""
    read = {row.file for sheet in sheets for row in sheet.rows}
    read |= {sheet.place.relative_to(root).as_posix() for sheet in sheets if sheet.place != root}
    return Counter(suffix_of(file) for file in files_below(root) if file not in read)


def _only_label(cells: Mapping[str, str], place: str) -> Mapping[str, Label]:
    return {TARGET: cells[TARGET]}


def scan_hub(
    columns: Mapping[str, str], targets: tuple[Target, ...], corpus_id: str, known_bad: Mapping[str, str], root: Path
) -> Iterator[Utterance]:
    """Yield the rows of a card's dataset; those with no label are left out.

    Raises:
        CorpusError: ``root`` holds no dataset, or naming file, row or column of what cannot be read.
    """
    names = [target.name for target in targets]
    try:
        _, sheets = sheets_at(root, columns.get(AUDIO, ""))
        found = columns_of(sheets, columns, names)
    except CorpusError as problem:
        message = f"This does not look like the corpus '{corpus_id}'. {problem}"
        raise CorpusError(message) from None
    rows = with_splits(_rows(sheets, found), root)
    yield from scan_rows(rows, root, codes_of(targets), known_bad, Path())


def _rows(sheets: Sequence[HubTable], columns: Mapping[str, str]) -> Iterator[RawRow]:
    """Yield rows under the names of fields; where no column is the id, a clip's own name is, if all differ."""
    names = Counter(_name(row.name) for sheet in sheets for row in sheet.rows)
    are_ids = "start" not in columns and "" not in names and all(count == 1 for count in names.values())
    for sheet in sheets:
        for row in sheet.rows:
            cells = {field: row.cells.get(column, "") for field, column in columns.items()}
            own = cells.pop(ID, "") or (_name(row.name) if are_ids else "")
            split = cells.get("split") or sheet.split
            yield RawRow(row.place, {**cells, "file": row.file, "split": split}, own)


def _name(file: str) -> str:
    path = PurePosixPath(file.replace("\\", "/"))
    return path.stem if path.is_absolute() or ".." in path.parts else str(path.with_suffix("")) if path.name else ""
