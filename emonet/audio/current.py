"""Which store of a corpus is the current one, and where the corpus lay when it was made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from emonet.atomic import write_json
from emonet.home import store_folder

META = "meta.json"
"""The file of a store that is written last: a store without it is not complete."""


def current(corpus_id: str) -> Path | None:
    """Return the folder of a corpus' current store, None where there is no complete one."""
    key = _record(corpus_id).get("key")
    folder = store_folder(corpus_id) / str(key)
    return folder if key and (folder / META).is_file() else None


def recorded_root(corpus_id: str) -> Path | None:
    """Return the folder that a corpus was last prepared from; it may be gone by now."""
    root = _record(corpus_id).get("root")
    return Path(str(root)) if root else None


def record(corpus_id: str, key: str, root: Path) -> None:
    """Make the store called ``key`` the current one."""
    write_json(_file(corpus_id), {"key": key, "root": str(root.resolve())})


def _file(corpus_id: str) -> Path:
    return store_folder(corpus_id) / "current.json"


def _record(corpus_id: str) -> dict[str, Any]:
    try:
        data = json.loads(_file(corpus_id).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
