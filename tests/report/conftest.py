"""Scores and reports made of generated predictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emonet.evaluate.predictions import Pass
from emonet.evaluate.score import Score, Setting, score_predictions
from emonet.report.results import Report

CLASSES = ("anger", "fear")
HASH = "1a2b3c4d5e6f7081"
PROTOCOL = "foo_corpus/leave-one-speaker-out"

MakeScore = Callable[..., Score]
MakeReport = Callable[..., Report]


DEFAULTS: dict[str, Any] = {
    "system": "net",
    "split": "test",
    "checkpoint": "best",
    "seed": 1,
    "truth": "af",
    "speakers": 5,
    "corpus": "foo_corpus",
}


def score(wrong: int = 0, **how: Any) -> Score:
    """Score 40 utterances, the first ``wrong`` of them mistaken; ``how`` holds ``DEFAULTS`` and a setting's fields."""
    case = {**DEFAULTS, **how}
    letters = case.pop("truth")
    speakers = case.pop("speakers")
    labels = [CLASSES["af".index(letters[number % len(letters)])] for number in range(40)]
    guess = [CLASSES[1 - CLASSES.index(label)] if number < wrong else label for number, label in enumerate(labels)]
    origin = {name: case.pop(name) for name in ("corpus", "split", "seed", "system", "checkpoint")}
    predictions = Pass(**origin, target="emotion", fold="1").predictions(
        [f"u{number}" for number in range(40)],
        labels,
        guess,
        classes=CLASSES,
        speakers=[f"s{number % speakers}" for number in range(40)],
    )
    made = {"strategy": "scratch", "protocol_id": PROTOCOL, "protocol_hash": HASH, **case}
    return score_predictions(predictions, Setting(**made))


def report(*scores: Score, name: str = "first", notes: tuple[str, ...] = ()) -> Report:
    """Return a report with fixed texts."""
    content = {score.task.partition("/")[0]: "c0ffee" for score in scores}
    return Report(name, f"runs/{name}", "2026-01-02T03:04:05+00:00", "0.1.0", scores, notes, content=content)


@pytest.fixture
def make_score() -> MakeScore:
    """Return the function that makes scores."""
    return score


@pytest.fixture
def make_report() -> MakeReport:
    """Return the function that makes reports."""
    return report


@pytest.fixture
def usual(make_score: MakeScore) -> Report:
    """Return a report of an SVM with one checkpoint, and of a network with two."""
    network: dict[str, Any] = {"best_epochs": {"1": 8, "2": 31}, "final_epochs": {"1": 60, "2": 60}}
    svm: dict[str, Any] = {"system": "linear-svm", "strategy": "svm", "chosen": {"1": 1e-4, "2": 1e-3}}
    return report(
        make_score(10, split="dev", **svm),
        make_score(12, **svm),
        make_score(4, split="dev", **network),
        make_score(6, split="dev", checkpoint="final", **network),
        make_score(8, **network),
        make_score(9, checkpoint="final", **network),
        name="quickstart",
        notes=("3 files could not be read.",),
    )
