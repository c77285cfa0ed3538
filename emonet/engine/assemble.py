"""Putting a stage's model together: components, weights to start from, tasks, and what of it learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emonet.errors import EmonetError
from emonet.files import stages_folder
from emonet.plugin.registry import Registry
from emonet.randomness import forked, seed_for, seed_torch
from emonet.recipe.stage import Stage

if TYPE_CHECKING:
    import torch

    from emonet.model.model import Model


@dataclass(frozen=True)
class Assembler:
    """Builds models of stages; ``stages`` is key -> stage, so that parents can be found."""

    registry: Registry
    stages: Mapping[str, Stage]

    def started(self, stage: Stage) -> Model:
        """Return the stage's model as its training begins.

        Raises:
            EmonetError: the weights to start from belong to another model, or have no norms to share.
        """
        with forked():
            return self._started(stage)

    def trained(self, stage: Stage, weights: str) -> Model:
        """Return the stage's model with the weights called ``best`` or ``final``."""
        with forked():
            return self._trained(stage, weights)

    def _started(self, stage: Stage) -> Model:
        model = self._plain(stage)
        parent = self._take_shared(model, stage)
        self._add_tasks(model, stage)
        if parent is not None and stage.start is not None and stage.start.keeps_private:
            for task in stage.tasks:
                model.load_task(task.id, parent.task_state(task.id), _weights(stage.start.parent, stage.start.weights))
        model.tune(stage.tuned if stage.tuned != "svm" else "all", None if stage.tuned == "all" else stage.task.id)
        return model

    def _trained(self, stage: Stage, weights: str) -> Model:
        from emonet.learn.checkpoint import load_checkpoint
        from emonet.model.state import take_over

        model, path = self._plain(stage), _weights(stage.key, weights)
        self._add_tasks(model, stage)
        take_over(model.state_dict(), load_checkpoint(path)[0], path)
        return model

    def _plain(self, stage: Stage) -> Model:
        from emonet.model.model import Model

        seed_torch(seed_for("initial weights", stage.seed))
        return Model(self._build(stage, "frontend"), self._build(stage, "backbone"))

    def _add_tasks(self, model: Model, stage: Stage) -> None:
        adapter = self._build(stage, "adapter") if stage.is_adapted else None
        for task in stage.tasks:
            model.add_task(task.id, task.width, dropout=stage.learning.dropout, adapter=adapter)

    def _take_shared(self, model: Model, stage: Stage) -> Model | None:
        """Load the shared weights that a stage starts from; return the parent's model, if there is one."""
        from emonet.model.state import mean_state

        start = stage.start
        if start is None:
            return None
        if start.checkpoint:
            path = Path(start.checkpoint)
            model.load_shared(_shared_of(path, stage), path)
            return None
        # Within one fork: what is drawn for the parent comes before the fresh private tensors, as it always did.
        parent = self._trained(self.stages[start.parent], start.weights)
        taken = [parent.norm_state(task, folded=start.folded) for task in start.norms_of]
        shared = {**parent.shared_state(), **(mean_state(taken) if taken else {})}
        model.load_shared(shared, _weights(start.parent, start.weights))
        return parent

    def _build(self, stage: Stage, role: str) -> Any:
        part = stage.components[role]
        kind: Any = f"{role}s"
        return self.registry.build(kind, part.name, part.options)


def _weights(key: str, name: str) -> Path:
    return stages_folder() / key / f"{name}.safetensors"


def _shared_of(path: Path, stage: Stage) -> dict[str, torch.Tensor]:
    from emonet.learn.checkpoint import load_checkpoint
    from emonet.model.state import backbone_in, has_private

    tensors, _ = load_checkpoint(path)
    if stage.tuned == "head" and has_private(tensors):
        message = (
            f"{path}: the norms of this model belong to its tasks, so a head alone cannot be tuned on it. "
            "Choose the strategy 'adapters', or a checkpoint of a model without adapters."
        )
        raise EmonetError(message)
    return backbone_in(tensors)
