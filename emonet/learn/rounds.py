"""Training on several tasks in turn, counted in rounds (paper, 5.2.2 and 6.1)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from emonet.errors import EmonetError
from emonet.events import EpochEnded, Listener, Notice, Progress
from emonet.learn.batches import Batch, batch_cuts, train_batches
from emonet.learn.checkpoint import load_checkpoint, save_checkpoint
from emonet.learn.learner import Learner
from emonet.learn.train import RESUME, RESUME_EVERY
from emonet.recipe import Shared
from emonet.sampling import Sampler, sampler_of

_TELL_EVERY = 50


@dataclass
class RoundTrainer:
    """Trains all tasks of a learner in turn: one batch and one step for each in every round.

    A round counts as one step for the decay of the learning rate (paper, 5.2.2). There is one optimiser over
    the shared weights and every task's own. A task's clips are shuffled anew whenever they have all been seen.

    Attributes:
        rates: learning rates, each for ``shared.rounds`` rounds.
        folder: where checkpoints go: ``resume`` and ``final``.
        facts: written into the checkpoints.
    """

    learner: Learner
    shared: Shared
    rates: tuple[float, ...]
    folder: Path
    key: str
    listen: Listener
    facts: dict[str, Any] = field(default_factory=dict)
    _losses: dict[str, list[float]] = field(default_factory=dict)

    def train(self) -> tuple[int, list[dict[str, Any]], dict[str, dict[str, int]]]:
        """Train to the end, from the resume point where there is one.

        Returns:
            Rounds done, one entry for every fifty rounds, and what each task received: steps and clips.

        Raises:
            EmonetError: the loss is no number.
        """
        done, history, received = self._resumed()
        saved, total = time.monotonic(), self.shared.rounds * len(self.rates)
        self.learner.model.train()
        while done < total:
            self._round(done, received)
            done += 1
            if done % _TELL_EVERY == 0 or done == total:
                self._tell(done, history)
            self.listen(Progress(f"rounds of {len(self.learner.tasks)} tasks", done, total))
            if time.monotonic() - saved > RESUME_EVERY:
                facts = {"done": done, "history": history, "received": received, "losses": self._losses}
                save_checkpoint(self.folder / RESUME, self.learner.state(), facts)
                saved = time.monotonic()
        facts = {**self.facts, "rounds": done, "received": received}
        save_checkpoint(self.folder / "final.safetensors", self.learner.model.state_dict(), facts)
        (self.folder / RESUME).unlink(missing_ok=True)
        return done, history, received

    def _round(self, done: int, received: dict[str, dict[str, int]]) -> None:
        for place, position in enumerate(self._sampler(self.learner.seed, done)):
            task = self.learner.tasks[position]
            counts = received[task.id]
            batch = self._batch(task.id, counts["steps"])
            loss = self.learner.step(task, batch, self._rate(done), ("round", done + 1, "turn", place + 1))
            counts["steps"] += 1
            counts["clips"] += len(batch.positions)
            self._losses.setdefault(task.id, []).append(loss)

    def _batch(self, task_id: str, number: int) -> Batch:
        """Return a task's batch by its running number; a pass over its clips is shuffled by its own number."""
        clips, settings = self.learner.clips[task_id]["train"], self.learner.settings
        epoch, index = divmod(number, len(batch_cuts(len(clips), settings.batch, settings.rest)))
        batches = train_batches(clips, settings, seed=self.learner.seed, epoch=epoch + 1, first=index)
        return next(batches)

    def _rate(self, done: int) -> float:
        return self.rates[done // self.shared.rounds] / (1.0 + self.learner.settings.decay * done)

    @cached_property
    def _sampler(self) -> Sampler:
        names = [task.id for task in self.learner.tasks]
        return sampler_of(self.shared.sampling, names, [len(self.learner.clips[name]["train"]) for name in names])

    def _tell(self, done: int, history: list[dict[str, Any]]) -> None:
        means = {f"train_loss {task}": sum(found) / len(found) for task, found in sorted(self._losses.items())}
        self._losses = {}
        rate = self._rate(done - 1)
        history.append({"round": done, "learning_rate": rate, **means})
        self.listen(EpochEnded(self.key, done, rate, means))

    def _resumed(self) -> tuple[int, list[dict[str, Any]], dict[str, dict[str, int]]]:
        fresh: dict[str, dict[str, int]] = {task.id: {"steps": 0, "clips": 0} for task in self.learner.tasks}
        if not (self.folder / RESUME).is_file():
            return 0, [], fresh
        try:
            tensors, facts = load_checkpoint(self.folder / RESUME)
            self.learner.take_up(tensors, self.folder / RESUME)
        except EmonetError as problem:
            self.listen(Notice(f"Training begins anew, since its resume point cannot be read: {problem}"))
            return 0, [], fresh
        self._losses = facts["losses"]
        return facts["done"], facts["history"], facts["received"]
