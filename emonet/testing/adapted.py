"""Small networks that adapters are checked on: one of convolutions, one of linear layers; both with norms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from emonet.model.layers import ConvBlock, frame_mask, image_mask, masked_mean
from emonet.model.model import Model
from emonet.testing.signals import waves

if TYPE_CHECKING:
    from emonet.model.contracts import Adapter
    from emonet.plugin.component import FeatureKind, LayerKind

_BANDS = 16
_LENGTHS = (272, 96, 192)
_FILTERS = (4, 6)


class FrameCutter(nn.Module):
    """A frontend that cuts a wave into frames of 16 samples."""

    yields: FeatureKind
    shape: tuple[int, ...]

    def __init__(self, kind: FeatureKind) -> None:
        super().__init__()
        self.yields = kind
        self.shape = (1, _BANDS) if kind == "image" else (_BANDS,)

    def forward(self, wave: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Turn (wave (B, T), lengths (B,)) into an image (B, 1, 16, L) or frames (B, L, 16)."""
        frames = wave.reshape(len(wave), -1, _BANDS)
        return (frames.transpose(1, 2)[:, None] if self.yields == "image" else frames), lengths // _BANDS


class ConvolutionNet(nn.Module):
    """Two blocks of convolution and batch norm, the second with a stride of 2."""

    accepts: FeatureKind = "image"
    dim = _FILTERS[1]

    def __init__(self) -> None:
        super().__init__()
        self.first = ConvBlock(1, _FILTERS[0])
        self.second = ConvBlock(_FILTERS[0], _FILTERS[1], stride=2)

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Turn (features (B, 1, 16, L), lengths (B,) in frames) into (B, 6)."""
        frames = features.shape[-1]
        mask = image_mask((lengths + 1) // 2, (frames + 1) // 2)
        return masked_mean(self.second(self.first(features, image_mask(lengths, frames)), mask), mask)


class LinearNet(nn.Module):
    """A linear layer, attention between frames, layer norm and another linear layer."""

    accepts: FeatureKind = "frames"
    dim = 6

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(_BANDS, 8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm = nn.LayerNorm(8)
        self.second = nn.Linear(8, 6)

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Turn (features (B, L, 16), lengths (B,) in frames) into (B, 6)."""
        mask = frame_mask(lengths, features.shape[1])
        x = self.first(features)
        x = self.norm(x + self.attention(x, x, x, key_padding_mask=~mask, need_weights=False)[0])
        valid: Tensor = self.second(functional.relu(x)) * mask[..., None]
        return valid.sum(dim=1) / lengths[:, None]


def small_models(layers: tuple[LayerKind, ...]) -> list[Model]:
    """Return a model for each network that has layers of the kinds given; both, where none is given."""
    torch.manual_seed(0)
    convolutional = not layers or {"convolution", "norm"} & set(layers)
    models = [Model(FrameCutter("image"), ConvolutionNet())] if convolutional else []
    if not layers or "linear" in layers:
        models.append(Model(FrameCutter("frames"), LinearNet()))
    for model in models:
        # Fresh statistics would hide what happens to them.
        model.embed(*batch())
    return models


def batch() -> tuple[Tensor, Tensor]:
    """Return three waves (B, T) of different lengths (B,) in samples."""
    return waves(_LENGTHS)


def outputs(model: Model, task: str) -> Tensor:
    """Return a task's outputs (B, 2) in evaluation."""
    with torch.no_grad():
        found: Tensor = model.eval()(*batch(), task)
    return found


def tune(model: Model, task: str) -> None:
    """Make three steps on what a task owns."""
    model.tune("private", task)
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.SGD(learning, lr=0.1, momentum=0.9)
    labels = torch.tensor([0, 1, 1])
    model.train()
    for _ in range(3):
        optimiser.zero_grad()
        loss = functional.cross_entropy(model(*batch(), task), labels)
        torch.autograd.backward(loss)
        optimiser.step()


def with_tasks(model: Model, adapter: Adapter, *tasks: str) -> Model:
    """Give a model tasks of two classes with an adapter."""
    for task in tasks:
        model.add_task(task, 2, adapter=adapter)
    return model
