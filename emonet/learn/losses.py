"""Losses by name, so that a task carries its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

Loss = Callable[[torch.Tensor, torch.Tensor, torch.Tensor | None], torch.Tensor]
"""(outputs (B, K), labels (B,) or (B, K), class weights (K,) or None) -> scalar."""

_TINY = 1e-8
"""Added to a denominator that is about 0.1 where numbers vary; without it, a batch of one is 0 / 0."""


def cross_entropy(outputs: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None) -> torch.Tensor:
    """Return the mean over the batch of the class-weighted cross entropy (paper, 4.3).

    The sum is divided by the batch size, not by the sum of weights, so that a rare class keeps its
    weight in a batch that holds nothing else.
    """
    losses = torch.nn.functional.cross_entropy(outputs.float(), labels, reduction="none")
    return (losses if weights is None else losses * weights[labels]).mean()


def ccc_loss(outputs: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
    """Return 1 - Lin's concordance correlation over the batch, the mean over the dimensions.

    CCC = 2 cov(t, p) / (var t + var p + (mean t - mean p)^2), all with 1 / B, as the metric has it. A batch of one,
    or one whose labels are all the same, has no covariance: its loss is 1 and moves nothing.

    >>> loss = ccc_loss(torch.tensor([[2.0], [3.0], [4.0]]), torch.tensor([[1.0], [2.0], [3.0]]))
    >>> abs(loss.item() - (1 - 4 / 7)) < 1e-6
    True

    Args:
        outputs: (B, D).
        labels: (B, D) in units of the dimensions' ranges.
        weights: not used.
    """
    predicted, truth = outputs.float(), labels.float()
    mean_predicted, mean_truth = predicted.mean(0), truth.mean(0)
    covariance = ((predicted - mean_predicted) * (truth - mean_truth)).mean(0)
    spread = predicted.var(0, correction=0) + truth.var(0, correction=0) + (mean_predicted - mean_truth) ** 2
    return (1 - 2 * covariance / (spread + _TINY)).mean()


def squared_error(outputs: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
    """Return the mean squared error over batch and dimensions, in units of the dimensions' ranges."""
    return torch.nn.functional.mse_loss(outputs.float(), labels.float())


LOSSES: Mapping[str, Loss] = {"cross-entropy": cross_entropy, "ccc": ccc_loss, "mse": squared_error}


def class_weights(labels: NDArray[Any], classes: int) -> torch.Tensor:
    """Return N / (K n_k) for each class: every class weighs the same in all (K,).

    A class without a clip gets weight 0; it cannot occur in training.
    """
    counts = np.bincount(labels, minlength=classes)
    present = np.count_nonzero(counts)
    weights = np.divide(len(labels), present * counts, out=np.zeros(classes), where=counts > 0)
    return torch.from_numpy(weights.astype(np.float32))
