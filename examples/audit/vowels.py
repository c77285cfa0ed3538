"""What the audit's fingerprints make of sustained vowels: how many of different ones they take for copies.

    python examples/audit/vowels.py

Synthesised by source and filter (Fant, Acoustic Theory of Speech Production, 1960): speakers of their own pitch, tract
and voice say three vowels at three pitches, 1 to 3 s each, as in clinical recordings. The less a voice varies, the
harder it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import lfilter

from emonet.audio.decode import rounded
from emonet.auditing.duplicates import clip_of, find_pairs

RATE = 16_000
FORMANTS = {"a": (730, 1250, 2500, 3400), "i": (280, 2150, 2950, 3500), "u": (310, 850, 2300, 3300)}
"""In Hz, of a man; a woman's are 1.15 times as high."""
BANDWIDTHS = (80, 100, 140, 200)
PITCHES = (1.0, 1.3, 0.88)


@dataclass(frozen=True)
class Voice:
    """One speaker's voice.

    Attributes:
        pitch: in Hz.
        tract: factor of the formants.
        jitter: standard deviation of a period, as a share of it.
        shimmer: the same of a pulse's height.
        wander: how far the pitch drifts within a vowel, as a share of it.
        noise: level of breath below the pulses in dB.
    """

    pitch: float
    tract: float
    jitter: float
    shimmer: float
    wander: float
    noise: float


def vowel(voice: Voice, name: str, seconds: float, seed: int) -> np.ndarray:
    """Return a sustained vowel (T,) at 16 kHz in [-1, 1], rounded to 16 bits."""
    random = np.random.default_rng(seed)
    count = round(seconds * RATE)
    source = _pulses(voice, count, random)
    wave = source + random.normal(0, source.std() * 10 ** (-voice.noise / 20), count)
    for formant, bandwidth in zip(FORMANTS[name], BANDWIDTHS, strict=True):
        radius = np.exp(-np.pi * bandwidth / RATE)
        poles = [1, -2 * radius * np.cos(2 * np.pi * formant * voice.tract / RATE), radius**2]
        wave = lfilter([sum(poles)], poles, wave)
    return rounded((0.5 * wave / np.abs(wave).max()).astype(np.float32))


def _pulses(voice: Voice, count: int, random: np.random.Generator) -> np.ndarray:
    """Return the change of the flow through the glottis: each pulse opens for 40 % of its period, closes for 20 %."""
    flow, begin = np.zeros(count + RATE), 0.0
    drift = np.interp(np.arange(count), np.linspace(0, count, 8), voice.wander * random.normal(0, 1, 8))
    while begin < count:
        period = RATE / (voice.pitch * (1 + drift[int(begin)] + voice.jitter * random.normal()))
        first = int(np.ceil(begin))
        phase = (np.arange(first, int(begin + 0.6 * period)) - begin) / period
        opened = np.where(phase < 0.4, 0.5 - 0.5 * np.cos(np.pi * phase / 0.4), np.cos(np.pi * (phase - 0.4) / 0.4))
        flow[first : first + len(phase)] += (1 + voice.shimmer * random.normal()) * opened
        begin += period
    return np.diff(flow[: count + 1])


def voices(count: int) -> Iterator[Voice]:
    """Yield speakers, men and women in turn, whose voices vary as healthy and hoarse ones do."""
    random = np.random.default_rng(0)
    for number in range(count):
        pitch, tract = (random.uniform(85, 150), 1.0) if number % 2 == 0 else (random.uniform(165, 260), 1.15)
        tract *= random.uniform(0.93, 1.07)
        jitter, shimmer, noise = random.uniform(0.002, 0.015), random.uniform(0.01, 0.08), random.uniform(12, 30)
        yield Voice(pitch, tract, jitter, shimmer, 0.01, noise)


KINDS: dict[str, dict[str, float]] = {
    "as spoken": {},
    "very regular": {"jitter": 0.001, "shimmer": 0.005, "noise": 40.0},
    "synthetic, without breath": {"jitter": 0.0, "shimmer": 0.0, "noise": 300.0},
    "at a fixed pitch, breath at -60 dB": {"jitter": 0.0, "shimmer": 0.0, "noise": 60.0, "wander": 0.0},
    "at a fixed pitch, without breath": {"jitter": 0.0, "shimmer": 0.0, "noise": 300.0, "wander": 0.0},
}
ONE_SOURCE = "as spoken, but one glottis for all three"


def said(speakers: list[Voice], *, one_source: bool = False) -> Iterator[np.ndarray]:
    """Yield each speaker's vowels; with ``one_source`` the three at a pitch differ in nothing but their formants."""
    for number, voice in enumerate(speakers):
        for place, pitch in enumerate(PITCHES):
            for at, name in enumerate(FORMANTS):
                seed = 100 * number + 10 * place + (0 if one_source else at)
                seconds = float(np.random.default_rng(seed).uniform(1, 3))
                yield vowel(replace(voice, pitch=pitch * voice.pitch), name, seconds, seed)


def counted(waves: Iterator[np.ndarray]) -> tuple[int, int, int]:
    """Return how many clips there are, how many of them are taken for copies, and how many tell nothing."""
    clips = [clip_of(wave) for wave in waves]
    wrong = {place for pair in find_pairs(clips) for place in (pair.one, pair.other)}
    return len(clips), len(wrong), sum(not clip.is_comparable for clip in clips)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="What the audit's fingerprints make of sustained vowels.")
    parser.add_argument("--speakers", type=int, default=60, help="how many speak, nine vowels each")
    speakers = list(voices(parser.parse_args().speakers))
    print(f"{'vowels':42} clips  taken for copies  too steady to tell")  # noqa: T201
    for name, altered in {**KINDS, ONE_SOURCE: {}}.items():
        changed = [replace(voice, **altered) for voice in speakers]
        count, wrong, untold = counted(said(changed, one_source=name == ONE_SOURCE))
        print(f"{name:42} {count:5} {wrong:17} {untold:19}")  # noqa: T201


if __name__ == "__main__":
    main()
