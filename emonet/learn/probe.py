"""Fixed features and a linear SVM (paper, 4.1), for numbers an SVR: C chosen on dev, then refit on train and dev."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emonet.learn.answers import part_scores
from emonet.learn.regression import fit_numbers, number_weights, say_numbers
from emonet.learn.scaling import ScalingTable, fit_table
from emonet.learn.solver import fitted
from emonet.recipe import SVM
from emonet.task import Task

Floats = NDArray[np.float64]
_LEARNED = ("train", "dev")


@dataclass(frozen=True)
class Vectors:
    """The features (N, D) of a part's clips, and their normalisation groups."""

    values: Floats
    groups: tuple[str, ...]


@dataclass(frozen=True)
class ProbeResult:
    """What the SVM says, and how it came about.

    Attributes:
        dev: decision values (N, K) of the SVM fitted on train, or numbers (N, D) in the corpus' own unit.
        c: the chosen complexity; one for each dimension by name where there are several.
        trials: one entry for each C: its dev score, and whether the solver converged.
        weights: (K, D) coefficients on normalised features, and (K,) intercepts, of the refitted SVM.
    """

    dev: Floats
    c: float | Mapping[str, float]
    trials: list[dict[str, Any]]
    weights: tuple[Floats, Floats]


def vector_table(parts: Iterable[Vectors]) -> ScalingTable:
    """Fit mean and scale of each feature, for each group."""
    return fit_table((group, row[None]) for part in parts for group, row in zip(part.groups, part.values, strict=True))


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
    """Choose C on dev and refit on train and dev; the normalisation stays the one fitted before.

    Task and features have train and dev only. Of equally good values the smallest C, the simplest model, is taken.
    Each dimension has an SVR of its own.
    """
    if len(task.dimensions) > 1:
        return _side_by_side([fit_probe(task.only(name), features, settings, seed) for name in task.targets], task)
    labels = {part: np.array([item.label for item in task.items[part]]) for part in _LEARNED}
    fit, say, weights = (_fit, _decisions, _weights) if task.classes else (fit_numbers, say_numbers, number_weights)
    trials: list[dict[str, Any]] = []
    best: float | None = None
    chosen, dev = settings.c[0], np.zeros((0, 0))
    for c in sorted(settings.c):
        model, converged = fit(task, (features["train"], labels["train"]), c, settings, seed)
        values = say(task, model, features["dev"])
        scores = part_scores(task, "dev", values)
        trials.append({"c": c, **scores, "converged": converged})
        score = scores[f"dev_{task.metric}"]
        if task.is_better(score, best):
            best, chosen, dev = score, c, values
    joined = np.concatenate([features["train"], features["dev"]])
    both = np.concatenate([labels["train"], labels["dev"]])
    model, _ = fit(task, (joined, both), chosen, settings, seed)
    return ProbeResult(dev, chosen, trials, weights(task, model))


def _side_by_side(results: Sequence[ProbeResult], task: Task) -> ProbeResult:
    """Join the results of a task's dimensions; a trial's score is the mean over them."""
    trials = []
    for each in zip(*(result.trials for result in results), strict=True):
        name = f"dev_{task.metric}"
        own = {f"{name}_{target}": trial[name] for target, trial in zip(task.targets, each, strict=True)}
        mean = sum(own.values()) / len(own)
        trials.append({"c": each[0]["c"], name: mean, **own, "converged": all(trial["converged"] for trial in each)})
    coefficients, intercepts = zip(*(result.weights for result in results), strict=True)
    return ProbeResult(
        dev=np.concatenate([result.dev for result in results], axis=1),
        c={target: c for target, result in zip(task.targets, results, strict=True) if isinstance(c := result.c, float)},
        trials=trials,
        weights=(np.concatenate(coefficients), np.concatenate(intercepts)),
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
