"""The text of a broken promise: who, what was seen, what is promised, and what likely went wrong."""

from __future__ import annotations

from emonet.corpus.corpus import Corpus
from emonet.errors import ContractError


def name_of(thing: object) -> str:
    """Return how messages name a thing, e.g. ``corpus 'foo'``."""
    return f"corpus '{thing.id}'" if isinstance(thing, Corpus) else str(thing)


def broken(thing: object, seen: str, *, promised: str, cause: str) -> ContractError:
    """Return the error of a promise that ``thing`` breaks."""
    return ContractError(f"{name_of(thing)}: {seen}. Promised: {promised}. Likely cause: {cause}.")
