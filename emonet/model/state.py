"""The state of a model: what of it belongs to which task, and putting given tensors in its place, all or none.

The names of a model's tensors begin with ``backbone.``, ``frontend.``, ``heads.KEY.`` or ``private.KEY.``, where KEY is
``task_key`` of a task; the state of one task by itself has ``head.`` and ``private.``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import nn

from emonet.errors import EmonetError

_EMPTY = nn.ModuleDict()


def task_key(task: str) -> str:
    """Return the name under which a task's head is kept: the id, with what module names cannot hold quoted.

    >>> task_key("foo/emotion"), task_key("foo/v1.2"), task_key("type")
    ('foo/emotion', 'foo/v1%2E2', '%74ype')
    """
    return _usable(task.replace("%", "%25").replace(".", "%2E"))


def layer_key(path: str) -> str:
    """Return the name under which a layer's private tensors are kept.

    >>> layer_key("stages.0.conv"), layer_key("keys")
    ('stages/0/conv', '%6Beys')
    """
    return _usable(path.replace("%", "%25").replace("/", "%2F").replace(".", "/"))


def _usable(key: str) -> str:
    # A module's name must not be one of its container's own attributes.
    return f"%{ord(key[0]):02X}{key[1:]}" if key and hasattr(_EMPTY, key) else key


_BACKBONE, _HEADS, _PRIVATE = "backbone.", "heads.", "private."
_HEAD = "head."


def task_state(head: Mapping[str, torch.Tensor], private: Mapping[str, torch.Tensor] | None) -> dict[str, torch.Tensor]:
    """Return the state of a task by itself, of its head's and its private tensors."""
    return _under(_HEAD, head) | _under(_PRIVATE, private or {})


def task_state_in(state: Mapping[str, torch.Tensor], task: str) -> dict[str, torch.Tensor]:
    """Return the state of a task by itself, out of that of a whole model."""
    key = f"{task_key(task)}."
    return task_state(_below(f"{_HEADS}{key}", state), _below(f"{_PRIVATE}{key}", state))


def shared_in(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return what of a whole model's state belongs to no task, under its names there."""
    return {name: tensor for name, tensor in state.items() if not name.startswith((_HEADS, _PRIVATE))}


def backbone_in(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the backbone's state, out of that of a whole model."""
    return _below(_BACKBONE, state)


def has_private(state: Mapping[str, torch.Tensor]) -> bool:
    """Say whether some task of a whole model's state owns norms or an adapter."""
    return any(name.startswith(_PRIVATE) for name in state)


def _below(prefix: str, state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}


def _under(prefix: str, state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {f"{prefix}{name}": tensor for name, tensor in state.items()}


@torch.no_grad()
def take_over(own: Mapping[str, torch.Tensor], given: Mapping[str, torch.Tensor], origin: Path) -> None:
    """Copy given tensors into a model's own; every one must match by name and shape.

    Raises:
        EmonetError: naming the tensors that are missing, unexpected or of another shape; nothing is copied then.
    """
    missing = sorted(set(own) - set(given))
    extra = sorted(set(given) - set(own))
    other = sorted(name for name in set(own) & set(given) if own[name].shape != given[name].shape)
    if missing or extra or other:
        message = (
            f"{origin}: these weights belong to another model: missing {missing or 'none'}, "
            f"unexpected {extra or 'none'}, of another shape {other or 'none'}. "
            "Build the model with the options that it was trained with."
        )
        raise EmonetError(message)
    for name, tensor in own.items():
        tensor.copy_(given[name])


_MEAN, _VARIANCE = "running_mean", "running_var"


def mean_state(states: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Return the mean of states with the same names; what is not a number with a fraction is the first one's.

    A running variance is that of all of them together: the mean variance, plus the variance of the running means.
    """
    first, *others = states
    if not others:
        return dict(first)
    found = {}
    for name, tensor in first.items():
        if tensor.is_floating_point():
            found[name] = torch.stack([state[name] for state in states]).mean(0)
        else:
            found[name] = tensor
        if name.endswith(_VARIANCE):
            means = [state[f"{name.removesuffix(_VARIANCE)}{_MEAN}"] for state in states]
            found[name] = found[name] + torch.stack(means).var(0, correction=0)
    return found
