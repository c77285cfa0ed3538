"""When the learning rate falls and training ends (paper, 4.3 and 5.2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any


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
