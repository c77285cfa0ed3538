"""Datasets of the Hugging Face kind as corpora: Parquet files, saved datasets and audio folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from emonet.corpus.columns import (
    IGNORE,
    NAMES,
    TARGET,
    ColumnMap,
    Question,
    columns_of_table,
    field_of,
    words_of,
)
from emonet.corpus.corpus import Corpus, Target, Utterance
from emonet.corpus.readers.audio_folder import (
    FOLDER,
    doubts_of_folders,
    foldered_clips,
    folders_of,
    levels_not_read,
    listed_clips,
    people_above,
)
from emonet.corpus.readers.folders import by_suffix, files_below, is_audio, suffix_of
from emonet.corpus.readers.hub_tables import HubTable, read_sheet
from emonet.corpus.readers.label_columns import (
    AS_NUMBERS,
    PREFIX,
    is_label_column,
    label_columns,
    target_of,
    targets_of,
)
from emonet.corpus.readers.rows import (
    FIELDS,
    Origin,
    RawRow,
    check_ends,
    codes_of,
    corpus_of,
    labelled_of,
    notes_of,
    scan_rows,
    utterances_of,
    with_splits,
)
from emonet.corpus.splits import COLUMNS, is_split, named_in, splits_of
from emonet.errors import CorpusError, did_you_mean

AUDIO = "audio"
"""The field whose column holds the clips."""
ID = "id"


def columns_of(sheets: Sequence[HubTable], given: Mapping[str, str], targets: Sequence[str]) -> dict[str, str]:
    """Return field -> column for all fields that the sheets of a card's dataset have.

    Args:
        given: the user's map, which goes first; a field that it ignores is not read.
        targets: names of the targets that a card has; without a card, the field is ``label``.

    Raises:
        CorpusError: the map names a field or a column that is not there, or no column is the label.
    """
    labels = list(dict.fromkeys([TARGET, *targets]))
    check_fields(given, targets)
    first = sheets[0]
    for sheet in sheets:
        for field, column in given.items():
            if field != AUDIO and column != IGNORE and column not in sheet.columns:
                raise CorpusError(_no_column(sheet, field, column))
    shared = [column for column in first.columns if all(column in sheet.columns for sheet in sheets)]
    found = {field: _own(field, shared) for field in (*labels, *FIELDS)}
    found["split"] = found["split"] or _splits_column(sheets, shared)
    found |= {field: column for field, column in given.items() if field != AUDIO}
    found = {field: column for field, column in found.items() if column and column != IGNORE}
    if not set(labels) & set(found):
        found[TARGET] = _only_class(sheets, shared)
    return found


def check_fields(given: Mapping[str, str], targets: Sequence[str]) -> None:
    """Refuse a map that names a field which nothing has.

    Raises:
        CorpusError: naming the nearest right field.
    """
    fields = list(dict.fromkeys([TARGET, *targets, AUDIO, ID, *FIELDS, "file", "duration"]))
    for field, column in given.items():
        if field not in fields and not is_label_column(field) and column != IGNORE:
            message = f"columns has no field '{field}'. {did_you_mean(field, fields)} Fields: {', '.join(fields)}."
            raise CorpusError(" ".join(message.split()))


def _own(field: str, columns: Sequence[str]) -> str:
    """Return the column that is called after a field, the likeliest name first."""
    lowered = {"".join(words_of(column)): column for column in reversed(columns)}
    names = (field.lower(), *NAMES.get(field, ())) if field != "split" else ("split",)
    return next((lowered[name] for name in names if name in lowered), "")


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
_KINDS = (
    "Parquet files (*.parquet), a folder that save_to_disk wrote (*.arrow), or audio files (*.wav and the like) with "
    "metadata.csv or in a folder a class"
)


def sheets_at(place: Path, audio: str = "", patterns: Sequence[str] = ()) -> tuple[Path, list[HubTable]]:
    """Return the folder of a dataset and what is read of it.

    Args:
        place: a Parquet file, or a folder of Parquet files, of a saved dataset or of audio files.
        audio: the column of clips, empty for the one that looks like it.
        patterns: of the Parquet files that are read; empty for all.

    Raises:
        CorpusError: there is no such place, nothing of the kind in it, or it cannot be read.
    """
    if place.is_file():
        if place.suffix.lower() != ".parquet":
            raise CorpusError(f"{place}: this file is not in Parquet. Expected {_KINDS}.")
        return place.parent, [read_sheet(place, place.parent, "", audio)]
    # Before each file a slash, so that a pattern fits below a further folder, too.
    wanted = [f"*/{pattern}" for pattern in patterns] or ["*"]
    files = [file for file in files_below(place) if any(fnmatch(f"/{file}", each) for each in wanted)]
    if any((place / name).is_file() for name in _SAVED):
        tables = [file for file in files if file.endswith(".arrow")]
    else:
        tables = [file for file in files if file.endswith(".parquet")]
    if tables:
        return place, _with_splits([read_sheet(place / file, place, named_in(file), audio) for file in tables], place)
    metadata = [file for file in files if file.rpartition("/")[2] in _METADATA]
    if metadata:
        return place, _with_splits([listed_clips(place, file, audio) for file in metadata], place)
    sounds = [file for file in files if is_audio(file)]
    if not sounds:
        none = f"no file is called {patterns[0]}" if patterns else "it is empty"
        there = f"there is {', '.join(files[:3])}" if files else none
        raise CorpusError(f"{place}: there is no dataset here; {there}. Expected {_KINDS}.")
    return place, [foldered_clips(place, sounds)]


def _with_splits(sheets: list[HubTable], place: Path) -> list[HubTable]:
    """Return sheets with their splits, or without where it is the same for all: one split is not a partition."""
    splits = splits_of(dict.fromkeys(sheet.split for sheet in sheets), str(place))
    found = [splits.get(sheet.split, "") for sheet in sheets]
    is_partition = len(set(found)) > 1
    return [replace(sheet, split=split if is_partition else "") for sheet, split in zip(sheets, found, strict=True)]


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
    root, sheets = sheets_at(place, columns.get(AUDIO) or columns.get("file", ""))
    found, forms = _mapped(sheets, columns)
    targets = targets_of((place, form) for form in forms)
    named = {f"{PREFIX}{target_of(form, place).name}": column for form, column in forms.items()}
    rows = with_splits(_rows(sheets, {**named, **found.columns}, columns.get(ID, ""), found), place)
    labelled, unlabelled = labelled_of(rows, list(named))
    if not labelled:
        column = " and ".join(f"'{column}'" for column in named.values())
        raise CorpusError(f"{place}: no row has a label in the column {column}. Name another: columns.")
    read = {**{name.removeprefix(PREFIX): column for name, column in named.items()}, **found.columns}
    notes = ["Columns read: " + ", ".join(f"{field}: {column}" for field, column in read.items()) + "."]
    notes += [*notes_of(found.unused, unlabelled), *people_above(sheets[0], found)]
    notes += levels_not_read(sheets[0], found, forms.get(TARGET, ""))
    if passed_over := by_suffix(_passed_over(root, sheets) if place.is_dir() else {}):
        notes.append(f"Passed over: {passed_over}.")
    utterances = utterances_of(labelled, root, targets.labels, place=place)
    check_ends([found], ((each.path, each.start) for each in utterances), place)
    how = f"The clips are those of the dataset {name or place.name}."
    called = name or (place.resolve().name if place.is_dir() else place.stem)
    origin = Origin(
        called,
        f"Dataset {called}",
        place,
        "a dataset",
        how,
        notes=tuple(notes),
        as_classes=targets.as_classes,
        as_numbers=AS_NUMBERS,
    )
    return corpus_of(origin, utterances, targets.targets), root


def _mapped(sheets: Sequence[HubTable], given: Mapping[str, str]) -> tuple[ColumnMap, dict[str, str]]:
    """Return which columns hold which fields, and form of a target -> column of its labels.

    Raises:
        CorpusError: the map names a column that is not there, no column is the label, or see ``columns_of_table``.
    """
    first = sheets[0]
    told = {field: column for field, column in given.items() if field not in {AUDIO, "file", ID}}
    for sheet in sheets:
        for field, column in told.items():
            if column != IGNORE and column not in sheet.columns:
                raise CorpusError(_no_column(sheet, field, column))
    shared = [column for column in first.columns if all(column in sheet.columns for sheet in sheets)]
    if are_folders := first.place.is_dir():
        shared = [
            column for column in shared if column in told.values() or column == "split" or column == TARGET not in told
        ]
    whole = _whole_clips(sheets, shared, told)
    told |= whole
    asked = Question(str(first.place), shared, told, values=lambda column: _some(first, column))
    forms = label_columns(asked) or {TARGET: _only_class(sheets, shared)}
    if are_folders and TARGET not in given and (doubts := doubts_of_folders(first)):
        levels = ", ".join(folders_of(first))
        way = f"Say which folder is the label, e.g. columns: {{{TARGET}: {FOLDER}1}}. Folders: {levels}."
        raise CorpusError(f"{first.place}: {doubts}. {way}")
    split = told.get("split") or ("split" if "split" in map(str.lower, shared) else _splits_column(sheets, shared))
    wanted = [field for field in (*FIELDS, "duration") if field != "split" or split]
    labels = (*forms.values(), *filter(None, [given.get(ID, "")]))
    fields = columns_of_table(replace(asked, labels=labels), wanted)
    return replace(fields, unused=(*fields.unused, *whole)), forms


def _whole_clips(sheets: Sequence[HubTable], columns: Sequence[str], told: Mapping[str, str]) -> dict[str, str]:
    """Return columns of durations that are those of whole clips: each clip is listed once, and nothing says a start."""
    fields = {field_of(column): column for column in columns}
    if "duration" not in fields or {"start", "end", "duration"} & {*told, *(set(fields) - {"duration"})}:
        return {}
    files = Counter(row.file for sheet in sheets for row in sheet.rows)
    return {fields["duration"]: IGNORE} if max(files.values(), default=0) == 1 else {}


def _some(table: HubTable, column: str, most: int = 1000) -> list[str]:
    return [row.cells.get(column, "") for row in table.rows[:most]]


def _passed_over(root: Path, sheets: Sequence[HubTable]) -> Counter[str]:
    """Return how many files of each suffix are neither a table nor a clip of an audio folder."""
    read = {row.file for sheet in sheets for row in sheet.rows}
    read |= {sheet.place.relative_to(root).as_posix() for sheet in sheets if sheet.place != root}
    return Counter(suffix_of(file) for file in files_below(root) if file not in read)


def scan_hub(
    columns: Mapping[str, str],
    targets: tuple[Target, ...],
    corpus_id: str,
    known_bad: Mapping[str, str],
    files: Sequence[str],
    root: Path,
) -> Iterator[Utterance]:
    """Yield the rows of a card's dataset; those with no label are left out.

    Raises:
        CorpusError: ``root`` holds no dataset, or naming file, row or column of what cannot be read.
    """
    names = [target.name for target in targets]
    try:
        _, sheets = sheets_at(root, columns.get(AUDIO, ""), files)
        found = columns_of(sheets, columns, names)
        id_column = found.pop(ID, "")
    except CorpusError as problem:
        message = f"This does not look like the corpus '{corpus_id}'. {problem}"
        raise CorpusError(message) from None
    rows = with_splits(_rows(sheets, found, id_column), root)
    yield from scan_rows(rows, root, codes_of(targets), known_bad, Path())


def _rows(
    sheets: Sequence[HubTable], columns: Mapping[str, str], id_column: str = "", found: ColumnMap | None = None
) -> Iterator[RawRow]:
    """Yield rows under the names of fields; where no column is the id, a clip's own name is, if all differ.

    Args:
        columns: field -> column.
        found: what reads the fields, where it is more than a name for a name.
    """
    names = Counter(_name(row.name) for sheet in sheets for row in sheet.rows)
    are_ids = "start" not in columns and "" not in names and all(count == 1 for count in names.values())
    for sheet in sheets:
        for row in sheet.rows:
            cells = {field: row.cells.get(column, "") for field, column in columns.items()}
            cells |= found.cells(row.cells, row.place) if found else {}
            own = row.cells.get(id_column, "") if id_column else _name(row.name) if are_ids else ""
            split = cells.get("split") or sheet.split
            yield RawRow(row.place, {**cells, "file": row.file, "split": split}, own)


def _name(file: str) -> str:
    path = PurePosixPath(file.replace("\\", "/"))
    return path.stem if path.is_absolute() or ".." in path.parts else str(path.with_suffix("")) if path.name else ""
