"""Tests of significance: exact McNemar between two systems, and Holm's correction over several tests."""

from __future__ import annotations

import math
from collections.abc import Sequence

from emonet.errors import EmonetError


def mcnemar(only_first: int, only_second: int, *, mid_p: bool = False) -> float:
    """Return the two-sided p value of McNemar's exact test.

    Of the n utterances that just one of two systems gets right, each is as likely to be the one's as the
    other's if both make errors equally often: k = min(b, c) follows a binomial distribution (n, 1/2), and
    p = min(1, 2 P(X <= k)). The mid-p value 2 P(X <= k) - P(X = k) is less conservative; it is no exact bound.

    >>> mcnemar(1, 5)
    0.21875

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
            raise EmonetError(f"{value} is no p value. Expected numbers from 0 to 1.")
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return tuple(adjusted)
