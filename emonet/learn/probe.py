"""Fixed features and a linear SVM (paper, 4.1), for numbers an SVR: C chosen, then refit on train and dev."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from emonet.evaluate.metrics import METRICS, Floats, confusion, moments
from emonet.evaluate.selection import FoldChoice, choice_among
from emonet.learn.answers import scores_on
from emonet.learn.checkpoint import load_checkpoint, save_checkpoint
from emonet.learn.normalisation import ScalingTable, fit_table
from emonet.learn.svm import dealt, fit_numbers, fitted, held_out, inner_groups, number_weights, say_numbers
from emonet.recipe.recipe import SVM
from emonet.recipe.task import Task

Weights = tuple[Floats, Floats]
_Data = tuple[Floats, NDArray[Any]]
_LEARNED = ("train", "dev")
_BEST, _TIED = "best.safetensors", "tied.safetensors"
NAMES = ("coefficients", "intercepts")
"""Tensors of an SVM that is kept."""


@dataclass(frozen=True)
class Vectors:
    """The features (N, D) of a split's clips, and their normalisation groups."""

    values: Floats
    groups: tuple[str, ...]


@dataclass(frozen=True)
class ProbeResult:
    """What the SVM says, and how it came about.

    Attributes:
        dev: decision values (N, K) of the SVM fitted on train, or numbers (N, D) in the corpus' own unit.
        choices: target -> the chosen complexity, and what else might have been chosen.
        by: the scores that chose, in words.
        trials: one entry for each C: its scores, and whether the solver converged.
        refits: target -> each tied C -> the SVM refitted on train and dev with it: (K, D) coefficients on normalised
            features, and (K,) intercepts.
    """

    dev: Floats
    choices: Mapping[str, FoldChoice]
    by: str
    trials: list[dict[str, Any]]
    refits: Mapping[str, Mapping[float, Weights]]

    @property
    def c(self) -> float | Mapping[str, float]:
        """The chosen complexity; one for each dimension by name where there are several."""
        values = {target: choice.value for target, choice in self.choices.items()}
        return values if len(values) > 1 else next(iter(values.values()))

    @property
    def weights(self) -> Weights:
        """Coefficients and intercepts of the SVM refitted with the chosen C; of several dimensions, one row each."""
        chosen = [self.refits[target][choice.value] for target, choice in self.choices.items()]
        coefficients, intercepts = zip(*chosen, strict=True)
        return np.concatenate(coefficients), np.concatenate(intercepts)


def vector_table(splits: Iterable[Vectors]) -> ScalingTable:
    """Fit mean and scale of each feature, for each group."""
    return fit_table(
        (group, row[None]) for split in splits for group, row in zip(split.groups, split.values, strict=True)
    )


def normalised(vectors: Vectors, table: ScalingTable | None) -> Floats:
    """Return features (N, D), z-scored by their groups' rows of a table; as they are without one."""
    if table is None:
        return vectors.values
    means, scales = table.rows(vectors.groups)
    result: Floats = (vectors.values - means) / scales
    return result


def decisions(weights: tuple[Floats, Floats], values: Floats) -> Floats:
    """Return what an SVM says of normalised features (N, D), from its kept coefficients and intercepts: (N, K)."""
    coefficients, intercepts = weights
    result: Floats = values @ coefficients.T + intercepts
    return result


def fit_probe(task: Task, features: Mapping[str, Floats], settings: SVM, seed: int) -> ProbeResult:
    """Choose C on dev, or by inner cross-validation on train, and refit on train and dev.

    Task and features have train and dev only; the normalisation stays the one fitted before, within inner folds, too.
    Of equally good values the smallest C, the simplest model, is taken. Each dimension has an SVR of its own. Values
    that the choice cannot tell from the best are refitted like it, to say what the choice moves; they choose nothing.
    """
    if len(task.dimensions) > 1:
        return _side_by_side([fit_probe(task.only(name), features, settings, seed) for name in task.targets], task)
    labels = {split: np.array([item.label for item in task.items[split]]) for split in _LEARNED}
    machines, (folds, by) = _Machines(task, settings, seed), _inner_folds(task, settings)
    trials: list[dict[str, Any]] = []
    outputs: dict[float, Floats] = {}
    judged: dict[float, Floats] = {}
    for c in sorted(settings.c):
        model, converged = machines.fit(c, (features["train"], labels["train"]))
        outputs[c] = judged[c] = machines.say(model, features["dev"])
        trials.append({"c": c, **scores_on(task, "dev", outputs[c]), "converged": converged})
        if folds is not None:
            judged[c] = held_out(partial(machines.learn, c), (features["train"], labels["train"]), folds)
            trials[-1][f"inner_{task.metric}"] = _score(task, "train", judged[c])
    choice = _chosen(task, "dev" if folds is None else "train", judged)
    joined, both = (np.concatenate([found[split] for split in _LEARNED]) for found in (features, labels))
    refits = _refitted(machines, (joined, both), trials, choice.tied)
    own = next(trial for trial in trials if trial["c"] == choice.value)
    choice = replace(choice, converged=bool(own["converged"] and own["refit_converged"]))
    (target,) = task.targets
    return ProbeResult(outputs[choice.value], {target: choice}, by, trials, {target: refits})


def _refitted(
    machines: _Machines, data: _Data, trials: list[dict[str, Any]], tied: Sequence[float]
) -> dict[float, Weights]:
    """Refit with each tied C, and note in its trial whether the solver converged."""
    refits = {}
    for trial in trials:
        if trial["c"] in tied:
            model, trial["refit_converged"] = machines.fit(trial["c"], data)
            refits[trial["c"]] = machines.weights(model)
    return refits


def save_probe(folder: Path, result: ProbeResult, facts: Mapping[str, Any]) -> None:
    """Write the SVM refitted with the chosen C, and beside it those of every C that is tied with it."""
    every = {**facts, "c": result.c, "tied": {target: list(refits) for target, refits in result.refits.items()}}
    save_checkpoint(folder / _BEST, _tensors(result.weights), every)
    tied: dict[str, torch.Tensor] = {}
    for target, refits in result.refits.items():
        for c, weights in refits.items():
            tied |= _tensors(weights, f"{target} {c!r} ")
    save_checkpoint(folder / _TIED, tied, every)


def read_probe(folder: Path) -> tuple[Weights, dict[str, dict[float, Weights]]]:
    """Return what ``save_probe`` wrote: the chosen SVM, and target -> C -> SVM.

    Raises:
        EmonetError: a file is damaged.
    """
    (chosen, facts), (tied, _) = load_checkpoint(folder / _BEST), load_checkpoint(folder / _TIED)
    found = {
        target: {c: _from_tensors(tied, f"{target} {c!r} ") for c in values} for target, values in facts["tied"].items()
    }
    return _from_tensors(chosen), found


def _tensors(weights: Weights, prefix: str = "") -> dict[str, torch.Tensor]:
    return {f"{prefix}{name}": torch.from_numpy(array) for name, array in zip(NAMES, weights, strict=True)}


def _from_tensors(tensors: Mapping[str, torch.Tensor], prefix: str = "") -> Weights:
    coefficients, intercepts = (tensors[f"{prefix}{name}"].numpy() for name in NAMES)
    return coefficients, intercepts


def tied_sums(task: Task, target: str, refits: Mapping[float, Weights], values: Floats) -> dict[str, list[Any]]:
    """Return what the metric on test is summed from, for every refitted SVM of a target: C -> (K, K) or (7,)."""
    own = task if task.classes else task.only(target)
    labels = [item.label for item in own.items["test"]]
    found: dict[str, list[Any]] = {}
    for c, weights in refits.items():
        outputs = decisions(weights, values)
        if own.classes:
            counts = confusion(labels, outputs.argmax(axis=1).tolist(), range(own.width))
            found[repr(c)] = counts.tolist()
        else:
            truth = [label[0] for label in labels if isinstance(label, tuple)]
            found[repr(c)] = moments(truth, outputs[:, 0].tolist()).sum(0).tolist()
    return found


@dataclass(frozen=True)
class _Machines:
    """SVMs for classes, or SVRs for one dimension, that differ in C alone."""

    task: Task
    settings: SVM
    seed: int

    def fit(self, c: float, data: _Data) -> tuple[Any, bool]:
        """Fit one on values (N, F) and labels; return it, and whether its solver converged."""
        fit = _fit if self.task.classes else fit_numbers
        return fit(self.task, data, c, self.settings, self.seed)

    def say(self, model: Any, values: Floats) -> Floats:
        """Return decision values (N, K), or numbers (N, 1) in the corpus' own unit."""
        return (_decisions if self.task.classes else say_numbers)(self.task, model, values)

    def weights(self, model: Any) -> Weights:
        """Return coefficients (K, F) and intercepts (K,)."""
        return (_weights if self.task.classes else number_weights)(self.task, model)

    def learn(self, c: float, data: _Data, values: Floats) -> Floats:
        """Fit one and return what it says of other values; where it has one class to learn, that class."""
        kinds = np.unique(data[1])
        if self.task.classes and len(kinds) == 1:
            return np.tile(np.arange(self.task.width) == kinds[0], (len(values), 1)).astype(np.float64)
        return self.say(self.fit(c, data)[0], values)


def _inner_folds(task: Task, settings: SVM) -> tuple[NDArray[np.int64] | None, str]:
    """Return the inner fold of each clip of train, None where dev chooses; and what chooses, in words."""
    inner = settings.select.inner
    if inner is None:
        return None, "dev"
    items = task.items["train"]
    groups, kind = inner_groups(items)
    classes = [item.label if isinstance(item.label, int) else 0 for item in items]
    folds = dealt(groups, classes, inner.folds)
    return folds, f"inner cross-validation over {kind}, {int(folds.max()) + 1} folds"


def _score(task: Task, split: str, outputs: Floats) -> float:
    return scores_on(task, split, outputs)[f"{split}_{task.metric}"]


def _chosen(task: Task, split: str, outputs: Mapping[float, Floats]) -> FoldChoice:
    """Choose among values of C, in their order, by what their SVMs say of a split."""
    scores = {c: _score(task, split, values) for c, values in outputs.items()}
    best = next(iter(scores))
    for c, score in scores.items():
        if task.is_better(score, scores[best]):
            best = c
    items = task.items[split]
    truth = [item.label if isinstance(item.label, int) else item.label[0] for item in items]
    predicted = outputs[best].argmax(axis=1).tolist() if task.classes else outputs[best][:, 0].tolist()
    speakers = [item.speaker for item in items]
    return choice_among(scores, best, (truth, predicted), METRICS[task.metric], speakers=speakers)


def _side_by_side(results: Sequence[ProbeResult], task: Task) -> ProbeResult:
    """Join the results of a task's dimensions; a trial's scores are the means over them."""
    trials = []
    for each in zip(*(result.trials for result in results), strict=True):
        joined: dict[str, Any] = {"c": each[0]["c"]}
        for name in (name for name in each[0] if name.endswith(f"_{task.metric}")):
            own = {f"{name}_{target}": trial[name] for target, trial in zip(task.targets, each, strict=True)}
            joined |= {name: sum(own.values()) / len(own), **own}
        for name in ("converged", "refit_converged"):
            known = [trial[name] for trial in each if name in trial]
            joined |= {name: all(known)} if known else {}
        trials.append(joined)
    return ProbeResult(
        dev=np.concatenate([result.dev for result in results], axis=1),
        choices={target: choice for result in results for target, choice in result.choices.items()},
        by=results[0].by,
        trials=trials,
        refits={target: refits for result in results for target, refits in result.refits.items()},
    )


def _fit(task: Task, data: tuple[Floats, NDArray[Any]], c: float, settings: SVM, seed: int) -> tuple[Any, bool]:
    from sklearn.svm import LinearSVC

    balance = "balanced" if settings.class_weights else None
    model = LinearSVC(C=c, class_weight=balance, max_iter=settings.iterations, random_state=seed, dual="auto")
    return model, fitted(model, *data)


def _decisions(task: Task, model: Any, values: Floats) -> Floats:
    """Return decision values (N, K); a class that was not in training gets the lowest of all."""
    known = np.asarray(model.classes_)
    raw = np.asarray(model.decision_function(values), dtype=np.float64)
    found = np.stack([-raw, raw], axis=1) if raw.ndim == 1 else raw
    result = np.full((len(values), task.width), found.min(initial=0.0) - 1.0)
    result[:, known] = found
    return result


def _weights(task: Task, model: Any) -> tuple[Floats, Floats]:
    """Return coefficients (K, D) and intercepts (K,), two rows for two classes as well."""
    known = np.asarray(model.classes_)
    rows, shifts = np.asarray(model.coef_), np.asarray(model.intercept_)
    if len(rows) == 1:
        rows, shifts = np.concatenate([-rows, rows]), np.concatenate([-shifts, shifts])
    coefficients, intercepts = np.zeros((task.width, rows.shape[1])), np.full(task.width, -np.inf)
    coefficients[known], intercepts[known] = rows, shifts
    return coefficients, intercepts
