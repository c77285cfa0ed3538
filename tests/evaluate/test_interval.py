"""Bootstrap intervals: what is drawn, how wide they are, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from emonet.errors import EmonetError
from emonet.evaluate.interval import Interval, bootstrap
from emonet.evaluate.metrics import METRICS

UAR = METRICS["uar"]


def corpus(speakers: int, each: int, *, correlated: bool, seed: int = 0) -> tuple[list[str], list[str], list[str]]:
    """Truth, prediction and speaker; where correlated, some speakers are understood and others not at all."""
    generator = np.random.default_rng(seed)
    truth, guess, names = [], [], []
    for speaker in range(speakers):
        hit = (0.95 if speaker % 2 else 0.35) if correlated else 0.65
        for number in range(each):
            label = "ab"[number % 2]
            right = generator.random() < hit
            truth.append(label)
            guess.append(label if right else "ba"[number % 2])
            names.append(f"s{speaker}")
    return truth, guess, names


def width(interval: Interval) -> float:
    return interval.high - interval.low


def test_the_interval_is_reproducible_and_contains_the_estimate() -> None:
    truth, guess, names = corpus(8, 20, correlated=True)
    first = bootstrap(truth, guess, UAR, speakers=names, seed=1)
    assert first == bootstrap(truth, guess, UAR, speakers=names, seed=1)
    assert first != bootstrap(truth, guess, UAR, speakers=names, seed=2)
    assert first.low < UAR.of(truth, guess) < first.high
    assert (first.kind, first.level, first.draws, first.note) == ("speakers", 0.95, 1000, "")


def test_the_interval_does_not_depend_on_the_order_of_utterances() -> None:
    truth, guess, names = corpus(8, 20, correlated=True)
    backwards = bootstrap(truth[::-1], guess[::-1], UAR, speakers=names[::-1], seed=1)
    assert backwards == bootstrap(truth, guess, UAR, speakers=names, seed=1)


def test_correlated_speakers_make_the_interval_wider_than_utterances_do() -> None:
    truth, guess, names = corpus(10, 40, correlated=True)
    clustered = bootstrap(truth, guess, UAR, speakers=names, seed=1)
    naive = bootstrap(truth, guess, UAR, speakers=None, seed=1)
    assert width(clustered) > 1.5 * width(naive)


def test_drawing_speakers_agrees_with_a_plain_loop() -> None:
    truth, guess, names = corpus(7, 10, correlated=True)
    generator = np.random.default_rng(5)
    known, values = sorted(set(names)), []
    for _ in range(1000):
        drawn = [index for name in generator.choice(known, 7) for index in range(70) if names[index] == name]
        values.append(UAR.of([truth[index] for index in drawn], [guess[index] for index in drawn]))
    interval = bootstrap(truth, guess, UAR, speakers=names, seed=1, draws=4000)
    assert [interval.low, interval.high] == pytest.approx(np.quantile(values, [0.025, 0.975]).tolist(), abs=0.03)


def test_the_interval_over_utterances_covers_the_truth_about_as_often_as_it_says() -> None:
    hits = 0
    for seed in range(100):
        truth, guess, _ = corpus(1, 200, correlated=False, seed=seed)
        interval = bootstrap(truth, guess, UAR, speakers=None, seed=seed, draws=300)
        hits += interval.low <= 0.65 <= interval.high
    assert 88 <= hits <= 100


def test_fewer_than_five_speakers_are_not_resampled_and_the_note_says_so() -> None:
    truth, guess, names = corpus(3, 20, correlated=False)
    interval = bootstrap(truth, guess, UAR, speakers=names, seed=1)
    assert interval.kind == "utterances"
    assert interval.note == "3 speakers only: the interval is over utterances"
    one = bootstrap(truth, guess, UAR, speakers=["s"] * 60, seed=1)
    assert one.note == "1 speaker only: the interval is over utterances"
    nobody = bootstrap(truth, guess, UAR, speakers=None, seed=1)
    assert nobody.note == "no speaker is known: the interval is over utterances"
    assert width(nobody) == width(interval)


def test_five_speakers_are_enough() -> None:
    truth, guess, names = corpus(5, 20, correlated=False)
    assert bootstrap(truth, guess, UAR, speakers=names, seed=1).kind == "speakers"


def test_utterances_of_unknown_speakers_count_as_one_speaker_each() -> None:
    truth, guess, names = corpus(6, 10, correlated=False)
    some = [None if name == "s0" else name for name in names]
    interval = bootstrap(truth, guess, UAR, speakers=some, seed=1)
    assert interval.kind == "speakers"
    assert interval.note == "10 utterances of unknown speakers count as one speaker each"


def test_draws_that_lack_a_class_are_scored_over_the_classes_they_have() -> None:
    # Class c is one speaker's alone, so a third of the draws lack it; all is right, so every draw scores 1.
    truth = ["a", "b"] * 10 + ["c"] * 4
    names = [f"s{index % 5}" for index in range(20)] + ["s5"] * 4
    interval = bootstrap(truth, truth, UAR, speakers=names, seed=1)
    assert (interval.low, interval.high) == (1, 1)


@pytest.mark.parametrize("speakers", [None, [f"s{index % 6}" for index in range(60)]])
def test_dimensional_metrics_have_intervals_too(speakers: list[str] | None) -> None:
    generator = np.random.default_rng(0)
    truth = generator.normal(3, 1, 60)
    guess = truth + generator.normal(0, 0.5, 60)
    ccc = METRICS["ccc"]
    interval = bootstrap(truth.tolist(), guess.tolist(), ccc, speakers=speakers, seed=1)
    assert interval.low < ccc.of(truth.tolist(), guess.tolist()) < interval.high < 1
    assert width(interval) > 0.01


def test_draws_in_blocks_are_all_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emonet.evaluate.interval._CELLS_AT_ONCE", 50)
    truth, guess, names = corpus(6, 10, correlated=False)
    interval = bootstrap(truth, guess, UAR, speakers=names, seed=1, draws=21)
    assert interval.draws == 21


def test_what_cannot_be_resampled_is_refused() -> None:
    with pytest.raises(EmonetError, match="Nothing to score"):
        bootstrap([], [], UAR, speakers=None, seed=1)
    with pytest.raises(EmonetError, match=r"2 utterances but 1 speakers\. Give one, or None, for each"):
        bootstrap(["a", "b"], ["a", "b"], UAR, speakers=["s"], seed=1)
    with pytest.raises(EmonetError, match="2 true labels but 1 predictions"):
        bootstrap(["a", "b"], ["a"], UAR, speakers=None, seed=1)


@pytest.mark.parametrize(("draws", "level"), [(0, 0.95), (10, 0.0), (10, 1.0), (10, 95)])
def test_draws_and_level_must_make_sense(draws: int, level: float) -> None:
    with pytest.raises(EmonetError, match=rf"{draws} draws at level {level}: expected one draw or more"):
        bootstrap(["a"], ["a"], UAR, speakers=None, seed=1, draws=draws, level=level)
