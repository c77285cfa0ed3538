"""Tones, a scan that lists what lies in a folder, and a listener that keeps what it hears."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from emonet import Utterance
from emonet.events import Event, Notice, Progress


def tone(seconds: float = 0.2, *, rate: int = 16_000, pitch: float = 300.0) -> np.ndarray:
    """Return a tone (T,) float64 in [-1, 1] with an overtone."""
    time = np.arange(round(seconds * rate)) / rate
    return 0.4 * np.sin(2 * np.pi * pitch * time) + 0.2 * np.sin(2 * np.pi * 5 * pitch * time + 1)


def scan(root: Path) -> Iterator[Utterance]:
    """List every file below a root; the first letter of its name is its label."""
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        name = path.relative_to(root).as_posix()
        yield Utterance(id=path.stem, path=name, labels={"emotion": path.name[0], "arousal": 0.25}, speaker="s1")


@dataclass
class Heard:
    """A listener that keeps what it hears."""

    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    @property
    def done(self) -> list[int]:
        """How far each progress event was."""
        return [event.done for event in self.events if isinstance(event, Progress)]

    @property
    def notices(self) -> list[str]:
        """The texts of the notices."""
        return [event.text for event in self.events if isinstance(event, Notice)]
