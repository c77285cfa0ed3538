"""Metrics: functions of summed counts, so that a score without some speaker is made of counts taken once.

A categorical metric is a function of confusion matrices (..., K, K), rows truth and columns prediction; a
dimensional one of the sums (..., 7) of ``moments``. Leading axes are a batch, e.g. what is left without each speaker.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emonet.errors import EmonetError

TargetKind = Literal["categorical", "dimensional"]
Counts = NDArray[np.int64] | NDArray[np.float64]
Floats = NDArray[np.float64]


def confusion(
    truth: Sequence[Hashable], predicted: Sequence[Hashable], classes: Sequence[Hashable]
) -> NDArray[np.int64]:
    """Count utterances by true class (rows) and predicted class (columns): (K, K).

    >>> confusion(["a", "a", "b"], ["a", "b", "b"], ["a", "b"]).tolist()
    [[1, 1], [0, 1]]

    Raises:
        EmonetError: the two differ in length, or hold a label that is not a class.
    """
    check_lengths(len(truth), len(predicted))
    index = {label: number for number, label in enumerate(classes)}
    for label in (*truth, *predicted):
        if label not in index:
            known = ", ".join(str(name) for name in classes)
            raise EmonetError(f"The label {label!r} is not a class of this target. Expected one of: {known}.")
    cells = [index[true] * len(index) + index[guess] for true, guess in zip(truth, predicted, strict=True)]
    counts = np.bincount(np.asarray(cells, dtype=np.int64), minlength=len(index) ** 2)
    return counts.astype(np.int64).reshape(len(index), len(index))


def check_lengths(truth: int, predicted: int) -> None:
    """Refuse ``truth`` labels with another number of predictions.

    Raises:
        EmonetError: the two numbers differ.
    """
    if truth != predicted:
        message = f"{truth} true labels but {predicted} predictions. Give one prediction for each utterance."
        raise EmonetError(message)


def recalls(counts: Counts) -> Floats:
    """Return recall_k = n_kk / sum_j n_kj of each class: (..., K, K) -> (..., K), NaN where truth lacks k."""
    per_class = counts.sum(-1)
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    shares: Floats = np.divide(right, per_class, out=np.full(per_class.shape, np.nan), where=per_class > 0)
    return shares


def uar(counts: Counts) -> Floats:
    """Return the unweighted average recall: the mean of recall_k over the classes present in the truth."""
    return _mean_over_present(np.nan_to_num(recalls(counts)), counts)


def accuracy(counts: Counts) -> Floats:
    """Return the accuracy, also called weighted average recall (WA): sum_k n_kk / n."""
    return np.asarray(np.trace(counts, axis1=-2, axis2=-1) / counts.sum((-2, -1)), dtype=np.float64)


def f1_scores(counts: Counts) -> Floats:
    """Return F1_k = 2 n_kk / (sum_j n_kj + sum_j n_jk): (..., K, K) -> (..., K), 0 where k is nowhere."""
    both = counts.sum(-1) + counts.sum(-2)
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    scores: Floats = np.divide(2 * right, both, out=np.zeros(both.shape), where=both > 0)
    return scores


def macro_f1_truth(counts: Counts) -> Floats:
    """Return the mean of F1_k over the classes present in the truth, the classes that UAR is a mean of."""
    return _mean_over_present(f1_scores(counts), counts)


def macro_f1_all(counts: Counts) -> Floats:
    """Return the mean of F1_k over the classes of truth and prediction together, as scikit-learn's ``f1_score`` does.

    A class that is predicted but not in the truth counts as 0, so that a small part of test is scored lower than by
    ``macro_f1_truth``.

    >>> counts = confusion(["a", "b"], ["a", "c"], ["a", "b", "c", "d"])
    >>> float(macro_f1_truth(counts)), round(float(macro_f1_all(counts)), 4)
    (0.5, 0.3333)
    """
    there = (counts.sum(-1) + counts.sum(-2)) > 0
    return np.asarray(f1_scores(counts).sum(-1) / there.sum(-1), dtype=np.float64)


def chance_level(truth: Sequence[Hashable]) -> float:
    """Return the UAR of guessing: one over the number of classes present in the truth.

    Raises:
        EmonetError: there is no utterance.
    """
    if not len(truth):
        raise EmonetError("Nothing to score: there is no utterance. Check that the split is not empty.")
    return 1 / len(set(truth))


def moments(truth: Sequence[Hashable], predicted: Sequence[Hashable]) -> Floats:
    """Return the terms (N, 7) whose sums dimensional metrics are made of: 1, t, p, t^2, p^2, t p, |t - p|.

    Raises:
        EmonetError: the two differ in length, or are not numbers.
    """
    true, guess = _numbers(truth), _numbers(predicted)
    check_lengths(len(true), len(guess))
    terms = [np.ones_like(true), true, guess, true**2, guess**2, true * guess, np.abs(true - guess)]
    return np.stack(terms, axis=-1)


def ccc(sums: Floats) -> Floats:
    """Return Lin's concordance correlation from summed ``moments``: (..., 7) -> (...).

    CCC = 2 cov(t, p) / (var t + var p + (mean t - mean p)^2), all with 1 / n; 0 where both are constant and equal.

    Truth 1, 2, 3 and prediction 2, 3, 4: cov = var t = var p = 2/3 and the means differ by 1, so that
    CCC = (4/3) / (4/3 + 1) = 4/7.

    >>> round(float(ccc(moments([1, 2, 3], [2, 3, 4]).sum(0))), 4) == round(4 / 7, 4)
    True
    """
    mean_true, mean_guess, true_squares, guess_squares, products = _means(sums)
    squares = true_squares + guess_squares
    above = 2 * (products - mean_true * mean_guess)
    # (mean t)^2 and (mean p)^2 cancel against the variances', which leaves this shorter sum.
    below = squares - 2 * mean_true * mean_guess
    tiny = 1e-12 * np.maximum(squares, 1e-300)
    return np.divide(above, below, out=np.zeros(np.shape(below)), where=below > tiny)


def pearson(sums: Floats) -> Floats:
    """Return Pearson's correlation from summed ``moments``: (..., 7) -> (...); 0 where one of the two is constant."""
    mean_true, mean_guess, true_squares, guess_squares, products = _means(sums)
    spreads = [(true_squares, mean_true**2), (guess_squares, mean_guess**2)]
    # What is left of a constant's squares by rounding is not a variance.
    variances = [np.where(square - mean > 1e-12 * square, square - mean, 0.0) for square, mean in spreads]
    below = np.sqrt(variances[0] * variances[1])
    found: Floats = np.divide(products - mean_true * mean_guess, below, out=np.zeros(np.shape(below)), where=below > 0)
    return np.clip(found, -1.0, 1.0)


def mean_absolute_error(sums: Floats) -> Floats:
    """Return the mean of |t - p| from summed ``moments``: (..., 7) -> (...)."""
    return np.asarray(sums[..., 6] / sums[..., 0])


def root_mean_squared_error(sums: Floats) -> Floats:
    """Return the root of the mean of (t - p)^2 from summed ``moments``: (..., 7) -> (...)."""
    _, _, true_squares, guess_squares, products = _means(sums)
    # Rounding may leave a perfect prediction a little below 0.
    return np.sqrt(np.maximum(true_squares + guess_squares - 2 * products, 0.0))


def _means(sums: Floats) -> list[Floats]:
    """Return the means of t, p, t^2, p^2 and t p."""
    return [np.asarray(sums[..., column] / sums[..., 0]) for column in (1, 2, 3, 4, 5)]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that tasks carry by name.

    Attributes:
        name: key in scores and recipes.
        title: how tables call it.
        function: from summed counts to values; see the module's first lines.
        kind: what it judges: classes or numbers.
        bounds: the lowest and the highest value that it can have.
        by_class: every class of the truth counts alike in it, however few its clips.
    """

    name: str
    title: str
    function: Callable[[Floats], Floats]
    higher_is_better: bool
    kind: TargetKind
    bounds: tuple[float, float] = (0.0, 1.0)
    by_class: bool = False

    def of(self, truth: Sequence[Hashable], predicted: Sequence[Hashable]) -> float:
        """Return the metric's value for labels, or for numbers if it is dimensional.

        >>> METRICS["uar"].of(["a", "a", "b"], ["a", "b", "b"])
        0.75
        """
        if not len(truth):
            raise EmonetError("Nothing to score: there is no utterance. Check that the split is not empty.")
        if self.kind == "dimensional":
            return float(self.function(moments(truth, predicted).sum(0)))
        classes = list(dict.fromkeys((*truth, *predicted)))
        return float(self.function(confusion(truth, predicted, classes).astype(np.float64)))


_OF_CLASSES = partial(Metric, higher_is_better=True, kind="categorical")
_OF_NUMBERS = partial(Metric, kind="dimensional")
_CORRELATION = (-1.0, 1.0)
_ERROR = (0.0, math.inf)

METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            _OF_CLASSES("uar", "UAR", uar, by_class=True),
            _OF_CLASSES("wa", "WA", accuracy),
            _OF_CLASSES("macro_f1_truth", "macro F1 (classes of truth)", macro_f1_truth, by_class=True),
            _OF_CLASSES("macro_f1_all", "macro F1 (classes of truth and prediction)", macro_f1_all, by_class=True),
            _OF_NUMBERS("ccc", "CCC", ccc, higher_is_better=True, bounds=_CORRELATION),
            _OF_NUMBERS("pearson", "Pearson's r", pearson, higher_is_better=True, bounds=_CORRELATION),
            _OF_NUMBERS("mae", "MAE", mean_absolute_error, higher_is_better=False, bounds=_ERROR),
            _OF_NUMBERS("rmse", "RMSE", root_mean_squared_error, higher_is_better=False, bounds=_ERROR),
        )
    }
)
"""All metrics by name."""


def _mean_over_present(values: Floats, counts: Counts) -> Floats:
    present = counts.sum(-1) > 0
    return np.asarray(np.where(present, values, 0.0).sum(-1) / present.sum(-1), dtype=np.float64)


def _numbers(values: Sequence[Hashable]) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise EmonetError(f"A dimensional metric needs numbers ({problem}). Choose a categorical one.") from None
