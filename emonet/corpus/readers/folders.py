"""Folders: walking through them, the suffixes of audio, and what lies near where a corpus was looked for."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path

from emonet.corpus.corpus import Scan, Utterance
from emonet.errors import CorpusError, did_you_mean

_MOST = 2000
"""Names that are looked through for one that is like a folder's."""


def files_below(root: Path) -> Iterator[str]:
    """Yield the POSIX paths of all files below ``root``, sorted; hidden names are left out.

    Links to folders are not followed, so that a loop of links ends. A link that leads nowhere is a file: what it
    stands for is missing, not its name.

    Raises:
        CorpusError: ``root`` is no folder.
    """
    if not root.is_dir():
        raise no_such_folder(root, "Give the folder of the unpacked corpus with --root.")
    yield from _below(root, "")


def no_such_folder(root: Path, advice: str) -> CorpusError:
    """Return the error for a folder that is not there, with the nearest name beside it."""
    if root.is_file():
        return CorpusError(f"{root}: this is a file, not a folder. {advice}")
    above = next((folder for folder in root.parents if folder.is_dir()), None)
    hint = ""
    if above is not None:
        wanted = root.relative_to(above).parts[0]
        with suppress(OSError), os.scandir(above) as entries:
            hint = did_you_mean(wanted, [entry.name for entry in islice(entries, _MOST) if entry.is_dir()])
        hint = hint and f"{hint.removesuffix('?')} in {above}?"
    return CorpusError(" ".join(f"{root}: there is no such folder. {hint} {advice}".split()))


def is_listed(path: str, listed: Iterable[str]) -> bool:
    """Say whether a path is one of ``listed``, or ends in one below some further folders."""
    return any(path == name or path.endswith(f"/{name}") for name in listed)


def _below(folder: Path, prefix: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda e: e.name)
    except OSError as problem:
        raise CorpusError(f"{folder}: cannot be listed ({problem.strerror}). Check its permissions.") from None
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path), f"{prefix}{entry.name}/")
        elif _is_file(entry):
            yield prefix + entry.name


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file() or (entry.is_symlink() and not entry.is_dir())
    except OSError:  # a link to itself
        return True


CONTAINERS = frozenset(
    {".3gp", ".aac", ".asf", ".avi", ".flv", ".m4a", ".m4v", ".mkv", ".mov"}
    | {".mp4", ".mpeg", ".mpg", ".mts", ".ts", ".vob", ".webm", ".wma", ".wmv"}
)
"""Video and sound containers, which PyAV reads."""

AUDIO = CONTAINERS | {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".w64"}
"""What is taken from a folder; a file that is named itself may have any suffix."""


def is_audio(path: str) -> bool:
    """Say whether a POSIX path has the suffix of a file with sound."""
    name = path.rpartition("/")[2]
    return "." in name and f".{name.rpartition('.')[2].lower()}" in AUDIO


_AFTER_SLASH = chr(ord("/") + 1)


class Tails:
    """The POSIX paths of a folder, each found by itself or by any of its ends that begin after a slash."""

    def __init__(self, paths: Iterable[str]) -> None:
        # read backwards, all paths with one end stand next to each other
        self._backwards = sorted(path[::-1] for path in paths)

    def find(self, tail: str) -> str | None:
        """Return the path that is ``tail`` or ends in it, None where there is none.

        Of several, the shallowest counts, e.g. where a copy lies in a folder of its own; then the first by name.
        """
        key = tail[::-1]
        exact = bisect_left(self._backwards, key)
        if self._backwards[exact : exact + 1] == [key]:
            return tail
        begin, end = (bisect_left(self._backwards, key + sign) for sign in ("/", _AFTER_SLASH))
        found = (path[::-1] for path in self._backwards[begin:end])
        return min(found, key=lambda path: (path.count("/"), path.split("/")), default=None)


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
    below, beside = _folders_in(root), _folders_in(root.parent)
    deeper = chain.from_iterable(map(_folders_in, chain(below, beside)))
    for folder in chain(below, beside, islice(root.parents, 2), deeper):
        if folder not in seen and _is_folder(folder):
            seen.add(folder)
            yield folder


def _folders_in(root: Path) -> list[Path]:
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
