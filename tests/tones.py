"""A small corpus of generated tones: the label is heard in the pitch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

PITCH = {"anger": 440.0, "neutral": 220.0, "sadness": 110.0}


def write_tone(path: Path, pitch: float, seconds: float, *, seed: int, rate: int = 16_000) -> None:
    """Write a WAV with a tone in a little noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(seed).normal(0, 0.02, len(time))
    soundfile.write(path, 0.4 * np.sin(2 * np.pi * pitch * time) + noise, rate)


def make_tones(folder: Path, *, speakers: int = 4, takes: int = 2, seconds: float = 0.3) -> Path:
    """Write a corpus with a manifest: the label is heard in the pitch, each speaker a little apart."""
    lines, seed = ["file,label,speaker"], 0
    for speaker in range(speakers):
        for label, pitch in PITCH.items():
            for take in range(takes):
                seed += 1
                name = f"s{speaker}/{label}_{take}.wav"
                write_tone(folder / name, pitch * (1 + 0.03 * speaker), seconds + 0.02 * take, seed=seed)
                lines.append(f"{name},{label},s{speaker}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "labels.csv"
