"""Timing of several ways to do one thing, in turn, and the table that sets them against a reference."""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

PACKAGES = ("torch", "torchaudio", "numpy", "pyarrow", "soundfile", "soxr", "opensmile")


def nothing() -> None:
    """Do nothing: what most cases need before they are timed."""


@dataclass(frozen=True)
class Case:
    """One way to do the thing; ``before`` runs each time, untimed."""

    run: Callable[[], object]
    before: Callable[[], object] = nothing


Seconds = Mapping[str, list[float]]
"""Case -> its times in s, round by round."""


def in_turn(cases: Mapping[str, Case], rounds: int, *, warm: int = 1) -> Seconds:
    """Time all cases one after the other, round by round, after ``warm`` untimed rounds.

    What else the machine does then hits all cases alike.
    """
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(-warm, rounds):
        for name, case in cases.items():
            case.before()
            begin = time.perf_counter()
            case.run()
            if number >= 0:
                seconds[name].append(time.perf_counter() - begin)
    return seconds


def print_ratios(title: str, seconds: Seconds, *, items: tuple[int, str] = (0, "")) -> None:
    """Print each case against the first one, the reference.

    The ratio is the median of the ratios within each round, the time and the difference are medians too. ``items``
    is what a case works through, e.g. (64, "clips").
    """
    reference = next(iter(seconds.values()))
    count, unit = items
    rows = [("", "median ms", "more ms", *([f"{unit}/s"] if count else []), "ratio")]
    for name, times in seconds.items():
        pairs = list(zip(times, reference, strict=True))
        more, ratio = median(a - b for a, b in pairs), median(a / b for a, b in pairs)
        rate = [f"{count / median(times):.1f}"] if count else []
        rows.append((name, f"{1000 * median(times):.1f}", f"{1000 * more:+.1f}", *rate, f"{ratio:.3g}"))
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    rounds = f"{len(reference)} round{'s' if len(reference) > 1 else ''}"
    print(f"\n{title} (medians of {rounds}; the first row is the reference)")
    for name, *cells in rows:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        print("  ".join([name.ljust(widths[0]), *padded]))


def options(what: str) -> argparse.ArgumentParser:
    """Return a parser with the options that all benchmarks take."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--quick", action="store_true", help="tiny sizes and one round: shows that it runs, no more")
    parser.add_argument("--rounds", type=int, help="rounds to time")
    return parser


def rounds_of(given: argparse.Namespace, usual: int) -> int:
    """Return how many rounds to time: those asked for, one if quick, or the usual number."""
    asked: int | None = given.rounds
    return asked or (1 if given.quick else usual)


def print_machine() -> None:
    """Print what the figures depend on."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{platform.machine()}, {os.cpu_count()} cores{load}; Python {platform.python_version()}, {versions}")


def speech_like(seconds: float, rate: int, seed: int) -> NDArray[np.float32]:
    """Return a wave (T,) in [-1, 1] at ``rate`` Hz: a gliding voice with harmonics, pauses and a little noise."""
    randomness = np.random.default_rng(seed)
    clock = np.arange(round(seconds * rate)) / rate
    pitch = randomness.uniform(90, 250) * (1 + 0.2 * np.sin(2 * np.pi * randomness.uniform(0.3, 1) * clock))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    voice = sum(np.sin(number * phase) / number for number in range(1, 9))
    pauses = np.clip(4 * np.sin(2 * np.pi * 1.5 * clock), 0, 1)
    wave: NDArray[np.float32] = (0.2 * voice * pauses + randomness.normal(0, 0.005, len(clock))).astype(np.float32)
    return wave


def write_corpus(folder: Path, clips: int, rate: int, channels: int) -> Path:
    """Write WAVs of 1.5 to 4.5 s and their manifest, and return its path."""
    import soundfile

    folder.mkdir(parents=True)
    lines = ["file,label,speaker"]
    for number in range(clips):
        wave = speech_like(1.5 + 3 * number / clips, rate, number)
        soundfile.write(folder / f"{number:04}.wav", np.stack([wave] * channels, axis=1), rate)
        lines.append(f"{number:04}.wav,{('anger', 'neutral', 'sadness')[number % 3]},s{number // 3 % 4}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "labels.csv"
