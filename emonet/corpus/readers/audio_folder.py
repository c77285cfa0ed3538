"""Audio folders: clips that a metadata file lists, or whose folders say labels and splits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from emonet.corpus.cells import is_missing
from emonet.corpus.columns import TARGET, ColumnMap, are_codes_of_people, field_of
from emonet.corpus.readers.dialect import text_table
from emonet.corpus.readers.hub_tables import HubRow, HubTable
from emonet.corpus.readers.rows import local_path
from emonet.corpus.splits import is_split, named_in
from emonet.errors import CorpusError

_FILE_NAME = "file_name"
"""The column of clips in a metadata file."""


def listed_clips(root: Path, name: str, audio: str) -> HubTable:
    """Read the metadata file of an audio folder; its column ``file_name`` is relative to its own folder."""
    path = root / name
    table = text_table(path)
    named = [column for column in table.header if column == (audio or _FILE_NAME)]
    named = named or [column for column in table.header if field_of(column) == "file"]
    if len(named) != 1:
        listed = ", ".join(table.header) or "none"
        why = "several columns name" if named else f"there is no column '{audio or _FILE_NAME}', which names"
        raise CorpusError(f"{path}: {why} the clips. Columns: {listed}. Say which: columns: {{audio: COLUMN}}.")
    folder = PurePosixPath(name).parent
    read = tuple(_listed_row(folder, f"{path}:{line}", cells, named[0]) for line, cells in table.rows())
    has_split = "split" not in table.header and len({row.cells["split"] for row in read}) > 1
    others = tuple(column for column in table.header if column not in {"", *named})
    return HubTable(path, named_in(folder.as_posix()), (*others, "split") if has_split else others, (), read)


def _listed_row(folder: PurePosixPath, place: str, cells: Mapping[str, str], column: str) -> HubRow:
    """Return a row of a metadata file; where it names no split, the folder of its clip may."""
    name = cells.get(column, "")
    if is_missing(name):
        raise CorpusError(f"{place}: the cell '{column}' is empty. Give the path of a clip, or remove the line.")
    split = named_in(PurePosixPath(name).parent.as_posix())
    return HubRow(place, (folder / local_path(name, place)).as_posix(), "", {"split": split, **cells})


FOLDER = "folder"
"""With a number, the column of a folder above the clips: ``folder1`` is their own."""


def is_folder(column: str) -> bool:
    """Say whether a column is that of folders.

    >>> is_folder("folder2"), is_folder("folders")
    (True, False)
    """
    return column.startswith(FOLDER) and column.removeprefix(FOLDER).isdecimal()


def foldered_clips(root: Path, sounds: list[str]) -> HubTable:
    """Take folders named after splits for the splits, and the nearest other folder above a clip for its label.

    A folder is that of a split where all folders beside it on its level, from the top or from the clips, are, too: a
    speaker called Val is not. A folder just above all clips that has one name everywhere, as ``wav``, tells none apart.
    """
    paths = [PurePosixPath(file).parent.parts for file in sounds]
    upwards = [path[::-1] for path in paths]
    top, bottom = _split_levels(paths), _split_levels(upwards)
    bottom |= _levels_of_one_name(upwards, bottom)
    rows = []
    for file, path in zip(sounds, paths, strict=True):
        levels = list(enumerate(path))
        splits = [
            name for level, name in levels if (level in top or len(path) - 1 - level in bottom) and named_in(name)
        ]
        others = [name for level, name in levels if level not in top and len(path) - 1 - level not in bottom]
        if not others:
            message = f"{root}: '{file}' lies in no folder that could be its label, and there is no metadata.csv."
            raise CorpusError(f"{message} Write metadata.csv with the columns file_name and label, or a manifest.")
        folders = {f"{FOLDER}{number}": name for number, name in enumerate(reversed(path), 1)}
        split = named_in(splits[-1]) if splits else ""
        rows.append(HubRow(str(root / file), file, "", {TARGET: others[-1], "split": split, **folders}))
    deepest = max(map(len, paths))
    # one split is not a partition
    named = (TARGET, "split") if len({row.cells["split"] for row in rows}) > 1 else (TARGET,)
    columns = (*named, *(f"{FOLDER}{number}" for number in range(1, deepest + 1)))
    return HubTable(root, "", columns, (TARGET,), tuple(rows))


def _split_levels(paths: Sequence[Sequence[str]]) -> set[int]:
    """Return the levels on which every folder is named after a split."""
    names: dict[int, set[str]] = {}
    for path in paths:
        for level, name in enumerate(path):
            names.setdefault(level, set()).add(name)
    return {level for level, found in names.items() if all(map(named_in, found))}


def _levels_of_one_name(upwards: Sequence[Sequence[str]], splits: set[int]) -> set[int]:
    """Return the levels nearest to the clips on which all folders have one name, where folders above them differ.

    Levels of splits are passed over.
    """
    same: set[int] = set()
    for level in range(min(map(len, upwards))):
        if level in splits:
            continue
        if len({path[level] for path in upwards}) > 1:
            return same
        same.add(level)
    return set()


def doubts_of_folders(table: HubTable) -> str:
    """Return why the folders that are taken for labels may be none, empty where nothing speaks against them."""
    labels = sorted({row.cells[TARGET] for row in table.rows})
    shown = ", ".join(labels[:4]) + (", ..." if len(labels) > 4 else "")
    if are_codes_of_people(labels) or all(label.isdecimal() for label in labels):
        return f"the folders that should be labels look like people, or like numbers: {shown}"
    splits = [label for label in labels if is_split(label)]
    return f"among the folders of the labels ({shown}) is '{splits[0]}', the name of a split" if splits else ""


def folders_of(table: HubTable) -> Iterator[str]:
    """Yield each level of folders with some of its names."""
    for column in filter(is_folder, table.columns):
        names = sorted({row.cells[column] for row in table.rows if column in row.cells})
        yield f"{column} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"


def people_above(table: HubTable, found: ColumnMap) -> Iterator[str]:
    """Yield a word on folders that look like people and are not read as speakers."""
    if "speaker" in found.columns:
        return
    for column in filter(is_folder, table.columns):
        names = sorted({row.cells[column] for row in table.rows if column in row.cells})
        if are_codes_of_people(names):
            yield f"The folders {', '.join(names[:3])} look like people: columns: {{speaker: {column}}} takes them so."


def levels_not_read(table: HubTable, found: ColumnMap, label: str) -> Iterator[str]:
    """Yield a word on each level of folders that nothing reads, though it could be the label as well as the one taken.

    Args:
        label: the column that labels are read from; one that the user named leaves no doubt.
    """
    taken = sorted({row.cells[TARGET] for row in table.rows}) if label == TARGET else []
    for column in filter(is_folder, table.columns if taken else ()):
        rows = [row for row in table.rows if column in row.cells]
        names = sorted({row.cells[column] for row in rows})
        is_label = all(row.cells[column] == row.cells[TARGET] for row in rows)
        if is_label or len(names) < 2 or column in found.columns.values() or all(map(named_in, names)):
            continue
        if not are_codes_of_people(names):
            way = f"columns: {{{TARGET}: {column}}} takes them for labels, columns: {{speaker: {column}}} for speakers."
            yield f"The label is {_few(taken)}, and not the folders above, {_few(names)}: {way}"


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
