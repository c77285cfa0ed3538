"""Batches of waves: shuffled random crops for training, deterministic pieces for evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from emonet.audio.arrow import as_float
from emonet.audio.decode import SAMPLE_RATE
from emonet.learn.clips import Clips
from emonet.randomness import generator_for
from emonet.recipe.recipe import Evaluate, Rest, Training

SHORTEST = 0.5
"""Length in s below which the rest of a long clip joins the window before it."""


@dataclass(frozen=True)
class Batch:
    """Some clips as tensors: wave (B, T) float32 in [-1, 1], lengths (B,) in samples, labels (B,) or (B, D)."""

    positions: Sequence[int]
    wave: torch.Tensor
    lengths: torch.Tensor
    labels: torch.Tensor


def train_batches(clips: Clips, settings: Training, *, seed: int, epoch: int, first: int = 0) -> Iterator[Batch]:
    """Yield an epoch's batches, in an order and with random crops of at most ``crop`` s fixed by seed and epoch.

    Every clip comes once, but for a rest that is dropped. Only clips longer than ``crop`` are cut (paper, 5.1).
    ``first`` is the batch to begin with.
    """
    order = generator_for("order", seed, epoch).permutation(len(clips))
    longest = round(settings.crop * SAMPLE_RATE)
    for begin, end in batch_cuts(len(clips), settings.batch, settings.rest)[first:]:
        positions = [int(position) for position in order[begin:end]]
        begins = [_random_begin(clips, position, longest, seed, epoch) for position in positions]
        yield _batch(clips, positions, begins, [longest] * len(positions))


def batch_cuts(clips: int, size: int, rest: Rest) -> list[tuple[int, int]]:
    """Return (first, end) of each batch of an epoch; less than half a batch at the end is a rest.

    >>> batch_cuts(9, 4, "keep"), batch_cuts(9, 4, "drop"), batch_cuts(9, 4, "merge")
    ([(0, 4), (4, 8), (8, 9)], [(0, 4), (4, 8)], [(0, 4), (4, 9)])
    """
    cuts = [*range(0, clips, size), clips]
    if rest != "keep" and len(cuts) > 2 and 2 * (cuts[-1] - cuts[-2]) < size:
        cuts.pop(-1 if rest == "drop" else -2)
    return list(pairwise(cuts))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Which pieces of a clip are judged: one rule for a run's scores and for what a pack says of new audio.

    Attributes:
        kind: ``centre`` is one piece of ``seconds`` from the middle, ``full`` the whole clip, ``windows`` pieces of
            ``seconds`` one after the other, whose answers are averaged, each weighted by its length.
        seconds: the longest piece of ``centre`` and ``windows``.
    """

    kind: Evaluate
    seconds: float

    def pieces(self, samples: int) -> list[tuple[int, int]]:
        """Return (first, end) sample of each piece of a clip.

        >>> Evaluation("centre", 1.0).pieces(40_000), Evaluation("windows", 1.0).pieces(40_000)
        ([(12000, 28000)], [(0, 16000), (16000, 32000), (32000, 40000)])
        """
        if self.kind == "windows":
            return windows(samples, self.seconds)
        longest = samples if self.kind == "full" else min(samples, round(self.seconds * SAMPLE_RATE))
        begin = (samples - longest) // 2
        return [(begin, begin + longest)]

    def __str__(self) -> str:
        """Return the rule in words.

        >>> print(Evaluation("centre", 5.0), "/", Evaluation("windows", 2.5), "/", Evaluation("full", 5.0))
        the centre 5 s / windows of 2.5 s / the whole clip
        """
        words = {"centre": f"the centre {self.seconds:g} s", "windows": f"windows of {self.seconds:g} s"}
        return words.get(self.kind, "the whole clip")


def windows(samples: int, seconds: float) -> list[tuple[int, int]]:
    """Return (first, end) sample of each window of a wave; a rest under 0.5 s joins the window before it.

    >>> windows(80_000, 2.0), windows(65_000, 2.0)
    ([(0, 32000), (32000, 64000), (64000, 80000)], [(0, 32000), (32000, 65000)])
    """
    cuts = list(range(0, samples, round(seconds * SAMPLE_RATE)))
    if len(cuts) > 1 and samples - cuts[-1] < SHORTEST * SAMPLE_RATE:
        cuts.pop()
    return list(pairwise([*cuts, samples]))


def evaluation_batches(clips: Clips, size: int, evaluation: Evaluation) -> Iterator[Batch]:
    """Yield every piece of every clip once, by length so that little is padded."""
    pieces = [
        (end - begin, int(samples), position, begin)
        for position, samples in enumerate(clips.samples)
        for begin, end in evaluation.pieces(int(samples))
    ]
    pieces.sort()
    for start in range(0, len(pieces), size):
        lengths, _, positions, begins = zip(*pieces[start : start + size], strict=True)
        yield _batch(clips, positions, begins, lengths)


def _random_begin(clips: Clips, position: int, longest: int, seed: int, epoch: int) -> int:
    spare = int(clips.samples[position]) - longest
    if spare <= 0:
        return 0
    item = clips.items[position]
    return int(generator_for("crop", seed, epoch, item.corpus, item.id).integers(spare + 1))


def _batch(clips: Clips, positions: Sequence[int], begins: Sequence[int], longest: Sequence[int]) -> Batch:
    waves = [clips.wave(*piece) for piece in zip(positions, begins, longest, strict=True)]
    lengths = torch.tensor([len(wave) for wave in waves])
    padded = np.zeros((len(waves), int(lengths.max())), dtype=np.float32)
    for row, wave in zip(padded, waves, strict=True):
        row[: len(wave)] = as_float(wave)
    return Batch(positions, torch.from_numpy(padded), lengths, torch.from_numpy(clips.labels[list(positions)]))
