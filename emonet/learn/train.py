"""Training on one task by epochs: learning rates that fall with patience on dev (paper, 4.3 and 5.2.2)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emonet.errors import EmonetError
from emonet.events import EpochEnded, Listener, Notice
from emonet.learn.answers import part_scores
from emonet.learn.batches import train_batches
from emonet.learn.checkpoint import load_checkpoint, save_checkpoint
from emonet.learn.learner import Learner
from emonet.learn.schedule import Progression, after_epoch, after_patience, learning_rate
from emonet.task import Task

RESUME_EVERY = 15.0
"""Seconds between two resume points: little to repeat, and little to write."""
RESUME = "resume.safetensors"


@dataclass
class EpochTrainer:
    """Trains a learner's first task.

    Attributes:
        rates: learning rates, one after the other.
        folder: where checkpoints go: ``resume``, ``best`` and ``final``.
        facts: written into the checkpoints.
    """

    learner: Learner
    rates: tuple[float, ...]
    folder: Path
    key: str
    listen: Listener
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def task(self) -> Task:
        """The task."""
        return self.learner.tasks[0]

    def train(self) -> tuple[Progression, list[dict[str, Any]]]:
        """Train to the end, from the resume point where there is one.

        Returns:
            Where training ended, and one entry for each epoch.

        Raises:
            EmonetError: the loss is no number.
        """
        now, history = self._resumed()
        saved = time.monotonic()
        while now.stage < len(self.rates):
            now = self._epoch(now, history)
            if time.monotonic() - saved > RESUME_EVERY:
                self._save_resume(now, history)
                saved = time.monotonic()
        self._save("final", now)
        (self.folder / RESUME).unlink(missing_ok=True)
        return now, history

    def _epoch(self, now: Progression, history: list[dict[str, Any]]) -> Progression:
        started = time.monotonic()
        loss, steps = self._steps(now)
        scores = part_scores(self.task, "dev", self.learner.outputs(self.task, "dev"))
        score = scores[f"dev_{self.task.metric}"]
        rate = learning_rate(self.rates, now, self.learner.settings.decay)
        better = self.task.is_better(score, now.best)
        then = after_epoch(now, score, steps, better=better)
        then = after_patience(then, self.learner.settings.patience, self.learner.settings.epochs)
        metrics = {"train_loss": loss, **scores}
        history.append({"epoch": then.epoch, "learning_rate": rate, "seconds": time.monotonic() - started, **metrics})
        if better:
            # In this order: whoever resumes at the best epoch writes its weights again, so that both agree.
            self._save_resume(then, history)
            self._save("best", then)
        self.listen(EpochEnded(self.key, then.epoch, rate, metrics))
        return then

    def _steps(self, now: Progression) -> tuple[float, int]:
        """Make one step for each batch of an epoch; return mean loss and number of steps."""
        learner, epoch, losses = self.learner, now.epoch + 1, []
        learner.model.train()
        clips = learner.clips[self.task.id]["train"]
        batches = train_batches(clips, learner.settings, seed=learner.seed, epoch=epoch)
        for step, batch in enumerate(batches, start=1):
            rate = learning_rate(self.rates, now, learner.settings.decay, step - 1)
            losses.append(learner.step(self.task, batch, rate, ("epoch", epoch, "step", step)))
        return sum(losses) / len(losses), len(losses)

    def _save(self, name: str, now: Progression) -> None:
        facts = {**self.facts, **now.to_json()}
        save_checkpoint(self.folder / f"{name}.safetensors", self.learner.model.state_dict(), facts)

    def _save_resume(self, now: Progression, history: list[dict[str, Any]]) -> None:
        facts = {"progression": now.to_json(), "history": history}
        save_checkpoint(self.folder / RESUME, self.learner.state(), facts)

    def _resumed(self) -> tuple[Progression, list[dict[str, Any]]]:
        if not (self.folder / RESUME).is_file():
            return Progression(), []
        try:
            tensors, facts = load_checkpoint(self.folder / RESUME)
            now = Progression(**facts["progression"])
            if now.epoch != now.best_epoch:
                load_checkpoint(self.folder / "best.safetensors")  # of an earlier epoch, so it must be whole
            self.learner.take_up(tensors, self.folder / RESUME)
        except EmonetError as problem:
            self.listen(Notice(f"Training begins anew, since its resume point cannot be read: {problem}"))
            return Progression(), []
        if now.epoch == now.best_epoch:
            self._save("best", now)
        return now, facts["history"]
