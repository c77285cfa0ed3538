"""Folders: walking through them, the suffixes of audio, and what lies near where a corpus was looked for."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path

from emonet.corpus.corpus import Scan, Utterance
from emonet.errors import CorpusError, did_you_mean

_MOST = 2000
"""Names that are looked through for one that is like a folder's."""


def files_below(root: Path) -> Iterator[str]:
    """Yield the POSIX paths of all files below ``root``, sorted; hidden names are left out.

    Links to folders are followed, each folder once: not those that lead to a folder which is listed anyway, below
    ``root`` or by another link, nor in a circle. A link that leads nowhere is a file: what it stands for is missing,
    not its name.

    Raises:
        CorpusError: ``root`` is not a folder.
    """
    if not root.is_dir():
        raise no_such_folder(root, "Give the folder of the unpacked corpus with --root.")
    yield from _below(root, "", _Links(root))


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


class _Links:
    """Which links to folders are followed below a root, and which folders were come to by them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: set[tuple[int, int]] = set()

    def follows(self, link: str) -> bool:
        """Say whether a link leads to a folder that is not listed anyway."""
        here, there = os.path.realpath(self._root), os.path.realpath(link)
        if f"{here}/".startswith(f"{there.rstrip('/')}/"):  # around the root: a circle
            return False
        inside = f"{there}/".startswith(f"{here.rstrip('/')}/")
        # what lies below a hidden folder is listed by nothing else
        return not inside or "/." in there[len(here) :]

    def is_new(self, folder: str) -> bool:
        """Say whether a folder behind a link is come to for the first time."""
        found = os.stat(folder)  # noqa: PTH116 - a path as text, as the walk has it
        known = len(self._seen)
        self._seen.add((found.st_dev, found.st_ino))
        return len(self._seen) > known


def _below(folder: Path, prefix: str, links: _Links, *, linked: bool = False) -> Iterator[str]:
    """Yield what lies below a folder; ``linked`` where it was come to by a link."""
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda e: e.name)
    except OSError as problem:
        raise CorpusError(f"{folder}: cannot be listed ({problem.strerror}). Check its permissions.") from None
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            if not linked or links.is_new(entry.path):
                yield from _below(Path(entry.path), f"{prefix}{entry.name}/", links, linked=linked)
        elif _is_file(entry):
            yield prefix + entry.name
        elif _is_link_to_folder(entry) and links.follows(entry.path) and links.is_new(entry.path):
            yield from _below(Path(entry.path), f"{prefix}{entry.name}/", links, linked=True)


def _is_link_to_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and entry.is_dir()


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file() or (entry.is_symlink() and not entry.is_dir())
    except OSError:  # a link to itself
        return True


CONTAINERS = frozenset(
    {".3g2", ".3gp", ".aac", ".ac3", ".amr", ".ape", ".asf", ".avi", ".awb", ".dts", ".eac3", ".f4v", ".flv", ".m2ts"}
    | {".m4a", ".m4b", ".m4v", ".mka", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".qt", ".ra", ".rm"}
    | {".tak", ".ts", ".tta", ".vob", ".weba", ".webm", ".wma", ".wmv", ".wv"}
)
"""Video and sound files that PyAV alone reads, as their names say; what a file is, its content says."""

AUDIO = CONTAINERS | frozenset(
    {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".mpa", ".aif", ".aifc", ".aiff", ".au", ".snd", ".caf"}
    | {".w64", ".rf64", ".sph", ".nist", ".spx", ".voc", ".wve", ".wave"}
)
"""What is taken from a folder, in any case of letters; a file that is named itself may have any suffix."""


def suffix_of(path: str) -> str:
    """Return the suffix of a POSIX path in lower case, empty where it has none.

    >>> suffix_of("a.b/c.WAV"), suffix_of("a.b/c")
    ('.wav', '')
    """
    _, dot, end = path.rpartition("/")[2].rpartition(".")
    return f"{dot}{end}".lower() if dot else ""


def is_audio(path: str) -> bool:
    """Say whether a POSIX path has the suffix of a file with sound."""
    return suffix_of(path) in AUDIO


_MOST_SUFFIXES = 8


def by_suffix(counts: Mapping[str, int]) -> str:
    """Return how many files there are of each suffix, the most first; empty for none.

    >>> by_suffix({".txt": 2, "": 1, ".wav": 0, ".pdf": 3})
    '3 .pdf, 2 .txt, 1 without a suffix'
    """
    ordered = sorted(
        ((suffix, count) for suffix, count in counts.items() if count > 0), key=lambda each: (-each[1], each[0])
    )
    shown = [f"{count} {suffix or 'without a suffix'}" for suffix, count in ordered[:_MOST_SUFFIXES]]
    rest = sum(count for _, count in ordered[_MOST_SUFFIXES:])
    return ", ".join([*shown, f"{rest} others"] if rest else shown)


_AFTER_SLASH = chr(ord("/") + 1)


class Tails:
    """The POSIX paths of a folder, each found by itself or by any of its ends that begin after a slash."""

    def __init__(self, paths: Iterable[str]) -> None:
        # read backwards, all paths with one end stand next to each other
        self._backwards = sorted(path[::-1] for path in paths)

    def find(self, tail: str) -> str | None:
        """Return the path that is ``tail`` or ends in it, None where there is none.

        Of several, the shallowest counts, e.g. where a copy lies in a folder of its own; then the first by name. Where
        there is none, the suffix may be in capital letters for small ones, or the other way round.
        """
        own = self._find(tail)
        if own is not None:
            return own
        stem, dot, suffix = tail.rpartition(".")
        cases = {f"{stem}{dot}{suffix.lower()}", f"{stem}{dot}{suffix.upper()}"} - {tail} if dot else set()
        return next((found for case in sorted(cases) if (found := self._find(case)) is not None), None)

    def _find(self, tail: str) -> str | None:
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
    archives = [name for name in names_in(root) if name.lower().endswith(_ARCHIVES)]
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
    folders = [root / name for name in names_in(root)]
    return [folder for folder in folders if _is_folder(folder) and not folder.is_symlink()]


def _is_folder(path: Path) -> bool:
    # Before Python 3.14, is_dir() raises where a folder above may not be entered.
    with suppress(OSError):
        return path.is_dir()
    return False


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder that are not hidden, in order and up to a limit; none where it cannot be read."""
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
