"""The randomisation test, worked by hand and against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import permutation_test

from emonet.errors import EmonetError
from emonet.evaluate.metrics import METRICS
from emonet.evaluate.randomisation import randomisation

CCC = METRICS["ccc"]


def made(size: int, seed: int) -> tuple[list[float], list[float], list[float]]:
    random = np.random.default_rng(seed)
    truth = random.uniform(1, 5, size)
    good, bad = truth + random.normal(0, 0.3, size), truth + random.normal(0, 1.2, size)
    return truth.tolist(), good.tolist(), bad.tolist()


def test_all_swaps_of_three_utterances_are_counted_by_hand() -> None:
    # MAE 0 against 1: of the 8 swaps only none and all of them keep the difference at 1.
    assert randomisation([1, 2, 3], ([1, 2, 3], [2, 3, 4]), METRICS["mae"], speakers=None, seed=1) == 2 / 8
    # Equal answers can be swapped at will.
    assert randomisation([1, 2, 3], ([2, 3, 1], [2, 3, 1]), CCC, speakers=None, seed=1) == 1.0


def test_p_agrees_with_scipy_where_all_swaps_are_tried() -> None:
    truth, good, bad = made(10, 4)
    swapped = permutation_test(
        (np.array(good), np.array(bad)),
        lambda one, other: CCC.of(truth, one.tolist()) - CCC.of(truth, other.tolist()),
        permutation_type="samples",
        n_resamples=np.inf,
        vectorized=False,
    )
    own = randomisation(truth, (good, bad), CCC, speakers=None, seed=1)
    # SciPy doubles the smaller tail instead of counting both.
    assert swapped.pvalue / 2 <= own <= 2 * swapped.pvalue
    differences = np.abs(swapped.null_distribution)
    assert own == pytest.approx(np.mean(differences >= abs(swapped.statistic) - 1e-9))


def test_whole_speakers_are_swapped_where_there_are_four() -> None:
    truth, good, bad = made(60, 1)
    speakers = [f"s{number % 5}" for number in range(60)]
    assert randomisation(truth, (good, bad), CCC, speakers=speakers, seed=1) == 2 / 2**5
    three = [f"s{number % 3}" for number in range(60)]
    assert randomisation(truth, (good, bad), CCC, speakers=three, seed=1) < 0.01


def test_random_swaps_are_a_function_of_the_seed_and_find_nothing_where_there_is_nothing() -> None:
    truth, _, one = made(80, 2)
    _, _, other = made(80, 2)
    other = [value + (0.01 if number % 2 else -0.01) for number, value in enumerate(other)]
    first, again = (randomisation(truth, (one, other), CCC, speakers=None, seed=3) for _ in range(2))
    assert first == again > 0.05
    truth, good, bad = made(80, 2)
    assert randomisation(truth, (good, bad), CCC, speakers=None, seed=3) == 1 / 10_001


def test_under_the_null_small_p_values_are_rare() -> None:
    random = np.random.default_rng(9)
    values = []
    for _ in range(200):
        truth = random.normal(0, 1, 40)
        pair = [(truth + random.normal(0, 1, 40)).tolist() for _ in range(2)]
        speakers = [f"s{number % 10}" for number in range(40)]
        values.append(randomisation(truth.tolist(), (pair[0], pair[1]), CCC, speakers=speakers, seed=1))
    assert 0.01 < np.mean(np.array(values) < 0.05) < 0.1


def test_nothing_cannot_be_tested() -> None:
    with pytest.raises(EmonetError, match="Nothing to score"):
        randomisation([], ([], []), CCC, speakers=None, seed=1)
