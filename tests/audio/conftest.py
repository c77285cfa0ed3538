"""A small corpus of tones whose scan lists what lies in its folder, and what preparing it tells."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from emonet import Corpus, Target
from emonet.corpus.corpus import Citation
from tests.helpers.audio_tones import Heard, scan, tone


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def corpus() -> Corpus:
    return Corpus(
        id="tones",
        title="Tones",
        languages=("en",),
        access="public",
        licence="CC0",
        citation=Citation("A. Tone", "Tones", 2020),
        targets=(Target("emotion", classes=("a", "n")), Target("arousal", range=(0.0, 1.0))),
        scan=scan,
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Ten tones of different lengths and pitches."""
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(10):
        sound = tone(0.05 + 0.01 * number, pitch=200 + 30 * number)
        soundfile.write(folder / f"{'an'[number % 2]}{number}.wav", sound, 16_000)
    return folder
