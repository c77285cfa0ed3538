"""One task's network as a plain one: effective tensors written down, norms folded into convolutions."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from emonet.errors import ContractError
from emonet.model.features import normalised_features
from emonet.model.layers import ConvBlock

if TYPE_CHECKING:
    from emonet.model.adapt import Private
    from emonet.model.contracts import Backbone, Frontend
    from emonet.model.head import Head


class Merged(nn.Module):
    """A network for one task, for evaluation only: waves in, outputs (B, K) in float32 out."""

    frontend: Frontend
    backbone: Backbone
    head: nn.Module

    def __init__(self, frontend: Frontend, backbone: Backbone, head: nn.Module) -> None:
        super().__init__()
        self.frontend = frontend
        self.backbone = backbone
        self.head = head

    def forward(
        self, wave: Tensor, lengths: Tensor, *, mean: Tensor | None = None, scale: Tensor | None = None
    ) -> Tensor:
        """Turn (wave (B, T) float32 in [-1, 1], lengths (B,) in samples) into (B, K); the rest as in ``Model``."""
        features, frames = normalised_features(self.frontend, wave, lengths, mean=mean, scale=scale)
        outputs: Tensor = self.head(self.backbone(features, frames))
        return outputs.float()


class FoldedBlock(nn.Module):
    """A convolution block whose norm has become the convolution's bias; invalid frames stay 0."""

    def __init__(self, block: ConvBlock) -> None:
        super().__init__()
        self.conv = copy.deepcopy(block.conv)
        self.conv.bias = nn.Parameter(torch.empty_like(block.norm.bias))
        _fold(self.conv, block.conv, block.norm)
        self.activation = block.activation

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Turn x (B, C, F, L) into (B, filters, F', L'); mask (B, 1, 1, L') is of the output's frames."""
        out: Tensor = self.conv(x)
        out = out if mask is None else out.mul_(mask.to(out.dtype))
        return functional.relu_(out) if self.activation else out


def merge(frontend: Frontend, backbone: Backbone, head: Head, private: Private | None) -> Merged:
    """Build the plain network of one task; the parts given stay as they are.

    Raises:
        ContractError: the adapter does not fold.
    """
    if private is not None and not private.adapter.foldable:
        message = (
            f"The adapter {type(private.adapter).__name__} does not fold into the backbone's weights, so its task "
            "has no plain network. Choose one that folds; dropout on an adapter's branch keeps it from folding, too."
        )
        raise ContractError(message)
    frontend, backbone = copy.deepcopy(frontend), copy.deepcopy(backbone)
    network = cast(nn.Module, backbone)
    if private is not None:
        _write_down(network, private)
    for path, block in list(network.named_modules()):
        if isinstance(block, ConvBlock) and path:
            parent, _, name = path.rpartition(".")
            setattr(network.get_submodule(parent), name, FoldedBlock(block))
    return Merged(frontend, backbone, _folded_head(head)).requires_grad_(False).eval()


@torch.no_grad()
def _write_down(backbone: nn.Module, private: Private) -> None:
    own = dict(backbone.named_parameters()) | dict(backbone.named_buffers())
    for name, tensor in private.tensors(backbone).items():
        own[name].copy_(tensor)


def _folded_head(head: Head) -> nn.Sequential:
    """Return a head without its norm and its dropout, which does nothing outside training."""
    first, norm, activation, _, last = head
    hidden = copy.deepcopy(cast(nn.Linear, first))
    _fold(hidden, cast(nn.Linear, first), cast(nn.BatchNorm1d, norm))
    return nn.Sequential(hidden, copy.deepcopy(activation), copy.deepcopy(last))


@torch.no_grad()
def _fold(folded: nn.Conv2d | nn.Linear, layer: nn.Conv2d | nn.Linear, norm: nn.BatchNorm1d | nn.BatchNorm2d) -> None:
    """Fill a biased layer with weights that do what ``layer`` and then ``norm`` do in evaluation."""
    mean, variance = cast(Tensor, norm.running_mean).double(), cast(Tensor, norm.running_var).double()
    # In double precision: the folded network must differ by rounding alone.
    scale = norm.weight.double() / torch.sqrt(variance + norm.eps)
    bias = 0.0 if layer.bias is None else layer.bias.double()
    folded.weight.copy_(layer.weight.double() * scale.view(-1, *[1] * (layer.weight.dim() - 1)))
    cast(Tensor, folded.bias).copy_(norm.bias.double() + (bias - mean) * scale)
