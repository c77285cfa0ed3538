"""One optimiser step, and what a model says: shared by training in epochs and in rounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from emonet.errors import EmonetError
from emonet.learn.answers import answers
from emonet.learn.batches import Batch, Evaluation, evaluation_batches
from emonet.learn.clips import Clips
from emonet.learn.losses import LOSSES, class_weights
from emonet.learn.normalisation import ScalingTable
from emonet.model.model import Model
from emonet.model.state import take_over
from emonet.randomness import forked, seed_for, seed_torch
from emonet.recipe.recipe import Training
from emonet.recipe.task import Task

Clipped = Mapping[str, Clips]
"""Split (train, dev, test) -> clips."""


@dataclass
class Learner:
    """A model with its optimiser, and the settings of its training.

    Attributes:
        clips: task id -> split -> clips.
        table: normalisation of the frontend's features, None for none.
        precision: ``fp32`` or ``bf16``.
    """

    model: Model
    tasks: tuple[Task, ...]
    clips: Mapping[str, Clipped]
    settings: Training
    table: ScalingTable | None
    seed: int
    device: torch.device
    precision: str

    @cached_property
    def optimiser(self) -> torch.optim.SGD:
        """The one optimiser over everything that learns."""
        return torch.optim.SGD(self._groups(), lr=0.0, momentum=self.settings.momentum)

    @cached_property
    def weights(self) -> dict[str, torch.Tensor | None]:
        """Class weights (K,) of every task, None where there are no classes or they are not weighted."""
        return {task.id: self._weights(task) for task in self.tasks}

    def step(self, task: Task, batch: Batch, rate: float, moment: tuple[str | int, ...]) -> float:
        """Make one optimiser step on a batch of a task; return the loss.

        ``moment`` names the step: dropout is a function of seed and moment.

        Raises:
            EmonetError: the loss is not a number.
        """
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        with forked(self.device):
            seed_torch(seed_for("dropout", self.seed, *moment), self.device)
            outputs = self._forward(task, self.clips[task.id]["train"], batch)
        loss = LOSSES[task.loss](outputs, batch.labels.to(self.device), self.weights[task.id])
        value = float(loss.detach())
        if not np.isfinite(value):
            place = " ".join(str(word) for word in moment)
            untouched = all(word == 1 for word in moment if isinstance(word, int))
            advice = self._advice(task, self.clips[task.id]["train"], batch, untouched=untouched)
            raise EmonetError(f"Task '{task.id}': the loss is {value} at {place}, so training stops. {advice}")
        torch.autograd.backward(loss)
        self.optimiser.step()
        return value

    def outputs(self, task: Task, split: str) -> NDArray[np.float32]:
        """Return what the model says of a task's split, in the order of its clips.

        Probabilities (N, K) of classes, or numbers (N, D) in the corpus' own unit; of a clip that is judged in several
        pieces, their mean, each weighted by its length.

        Raises:
            EmonetError: an output is not a number.
        """
        clips, evaluation = self.clips[task.id][split], Evaluation(self.settings.evaluate, self.settings.crop)
        sums, weights = np.zeros((len(clips), task.width)), np.zeros((len(clips), 1))
        self.model.eval()
        with torch.inference_mode():
            for batch in evaluation_batches(clips, self.settings.batch, evaluation):
                found = self._forward(task, clips, batch)
                if not bool(found.isfinite().all()):
                    advice = self._advice(task, clips, batch)
                    raise EmonetError(f"Task '{task.id}': an output on {split} is not a number. {advice}")
                positions, lengths = list(batch.positions), batch.lengths.numpy()[:, None]
                np.add.at(sums, positions, answers(task, found) * lengths.astype(float))
                np.add.at(weights, positions, lengths)
        return (sums / weights).astype(np.float32)

    def state(self) -> dict[str, torch.Tensor]:
        """Return weights and momentum, to go on from exactly here."""
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        for name, parameter in self.model.named_parameters():
            momentum = self.optimiser.state.get(parameter, {}).get("momentum_buffer")
            if momentum is not None:
                tensors[f"momentum.{name}"] = momentum
        return tensors

    def take_up(self, tensors: Mapping[str, torch.Tensor], origin: Path) -> None:
        """Put back what ``state`` returned; ``origin`` is where it was kept.

        Raises:
            EmonetError: the tensors belong to another model.
        """
        prefix = "model."
        found = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        take_over(self.model.state_dict(), found, origin)
        for name, parameter in self.model.named_parameters():
            if f"momentum.{name}" in tensors:
                momentum = tensors[f"momentum.{name}"].to(self.device)
                self.optimiser.state[parameter]["momentum_buffer"] = momentum

    def _forward(self, task: Task, clips: Clips, batch: Batch) -> torch.Tensor:
        wave, lengths = batch.wave.to(self.device), batch.lengths.to(self.device)
        mean, scale = self._scaling(clips, batch)
        low = self.precision == "bf16"
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=low):
            outputs: torch.Tensor = self.model(wave, lengths, task.id, mean=mean, scale=scale)
        return outputs

    def _scaling(self, clips: Clips, batch: Batch) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """Return mean and scale of each clip's group, None where nothing is normalised."""
        if self.table is None:
            return None, None
        rows = self.table.rows([clips.groups[position] for position in batch.positions])
        mean, scale = (torch.from_numpy(array).to(self.device) for array in rows)
        return mean, scale

    @torch.no_grad()
    def _advice(self, task: Task, clips: Clips, batch: Batch, *, untouched: bool = False) -> str:
        """Return what to do where outputs for some clips are not numbers; ``untouched``: no step was made before."""
        if not all(bool(weight.isfinite().all()) for weight in self.model.parameters()):
            if untouched:
                return "The weights that training starts from are not numbers. Start from others."
            lower = "Lower the learning rates."
            if self.precision != "fp32":
                lower = "Choose precision: fp32, and where that does not help: lower the learning rates."
            return f"Its weights are not numbers any more. {lower}"
        if self.precision != "fp32":
            exact = replace(self, precision="fp32")
            if bool(exact._forward(task, clips, batch).isfinite().all()):
                return f"In fp32 the same clips give numbers, in {self.precision} they do not. Choose precision: fp32."
        mean, scale = self._scaling(clips, batch)
        wave, lengths = batch.wave.to(self.device), batch.lengths.to(self.device)
        features, _ = self.model.features(wave, lengths, mean=mean, scale=scale)
        for position, one in zip(batch.positions, features, strict=True):
            if not bool(one.isfinite().all()):
                clip = clips.items[position].id
                return f"The features of '{clip}' are not numbers. Listen to the clip, and check the frontend."
        if untouched:
            return "No step was made, and weights and features are numbers. Check the backbone: emonet plugins check."
        return "Its weights have grown too large. Lower the learning rates."

    def _weights(self, task: Task) -> torch.Tensor | None:
        if not self.settings.class_weights or not task.classes:
            return None
        return class_weights(self.clips[task.id]["train"].labels, task.width).to(self.device)

    def _groups(self) -> list[dict[str, Any]]:
        """Put weight decay on convolutions and linear layers that learn, not on norms and biases.

        An adapter may ask for an l2 factor of its own: its term is factor * sum of squares, whose gradient is twice
        the factor times the weight.
        """
        decays = self._adapter_decays()
        groups: dict[float, list[torch.nn.Parameter]] = {}
        for parameter in self.model.parameters():
            if parameter.requires_grad:
                decay = decays.get(parameter, self.settings.weight_decay) if parameter.dim() > 1 else 0.0
                groups.setdefault(decay, []).append(parameter)
        return [{"params": found, "weight_decay": decay} for decay, found in groups.items()]

    def _adapter_decays(self) -> dict[torch.nn.Parameter, float]:
        decays: dict[torch.nn.Parameter, float] = {}
        for task in self.tasks:
            factors = self.model.adapter_decays(task.id, len(self.clips[task.id]["train"]))
            decays |= {parameter: 2 * factor for parameter, factor in factors.items()}
        return decays
