"""Where a corpus lies on this machine; never in its card, and never in a result."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from emonet.corpus.corpus import Corpus
from emonet.corpus.fetch import is_fetched, may_be_fetched
from emonet.corpus.readers.folders import no_such_folder
from emonet.errors import CorpusError
from emonet.files import fetched_folder, store_folder, write_json

META = "meta.json"
"""The file of a store that is written last: a store without it is not complete."""

FORMAT = 3
"""Version of what a store holds and of how its waves are made; part of every store's key. Since 2, waves are resampled
by soxr, and have more than 16 bits where their files do. Since 3, what cannot be used is left out by the rule of
``usable_wave``, and is described as the rest is."""


def current(corpus_id: str) -> Path | None:
    """Return the folder of a corpus' current store, None where there is no complete one of today's format."""
    folder = _recorded(corpus_id)
    return folder if folder and format_of(folder) == FORMAT else None


def stores_of(corpus_id: str) -> list[Path]:
    """Return the folders of all complete stores of a corpus, whatever files they were made of."""
    folder = store_folder(corpus_id)
    return sorted(each.parent for each in folder.glob(f"*/{META}")) if folder.is_dir() else []


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


DATA = "EMONET_DATA"
"""Names a folder that holds corpora in folders of their ids."""


def find_root(corpus: Corpus, given: Path | None = None) -> Path | None:
    """Return the corpus' folder, or None where it is nowhere.

    In this order: ``given``; the corpus' id below ``EMONET_DATA``; where it was fetched to; where it lay when
    it was last prepared.
    """
    if given is not None:
        return given.expanduser()
    data = os.environ.get(DATA)
    below = Path(data).expanduser() / corpus.id if data else None
    if below is not None and below.is_dir():
        return below
    if is_fetched(corpus.id):
        return fetched_folder(corpus.id)
    recorded = recorded_root(corpus.id)
    return recorded if recorded is not None and recorded.is_dir() else None


def require_root(corpus: Corpus, given: Path | None = None) -> Path:
    """Return the corpus' folder.

    Raises:
        CorpusError: it is nowhere; says how to fetch the corpus, or where to put it.
    """
    root = find_root(corpus, given)
    if root is None:
        raise CorpusError(f"Corpus '{corpus.id}' is not on this machine. {_what_to_do(corpus)}")
    if not root.is_dir():
        raise no_such_folder(root, f"Give the folder of the corpus '{corpus.id}' with --root.")
    return root


def _what_to_do(corpus: Corpus) -> str:
    recipe = f"{{id: {corpus.id}, root: FOLDER}}"
    own = (
        f"Give its folder with --root (in a recipe: {recipe}), or put it into the folder '{corpus.id}' below the one "
        f"that {DATA} names."
    )
    if may_be_fetched(corpus):
        return f"Fetch it: emonet corpora fetch {corpus.id}. Or, with a copy of your own: {own}"
    how = f" How to get it: {corpus.how_to_get}" if corpus.how_to_get else ""
    return f"{own}{how}"
