"""What all tests share: a home of their own, no third-party plugins, and a small corpus of generated tones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

PITCH = {"anger": 440.0, "neutral": 220.0, "sadness": 110.0}


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMONET_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("EMONET_PLUGINS", "")
    monkeypatch.delenv("EMONET_DATA", raising=False)


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


@pytest.fixture
def tones(tmp_path: Path) -> Path:
    """The manifest of a small corpus of tones: 4 speakers, 3 classes, 24 clips."""
    return make_tones(tmp_path / "tones")
