"""The one place that opens audio files: any rate, any channel count, as a 16 kHz mono wave; and that refuses some."""

from __future__ import annotations

import io
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from emonet.audio.containers import read_container, read_member
from emonet.audio.riff import checked_source
from emonet.corpus.readers.folders import CONTAINERS
from emonet.corpus.readers.members import is_lfs_pointer, member_at, no_name
from emonet.errors import AudioProblem, MissingExtra, Unusable, counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "FULL_SCALE",
    "SAMPLE_RATE",
    "AudioProblem",
    "Recording",
    "Unusable",
    "read_recording",
    "read_wave",
    "rounded",
    "usable_wave",
    "wave_of",
]

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
FULL_SCALE = 1 << 15
"""Steps of 16 bits from 0 to full scale."""
_ESTIMATE = 0.05
"""Share of the promised frames that may be missing: the length of an MP3 without a header is estimated."""
_UNKNOWN = frozenset({1, 4, 7})
"""libsndfile's errors for a format and an encoding that it does not read, and for what is not a MP3 file, though it is
called so; PyAV is then asked."""
_NO_FILE = 7
SILENCE = 1e-4
"""Half the range of samples (full scale 1, so -80 dB) up to which there is nothing to hear."""
SHORTEST = 0.025
"""Length in s below which no speech can be judged: that of one frame, as analyses of speech usually take it."""
_SYLLABLE = 0.05
"""Length in s that no segment of speech goes below, so that a shorter time is not one in another unit."""
_FAR = 3.0
"""Lengths of a file after which a time is not one that was missed by a little, but one of another unit."""


class Recording(NamedTuple):
    """What a file holds between two times.

    Attributes:
        channels: (C, T) float32, as they are in the file.
        rate: in Hz.
        is_deep: whether 16 bits would lose some of it. Lossy encodings and sound tracks of videos do not count: 16
            bits hold more than they do.
        beyond: by how many s the end that was asked for lies after that of the file.
    """

    channels: NDArray[np.float32]
    rate: int
    is_deep: bool
    beyond: float = 0.0


def read_wave(path: Path, start: float = 0.0, end: float | None = None) -> NDArray[np.float32]:
    """Return the mean of a file's channels as a wave (T,) float32 at 16 kHz.

    It is rounded to 16 bits, within [-1, 1), unless the file is lossless and holds more; such a wave may overshoot the
    range a little. A wave has ceil(frames * 16000 / rate) samples, and the first of them is the file's first. A piece
    is resampled as if silence surrounded it: it knows nothing of its neighbours, and differs from the same piece of the
    whole wave within 6 ms of its ends (12 ms at a rate of 8 kHz).

    Args:
        path: any format of libsndfile; with the extra ``video`` also what PyAV reads, the sound tracks of videos among
            it. What a file is, its content says, not its name. The path may stand for a clip within a Parquet or Arrow
            file (``emonet.corpus.readers.members``).
        start: where to begin, in s.
        end: where to end, in s; None, or anything later than the file's end, for the file's end.

    Raises:
        AudioProblem: the file is missing, empty, truncated or broken, or has no sound between the two times.
        MissingExtra: a video container, and PyAV is not installed.
    """
    return wave_of(read_recording(path, start, end))


def read_recording(path: Path, start: float = 0.0, end: float | None = None) -> Recording:
    """Return what a file holds between two times, neither averaged nor resampled; see ``read_wave``."""
    recording = _decoded(path, _source(path), start, end)
    if recording.channels.shape[1] == 0:
        until = "the end" if end is None else f"{end} s"
        raise AudioProblem("no frames" if start == 0 and end is None else f"no frames between {start} s and {until}")
    if recording.rate not in _RATES:
        raise AudioProblem(f"unreadable: a sampling rate of {recording.rate} Hz, expected {_RATES[0]} to {_RATES[-1]}")
    return recording


def wave_of(recording: Recording) -> NDArray[np.float32]:
    """Return the wave of a recording; see ``read_wave``."""
    return _wave_of(_mean(recording.channels), recording)


def usable_wave(recording: Recording) -> NDArray[np.float32]:
    """Return the wave of a recording where speech can be in it: what is prepared, and what a pack labels.

    This is the one rule that ``corpora check``, ``corpora prepare`` and ``predict`` share.

    Raises:
        Unusable: it is too short, silent or constant, its channels cancel, or its samples are not numbers within range.
    """
    channels, rate = recording.channels, recording.rate
    mono = _mean(channels)
    seconds = channels.shape[1] / rate
    if seconds < SHORTEST:
        raise Unusable(f"too short: {1000 * seconds:.0f} ms, expected {1000 * SHORTEST:.0f} ms or more")
    wave = _wave_of(mono, recording)
    if _swing(mono) <= SILENCE:
        raise Unusable(_why_flat(channels, mono))
    if _swing(wave) <= SILENCE:
        raise Unusable("silent once resampled: all its sound is above what speech is judged by")
    return wave


def _why_flat(channels: NDArray[np.float32], mono: NDArray[np.float32]) -> str:
    if any(_swing(channel) > SILENCE for channel in channels):
        return "the channels cancel: each has sound, and their mean has none"
    return "constant: all samples are alike, and not zero" if abs(mono).max() > SILENCE else "silent"


def _swing(samples: NDArray[np.float32]) -> float:
    """Return half the range of samples: the peak of what is left without a constant."""
    return float(samples.max() - samples.min()) / 2


def _wave_of(mono: NDArray[np.float32], recording: Recording) -> NDArray[np.float32]:
    wave = _resampled(mono, recording.rate)
    return wave if recording.is_deep else rounded(wave)


def rounded(wave: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return samples rounded to the nearest of 16 bits; full scale, +1.0, is one step less, as 16 bits have it."""
    import numpy as np

    with np.errstate(over="ignore"):  # such samples are refused later
        steps: NDArray[np.float32] = np.rint(wave * np.float32(FULL_SCALE)).clip(-FULL_SCALE, FULL_SCALE - 1)
    return steps / np.float32(FULL_SCALE)


def _mean(channels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean (T,) of channels (C, T).

    Raises:
        Unusable: it holds values that cannot be samples.
    """
    import numpy as np

    with np.errstate(invalid="ignore"):
        mono: NDArray[np.float32] = channels.mean(axis=0, dtype=np.float32)
    peak = float(np.abs(mono).max())
    if not np.isfinite(peak):
        raise Unusable("not finite: some samples are NaN or infinite")
    if peak > _LOUDEST:
        raise Unusable(f"out of range: samples reach {peak:.4g}, expected -1 to 1")
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
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise AudioProblem("unreadable: not a file")
        if found.st_size == 0:
            raise AudioProblem("empty")
        with path.open("rb") as file:
            is_pointer = is_lfs_pointer(file)
    except (FileNotFoundError, NotADirectoryError):
        raise AudioProblem("missing") from None
    except OSError as error:
        raise AudioProblem(f"unreadable: {error.strerror}") from None
    except ValueError as error:
        raise AudioProblem(f"unreadable: {no_name(error)}") from None
    if is_pointer:
        raise AudioProblem("Git LFS pointer: run `git lfs pull`")


def _decoded(path: Path, given: Path | io.BytesIO, start: float, end: float | None) -> Recording:
    """Return what libsndfile, or else PyAV, reads of a file."""
    import soundfile

    try:
        with soundfile.SoundFile(checked_source(given)) as file:
            if file.format != "RAW":  # then a name alone said what it is
                return _read_soundfile(file, start, end)
        reason = "no header says what its samples are"
    except TypeError:  # a name that ends in .raw
        reason = "no header says what its samples are"
    except soundfile.LibsndfileError as error:
        reason = error.error_string.removeprefix("Error : ").rstrip(".")
        reason = "Format not recognised" if error.code == _NO_FILE else reason
        if error.code not in _UNKNOWN:
            raise AudioProblem(f"unreadable: {reason}") from None
    return _read_with_pyav(path, given, (start, end), f"unreadable: {reason}")


def _read_with_pyav(
    path: Path, given: Path | io.BytesIO, times: tuple[float, float | None], otherwise: str
) -> Recording:
    """Return what PyAV reads of a file; where it reads nothing of it, libsndfile's reason counts."""
    is_container = path.suffix.lower() in CONTAINERS
    start, end = times
    try:
        channels, rate, total = read_container(given, start, end)
    except MissingExtra:
        if is_container:
            raise
        raise AudioProblem(f"{otherwise} (the extra 'video' reads more formats)") from None
    except AudioProblem as problem:
        if is_container or problem.reason.startswith("truncated"):
            raise
        raise AudioProblem(otherwise) from None
    if total is None:
        return Recording(channels, rate, is_deep=False)
    if start and start * rate >= total:
        raise _late(start, total / rate, rate)
    return Recording(channels, rate, is_deep=False, beyond=_beyond(end, total / rate))


def _read_soundfile(file: Any, start: float, end: float | None) -> Recording:
    import numpy as np

    channels = _frames(file, start, end)
    is_deep = file.subtype in _DEEP and not np.array_equal(channels, rounded(channels), equal_nan=True)
    return Recording(channels, file.samplerate, is_deep, _beyond(end, file.frames / file.samplerate))


def _frames(file: Any, start: float, end: float | None) -> NDArray[np.float32]:
    """Return the channels (C, T) between two times of an open file."""
    first = round(start * file.samplerate)
    last = file.frames if end is None else min(file.frames, round(end * file.samplerate))
    if first and first >= file.frames:
        raise _late(start, file.frames / file.samplerate, file.samplerate)
    if first:
        file.seek(first)
    frames: NDArray[np.float32] = file.read(max(0, last - first), dtype="float32", always_2d=True)
    if last - first - len(frames) > _ESTIMATE * file.frames:
        text = f"truncated: header promises {file.frames} frames, {first + len(frames)} are there"
        raise AudioProblem(text)
    return frames.T


def _late(start: float, seconds: float, rate: int) -> AudioProblem:
    text = f"starts at {start:g} s, but the file ends after {seconds:.2f} s"
    return AudioProblem(f"{text}{unit_question(start, seconds, rate)}")


def unit_question(time: float, seconds: float, rate: int) -> str:
    """Return the question whether a time far beyond a file's length is in another unit than s, empty where not.

    >>> unit_question(400.0, 3.0, 16_000), unit_question(3.2, 3.0, 16_000)
    (': are these milliseconds?', '')
    """
    if time <= _FAR * seconds:
        return ""
    per_second = {"milliseconds": 1000, "samples": rate}
    unit = next((name for name, count in per_second.items() if _SYLLABLE <= time / count <= seconds), "")
    return f": are these {unit}?" if unit else ""


BEYOND = 0.5
"""Seconds by which the end of a segment may lie after that of its file; codecs and rounded times explain less."""


def early_end(path: object, end: float, ends: float) -> str:
    """Say of one segment that its file ends after ``ends`` s, before the end that is given."""
    return f"{path} is to end at {end:g} s, and ends after {ends:.2f} s"


def early_ends(found: Sequence[str]) -> str:
    """Return one sentence on all segments that ``early_end`` tells of, empty for none."""
    if not found:
        return ""
    ends = f"{counted(len(found), 'segment')} cut where the file ends, long before the end that is given"
    return f"{ends}: {found[0]}. Check the times, which are in s."


def _beyond(end: float | None, seconds: float) -> float:
    return 0.0 if end is None else max(0.0, end - seconds)


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
