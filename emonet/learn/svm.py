"""What an SVM is fitted by: its solver, regression on numbers, and folds inside train to choose C by."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emonet.evaluate.metrics import Floats
from emonet.learn.clips import from_unit, to_unit
from emonet.recipe.recipe import SVM
from emonet.recipe.task import Item, Task


def fitted(model: Any, values: Any, labels: Any) -> bool:
    """Fit a model on values (N, F) and labels (N,); return whether its solver converged."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(values, labels)
    return not any(issubclass(warning.category, ConvergenceWarning) for warning in caught)


@dataclass(frozen=True)
class Regressor:
    """An SVR and the mean of the labels that it was fitted on, which its own intercept is counted from."""

    machine: Any
    mean: float


def fit_numbers(
    task: Task, data: tuple[Floats, NDArray[Any]], c: float, settings: SVM, seed: int
) -> tuple[Regressor, bool]:
    """Fit an SVR on values (N, F) and labels (N, 1); return it, and whether its solver converged.

    The squared loss without a tube is the counterpart of the SVM's squared hinge. The solver shrinks the intercept
    along with the coefficients, so the labels' mean is taken off first: a small C then says the mean, not 0.
    """
    from sklearn.svm import LinearSVR

    values, labels = data
    wanted = to_unit(task, labels)[:, 0]
    machine = LinearSVR(
        C=c, loss="squared_epsilon_insensitive", max_iter=settings.iterations, random_state=seed, dual="auto"
    )
    mean = float(wanted.mean())
    return Regressor(machine, mean), fitted(machine, values, wanted - mean)


def say_numbers(task: Task, regressor: Regressor, values: Floats) -> Floats:
    """Return what an SVR says of values (N, F), in the corpus' own unit: (N, 1)."""
    outputs = np.asarray(regressor.machine.predict(values), dtype=np.float64) + regressor.mean
    return from_unit(task, outputs[:, None])


def number_weights(task: Task, regressor: Regressor) -> tuple[Floats, Floats]:
    """Return coefficients (1, F) and intercept (1,) that give numbers in the corpus' own unit."""
    span = task.dimensions[0].span
    coefficients = np.asarray(regressor.machine.coef_, dtype=np.float64).reshape(1, -1) * span
    intercept = np.asarray(regressor.machine.intercept_, dtype=np.float64).reshape(1) + regressor.mean
    return coefficients, from_unit(task, intercept[:, None])[:, 0]


Learn = Callable[[tuple[Floats, NDArray[Any]], Floats], Floats]
"""From values (N, F) and labels (N,) to learn from, and values (M, F) to judge, to what is said of these (M, K)."""


def inner_groups(items: Sequence[Item]) -> tuple[list[str], str]:
    """Return what stays together (N,), and its name: speakers, or utterances where fewer than two are known.

    An utterance of an unknown speaker stays by itself.
    """
    known = {(item.corpus, item.speaker) for item in items if item.speaker is not None}
    if len(known) < 2:
        return [f"{item.corpus}/{item.id}" for item in items], "utterances"
    names = [f"{item.corpus}/{item.id}" if item.speaker is None else f"{item.corpus}: {item.speaker}" for item in items]
    return names, "speakers"


def dealt(groups: Sequence[str], classes: Sequence[int], folds: int) -> NDArray[np.int64]:
    """Deal whole groups out to folds (N,) so that every fold has its share of every class, as far as that goes.

    The largest group goes first, each into the fold where the classes are then shared out most evenly: where the sum
    over classes of the folds' squared shares grows least; of equal ones, into the smallest. There are as many folds as
    groups at most.

    >>> dealt(["a", "a", "b", "b", "c", "c"], [0, 1, 0, 1, 0, 1], 3).tolist()
    [0, 0, 1, 1, 2, 2]
    """
    names, places = np.unique(np.asarray(groups), return_inverse=True)
    kinds = np.unique(np.asarray(classes), return_inverse=True)[1]
    counts = np.zeros((len(names), int(kinds.max()) + 1))
    np.add.at(counts, (places, kinds), 1.0)
    shares = counts / counts.sum(0)
    held = np.zeros((min(folds, len(names)), counts.shape[1]))
    sizes, fold_of = np.zeros(len(held)), np.zeros(len(names), dtype=np.int64)
    for group in np.argsort(-counts.sum(1), kind="stable"):
        # (share + new)^2 - share^2 = new (2 share + new), and new is the same for every fold.
        growth = held @ shares[group]
        even = np.flatnonzero(growth <= growth.min() + 1e-12)
        fold = int(even[sizes[even].argmin()])
        fold_of[group] = fold
        held[fold] += shares[group]
        sizes[fold] += counts[group].sum()
    dealt_out: NDArray[np.int64] = fold_of[places]
    return dealt_out


def held_out(learn: Learn, data: tuple[Floats, NDArray[Any]], folds: NDArray[np.int64]) -> Floats:
    """Return what is said of every value by the machine that learned from all other folds: (N, K)."""
    values, labels = data
    outputs: dict[int, Floats] = {}
    for fold in np.unique(folds).tolist():
        others = folds != fold
        outputs[fold] = learn((values[others], labels[others]), values[~others])
    result = np.zeros((len(values), next(iter(outputs.values())).shape[1]))
    for fold, answers in outputs.items():
        result[folds == fold] = answers
    return result
