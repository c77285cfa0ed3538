"""A task's network is the plain network with other tensors: which, and how they stand in."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from emonet.errors import ContractError
from emonet.model.state import layer_key

if TYPE_CHECKING:
    from emonet.model.contracts import Adapter
    from emonet.plugin.component import LayerKind

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
_INSTANCE_NORMS = (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)
_NORMS = (*_BATCH_NORMS, *_INSTANCE_NORMS, nn.GroupNorm, nn.LayerNorm, nn.RMSNorm)


def layer_kind(layer: nn.Module) -> LayerKind | None:
    """Return what kind of layer a module is; None for what is not a layer or holds no tensors to adapt."""
    if isinstance(layer, _CONVOLUTIONS):
        return "convolution"
    if isinstance(layer, nn.Linear | nn.MultiheadAttention):
        return "linear"
    return "norm" if isinstance(layer, _NORMS) else None


class Private(nn.Module):
    """What one task owns of a backbone: an adapter's tensors beside its layers, and copies of whole layers.

    Copies start as the backbone's layers are now, running statistics included.

    Raises:
        ContractError: the adapter finds no layer in the backbone.
    """

    def __init__(self, backbone: nn.Module, adapter: Adapter) -> None:
        super().__init__()
        self.adapter = adapter
        self.beside = nn.ModuleDict()
        self.copies = nn.ModuleDict()
        self.paths: dict[str, str] = {}
        for path, layer in backbone.named_modules():
            if path and not self._is_within_a_copy(path):
                self._add(path, layer)
        # Norms that merely come along are not a reason to call a task adapted.
        if not any(adapter.takes(layer) or adapter.copies(layer) for layer in backbone.modules()):
            kinds = ", ".join(sorted({kind for kind in map(layer_kind, backbone.modules()) if kind is not None}))
            message = (
                f"The adapter {type(adapter).__name__} finds no layer in the backbone {type(backbone).__name__}, "
                f"whose layers are of these kinds: {kinds or 'none'}. Choose an adapter that takes such layers."
            )
            raise ContractError(message)

    def forward(self, backbone: nn.Module, features: Tensor, frames: Tensor) -> Tensor:
        """Run the plain backbone with the task's tensors; nothing of the backbone is changed by it.

        Training moves running statistics of the copies where these are in training mode.
        """
        with torch.autocast(features.device.type, enabled=False):
            tensors = self.tensors(backbone)
        with self._standing_in(backbone):
            embedding: Tensor = functional_call(backbone, tensors, (features, frames))
        return embedding

    def tensors(self, backbone: nn.Module) -> dict[str, Tensor]:
        """Return the effective tensors, parameters and buffers, by their names in the backbone."""
        found = self.copied()
        if self.adapter.foldable:
            for path, layer, private in self._layers(backbone, self.beside):
                effective = self.adapter.effective(layer, private)
                found |= {f"{path}.{name}": tensor for name, tensor in effective.items()}
        return found

    def copied(self) -> dict[str, Tensor]:
        """Return parameters and buffers of the copied layers by their names in the backbone."""
        return {
            f"{self.paths[key]}.{name}": tensor
            for key, layer in self.copies.items()
            for name, tensor in (*layer.named_parameters(), *layer.named_buffers())
        }

    def _is_within_a_copy(self, path: str) -> bool:
        return any(path.startswith(f"{self.paths[key]}.") for key in self.copies)

    def _add(self, path: str, layer: nn.Module) -> None:
        adapter, key = self.adapter, layer_key(path)
        if adapter.copies(layer) or (adapter.private_norms and layer_kind(layer) == "norm"):
            self.copies[key] = _fresh_copy(layer)
        elif adapter.takes(layer):
            self.beside[key] = adapter.private(layer)
        else:
            return
        self.paths[key] = path

    def _layers(self, backbone: nn.Module, kept: nn.ModuleDict) -> Iterator[tuple[str, nn.Module, nn.Module]]:
        for key, private in kept.items():
            path = self.paths[key]
            yield path, backbone.get_submodule(path), private

    @contextmanager
    def _standing_in(self, backbone: nn.Module) -> Iterator[None]:
        """For one call, train or evaluate norms as their copies do, and insert the branches that do not fold."""
        modes: list[tuple[nn.Module, bool]] = []
        hooks: list[Any] = []
        try:
            for _, layer, own in self._layers(backbone, self.copies):
                for shared, private in zip(layer.modules(), own.modules(), strict=True):
                    modes.append((shared, shared.training))
                    shared.training = private.training
            if not self.adapter.foldable:
                for _, layer, branch in self._layers(backbone, self.beside):
                    hooks.append(layer.register_forward_hook(partial(_branch, branch), with_kwargs=True))
            yield
        finally:
            for hook in hooks:
                hook.remove()
            for shared, mode in modes:
                shared.training = mode


def _fresh_copy(layer: nn.Module) -> nn.Module:
    twin = copy.deepcopy(layer).requires_grad_(True)
    for parameter in twin.parameters():
        # A deep copy brings the gradient along.
        parameter.grad = None
    return twin


def _branch(branch: nn.Module, _: nn.Module, given: tuple[Any, ...], named: dict[str, Any], out: Tensor) -> Tensor:
    x = given[0] if given else next(iter(named.values()))
    replaced: Tensor = branch(x, out)
    return replaced
