"""Listing the files of a corpus folder, in a fixed order and without opening any."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from emonet.errors import CorpusError


def files_below(root: Path) -> Iterator[str]:
    """Yield the POSIX paths of all files below ``root``, sorted; hidden names are left out.

    Links to folders are not followed, so that a loop of links ends.

    Raises:
        CorpusError: ``root`` is no folder.
    """
    if not root.is_dir():
        raise CorpusError(f"{root}: there is no such folder. Give the folder of the unpacked corpus with --root.")
    yield from _below(root, "")


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
        elif entry.is_file():
            yield prefix + entry.name
