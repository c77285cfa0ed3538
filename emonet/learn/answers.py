"""What the outputs of a head say: probabilities of classes, or numbers in the corpus' own unit; and how right it is."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from emonet.errors import EmonetError
from emonet.evaluate.metrics import METRICS, Floats
from emonet.learn.clips import from_unit, to_unit
from emonet.recipe.task import Task


def answers(task: Task, outputs: torch.Tensor) -> NDArray[np.float32]:
    """Turn a head's outputs (N, K) into probabilities (N, K), or into numbers (N, D) in the corpus' own unit.

    Numbers are not cut to the range of the labels: that would hide how far off a model is.
    """
    raw = outputs.float()
    if task.classes:
        return raw.softmax(dim=1).cpu().numpy()
    return from_unit(task, raw.cpu().double().numpy()).astype(np.float32)


def scores_on(task: Task, split: str, outputs: NDArray[np.float32] | Floats) -> dict[str, float]:
    """Return how right answers (N, K) on a split are: ``SPLIT_METRIC`` for selection, first, and for each dimension.

    Of several dimensions, the metric for selection is the mean over them, each in units of its range.

    Raises:
        EmonetError: an output is not a finite number.
    """
    name, metric, labels = f"{split}_{task.metric}", METRICS[task.metric], [item.label for item in task.items[split]]
    if task.classes:
        return {name: metric.of(labels, outputs.argmax(axis=1).tolist())}
    if not np.isfinite(outputs).all():
        message = f"Task '{task.id}': the outputs on {split} are not finite numbers. Check what it has learned from."
        raise EmonetError(message)
    truth, numbers = np.array(labels, dtype=np.float64), outputs.astype(np.float64)
    own = [metric.of(*pair) for pair in _columns(truth, numbers)]
    if len(own) == 1:
        return {name: own[0]}
    alike = [metric.of(*pair) for pair in _columns(to_unit(task, truth), to_unit(task, numbers))]
    each = {f"{name}_{dimension.name}": value for dimension, value in zip(task.dimensions, own, strict=True)}
    return {name: sum(alike) / len(alike), **each}


def _columns(truth: Floats, numbers: Floats) -> list[tuple[list[float], list[float]]]:
    return [(one.tolist(), other.tolist()) for one, other in zip(truth.T, numbers.T, strict=True)]
