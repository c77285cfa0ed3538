"""The one training loop: SGD on class-weighted cross entropy, learning rates that fall with patience on dev."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from emonet.corpus.corpus import Part
from emonet.errors import EmonetError
from emonet.evaluate.metrics import METRICS
from emonet.events import EpochEnded, Listener
from emonet.learn.batches import Batch, evaluation_batches, train_batches
from emonet.learn.checkpoint import load_checkpoint, load_weights, save_checkpoint
from emonet.learn.clips import Clips
from emonet.learn.losses import LOSSES, class_weights
from emonet.learn.randomness import seed_for
from emonet.learn.scaling import ScalingTable
from emonet.learn.schedule import Progression, after_epoch, after_patience, learning_rate
from emonet.model.model import Model
from emonet.recipe import Training
from emonet.task import Task

_RESUME_EVERY = 15.0
"""Seconds between two resume points: little to repeat, and little to write."""


@dataclass
class Trainer:
    """A model, what it learns from, and how.

    Attributes:
        clips: part (train, dev, test) -> clips.
        table: normalisation of the frontend's features, None for none.
        folder: where checkpoints go: ``resume``, ``best`` and ``final``.
    """

    model: Model
    task: Task
    clips: Mapping[Part, Clips]
    settings: Training
    rates: tuple[float, ...]
    table: ScalingTable | None
    seed: int
    device: torch.device
    precision: str
    folder: Path
    key: str
    listen: Listener

    def train(self) -> tuple[Progression, list[dict[str, Any]]]:
        """Train to the end, from the resume point where there is one.

        Returns:
            Where training ended, and one entry for each epoch.

        Raises:
            EmonetError: the loss is no number.
        """
        self.model.to(self.device)
        self.optimiser = torch.optim.SGD(self._groups(), lr=self.rates[0], momentum=self.settings.momentum)
        weights = class_weights(self.clips["train"].labels, len(self.task.classes)).to(self.device)
        self.weights = weights if self.settings.class_weights else None
        now, history = self._resumed()
        saved = time.monotonic()
        while now.stage < len(self.rates):
            now = self._epoch(now, history)
            if time.monotonic() - saved > _RESUME_EVERY:
                self._save_resume(now, history)
                saved = time.monotonic()
        self._save("final", now)
        (self.folder / "resume.safetensors").unlink(missing_ok=True)
        return now, history

    def outputs(self, clips: Clips) -> NDArray[np.float32]:
        """Return class probabilities (N, K), in the order of the clips."""
        crop = self.settings.crop if self.settings.evaluate == "centre" else None
        result = np.zeros((len(clips), len(self.task.classes)), dtype=np.float32)
        self.model.eval()
        with torch.inference_mode():
            for batch in evaluation_batches(clips, self.settings.batch, crop):
                probabilities = self._forward(clips, batch).float().softmax(dim=1)
                result[list(batch.positions)] = probabilities.cpu().numpy()
        return result

    def load(self, name: str) -> None:
        """Load the weights called ``best`` or ``final``."""
        path = self.folder / f"{name}.safetensors"
        tensors, _ = load_checkpoint(path)
        load_weights(self.model, tensors, path)

    def _epoch(self, now: Progression, history: list[dict[str, Any]]) -> Progression:
        started = time.monotonic()
        loss, steps = self._steps(now)
        predicted = self.outputs(self.clips["dev"]).argmax(axis=1)
        score = METRICS[self.task.metric].of(self.clips["dev"].labels.tolist(), predicted.tolist())
        rate = learning_rate(self.rates, now, self.settings.decay)
        better = self.task.is_better(score, now.best)
        then = after_epoch(now, score, steps, better=better)
        if better:
            self._save("best", then)
        metrics = {"train_loss": loss, f"dev_{self.task.metric}": score}
        history.append({"epoch": then.epoch, "learning_rate": rate, "seconds": time.monotonic() - started, **metrics})
        self.listen(EpochEnded(self.key, then.epoch, rate, metrics))
        return after_patience(then, self.settings.patience, self.settings.epochs)

    def _steps(self, now: Progression) -> tuple[float, int]:
        """Make one optimiser step for each batch of an epoch; return mean loss and number of steps."""
        self.model.train()
        clips, epoch, total, step = self.clips["train"], now.epoch + 1, 0.0, 0
        batches = train_batches(clips, self.settings.batch, self.settings.crop, seed=self.seed, epoch=epoch)
        for step, batch in enumerate(batches, start=1):
            for group in self.optimiser.param_groups:
                group["lr"] = learning_rate(self.rates, now, self.settings.decay, step - 1)
            torch.manual_seed(seed_for("dropout", self.seed, epoch, step))
            self.optimiser.zero_grad(set_to_none=True)
            loss = LOSSES[self.task.loss](self._forward(clips, batch), batch.labels.to(self.device), self.weights)
            value = float(loss.detach())
            if not np.isfinite(value):
                raise EmonetError(self._diverged(value, epoch, step))
            torch.autograd.backward(loss)
            self.optimiser.step()
            total += value
        return total / max(step, 1), step

    def _forward(self, clips: Clips, batch: Batch) -> torch.Tensor:
        wave, lengths = batch.wave.to(self.device), batch.lengths.to(self.device)
        mean = scale = None
        if self.table is not None:
            rows = self.table.rows([clips.groups[position] for position in batch.positions])
            mean, scale = (torch.from_numpy(array).to(self.device) for array in rows)
        low = self.precision == "bf16"
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=low):
            outputs: torch.Tensor = self.model(wave, lengths, self.task.id, mean=mean, scale=scale)
        return outputs

    def _groups(self) -> list[dict[str, Any]]:
        """Put l2 on the weights of convolutions and linear layers, not on norms and biases.

        The paper's term is factor * sum of squares, whose gradient is twice the factor times the weight.
        """
        parameters = list(self.model.parameters())
        matrices = [parameter for parameter in parameters if parameter.dim() > 1]
        others = [parameter for parameter in parameters if parameter.dim() <= 1]
        return [
            {"params": matrices, "weight_decay": 2 * self.settings.l2},
            {"params": others, "weight_decay": 0.0},
        ]

    def _save(self, name: str, now: Progression) -> None:
        facts = {"task": self.task.id, "classes": list(self.task.classes), **now.to_json()}
        save_checkpoint(self.folder / f"{name}.safetensors", self.model.state_dict(), facts)

    def _save_resume(self, now: Progression, history: list[dict[str, Any]]) -> None:
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        for name, parameter in self.model.named_parameters():
            momentum = self.optimiser.state.get(parameter, {}).get("momentum_buffer")
            if momentum is not None:
                tensors[f"momentum.{name}"] = momentum
        facts = {"progression": now.to_json(), "history": history}
        save_checkpoint(self.folder / "resume.safetensors", tensors, facts)

    def _resumed(self) -> tuple[Progression, list[dict[str, Any]]]:
        path = self.folder / "resume.safetensors"
        if not path.is_file():
            return Progression(), []
        tensors, facts = load_checkpoint(path)
        prefix = "model."
        weights = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        load_weights(self.model, weights, path)
        for name, parameter in self.model.named_parameters():
            if f"momentum.{name}" in tensors:
                self.optimiser.state[parameter]["momentum_buffer"] = tensors[f"momentum.{name}"].to(self.device)
        return Progression(**facts["progression"]), facts["history"]

    def _diverged(self, value: float, epoch: int, step: int) -> str:
        return (
            f"Task '{self.task.id}': the loss is {value} in epoch {epoch}, step {step}, so training stops. The best "
            f"weights so far are kept in {self.folder}. Lower training.learning_rates."
        )
