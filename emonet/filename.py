"""Names of speakers, folds, tasks and the like as names of files: none leads to another folder."""

from __future__ import annotations

import hashlib
from urllib.parse import quote, unquote

LONGEST = 80
"""Bytes of a quoted name; a file's name has 255 on most file systems, and may join two or three of them."""
_HASHED = "+"


def file_name(name: str) -> str:
    """Return a name as (part of) the name of a file: quoted as in URLs, hashed where that is too long.

    Different names stay different, and ``name_in`` reads all but hashed ones back. Names that begin with a dot, "."
    and ".." among them, have it quoted.

    >>> file_name("foo/emotion"), file_name("../s 1"), file_name("a" * 300)[60:]
    ('foo%2Femotion', '%2E.%2Fs%201', 'aaa+9835fa6bf4e20a9b')
    """
    quoted = quote(name, safe="", errors="surrogateescape")
    if quoted.startswith("."):
        quoted = f"%2E{quoted[1:]}"
    if len(quoted) <= LONGEST:
        return quoted
    digest = hashlib.sha256(quoted.encode()).hexdigest()[:16]
    head = quoted[: LONGEST - len(digest) - len(_HASHED)]
    # A letter that was cut in two is left out: it would read as another.
    whole = head[:-1] if head.endswith("%") else head[:-2] if head[-2:-1] == "%" else head
    # Quoting leaves no plus sign in a name, so it marks what was hashed.
    return f"{whole}{_HASHED}{digest}"


def name_in(file_name: str) -> str:
    """Return the name that ``file_name`` was made of; of a hashed one, its file's name.

    >>> name_in("%2E.%2Fs%201")
    '../s 1'
    """
    return file_name if _HASHED in file_name else unquote(file_name, errors="surrogateescape")
