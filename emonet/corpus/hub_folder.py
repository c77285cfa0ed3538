"""What lies at a place that holds a Hugging Face dataset: a saved one, Parquet files, or an audio folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from emonet.corpus.hub_tables import read_sheet
from emonet.corpus.sheet import Sheet, SheetRow, split_in
from emonet.corpus.suffixes import is_audio
from emonet.corpus.table import read_rows
from emonet.corpus.walk import files_below
from emonet.errors import CorpusError

_METADATA = ("metadata.csv", "metadata.jsonl")
_SAVED = ("dataset_dict.json", "state.json")
_FILE_NAME = "file_name"
_KINDS = (
    "Parquet files (*.parquet), a folder that save_to_disk wrote (*.arrow), or audio files (*.wav and the like) with "
    "metadata.csv or in a folder a class"
)


def sheets_at(place: Path, audio: str = "") -> tuple[Path, list[Sheet]]:
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
        return place, _parted([read_sheet(place / file, place, split_in(file), audio) for file in tables])
    metadata = [file for file in files if file.rpartition("/")[2] in _METADATA]
    if metadata:
        return place, _parted([_listed(place, file) for file in metadata])
    sounds = [file for file in files if is_audio(file)]
    if not sounds:
        there = f"there is {', '.join(files[:3])}" if files else "it is empty"
        raise CorpusError(f"{place}: there is no dataset here; {there}. Expected {_KINDS}.")
    return place, [_foldered(place, sounds)]


def _parted(sheets: list[Sheet]) -> list[Sheet]:
    """Return sheets without their split where it is the same for all: one part is no partition."""
    if len({sheet.split for sheet in sheets}) > 1:
        return sheets
    return [Sheet(sheet.place, "", sheet.columns, sheet.classes, sheet.rows) for sheet in sheets]


def _listed(root: Path, name: str) -> Sheet:
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
    return Sheet(path, split_in(folder.as_posix()), (*others, "split") if has_split else others, (), read)


def _listed_row(folder: PurePosixPath, place: str, cells: Mapping[str, str]) -> SheetRow:
    """Return a row of a metadata file; where it names no part, the folder of its clip may."""
    name = cells.get(_FILE_NAME, "")
    if not name:
        raise CorpusError(f"{place}: the cell '{_FILE_NAME}' is empty. Give the path of a clip, or remove the line.")
    split = split_in(PurePosixPath(name).parent.as_posix())
    return SheetRow(place, (folder / name).as_posix(), "", {"split": split, **cells})


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


def _foldered(root: Path, sounds: list[str]) -> Sheet:
    """Take the folder that a clip lies in for its label, and a folder named after a part for its split."""
    rows = []
    for file in sounds:
        folder = PurePosixPath(file).parent
        if not folder.name or (split_in(folder.name) and len(folder.parts) == 1):
            message = f"{root}: '{file}' lies in no folder that could be its label, and there is no metadata.csv."
            raise CorpusError(f"{message} Write metadata.csv with the columns file_name and label, or a manifest.")
        cells = {"label": folder.name, "split": split_in(folder.parent.as_posix())}
        rows.append(SheetRow(str(root / file), file, "", cells))
    return Sheet(root, "", ("label", "split"), ("label",), tuple(rows))
