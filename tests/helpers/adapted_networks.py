"""Small networks and adapters of the core's own tests; no plugin is needed for them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from emonet.model.contracts import Adapter
from emonet.model.layers import Attention2d, ConvBlock, image_mask
from emonet.model.model import Model

WAVE = torch.linspace(-1, 1, 3 * 72).sin().view(3, 72)
LENGTHS = torch.tensor([72, 40, 16])
WAVE[1, 40:] = 0
WAVE[2, 16:] = 0
LABELS = torch.tensor([0, 1, 1])


class Bands(nn.Module):
    """A frontend of the test: 8 samples are the bands of a frame."""

    yields = "image"
    shape = (1, 8)

    def forward(self, wave: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        return wave.unflatten(1, (-1, 8)).transpose(1, 2)[:, None], lengths // 8


class SmallNet(nn.Module):
    """A backbone of the test: two blocks, the second with a stride, and an attention."""

    accepts = "image"
    dim = 6

    def __init__(self) -> None:
        super().__init__()
        self.first = ConvBlock(1, 4)
        self.second = ConvBlock(4, 6, stride=2)
        self.dropout = nn.Dropout(0.5)
        self.attention = Attention2d(6)

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        first = image_mask(lengths, features.shape[-1])
        second = image_mask((lengths + 1) // 2, (features.shape[-1] + 1) // 2)
        x = self.dropout(self.second(self.first(features, first), second))
        pooled: Tensor = self.attention(x, second)
        return pooled


class Shift(nn.Module):
    """Private tensors of the test: one number a filter."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.amount = nn.Parameter(torch.rand(filters) / 2)


class Scaled(Adapter):
    """A foldable adapter of the test: every filter of a convolution times a private number."""

    private_norms = True
    foldable = True

    def takes(self, layer: nn.Module) -> bool:
        return isinstance(layer, nn.Conv2d)

    def private(self, layer: nn.Module) -> nn.Module:
        return Shift(layer.out_channels)

    def effective(self, layer: nn.Module, private: nn.Module) -> Mapping[str, Tensor]:
        return {"weight": layer.weight * (1 + private.amount[:, None, None, None])}


class WithoutNorms(Scaled):
    """The same over shared norms."""

    private_norms = False


class WithAttention(Scaled):
    """The same with an attention of the task's own."""

    def copies(self, layer: nn.Module) -> bool:
        return isinstance(layer, Attention2d)

    def decay_of(self, clips: int) -> float | None:
        return 1 / clips


class After(nn.Module):
    """A private module of the test."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(0.3))

    def forward(self, x: Tensor, out: Tensor) -> Tensor:
        assert x.shape[0] == out.shape[0]
        return out + self.gain * functional.relu(out)


class Inserted(Adapter):
    """An adapter of the test that does not fold."""

    private_norms = True
    foldable = False

    def takes(self, layer: nn.Module) -> bool:
        return isinstance(layer, nn.Conv2d)

    def private(self, layer: nn.Module) -> nn.Module:
        return After()


class RecurrentOnly(Scaled):
    """An adapter of the test for layers that the network lacks."""

    def takes(self, layer: nn.Module) -> bool:
        return isinstance(layer, nn.LSTM)


ADAPTERS = [Scaled(), WithoutNorms(), WithAttention(), Inserted()]


def own(task: str) -> tuple[str, str]:
    """Return what the names of a task's own tensors begin with."""
    return f"heads.{task}.", f"private.{task}."


def a_model(*tasks: str, adapter: Adapter | None = None) -> Model:
    """Return a model whose norms have seen a batch, with tasks of two classes."""
    torch.manual_seed(0)
    model = Model(Bands(), SmallNet())
    for _ in range(2):
        model.embed(WAVE, LENGTHS)
    for task in tasks:
        model.add_task(task, 2, adapter=adapter)
    return model


def outputs(model: Model, task: str) -> Tensor:
    """Return a task's outputs in evaluation."""
    mode = model.training
    with torch.no_grad():
        out: Tensor = model.eval()(WAVE, LENGTHS, task)
    model.train(mode)
    return out


def state_of(model: Model) -> dict[str, Tensor]:
    """Return a copy of all tensors."""
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def moved(model: Model, before: dict[str, Tensor]) -> set[str]:
    """Return the names of the tensors that are no longer what they were."""
    return {name for name, tensor in model.state_dict().items() if not tensor.equal(before[name])}


def train(model: Model, task: str, *, steps: int = 2) -> None:
    """Make a few steps on one task with what is tuned."""
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.SGD(learning, lr=0.1, momentum=0.9, weight_decay=0.01)
    model.train()
    for _ in range(steps):
        optimiser.zero_grad()
        functional.cross_entropy(model(WAVE, LENGTHS, task), LABELS).backward()
        optimiser.step()
