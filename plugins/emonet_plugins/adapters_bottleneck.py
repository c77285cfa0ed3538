"""The bottleneck adapter: a small network after a layer (Houlsby et al., 2019)."""

from __future__ import annotations

from typing import TypeGuard

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.linear import NonDynamicallyQuantizableLinear

from emonet.model.contracts import Adapter

_ONE: dict[int, type[nn.Conv1d | nn.Conv2d | nn.Conv3d]] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
Layer = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d


class Branch(nn.Module):
    """y + up(relu(down(y))), by linear layers or 1x1 convolutions; up starts at 0."""

    def __init__(self, layer: Layer, width: int) -> None:
        super().__init__()
        self.down, self.up = _between(layer, width)
        nn.init.zeros_(self.up.weight)
        if self.up.bias is not None:
            nn.init.zeros_(self.up.bias)

    def forward(self, _: Tensor, out: Tensor) -> Tensor:
        """Return what takes the place of a layer's output."""
        added: Tensor = self.up(functional.relu(self.down(out)))
        return out + added


class Bottleneck(Adapter):
    """A branch after each linear layer and convolution.

    Args:
        width: values between down and up.
        private_norms: the task has norms of its own, too.

    Raises:
        ValueError: an option is out of range.
    """

    foldable = False

    def __init__(self, width: int = 16, *, private_norms: bool = False) -> None:
        if width < 1:
            raise ValueError(f"width={width} is too small. It must be 1 or more.")
        self.width, self.private_norms = width, private_norms

    def takes(self, layer: nn.Module) -> bool:
        """Take linear layers and convolutions; an attention's projections are not layers that anything calls."""
        return _is_called(layer)

    def private(self, layer: nn.Module) -> nn.Module:
        """Return a fresh branch that adds nothing yet.

        Raises:
            TypeError: the layer is of another kind.
        """
        if not _is_called(layer):
            raise TypeError(f"{type(layer).__name__} is neither linear nor a convolution. Ask takes first.")
        return Branch(layer, self.width)


def _is_called(layer: nn.Module) -> TypeGuard[Layer]:
    kinds = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
    return isinstance(layer, kinds) and not isinstance(layer, NonDynamicallyQuantizableLinear)


def _between(layer: Layer, width: int) -> tuple[Layer, Layer]:
    if isinstance(layer, nn.Linear):
        return nn.Linear(layer.out_features, width), nn.Linear(width, layer.out_features)
    one = _ONE[len(layer.kernel_size)]
    return one(layer.out_channels, width, 1), one(width, layer.out_channels, 1)
