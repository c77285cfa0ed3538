"""How often intervals hold the true value, and how often they call equal systems different, by seeded simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from emonet.evaluate.interval import Interval, difference_interval, score_interval
from emonet.evaluate.metrics import METRICS

UAR = METRICS["uar"]
LOGITS = np.array([1.2, 0.5, -0.2])
DRAWS = 600
"""At a coverage of 95 %, the standard error of so many draws is 0.9 %."""
BAND = (0.93, 0.975)


def true_uar(variance: float) -> float:
    points, weights = np.polynomial.hermite_e.hermegauss(60)
    chances = 1 / (1 + np.exp(-(LOGITS[:, None] + np.sqrt(variance) * points)))
    return float((chances * weights).sum(1).mean() / weights.sum())


def logits(speakers: int, sds: tuple[float, float], generator: np.random.Generator) -> np.ndarray:
    """Logits (S, 3) with effects of speakers, and of speakers on each class."""
    speaker, by_class = sds
    return LOGITS + speaker * generator.normal(size=(speakers, 1)) + by_class * generator.normal(size=(speakers, 3))


def answers(chances: np.ndarray, sizes: np.ndarray, generator: np.random.Generator) -> tuple[list[int], list[int]]:
    """Truth and answers, of ``sizes`` (S, 3) clips; a wrong answer is any other class."""
    who, truth = (np.repeat(each.ravel(), sizes.ravel()) for each in np.indices(sizes.shape))
    wrong = (truth + generator.integers(1, 3, len(truth))) % 3
    right = generator.random(len(truth)) < 1 / (1 + np.exp(-chances[who, truth]))
    return truth.tolist(), np.where(right, truth, wrong).tolist()


def names(sizes: np.ndarray) -> list[str | None]:
    return [f"s{speaker}" for speaker, clips in enumerate(sizes.sum(1)) for _ in range(clips)]


def held(intervals: list[Interval], true: float) -> float:
    assert all(interval.level == 0.95 for interval in intervals)
    return float(np.mean([interval.low <= true <= interval.high for interval in intervals]))


@pytest.mark.slow
@pytest.mark.parametrize("sds", [(0.4, 0.4), (0.2, 0.8)])
@pytest.mark.parametrize("speakers", [4, 5, 10])
def test_the_interval_of_a_score_holds_the_true_value_as_often_as_it_says(
    speakers: int, sds: tuple[float, float]
) -> None:
    generator = np.random.default_rng(speakers)
    sizes = np.full((speakers, 3), 10)
    found = []
    for _ in range(DRAWS):
        truth, said = answers(logits(speakers, sds, generator), sizes, generator)
        found.append(score_interval(truth, [said], UAR, speakers=names(sizes)))
    assert BAND[0] <= held(found, true_uar(sds[0] ** 2 + sds[1] ** 2)) <= BAND[1]


@pytest.mark.slow
@pytest.mark.parametrize(("speakers", "seeds"), [(5, 3), (10, 3), (10, 5)])
def test_the_interval_of_the_mean_over_seeds_holds_what_new_trainings_would_reach(speakers: int, seeds: int) -> None:
    generator = np.random.default_rng(10 * speakers + seeds)
    sizes, training = np.full((speakers, 3), 10), (0.2, 0.3)
    found, alone = [], []
    for _ in range(DRAWS):
        shared = logits(speakers, (0.4, 0.4), generator)
        made: list[Any] = [
            answers(shared + training[0] * generator.normal() + (logits(speakers, (0, 0.3), generator) - LOGITS), sizes,
                    generator)
            for _ in range(seeds)
        ]  # fmt: skip
        found.append(score_interval(made[0][0], [said for _, said in made], UAR, speakers=names(sizes)))
        alone.append(score_interval(made[0][0], [made[0][1]], UAR, speakers=names(sizes)))
    true = true_uar(0.4**2 + 0.4**2 + training[0] ** 2 + training[1] ** 2)
    assert BAND[0] <= held(found, true) <= 0.985
    assert held(alone, true) < held(found, true)


@pytest.mark.slow
@pytest.mark.parametrize(
    "column",
    [[90, *[10] * 9], [*[10] * 3, *[0] * 7], [int(40 * 0.7**speaker) for speaker in range(10)]],
    ids=["one speaker has half", "three have a class", "each has less than the one before"],
)
def test_unequal_speakers_do_not_make_it_claim_too_much(column: list[int]) -> None:
    generator = np.random.default_rng(4)
    sizes = np.full((10, 3), 10) if 0 in column else np.repeat(np.asarray(column)[:, None], 3, axis=1)
    sizes[:, 2] = column
    found = []
    for _ in range(DRAWS):
        truth, said = answers(logits(10, (0.4, 0.4), generator), sizes, generator)
        found.append(score_interval(truth, [said], UAR, speakers=names(sizes)))
    assert held(found, true_uar(0.4**2 + 0.4**2)) >= BAND[0]


@pytest.mark.slow
@pytest.mark.parametrize("speakers", [5, 10])
def test_the_interval_of_ccc_holds_the_true_value(speakers: int) -> None:
    generator = np.random.default_rng(speakers)
    who, found = np.repeat(np.arange(speakers), 30), []
    for _ in range(DRAWS):
        truth, noise = generator.normal(size=len(who)), generator.normal(0, 0.5, len(who))
        said = generator.normal(0.6, 0.15, speakers)[who] * truth + generator.normal(0, 0.3, speakers)[who] + noise
        speech = [str(number) for number in who]
        found.append(score_interval(truth.tolist(), [said.tolist()], METRICS["ccc"], speakers=speech))
    # cov(t, p) = .6, var p = .6^2 + .15^2 + .3^2 + .5^2, and all means are 0.
    assert BAND[0] <= held(found, 1.2 / (1 + 0.36 + 0.0225 + 0.09 + 0.25)) <= BAND[1]


@pytest.mark.slow
@pytest.mark.parametrize("effect", [0.2, 0.4])
@pytest.mark.parametrize("speakers", [5, 10])
def test_two_equally_good_systems_are_seldom_called_different(speakers: int, effect: float) -> None:
    generator = np.random.default_rng(speakers)
    sizes, found = np.full((speakers, 3), 10), []
    for _ in range(DRAWS):
        shared = logits(speakers, (0.4, 0.4), generator)
        own = effect * generator.normal(size=(2, speakers, 1))
        made = [answers(shared + each, sizes, generator) for each in own]
        pair = (made[0][1], made[1][1])
        found.append(difference_interval(made[0][0], [pair], UAR, speakers=names(sizes)))
    assert 1 - held(found, 0.0) <= 0.06
