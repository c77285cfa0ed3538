"""What cannot be told from the chosen value, and how far the score could have been moved by that."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from emonet.evaluate.interval import score_interval
from emonet.evaluate.metrics import METRICS, confusion, moments
from emonet.evaluate.selection import choice_among, extremes

UAR, MAE = METRICS["uar"], METRICS["mae"]


def judged(n: int = 60) -> tuple[list[str], list[str]]:
    random = np.random.default_rng(7)
    truth = [str(label) for label in random.integers(3, size=n)]
    return truth, [label if random.random() < 0.6 else "0" for label in truth]


@pytest.mark.parametrize("speakers", [[None] * 60, [f"s{number % 6}" for number in range(60)], ["s1"] * 60])
def test_values_within_one_standard_error_of_the_best_are_tied(speakers: list[str | None]) -> None:
    truth, predicted = judged()
    error = score_interval(truth, [predicted], UAR, speakers=speakers).standard_error
    assert 0.02 < error < 0.2
    scores = {1.0: 0.6, 0.1: 0.6 - 0.99 * error, 0.01: 0.6 - 1.01 * error, 0.001: 0.6}
    choice = choice_among(scores, 1.0, (truth, predicted), UAR, speakers=speakers)
    assert choice.tied == (1.0, 0.1, 0.001)
    assert (choice.value, choice.score, choice.tried) == (1.0, 0.6, 4)
    assert choice.standard_error == error
    assert choice.kind == ("speakers" if len(set(speakers)) > 1 else "utterances")


def test_of_errors_the_lowest_is_the_best() -> None:
    random = np.random.default_rng(2)
    truth = random.normal(0, 1, 50).tolist()
    predicted = (np.array(truth) + random.normal(0, 1, 50)).tolist()
    error = score_interval(truth, [predicted], MAE, speakers=[None] * 50).standard_error
    scores = {1.0: 0.8, 0.1: 0.8 + 0.9 * error, 0.01: 0.8 + 1.1 * error}
    assert choice_among(scores, 1.0, (truth, predicted), MAE, speakers=[None] * 50).tied == (1.0, 0.1)


def test_a_perfect_score_is_tied_with_perfect_ones_alone() -> None:
    truth = ["a", "b"] * 5
    choice = choice_among({0.1: 1.0, 1.0: 1.0, 0.01: 0.9}, 0.1, (truth, truth), UAR, speakers=["s"] * 10)
    assert (choice.standard_error, choice.tied) == (0.0, (0.1, 1.0))


@pytest.mark.parametrize("metric", ["uar", "wa"])
def test_the_range_is_over_all_choices_of_one_value_in_each_fold(metric: str) -> None:
    random, found = np.random.default_rng(3), []
    for size in (20, 35, 50):
        truth = random.integers(3, size=size).tolist()
        said = {c: [label if random.random() < 0.5 else int(random.integers(3)) for label in truth] for c in range(4)}
        found.append({c: confusion(truth, each, range(3)).astype(float) for c, each in said.items()})
    every = [float(METRICS[metric].function(sum(each))) for each in product(*(fold.values() for fold in found))]
    assert extremes(found, METRICS[metric]) == (pytest.approx(min(every)), pytest.approx(max(every)))
    assert max(every) - min(every) > 0.1


def test_the_range_of_numbers_is_found_too() -> None:
    random, found = np.random.default_rng(4), []
    for size in (20, 30):
        truth = random.normal(0, 1, size)
        said = {c: truth * (0.3 + 0.2 * c) + random.normal(0, 0.5, size) for c in range(4)}
        found.append({c: moments(truth.tolist(), each.tolist()).sum(0) for c, each in said.items()})
    every = [float(METRICS["ccc"].function(sum(each))) for each in product(*(fold.values() for fold in found))]
    assert extremes(found, METRICS["ccc"]) == (pytest.approx(min(every)), pytest.approx(max(every)))


def test_one_value_has_no_range() -> None:
    counts = confusion([0, 1, 1], [0, 0, 1], range(2)).astype(float)
    assert extremes([{1.0: counts}, {0.1: counts}], UAR) == (0.75, 0.75)
