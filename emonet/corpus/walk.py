"""Listing the files of a corpus folder, in a fixed order and without opening any."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

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
