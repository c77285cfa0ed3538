"""The whole network: a frontend, a backbone that all tasks share, and what each task owns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args
from urllib.parse import unquote

from torch import Tensor, nn

from emonet.errors import ContractError, UnknownName
from emonet.model.adapt import Private
from emonet.model.features import normalised_features
from emonet.model.head import Head
from emonet.model.merge import Merged, merge
from emonet.model.state import take_over, task_key, task_state

if TYPE_CHECKING:
    from emonet.model.contracts import Adapter, Backbone, Frontend

__all__ = ["Model", "Tunable", "parameter_count", "private_share", "task_key"]

Tunable = Literal["all", "head", "private"]
"""What is tuned: everything; a task's head; or its head, adapter tensors and norms."""


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
        self.private = nn.ModuleDict()
        self._tuned: tuple[Tunable, str | None] = ("all", None)
        # What a backbone has frozen by itself, such as pretrained layers, is never tuned.
        self._fixed = frozenset(name for name, value in self.named_parameters() if not value.requires_grad)

    @property
    def tasks(self) -> tuple[str, ...]:
        """Ids of the tasks that have a head, in the order they came."""
        return tuple(unquote(key) for key in self.heads)

    def add_task(self, task: str, outputs: int, *, dropout: float = 0.2, adapter: Adapter | None = None) -> Head:
        """Give ``task`` a fresh head with ``outputs`` outputs, on the model's device, and return it.

        Without an adapter the task uses the plain backbone. With one it owns the adapter's tensors and, if the
        adapter says so, norms of its own, which start as the backbone's are now.

        Raises:
            ContractError: the task has no name, no outputs or a head already, or the adapter finds no layer.
        """
        if not task:
            raise ContractError("A task needs a name, such as 'corpus/target'; this one is empty.")
        if outputs < 1:
            raise ContractError(f"Task '{task}' has {outputs} outputs; it needs one at least. Check its classes.")
        if task in self.tasks:
            raise ContractError(f"The model has a head for task '{task}' already. Add each task once.")
        parameter = next(self.parameters(), None)
        head = Head(self.backbone.dim, outputs, dropout=dropout)
        private = None if adapter is None else Private(_module(self.backbone), adapter)
        self.heads[task_key(task)] = head
        if private is not None:
            self.private[task_key(task)] = private
        if parameter is not None:
            self.to(parameter.device)
        self._freeze(head, private)
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
        outputs: Tensor = self.head_of(task)(self.embed(wave, lengths, task=task, mean=mean, scale=scale))
        return outputs.float()

    def embed(
        self,
        wave: Tensor,
        lengths: Tensor,
        *,
        task: str | None = None,
        mean: Tensor | None = None,
        scale: Tensor | None = None,
    ) -> Tensor:
        """Turn waves into embeddings (B, D) of a task's backbone, or of the plain one."""
        features, frames = self.features(wave, lengths, mean=mean, scale=scale)
        private = None if task is None else self.private_of(task)
        if private is None:
            return self.backbone(features, frames)
        embedding: Tensor = private(self.backbone, features, frames)
        return embedding

    def features(
        self, wave: Tensor, lengths: Tensor, *, mean: Tensor | None = None, scale: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Turn waves into normalised features and their lengths (B,) in frames; invalid frames are 0."""
        return normalised_features(self.frontend, wave, lengths, mean=mean, scale=scale)

    def tune(self, part: Tunable, task: str | None = None) -> None:
        """Choose what learns; all else is frozen and stays in evaluation mode, running statistics included.

        Args:
            part: ``all``: frontend, backbone and all that the tasks own; ``head``: a task's head; ``private``:
                its head, adapter tensors and norms.
            task: the one task whose own tensors learn; None with ``all``: every task's.

        Raises:
            UnknownName: there is no such part or task.
            ContractError: a part of a task is to learn, and no task is named.
        """
        if part not in get_args(Tunable):
            raise UnknownName("part of a model", part, get_args(Tunable))
        if task is None and part != "all":
            raise ContractError(f"Tuning '{part}' needs a task. Name one of {', '.join(self.tasks) or 'none'}.")
        self._tuned = (part, None if task is None else self._key(task))
        self._freeze()

    def train(self, mode: bool = True) -> Model:
        """Set what learns to training mode; frozen parts stay in evaluation mode."""
        super().train(mode)
        for part, learns in self._parts():
            if not learns and any(True for _ in part.parameters()):
                part.eval()
        return self

    def shared_state(self) -> dict[str, Tensor]:
        """Return the backbone's tensors under their own names."""
        return _module(self.backbone).state_dict()

    def load_shared(self, state: Mapping[str, Tensor], origin: Path) -> None:
        """Put tensors into the backbone; all of them, or none.

        Raises:
            EmonetError: naming those that are missing, unexpected or of another shape.
        """
        take_over(self.shared_state(), state, origin)

    def norm_state(self, task: str, *, folded: bool = False) -> dict[str, Tensor]:
        """Return the norms (and other whole layers) that a task owns, under their names in the backbone.

        With ``folded`` also the layers that its adapter stands beside, with what the adapter adds to them.

        Raises:
            ContractError: the task's adapter does not fold.
        """
        private = self.private_of(task)
        if private is None:
            return {}
        if not folded:
            return {name: tensor.detach() for name, tensor in private.copied().items()}
        if not private.adapter.foldable:
            message = (
                f"The adapter {type(private.adapter).__name__} of task '{task}' does not fold into the shared weights. "
                "Choose one that folds; dropout on an adapter's branch keeps it from folding, too."
            )
            raise ContractError(message)
        return {name: tensor.detach() for name, tensor in private.tensors(_module(self.backbone)).items()}

    def task_state(self, task: str) -> dict[str, Tensor]:
        """Return all that a task owns: ``head.*`` and ``private.*``."""
        private = self.private_of(task)
        return task_state(self.head_of(task).state_dict(), None if private is None else private.state_dict())

    def load_task(self, task: str, state: Mapping[str, Tensor], origin: Path) -> None:
        """Put tensors into what a task owns; all of them, or none.

        Raises:
            EmonetError: naming those that are missing, unexpected or of another shape.
        """
        take_over(self.task_state(task), state, origin)

    def merged(self, task: str) -> Merged:
        """Return a plain network for one task: adapter and norms are folded into biased convolutions.

        Raises:
            ContractError: the task's adapter does not fold.
        """
        return merge(self.frontend, self.backbone, self.head_of(task), self.private_of(task))

    def adapter_decays(self, task: str, clips: int) -> dict[nn.Parameter, float]:
        """Return the l2 factor of each adapter tensor of a task with ``clips`` clips in train; empty: everybody's."""
        private = self.private_of(task)
        decay = None if private is None else private.adapter.decay_of(clips)
        if private is None or decay is None:
            return {}
        return dict.fromkeys(private.beside.parameters(), decay)

    def head_of(self, task: str) -> Head:
        """Return a task's head."""
        return cast(Head, self.heads[self._key(task)])

    def private_of(self, task: str) -> Private | None:
        """Return what a task owns of the backbone; None where it uses the plain one."""
        key = self._key(task)
        return cast(Private, self.private[key]) if key in self.private else None

    def _key(self, task: str) -> str:
        key = task_key(task)
        if key not in self.heads:
            raise UnknownName("task", task, self.tasks)
        return key

    def _parts(self) -> Iterator[tuple[nn.Module, bool]]:
        """Yield each part and whether it learns."""
        part, only = self._tuned
        yield _module(self.frontend), part == "all"
        yield _module(self.backbone), part == "all"
        for key, head in self.heads.items():
            yield head, only in {None, key}
        for key, private in self.private.items():
            yield private, only in {None, key} and part != "head"

    def _freeze(self, *parts: nn.Module | None) -> None:
        """Let learn what is tuned: of all parts, or of those given."""
        for part, learns in self._parts():
            if not parts or part in parts:
                part.requires_grad_(learns)
        for name in self._fixed:
            self.get_parameter(name).requires_grad_(False)
        self.train(self.training)


def parameter_count(model: nn.Module) -> int:
    """Return how many numbers a model learns; buffers, such as running statistics, do not count."""
    return sum(parameter.numel() for parameter in model.parameters())


def private_share(model: Model, task: str) -> tuple[int, int]:
    """Return how many parameters of one task's network are its own, and how many it has in all.

    What the task has copies of is not counted twice.
    """
    private = model.private_of(task)
    own = parameter_count(model.head_of(task)) + (0 if private is None else parameter_count(private))
    replaced = {} if private is None else private.copied()
    shared = (value for name, value in _module(model.backbone).named_parameters() if name not in replaced)
    return own, own + sum(value.numel() for value in shared) + parameter_count(_module(model.frontend))


def _module(part: Frontend | Backbone) -> nn.Module:
    return cast(nn.Module, part)
