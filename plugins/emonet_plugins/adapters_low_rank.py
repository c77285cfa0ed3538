"""The low-rank adapter of linear, attention and convolution weights (Hu et al., 2022)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import cast

from torch import Tensor, nn

from emonet.model.contracts import Adapter

_LAYERS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear, nn.MultiheadAttention)
_WEIGHTS = ("weight", "in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight")


class Factors(nn.Module):
    """B (O, R), which starts at 0, and A (R, I), random: their product has the size of a weight (O, I)."""

    def __init__(self, weight: Tensor, rank: int) -> None:
        super().__init__()
        self.up = nn.Parameter(weight.new_zeros(len(weight), rank))
        self.down = nn.Parameter(weight.new_empty(rank, weight[0].numel()))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))


class LowRank(Adapter):
    """W + alpha / rank * B A; kernels count as matrices with one row a filter.

    Args:
        rank: columns of B and rows of A.
        alpha: how much the product counts.
        private_norms: the task has norms of its own, too.

    Raises:
        ValueError: an option is out of range.
    """

    foldable = True

    def __init__(self, rank: int = 4, *, alpha: float = 8.0, private_norms: bool = False) -> None:
        if rank < 1:
            raise ValueError(f"rank={rank} is too small. It must be 1 or more.")
        if alpha <= 0:
            raise ValueError(f"alpha={alpha:g} must be above 0. Usual values are once or twice the rank.")
        self.rank, self.scale, self.private_norms = rank, alpha / rank, private_norms

    def takes(self, layer: nn.Module) -> bool:
        """Take linear layers, attentions and convolutions, grouped ones as well."""
        return isinstance(layer, _LAYERS) and bool(_weights(layer))

    def private(self, layer: nn.Module) -> nn.Module:
        """Return fresh factors for each weight of a layer."""
        return nn.ModuleDict({name: Factors(weight, self.rank) for name, weight in _weights(layer).items()})

    def effective(self, layer: nn.Module, private: nn.Module) -> Mapping[str, Tensor]:
        """Return each weight with the product of its factors added."""
        factors = cast(nn.ModuleDict, private)
        return {name: weight + self._product(factors[name], weight) for name, weight in _weights(layer).items()}

    def _product(self, factors: nn.Module, weight: Tensor) -> Tensor:
        both = cast(Factors, factors)
        return (self.scale * (both.up @ both.down)).view(weight.shape)


def _weights(layer: nn.Module) -> dict[str, Tensor]:
    """Return a layer's weights by name; one that is computed from other tensors is not among its parameters."""
    own = {name: layer._parameters.get(name) for name in _WEIGHTS}
    return {name: weight for name, weight in own.items() if weight is not None}
