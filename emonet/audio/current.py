"""Which store of a corpus is the current one, and where the corpus lay when it was made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from emonet.atomic import write_json
from emonet.home import store_folder

META = "meta.json"
"""The file of a store that is written last: a store without it is not complete."""

FORMAT = 2
"""Version of what a store holds and of how its waves are made; part of every store's key. Since 2, waves are resampled
by soxr, and have more than 16 bits where their files do."""


def current(corpus_id: str) -> Path | None:
    """Return the folder of a corpus' current store, None where there is no complete one of today's format."""
    folder = _recorded(corpus_id)
    return folder if folder and format_of(folder) == FORMAT else None


def outdated(corpus_id: str) -> Path | None:
    """Return the folder of a corpus' current store where another version of EmoNet made it, else None."""
    folder = _recorded(corpus_id)
    return folder if folder and format_of(folder) != FORMAT else None


def _recorded(corpus_id: str) -> Path | None:
    key = _record(corpus_id).get("key")
    folder = store_folder(corpus_id) / str(key)
    return folder if key and (folder / META).is_file() else None


def format_of(folder: Path) -> Any:
    """Return a store's format; of a damaged store today's, since whoever opens it says what is damaged."""
    try:
        return json.loads((folder / META).read_text(encoding="utf-8"))["format"]
    except (OSError, ValueError, TypeError, KeyError):
        return FORMAT


def recorded_root(corpus_id: str) -> Path | None:
    """Return the folder that a corpus was last prepared from; it may be gone by now."""
    root = _record(corpus_id).get("root")
    return Path(str(root)) if root else None


def record(corpus_id: str, key: str, root: Path) -> None:
    """Make the store called ``key`` the current one."""
    write_json(_file(corpus_id), {"key": key, "root": str(root.resolve())})


def discard(folder: Path) -> None:
    """Let a store count as one that was never completed, so that it is made anew."""
    (folder / META).unlink(missing_ok=True)


def _file(corpus_id: str) -> Path:
    return store_folder(corpus_id) / "current.json"


def _record(corpus_id: str) -> dict[str, Any]:
    try:
        data = json.loads(_file(corpus_id).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
