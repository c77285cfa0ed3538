"""Scores: pooling, notes, JSON, seeds."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from emonet.errors import EmonetError, UnknownName
from emonet.evaluate.predictions import Pass, Predictions, concat
from emonet.evaluate.score import Score, Setting, score_predictions, summarise

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
    assert score.metrics.keys() == {"uar", "wa", "macro_f1"}
    assert score.per_fold == {"s0": 1.0, "s1": 0.5}
    assert (score.fold_mean, score.fold_sd) == (0.75, pytest.approx(0.125**0.5))
    assert score.confusion == ((2, 2, 0), (0, 4, 0), (0, 0, 0))
    assert (score.system, score.task, score.part, score.checkpoint, score.seed) == (
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


def test_normalisation_by_speaker_is_called_transductive() -> None:
    assert score_predictions(two_folds(), replace(SETTING, normalisation="speaker")).transductive
    assert not score_predictions(two_folds(), replace(SETTING, normalisation="global")).transductive


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
