"""The strategy table (paper, 5.2.2, 6 and 7): strategies are rows, not classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from emonet.errors import RecipeError, UnknownName

Tuned = Literal["all", "head", "head, adapters, norms", "svm"]


@dataclass(frozen=True, slots=True)
class Strategy:
    """One row: what the shared model learns first, and what is tuned on each corpus afterwards.

    Attributes:
        learns_from: what the shared model learns from before.
        adapters: whether adapters are used.
        private_start: where the tensors that belong to one task start.
        tunes: what is tuned on each corpus.
        learning_rates: of the tuning, one stage each; empty for the SVM.
        available: whether this version can run it.
    """

    name: str
    learns_from: str
    adapters: str
    private_start: str
    tunes: Tuned
    learning_rates: tuple[float, ...]
    available: bool = False


_FULL_RATES = (0.1, 0.01, 0.001)
_LOW_RATES = (0.01, 0.001)
_ADAPTED: Tuned = "head, adapters, norms"

_ROWS = (
    Strategy("scratch", "nothing", "no", "fresh", "all", _FULL_RATES, available=True),
    Strategy("head", "a source corpus", "no", "head fresh, norms the source's", "head", _LOW_RATES),
    Strategy("full", "a source corpus", "no", "head fresh, norms the source's", "all", _LOW_RATES),
    Strategy("adapters", "a source corpus", "then", "fresh, norms the source's", _ADAPTED, _FULL_RATES),
    Strategy("multi-domain", "every corpus, in turn", "yes", "kept, a new corpus' fresh", _ADAPTED, _FULL_RATES),
    Strategy("arousal", "the aggregate", "as one task", "fresh, norms the aggregate's", _ADAPTED, _FULL_RATES),
    Strategy("valence", "the aggregate", "as one task", "fresh, norms the aggregate's", _ADAPTED, _FULL_RATES),
    Strategy("arousal+valence", "both aggregates", "yes", "fresh, norms the first task's", _ADAPTED, _FULL_RATES),
    Strategy("svm", "fixed features", "no", "none", "svm", (), available=True),
)
STRATEGIES: Mapping[str, Strategy] = {row.name: row for row in _ROWS}


def strategy(name: str) -> Strategy:
    """Return the row called ``name``.

    Raises:
        UnknownName: the table has no such row.
        RecipeError: this version cannot run it.
    """
    if name not in STRATEGIES:
        raise UnknownName("strategy", name, STRATEGIES)
    row = STRATEGIES[name]
    if not row.available:
        runnable = ", ".join(known.name for known in _ROWS if known.available)
        message = f"The strategy '{name}' cannot be run by this version. These can: {runnable}."
        raise RecipeError(message)
    return row
