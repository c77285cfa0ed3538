"""Scores of a run: what its stages said is brought together, judged, and left in the run's folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import groupby
from typing import Any

import numpy as np

from emonet.engine.kept import HISTORY, PREDICTIONS, stage_facts, stage_folder
from emonet.engine.openings import count_openings, read_ledger, tests_opened
from emonet.engine.runner import CHECKPOINTS
from emonet.evaluate.baseline import BaselineComparison, compare_with_baseline
from emonet.evaluate.metrics import METRICS
from emonet.evaluate.predictions import Predictions, concat, read_parquet
from emonet.evaluate.score import Score, Setting, score_predictions, seed_means
from emonet.evaluate.selection import FoldChoice, Selection, choice_among, extremes
from emonet.recipe.normalisation import NORMALISATIONS
from emonet.recipe.stage import Plan, Stage
from emonet.report.folder import RunFolder, TrainingId
from emonet.report.results import Report

Facts = Mapping[str, Mapping[str, Any]]
"""Fold -> what its stage says of itself."""


def report_of(made: Plan, folder: RunFolder, notes: Iterable[str]) -> Report:
    """Score every system on every task, and leave in the folder what the scores were made from."""
    predictions, scores = [], []
    for stages in _passes(stage for stage in made.stages if stage.scored):
        rows = concat([_named(stage) for stage in stages])
        predictions.append(rows)
        scores += _scores(stages, rows)
    for stage in made.stages:
        _keep(stage, folder)
    folder.write_predictions(predictions)
    return Report(
        name=made.recipe.name,
        folder=str(folder.path),
        created=folder.state()["started"],
        version=version("emonet"),
        scores=tuple(scores),
        notes=tuple(notes),
        means=seed_means(scores, predictions),
        comparisons=_comparisons(made, predictions, scores),
        openings=count_openings(made.stages, read_ledger(), opened_in(made.stages)),
    )


def _comparisons(
    made: Plan, predictions: Sequence[Predictions], scores: Sequence[Score]
) -> tuple[BaselineComparison, ...]:
    recipe = made.recipe
    if recipe.baseline is None or recipe.selects == "dev":
        return ()
    return compare_with_baseline(predictions, scores, recipe.baseline, compare_from=recipe.compare_from)


def _passes(stages: Iterable[Stage]) -> list[list[Stage]]:
    """Group the stages that make one score: all folds of a system, task and seed."""

    def of_one_pass(stage: Stage) -> tuple[str, str, int]:
        return stage.system, stage.task.id, stage.seed

    return [list(group) for _, group in groupby(sorted(stages, key=of_one_pass), key=of_one_pass)]


def _named(stage: Stage) -> Predictions:
    """Return a stage's predictions under this recipe's names; the stage may come from another recipe."""
    table = concat([read_parquet(stage_folder(stage.key) / PREDICTIONS[split]) for split in stage.splits])
    rows = tuple(replace(row, system=stage.system, fold=stage.fold, seed=stage.seed) for row in table.rows)
    return replace(table, rows=rows)


def _scores(stages: Sequence[Stage], rows: Predictions) -> list[Score]:
    found = []
    for target in stages[0].task.targets:
        setting = _setting(stages, target, rows)
        for split in stages[0].splits:
            for checkpoint in CHECKPOINTS:
                selected = rows.select(target=target, split=split, checkpoint=checkpoint)
                if selected.rows:
                    own = replace(setting, selection=setting.selection and setting.selection.on(split))
                    found.append(score_predictions(selected, own))
    return found


def _setting(stages: Sequence[Stage], target: str, rows: Predictions) -> Setting:
    first, facts = stages[0], {stage.fold: stage_facts(stage.key) for stage in stages}
    trained, dimensions = first.kind == "epochs", first.task.dimensions
    dimension = next((each for each in dimensions if each.name == target), None)
    return Setting(
        strategy=first.strategy,
        protocol_id=first.protocol.id,
        protocol_hash=first.protocol.hash,
        protocol_overlap=first.protocol.overlap,
        normalisation=first.normalisation,
        transductive=NORMALISATIONS[first.normalisation].is_transductive,
        metric=first.task.metric,
        best_epochs={fold: each["best_epoch"] for fold, each in facts.items()} if trained else None,
        final_epochs={fold: each["final_epoch"] for fold, each in facts.items()} if trained else None,
        chosen=None if trained else {fold: _complexity(each, target) for fold, each in facts.items()},
        selection=selection_of(stages, facts, target, rows),
        parameters=facts[first.fold]["parameters"],
        evaluation=_evaluation(first),
        head=first.task.id if len(dimensions) > 1 else "",
        range=None if dimension is None else dimension.range,
        unit="" if dimension is None else dimension.unit,
        method=first.method,
    )


def _evaluation(stage: Stage) -> str:
    """Return in words what of a clip a network judges; empty for an SVM, whose features are of whole clips."""
    if stage.kind == "probe":
        return ""
    from emonet.learn.batches import Evaluation

    training = stage.learning.training
    return str(Evaluation(training.evaluate, training.crop))


def _complexity(facts: Mapping[str, Any], target: str) -> float:
    """Return the C that was chosen: the task's, or that of one of its dimensions."""
    chosen = facts["chosen"]["C"]
    return float(chosen[target] if isinstance(chosen, dict) else chosen)


def _keep(stage: Stage, folder: RunFolder) -> None:
    what = stage.task.id if stage.scored else f"shared-{stage.key[:8]}"
    kept = stage_folder(stage.key)
    training = TrainingId(stage.system, what, stage.fold, stage.seed)
    folder.keep(training, sorted(kept.glob("*.safetensors")), kept / HISTORY)


def opened_in(stages: Iterable[Stage]) -> dict[str, int]:
    """Return how often each scored stage has opened test; once at least, where it has predictions of it."""
    found = {}
    for stage in stages:
        if stage.scored:
            has_test = PREDICTIONS["test"] in stage_facts(stage.key)["files"]
            found[stage.key] = max(tests_opened(stage_folder(stage.key)), int(has_test))
    return found


def selection_of(stages: Sequence[Stage], facts: Facts, target: str, rows: Predictions) -> Selection | None:
    """Return how C, or the best epoch, of a system was chosen in each fold, and what else it might have been.

    The epochs of a head with several dimensions are chosen by a mean, whose standard error nobody has: None.

    Args:
        stages: one a fold.
        facts: of the stages.
        target: whose score is meant.
        rows: what the system said.
    """
    if stages[0].kind == "probe":
        return _of_c(stages, facts, target)
    if stages[0].kind != "epochs" or len(stages[0].task.targets) > 1:
        return None
    rows_of_dev = rows.select(target=target, split="dev", checkpoint="best")
    folds = {stage.fold: _epoch(stage, facts[stage.fold], rows_of_dev.select(fold=stage.fold)) for stage in stages}
    return Selection("epoch", "dev", folds)


def _of_c(stages: Sequence[Stage], facts: Facts, target: str) -> Selection:
    metric = METRICS[stages[0].task.metric]
    folds = {fold: _choice(each["choices"][target]) for fold, each in facts.items()}
    low = high = None
    if "test" in stages[0].splits:
        sums = [_chosen_first(facts[fold]["choices_on_test"][target], choice.value) for fold, choice in folds.items()]
        low, high = extremes(sums, metric)
    return Selection("C", next(iter(facts.values()))["chosen_by"], folds, low, high)


def _choice(data: Mapping[str, Any]) -> FoldChoice:
    return FoldChoice(**{**data, "tied": tuple(data["tied"])})


def _chosen_first(sums: Mapping[str, Any], chosen: float) -> dict[float, Any]:
    found = {float(c): np.asarray(each, dtype=np.float64) for c, each in sums.items()}
    return {chosen: found[chosen], **found}


def _epoch(stage: Stage, facts: Mapping[str, Any], rows_of_dev: Predictions) -> FoldChoice:
    history = json.loads((stage_folder(stage.key) / HISTORY).read_text(encoding="utf-8"))
    name = f"dev_{stage.task.metric}"
    scores = {float(entry["epoch"]): float(entry[name]) for entry in history}
    metric = METRICS[stage.task.metric]
    judged = [rows_of_dev.column(column) for column in ("truth", "predicted")]
    truth, predicted = judged if stage.task.classes else ([float(text) for text in column] for column in judged)
    best, speakers = float(facts["best_epoch"]), rows_of_dev.column("speaker")
    return choice_among(scores, best, (truth, predicted), metric, speakers=speakers)
