"""The test of two systems over speakers: whole speakers' answers are swapped between them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emonet.errors import EmonetError
from emonet.evaluate.interval import MIN_SPEAKERS, units_of
from emonet.evaluate.metrics import Floats, Metric, check_lengths, moments

ALL_UP_TO = 16
"""With so many speakers at most, all swaps are tried, and p is exact; with more, ``DRAWS`` random ones."""
DRAWS = 10_000

_ROWS_AT_ONCE = 1000

Pairs = Sequence[tuple[Sequence[Hashable], Sequence[Hashable]]]
"""What two systems say (N,), one pair for each training seed."""


@dataclass(frozen=True, slots=True)
class SignFlip:
    """The outcome of ``sign_flip``.

    Attributes:
        p: two-sided p value.
        least: the smallest p that so many speakers allow: 2 / 2^S, or 1 / (draws + 1) of random swaps.
        speakers: S, how many speakers were swapped; those whom nobody knows count as one together.
    """

    p: float
    least: float
    speakers: int


def sign_flip(
    truth: Sequence[Hashable], pairs: Pairs, metric: Metric, *, speakers: Sequence[str | None] | None
) -> SignFlip | None:
    """Test whether two systems differ in a metric, over speakers and over all seeds together.

    If both systems were equally good, it would not matter which of them a speaker's answers came from: p is the
    share of the swaps of whole speakers' answers, those of all seeds at once, after which |mean over seeds of
    metric(first) - metric(second)| is as large as it is, or larger (Fisher's sign flip, or paired randomisation
    test; Noreen 1989). One speaker's utterances are no independent observations and stay together. All 2^S swaps
    are tried for up to ``ALL_UP_TO`` speakers; else ``DRAWS`` random ones from a fixed seed, and
    p = (hits + 1) / (draws + 1). Utterances of unknown speakers are swapped together, whoever speaks them.

    >>> from emonet.evaluate.metrics import METRICS
    >>> sign_flip([1, 2, 3, 4], [([1, 2, 3, 4], [2, 3, 4, 5])], METRICS["mae"], speakers=["a", "b", "c", "d"]).p
    0.125

    Args:
        truth: labels, or numbers for a metric of numbers (N,).
        pairs: what the two systems say, for each seed.
        metric: one of ``METRICS``.
        speakers: who speaks (N,), None where nobody knows.

    Returns:
        None where fewer than ``MIN_SPEAKERS`` speakers are known.

    Raises:
        EmonetError: nothing to test, or lists of unequal length.
    """
    if not pairs:
        raise EmonetError("Nothing to test: there are no predictions. Give those of one seed at least.")
    units = units_of(len(truth), speakers)
    if speakers is None or len({*speakers} - {None}) < MIN_SPEAKERS:
        return None
    first, second = _sums(truth, pairs, metric, units)
    number = len(first)
    observed = abs(float(_difference(first.sum(0), second.sum(0), metric)))
    # A swap that restores the same difference must count however its sums are rounded.
    enough = observed - 1e-9 * max(1.0, observed)
    hits = tried = 0
    for swapped in _swaps(number):
        moved = np.tensordot(swapped, second - first, axes=1)
        found = np.abs(_difference(first.sum(0) + moved, second.sum(0) - moved, metric))
        hits += int(np.count_nonzero(found >= enough))
        tried += len(swapped)
    if number <= ALL_UP_TO:
        return SignFlip(hits / tried, 1 / tried, number)
    return SignFlip((hits + 1) / (tried + 1), 1 / (tried + 1), number)


def _sums(truth: Sequence[Hashable], pairs: Pairs, metric: Metric, units: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return each speaker's counts (U, seeds, ...) under the first and under the second systems."""
    known = sorted({*truth, *(label for pair in pairs for column in pair for label in column)}, key=str)
    index = {label: number for number, label in enumerate(known)}

    def summed(column: Sequence[Hashable]) -> Floats:
        check_lengths(len(truth), len(column))
        number = int(units.max()) + 1
        if metric.kind == "dimensional":
            sums = np.zeros((number, 7))
            np.add.at(sums, units, moments(truth, column))
            return sums
        counts = np.zeros((number, len(index), len(index)))
        rows, columns = (np.asarray([index[label] for label in labels]) for labels in (truth, column))
        np.add.at(counts, (units, rows, columns), 1.0)
        return counts

    first, second = (np.stack([summed(pair[place]) for pair in pairs], axis=1) for place in (0, 1))
    return first, second


def _difference(first: Floats, second: Floats, metric: Metric) -> Floats:
    """Return the mean over seeds of the difference of metrics: (..., seeds, counts) -> (...)."""
    return np.asarray((metric.function(first) - metric.function(second)).mean(-1))


def _swaps(units: int) -> Iterator[Floats]:
    """Yield blocks (R, U) of 1 where a speaker's answers are swapped and 0 where not."""
    if units > ALL_UP_TO:
        generator = np.random.default_rng(0)
        for start in range(0, DRAWS, _ROWS_AT_ONCE):
            yield generator.integers(2, size=(min(_ROWS_AT_ONCE, DRAWS - start), units)).astype(np.float64)
        return
    # The last speaker stays: swapping all the others instead only turns the sign of the difference.
    for start in range(0, 2 ** (units - 1), _ROWS_AT_ONCE):
        rows = np.arange(start, min(start + _ROWS_AT_ONCE, 2 ** (units - 1)))
        yield ((rows[:, None] >> np.arange(units)) & 1).astype(np.float64)
