"""Generated sounds that change like speech does: harmonics of a wandering pitch under wandering formants."""

from __future__ import annotations

from typing import Any

import numpy as np

RATE = 16_000
Wave = np.ndarray[Any, np.dtype[np.float32]]


def babble(seed: int, seconds: float = 1.0) -> Wave:
    """Return a sound (T,) at 16 kHz in [-1, 1] that depends on the seed alone."""
    random = np.random.default_rng(seed)
    count, steps = int(seconds * RATE), max(3, int(seconds * 12))
    time = np.linspace(0, 1, count)

    def wandering(low: float, high: float) -> np.ndarray[Any, Any]:
        return np.interp(time, np.linspace(0, 1, steps), random.uniform(low, high, steps))

    phase = 2 * np.pi * np.cumsum(wandering(90, 260)) / RATE
    formants = [wandering(250, 900), wandering(900, 2300), wandering(2300, 3300)]
    pitch = np.gradient(phase) * RATE / (2 * np.pi)
    wave = np.zeros(count)
    for harmonic in range(1, 25):
        frequency = harmonic * pitch
        gain = sum(np.exp(-(((frequency - formant) / 150) ** 2)) for formant in formants)
        wave += (gain + 0.01) * np.sin(harmonic * phase)
    wave *= wandering(0.2, 1.0)
    return (0.5 * wave / np.abs(wave).max()).astype(np.float32)


def as_int16(wave: Wave) -> np.ndarray[Any, np.dtype[np.int16]]:
    """Return a wave as it stands in a store."""
    return np.round(np.clip(wave, -1, 1) * 32767).astype(np.int16)
