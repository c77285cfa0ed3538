"""Recordings that stand in a corpus more than once, found by their sound: a copy in test would be a leak."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from emonet import Utterance
from emonet.audio.decode import read_wave
from emonet.corpus.card import read_card

ALIKE = 0.95
"""Correlation from which on two recordings are one. Copies have 0.998 or more here, even those that were encoded
again; the most alike of the others 0.85."""
COPY, AMBIGUOUS = "a copy of another file", "one recording under two classes"
_RATE, _LONGEST, _TRANSFORM = 4, 16_384, 32_768
"""A mean of four samples at 16 kHz makes one; the first 4 s are compared."""
_LENGTHS = 0.8
"""Copies have nearly one length; recordings whose lengths differ by more are not compared."""

Array = np.ndarray[Any, np.dtype[Any]]


def scan_with_copies(name: str, root: Path) -> list[Utterance]:
    """Return a corpus' utterances by its card, those included that the card leaves out."""
    card = yaml.safe_load((Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.yaml"
        path.write_text(yaml.safe_dump({**card, "known_bad": {}}), encoding="utf-8")
        return list(read_card(path).scan(root))


def copies_in(utterances: Sequence[Utterance], root: Path) -> dict[str, str]:
    """Return what must go so that no recording is left twice: path -> reason.

    Of equal recordings the first in the order of paths stays; none, where they carry different labels.
    """
    ordered = sorted(utterances, key=lambda utterance: utterance.path)
    found: dict[str, str] = {}
    for group in _groups([read_wave(root / utterance.path) for utterance in ordered]):
        equal = [ordered[position] for position in group]
        ambiguous = len({tuple(sorted(utterance.labels.items())) for utterance in equal}) > 1
        for utterance in equal if ambiguous else equal[1:]:
            found[utterance.path] = AMBIGUOUS if ambiguous else COPY
    return dict(sorted(found.items()))


def _groups(waves: Sequence[Array]) -> list[list[int]]:
    """Return the positions of waves that are alike, directly or by way of others."""
    spectra = np.stack([_spectrum(wave) for wave in waves])
    lengths = np.array([len(wave) for wave in waves])
    group_of = list(range(len(waves)))
    for i in range(len(waves)):
        shorter, longer = np.minimum(lengths[i], lengths[i + 1 :]), np.maximum(lengths[i], lengths[i + 1 :])
        near = i + 1 + np.flatnonzero(shorter >= _LENGTHS * longer)
        for block in np.split(near, range(64, len(near), 64)):
            correlation = np.fft.irfft(spectra[i] * spectra[block].conj(), _TRANSFORM, axis=1)
            for j in block[np.abs(correlation).max(axis=1) >= ALIKE]:
                old, new = group_of[j], group_of[i]
                group_of = [new if group == old else group for group in group_of]
    members: dict[int, list[int]] = {}
    for position, group in enumerate(group_of):
        members.setdefault(group, []).append(position)
    return [group for group in members.values() if len(group) > 1]


def _spectrum(wave: Array) -> Array:
    """Return the spectrum of a wave (T,) at 16 kHz, brought to 4 kHz and to a norm of 1."""
    low = wave[: len(wave) // _RATE * _RATE].reshape(-1, _RATE).mean(axis=1)[:_LONGEST]
    spectrum: Array = np.fft.rfft(low / max(float(np.linalg.norm(low)), 1e-9), _TRANSFORM).astype(np.complex64)
    return spectrum
