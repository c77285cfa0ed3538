"""Simulations: how often two equally good systems get a mark, and how often a better one does."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from emonet.evaluate.baseline import BaselineComparison, compare_with_baseline
from emonet.evaluate.predictions import Pass, Predictions
from emonet.evaluate.score import Score, Setting, score_predictions

CLASSES = ("a", "b", "c")


def drawn(
    random: np.random.Generator, *, speakers: int, seeds: int, of_speaker: float, of_seed: float, gain: float = 0.0
) -> BaselineComparison:
    """Compare two systems that are right by logistic random effects of system x speaker and of system x seed."""
    clips = 15
    names = [f"s{place // clips}" for place in range(speakers * clips)]
    truth = random.integers(3, size=len(names))
    tables = []
    for system, better in (("old", 0.0), ("new", gain)):
        speaker = np.repeat(random.normal(0, of_speaker, speakers), clips)
        for seed in range(1, seeds + 1):
            logit = 0.4 + better + speaker + random.normal(0, of_seed)
            is_right = random.random(len(names)) < 1 / (1 + np.exp(-logit))
            said = np.where(is_right, truth, (truth + random.integers(1, 3, size=len(names))) % 3)
            tables.append(_table(system, seed, names, truth.tolist(), said.tolist()))
    (found,) = compare_with_baseline(tables, _scores(), "old")
    return found


@cache
def _scores() -> tuple[Score, ...]:
    """Return what says under which protocol the systems were scored, which is the same for all draws."""
    setting = Setting(strategy="scratch", protocol_id="p", protocol_hash="1a", best_epochs={"1": 1})
    return tuple(score_predictions(_table(name, 1, ["s"], [0], [0]), setting) for name in ("old", "new"))


def _table(system: str, seed: int, names: list[str], truth: list[int], said: list[int]) -> Predictions:
    made = Pass("foo", "emotion", "test", "1", seed, system, "best")
    ids = [f"u{number:04}" for number in range(len(names))]
    columns = ([CLASSES[each] for each in column] for column in (truth, said))
    return made.predictions(ids, *columns, classes=CLASSES, speakers=names)


@pytest.mark.slow
@pytest.mark.parametrize(("speakers", "of_speaker", "of_seed"), [(6, 0.4, 0.0), (10, 0.4, 0.0), (10, 0.2, 0.25)])
def test_equally_good_networks_are_rarely_marked(speakers: int, of_speaker: float, of_seed: float) -> None:
    random = np.random.default_rng(11)
    found = [drawn(random, speakers=speakers, seeds=3, of_speaker=of_speaker, of_seed=of_seed) for _ in range(200)]
    # 6 % and two standard errors of 200 draws.
    assert np.mean([each.mark != "" for each in found]) <= 0.093


@pytest.mark.slow
def test_lucky_seeds_make_p_small_and_no_mark() -> None:
    random = np.random.default_rng(12)
    found = [drawn(random, speakers=10, seeds=3, of_speaker=0.1, of_seed=0.3) for _ in range(120)]
    # The test over speakers is right that the trained models differ; the interval knows that others would not.
    assert np.mean([each.p is not None and each.p < 0.05 for each in found]) > 0.2
    assert np.mean([each.mark != "" for each in found]) <= 0.103


@pytest.mark.slow
def test_a_system_that_is_much_better_is_marked() -> None:
    random = np.random.default_rng(13)
    found = [drawn(random, speakers=8, seeds=3, of_speaker=0.2, of_seed=0.1, gain=1.5) for _ in range(40)]
    assert np.mean([each.mark == "+" for each in found]) > 0.9
