"""Finding clips that are copies of one another, without comparing each with each.

Copies share fingerprint words; so clips that share a word become candidates at the shift that brings the words
together, and a candidate counts where few enough bits differ over all that overlaps. Memory is bounded: of very many
words a part is kept, the same part of every copy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emonet.audio.arrow import as_float
from emonet.auditing.fingerprint import BITS, HOP, RATE, Fingerprint, fingerprint

ALIKE = 0.16
"""Share of bits that may differ between copies; two takes of one word by one speaker differed in 0.23 and more."""
SUSTAINED_ALIKE = 0.07
"""The same for sounds that are held, e.g. vowels: of voices whose pitch moves alike, 0.076 and more differed."""
SAME_SHAPE = 0.7
"""Mean difference in dB of the spectra of copies of a sound that is held: MP3 makes 0.1, a telephone's filter 0.67, and
other formants make more."""
SHORTEST = 20
"""Frames that must overlap, 0.32 s."""
OVERLAP = 0.5
"""Share of the shorter clip that must overlap."""
NEIGHBOURS = 8
"""Each word is compared with so many that equal it: enough to link all copies, and few where a word is common."""
BUDGET = 2_000_000
"""Words that are compared at once."""
_RARE = 0x9E3779B1
"""Knuth's multiplier: mixes the bits of a word, so that a part of all words can be kept by their value."""


@dataclass(frozen=True, slots=True)
class Clip:
    """What is compared of one clip: the hash of its samples, and its fingerprint."""

    exact: str
    print: Fingerprint

    @property
    def is_comparable(self) -> bool:
        """Say whether its fingerprint tells anything: it is long and loud enough, and changes."""
        return int(self.print.loud.sum()) >= SHORTEST and not self.print.is_steady

    @property
    def tells_all(self) -> bool:
        """Say whether its copies would be found however they were changed: it is not a sound that is held."""
        return self.is_comparable and not self.print.is_sustained


@dataclass(frozen=True, slots=True)
class Pair:
    """Two clips that are copies, by their places.

    Attributes:
        error: share of differing bits, 0 for copies sample by sample.
        seconds: how much of them overlaps.
    """

    one: int
    other: int
    exact: bool
    error: float
    seconds: float


def clip_of(wave: NDArray[Any]) -> Clip:
    """Return what is compared of a wave (T,) at 16 kHz."""
    return Clip(exact_hash(wave), fingerprint(wave))


def exact_hash(wave: NDArray[Any]) -> str:
    """Return what is the same for waves (T,) that are the same sample by sample, in 16-bit steps or in floats."""
    return hashlib.sha256(np.ascontiguousarray(as_float(wave), dtype="<f4").tobytes()).hexdigest()[:32]


def find_pairs(clips: Sequence[Clip], *, budget: int = BUDGET) -> tuple[Pair, ...]:
    """Return the copies among clips; of many copies of one clip each is in some pair, and not every pair is there.

    Of clips that are not comparable, only those that are the same sample by sample are found.
    """
    near = []
    for (one, other), shifts in _candidates(clips, budget).items():
        if clips[one].exact == clips[other].exact:
            continue
        best = min(
            (_compared(clips[one].print, clips[other].print, shift) for shift in shifts), key=lambda each: each[0]
        )
        if best[0] <= ALIKE and _may_be_copies(clips[one].print, clips[other].print, best[0]):
            near.append(Pair(one, other, exact=False, error=round(best[0], 3), seconds=best[1] * HOP / RATE))
    return (*_exact(clips), *near)


def _exact(clips: Sequence[Clip]) -> list[Pair]:
    """Return a chain of pairs through all clips that are the same sample by sample; silent ones are passed over."""
    groups: dict[str, list[int]] = {}
    for place, clip in enumerate(clips):
        if clip.print.loud.any():
            groups.setdefault(clip.exact, []).append(place)
    return [
        Pair(one, other, exact=True, error=0.0, seconds=len(clips[one].print.bits) * HOP / RATE)
        for places in groups.values()
        for one, other in pairwise(places)
    ]


def _candidates(clips: Sequence[Clip], budget: int) -> dict[tuple[int, int], list[int]]:
    """Return pairs of clips that share words, with the shifts (frames of the first less those of the second)."""
    words, places, frames = _table(clips, budget)
    order = np.argsort(words, kind="stable")
    words, places, frames = words[order], places[order], frames[order]
    found = [np.zeros((0, 3), np.int32)]
    for step in range(1, NEIGHBOURS):
        here = np.flatnonzero((words[:-step] == words[step:]) & (places[:-step] != places[step:]))
        one, other, shift = places[here], places[here + step], frames[here] - frames[here + step]
        swapped = one > other
        ordered = (np.where(swapped, other, one), np.where(swapped, one, other), np.where(swapped, -shift, shift))
        found.append(np.stack(ordered, axis=1).astype(np.int32))
    rows, counts = np.unique(np.concatenate(found), axis=0, return_counts=True)
    if len(rows) > budget:  # noises share words by chance; copies share more than one
        rows = rows[counts > 1][:budget]
    candidates: dict[tuple[int, int], list[int]] = {}
    for one_, other_, shift_ in rows.tolist():
        candidates.setdefault((one_, other_), []).append(shift_)
    return candidates


def _table(clips: Sequence[Clip], budget: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return words, the clips they are in, and their frames."""
    total = sum(int(clip.print.loud.sum()) for clip in clips if clip.is_comparable)
    keep = -(-total // budget)
    words, places, frames = [np.zeros(0, np.uint32)], [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    for place, clip in enumerate(clips):
        if not clip.is_comparable:
            continue
        mixed = (clip.print.bits * np.uint32(_RARE)) >> np.uint32(8)
        at = np.flatnonzero(clip.print.loud & (mixed % np.uint32(max(keep, 1)) == 0))
        words.append(clip.print.bits[at])
        places.append(np.full(len(at), place, np.int32))
        frames.append(at.astype(np.int32))
    return np.concatenate(words), np.concatenate(places), np.concatenate(frames)


def _may_be_copies(one: Fingerprint, other: Fingerprint, error: float) -> bool:
    """Say whether few enough bits differ; where both sounds are held, the spectra must be the same, too."""
    if not (one.is_sustained and other.is_sustained):
        return True
    difference = one.shape - other.shape
    return error <= SUSTAINED_ALIKE and float(np.abs(difference - np.median(difference)).mean()) <= SAME_SHAPE


def _compared(one: Fingerprint, other: Fingerprint, shift: int) -> tuple[float, int]:
    """Return the share of differing bits and the number of frames compared, 1.0 where too little overlaps."""
    begin, end = max(0, shift), min(len(one.bits), len(other.bits) + shift)
    loud = one.loud[begin:end] & other.loud[begin - shift : end - shift]
    count = int(loud.sum())
    least = max(SHORTEST, OVERLAP * min(int(one.loud.sum()), int(other.loud.sum())))
    if count < least:
        return 1.0, count
    words = (one.bits[begin:end] ^ other.bits[begin - shift : end - shift])[loud]
    differing = np.unpackbits(np.ascontiguousarray(words).view(np.uint8)).sum()
    return float(differing) / (BITS * count), count


def to_arrays(clips: Sequence[Clip]) -> dict[str, Any]:
    """Return clips as arrays, to be kept on disk: a word and a flag a frame, and the lengths."""
    return {
        "bits": np.concatenate([np.zeros(0, np.uint32), *(clip.print.bits for clip in clips)]),
        "loud": np.packbits(np.concatenate([np.zeros(0, bool), *(clip.print.loud for clip in clips)])),
        "frames": np.array([len(clip.print.bits) for clip in clips], np.int64),
        "change": np.array([clip.print.change for clip in clips], np.float64),
        "swing": np.array([clip.print.swing for clip in clips], np.float64),
        "shape": np.array([clip.print.shape for clip in clips], np.float32),
        "exact": np.array([clip.exact for clip in clips], dtype="U32"),
    }


def from_arrays(arrays: Any) -> list[Clip]:
    """Return the clips that ``to_arrays`` made arrays from."""
    ends = np.cumsum(arrays["frames"])
    loud = np.unpackbits(arrays["loud"], count=int(ends[-1]) if len(ends) else 0).astype(bool)
    begins = ends - arrays["frames"]
    return [
        Clip(str(exact), Fingerprint(arrays["bits"][begin:end], loud[begin:end], float(change), float(swing), shape))
        for exact, change, swing, shape, begin, end in zip(
            *(arrays[name] for name in ("exact", "change", "swing", "shape")), begins, ends, strict=True
        )
    ]
