"""The audio files that are meant by files, folders and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from emonet.corpus.cells import is_missing
from emonet.corpus.columns import IGNORE, TIMES, Question, columns_of_table, field_of
from emonet.corpus.readers.dialect import TABLES, TextTable, text_table
from emonet.corpus.readers.folders import AUDIO, by_suffix, files_below, is_audio, suffix_of
from emonet.corpus.readers.rows import check_ends, local_path, times_in
from emonet.errors import EmonetError
from emonet.events import Listener, Notice, silent

Grouping = Literal["folder", "speaker"]
"""Which files belong to one speaker: those of one folder, or those of one value of a table's column of speakers."""


@dataclass(frozen=True, slots=True)
class AudioFile:
    """A file or a segment of it, from ``start`` to ``end`` in s; and its speaker where a table names one."""

    path: Path
    speaker: str = ""
    start: float = 0.0
    end: float | None = None


def audio_files(paths: Iterable[Path], listen: Listener = silent, *, with_speakers: bool = True) -> list[AudioFile]:
    """Return the files that paths stand for: themselves, audio below folders, the files or segments of tables.

    Tables are CSV or JSON lines, read as manifests are. ``listen`` is told what folders hold besides, by suffix.

    Args:
        with_speakers: whether it matters who speaks.

    Raises:
        EmonetError: a folder or table names no audio, a table has no column of files or one that is in doubt, or there
            is no such path.
    """
    found: list[AudioFile] = []
    for path in paths:
        files = _files_of(path, listen, with_speakers=with_speakers)
        if not files:
            kinds = " ".join(sorted(AUDIO))
            raise EmonetError(f"{path}: there is no audio in it. Give files, or folders with any of: {kinds}")
        found += files
    return found


def groups_of(files: Sequence[AudioFile], by: Grouping) -> list[str]:
    """Return the group of each file.

    Raises:
        EmonetError: a file has no speaker, and speakers are asked for.
    """
    if by == "folder":
        return [str(file.path.parent) for file in files]
    nobody = next((file for file in files if not file.speaker), None)
    if nobody is not None:
        message = f"{nobody.path}: nothing says who speaks. Give a CSV file with the columns file and speaker"
        raise EmonetError(f"{message}, or group by folder.")
    return [file.speaker for file in files]


def _files_of(path: Path, listen: Listener, *, with_speakers: bool) -> list[AudioFile]:
    if _is_folder(path):
        names = list(files_below(path))
        if passed_over := by_suffix(Counter(suffix_of(name) for name in names if not is_audio(name))):
            listen(Notice(f"{path}: passed over {passed_over}. A file that is named itself may have any suffix."))
        return [AudioFile(path / name) for name in names if is_audio(name)]
    if path.suffix.lower() in (*TABLES, ".json"):
        return _listed(path, listen, with_speakers=with_speakers)
    return [AudioFile(path)]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long: the file is named with that reason
        return False


def _listed(path: Path, listen: Listener, *, with_speakers: bool) -> list[AudioFile]:
    """Return the files or segments of a table; paths are relative to its folder."""
    table = text_table(path)
    told = _whole_files(table)
    if told:
        listen(Notice(f"{path}: whole files are labelled; {', '.join(told)} is not used, as no column says a start."))
    wanted = ("file", *(["speaker"] if with_speakers else []), *TIMES)
    columns = columns_of_table(Question(table.place, table.header, told, values=table.values, how=""), wanted)
    if "file" not in columns.columns:
        listed = ", ".join(filter(None, table.header)) or "none"
        raise EmonetError(f"{table.place}: this table has no column 'file' (its columns: {listed}). Name it so.")
    found = []
    for line, row in table.rows():
        place = f"{path}:{line}"
        cells = columns.cells(row, place)
        if not is_missing(cells["file"]):
            start, end = times_in(cells["start"], cells["end"], place)
            file = path.parent / local_path(cells["file"], place)
            found.append(AudioFile(file, cells.get("speaker", ""), start or 0.0, end))
    check_ends([columns], ((str(each.path), each.start) for each in found), path)
    return found


def _whole_files(table: TextTable) -> dict[str, str]:
    """Return columns of durations that are those of whole files: each file is listed once, and nothing says a start."""
    fields = {field_of(column): column for column in table.header}
    if "duration" not in fields or {"start", "end"} & set(fields):
        return {}
    files = Counter(cells.get(fields.get("file", ""), "") for _, cells in table.rows())
    return {fields["duration"]: IGNORE} if max(files.values(), default=0) == 1 else {}
