"""The whole network: a frontend, a backbone that all tasks share, and one head a task."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import torch
from torch import Tensor, nn

from emonet.errors import ContractError, UnknownName
from emonet.model.head import Head
from emonet.model.layers import frame_mask

if TYPE_CHECKING:
    from emonet.component import Kind
    from emonet.model.contracts import Backbone, Frontend

FRAME_AXIS: dict[Kind, int | None] = {"wave": -1, "image": -1, "frames": 1, "vector": None}
"""Which axis of each kind of features counts frames (samples, for waves)."""


_EMPTY = nn.ModuleDict()


class Model(nn.Module):
    """Waves in, one row of outputs a clip out; the backbone's weights keep their own names.

    Raises:
        ContractError: the backbone does not take what the frontend yields.
    """

    frontend: Frontend
    backbone: Backbone

    def __init__(self, frontend: Frontend, backbone: Backbone) -> None:
        super().__init__()
        if frontend.yields != backbone.accepts:
            message = (
                f"The frontend {type(frontend).__name__} yields '{frontend.yields}', but the backbone "
                f"{type(backbone).__name__} accepts '{backbone.accepts}'. Choose two that fit."
            )
            raise ContractError(message)
        self.frontend = frontend
        self.backbone = backbone
        self.heads = nn.ModuleDict()

    @property
    def tasks(self) -> tuple[str, ...]:
        """Ids of the tasks that have a head, in the order they came."""
        return tuple(unquote(key) for key in self.heads)

    def add_task(self, task: str, outputs: int, *, dropout: float = 0.2) -> Head:
        """Give ``task`` a fresh head with ``outputs`` outputs, on the model's device, and return it.

        Raises:
            ContractError: the task has no name, no outputs, or a head already.
        """
        if not task:
            raise ContractError("A task needs a name, such as 'corpus/target'; this one is empty.")
        if outputs < 1:
            raise ContractError(f"Task '{task}' has {outputs} outputs; it needs one at least. Check its classes.")
        if task in self.tasks:
            raise ContractError(f"The model has a head for task '{task}' already. Add each task once.")
        head = Head(self.backbone.dim, outputs, dropout=dropout)
        parameter = next(self.parameters(), None)
        self.heads[task_key(task)] = head if parameter is None else head.to(parameter.device)
        return head

    def forward(
        self, wave: Tensor, lengths: Tensor, task: str, *, mean: Tensor | None = None, scale: Tensor | None = None
    ) -> Tensor:
        """Turn waves into the outputs (B, K) of one task, in float32.

        Args:
            wave: (B, T) float32 in [-1, 1] at 16 kHz.
            lengths: (B,) int64, valid samples of each wave.
            task: id of a task that was added.
            mean: (B, *frontend.shape), taken off the features of each clip.
            scale: (B, *frontend.shape), by which they are then divided.

        Raises:
            UnknownName: the model has no such task.
        """
        key = task_key(task)
        if key not in self.heads:
            raise UnknownName("task", task, self.tasks)
        outputs: Tensor = self.heads[key](self.embed(wave, lengths, mean=mean, scale=scale))
        return outputs.float()

    def embed(
        self, wave: Tensor, lengths: Tensor, *, mean: Tensor | None = None, scale: Tensor | None = None
    ) -> Tensor:
        """Turn waves into embeddings (B, D), as ``forward`` does before the head."""
        features, frames = self.features(wave, lengths, mean=mean, scale=scale)
        return self.backbone(features, frames)

    def features(
        self, wave: Tensor, lengths: Tensor, *, mean: Tensor | None = None, scale: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Turn waves into normalised features and their lengths (B,) in frames; invalid frames are 0."""
        # Half precision loses the quiet parts of a spectrum, so the frontend never runs under autocast.
        with torch.autocast(wave.device.type, enabled=False):
            features, frames = self.frontend(wave.float(), lengths)
            if mean is None and scale is None:
                return features, frames
            axis = FRAME_AXIS[self.frontend.yields]
            if mean is not None:
                features = features - _over_frames(mean, axis)
            if scale is not None:
                features = features / _over_frames(scale, axis)
            return _zero_invalid(features, frames, axis), frames


def task_key(task: str) -> str:
    """Return the name under which a task's head is kept: the id, with what module names cannot hold quoted.

    >>> task_key("foo/emotion"), task_key("foo/v1.2"), task_key("type")
    ('foo/emotion', 'foo/v1%2E2', '%74ype')
    """
    key = task.replace("%", "%25").replace(".", "%2E")
    # A module's name must not be one of its container's own attributes.
    return f"%{ord(key[0]):02X}{key[1:]}" if key and hasattr(_EMPTY, key) else key


def parameter_count(model: nn.Module) -> int:
    """Return how many numbers a model learns; buffers, such as running statistics, do not count."""
    return sum(parameter.numel() for parameter in model.parameters())


def _over_frames(table: Tensor, axis: int | None) -> Tensor:
    return table if axis is None else table.unsqueeze(axis)


def _zero_invalid(features: Tensor, frames: Tensor, axis: int | None) -> Tensor:
    if axis is None:
        return features
    mask = frame_mask(frames, features.shape[axis])
    shape = [len(mask)] + [1] * (features.ndim - 1)
    shape[axis] = mask.shape[1]
    return features.masked_fill(~mask.view(shape), 0.0)
