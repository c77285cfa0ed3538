"""What extractors, frontends, backbones and adapters promise. See ``emonet`` for the tensor symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from emonet.audio.decode import SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from emonet.plugin.component import FeatureKind

__all__ = ["SAMPLE_RATE", "Adapter", "Backbone", "Extractor", "Frontend"]


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

    yields: FeatureKind
    shape: tuple[int, ...]

    def __call__(self, wave: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Turn (wave (B, T), lengths (B,) in samples) into (features, lengths (B,) in frames)."""


@runtime_checkable
class Backbone(Protocol):
    """An ``nn.Module`` that turns features into one embedding a clip, and knows nothing of tasks.

    ``accepts`` is the kind of its input and ``dim`` the size D of its embedding.
    """

    accepts: FeatureKind
    dim: int

    def __call__(self, features: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Turn (features, lengths (B,) in frames) into embeddings (B, D)."""


@runtime_checkable
class Adapter(Protocol):
    """Says which layers of a backbone a task gets private tensors for, and what they do there.

    One object serves all layers and tasks, so it keeps nothing of either: what is learned lives in the modules
    that ``private`` returns. A class that inherits from this one need only write what differs.

    ``private_norms``: each task has norms of its own, scale, shift and running statistics, that start as copies
    of the backbone's. ``foldable``: shared and private tensors give effective ones that run in the plain network;
    otherwise the private module is called where the layer is.
    """

    private_norms: bool
    foldable: bool

    def takes(self, layer: torch.nn.Module) -> bool:
        """Say whether a task gets private tensors for this layer; a norm that is taken is copied."""

    def private(self, layer: torch.nn.Module) -> torch.nn.Module:
        """Return fresh private tensors for a layer, as a module; the layer itself stays as it is.

        Unless the adapter is foldable, the module is called as (the layer's input, its output) and returns what
        takes the output's place, in the same shape.
        """

    def effective(self, layer: torch.nn.Module, private: torch.nn.Module) -> Mapping[str, torch.Tensor]:
        """Return the tensors that stand in for the layer's own, by their names there: a pure function."""
        return {}

    def copies(self, layer: torch.nn.Module) -> bool:
        """Say whether a task gets a whole copy of this layer, beside norms."""
        return False

    def decay_of(self, clips: int) -> float | None:
        """Return the l2 factor (half a weight decay) for a task with ``clips`` clips in train; None: everybody's."""
        return None
