"""The 2-D attention that turns an image of any length into one vector (paper, 5.2.1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Attention2d(nn.Module):
    """A weighted sum over all positions of an image (paper, 5.2.1, equations 1 to 4).

    With x_i the C channels at position i: e_i = u . tanh(W x_i + b), a = softmax(smoothing e), c = sum a_i x_i.
    W, u and b start from a normal distribution with mean 0 and standard deviation 0.05.

    Args:
        channels: C, the size of the vector.
        smoothing: the paper's lambda; 0 is the plain average, 1 the unsmoothed softmax.
    """

    def __init__(self, channels: int, *, smoothing: float = 0.3) -> None:
        super().__init__()
        self.smoothing = smoothing
        self.project = nn.Linear(channels, channels)
        self.importance = nn.Parameter(torch.empty(channels))
        for parameter in (self.project.weight, self.project.bias, self.importance):
            nn.init.normal_(parameter, std=0.05)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Turn x (B, C, F, L) into (B, C); frames where mask (B, 1, 1, L) is false get no weight.

        Without a mask zero padding takes part, as in the paper.
        """
        positions = x.flatten(2).transpose(1, 2)
        scores = self.smoothing * (torch.tanh(self.project(positions)).float() @ self.importance.float())
        if mask is not None:
            # After smoothing: 0 times -inf would be NaN.
            scores = scores.masked_fill(~mask.expand(-1, 1, *x.shape[2:]).flatten(1), float("-inf"))
        weights = torch.softmax(scores, dim=1)
        return torch.einsum("bn,bnc->bc", weights.to(x.dtype), positions)


def masked_mean(x: Tensor, mask: Tensor | None = None) -> Tensor:
    """Average x (B, C, F, L), which is 0 at invalid frames, over its valid positions: (B, C)."""
    if mask is None:
        return x.mean(dim=(2, 3))
    return x.sum(dim=(2, 3)) / (mask.sum(dim=(1, 2, 3))[:, None] * x.shape[2])
