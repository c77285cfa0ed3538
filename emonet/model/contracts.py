"""What extractors, frontends and backbones promise. See ``emonet`` for the tensor symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from emonet.audio.decode import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from emonet.component import Kind

__all__ = ["SAMPLE_RATE", "Backbone", "Extractor", "Frontend"]


@runtime_checkable
class Extractor(Protocol):
    """Computes features offline, once; the results are cached.

    ``dim`` is the length D of a vector and ``names`` its D feature names. Calls must be thread-safe.
    """

    dim: int
    names: tuple[str, ...]

    def extract(self, wave: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn a wave (T,) in [-1, 1] at 16 kHz into a vector (D,)."""


@runtime_checkable
class Frontend(Protocol):
    """An ``nn.Module`` that turns waves into features inside the graph, on the device, always in fp32.

    ``yields`` is the kind of its output and ``shape`` the fixed sizes of one item: (C, M) for an image
    (B, C, M, L), (D,) for frames (B, L, D). Padding never changes a valid frame: the frontend pads the
    edges of each wave by itself and fills invalid frames with zeros.
    """

    yields: Kind
    shape: tuple[int, ...]

    def __call__(self, wave: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Turn (wave (B, T), lengths (B,) in samples) into (features, lengths (B,) in frames)."""


@runtime_checkable
class Backbone(Protocol):
    """An ``nn.Module`` that turns features into one embedding a clip, and knows nothing of tasks.

    ``accepts`` is the kind of its input and ``dim`` the size D of its embedding.
    """

    accepts: Kind
    dim: int

    def __call__(self, features: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Turn (features, lengths (B,) in frames) into embeddings (B, D)."""
