"""Where a corpus lies on this machine; never in its card, and never in a result."""

from __future__ import annotations

import os
from pathlib import Path

from emonet.audio.current import recorded_root
from emonet.corpus.corpus import Corpus
from emonet.corpus.fetch import is_fetched
from emonet.corpus.walk import no_such_folder
from emonet.errors import CorpusError
from emonet.home import fetched_folder

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
    if corpus.fetchable and corpus.sources:
        return f"Fetch it: emonet corpora fetch {corpus.id}. Or, with a copy of your own: {own}"
    how = f" How to get it: {corpus.how_to_get}" if corpus.how_to_get else ""
    return f"{own}{how}"
