"""Scores: pooling, notes, JSON, seeds."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from emonet.errors import EmonetError, UnknownName
from emonet.evaluate.interval import score_interval
from emonet.evaluate.metrics import METRICS
from emonet.evaluate.predictions import Pass, Predictions, concat
from emonet.evaluate.score import Score, Setting, score_predictions, seed_means, summarise

CLASSES = ("anger", "fear", "joy")
SETTING = Setting(
    strategy="scratch",
    protocol_id="foo/leave-one-speaker-out",
    protocol_hash="1a2b3c4d5e6f7081",
    best_epochs={"s0": 3, "s1": 5},
    final_epochs={"s0": 9, "s1": 9},
    parameters=1234,
)


def fold(name: str, truth: str, guess: str, *, seed: int = 1) -> Predictions:
    """One fold of a speaker's; labels by first letters, e.g. "aaf"."""
    by_letter = {label[0]: label for label in CLASSES}
    return Pass("foo", "emotion", "test", name, seed, "net", "best").predictions(
        [f"{name}-{number}" for number in range(len(truth))],
        [by_letter[letter] for letter in truth],
        [by_letter[letter] for letter in guess],
        classes=CLASSES,
        speakers=[name] * len(truth),
    )


def two_folds() -> Predictions:
    return concat([fold("s0", "aaff", "aaff"), fold("s1", "aaff", "ffff")])


def test_a_score_pools_the_folds_and_keeps_each() -> None:
    score = score_predictions(two_folds(), SETTING)
    # Pooled: anger 2 of 4, fear 4 of 4; the first fold is all right, the second half right.
    assert score.value == score.metrics["uar"] == pytest.approx(0.75)
    assert score.metrics.keys() == {"uar", "wa", "macro_f1_truth", "macro_f1_all"}
    assert score.per_fold == {"s0": 1.0, "s1": 0.5}
    assert (score.fold_mean, score.fold_sd) == (0.75, pytest.approx(0.125**0.5))
    assert score.confusion == ((2, 2, 0), (0, 4, 0), (0, 0, 0))
    assert (score.system, score.task, score.split, score.checkpoint, score.seed) == (
        "net",
        "foo/emotion",
        "test",
        "best",
        1,
    )
    assert (score.n, score.speakers, score.parameters) == (8, 2, 1234)
    assert score.interval.note == (
        "2 speakers only: 2 standard errors over clips of the same 2 speakers; it says nothing of new speakers"
    )


def test_a_class_missing_from_test_is_left_out_and_named() -> None:
    score = score_predictions(two_folds(), SETTING)
    assert score.missing_classes == ("joy",)
    assert score.chance == 0.5


def test_a_score_survives_json() -> None:
    for setting in (
        SETTING,
        replace(SETTING, best_epochs=None, final_epochs=None, chosen={"s0": 1e-4}, parameters=None),
    ):
        score = score_predictions(two_folds(), setting)
        assert Score.from_json(json.loads(json.dumps(score.to_json(), allow_nan=False))) == score


def test_json_that_is_no_score_names_the_field() -> None:
    data = score_predictions(two_folds(), SETTING).to_json()
    with pytest.raises(EmonetError, match=r"Not a score: 'n': .*another version of EmoNet"):
        Score.from_json({**data, "n": "many"})
    del data["interval"]
    with pytest.raises(EmonetError, match="Not a score: 'interval'"):
        Score.from_json(data)


def test_a_field_of_a_later_version_is_passed_over() -> None:
    score = score_predictions(two_folds(), SETTING)
    assert Score.from_json({**score.to_json(), "invented_later": 1}) == score


def test_a_dimensional_target_is_scored_by_numbers() -> None:
    rows = Pass("foo", "arousal", "test", "1", 1, "net", "best").predictions(
        ["u1", "u2", "u3"], ["1.0", "2.0", "3.0"], ["2.0", "3.0", "4.0"]
    )
    score = score_predictions(rows, replace(SETTING, metric="ccc"))
    assert score.metrics == pytest.approx({"ccc": 4 / 7, "pearson": 1, "mae": 1, "rmse": 1})
    assert (score.chance, score.confusion, score.classes, score.missing_classes) == (None, (), (), ())
    with pytest.raises(EmonetError, match="The metric 'ccc' needs numbers"):
        score_predictions(two_folds(), replace(SETTING, metric="ccc"))


def test_an_utterance_in_several_folds_counts_for_each_and_is_noted() -> None:
    rows = fold("s0", "af", "af")
    again = Predictions(tuple(replace(row, fold="other") for row in rows.rows), rows.classes)
    score = score_predictions(concat([rows, again]), SETTING)
    assert score.n == 4
    assert score.notes == ("2 utterances are in test of several folds and counted once for each",)


def test_a_pass_joined_twice_is_refused() -> None:
    with pytest.raises(EmonetError, match="Utterance 's0-0' is predicted 2 times in fold 's0'"):
        score_predictions(concat([fold("s0", "af", "af"), fold("s0", "af", "af")]), SETTING)


def test_mixed_predictions_are_refused() -> None:
    with pytest.raises(EmonetError, match=r"must have one seed\. Found: 1, 2\. Select one"):
        score_predictions(concat([fold("s0", "af", "af"), fold("s1", "af", "af", seed=2)]), SETTING)


def test_no_predictions_and_unknown_metrics_are_refused() -> None:
    with pytest.raises(EmonetError, match="Nothing to score"):
        score_predictions(Predictions(()), SETTING)
    with pytest.raises(UnknownName, match=r"Unknown metric 'uarr'\. Did you mean 'uar'\?"):
        score_predictions(two_folds(), replace(SETTING, metric="uarr"))


def test_seeds_are_summarised_by_mean_and_sample_deviation() -> None:
    scores = [
        score_predictions(fold("s0", "aaff", guess, seed=seed), SETTING) for seed, guess in ((1, "aaff"), (2, "ffff"))
    ]
    summary = summarise(scores)
    assert summary.mean == pytest.approx(0.75)
    assert summary.sd == pytest.approx(0.5 / 2**0.5)
    assert summary.seeds == (1, 2)
    assert summarise(scores[:1]).sd is None


def test_what_is_no_set_of_seeds_is_not_summarised() -> None:
    score = score_predictions(two_folds(), SETTING)
    with pytest.raises(EmonetError, match="No scores to summarise"):
        summarise([])
    with pytest.raises(EmonetError, match="Seed 1 is there twice"):
        summarise([score, score])
    with pytest.raises(EmonetError, match=r"Scores over seeds must have one protocol_hash\. Found: "):
        summarise([score, replace(score, seed=2, protocol_hash="ff")])


def test_a_single_fold_has_no_mean_over_folds() -> None:
    score = score_predictions(fold("s0", "aaff", "aaff"), SETTING)
    assert (score.fold_mean, score.fold_sd) == (None, None)


GUESSES = {1: ("aaff", "ffff", "aaff", "afaf", "aaaf"), 2: ("afff", "aaff", "aaff", "ffff", "aaff")}


def of_seed(seed: int, truth: str = "aaff") -> Predictions:
    return concat([fold(f"s{number}", truth, guess, seed=seed) for number, guess in enumerate(GUESSES[seed])])


def test_the_mean_over_seeds_has_an_interval_of_its_own_made_of_all_predictions() -> None:
    tables = [of_seed(1), of_seed(2)]
    scores = [score_predictions(table, SETTING) for table in tables]
    (mean,) = seed_means(scores, [concat(tables)])
    columns = [table.column("predicted") for table in tables]
    wanted = score_interval(tables[0].column("truth"), columns, METRICS["uar"], speakers=tables[0].column("speaker"))
    assert (mean.interval, mean.seeds) == (wanted, (1, 2))
    assert mean.value == pytest.approx((scores[0].value + scores[1].value) / 2)
    assert mean.is_of(scores[::-1])
    assert not mean.is_of(scores[:1])
    assert not mean.is_of([replace(score, system="other") for score in scores])
    assert not mean.is_of([])


def test_numbers_have_means_over_seeds_too() -> None:
    generator = np.random.default_rng(1)
    tables = [
        Pass("foo", "valence", "test", "1", seed, "net", "best").predictions(
            [str(at) for at in range(40)],
            [str(at % 7) for at in range(40)],
            [str(at % 7 + noise) for at, noise in enumerate(generator.normal(0, 1, 40))],
            speakers=[f"s{at % 5}" for at in range(40)],
        )
        for seed in (1, 2, 3)
    ]
    (mean,) = seed_means([score_predictions(table, replace(SETTING, metric="ccc")) for table in tables], tables)
    assert (mean.metric, mean.interval.seeds, mean.interval.kind) == ("ccc", 3, "speakers")
    assert mean.interval.low < mean.value < mean.interval.high


def test_one_seed_other_utterances_and_lost_predictions_have_no_mean_over_seeds() -> None:
    scores = [score_predictions(of_seed(seed), SETTING) for seed in (1, 2)]
    assert seed_means(scores[:1], [of_seed(1)]) == ()
    assert seed_means(scores, [of_seed(1)]) == ()
    assert seed_means(scores, [of_seed(1), of_seed(2, "faff")]) == ()
    fewer = replace(of_seed(2), rows=of_seed(2).rows[1:])
    assert seed_means(scores, [of_seed(1), fewer]) == ()
