"""Making a pack from a run: one system's weights in one fold, under one seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from importlib.metadata import version
from operator import or_
from pathlib import Path
from typing import Any

import torch

from emonet.audio.statistics import CorpusStatistics
from emonet.errors import Damaged, EmonetError, UnknownName
from emonet.findings import Verdict, about_system
from emonet.learn.batches import Evaluation
from emonet.learn.checkpoint import load_checkpoint, save_checkpoint
from emonet.learn.normalisation import TABLE, load_table
from emonet.model.state import shared_in, task_state_in
from emonet.pack.pack import (
    EXTRACTOR,
    FORMAT,
    MEAN,
    SCALE,
    SHARED,
    Pack,
    fingerprint,
    packed_normalisation,
    read_pack,
    task_file,
)
from emonet.plugin.registry import Registry
from emonet.recipe.provenance import LEARNED, Provenance, stated
from emonet.recipe.recipe import read_recipe
from emonet.report.folder import RunFolder, TrainingId
from emonet.task_id import TaskId

_ROLES = ("frontend", "backbone", EXTRACTOR)


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What of a run is exported; an empty fold, seed or task stands for the first, the first, and all."""

    system: str
    fold: str = ""
    seed: int | None = None
    checkpoint: str = "best"
    task: str = ""


@dataclass(frozen=True)
class _Trained:
    """A task's stage with its weights: those of the shared model, and those of its own."""

    stage: Mapping[str, Any]
    shared: Mapping[str, torch.Tensor]
    own: Mapping[str, torch.Tensor]
    learned: Provenance

    @property
    def components(self) -> dict[str, Any]:
        return {
            role: self.stage["components"][role] for role in (*_ROLES, EXTRACTOR) if role in self.stage["components"]
        }

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.components, self.shared)


def export_pack(run: RunFolder, choice: ExportChoice, out: Path, registry: Registry) -> Pack:
    """Write the pack of a run's system and return it, read back.

    Raises:
        Damaged: a file of the run is not what it wrote.
        EmonetError: the run is not complete; there is no such system, fold, seed, task or checkpoint; its tasks have
            no shared model in common; or ``out`` is a pack already.
    """
    if (out / SHARED).exists():
        raise EmonetError(f"{out}: there is a pack already. Name another folder, or remove this one.")
    report = run.report()
    scores = [score.to_json() for score in report.scores]
    trained = [_trained(run, stage, choice.checkpoint) for stage in _stages(run, choice)]
    made_for = {each.fingerprint for each in trained}
    if len(made_for) > 1:
        tasks = ", ".join(each.stage["tasks"][0] for each in trained)
        message = (
            f"System '{choice.system}': its {len(trained)} tasks have {len(made_for)} different shared models, and a "
            f"pack holds one. Export one task a pack; its tasks: {tasks}."
        )
        raise EmonetError(message)
    evaluation = _evaluation(run, trained[0].stage)
    for each in trained:
        facts = {**_facts(run, each.stage, choice, scores), "fingerprint": each.fingerprint}
        facts[LEARNED] = each.learned.to_json()
        facts |= {"evaluate": evaluation.kind, "window": evaluation.seconds}
        facts["affect"] = cells_in(each.stage, registry, report.corpora)
        facts["audits"] = _audits(each.stage, report.audits)
        save_checkpoint(out / task_file(facts["task"]), each.own, facts)
    first = trained[0]
    facts = {"pack": "shared", "format": FORMAT, "components": first.components, "fingerprint": first.fingerprint}
    facts[LEARNED] = reduce(or_, (each.learned for each in trained)).to_json()
    # Last, so that an export that was cut short is not a pack.
    save_checkpoint(out / SHARED, first.shared, facts)
    return read_pack(out)


def _stages(run: RunFolder, choice: ExportChoice) -> list[Mapping[str, Any]]:
    """Return the scored stages of a choice, one a task."""
    stages = [stage for stage in run.read("plan")["stages"] if stage["scored"]]
    stages = _only("system", choice.system, stages, lambda stage: stage["system"])
    if choice.task:
        stages = _only("task", choice.task, stages, lambda stage: stage["tasks"][0])
    stages = _only("fold", choice.fold or stages[0]["fold"], stages, lambda stage: stage["fold"])
    seed = stages[0]["seed"] if choice.seed is None else choice.seed
    return _only("seed", str(seed), stages, lambda stage: str(stage["seed"]))


def _only(what: str, name: str, stages: Sequence[Mapping[str, Any]], read: Any) -> list[Mapping[str, Any]]:
    found = [stage for stage in stages if read(stage) == name]
    if not found:
        raise UnknownName(f"{what} of the run", name, {read(stage) for stage in stages})
    return found


def _trained(run: RunFolder, stage: Mapping[str, Any], checkpoint: str) -> _Trained:
    (task,) = stage["tasks"]
    files = run.weights(TrainingId(stage["system"], task, stage["fold"], stage["seed"]))
    is_svm = stage["kind"] == "probe"
    # Beside an SVM, refitted on train and dev, lie those of other C's, which say nothing of test.
    checkpoints = {name: path for name, path in files.items() if name == "best" or not (is_svm or path.name == TABLE)}
    if checkpoint not in checkpoints:
        raise UnknownName("checkpoint of the run", checkpoint, checkpoints)
    path = checkpoints[checkpoint]
    tensors, facts = load_checkpoint(path)
    shared, own = ({}, dict(tensors)) if is_svm else (shared_in(tensors), task_state_in(tensors, task))
    return _Trained(stage, shared, own | _scaling(stage, path.parent), stated(facts, path.name))


def _scaling(stage: Mapping[str, Any], folder: Path) -> dict[str, torch.Tensor]:
    """Return mean and scale of a task's features, one pair for all that it learned from.

    Without normalisation there are none, and a speaker's own come from the files that are labelled.
    """
    if not packed_normalisation(stage["normalisation"], stage["tasks"][0]).is_packed:
        return {}
    path = folder / TABLE
    if not path.is_file():
        raise Damaged(path, "it is missing", "Copy the run again from where it came from, or run its recipe again.")
    table = load_table(path)
    if len(table.means) > 1:
        groups = f"{len(table.means)} groups of clips ({stage['normalisation']})"
        message = f"Task '{stage['tasks'][0]}' is normalised in {groups}, and a pack holds mean and scale of one."
        raise EmonetError(f"{message} Train with normalisation: global.")
    ((group, mean),) = table.means.items()
    return {MEAN: torch.from_numpy(mean), SCALE: torch.from_numpy(table.scales[group])}


def _facts(
    run: RunFolder, stage: Mapping[str, Any], choice: ExportChoice, scores: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    (task,), (labels,) = stage["tasks"], stage["classes"]
    ((protocol, digest),) = stage["protocols"].items()
    provenance = {key: stage[key] for key in ("system", "strategy", "fold", "seed")}
    provenance |= {"run": run.path.name, "stage": stage["key"], "checkpoint": choice.checkpoint}
    (dimensions,) = stage.get("dimensions", [[]])
    wanted = {"split": "test", "system": stage["system"], "seed": stage["seed"], "checkpoint": choice.checkpoint}
    own = TaskId.of(task)
    names = [each["name"] for each in dimensions] or [own.target]
    found = {
        name: _score(each, stage["fold"])
        for name in names
        for each in scores
        if {**wanted, "task": own._replace(target=name).text}.items() <= each.items()
    }
    return {
        "pack": "task",
        "format": FORMAT,
        "task": task,
        "labels": labels,
        "dimensions": dimensions,
        "adapter": stage["components"].get("adapter"),
        "normalisation": stage["normalisation"],
        "provenance": {**provenance, "emonet": version("emonet")},
        "protocol": {"id": protocol, "hash": digest},
        # Of a head with several dimensions, no one score says how good it is.
        "score": found.get(names[0]) if len(names) == 1 else None,
        "scores": found,
    }


def _audits(stage: Mapping[str, Any], verdicts: Iterable[Verdict]) -> list[str]:
    """Return what the run's audit said of the partition that a task was scored under, and of what came before."""
    about = [*stage["protocols"].values(), about_system(stage["system"])]
    return [each.line for each in verdicts if (each.hash or each.subject) in about]


def _score(score: Mapping[str, Any], fold: str) -> dict[str, Any]:
    """Return the test score: that of this fold's weights, and that of all folds pooled."""
    metric = score["metric"]
    return {
        "metric": metric,
        "fold": score["per_fold"].get(fold),
        "all_folds": score["metrics"][metric],
        "interval": score["interval"],
        "evaluation": score["evaluation"],
        "folds": len(score["per_fold"]),
    }


def cells_in(
    stage: Mapping[str, Any], registry: Registry, corpora: Iterable[CorpusStatistics]
) -> dict[str, dict[str, str]]:
    """Return the cells of a task's labels: the card's, or those that the run had for a corpus without a card."""
    corpus, target = TaskId.of(stage["tasks"][0])
    (labels,) = stage["classes"]
    card = registry.corpora.get(corpus)
    if card is not None:
        cells = next((each.affect for each in card.targets if each.name == target), {})
        return {label: asdict(cells[label]) for label in labels if label in cells}
    known = next((each.cells.get(target, {}) for each in corpora if each.corpus == corpus), {})
    pairs = ((label, known[label].partition("/")) for label in labels if label in known)
    return {label: {"arousal": arousal, "valence": valence, "reason": ""} for label, (arousal, _, valence) in pairs}


def _evaluation(run: RunFolder, stage: Mapping[str, Any]) -> Evaluation:
    """Return what of a clip was judged: by an SVM all of it, since its features are of the whole."""
    recipe, _ = read_recipe(run.file("recipe"), run.read("changes"))
    training = recipe.systems[stage["system"]].training
    return Evaluation("full" if stage["kind"] == "probe" else training.evaluate, training.crop)
