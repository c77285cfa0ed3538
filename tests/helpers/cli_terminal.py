"""What the tests of the command line share: the result of a command, and a tone to write."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as data."""
        return json.loads(self.out)


Emonet = Callable[..., Ran]


def write_tone(path: Path, seconds: float = 0.5, level: float = 0.3) -> None:
    """Write a 220 Hz tone at 16 kHz."""
    time = np.arange(int(16000 * seconds)) / 16000
    samples = (level * 32767 * np.sin(2 * np.pi * 220 * time)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, len(samples), "NONE", ""))
        file.writeframes(samples.tobytes())
