"""A linear SVR for one dimension, learned in units of its range and read in the corpus' own unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emonet.learn.clips import from_unit, to_unit
from emonet.learn.solver import fitted
from emonet.recipe import SVM
from emonet.task import Task

Floats = NDArray[np.float64]


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
    said = np.asarray(regressor.machine.predict(values), dtype=np.float64) + regressor.mean
    return from_unit(task, said[:, None])


def number_weights(task: Task, regressor: Regressor) -> tuple[Floats, Floats]:
    """Return coefficients (1, F) and intercept (1,) that give numbers in the corpus' own unit."""
    span = task.dimensions[0].span
    coefficients = np.asarray(regressor.machine.coef_, dtype=np.float64).reshape(1, -1) * span
    intercept = np.asarray(regressor.machine.intercept_, dtype=np.float64).reshape(1) + regressor.mean
    return coefficients, from_unit(task, intercept[:, None])[:, 0]
