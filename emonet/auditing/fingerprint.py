"""Fingerprints of speech: bits that stay when a clip is copied at another level, rate or length.

After Haitsma and Kalker (A highly robust audio fingerprinting system, ISMIR 2002): a bit says whether the difference
of two neighbouring bands' energies rises from one frame to the next. The bands end below 3.4 kHz, so that a telephone
copy keeps its bits, and hop and window are shorter than theirs, since clips of speech are short.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

VERSION = 3
"""Raised when fingerprints or what counts as alike change."""
RATE = 8000
"""What waves at 16 kHz are brought to, in Hz: the bands need no more."""
WINDOW = 2048
HOP = 128
"""Samples at ``RATE``: windows of 256 ms every 16 ms."""
BITS = 32
LOWEST, HIGHEST = 250.0, 3300.0
"""Ends of the bands in Hz."""
_QUIET = 1e-4
"""Energy relative to the clip's loudest frame (-40 dB) below which a frame tells nothing."""
STEADY = 0.01
"""Median change of a band's step from frame to frame, in nepers, up to which a clip is too steady to tell: its bits say
then how its period falls on the frames. Of synthesised vowels, those that were wrongly taken for copies had up to
0.0085, those with the jitter of human voices 0.016 and more; the spoken words of the Polish corpus have 0.064 and more.
"""
SUSTAINED = 6.0
"""Range in dB of the levels of wide bands up to which a clip is one sound that is held: then its bits follow its pitch
alone, and other voices with the same vibrato or glide have the same. Of synthesised vowels it is 0.1 to 4.2; with a
glide of a third it reaches 9, above 6 in one of twenty. The spoken words of the Polish corpus have 13.3 and more.
"""
_WIDE = 3
"""Bands whose levels' range is taken."""
_SHAPE = 11
"""Bands of the mean spectrum."""
_BATCH = 512
_TAPS = 63


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One clip.

    Attributes:
        bits: (L,) uint32, a word a frame.
        loud: (L,) bool, whether the frame tells anything.
        change: median change of a band's step from one loud frame to the next, in nepers; see ``STEADY``.
        swing: range of the levels of wide bands over loud frames, in dB; see ``SUSTAINED``.
        shape: (11,) mean level of each of eleven bands over loud frames, in dB of the clip's own level.
    """

    bits: NDArray[Any]
    loud: NDArray[Any]
    change: float
    swing: float
    shape: NDArray[Any]

    @property
    def is_steady(self) -> bool:
        """Say whether the sound changes too little for its bits to tell anything."""
        return self.change <= STEADY

    @property
    def is_sustained(self) -> bool:
        """Say whether it is one sound that is held, so that others that are held resemble it."""
        return self.swing <= SUSTAINED


def fingerprint(wave: NDArray[Any]) -> Fingerprint:
    """Return the fingerprint of a wave (T,) at 16 kHz, in 16-bit steps or floats; its level does not matter."""
    signal = np.pad(_halved(wave), (WINDOW // 2, WINDOW // 2))
    energies = _energies(signal)
    total = energies.sum(axis=1)
    difference = np.diff(np.log(energies + 1e-12 * (total.max() if total.size else 1.0) + 1e-30), axis=1)
    change = np.diff(difference, axis=0)
    words = ((change > 0).astype(np.uint32) << np.arange(BITS, dtype=np.uint32)).sum(axis=1, dtype=np.uint32)
    above = total > _QUIET * total.max(initial=0.0)
    loud = above[1:] & above[:-1]
    moved = float(np.median(np.abs(change[loud]))) if loud.any() else 0.0
    return Fingerprint(words, loud, moved, _swing(energies[above]), _shape(energies[above]))


def _levels(energies: NDArray[Any], count: int) -> NDArray[Any]:
    """Return the levels (L, count) in dB of bands that join the same number of those in energies (L, BITS + 1)."""
    joined = energies.reshape(len(energies), count, -1).sum(axis=2)
    levels: NDArray[Any] = 10 * np.log10(joined + _QUIET * energies.sum(axis=1).max() / count + 1e-30)
    return levels


def _swing(energies: NDArray[Any]) -> float:
    """Return the range of the levels of wide bands: from the 10th to the 90th percentile, the median of the bands."""
    if not len(energies):
        return 0.0
    low, high = np.quantile(_levels(energies, _WIDE), [0.1, 0.9], axis=0)
    return float(np.median(high - low))


def _shape(energies: NDArray[Any]) -> NDArray[Any]:
    if not len(energies):
        return np.zeros(_SHAPE, np.float32)
    mean = _levels(energies, _SHAPE).mean(axis=0)
    shape: NDArray[Any] = (mean - np.median(mean)).astype(np.float32)
    return shape


def _halved(wave: NDArray[Any]) -> NDArray[Any]:
    """Return a wave at 8 kHz, of one at 16 kHz: the even samples behind a low-pass at 3.6 kHz."""
    if len(wave) < _TAPS:
        return np.zeros(0, np.float32)
    time = np.arange(_TAPS) - _TAPS // 2
    kernel = np.sinc(0.45 * time) * 0.45 * np.hamming(_TAPS)
    smooth: NDArray[Any] = np.convolve(wave.astype(np.float32), kernel.astype(np.float32), mode="same")[::2]
    return smooth


def _energies(signal: NDArray[Any]) -> NDArray[Any]:
    """Return the energies (L, BITS + 1) of the bands."""
    frames = np.lib.stride_tricks.sliding_window_view(signal, WINDOW)[::HOP]
    filters, taper = _bands(), np.hanning(WINDOW).astype(np.float32)
    parts = []
    for begin in range(0, len(frames), _BATCH):  # a long clip's spectrum is never in memory at once
        spectrum = np.fft.rfft(frames[begin : begin + _BATCH] * taper, axis=1)
        parts.append((spectrum.real**2 + spectrum.imag**2) @ filters)
    return np.concatenate(parts)


@lru_cache(maxsize=1)
def _bands() -> NDArray[Any]:
    """Return triangular filters (WINDOW // 2 + 1, BITS + 1), evenly spaced in the logarithm of frequency."""
    edges = np.geomspace(LOWEST, HIGHEST, BITS + 3)
    frequencies = np.fft.rfftfreq(WINDOW, 1 / RATE)
    rising = (frequencies[:, None] - edges[None, :-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[None, 2:] - frequencies[:, None]) / (edges[2:] - edges[1:-1])
    filters: NDArray[Any] = np.clip(np.minimum(rising, falling), 0, None).astype(np.float32)
    return filters
