"""McNemar's test, Holm's correction and Almost Stochastic Order, against references and examples worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, binomtest
from statsmodels.stats.contingency_tables import mcnemar as reference
from statsmodels.stats.multitest import multipletests

from emonet.errors import EmonetError
from emonet.evaluate.significance import almost_stochastic_order, holm, mcnemar

COUNTS = [(0, 0), (0, 1), (1, 5), (5, 1), (10, 10), (59, 6), (121, 59), (0, 40), (812, 901)]


@pytest.mark.parametrize(("first", "second"), COUNTS)
def test_the_exact_test_is_the_binomial_test_of_scipy_and_statsmodels(first: int, second: int) -> None:
    p = mcnemar(first, second)
    assert p == pytest.approx(reference([[7, first], [second, 3]], exact=True).pvalue, rel=1e-9)
    if first + second:
        assert p == pytest.approx(binomtest(first, first + second).pvalue, rel=1e-9)


@pytest.mark.parametrize(("first", "second"), COUNTS[1:])
def test_the_mid_p_value_counts_half_of_what_is_just_as_extreme(first: int, second: int) -> None:
    size = first + second
    outcomes = np.arange(size + 1)
    shares, distances = binom.pmf(outcomes, size, 0.5), np.abs(2 * outcomes - size)
    observed = abs(first - second)
    expected = shares[distances > observed].sum() + shares[distances == observed].sum() / 2
    assert mcnemar(first, second, mid_p=True) == pytest.approx(expected, rel=1e-9)
    assert mcnemar(first, second, mid_p=True) < mcnemar(first, second)


def test_the_mid_p_value_of_a_published_table() -> None:
    # Airway hyper-responsiveness before and after transplantation, 1 and 7 discordant of 21 children: exact p .070,
    # mid-p .039 (Fagerland, Lydersen and Laake 2013, on data of Bentur et al. 2009).
    assert (round(mcnemar(1, 7), 3), round(mcnemar(1, 7, mid_p=True), 3)) == (0.07, 0.039)
    # For b = c it is 1 - P(X = b) / 2: 1 - 252 / 1024 / 2 for 5 and 5.
    assert mcnemar(5, 5, mid_p=True) == 1 - 252 / 2048


def test_a_small_case_worked_by_hand() -> None:
    # 6 discordant pairs, 1 to 5: (1 + 6) of 64 outcomes on either side.
    assert mcnemar(1, 5) == 14 / 64
    assert mcnemar(1, 5, mid_p=True) == 8 / 64


def test_without_a_discordant_pair_nothing_speaks_for_a_difference() -> None:
    assert mcnemar(0, 0) == mcnemar(0, 0, mid_p=True) == 1


def test_large_counts_keep_their_precision() -> None:
    p = mcnemar(9000, 11000)
    assert p == pytest.approx(binomtest(9000, 20000).pvalue, rel=1e-6)
    assert mcnemar(0, 5000) == 0.0


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(EmonetError, match=r"counts utterances, found -1 and 3\. Give counts of 0 or more"):
        mcnemar(-1, 3)


def test_holm_is_that_of_statsmodels() -> None:
    generator = np.random.default_rng(1)
    for size in (1, 2, 5, 26):
        values = generator.random(size) ** 3
        assert holm(values.tolist()) == pytest.approx(multipletests(values, method="holm")[1])


def test_holm_by_hand() -> None:
    # 3 x 0.01; 2 x 0.03; 0.04 would be less than the one before it, and takes its value.
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([0.5, 0.9]) == (1.0, 1.0)
    assert holm([]) == ()


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_what_is_not_a_p_value_is_refused(value: float) -> None:
    with pytest.raises(EmonetError, match=r"is not a p value\. Expected numbers from 0 to 1"):
        holm([0.5, value])


# epsilon_min by deepsig 1.2.8, aso(..., num_bootstrap_iterations=4000, dt=.005, confidence_level=.95).
REFERENCE = [
    ([0.61, 0.62, 0.63], [0.51, 0.52, 0.53], 0.0),
    ([0.589, 0.553, 0.571, 0.520, 0.564], [0.524, 0.541, 0.533, 0.552, 0.518], 0.1711),
    ([0.56, 0.58, 0.52], [0.53, 0.55, 0.54], 0.5722),
    ([0.60, 0.55, 0.58, 0.57], [0.56, 0.54, 0.59], 0.5948),
    ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5], 0.5),
    ([0.55, 0.52, 0.58], [0.524, 0.524, 0.524], 0.3329),
    ([0.40, 0.45, 0.42, 0.43, 0.44], [0.44, 0.46, 0.47, 0.41, 0.48], 1.0),
]


@pytest.mark.parametrize(("first", "second", "expected"), REFERENCE)
def test_almost_stochastic_order_is_that_of_deepsig(first: list[float], second: list[float], expected: float) -> None:
    assert almost_stochastic_order(first, second) == almost_stochastic_order(first, second)
    assert almost_stochastic_order(first, second, draws=20_000) == pytest.approx(expected, abs=0.015)
    # The 1000 draws of the default are within what draws leave open.
    assert almost_stochastic_order(first, second) == pytest.approx(expected, abs=0.04)


def test_the_violation_ratio_is_an_integral_that_can_be_done_by_hand() -> None:
    # Quantiles 1, 5, 6 against 2, 3, 4: violated by 1 in one third; whole 1 + 4 + 4. With alpha 0.5 no sigma is added.
    assert almost_stochastic_order([6, 1, 5], [2, 3, 4], alpha=0.5) == pytest.approx(1 / 9)
    # Of unequal sizes: quantiles change at quarters and thirds.
    points = (np.arange(12_000) + 0.5) / 12_000
    ours = np.array([1.0, 5, 6, 7])[(points * 4).astype(int)]
    theirs = np.array([2.0, 3, 9])[(points * 3).astype(int)]
    expected = (np.maximum(theirs - ours, 0) ** 2).sum() / ((theirs - ours) ** 2).sum()
    assert almost_stochastic_order([7, 1, 5, 6], [2, 9, 3], alpha=0.5) == pytest.approx(expected)


def test_a_smaller_alpha_gives_a_larger_bound() -> None:
    first, second = [0.56, 0.58, 0.55, 0.52], [0.53, 0.55, 0.50, 0.54]
    bounds = [almost_stochastic_order(first, second, alpha=alpha) for alpha in (0.2, 0.05, 0.01)]
    assert bounds == sorted(bounds)
    assert bounds[0] < bounds[2]


def test_scores_that_differ_by_rounding_are_the_same() -> None:
    assert almost_stochastic_order([0.1 + 0.2] * 3, [0.3] * 3) == 0.5


def test_fewer_than_three_scores_are_too_few_for_an_order() -> None:
    with pytest.raises(EmonetError, match=r"needs 3 scores of each system, found 2 and 3 scores"):
        almost_stochastic_order([1, 2], [1, 2, 3])
