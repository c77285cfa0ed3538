"""What the choices of a system's stages move: read from what the stages kept, after all is done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from emonet.evaluate.metrics import METRICS
from emonet.evaluate.predictions import Predictions
from emonet.evaluate.selection import Choice, Selection, choice_among, extremes
from emonet.kept import HISTORY, stage_folder
from emonet.stage import Stage

Facts = Mapping[str, Mapping[str, Any]]
"""Fold -> what its stage says of itself."""


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
    said = rows.select(target=target, part="dev", checkpoint="best")
    folds = {stage.fold: _epoch(stage, facts[stage.fold], said.select(fold=stage.fold)) for stage in stages}
    return Selection("epoch", "dev", folds)


def _of_c(stages: Sequence[Stage], facts: Facts, target: str) -> Selection:
    metric = METRICS[stages[0].task.metric]
    folds = {fold: _choice(each["choices"][target]) for fold, each in facts.items()}
    low = high = None
    if "test" in stages[0].parts:
        sums = [_chosen_first(facts[fold]["choices_on_test"][target], choice.value) for fold, choice in folds.items()]
        low, high = extremes(sums, metric)
    return Selection("C", next(iter(facts.values()))["chosen_by"], folds, low, high)


def _choice(data: Mapping[str, Any]) -> Choice:
    return Choice(**{**data, "tied": tuple(data["tied"])})


def _chosen_first(sums: Mapping[str, Any], chosen: float) -> dict[float, Any]:
    found = {float(c): np.asarray(each, dtype=np.float64) for c, each in sums.items()}
    return {chosen: found[chosen], **found}


def _epoch(stage: Stage, facts: Mapping[str, Any], said: Predictions) -> Choice:
    history = json.loads((stage_folder(stage.key) / HISTORY).read_text(encoding="utf-8"))
    name = f"dev_{stage.task.metric}"
    scores = {float(entry["epoch"]): float(entry[name]) for entry in history}
    metric = METRICS[stage.task.metric]
    judged = [said.column(column) for column in ("truth", "predicted")]
    truth, predicted = judged if stage.task.classes else ([float(text) for text in column] for column in judged)
    best, speakers = float(facts["best_epoch"]), said.column("speaker")
    return choice_among(scores, best, (truth, predicted), metric, speakers=speakers)
