"""Batches of waves: shuffled random crops for training, deterministic pieces for evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from emonet.audio.decode import SAMPLE_RATE
from emonet.learn.clips import Clips
from emonet.randomness import generator_for

_INT16 = float(1 << 15)


@dataclass(frozen=True)
class Batch:
    """Some clips as tensors: wave (B, T) float32 in [-1, 1], lengths (B,) in samples, labels (B,) or (B, D)."""

    positions: Sequence[int]
    wave: torch.Tensor
    lengths: torch.Tensor
    labels: torch.Tensor


def train_batches(clips: Clips, size: int, crop: float, *, seed: int, epoch: int, first: int = 0) -> Iterator[Batch]:
    """Yield every clip once, in an order and with random crops of at most ``crop`` s fixed by seed and epoch.

    Only clips longer than ``crop`` are cut (paper, 5.1). ``first`` is the batch to begin with.
    """
    order = generator_for("order", seed, epoch).permutation(len(clips))
    longest = round(crop * SAMPLE_RATE)
    for start in range(first * size, len(clips), size):
        positions = [int(position) for position in order[start : start + size]]
        begins = [_random_begin(clips, position, longest, seed, epoch) for position in positions]
        yield _batch(clips, positions, begins, longest)


def evaluation_batches(clips: Clips, size: int, crop: float | None) -> Iterator[Batch]:
    """Yield every clip once, by length so that little is padded: its centre of ``crop`` s, or all of it."""
    order = np.argsort(clips.samples, kind="stable")
    longest = int(clips.samples.max(initial=0)) if crop is None else round(crop * SAMPLE_RATE)
    for start in range(0, len(clips), size):
        positions = [int(position) for position in order[start : start + size]]
        begins = [max(0, (int(clips.samples[position]) - longest) // 2) for position in positions]
        yield _batch(clips, positions, begins, longest)


def _random_begin(clips: Clips, position: int, longest: int, seed: int, epoch: int) -> int:
    spare = int(clips.samples[position]) - longest
    if spare <= 0:
        return 0
    item = clips.items[position]
    return int(generator_for("crop", seed, epoch, item.corpus, item.id).integers(spare + 1))


def _batch(clips: Clips, positions: Sequence[int], begins: Sequence[int], longest: int) -> Batch:
    waves = [clips.wave(position, begin, longest) for position, begin in zip(positions, begins, strict=True)]
    lengths = torch.tensor([len(wave) for wave in waves])
    padded = np.zeros((len(waves), int(lengths.max())), dtype=np.float32)
    for row, wave in zip(padded, waves, strict=True):
        row[: len(wave)] = wave
    padded /= _INT16
    return Batch(positions, torch.from_numpy(padded), lengths, torch.from_numpy(clips.labels[list(positions)]))
