"""Intervals of scores: the jackknife against plain loops, what is claimed when, and what is refused."""

from __future__ import annotations

import math
from dataclasses import astuple

import numpy as np
import pytest
from scipy import stats

from emonet.errors import EmonetError
from emonet.evaluate.interval import JACKKNIFE, SPREAD, effective_degrees, score_interval, units_of
from emonet.evaluate.metrics import METRICS

UAR = METRICS["uar"]
FLIP = {"a": "b", "b": "a"}

Corpus = tuple[list[str], list[str], list[str]]


def corpus(speakers: int, each: int, *, seed: int = 0) -> Corpus:
    """Truth, prediction and speaker; speakers are understood more or less well, and say more or less."""
    generator = np.random.default_rng(seed)
    truth, guess, names = [], [], []
    for speaker in range(speakers):
        hit = 0.4 + 0.5 * generator.random()
        for number in range(each + speaker):
            label = "ab"[number % 2]
            truth.append(label)
            guess.append(label if generator.random() < hit else FLIP[label])
            names.append(f"s{speaker}")
    return truth, guess, names


def numbers(speakers: int, each: int, seed: int = 0) -> tuple[list[float], list[float], list[str]]:
    generator = np.random.default_rng(seed)
    names = [f"s{number % speakers}" for number in range(speakers * each)]
    truth = generator.normal(3, 1, len(names))
    shift = dict(zip(names, generator.normal(0, 0.4, len(names)), strict=True))
    guess = truth + [shift[name] for name in names] + generator.normal(0, 0.5, len(names))
    return truth.tolist(), guess.tolist(), names


def without(speaker: str, column: list[str] | list[float], names: list[str]) -> list[object]:
    return [value for value, name in zip(column, names, strict=True) if name != speaker]


def naive_error(truth: list[object], guess: list[object], names: list[str], metric: str) -> float:
    """The jackknife's standard error, by scoring again and again what is left."""
    known = sorted(set(names))
    values = [METRICS[metric].of(without(speaker, truth, names), without(speaker, guess, names)) for speaker in known]
    share = (len(known) - 1) / len(known)
    return math.sqrt(share * sum((value - np.mean(values)) ** 2 for value in values))


def naive_degrees(truth: list[object], names: list[str], *, by_class: bool) -> float:
    """Degrees of freedom in plain loops, of the speakers' shares of the clips or of those of each class."""
    known, labels = sorted(set(names)), truth if by_class else ["all"] * len(truth)
    shares = {
        label: [
            sum((one, name) == (label, speaker) for one, name in zip(labels, names, strict=True)) / labels.count(label)
            for speaker in known
        ]
        for label in sorted(set(labels), key=str)
    }
    together = 1 / sum(float(np.mean(each)) ** 2 for each in zip(*shares.values(), strict=True)) - 1
    effective = [1 / sum(share**2 for share in each) for each in shares.values()]
    apart = sum(1 / size for size in effective) ** 2 / sum(1 / size**2 / (size - 1) for size in effective)
    return min(together, apart)


@pytest.mark.parametrize("metric", ["uar", "wa", "macro_f1_truth", "macro_f1_all", "ccc", "pearson", "mae", "rmse"])
@pytest.mark.parametrize("level", [0.95, 0.8])
def test_the_interval_is_that_of_a_plain_loop_which_leaves_out_each_speaker(metric: str, level: float) -> None:
    truth, guess, names = corpus(6, 10) if METRICS[metric].kind == "categorical" else numbers(6, 10)
    interval = score_interval(truth, [guess], METRICS[metric], speakers=names, level=level)
    value, error = METRICS[metric].of(truth, guess), naive_error(truth, guess, names, metric)
    assert interval.standard_error == pytest.approx(error, rel=1e-6)
    degrees = naive_degrees(truth, names, by_class=metric in {"uar", "macro_f1_truth", "macro_f1_all"})
    assert (interval.low, interval.high) == pytest.approx(stats.t.interval(level, degrees, value, error), rel=1e-6)
    assert astuple(interval)[2:5] == ("speakers", JACKKNIFE, level)
    assert interval.degrees == pytest.approx(degrees)
    assert (interval.seeds, interval.note) == (1, "")


def test_of_accuracy_with_equally_many_clips_it_is_the_t_interval_of_the_speakers_own_values() -> None:
    own = [0.5, 0.7, 0.6, 0.4, 0.8, 0.5, 0.6]
    guess = ["a" if clip < 10 * share else "b" for share in own for clip in range(10)]
    names = [f"s{speaker}" for speaker in range(7) for _ in range(10)]
    interval = score_interval(["a"] * 70, [guess], METRICS["wa"], speakers=names)
    assert (interval.low, interval.high) == pytest.approx(stats.t.interval(0.95, 6, np.mean(own), stats.sem(own)))


def test_neither_the_order_of_utterances_nor_a_second_call_changes_it() -> None:
    truth, guess, names = corpus(8, 20)
    first = score_interval(truth, [guess], UAR, speakers=names)
    assert first == score_interval(truth, [guess], UAR, speakers=names)
    backwards = score_interval(truth[::-1], [guess[::-1]], UAR, speakers=names[::-1])
    assert astuple(backwards)[:2] == pytest.approx(astuple(first)[:2])


def groups_of(counts: dict[str, list[int]]) -> tuple[list[str], np.ndarray]:
    """Truth and speakers' numbers from how many clips of each class each speaker has."""
    rows = [(label, at) for label, sizes in counts.items() for at, size in enumerate(sizes) for _ in range(size)]
    return [label for label, _ in rows], np.asarray([at for _, at in rows])


@pytest.mark.parametrize(
    ("counts", "degrees", "plain"),
    [
        ({"a": [5] * 10, "b": [2] * 10}, 9, 9),  # equal speakers
        (
            {"a": [36] + [1] * 4, "b": [36] + [1] * 4},
            1 / (0.9**2 + 4 * 0.025**2) - 1,
            0.231,
        ),  # one has nine of ten clips
        ({"a": [5] * 10, "b": [5, 5] + [0] * 8}, 0.36 / (0.01 / 9 + 0.25), 8),  # only two have a class
        ({"a": [5] * 10, "b": [5] + [0] * 9}, 0, 55**2 / 325 - 1),  # only one has
    ],
)
def test_unequal_speakers_leave_fewer_degrees_of_freedom(
    counts: dict[str, list[int]], degrees: float, plain: float
) -> None:
    truth, groups = groups_of(counts)
    assert effective_degrees(truth, UAR, groups) == pytest.approx(degrees, rel=3e-3)
    assert effective_degrees(truth, METRICS["wa"], groups) == pytest.approx(plain, rel=3e-3)


def several(seeds: int, noise: float) -> tuple[list[str], list[list[str]], list[str]]:
    """Predictions of several trainings that answer anew with probability ``noise``, of two that are luckier."""
    truth, guess, names = corpus(6, 20)
    generator = np.random.default_rng(9)
    columns = []
    for seed in range(seeds):
        luck = 0.5 + 0.4 * (seed % 2)
        fresh = [label if generator.random() < luck else FLIP[label] for label in truth]
        columns.append([new if generator.random() < noise else old for old, new in zip(guess, fresh, strict=True)])
    return truth, columns, names


def two_way(truth: list[str], columns: list[list[str]], names: list[str]) -> tuple[float, float]:
    """Standard error and reach by an analysis of variance of pseudo-values, in plain loops."""
    known = sorted(set(names))
    size, seeds = len(known), len(columns)
    pseudo = [
        [
            size * UAR.of(truth, column)
            - (size - 1) * UAR.of(without(name, truth, names), without(name, column, names))
            for name in known
        ]
        for column in columns
    ]
    mean = float(np.mean(pseudo))
    rows = [float(np.mean(row)) for row in pseudo]
    sides = [float(np.mean(side)) for side in zip(*pseudo, strict=True)]
    speakers = seeds * sum((side - mean) ** 2 for side in sides) / (size - 1)
    training = size * sum((row - mean) ** 2 for row in rows) / (seeds - 1)
    both = sum((pseudo[i][j] - rows[i] - sides[j] + mean) ** 2 for i in range(seeds) for j in range(size)) / (
        (size - 1) * (seeds - 1)
    )
    own = naive_degrees(truth, names, by_class=True)
    extra = max(training - both, 0.0)
    reach = stats.t.ppf(0.975, own) ** 2 * speakers + stats.t.ppf(0.975, seeds - 1) ** 2 * extra
    return math.sqrt((speakers + extra) / (size * seeds)), math.sqrt(reach / (size * seeds))


@pytest.mark.parametrize(("seeds", "noise"), [(2, 0.9), (3, 0.9), (5, 0.5), (3, 0.02)])
def test_the_noise_of_seeds_is_added_once_by_an_analysis_of_variance(seeds: int, noise: float) -> None:
    truth, columns, names = several(seeds, noise)
    interval = score_interval(truth, columns, UAR, speakers=names)
    error, reach = two_way(truth, columns, names)
    assert interval.standard_error == pytest.approx(error)
    assert stats.t.ppf(0.975, interval.degrees) * error == pytest.approx(reach)
    value = float(np.mean([UAR.of(truth, column) for column in columns]))
    assert (interval.low, interval.high) == pytest.approx(np.clip((value - reach, value + reach), 0, 1))
    assert interval.seeds == seeds


def test_lucky_and_unlucky_seeds_make_it_wider_than_one_seed_is() -> None:
    truth, columns, names = several(3, 0.9)
    alone = score_interval(truth, [columns[0]], UAR, speakers=names)
    together = score_interval(truth, columns, UAR, speakers=names)
    assert together.standard_error > 1.5 * alone.standard_error


def test_seeds_that_all_say_the_same_change_nothing() -> None:
    truth, guess, names = corpus(6, 10)
    once = score_interval(truth, [guess], UAR, speakers=names)
    thrice = score_interval(truth, [guess] * 3, UAR, speakers=names)
    assert (thrice.low, thrice.high, thrice.degrees) == pytest.approx((once.low, once.high, once.degrees))


@pytest.mark.parametrize("metric", ["uar", "wa", "ccc", "mae"])
def test_no_end_lies_beyond_what_is_possible(metric: str) -> None:
    truth, guess, names = corpus(4, 4) if METRICS[metric].kind == "categorical" else numbers(4, 3)
    if metric == "mae":
        guess = [value + (5 if name == "s0" else 0.01) for value, name in zip(truth, names, strict=True)]
    elif metric == "ccc":
        guess = [-value if name == "s0" else value for value, name in zip(truth, names, strict=True)]
    else:
        guess = [FLIP[value] if name == "s0" else value for value, name in zip(truth, names, strict=True)]
    interval = score_interval(truth, [guess], METRICS[metric], speakers=names, level=0.999)
    low, high = METRICS[metric].bounds
    assert interval.low == low
    assert interval.high == high or metric == "mae"


@pytest.mark.parametrize(
    ("names", "note"),
    [
        (["s1", "s2", "s3"], "3 speakers only: 2 standard errors over clips of the same 3 speakers; "),
        (["s"], "1 speaker only: 2 standard errors over clips of the same 1 speaker; "),
        ([None], "no speaker is known: 2 standard errors over clips of speakers that nobody has named; "),
    ],
)
def test_under_four_speakers_nothing_is_claimed(names: list[str | None], note: str) -> None:
    truth, guess, _ = corpus(1, 60)
    interval = score_interval(truth, [guess], UAR, speakers=[names[at % len(names)] for at in range(60)])
    assert (interval.kind, interval.method, interval.level, interval.degrees) == ("utterances", SPREAD, None, None)
    assert interval.note == note + "it says nothing of new speakers"


def test_four_speakers_are_enough() -> None:
    truth, guess, names = corpus(4, 20)
    interval = score_interval(truth, [guess], UAR, speakers=names)
    assert (interval.kind, interval.level) == ("speakers", 0.95)


@pytest.mark.parametrize("metric", ["uar", "ccc"])
def test_the_spread_over_clips_is_two_standard_errors_by_leaving_out_each(metric: str) -> None:
    truth, guess, _ = corpus(1, 30) if metric == "uar" else numbers(1, 30)
    ids = [str(number) for number in range(30)]
    interval = score_interval(truth, [guess], METRICS[metric], speakers=None)
    value, error = METRICS[metric].of(truth, guess), naive_error(truth, guess, ids, metric)
    assert (interval.low, interval.high) == pytest.approx((value - 2 * error, value + 2 * error))


def test_one_clip_has_no_spread() -> None:
    interval = score_interval(["a"], [["a"]], UAR, speakers=None)
    assert (interval.low, interval.high, interval.level) == (1, 1, None)


def test_a_class_of_one_speaker_alone_leaves_nothing_to_claim() -> None:
    truth, guess, names = corpus(6, 10)
    truth[:3] = guess[:3] = ["c"] * 3
    interval = score_interval(truth, [guess], UAR, speakers=names)
    assert (interval.kind, interval.level) == ("utterances", None)
    assert interval.note == (
        "one speaker has nearly all clips, or all of a class: 2 standard errors over clips; it says nothing of new "
        "speakers"
    )
    assert score_interval(truth, [guess], METRICS["wa"], speakers=names).level == 0.95


def test_where_no_speaker_moves_the_value_no_level_is_claimed() -> None:
    truth, _, names = corpus(6, 10)
    interval = score_interval(truth, [truth], UAR, speakers=names)
    assert (interval.low, interval.high, interval.level) == (1, 1, None)
    assert interval.note == "no speaker moves the value: how far new ones would is unknown"


def test_utterances_of_unknown_speakers_count_together_as_one_speaker() -> None:
    truth, guess, names = corpus(6, 10)
    some = [None if name in {"s0", "s1"} else name for name in names]
    interval = score_interval(truth, [guess], UAR, speakers=some)
    joined = score_interval(truth, [guess], UAR, speakers=["?" if name is None else name for name in some])
    assert (interval.low, interval.high, interval.degrees) == pytest.approx((joined.low, joined.high, joined.degrees))
    assert interval.note == "21 utterances of unknown speakers counted as of one speaker"
    assert units_of(4, ["a", "b", None, None]).tolist() == [0, 1, 2, 3]
    assert units_of(6, ["a", "b", "c", "d", None, None]).tolist() == [0, 1, 2, 3, 4, 4]


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(EmonetError, match="Nothing to score: there is no utterance"):
        score_interval([], [[]], UAR, speakers=None)
    with pytest.raises(EmonetError, match="Nothing to score: there are no predictions"):
        score_interval(["a"], [], UAR, speakers=None)
    with pytest.raises(EmonetError, match=r"2 utterances but 1 speakers\. Give one, or None, for each"):
        score_interval(["a", "b"], [["a", "b"]], UAR, speakers=["s"])
    with pytest.raises(EmonetError, match="2 true labels but 1 predictions"):
        score_interval(["a", "b"], [["a", "b"], ["a"]], UAR, speakers=None)


@pytest.mark.parametrize("level", [0.0, 1.0, 95])
def test_a_level_must_make_sense(level: float) -> None:
    with pytest.raises(EmonetError, match=rf"at level {level}: expected a level between 0 and 1"):
        score_interval(["a"], [["a"]], UAR, speakers=None, level=level)
