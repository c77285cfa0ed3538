"""A small adapter that keeps every promise, and for each check one that breaks this promise alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

import emonet
from emonet.model.contracts import Adapter
from emonet.testing.subjects import Candidate, Subject, SubjectKind

NUMBERS = itertools.count(1)


class Gain(nn.Module):
    """Private tensors: one factor a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.rand(()))


class Louder(Adapter):
    """Foldable adapter: weights of convolutions and linear layers times a factor."""

    private_norms = False
    foldable = True

    def takes(self, layer: nn.Module) -> bool:
        return isinstance(layer, nn.Conv2d) or type(layer) is nn.Linear

    def private(self, layer: nn.Module) -> nn.Module:
        return Gain()

    def effective(self, layer: nn.Module, private: nn.Module) -> Mapping[str, Tensor]:
        return {"weight": layer.weight * (1 + private.gain)}


class After(Gain):
    """Private module: a share of the output is added to it."""

    def forward(self, x: Tensor, out: Tensor) -> Tensor:
        return out + self.gain * torch.tanh(out)


class Inserted(Louder):
    """Adapter that does not fold."""

    foldable = False

    def private(self, layer: nn.Module) -> nn.Module:
        return After()


class _ConvolutionsOnly(Louder):
    def takes(self, layer: nn.Module) -> bool:
        return isinstance(layer, nn.Conv2d)


class _MisspeltName(Louder):
    def effective(self, layer: nn.Module, private: nn.Module) -> Mapping[str, Tensor]:
        return {**super().effective(layer, private), "wieght": layer.weight}


class _WritesANote(Louder):
    """Leaves a tensor on the layer that nothing reads."""

    def private(self, layer: nn.Module) -> nn.Module:
        layer.register_buffer("note", torch.zeros(1))
        return super().private(layer)


class _NothingLearns(Louder):
    def private(self, layer: nn.Module) -> nn.Module:
        gain = nn.Module()
        gain.register_buffer("gain", torch.rand(()))
        return gain


class _OneForAllTasks(Louder):
    """Keeps the private module of each layer, so that tasks share it."""

    def __init__(self) -> None:
        self.kept: dict[nn.Module, nn.Module] = {}

    def private(self, layer: nn.Module) -> nn.Module:
        return self.kept.setdefault(layer, Gain())


class _StartsTheLayerAnew(Louder):
    def private(self, layer: nn.Module) -> nn.Module:
        with torch.no_grad():
            layer.weight.mul_(1.1)
        return super().private(layer)


class _HiddenGain(Gain):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = next(NUMBERS)


class _Hidden(Louder):
    def private(self, layer: nn.Module) -> nn.Module:
        return _HiddenGain()

    def effective(self, layer: nn.Module, private: nn.Module) -> Mapping[str, Tensor]:
        return {"weight": layer.weight * (1 + private.gain + private.hidden)}


class _MeanOfFramesAfter(Gain):
    def forward(self, x: Tensor, out: Tensor) -> Tensor:
        axes = (2, 3) if out.dim() == 4 else 1
        return out + self.gain * out.mean(dim=axes, keepdim=True)


class _MeanOfFrames(Inserted):
    def private(self, layer: nn.Module) -> nn.Module:
        return _MeanOfFramesAfter()


def adapter(made: Callable[[], Any], **traits: Any) -> Subject:
    def factory() -> object:
        return made()

    declared = {"layers": ("convolution", "linear"), "foldable": made.foldable} | traits
    return Subject(
        "adapters", made.__name__, Candidate("adapters", made.__name__, emonet.component(**declared)(factory))
    )


BROKEN: dict[tuple[SubjectKind, str], Subject] = {
    ("adapters", "check_declared_and_built_traits_agree"): adapter(Louder, private_norms=True),
    ("adapters", "check_layers_of_each_declared_kind_are_taken"): adapter(
        _ConvolutionsOnly, layers=("convolution", "norm")
    ),
    ("adapters", "check_effective_tensors_fit_their_layer"): adapter(_MisspeltName),
    ("adapters", "check_the_shared_network_keeps_its_names"): adapter(_WritesANote),
    ("adapters", "check_tuning_moves_private_tensors_and_nothing_else"): adapter(_NothingLearns),
    ("adapters", "check_training_one_task_leaves_another_as_it_is"): adapter(_OneForAllTasks),
    ("adapters", "check_adding_a_task_leaves_another_as_it_is"): adapter(_StartsTheLayerAnew),
    ("adapters", "check_the_state_makes_an_equal_task"): adapter(_Hidden),
    ("adapters", "check_padding_does_not_change_a_tasks_outputs"): adapter(_MeanOfFrames),
}
