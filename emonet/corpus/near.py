"""A wrong root: which folder nearby looks right, whatever way a corpus is read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path

from emonet.corpus.corpus import Scan, Utterance
from emonet.corpus.walk import files_below
from emonet.errors import CorpusError

_MOST_FOLDERS = 150
_MOST_MARKS = 50
_MOST_FILES = 1000
"""Files below a folder that is tried without having one of the names that are looked for."""
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")


def scan_with_advice(scan: Scan, marks: Sequence[str], root: Path) -> Iterator[Utterance]:
    """Yield what ``scan`` yields; where it finds nothing, its error names a near folder that looks right.

    Args:
        scan: lists the utterances below a root.
        marks: paths relative to the right root, of files that the corpus has.
        root: the folder that was given.

    Raises:
        CorpusError: that of the scan, with advice.
    """
    found = iter(scan(root))
    try:
        first = next(found, None)
    except CorpusError as problem:
        advice = _advice(scan, marks, root)
        if not advice:
            raise
        raise CorpusError(f"{problem} {advice}") from None
    if first is None:
        return
    yield first
    yield from found


def folder_nearby(scan: Scan, marks: Sequence[str], root: Path) -> Path | None:
    """Return a folder below, beside or above ``root`` that ``scan`` can read, None where there is none.

    A folder is tried when it holds one of the marks, or few files; a bounded number of folders is looked at. They are
    other people's, too: one that may not be read is passed over.
    """
    for folder in islice(_folders_near(root), _MOST_FOLDERS):
        with suppress(OSError):
            has_mark = any((folder / mark).exists() for mark in marks[:_MOST_MARKS])
            if (has_mark or _is_small(folder)) and _can_be_read(scan, folder):
                return folder
    return None


def _advice(scan: Scan, marks: Sequence[str], root: Path) -> str:
    folder = folder_nearby(scan, marks, root)
    if folder is not None:
        return f"The folder {folder} looks right: --root {folder}"
    archives = [name for name in _names(root) if name.lower().endswith(_ARCHIVES)]
    return f"It holds {', '.join(archives[:3])}: unpack it first." if archives else ""


def _folders_near(root: Path) -> Iterator[Path]:
    """Yield folders below, beside and above a root, the nearest first; each once."""
    seen = {root}
    below, beside = _below(root), _below(root.parent)
    deeper = chain.from_iterable(map(_below, chain(below, beside)))
    for folder in chain(below, beside, islice(root.parents, 2), deeper):
        if folder not in seen and _is_folder(folder):
            seen.add(folder)
            yield folder


def _below(root: Path) -> list[Path]:
    folders = [root / name for name in _names(root)]
    return [folder for folder in folders if _is_folder(folder) and not folder.is_symlink()]


def _is_folder(path: Path) -> bool:
    # Before Python 3.14, is_dir() raises where a folder above may not be entered.
    with suppress(OSError):
        return path.is_dir()
    return False


def _names(folder: Path) -> list[str]:
    names: list[str] = []
    with suppress(OSError), os.scandir(folder) as entries:
        names = sorted(entry.name for entry in islice(entries, _MOST_FILES) if not entry.name.startswith("."))
    return names


def _is_small(folder: Path) -> bool:
    with suppress(CorpusError):
        return sum(1 for _ in islice(files_below(folder), _MOST_FILES + 1)) <= _MOST_FILES
    return False


def _can_be_read(scan: Scan, folder: Path) -> bool:
    try:
        return next(iter(scan(folder)), None) is not None
    except CorpusError:
        return False
