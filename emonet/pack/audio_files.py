"""The audio files that are meant by files, folders and tables."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from emonet.corpus.readers.folders import AUDIO, by_suffix, files_below, is_audio, suffix_of
from emonet.errors import EmonetError
from emonet.events import Listener, Notice, silent

Grouping = Literal["folder", "speaker"]
"""Which files belong to one speaker: those of one folder, or those of one value of a table's column ``speaker``."""


@dataclass(frozen=True, slots=True)
class AudioFile:
    """A file, and its speaker where a table names one."""

    path: Path
    speaker: str = ""


def audio_files(paths: Iterable[Path], listen: Listener = silent) -> list[AudioFile]:
    """Return the files that paths stand for: themselves, audio below folders, the column ``file`` of CSV files.

    ``listen`` is told what folders hold besides, by suffix.

    Raises:
        EmonetError: a folder or table names no audio, a table has no such column, or there is no such path.
    """
    found: list[AudioFile] = []
    for path in paths:
        files = _files_of(path, listen)
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


def _files_of(path: Path, listen: Listener) -> list[AudioFile]:
    if _is_folder(path):
        names = list(files_below(path))
        if passed_over := by_suffix(Counter(suffix_of(name) for name in names if not is_audio(name))):
            listen(Notice(f"{path}: passed over {passed_over}. A file that is named itself may have any suffix."))
        return [AudioFile(path / name) for name in names if is_audio(name)]
    return _listed(path) if path.suffix.lower() == ".csv" else [AudioFile(path)]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long: the file is named with that reason
        return False


def _listed(path: Path) -> list[AudioFile]:
    """Return the files of a table; paths are relative to its folder."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.DictReader(source)
            if "file" not in (reader.fieldnames or ()):
                columns = ", ".join(reader.fieldnames or ()) or "none"
                message = (
                    f"{path}: this table has no column 'file' (its columns: {columns}). Name the column of paths so."
                )
                raise EmonetError(message)
            rows = [row for row in reader if row["file"]]
            return [AudioFile(path.parent / row["file"], row.get("speaker") or "") for row in rows]
    except (UnicodeDecodeError, csv.Error) as problem:
        raise EmonetError(f"{path}: not a CSV file in UTF-8 ({problem}). Save it as one.") from None
