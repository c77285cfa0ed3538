"""How many changed copies the audit's fingerprints find in a prepared corpus, and how many others it takes for copies.

    python examples/audit/recall.py polish_speech_emotions

For each change, copies of some clips are added to all clips of the corpus, and all pairs are looked for.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import soundfile
import soxr

from emonet.audio.arrow import as_float
from emonet.audio.roots import current
from emonet.audio.store import Store, open_store
from emonet.auditing.duplicates import clip_of, find_pairs

Change = Callable[[np.ndarray], np.ndarray]


def resampled(wave: np.ndarray, there: int, back: int = 16_000) -> np.ndarray:
    """Return a wave brought to another rate and back; ``back`` other than 16 kHz changes speed and pitch."""
    return soxr.resample(soxr.resample(wave, 16_000, there), there, back)


def as_mp3(wave: np.ndarray) -> np.ndarray:
    """Return a wave that went through MP3 at soundfile's default quality."""
    file = io.BytesIO()
    soundfile.write(file, wave, 16_000, format="MP3")
    file.seek(0)
    return soundfile.read(file, dtype="float32")[0]


def noisy(wave: np.ndarray, ratio: float) -> np.ndarray:
    """Return a wave in white noise; ``ratio`` in dB."""
    power = np.sqrt((wave**2).mean()) * 10 ** (-ratio / 20)
    return wave + np.random.default_rng(1).normal(0, power, len(wave)).astype(np.float32)


CHANGES: dict[str, Change] = {
    "12 dB lower": lambda wave: wave / 4,
    "6 dB over full scale, clipped": lambda wave: 2 * wave / max(1e-6, float(np.abs(wave).max())),
    "8 kHz and back": lambda wave: resampled(wave, 8000),
    "44.1 kHz and back": lambda wave: resampled(wave, 44_100),
    "a tenth cut at either end": lambda wave: wave[len(wave) // 10 : -(len(wave) // 10)],
    "the first quarter cut": lambda wave: wave[len(wave) // 4 :],
    "0.3 s of silence before it": lambda wave: np.pad(wave, (4801, 0)),
    "MP3": as_mp3,
    "white noise at 30 dB": lambda wave: noisy(wave, 30),
    "white noise at 20 dB": lambda wave: noisy(wave, 20),
    "white noise at 10 dB": lambda wave: noisy(wave, 10),
    "2 % slower": lambda wave: resampled(wave, 16_000, 16_320),
}


@dataclass(frozen=True)
class Row:
    """What was found of one change: copies by their original, and pairs that are none."""

    change: str
    found: int
    copies: int
    wrong: int


def measured(store: Store, count: int) -> Iterator[Row]:
    """Yield the counts for each change over ``count`` clips."""
    clips = [clip_of(store.wave(row)) for row in range(len(store))]
    rows = np.random.default_rng(0).choice(len(store), min(count, len(store)), replace=False)
    for change, changed in CHANGES.items():
        copies = [clip_of(_as_int16(changed(as_float(store.wave(row))))) for row in rows]
        originals = {len(clips) + place: int(row) for place, row in enumerate(rows)}
        found, wrong = set(), 0
        for pair in find_pairs([*clips, *copies]):
            one, other = originals.get(pair.one, pair.one), originals.get(pair.other, pair.other)
            if clips[one].exact != clips[other].exact:
                wrong += 1
            elif pair.one != one or pair.other != other:
                found |= {pair.one, pair.other} & set(originals)
        yield Row(change, len(found), len(copies), wrong)


def _as_int16(wave: np.ndarray) -> np.ndarray:
    return np.round(np.clip(wave, -1, 1) * 32767).astype(np.int16)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="How many changed copies the audit's fingerprints find.")
    parser.add_argument("corpus", help="the id of a prepared corpus")
    parser.add_argument("--clips", type=int, default=100, help="how many clips are copied")
    given = parser.parse_args()
    folder = current(given.corpus)
    if folder is None:
        parser.error(f"{given.corpus} is not prepared: emonet corpora prepare {given.corpus}")
    print(f"{'change':32} found     other pairs")  # noqa: T201
    for row in measured(open_store(folder), given.clips):
        print(f"{row.change:32} {row.found:3} of {row.copies:3} {row.wrong:8}")  # noqa: T201


if __name__ == "__main__":
    main()
