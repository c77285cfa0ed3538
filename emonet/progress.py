"""Showing long work: bars on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from emonet.errors import counted
from emonet.events import (
    EpochEnded,
    Event,
    Listener,
    Notice,
    Progress,
    RunEnded,
    RunStarted,
    StageEnded,
    StageStarted,
    silent,
)

if TYPE_CHECKING:
    from rich.console import Console

Clock = Callable[[], float]
PATIENCE = 0.5
"""Seconds that an activity takes before its bar is shown."""
PAUSE = 5.0
"""Seconds between two plain lines."""
WIDE = 160
"""Columns where no terminal gives its width."""


@contextmanager
def progress_listener(console: Console, *, quiet: bool = False) -> Iterator[Listener]:
    """Give a listener that shows on ``console`` what goes on; it shows nothing where ``quiet``."""
    if quiet:
        yield silent
    elif console.is_terminal:
        with Bars(console) as bars:
            yield bars
    else:
        yield PlainLines(console)


def told(progress: bool | Listener) -> AbstractContextManager[Listener]:
    """Give the listener that ``progress`` stands for: on stderr, none, or the one that it is.

    In a notebook these are plain lines, at most one in ``PAUSE`` seconds beside what must be read.
    """
    if callable(progress):
        return nullcontext(progress)
    return _on_stderr() if progress else nullcontext(silent)


@contextmanager
def _on_stderr() -> Iterator[Listener]:
    from rich.console import Console

    # In a notebook rich would display each line as a page of its own, and bars would need ipywidgets.
    wide = None if sys.stderr.isatty() else WIDE
    console = Console(file=sys.stderr, markup=False, emoji=False, highlight=False, width=wide, force_jupyter=False)
    with progress_listener(console) as listen:
        yield listen


@contextmanager
def busy(console: Console, text: str, *, quiet: bool = False) -> Iterator[None]:
    """Show on a terminal that something goes on whose steps cannot be counted."""
    if quiet or not console.is_terminal:
        yield
    else:
        with console.status(text):
            yield


class RunState:
    """How far a run is: stages done, those at work, and as text the one last heard of, its epoch and metrics."""

    def __init__(self) -> None:
        self.total = 0
        self.done: set[str] = set()
        self.at_work: dict[str, str] = {}
        self.epochs: dict[str, int] = {}
        self.stage = self.key = ""
        self.epoch = ""

    def take(self, event: Event) -> bool:
        """Follow an event; return whether it belongs to a run."""
        if isinstance(event, RunStarted):
            self.total = event.stages
        elif isinstance(event, StageStarted):
            self.key, self.stage, self.epoch = event.key, event.title, ""
            self.at_work[event.key] = event.title
            if event.reused:
                self.done.add(event.key)
        elif isinstance(event, EpochEnded):
            self.stage, self.epochs[event.key] = self.at_work.get(event.key, self.stage), event.epoch
            self.key = event.key
            metrics = ", ".join(f"{name} {value:.3f}" for name, value in event.metrics.items())
            self.epoch = f", epoch {event.epoch}, learning rate {event.learning_rate:g}, {metrics}".rstrip(", ")
        elif isinstance(event, StageEnded):
            self.done.add(event.key)
            self.at_work.pop(event.key, None)
            if self.key == event.key and self.at_work:
                (self.key, self.stage), self.epoch = next(iter(self.at_work.items())), ""
        else:
            return isinstance(event, RunEnded)
        return True

    def __str__(self) -> str:
        """Return the stage with its epoch, and how many others are at work."""
        others = f" ({counted(len(self.at_work) - 1, 'other')} at work)" if len(self.at_work) > 1 else ""
        return f"{self.stage or 'run'}{self.epoch}{others}"


_BESIDE = 40
"""Columns that are left for a bar, counts and times beside their text: rich takes them away where the text is long."""


class Bars:
    """Bars on a terminal: one for the whole run, one for each activity that takes more than a moment.

    Where several stages are at work at once, each has a row, which counts its epochs; and so has the one at work where
    the terminal is narrow.
    """

    def __init__(self, console: Console, clock: Clock = time.monotonic) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self.bars = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self.clock, self.state = clock, RunState()
        self.begun: dict[str, float] = {}
        self.shown: dict[str, int] = {}
        self.lock = threading.Lock()

    def __enter__(self) -> Bars:
        self.bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bars.stop()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        with self.lock:
            if isinstance(event, Notice):
                self.bars.console.print(event.text)
            elif isinstance(event, Progress):
                self._follow(event)
            elif self.state.take(event):
                self._follow_run(event)

    def _follow(self, event: Progress) -> None:
        now = self.clock()
        begun = self.begun.setdefault(event.activity, now)
        if event.total is not None and event.done >= event.total:
            self._close(event.activity)
        elif now - begun >= PATIENCE:
            self._show(event.activity, event.activity, event.done, event.total)

    def _show(self, key: str, text: str, done: int, total: int | None) -> None:
        fitted = _fitted(text, self.bars.console.width - _BESIDE)
        if key not in self.shown:
            self.shown[key] = self.bars.add_task(fitted, total=total)
        self.bars.update(self.shown[key], description=fitted, completed=done, total=total)  # type: ignore[arg-type]

    def _close(self, activity: str) -> None:
        self.begun.pop(activity, None)
        if activity in self.shown:
            self.bars.remove_task(self.shown.pop(activity))  # type: ignore[arg-type]

    def _follow_run(self, event: Event) -> None:
        state = self.state
        several = state.at_work if len(state.at_work) > 1 else {}
        for key in [key for key in self.shown if key.startswith(_STAGE) and key.removeprefix(_STAGE) not in several]:
            self._close(key)
        if isinstance(event, RunEnded):
            self._close("run")
            return
        text = f"{len(several)} stages at once" if several else str(state)
        is_long = len(text) > self.bars.console.width - _BESIDE
        self._show("run", state.stage if is_long else text, len(state.done), state.total)
        if is_long and state.epoch and not several:
            self._show(f"{_STAGE}epoch", state.epoch.removeprefix(", "), state.epochs[state.key], None)
        for key, title in several.items():
            self._show(f"{_STAGE}{key}", title, state.epochs.get(key, 0), None)


_STAGE = "stage "


def _fitted(text: str, width: int) -> str:
    """Return a text of at most ``width`` letters: what is too long loses its middle, for titles differ at their ends.

    >>> _fitted("net on polish/emotion, fold s1, seed 1", 24)
    'net on poli…d s1, seed 1'
    """
    if len(text) <= max(width, _LEAST):
        return text
    end = max(width, _LEAST) // 2
    return f"{text[: max(width, _LEAST) - end - 1]}…{text[-end:]}"


_LEAST = 20


class PlainLines:
    """Lines for a log: notices at once, everything else at most once in ``PAUSE`` seconds."""

    def __init__(self, console: Console, clock: Clock = time.monotonic) -> None:
        self.console, self.clock, self.state = console, clock, RunState()
        self.last = clock()
        self.lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Print one event, or pass over it."""
        with self.lock:
            if isinstance(event, Notice):
                self._print(event.text)
            elif isinstance(event, Progress):
                self._print_rarely(_line(event))
            elif self.state.take(event):
                self._follow_run(event)

    def _follow_run(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._print(f"run: {counted(event.stages, 'stage')}, results in {event.folder}")
        elif isinstance(event, RunEnded):
            self._print(f"run: done, results in {event.folder}")
        else:
            self._print_rarely(f"stage {len(self.state.done)} of {self.state.total}: {self.state}")

    def _print_rarely(self, line: str) -> None:
        if self.clock() - self.last >= PAUSE:
            self._print(line)

    def _print(self, line: str) -> None:
        self.last = self.clock()
        self.console.print(line, soft_wrap=True)


def _line(event: Progress) -> str:
    total = f" of {event.total}" if event.total is not None else ""
    detail = f" ({event.detail})" if event.detail else ""
    return f"{event.activity}: {event.done}{total}{detail}"
