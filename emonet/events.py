"""What happens during long work, told to whoever listens: the terminal, a log file, a tracker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Event:
    """Anything that an observer may be told."""


@dataclass(frozen=True, slots=True)
class Progress(Event):
    """Countable work goes on: ``done`` of ``total`` things of ``activity`` (total None: unknown).

    The first event of an activity opens it; ``done == total`` closes it.
    """

    activity: str
    done: int
    total: int | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Notice(Event):
    """A sentence that the user should read."""

    text: str


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """A run begins and writes into ``folder``; ``stages`` is how many stages its plan has."""

    folder: Path
    stages: int


@dataclass(frozen=True, slots=True)
class StageStarted(Event):
    """A stage begins; ``reused`` says that its result was there already."""

    key: str
    title: str
    reused: bool


@dataclass(frozen=True, slots=True)
class EpochEnded(Event):
    """One epoch of training ended; ``metrics`` by name, e.g. ``dev_uar``."""

    key: str
    epoch: int
    learning_rate: float
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StageEnded(Event):
    """A stage is complete and on disk."""

    key: str
    title: str
    seconds: float


@dataclass(frozen=True, slots=True)
class RunEnded(Event):
    """All stages of the run are done and its scores are written."""

    folder: Path


@dataclass(frozen=True, slots=True)
class RunStopped(Event):
    """The run was interrupted or failed before its scores were written; ``reason`` is the error's name."""

    folder: Path
    reason: str


Listener = Callable[[Event], None]


def silent(event: Event) -> None:
    """Listen to nothing: the default listener of every function that reports events."""
