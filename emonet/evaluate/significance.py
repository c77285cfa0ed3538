"""Tests of differences: sign flips of speakers and seeds, McNemar's, Holm's correction, stochastic order."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from emonet.errors import EmonetError
from emonet.evaluate.interval import MIN_SPEAKERS, units_of
from emonet.evaluate.metrics import Floats, Metric, check_lengths, moments

ALL_UP_TO = 16
"""With so many speakers at most, all swaps are tried, and p is exact; with more, ``DRAWS`` random ones."""
DRAWS = 10_000
LEAST_SEEDS = 3
"""With fewer scores on either side, order alone says too little: 2 beside 2 equally good ones stand apart in 1 of 6."""

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
    test; Noreen 1989). One speaker's utterances are not independent observations and stay together. All 2^S swaps
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


def mcnemar(only_first: int, only_second: int, *, mid_p: bool = False) -> float:
    """Return the two-sided p value of McNemar's exact test.

    Of the n utterances that just one of two systems gets right, each is as likely to be the one's as the
    other's if both make errors equally often: k = min(b, c) follows a binomial distribution (n, 1/2), and
    p = min(1, 2 P(X <= k)). The mid-p value counts half of what is just as extreme: 2 P(X <= k) - P(X = k), and
    1 - P(X = b) / 2 for b = c (Fagerland, Lydersen and Laake 2013). It is less conservative, and no exact bound.
    Both take utterances for independent, which one speaker's are not.

    >>> mcnemar(1, 5)
    0.21875
    >>> mcnemar(1, 1, mid_p=True)
    0.75

    Args:
        only_first: b, utterances that only the first system gets right.
        only_second: c, utterances that only the second system gets right.
        mid_p: give half the weight to the observed outcome.

    Raises:
        EmonetError: a negative count.
    """
    if min(only_first, only_second) < 0:
        message = f"McNemar's test counts utterances, found {only_first} and {only_second}. Give counts of 0 or more."
        raise EmonetError(message)
    size, least = only_first + only_second, min(only_first, only_second)
    term = tail = 1
    for number in range(least):
        term = term * (size - number) // (number + 1)
        tail += term
    # Integers until the one division, so that the value is exact however many utterances there are.
    if mid_p and only_first == only_second:
        return 1.0 if size == 0 else 1 - term / (1 << size + 1)
    weight = 2 * tail - term if mid_p else 2 * tail
    return min(1.0, weight / (1 << size))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p values adjusted for testing them together, by Holm's step-down procedure.

    Sorted upwards, the i-th of m becomes max over j <= i of (m - j + 1) p_j, at most 1: rejecting those below
    a level keeps the chance of any false rejection below it, whatever the tests have in common.

    >>> holm([0.01, 0.04, 0.03])
    (0.03, 0.06, 0.06)

    Raises:
        EmonetError: a value outside 0 to 1.
    """
    for value in p_values:
        if math.isnan(value) or not 0 <= value <= 1:
            raise EmonetError(f"{value} is not a p value. Expected numbers from 0 to 1.")
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return tuple(adjusted)


def almost_stochastic_order(
    first: Sequence[float], second: Sequence[float], *, alpha: float = 0.05, draws: int = 1000
) -> float:
    """Return epsilon_min: how far, at most, the first system's scores fall short of being better in every quantile.

    With F and G the distributions of the two systems' scores over repeated runs, the violation ratio is
    epsilon = integral of max(0, G^-1(t) - F^-1(t))^2 dt / integral of (G^-1(t) - F^-1(t))^2 dt: 0 where the first
    is better in every quantile, 1 where it is worse in every one. epsilon_min = epsilon + sigma z_(1 - alpha) is an
    upper bound, sigma being the ratio's standard deviation over bootstrapped scores; below 0.5, the first system is
    almost stochastically larger (del Barrio, Cuesta-Albertos and Matran 2018; Dror, Shlomov and Reichart 2019).

    It is about training runs on one test set: it says nothing of other speakers. It is the same at every call.

    >>> almost_stochastic_order([0.61, 0.62, 0.63], [0.51, 0.52, 0.53])
    0.0

    Args:
        first: a score for each run, higher being better.
        second: the other system's; as many or not.
        alpha: one minus the confidence of the bound.
        draws: of the bootstrap.

    Raises:
        EmonetError: fewer than ``LEAST_SEEDS`` scores.
    """
    if min(len(first), len(second)) < LEAST_SEEDS:
        counts = f"{len(first)} and {len(second)} scores"
        raise EmonetError(f"Almost Stochastic Order needs {LEAST_SEEDS} scores of each system, found {counts}.")
    generator = np.random.default_rng(0)
    columns = [np.asarray(scores, dtype=np.float64) for scores in (first, second)]
    drawn = [generator.choice(scores, (draws, len(scores))) for scores in columns]
    ratio = float(_violation(columns[0][None], columns[1][None])[0])
    bound = ratio + float(_violation(drawn[0], drawn[1]).std()) * NormalDist().inv_cdf(1 - alpha)
    return min(1.0, max(0.0, bound))


def _violation(first: Floats, second: Floats) -> Floats:
    """Return the violation ratio of each row: (R, N), (R, M) -> (R,); 0.5 where both are the same."""
    steps = [np.arange(1, scores.shape[1] + 1) / scores.shape[1] for scores in (first, second)]
    ends = np.unique(np.round(np.concatenate(steps), 12))
    widths = np.diff(ends, prepend=0.0)
    middles = ends - widths / 2
    ours, theirs = (
        np.sort(scores, axis=1)[:, np.ceil(middles * scores.shape[1]).astype(int) - 1] for scores in (first, second)
    )
    gaps = theirs - ours
    # What is left of equal scores by rounding is not a difference.
    gaps[np.abs(gaps) < 1e-12] = 0.0
    whole = (gaps**2 * widths).sum(1)
    against = (np.maximum(gaps, 0.0) ** 2 * widths).sum(1)
    ratios: Floats = np.divide(against, whole, out=np.full(len(whole), 0.5), where=whole > 0)
    return ratios
