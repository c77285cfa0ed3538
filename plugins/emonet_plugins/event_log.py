"""An observer that keeps a run's events beside its results, one JSON object a line."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

import emonet
from emonet.events import Event, Progress, RunEnded, RunStarted, RunStopped

FILE_NAME = "events.jsonl"


class EventLog:
    """Appends every event between a run's start and its end to ``events.jsonl`` in the run's folder.

    Progress is left out: it is for the eye, and there is much of it. A run that goes on where it was
    killed appends to the same file.
    """

    def __init__(self) -> None:
        self.path: Path | None = None
        self._lock = Lock()

    def __call__(self, event: Event) -> None:
        """Write the event, if a run is on."""
        with self._lock:
            if isinstance(event, RunStarted):
                event.folder.mkdir(parents=True, exist_ok=True)
                self.path = event.folder / FILE_NAME
            if self.path is not None and not isinstance(event, Progress):
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(event_line(event))
            if isinstance(event, RunEnded | RunStopped):
                self.path = None


def event_line(event: Event) -> str:
    """Return an event as a line of JSON: its class name, the time in UTC, and its fields.

    A number that is not finite becomes null, which is all that JSON has for it.
    """
    entry = {"event": type(event).__name__, "time": datetime.now(UTC).isoformat(timespec="milliseconds")}
    return json.dumps(entry | _plain(asdict(event)), ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)


_LOG = EventLog()


@emonet.hookimpl
def emonet_event(event: Event) -> None:
    """Keep the event in the log of the run that is on, if any."""
    _LOG(event)
