"""The interval of a difference between two systems on the same utterances."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from emonet.errors import EmonetError
from emonet.evaluate.interval import Interval, difference_interval, score_interval
from emonet.evaluate.metrics import METRICS

UAR = METRICS["uar"]


def case(speakers: int, each: int = 20) -> tuple[list[str], list[str], list[str], list[str]]:
    """Truth, a good system, a worse one that shares its errors, and speakers."""
    generator = np.random.default_rng(3)
    truth = ["ab"[number % 2] for number in range(speakers * each)]
    flip = {"a": "b", "b": "a"}
    good = [flip[label] if generator.random() < 0.3 else label for label in truth]
    worse = [flip[true] if generator.random() < 0.15 else guess for true, guess in zip(truth, good, strict=True)]
    return truth, good, worse, [f"s{number // each}" for number in range(speakers * each)]


def width(interval: Interval) -> float:
    return interval.high - interval.low


@pytest.mark.parametrize(("speakers", "kind", "level"), [(8, "speakers", 0.95), (3, "utterances", None)])
def test_the_interval_is_around_the_difference(speakers: int, kind: str, level: float | None) -> None:
    truth, good, worse, names = case(speakers)
    interval = difference_interval(truth, [(good, worse)], UAR, speakers=names)
    assert (interval.kind, interval.level) == (kind, level)
    assert bool(interval.note) == (kind == "utterances")
    assert (interval.low + interval.high) / 2 == pytest.approx(UAR.of(truth, good) - UAR.of(truth, worse))


def test_it_is_that_of_a_plain_loop_which_leaves_out_each_speaker_of_both() -> None:
    truth, good, worse, names = case(7)
    left = []
    for speaker in sorted(set(names)):
        rows = [index for index, name in enumerate(names) if name != speaker]
        said = [[column[index] for index in rows] for column in (truth, good, worse)]
        left.append(UAR.of(said[0], said[1]) - UAR.of(said[0], said[2]))
    error = np.sqrt(6 / 7 * np.sum((np.asarray(left) - np.mean(left)) ** 2))
    difference = UAR.of(truth, good) - UAR.of(truth, worse)
    interval = difference_interval(truth, [(good, worse)], UAR, speakers=names)
    assert interval.standard_error == pytest.approx(error)
    assert (interval.low, interval.high) == pytest.approx(stats.t.interval(0.95, 6, difference, error))


@pytest.mark.parametrize("speakers", [8, 3])
def test_a_system_against_itself_differs_by_nothing_and_claims_nothing(speakers: int) -> None:
    truth, good, _, names = case(speakers)
    interval = difference_interval(truth, [(good, good)], UAR, speakers=names)
    assert (interval.low, interval.high, interval.level) == (0, 0, None)


@pytest.mark.parametrize("speakers", [8, 3])
def test_against_a_constant_answer_it_is_the_interval_of_the_system_less_chance(speakers: int) -> None:
    truth, good, _, names = case(speakers)
    alone = score_interval(truth, [good], UAR, speakers=names)
    against = difference_interval(truth, [(good, ["a"] * len(truth))], UAR, speakers=names)
    assert (against.low, against.high) == pytest.approx((alone.low - 0.5, alone.high - 0.5))


def test_pairing_makes_it_narrower_than_two_intervals_apart() -> None:
    truth, good, worse, names = case(8)
    paired = difference_interval(truth, [(good, worse)], UAR, speakers=names)
    one, other = (score_interval(truth, [guess], UAR, speakers=names) for guess in (good, worse))
    assert width(paired) < (one.high - other.low) - (one.low - other.high)


def test_seeds_that_disagree_make_it_wide() -> None:
    truth, good, worse, names = case(8)
    opposite = difference_interval(truth, [(good, worse), (worse, good)], UAR, speakers=names)
    assert opposite.low == pytest.approx(-opposite.high)
    assert opposite.degrees is not None
    assert opposite.degrees < 3
    assert width(opposite) > 3 * width(difference_interval(truth, [(good, worse)] * 2, UAR, speakers=names))


def test_a_difference_may_be_below_nothing_but_not_below_minus_one() -> None:
    truth, _, _, names = case(4, 6)
    flip = {"a": "b", "b": "a"}
    wrong = [flip[label] for label in truth]
    half = [guess if name == "s0" else label for label, guess, name in zip(truth, wrong, names, strict=True)]
    interval = difference_interval(truth, [(wrong, half)], UAR, speakers=names)
    assert interval.low == -1
    assert -1 < interval.high < 1


def test_columns_of_another_length_are_refused() -> None:
    with pytest.raises(EmonetError, match="2 true labels but 1 predictions"):
        difference_interval(["a", "b"], [(["a", "b"], ["a"])], UAR, speakers=None)
