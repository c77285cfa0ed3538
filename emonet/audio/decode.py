"""The one place that opens audio files: any rate, any channel count, as a 16 kHz mono wave."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from emonet.audio.containers import read_container, read_member
from emonet.audio.riff import checked_source
from emonet.corpus.readers.folders import CONTAINERS
from emonet.corpus.readers.members import member_at
from emonet.errors import AudioProblem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SAMPLE_RATE", "AudioProblem", "Recording", "mean_of", "read_recording", "read_wave", "rounded", "wave_of"]

SAMPLE_RATE = 16_000
"""Sampling rate in Hz of every wave that reaches a component (paper, 5.1)."""

_RATES = range(1_000, 768_001)
"""Sampling rates in Hz that a recording of speech can have."""
_LOUDEST = 2.0
"""Largest sample that a lossy codec's overshoot explains; beyond it, the file is not scaled to [-1, 1]."""
_QUALITY = "VHQ"
"""soxr's: flat to 0.1 dB up to 0.92 of the lower rate's half; what lies beyond that half is 150 dB down and more."""
_DEEP = frozenset({"PCM_24", "PCM_32", "FLOAT", "DOUBLE"})
"""libsndfile's lossless encodings of more than 16 bits."""
_FULL_SCALE = 1 << 15
_ESTIMATE = 0.05
"""Share of the promised frames that may be missing: the length of an MP3 without a header is estimated."""
_POINTER = b"version https://git-lfs"


class Recording(NamedTuple):
    """What a file holds between two times.

    Attributes:
        channels: (C, T) float32, as they are in the file.
        rate: in Hz.
        is_deep: whether 16 bits would lose some of it. Lossy encodings and sound tracks of videos do not count: 16
            bits hold more than they do.
    """

    channels: NDArray[np.float32]
    rate: int
    is_deep: bool


def read_wave(path: Path, start: float = 0.0, end: float | None = None) -> NDArray[np.float32]:
    """Return the mean of a file's channels as a wave (T,) float32 at 16 kHz.

    It is rounded to 16 bits, within [-1, 1), unless the file is lossless and holds more; such a wave may overshoot the
    range a little. A wave has ceil(frames * 16000 / rate) samples, and the first of them is the file's first. A piece
    is resampled as if silence surrounded it: it knows nothing of its neighbours, and differs from the same piece of the
    whole wave within 6 ms of its ends (12 ms at a rate of 8 kHz).

    Args:
        path: any format of libsndfile; with the extra ``video`` also the sound track of a video container. It may
            stand for a clip within a Parquet or Arrow file (``emonet.corpus.readers.members``).
        start: where to begin, in s.
        end: where to end, in s; None, or anything later than the file's end, for the file's end.

    Raises:
        AudioProblem: the file is missing, empty, truncated or broken, or has no sound between the two times.
        MissingExtra: a video container, and PyAV is not installed.
    """
    return wave_of(read_recording(path, start, end))


def read_recording(path: Path, start: float = 0.0, end: float | None = None) -> Recording:
    """Return what a file holds between two times, neither averaged nor resampled; see ``read_wave``."""
    source = _source(path)
    if path.suffix.lower() in CONTAINERS:
        recording = Recording(*read_container(source, start, end), is_deep=False)
    else:
        recording = _read_soundfile(source, start, end)
    if recording.channels.shape[1] == 0:
        until = "the end" if end is None else f"{end} s"
        raise AudioProblem("no frames" if start == 0 and end is None else f"no frames between {start} s and {until}")
    if recording.rate not in _RATES:
        raise AudioProblem(f"unreadable: a sampling rate of {recording.rate} Hz, expected {_RATES[0]} to {_RATES[-1]}")
    return recording


def wave_of(recording: Recording) -> NDArray[np.float32]:
    """Return the wave of a recording; see ``read_wave``."""
    wave = _resampled(mean_of(recording.channels), recording.rate)
    return wave if recording.is_deep else rounded(wave)


def rounded(wave: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return samples rounded to the nearest of 16 bits; full scale, +1.0, is one step less, as 16 bits have it."""
    import numpy as np

    with np.errstate(over="ignore"):  # such samples are refused later
        steps: NDArray[np.float32] = np.rint(wave * np.float32(_FULL_SCALE)).clip(-_FULL_SCALE, _FULL_SCALE - 1)
    return steps / np.float32(_FULL_SCALE)


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


def _read_soundfile(given: Path | io.BytesIO, start: float, end: float | None) -> Recording:
    import numpy as np
    import soundfile

    source = checked_source(given)
    try:
        with soundfile.SoundFile(source) as file:
            channels = _frames(file, start, end)
            is_deep = file.subtype in _DEEP and not np.array_equal(channels, rounded(channels), equal_nan=True)
            return Recording(channels, file.samplerate, is_deep)
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
    import numpy as np
    import soxr

    if rate == SAMPLE_RATE:
        return mono
    length = -(-len(mono) * SAMPLE_RATE // rate)
    # soxr rounds the length down or up; behind the end it takes silence in any case.
    padded = np.pad(mono, (0, rate // SAMPLE_RATE + 2))
    wave: NDArray[np.float32] = soxr.resample(padded, rate, SAMPLE_RATE, quality=_QUALITY)[:length]
    return wave
