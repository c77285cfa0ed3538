"""Events of other processes: written as lines into files beside the plan, and told by the process that shows them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from emonet import events
from emonet.events import Event, Listener, Progress

FOLDER = "events"
OFTEN = 0.2
"""Seconds between two looks into the files, and between two events of progress of one activity."""


@dataclass
class EventWriter:
    """A listener that writes events into a file of its own: one process appends to it, and no other."""

    folder: Path
    _path: Path | None = None
    _last: dict[str, float] = field(default_factory=dict)
    _lock: Any = field(default_factory=threading.Lock)

    def __call__(self, event: Event) -> None:
        """Append one event as a line.

        Raises:
            OSError: the disk is full, or the run whose plan this is has ended and has taken its folder with it.
        """
        with self._lock:
            if isinstance(event, Progress) and not self._is_due(event):
                return
            if self._path is None:
                self.folder.mkdir(exist_ok=True)  # not its parent, which goes when the run has ended
                self._path = self.folder / f"{time.time_ns():020d}-{uuid4().hex[:8]}.jsonl"
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{to_line(event)}\n")

    def _is_due(self, event: Progress) -> bool:
        """Say whether a reader would miss the event: those that open or close an activity always are."""
        now = time.monotonic()
        if event.activity in self._last and event.done != event.total and now - self._last[event.activity] < OFTEN:
            return False
        self._last[event.activity] = now
        return True


def to_line(event: Event) -> str:
    """Return an event as a line of JSON; floats that are not finite stay what they are."""
    return json.dumps({"event": type(event).__name__, **asdict(event)}, default=str)


def from_line(line: str) -> Event:
    """Return the event that ``to_line`` wrote."""
    facts = json.loads(line)
    kind: type[Event] = getattr(events, facts.pop("event"))
    paths = {each.name for each in fields(kind) if each.type in {"Path", Path}}
    return kind(**{name: Path(value) if name in paths else value for name, value in facts.items()})


def _event(line: bytes) -> Event | None:
    try:
        return from_line(line.decode())
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


@dataclass
class Follower:
    """Reads the event files of a folder as they grow, and tells each event once."""

    folder: Path
    tell: Listener
    _read: dict[Path, int] = field(default_factory=dict)

    def look(self) -> None:
        """Tell what has come since the last look; a line that is not complete yet waits for the next one.

        A line that is not an event is passed over: a full disk, or a process that was killed, may cut one short.
        """
        for path in sorted(self.folder.glob("*.jsonl")):
            begin = self._read.setdefault(path, 0)
            with path.open("rb") as file:
                file.seek(begin)
                found = file.read()
            whole = found[: found.rfind(b"\n") + 1]
            self._read[path] = begin + len(whole)
            for event in filter(None, map(_event, whole.splitlines())):
                self.tell(self._named(event, path))

    def _named(self, event: Event, path: Path) -> Event:
        """Tell activities of several processes apart, which may well have one name."""
        number = list(self._read).index(path) + 1
        if not isinstance(event, Progress) or len(self._read) == 1:
            return event
        return replace(event, activity=f"{event.activity} (process {number})")


@contextmanager
def following(folder: Path, tell: Listener) -> Iterator[None]:
    """Tell within the block what other processes write into a folder's event files: each event once, none left out.

    Raises:
        Exception: ``tell`` raised it; told when the block is done, for nobody could tell it before.
    """
    follower, done, raised = Follower(folder, tell), threading.Event(), list[Exception]()

    def follow() -> None:
        while not done.wait(OFTEN):
            try:
                follower.look()
            except Exception as problem:  # noqa: BLE001 - a stranger's listener may raise anything
                raised.append(problem)
                return

    thread = threading.Thread(target=follow, daemon=True, name="emonet-events")
    thread.start()
    ended = False
    try:
        yield
        ended = True
    finally:
        done.set()
        thread.join()
        if not raised:
            follower.look()
        elif ended:
            raise raised[0]
