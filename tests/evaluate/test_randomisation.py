"""The sign flip test over speakers: against a naive loop over all swaps, SciPy's test, and simulations."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import permutation_test

from emonet.errors import EmonetError
from emonet.evaluate.metrics import METRICS, Metric
from emonet.evaluate.significance import ALL_UP_TO, DRAWS, sign_flip

CCC, UAR = METRICS["ccc"], METRICS["uar"]
Column = list[float] | list[str]


def numbers(size: int, seed: int) -> tuple[list[float], list[float], list[float]]:
    """Return truth, good and bad predictions."""
    random = np.random.default_rng(seed)
    truth = random.uniform(1, 5, size)
    good, bad = truth + random.normal(0, 0.3, size), truth + random.normal(0, 1.2, size)
    return truth.tolist(), good.tolist(), bad.tolist()


def labels(size: int, seed: int, *, right: float = 0.6) -> tuple[list[str], list[str]]:
    """Return truth of three classes, and predictions with so large a share right."""
    random = np.random.default_rng(seed)
    truth = [str(each) for each in random.choice(list("abc"), size)]
    guess = [each if random.random() < right else str(random.choice(list("abc"))) for each in truth]
    return truth, guess


def naive(
    truth: Sequence[str] | Sequence[float], pairs: list[tuple[Column, Column]], metric: Metric, speakers: list[str]
) -> float:
    """Return p by swapping answers one by one for every subset of the speakers."""

    def difference(swapped: set[str]) -> float:
        found = []
        for one, other in pairs:
            sides = [
                [second if name in swapped else first for first, second, name in zip(*columns, speakers, strict=True)]
                for columns in ((one, other), (other, one))
            ]
            found.append(metric.of(truth, sides[0]) - metric.of(truth, sides[1]))
        return abs(float(np.mean(found)))

    names = sorted(set(speakers))
    subsets = [set(each) for size in range(len(names) + 1) for each in itertools.combinations(names, size)]
    observed = difference(set())
    return float(np.mean([difference(subset) >= observed - 1e-9 for subset in subsets]))


def test_the_swaps_of_four_speakers_are_counted_by_hand() -> None:
    # MAE 0 against 1 for each of four speakers: of the 16 swaps only none and all of them keep the difference at 1.
    found = sign_flip([1, 2, 3, 4], [([1, 2, 3, 4], [2, 3, 4, 5])], METRICS["mae"], speakers=list("abcd"))
    assert found is not None
    assert (found.p, found.least, found.speakers) == (2 / 16, 2 / 16, 4)
    # Equal answers can be swapped at will.
    same = sign_flip([1, 2, 3, 4], [([2, 3, 1, 4], [2, 3, 1, 4])], CCC, speakers=list("abcd"))
    assert same is not None
    assert same.p == 1.0


def test_five_speakers_gains_are_counted_by_hand() -> None:
    # Gains of 17, 10, 1, 1 and 0 clips: no swap of a gain keeps 29, but the last speaker may go either way: 4 of 32.
    gains = (17, 10, 1, 1, 0)
    truth = ["a", "b"] * 50
    right = [place % 20 < gains[place // 20] for place in range(100)]
    system = list(truth)
    baseline = [("b" if each == "a" else "a") if is_gain else each for each, is_gain in zip(truth, right, strict=True)]
    found = sign_flip(truth, [(system, baseline)], METRICS["wa"], speakers=[f"s{place // 20}" for place in range(100)])
    assert found is not None
    assert (found.p, found.least) == (4 / 32, 2 / 32)


@pytest.mark.parametrize("metric", ["uar", "wa", "macro_f1_truth", "macro_f1_all"])
@pytest.mark.parametrize("speakers", [4, 5])
def test_classes_over_two_seeds_are_swapped_as_in_a_naive_loop(metric: str, speakers: int) -> None:
    truth, _ = labels(40, 0)
    pairs: list[tuple[Column, Column]] = [(labels(40, 0)[1], labels(40, 7)[1]), (labels(40, 0, right=0.3)[1], truth)]
    names = [f"s{number % speakers}" for number in range(40)]
    found = sign_flip(truth, pairs, METRICS[metric], speakers=names)
    assert found is not None
    assert found.p == naive(truth, pairs, METRICS[metric], names)


@pytest.mark.parametrize("metric", ["ccc", "mae", "rmse"])
def test_numbers_are_swapped_as_in_a_naive_loop(metric: str) -> None:
    truth, good, bad = numbers(30, 5)
    mixed = good[:12] + bad[12:]
    names = [f"s{number // 6}" for number in range(30)]
    found = sign_flip(truth, [(mixed, bad)], METRICS[metric], speakers=names)
    assert found is not None
    assert found.p == naive(truth, [(mixed, bad)], METRICS[metric], names)


def test_p_agrees_with_scipy_where_every_speaker_has_one_utterance() -> None:
    truth, good, bad = numbers(10, 4)
    swapped = permutation_test(
        (np.array(good), np.array(bad)),
        lambda one, other: CCC.of(truth, one.tolist()) - CCC.of(truth, other.tolist()),
        permutation_type="samples",
        n_resamples=np.inf,
        vectorized=False,
    )
    found = sign_flip(truth, [(good, bad)], CCC, speakers=[f"s{number}" for number in range(10)])
    assert found is not None
    # SciPy doubles the smaller tail instead of counting both.
    differences = np.abs(swapped.null_distribution)
    assert found.p == pytest.approx(np.mean(differences >= abs(swapped.statistic) - 1e-9))
    assert swapped.pvalue / 2 <= found.p <= 2 * swapped.pvalue


def test_with_fewer_than_four_known_speakers_there_is_no_test() -> None:
    truth, good, bad = numbers(12, 1)
    assert sign_flip(truth, [(good, bad)], CCC, speakers=["a", "b", "c"] * 4) is None
    assert sign_flip(truth, [(good, bad)], CCC, speakers=["a", "b", "c", None] * 3) is None
    assert sign_flip(truth, [(good, bad)], CCC, speakers=None) is None


def test_utterances_of_unknown_speakers_are_swapped_together() -> None:
    truth, good, bad = numbers(20, 1)
    named = ["a", "b", "c", "d", "e"] * 4
    unknown = [None if name == "e" else name for name in named]
    assert sign_flip(truth, [(good, bad)], CCC, speakers=unknown) == sign_flip(
        truth, [(good, bad)], CCC, speakers=named
    )


def test_many_speakers_are_swapped_at_random_and_always_alike() -> None:
    truth, good, bad = numbers(80, 2)
    names = [f"s{number % (ALL_UP_TO + 4)}" for number in range(80)]
    found = sign_flip(truth, [(good, bad)], CCC, speakers=names)
    assert found is not None
    assert found.p == found.least == 1 / (DRAWS + 1)
    near = [value + (0.01 if number % 2 else -0.01) for number, value in enumerate(bad)]
    first, again = (sign_flip(truth, [(bad, near)], CCC, speakers=names) for _ in range(2))
    assert first is not None
    assert first == again
    assert first.p > 0.05


def test_random_swaps_come_near_to_all_swaps() -> None:
    truth, _, bad = numbers(68, 3)
    mixed = (np.array(truth) + np.random.default_rng(8).normal(0, 0.9, 68)).tolist()
    most = [f"s{number % (ALL_UP_TO + 1)}" for number in range(68)]
    sampled = sign_flip(truth, [(mixed, bad)], METRICS["mae"], speakers=most)
    assert sampled is not None
    absolute = np.abs(np.array([mixed, bad]) - np.array(truth))
    gains = np.array([(absolute[0] - absolute[1])[place :: ALL_UP_TO + 1].sum() for place in range(ALL_UP_TO + 1)])
    signs = 1 - 2 * ((np.arange(2 ** (ALL_UP_TO + 1))[:, None] >> np.arange(ALL_UP_TO + 1)) & 1)
    exact = float(np.mean(np.abs(signs @ gains) >= abs(gains.sum()) - 1e-9))
    assert 0.0005 < exact < 0.5
    assert sampled.p == pytest.approx(exact, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("speakers", [6, 10])
def test_equally_good_systems_are_rarely_found_different_however_much_speakers_differ(speakers: int) -> None:
    random = np.random.default_rng(9)
    names = [f"s{number % speakers}" for number in range(15 * speakers)]
    truth = [str(label) for label in random.choice(list("abc"), len(names))]
    found = []
    for _ in range(1000):
        # Each system has speakers that lie better with it: sd 1 in the logit.
        skills = 1 / (1 + np.exp(-random.normal(0.5, 1.0, (2, speakers))))
        pair = [
            [
                label if random.random() < skills[system, place % speakers] else "abc"[("abc".index(label) + 1) % 3]
                for place, label in enumerate(truth)
            ]
            for system in range(2)
        ]
        made = sign_flip(truth, [(pair[0], pair[1])], UAR, speakers=names)
        assert made is not None
        found.append(made.p)
    # Exchangeable speakers keep the level exactly; 1000 draws of it have a standard error of 0.007.
    assert 0.02 <= np.mean(np.array(found) < 0.05) <= 0.065


def test_nothing_cannot_be_tested() -> None:
    with pytest.raises(EmonetError, match="Nothing to score"):
        sign_flip([], [([], [])], CCC, speakers=None)
    with pytest.raises(EmonetError, match="there are no predictions"):
        sign_flip([1], [], CCC, speakers=["a"])
    with pytest.raises(EmonetError, match="4 true labels but 3 predictions"):
        sign_flip([1, 2, 3, 4], [([1, 2, 3], [1, 2, 3])], CCC, speakers=list("abcd"))
