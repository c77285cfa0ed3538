"""Training loops: epochs with patience and falling rates, and rounds over several tasks in turn."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from emonet.errors import EmonetError
from emonet.events import EpochEnded, Listener, Notice, Progress
from emonet.learn.answers import scores_on
from emonet.learn.batches import Batch, batch_cuts, train_batches
from emonet.learn.checkpoint import load_checkpoint, save_checkpoint
from emonet.learn.learner import Learner
from emonet.recipe.recipe import SharedTraining
from emonet.recipe.sampling import Sampler, sampler_of
from emonet.recipe.task import Task


@dataclass(frozen=True, slots=True)
class Progression:
    """Where training stands; a pure value, so that it can be written down and taken up again.

    Attributes:
        epoch: epochs done.
        steps: batches done, for the decay of the learning rate.
        stage: index of the learning rate.
        stage_epochs: epochs done at this learning rate.
        best: best dev score so far.
        best_epoch: the epoch it was reached in, counted from 1.
        waiting: epochs since then, or since the learning rate last fell.
    """

    epoch: int = 0
    steps: int = 0
    stage: int = 0
    stage_epochs: int = 0
    best: float | None = None
    best_epoch: int = 0
    waiting: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the fields as data."""
        return asdict(self)


def after_epoch(now: Progression, score: float, steps: int, *, better: bool) -> Progression:
    """Count an epoch of ``steps`` batches that ended with this dev score."""
    counted = replace(now, epoch=now.epoch + 1, steps=now.steps + steps, stage_epochs=now.stage_epochs + 1)
    if better:
        return replace(counted, best=score, best_epoch=counted.epoch, waiting=0)
    return replace(counted, waiting=now.waiting + 1)


def after_patience(now: Progression, patience: int, limit: int | None) -> Progression:
    """Go on to the next learning rate where patience or the stage's epochs are used up."""
    if now.waiting >= patience or (limit is not None and now.stage_epochs >= limit):
        return replace(now, stage=now.stage + 1, stage_epochs=0, waiting=0)
    return now


def learning_rate(rates: Sequence[float], now: Progression, decay: float, step: int = 0) -> float:
    """Return the rate of a step: the stage's rate / (1 + decay * steps done)."""
    return rates[now.stage] / (1.0 + decay * (now.steps + step))


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
            EmonetError: the loss is not a number.
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
        scores = scores_on(self.task, "dev", self.learner.outputs(self.task, "dev"))
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
    shared: SharedTraining
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
            EmonetError: the loss is not a number.
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
