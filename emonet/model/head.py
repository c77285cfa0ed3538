"""The classifier on top of an embedding (paper, 5.2.1)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class VectorNorm(nn.BatchNorm1d):
    """Batch norm that takes its running statistics for a batch of one.

    The last batch of an epoch may hold a single clip. Its variance is 0, so its own statistics would erase it;
    they also leave the running ones alone.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalise x (B, D)."""
        if self.training and len(x) > 1:
            return super().forward(x)
        return functional.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)


class Head(nn.Sequential):
    """Linear to half the width, batch norm, ReLU, dropout, linear: embeddings (B, D) -> (B, K).

    Args:
        dim: D, the size of the embedding.
        outputs: K, e.g. one for each class.
        dropout: share of the hidden values dropped in training; the paper names dropout but no rate.
    """

    def __init__(self, dim: int, outputs: int, *, dropout: float = 0.2) -> None:
        hidden = max(1, dim // 2)
        super().__init__(
            nn.Linear(dim, hidden),
            VectorNorm(hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, outputs),
        )
