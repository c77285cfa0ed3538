"""A wide ResNet and a small transformer under a model, to try adapters on."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from emonet.model.contracts import Adapter
from emonet.model.layers import frame_mask
from emonet.model.model import Model
from emonet_plugins import factories

WAVE = torch.linspace(-3, 3, 3 * 26 * 16).sin().view(3, 26 * 16)
LENGTHS = torch.tensor([26 * 16, 17 * 16, 5 * 16])
WAVE[1, 17 * 16 :] = 0
WAVE[2, 5 * 16 :] = 0
LABELS = torch.tensor([0, 1, 1])


class Bands(nn.Module):
    """A frontend of the test: 16 samples are the bands of a frame of an image."""

    yields = "image"
    shape: tuple[int, ...] = (1, 16)

    def forward(self, wave: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        return wave.unflatten(1, (-1, 16)).transpose(1, 2)[:, None], lengths // 16


class Frames(Bands):
    """The same as frames."""

    yields = "frames"
    shape = (16,)

    def forward(self, wave: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        return wave.unflatten(1, (-1, 16)), lengths // 16


class Transformer(nn.Module):
    """A backbone of the test: one layer of torch's own transformer, averaged over valid frames."""

    accepts = "frames"
    dim = 8

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(16, 8)
        self.layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=12, dropout=0.1, batch_first=True)

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        mask = frame_mask(lengths, features.shape[1])
        x = self.layer(self.project(features), src_key_padding_mask=~mask)
        return (x * mask[..., None]).sum(dim=1) / lengths[:, None]


def a_convolutional_model(*tasks: str, adapter: Adapter) -> Model:
    return _with_tasks(Model(Bands(), factories.wide_resnet(width=4, blocks=1, stages=2)), tasks, adapter)


def a_transformer_model(*tasks: str, adapter: Adapter) -> Model:
    return _with_tasks(Model(Frames(), Transformer()), tasks, adapter)


def _with_tasks(model: Model, tasks: tuple[str, ...], adapter: Adapter) -> Model:
    for _ in range(2):
        model.embed(WAVE, LENGTHS)
    for task in tasks:
        model.add_task(task, 2, adapter=adapter)
    return model


def outputs(model: Model, task: str) -> Tensor:
    mode = model.training
    with torch.no_grad():
        out: Tensor = model.eval()(WAVE, LENGTHS, task)
    model.train(mode)
    return out


def train(model: Model, task: str, *, steps: int = 3) -> None:
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.SGD(learning, lr=0.1, momentum=0.9)
    model.train()
    for _ in range(steps):
        optimiser.zero_grad()
        functional.cross_entropy(model(WAVE, LENGTHS, task), LABELS).backward()
        optimiser.step()
