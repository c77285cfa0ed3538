"""Fixed features and a linear SVM (paper, 4.1): C chosen on dev, then refit on train and dev."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emonet.corpus.corpus import PARTS
from emonet.evaluate.metrics import METRICS
from emonet.learn.scaling import fit_table, parts_to_fit
from emonet.recipe import SVM
from emonet.task import Task

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ProbeResult:
    """What the SVM says, and how it came about.

    Attributes:
        dev: decision values (N, K) of the SVM fitted on train.
        test: decision values of the SVM refitted on train and dev.
        c: the chosen complexity.
        trials: one entry for each C: its dev score, and whether the solver converged.
        weights: (K, D) coefficients on normalised features, and (K,) intercepts, of the refitted SVM.
    """

    dev: Floats
    test: Floats
    c: float
    trials: list[dict[str, Any]]
    weights: tuple[Floats, Floats]


def normalised(
    features: Mapping[str, Floats], groups: Mapping[str, tuple[str, ...]], normalisation: str
) -> dict[str, Floats]:
    """Return the features (N, D) of every part, z-scored by the table that ``normalisation`` asks for."""
    if normalisation == "none":
        return dict(features)
    fitted = [
        (group, row[None])
        for part in parts_to_fit(normalisation)
        for group, row in zip(groups[part], features[part], strict=True)
    ]
    table = fit_table(fitted)
    result: dict[str, Floats] = {}
    for part, values in features.items():
        means, scales = table.rows(groups[part])
        result[part] = (values - means) / scales
    return result


def fit_probe(task: Task, features: Mapping[str, Floats], settings: SVM, seed: int) -> ProbeResult:
    """Choose C on dev and refit on train and dev; the normalisation stays the one fitted before.

    Of equally good values the smallest C, the simplest model, is taken.
    """
    labels = {part: np.array([item.label for item in task.items[part]]) for part in PARTS}
    metric = METRICS[task.metric]
    trials: list[dict[str, Any]] = []
    best: float | None = None
    chosen, dev = settings.c[0], np.zeros((0, 0))
    for c in sorted(settings.c):
        model, converged = _fit(features["train"], labels["train"], c, settings, seed)
        values = _decisions(model, features["dev"], len(task.classes))
        score = metric.of(labels["dev"].tolist(), values.argmax(axis=1).tolist())
        trials.append({"c": c, f"dev_{task.metric}": score, "converged": converged})
        if task.is_better(score, best):
            best, chosen, dev = score, c, values
    joined = np.concatenate([features["train"], features["dev"]])
    both = np.concatenate([labels["train"], labels["dev"]])
    model, _ = _fit(joined, both, chosen, settings, seed)
    test = _decisions(model, features["test"], len(task.classes))
    return ProbeResult(dev, test, chosen, trials, _weights(model, len(task.classes)))


def _fit(values: Floats, labels: NDArray[np.int64], c: float, settings: SVM, seed: int) -> tuple[Any, bool]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    balance = "balanced" if settings.class_weights else None
    model = LinearSVC(C=c, class_weight=balance, max_iter=settings.iterations, random_state=seed, dual="auto")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(values, labels)
    return model, not any(issubclass(warning.category, ConvergenceWarning) for warning in caught)


def _decisions(model: Any, values: Floats, classes: int) -> Floats:
    """Return decision values (N, K); a class that was not in training gets the lowest of all."""
    known = np.asarray(model.classes_)
    raw = np.asarray(model.decision_function(values), dtype=np.float64)
    found = np.stack([-raw, raw], axis=1) if raw.ndim == 1 else raw
    result = np.full((len(values), classes), found.min(initial=0.0) - 1.0)
    result[:, known] = found
    return result


def _weights(model: Any, classes: int) -> tuple[Floats, Floats]:
    """Return coefficients (K, D) and intercepts (K,), two rows for two classes as well."""
    known = np.asarray(model.classes_)
    rows, shifts = np.asarray(model.coef_), np.asarray(model.intercept_)
    if len(rows) == 1:
        rows, shifts = np.concatenate([-rows, rows]), np.concatenate([-shifts, shifts])
    coefficients, intercepts = np.zeros((classes, rows.shape[1])), np.full(classes, -np.inf)
    coefficients[known], intercepts[known] = rows, shifts
    return coefficients, intercepts
