"""Adapters of convolutions: 1x1 convolutions beside them or after them, and norms alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, TypeGuard, cast, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from emonet.model.adapt import layer_kind
from emonet.model.contracts import Adapter
from emonet.model.layers import Attention2d

BeginsAs = Literal["he", "zero"]
Convolution = nn.Conv1d | nn.Conv2d | nn.Conv3d

_CONVOLVE = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
_DECAYS = ((500, 5e-3), (1_000, 2e-3), (10_000, 5e-4))
_LEAST_DECAY = 1e-6
"""l2 by clips in train, as the authors' code has it; the paper does not mention it."""


def is_ungrouped(layer: nn.Module) -> TypeGuard[Convolution]:
    """Say whether a layer is a convolution from all channels to all filters, with a weight of its own."""
    # A parametrised layer computes its weight from other tensors, so nothing could stand in for it.
    return isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Conv3d) and layer.groups == 1 and "weight" in layer._parameters


def first_centres(layer: Convolution) -> list[int]:
    """Return on which input position the middle tap of a kernel lies at first, for each axis; -1: none has a middle."""
    if layer.padding == "same":
        return [0 if size % 2 else -1 for size in layer.kernel_size]
    padding = [0] * len(layer.kernel_size) if isinstance(layer.padding, str) else list(layer.padding)
    sizes = zip(layer.kernel_size, layer.dilation, padding, strict=True)
    return [dilation * (size // 2) - pad if size % 2 else -1 for size, dilation, pad in sizes]


class Beside(nn.Module):
    """A bias-free 1x1 convolution of a layer's input, added to its output; it starts He-normal by fan-in, or at 0."""

    def __init__(self, layer: Convolution, dropout: float, start: BeginsAs) -> None:
        super().__init__()
        shape = (layer.out_channels, layer.in_channels, *(1 for _ in layer.kernel_size))
        self.weight = nn.Parameter(layer.weight.new_zeros(shape))
        if start == "he":
            nn.init.kaiming_normal_(self.weight, nonlinearity="relu")
        self.stride = layer.stride
        self.starts = first_centres(layer)
        self.dropout = dropout

    def forward(self, x: Tensor, out: Tensor) -> Tensor:
        """Add the branch of x (B, C, ...) to the convolution's output of x (B, filters, ...)."""
        x = functional.dropout(x, self.dropout, self.training)
        for axis, start in enumerate(self.starts, start=2):
            x = x.narrow(axis, start, x.shape[axis] - start)
        branch = _CONVOLVE[len(self.stride)](x, self.weight, stride=self.stride)
        for axis, size in enumerate(out.shape[2:], start=2):
            branch = branch.narrow(axis, 0, size)
        return out + branch


class ParallelConvolution(Adapter):
    """A 1x1 convolution beside each ungrouped one with a larger kernel, and norms of the task's own.

    Without dropout the sum of both is one convolution, whose middle tap holds the 1x1 kernel, too.

    Args:
        dropout: share of the branch's inputs dropped in training.
        attention: the task has an attention of its own, too.
        decay: ``size``: l2 on the branches by the number of clips in train.
        start: ``he``: branches start He-normal, as fresh convolutions; ``zero``: at 0, so that the task's network
            starts as the plain one.

    Raises:
        ValueError: an option is out of range.
    """

    private_norms = True

    def __init__(
        self,
        *,
        dropout: float = 0.0,
        attention: bool = False,
        decay: Literal["none", "size"] = "none",
        start: BeginsAs = "he",
    ) -> None:
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout={dropout:g} is out of range. It is a share from 0 to below 1.")
        if decay not in {"none", "size"}:
            raise ValueError(f"decay={decay!r} is unknown. Choose 'none' or 'size'.")
        if start not in get_args(BeginsAs):
            raise ValueError(f"start={start!r} is unknown. Choose 'he' or 'zero'.")
        self.dropout, self.attention, self.decay, self.start = dropout, attention, decay, start
        self.foldable = dropout == 0

    def takes(self, layer: nn.Module) -> bool:
        """Take ungrouped convolutions whose kernel has a middle and is larger than 1x1."""
        return is_ungrouped(layer) and math.prod(layer.kernel_size) > 1 and min(first_centres(layer)) >= 0

    def private(self, layer: nn.Module) -> nn.Module:
        """Return a fresh 1x1 kernel."""
        return Beside(cast(Convolution, layer), self.dropout, self.start)

    def effective(self, layer: nn.Module, private: nn.Module) -> Mapping[str, Tensor]:
        """Return the kernel with the 1x1 kernel added to its middle."""
        convolution = cast(Convolution, layer)
        around = [size // 2 for size in reversed(convolution.kernel_size) for _ in range(2)]
        return {"weight": convolution.weight + functional.pad(cast(Beside, private).weight, around)}

    def copies(self, layer: nn.Module) -> bool:
        """Copy the attention where the task has its own."""
        return self.attention and isinstance(layer, Attention2d)

    def decay_of(self, clips: int) -> float | None:
        """Return the l2 factor for a task with this many clips in train."""
        if self.decay == "none":
            return None
        return next((factor for limit, factor in _DECAYS if clips < limit), _LEAST_DECAY)


class Mixing(nn.Module):
    """The matrix A (filters, filters) of a mixture I + A; it starts at 0."""

    def __init__(self, layer: Convolution) -> None:
        super().__init__()
        self.weight = nn.Parameter(layer.weight.new_zeros(layer.out_channels, layer.out_channels))


class SeriesConvolution(Adapter):
    """Each ungrouped convolution's outputs mixed by I + A, and norms of the task's own (Rebuffi et al., 2017)."""

    private_norms = True
    foldable = True

    def takes(self, layer: nn.Module) -> bool:
        """Take ungrouped convolutions."""
        return is_ungrouped(layer)

    def private(self, layer: nn.Module) -> nn.Module:
        """Return an A of zeros."""
        return Mixing(cast(Convolution, layer))

    def effective(self, layer: nn.Module, private: nn.Module) -> Mapping[str, Tensor]:
        """Return kernel and bias times I + A."""
        convolution, mixing = cast(Convolution, layer), cast(Mixing, private).weight
        weight = convolution.weight
        mixed = {"weight": weight + torch.einsum("oi,i...->o...", mixing, weight)}
        if convolution.bias is not None:
            mixed["bias"] = convolution.bias + mixing @ convolution.bias
        return mixed


class OwnNorms(Adapter):
    """Norms of the task's own, and nothing else."""

    private_norms = True
    foldable = True

    def takes(self, layer: nn.Module) -> bool:
        """Take norms."""
        return layer_kind(layer) == "norm"

    def private(self, layer: nn.Module) -> nn.Module:
        """Return nothing: norms are copied whole."""
        return nn.Module()
