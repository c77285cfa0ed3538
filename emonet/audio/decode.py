"""The one place that opens audio files: any rate, any channel count, as a 16 kHz mono wave."""

from __future__ import annotations

import io
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emonet.audio.container import read_container
from emonet.audio.member import read_member
from emonet.audio.problem import AudioProblem
from emonet.audio.riff import checked_source
from emonet.corpus.member import member_at
from emonet.corpus.suffixes import CONTAINERS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SAMPLE_RATE", "AudioProblem", "mean_of", "read_channels", "read_wave"]

SAMPLE_RATE = 16_000
"""Sampling rate in Hz of every wave that reaches a component (paper, 5.1)."""

_RATES = range(1_000, 768_001)
"""Sampling rates in Hz that a recording of speech can have."""
_LOUDEST = 2.0
"""Largest sample that a lossy codec's overshoot explains; beyond it, the file is not scaled to [-1, 1]."""
_PHASES = 640
"""Bounds the resampling kernel; every usual rate is an exact ratio, others are met within 0.2 %."""
_ESTIMATE = 0.05
"""Share of the promised frames that may be missing: the length of an MP3 without a header is estimated."""
_POINTER = b"version https://git-lfs"


def read_wave(path: Path, start: float = 0.0, end: float | None = None) -> NDArray[np.float32]:
    """Return the mean of a file's channels as a wave (T,) float32 in [-1, 1] at 16 kHz.

    Lossy codecs may overshoot that range a little.

    Args:
        path: any format of libsndfile; with the extra ``video`` also the sound track of a video container. It may
            stand for a clip within a Parquet or Arrow file (``emonet.corpus.member``).
        start: where to begin, in s.
        end: where to end, in s; None, or anything later than the file's end, for the file's end.

    Raises:
        AudioProblem: the file is missing, empty, truncated or broken, or has no sound between the two times.
        MissingExtra: a video container, and PyAV is not installed.
    """
    channels, rate = read_channels(path, start, end)
    return _resampled(mean_of(channels), rate)


def read_channels(path: Path, start: float = 0.0, end: float | None = None) -> tuple[NDArray[np.float32], int]:
    """Return a file's channels (C, T) float32 as they are, and its rate in Hz; see ``read_wave``."""
    source = _source(path)
    from_container = path.suffix.lower() in CONTAINERS
    channels, rate = read_container(source, start, end) if from_container else _read_soundfile(source, start, end)
    if channels.shape[1] == 0:
        until = "the end" if end is None else f"{end} s"
        raise AudioProblem("no frames" if start == 0 and end is None else f"no frames between {start} s and {until}")
    if rate not in _RATES:
        raise AudioProblem(f"unreadable: a sampling rate of {rate} Hz, expected {_RATES[0]} to {_RATES[-1]}")
    return channels, rate


def mean_of(channels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean (T,) of channels (C, T).

    Raises:
        AudioProblem: it holds numbers that are no samples.
    """
    import numpy as np

    with np.errstate(invalid="ignore"):
        mono: NDArray[np.float32] = channels.mean(axis=0, dtype=np.float32)
    peak = float(np.abs(mono).max())
    if not np.isfinite(peak):
        raise AudioProblem("not finite: some samples are NaN or infinite")
    if peak > _LOUDEST:
        raise AudioProblem(f"out of range: samples reach {peak:.4g}, expected -1 to 1")
    return mono


def _source(path: Path) -> Path | io.BytesIO:
    """Return the file, or the bytes that it stands for."""
    member = member_at(path)
    if member is None:
        _check_file(path)
        return path
    data = read_member(member)
    if not data:
        raise AudioProblem("empty")
    return io.BytesIO(data)


def _check_file(path: Path) -> None:
    try:
        if not path.exists():
            raise AudioProblem("missing")
        if not path.is_file():
            raise AudioProblem("unreadable: not a file")
        if path.stat().st_size == 0:
            raise AudioProblem("empty")
        with path.open("rb") as file:
            beginning = file.read(len(_POINTER))
    except OSError as error:
        raise AudioProblem(f"unreadable: {error.strerror}") from None
    if beginning == _POINTER:
        raise AudioProblem("Git LFS pointer: run `git lfs pull`")


def _read_soundfile(given: Path | io.BytesIO, start: float, end: float | None) -> tuple[NDArray[np.float32], int]:
    import soundfile

    source = checked_source(given)
    try:
        with soundfile.SoundFile(source) as file:
            return _frames(file, start, end), file.samplerate
    except soundfile.LibsndfileError as error:
        reason = error.error_string.removeprefix("Error : ").rstrip(".")
        raise AudioProblem(f"unreadable: {reason}") from None


def _frames(file: Any, start: float, end: float | None) -> NDArray[np.float32]:
    """Return the channels (C, T) between two times of an open file."""
    first = round(start * file.samplerate)
    last = file.frames if end is None else min(file.frames, round(end * file.samplerate))
    if first and first >= file.frames:
        raise AudioProblem(f"starts at {start} s, but the file ends after {file.frames / file.samplerate:.2f} s")
    if first:
        file.seek(first)
    frames: NDArray[np.float32] = file.read(max(0, last - first), dtype="float32", always_2d=True)
    if last - first - len(frames) > _ESTIMATE * file.frames:
        text = f"truncated: header promises {file.frames} frames, {first + len(frames)} are there"
        raise AudioProblem(text)
    return frames.T


def _resampled(mono: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    import torch

    if rate == SAMPLE_RATE:
        return mono
    torch.get_num_threads()  # lets torch set this thread up, which would undo the limit if it came later
    # Several threads decode at once. If each of them had a team of its own here, the teams would mostly wait for
    # cores: on two busy ones, a clip then took 50 ms in place of 1 ms. The limit is this thread's alone.
    with _thread_pools().limit(limits=1, user_api="openmp"), torch.inference_mode():
        wave: NDArray[np.float32] = _resampler(rate)(torch.from_numpy(mono)).numpy()
    return wave


@lru_cache(maxsize=1)
def _thread_pools() -> Any:
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()


@lru_cache(maxsize=16)
def _resampler(rate: int) -> Any:
    from torchaudio.transforms import Resample

    ratio = Fraction(rate, SAMPLE_RATE).limit_denominator(_PHASES)
    return Resample(ratio.numerator, ratio.denominator)
