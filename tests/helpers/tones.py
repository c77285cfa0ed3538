"""A small corpus of generated tones: the label is heard in the pitch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

PITCH = {"anger": 440.0, "neutral": 220.0, "sadness": 110.0}


def write_tone(path: Path, pitch: float, seconds: float, *, seed: int, rate: int = 16_000, level: float = 0.4) -> None:
    """Write a WAV with a tone in a little noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(seed).normal(0, 0.02, len(time))
    soundfile.write(path, level * np.sin(2 * np.pi * pitch * time) + noise, rate)


def make_tones(folder: Path, *, speakers: int = 4, takes: int = 2, seconds: float = 0.3, first: int = 0) -> Path:
    """Write a corpus with a manifest: the label is heard in the pitch, each speaker a little apart.

    Speakers are numbered from ``first`` on; those of other numbers make other sounds.
    """
    lines, seed = ["file,label,speaker"], first * len(PITCH) * takes
    for speaker in range(first, first + speakers):
        for label, pitch in PITCH.items():
            for take in range(takes):
                seed += 1
                name = f"s{speaker}/{label}_{take}.wav"
                write_tone(folder / name, pitch * (1 + 0.03 * speaker), seconds + 0.02 * take, seed=seed)
                lines.append(f"{name},{label},s{speaker}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "labels.csv"


def make_rated_tones(folder: Path, *, speakers: int = 6, takes: int = 8, shuffled: bool = False) -> Path:
    """Write a corpus with numbers: valence is heard in the pitch, arousal in the loudness, dominance in both.

    With ``shuffled``, each clip gets the numbers of another, so that nothing can be heard.
    """
    random = np.random.default_rng(11)
    shares = random.uniform(0, 1, (speakers * takes, 2))
    told = shares[random.permutation(len(shares))] if shuffled else shares
    lines = ["file,label:valence[1..5],label:arousal[-1..1],label:dominance[0..100 %],speaker"]
    for number, ((high, loud), (valence, arousal)) in enumerate(zip(shares, told, strict=True)):
        name = f"s{number // takes}/{number % takes}.wav"
        write_tone(folder / name, 110 * 2.5**high, 0.3, seed=number, level=0.05 * 12**loud)
        ratings = f"{1 + 4 * valence:.3f},{2 * arousal - 1:.3f},{50 * (valence + arousal):.2f}"
        lines.append(f"{name},{ratings},s{number // takes}")
    (folder / "rated.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "rated.csv"
