"""A report with everything in it, made of generated predictions: what the tests of the formats share."""

from __future__ import annotations

from typing import Any

from emonet.corpus.corpus import Published, PublishedResult
from emonet.evaluate.baseline import compare_with_baseline
from emonet.evaluate.predictions import Checkpoint, Pass, Predictions, ScoredSplit
from emonet.evaluate.score import Setting, score_predictions, seed_means
from emonet.findings import Finding, Verdict
from emonet.report.curves import Curve
from emonet.report.results import Report

CLASSES = ("anger", "fear")
SYSTEMS = {"net": ("scratch", 12), "linear-svm": ("svm", 18), "all_corpora": ("multi-domain", 2)}
PUBLISHED = Published(
    50.0,
    (
        PublishedResult("ResNet", "scratch", 59.2, 68.8),
        PublishedResult("ResNet", "scratch", 61.6, 63.5, "final"),
        PublishedResult("Linear + SVM", "svm", 48.4, 71.9),
        PublishedResult("Other + SVM", "svm", 61.3, 52.5),
        PublishedResult("all", "multi-domain", 72.6, mark="+"),
    ),
)


VERDICT = Verdict(
    subject="foo/by-speaker",
    hash="1a2b3c4d5e6f7081",
    level="warning",
    summary="speaker-independent, text-dependent (2 of 2 test texts also in train)",
    findings=(Finding(level="warning", what="texts", fold="1", seen="2 of 2 test texts also in train", count=2),),
)


def predictions(system: str, wrong: int, *, corpus: str = "foo", seed: int = 1, **how: Any) -> Predictions:
    """40 utterances of eight speakers, the first ``wrong`` of them mistaken."""
    split: ScoredSplit = how.get("split", "test")
    checkpoint: Checkpoint = how.get("checkpoint", "best")
    truth = [CLASSES[number % 2] for number in range(40)]
    guess = [CLASSES[(number + (number < wrong)) % 2] for number in range(40)]
    ids, speakers = [f"u{number}" for number in range(40)], [f"s{number % 8}" for number in range(40)]
    made = Pass(corpus, "emotion", split, "1", seed, system, checkpoint)
    return made.predictions(ids, truth, guess, classes=CLASSES, speakers=speakers)


def setting(system: str, corpus: str = "foo") -> Setting:
    """Return how a system's predictions came about."""
    return Setting(
        strategy=SYSTEMS[system][0],
        protocol_id=f"{corpus}/by-speaker",
        protocol_hash="1a2b3c4d5e6f7081",
        parameters=1000 * len(system),
    )


def tables(seeds: tuple[int, ...] = (1,)) -> list[Predictions]:
    """Return all predictions: three systems, two corpora, dev and test, best and (save for the SVM) final."""
    return [
        predictions(
            system, wrong + (split == "dev") + seed, corpus=corpus, seed=seed, split=split, checkpoint=checkpoint
        )
        for corpus in ("foo", "bar_corpus")
        for system, (strategy, wrong) in SYSTEMS.items()
        for seed in seeds
        for split in ("dev", "test")
        for checkpoint in (("best",) if strategy == "svm" else ("best", "final"))
    ]


def curves() -> tuple[Curve, ...]:
    """Return curves of a network over two folds, of a search over C, and of a shared training."""
    epochs = {"1": (0.5, 0.6, 0.7), "2": (0.4, 0.6)}
    made = [
        Curve("net", "foo/emotion", fold, 1, "epoch", tuple(float(at + 1) for at in range(len(values))),
              {"dev_uar": values, "train_loss": tuple(1 - value for value in values)})
        for fold, values in epochs.items()
    ]  # fmt: skip
    made.append(Curve("linear-svm", "foo/emotion", "1", 1, "c", (1e-9, 1e-4, 1.0), {"dev_uar": (0.5, 0.75, 0.6)}))
    made.append(Curve("all_corpora", "shared-1a2b", "1", 1, "round", (10.0, 20.0), {"foo/emotion": (1.0, 0.5)}))
    return tuple(made)


def whole(seeds: tuple[int, ...] = (1,)) -> Report:
    """Return a report with comparisons, curves and published values."""
    found = tables(seeds)
    scores = tuple(score_predictions(each, setting(each.rows[0].system, each.rows[0].corpus)) for each in found)
    return Report(
        name="whole",
        folder="runs/whole",
        created="2026-01-02T03:04:05+00:00",
        version="0.1.0",
        scores=scores,
        notes=("3 files could not be read.",),
        means=seed_means(scores, found),
        comparisons=compare_with_baseline(found, scores, "net"),
        curves=curves(),
        published={"foo/emotion": PUBLISHED},
        audits=(VERDICT,),
    )
