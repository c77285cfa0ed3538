"""The interval of a difference between two systems on the same utterances."""

from __future__ import annotations

import numpy as np
import pytest

from emonet.errors import EmonetError
from emonet.evaluate.interval import bootstrap, bootstrap_difference
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


@pytest.mark.parametrize(("speakers", "kind"), [(8, "speakers"), (3, "utterances")])
def test_the_interval_holds_the_difference_and_is_reproducible(speakers: int, kind: str) -> None:
    truth, good, worse, names = case(speakers)
    interval = bootstrap_difference(truth, [(good, worse)], UAR, speakers=names, seed=1)
    assert interval == bootstrap_difference(truth, [(good, worse)], UAR, speakers=names, seed=1)
    assert interval.kind == kind
    assert bool(interval.note) == (kind == "utterances")
    assert interval.low < UAR.of(truth, good) - UAR.of(truth, worse) < interval.high


@pytest.mark.parametrize("speakers", [8, 3])
def test_a_system_against_itself_differs_by_nothing(speakers: int) -> None:
    truth, good, _, names = case(speakers)
    interval = bootstrap_difference(truth, [(good, good)], UAR, speakers=names, seed=1)
    assert (interval.low, interval.high) == (0, 0)


@pytest.mark.parametrize("speakers", [8, 3])
def test_against_a_constant_answer_it_is_the_interval_of_the_system_less_chance(speakers: int) -> None:
    # UAR of a constant answer is 1/2 in every draw that has both classes: all that is left is the system's own.
    truth, good, _, names = case(speakers, 200)
    alone = bootstrap(truth, good, UAR, speakers=names, seed=1, draws=4000)
    against = bootstrap_difference(truth, [(good, ["a"] * len(truth))], UAR, speakers=names, seed=1, draws=4000)
    assert against.low == pytest.approx(alone.low - 0.5, abs=0.01)
    assert against.high == pytest.approx(alone.high - 0.5, abs=0.01)


@pytest.mark.parametrize("speakers", [8, 3])
def test_the_draws_are_those_of_a_plain_loop_over_speakers_or_utterances(speakers: int) -> None:
    truth, good, worse, names = (np.asarray(column) for column in case(speakers))
    generator = np.random.default_rng(5)
    units = [np.flatnonzero(names == name) for name in sorted(set(names))] if speakers >= 5 else np.arange(len(truth))
    differences = []
    for _ in range(2000):
        drawn = generator.integers(len(units), size=len(units))
        rows = np.concatenate([np.atleast_1d(units[number]) for number in drawn])
        recalls = [[(guess[rows][truth[rows] == label] == label).mean() for label in "ab"] for guess in (good, worse)]
        differences.append(np.mean(recalls[0]) - np.mean(recalls[1]))
    interval = bootstrap_difference(
        list(truth), [(list(good), list(worse))], UAR, speakers=list(names), seed=1, draws=4000
    )
    assert [interval.low, interval.high] == pytest.approx(np.quantile(differences, [0.025, 0.975]), abs=0.012)


def test_pairing_makes_it_narrower_than_two_intervals_apart() -> None:
    truth, good, worse, names = case(8)
    paired = bootstrap_difference(truth, [(good, worse)], UAR, speakers=names, seed=1)
    one, other = (bootstrap(truth, guess, UAR, speakers=names, seed=1) for guess in (good, worse))
    assert paired.high - paired.low < (one.high - other.low) - (one.low - other.high)


def test_seeds_are_averaged_within_each_draw() -> None:
    truth, good, worse, names = case(8)
    opposite = bootstrap_difference(truth, [(good, worse), (worse, good)], UAR, speakers=names, seed=1)
    assert (opposite.low, opposite.high) == pytest.approx((0, 0), abs=1e-12)


def test_columns_of_another_length_are_refused() -> None:
    with pytest.raises(EmonetError, match="2 true labels but 1 predictions"):
        bootstrap_difference(["a", "b"], [(["a", "b"], ["a"])], UAR, speakers=None, seed=1)
