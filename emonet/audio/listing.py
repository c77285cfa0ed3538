"""The audio files that are meant by files, folders and tables."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from emonet.corpus.suffixes import AUDIO
from emonet.corpus.walk import files_below
from emonet.errors import EmonetError


def audio_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files that paths stand for: themselves, audio below folders, the column ``file`` of CSV files.

    Raises:
        EmonetError: a folder or table names no audio, a table has no such column, or there is no such path.
    """
    found: list[Path] = []
    for path in paths:
        files = _files_of(path)
        if not files:
            kinds = " ".join(sorted(AUDIO))
            raise EmonetError(f"{path}: there is no audio in it. Give files, or folders with any of: {kinds}")
        found += files
    return found


def _files_of(path: Path) -> list[Path]:
    if path.is_dir():
        return [path / name for name in files_below(path) if Path(name).suffix.lower() in AUDIO]
    return _listed(path) if path.suffix.lower() == ".csv" else [path]


def _listed(path: Path) -> list[Path]:
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
            return [path.parent / row["file"] for row in reader if row["file"]]
    except (UnicodeDecodeError, csv.Error) as problem:
        raise EmonetError(f"{path}: not a CSV file in UTF-8 ({problem}). Save it as one.") from None
