"""What a hook may return, checked before anything is made of it."""

from __future__ import annotations

from typing import Any

from emonet.corpus.corpus import Corpus
from emonet.labels.word import Word


def checked(kind: str, brought: Any) -> Any:
    """Return what a hook returned as a list of corpora or words, or a mapping of factories.

    Raises:
        TypeError: it is something else.
    """
    listed = {"corpora": Corpus, "words": Word}.get(kind)
    if listed is not None:
        found: Any = list(brought)
        strange, wanted = [one for one in found if not isinstance(one, listed)], f"{listed.__name__} objects"
    else:
        found = dict(brought)
        strange, wanted = [made for made in found.values() if not callable(made)], "factories by name"
    if strange:
        raise TypeError(f"emonet_{kind} returned {strange[0]!r} among others, expected {wanted} only")
    return found
