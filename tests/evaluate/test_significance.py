"""McNemar's exact test and Holm's correction, against SciPy, statsmodels and examples worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, binomtest
from statsmodels.stats.contingency_tables import mcnemar as reference
from statsmodels.stats.multitest import multipletests

from emonet.errors import EmonetError
from emonet.evaluate.significance import holm, mcnemar

COUNTS = [(0, 0), (0, 1), (1, 5), (5, 1), (10, 10), (59, 6), (121, 59), (0, 40), (812, 901)]


@pytest.mark.parametrize(("first", "second"), COUNTS)
def test_the_exact_test_is_the_binomial_test_of_scipy_and_statsmodels(first: int, second: int) -> None:
    p = mcnemar(first, second)
    assert p == pytest.approx(reference([[7, first], [second, 3]], exact=True).pvalue, rel=1e-9)
    if first + second:
        assert p == pytest.approx(binomtest(first, first + second).pvalue, rel=1e-9)


@pytest.mark.parametrize(("first", "second"), COUNTS[1:])
def test_the_mid_p_value_takes_off_the_observed_outcome(first: int, second: int) -> None:
    size, least = first + second, min(first, second)
    expected = min(1.0, 2 * binom.cdf(least, size, 0.5) - binom.pmf(least, size, 0.5))
    assert mcnemar(first, second, mid_p=True) == pytest.approx(expected, rel=1e-9)
    assert mcnemar(first, second, mid_p=True) <= mcnemar(first, second)


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
def test_what_is_no_p_value_is_refused(value: float) -> None:
    with pytest.raises(EmonetError, match=r"is no p value\. Expected numbers from 0 to 1"):
        holm([0.5, value])
