"""Audio that cannot be used: one rule, with the same words from check, prepare and predict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import soundfile

from emonet import Corpus, Utterance
from emonet.audio.prepare import prepare
from emonet.doctor.check import check
from emonet.pack.audio_files import AudioFile
from emonet.pack.predict import Predictor, Unread
from tests.helpers.audio_tones import tone

SOUND = tone(0.5)
RATE = 16_000


def stereo(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.stack([left, right], axis=1)


def with_nan() -> np.ndarray:
    return np.where(np.arange(8000) == 5, np.nan, SOUND)


UNUSABLE: dict[str, tuple[Callable[[], np.ndarray], int, str]] = {
    "silent": (lambda: np.zeros(8000), RATE, "silent"),
    "quiet": (lambda: 0.9e-4 * np.sin(np.arange(8000)), RATE, "silent"),
    "antiphase": (lambda: stereo(SOUND, -SOUND), RATE, "the channels cancel: each has sound, and their mean has none"),
    "nearly": (
        lambda: stereo(SOUND, 5e-5 - SOUND),
        RATE,
        "the channels cancel: each has sound, and their mean has none",
    ),
    "constant": (lambda: np.full(8000, 0.25), RATE, "constant: all samples are alike, and not zero"),
    "offset": (lambda: 0.25 + 5e-5 * np.sin(np.arange(8000)), RATE, "constant: all samples are alike, and not zero"),
    "slow": (lambda: np.full(4000, 0.25), 8_000, "constant: all samples are alike, and not zero"),
    "short": (lambda: SOUND[:399], RATE, "too short: 25 ms, expected 25 ms or more"),
    "nan": (with_nan, RATE, "not finite: some samples are NaN or infinite"),
    "loud": (lambda: 100 * SOUND, RATE, "out of range: samples reach 59.23, expected -1 to 1"),
    "high": (
        lambda: np.sin(2 * np.pi * 20_000 / 48_000 * np.arange(24_000)) * np.hanning(24_000),
        48_000,
        "silent once resampled: all its sound is above what speech is judged by",
    ),
    "broken": (lambda: np.zeros(0), RATE, "no frames"),
}
USABLE: dict[str, tuple[Callable[[], np.ndarray], int]] = {
    "plain": (lambda: SOUND, RATE),
    "one_side": (lambda: stereo(SOUND, np.zeros(8000)), RATE),
    "faint": (lambda: 1.2e-4 * np.sin(np.arange(8000)), RATE),
    "leaning": (lambda: 0.25 + 0.1 * SOUND, RATE),
    "least": (lambda: SOUND[:400], RATE),
    "partly": (lambda: stereo(SOUND, -0.9 * SOUND), RATE),
}


def listed(root: Path) -> Iterator[Utterance]:
    for path in sorted(root.glob("*.wav")):
        yield Utterance(path.stem, path.name, {"emotion": "a"}, speaker="s")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "wav"
    folder.mkdir()
    for name, (made, rate, _) in UNUSABLE.items():
        soundfile.write(folder / f"{name}.wav", made(), rate, subtype="FLOAT")
    for name, (made, rate) in USABLE.items():
        soundfile.write(folder / f"{name}.wav", made(), rate, subtype="FLOAT")
    return folder


def reasons() -> dict[str, str]:
    return {name: reason for name, (_, _, reason) in UNUSABLE.items()}


def test_prepare_leaves_out_what_cannot_be_used(files: Path, corpus: Corpus) -> None:
    prepared = prepare(_corpus(corpus), files)
    assert {problem.id: problem.reason for problem in prepared.problems} == reasons()
    assert prepared.count == len(USABLE)


def test_check_names_what_prepare_leaves_out(files: Path, corpus: Corpus) -> None:
    found = [each for each in check(_corpus(corpus), files) if each.what.startswith("left out: ")]
    told: dict[str, str] = {}
    for finding in found:
        reason = finding.what.removeprefix("left out: ")
        for name in finding.seen.partition(": ")[2].split(", "):
            told[name.removesuffix(".wav")] = reason
    assert told == reasons()
    assert {each.level for each in found if "no frames" in each.what} == {"problem"}
    assert {each.level for each in found if "no frames" not in each.what} == {"warning"}


def test_predict_refuses_what_prepare_leaves_out(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []

    def label_wave(_: object, wave: np.ndarray, name: str, speaker: str) -> list[Any]:
        judged.append(Path(name).stem)
        return []

    monkeypatch.setattr(Predictor, "label_wave", label_wave)
    predictor = Predictor(cast(Any, SimpleNamespace()), {}, cast(Any, None))
    rows = list(predictor.label_all([AudioFile(path) for path in sorted(files.glob("*.wav"))]))
    assert {Path(row.file).stem: row.problem for row in rows if isinstance(row, Unread)} == reasons()
    assert sorted(judged) == sorted(USABLE)


def _corpus(corpus: Corpus) -> Corpus:
    from dataclasses import replace

    return replace(corpus, scan=listed)
