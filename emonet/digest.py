"""Content hashes: of plain data, and of files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20


def digest_of(data: Any, *, length: int = 16) -> str:
    """Return the first ``length`` hex digits of the SHA-256 of ``data`` as canonical JSON.

    Raises:
        TypeError: ``data`` holds something that JSON does not know.
    """
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
