"""A paired randomisation test for metrics of numbers, where no answer is right or wrong."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from emonet.evaluate.interval import units_of
from emonet.evaluate.metrics import Floats, Metric, moments

ALL_UP_TO = 12
"""With so many units at most, all swaps are tried, and p is exact; with more, ``draws`` random ones."""

_ROWS_AT_ONCE = 1000


def randomisation(
    truth: Sequence[Hashable],
    pair: tuple[Sequence[Hashable], Sequence[Hashable]],
    metric: Metric,
    *,
    speakers: Sequence[str | None] | None,
    seed: int,
    draws: int = 10_000,
) -> float:
    """Return the two-sided p value of two systems' difference in a metric of numbers.

    If both systems were equally good, it would not matter which of them said what: p is the share of swaps of
    their answers after which the metrics differ by as much as they do, or more. Whole speakers are swapped where
    four at least are known, since a speaker's utterances are no independent observations; else single utterances.
    McNemar's exact test is this test on errors, with utterances as units. S units allow no p below 2 / 2^S.

    >>> from emonet.evaluate.metrics import METRICS
    >>> randomisation([1, 2, 3], ([1, 2, 3], [2, 3, 4]), METRICS["mae"], speakers=None, seed=1)
    0.25

    Args:
        truth: numbers (N,).
        pair: what the two systems say (N,).
        metric: one of ``METRICS`` for numbers.
        speakers: who speaks (N,), None where nobody knows.
        seed: of the random swaps.
        draws: how many random swaps are tried where there are too many to try all.

    Raises:
        EmonetError: nothing to test, or lists of unequal length.
    """
    units = units_of(len(truth), speakers)
    first, second = (_sums(moments(truth, column), units) for column in pair)
    observed = abs(float(metric.function(first.sum(0)) - metric.function(second.sum(0))))
    # A swap that restores the same difference must count however its sums are rounded.
    least = observed - 1e-9 * max(1.0, observed)
    hits = tried = 0
    for swapped in _swaps(len(first), seed, draws):
        moved = swapped @ (second - first)
        differences = metric.function(first.sum(0) + moved) - metric.function(second.sum(0) - moved)
        hits += int(np.count_nonzero(np.abs(differences) >= least))
        tried += len(swapped)
    return hits / tried if len(first) <= ALL_UP_TO else (hits + 1) / (tried + 1)


def _sums(terms: Floats, units: NDArray[np.int64]) -> Floats:
    sums = np.zeros((int(units.max()) + 1, terms.shape[-1]))
    np.add.at(sums, units, terms)
    return sums


def _swaps(units: int, seed: int, draws: int) -> Iterator[Floats]:
    """Yield blocks (R, U) of 1 where a unit's answers are swapped and 0 where not."""
    if units <= ALL_UP_TO:
        yield ((np.arange(2**units)[:, None] >> np.arange(units)) & 1).astype(np.float64)
        return
    generator = np.random.default_rng(seed)
    for start in range(0, draws, _ROWS_AT_ONCE):
        yield generator.integers(2, size=(min(_ROWS_AT_ONCE, draws - start), units)).astype(np.float64)
