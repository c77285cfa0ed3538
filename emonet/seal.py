"""Seals: digests kept with what they are of, so that whoever reads it knows that it is what was written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from emonet.atomic import write_json
from emonet.digest import digest_of, sha256_of
from emonet.errors import Damaged

SEAL = "seal"
"""The key of a sealed JSON file that holds the digest of all the others."""

_known: dict[tuple[str, int, int, int], str] = {}
"""Path, inode, size and time in ns of a file -> its SHA-256: a file is read once a process, unless it changes."""


def write_sealed(path: Path, facts: Mapping[str, Any]) -> None:
    """Write facts as JSON with their own digest, atomically."""
    write_json(path, {**facts, SEAL: digest_of(dict(facts))})


def read_sealed(path: Path) -> dict[str, Any]:
    """Return the facts that ``write_sealed`` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        PermissionError: it may not be read.
        Damaged: it does not hold what was written, or cannot be read.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        seal = facts.pop(SEAL) if isinstance(facts, dict) and SEAL in facts else None
        is_whole = seal == digest_of(facts)
    except ValueError as problem:
        raise Damaged(path, f"not JSON: {problem}") from None
    except (FileNotFoundError, PermissionError):
        raise
    except OSError as problem:
        raise Damaged(path, f"it cannot be read: {problem.strerror}") from None
    if not is_whole:
        raise Damaged(
            path, f"it has no '{SEAL}', or an earlier EmoNet wrote it" if seal is None else "its digest is another"
        )
    return dict(facts)


def sum_of(path: Path) -> str:
    """Return the SHA-256 of a file, read once a process for as long as inode, size and time stay what they are.

    Raises:
        FileNotFoundError: there is no such file.
    """
    found = path.stat()
    key = (str(path.absolute()), found.st_ino, found.st_size, found.st_mtime_ns)
    if key not in _known:
        _known[key] = sha256_of(path)
    return _known[key]


def sums_of(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of those files of a folder that are there, by their names within it."""
    return {name: sum_of(folder / name) for name in sorted(names) if (folder / name).is_file()}


def damaged(folder: Path, sums: Mapping[str, str]) -> list[Path]:
    """Return those files of ``sums`` that are missing, cannot be read or are not what they were."""
    return [folder / name for name, expected in sums.items() if not _is_whole(folder / name, expected)]


def _is_whole(path: Path, expected: str) -> bool:
    try:
        return sum_of(path) == expected
    except OSError:
        return False
