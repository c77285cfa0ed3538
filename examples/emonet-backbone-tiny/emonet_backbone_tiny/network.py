"""A small convolutional network with masked mean pooling."""

from __future__ import annotations

import torch
from torch import nn


class Tiny(nn.Module):
    """Two 3x3 convolutions over (B, 1, M, L); the embedding (B, D) is the mean over bands and valid frames."""

    accepts = "image"

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dim = width
        self.first = nn.Conv2d(1, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, features: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Turn (features (B, 1, M, L), lengths (B,) in frames) into embeddings (B, D)."""
        frames = torch.arange(features.shape[-1], device=features.device)
        mask = (frames < lengths[:, None])[:, None, None].to(features.dtype)
        # The bias makes invalid frames non-zero, and the next convolution would mix them into the last valid one.
        hidden: torch.Tensor = self.first(features).relu() * mask
        hidden = self.second(hidden).relu() * mask
        return hidden.mean(2).sum(2) / lengths[:, None]
