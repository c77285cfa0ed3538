"""The strategy table (paper, 5.2.2, 6 and 7): strategies are rows, not classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from emonet.errors import UnknownName

Tuned = Literal["all", "head", "private", "svm"]
Learns = Literal["nothing", "source", "every", "aggregate", "features"]


@dataclass(frozen=True, slots=True)
class Strategy:
    """One row: what the shared model learns first, and what is tuned on each corpus afterwards.

    Attributes:
        learns: what the shared model learns from: nothing, a source corpus, every corpus in turn, or corpora
            mapped into one label space; ``features`` for fixed features.
        maps: the label mappings that corpora are aggregated by; one task each.
        adapts_shared: whether the shared model learns with adapters.
        adapts: whether adapters are tuned on each corpus.
        keeps_private: whether head, adapters and norms of the shared training are kept.
        tunes: what is tuned on each corpus: ``private`` is head, adapters and norms.
        learning_rates: of the tuning, one stage each; empty for the SVM.
    """

    name: str
    learns: Learns
    tunes: Tuned
    learning_rates: tuple[float, ...]
    maps: tuple[str, ...] = ()
    adapts_shared: bool = False
    adapts: bool = False
    keeps_private: bool = False


FULL_RATES = (0.1, 0.01, 0.001)
_LOW_RATES = (0.01, 0.001)
USER_MAP = "map"

_ROWS = (
    Strategy("scratch", "nothing", "all", FULL_RATES),
    Strategy("head", "source", "head", _LOW_RATES),
    Strategy("full", "source", "all", _LOW_RATES),
    Strategy("adapters", "source", "private", FULL_RATES, adapts=True),
    Strategy("multi-domain", "every", "private", FULL_RATES, adapts_shared=True, adapts=True, keeps_private=True),
    Strategy("arousal", "aggregate", "private", FULL_RATES, ("arousal",), adapts_shared=True, adapts=True),
    Strategy("valence", "aggregate", "private", FULL_RATES, ("valence",), adapts_shared=True, adapts=True),
    Strategy(
        "arousal+valence", "aggregate", "private", FULL_RATES, ("arousal", "valence"), adapts_shared=True, adapts=True
    ),
    Strategy("aggregate", "aggregate", "private", FULL_RATES, (USER_MAP,), adapts_shared=True, adapts=True),
    Strategy("svm", "features", "svm", ()),
)
STRATEGIES: Mapping[str, Strategy] = {row.name: row for row in _ROWS}


def strategy(name: str) -> Strategy:
    """Return the row called ``name``.

    Raises:
        UnknownName: the table has no such row.
    """
    if name not in STRATEGIES:
        raise UnknownName("strategy", name, STRATEGIES)
    return STRATEGIES[name]
