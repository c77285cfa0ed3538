"""Losses by name, so that a task carries its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray

Loss = Callable[[torch.Tensor, torch.Tensor, torch.Tensor | None], torch.Tensor]
"""(outputs (B, K), labels (B,), class weights (K,) or None) -> scalar."""


def cross_entropy(outputs: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None) -> torch.Tensor:
    """Return the mean over the batch of the class-weighted cross entropy (paper, 4.3).

    The sum is divided by the batch size, not by the sum of weights, so that a rare class keeps its
    weight in a batch that holds nothing else.
    """
    losses = torch.nn.functional.cross_entropy(outputs.float(), labels, reduction="none")
    return (losses if weights is None else losses * weights[labels]).mean()


LOSSES: Mapping[str, Loss] = {"cross-entropy": cross_entropy}


def class_weights(labels: NDArray[np.int64], classes: int) -> torch.Tensor:
    """Return N / (K n_k) for each class: every class weighs the same in all (K,).

    A class without a clip gets weight 0; it cannot occur in training.
    """
    counts = np.bincount(labels, minlength=classes)
    present = np.count_nonzero(counts)
    weights = np.divide(len(labels), present * counts, out=np.zeros(classes), where=counts > 0)
    return torch.from_numpy(weights.astype(np.float32))
