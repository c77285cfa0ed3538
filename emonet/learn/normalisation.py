"""Normalisation of features by tables of mean and scale, fitted on train, by corpus or by speaker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from emonet.evaluate.metrics import Floats
from emonet.learn.batches import Evaluation, evaluation_batches
from emonet.learn.checkpoint import load_checkpoint, save_checkpoint
from emonet.learn.clips import Clips
from emonet.model.contracts import Frontend

_SMALLEST = 1e-8


@dataclass
class Moments:
    """Running count, mean and squared deviation of features (shape S), merged piece by piece.

    Means are merged as in Chan, Golub and LeVeque (1979), which stays exact where sums of squares cancel.
    """

    count: float
    mean: Floats
    deviation: Floats

    def add(self, values: Floats) -> None:
        """Take in values (n, *S)."""
        n = len(values)
        mean = values.mean(axis=0)
        delta, total = mean - self.mean, self.count + n
        self.deviation = self.deviation + ((values - mean) ** 2).sum(axis=0) + delta**2 * self.count * n / total
        self.mean = self.mean + delta * n / total
        self.count = total

    def scale(self) -> Floats:
        """Return the standard deviation; 1 where a feature never varies."""
        deviation = np.sqrt(self.deviation / max(self.count, 1.0))
        return np.where(deviation < _SMALLEST, 1.0, deviation)


@dataclass(frozen=True)
class ScalingTable:
    """Mean and scale (shape S) of every group."""

    means: Mapping[str, Floats]
    scales: Mapping[str, Floats]

    def rows(self, groups: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the means and scales (N, *S) of N clips' groups."""
        means = np.stack([self.means[group] for group in groups])
        scales = np.stack([self.scales[group] for group in groups])
        return means.astype(np.float32), scales.astype(np.float32)

    def with_new(self, other: ScalingTable) -> ScalingTable:
        """Return this table with the groups of ``other`` that it does not know yet."""
        return ScalingTable({**other.means, **self.means}, {**other.scales, **self.scales})


def fit_table(pieces: Iterable[tuple[str, Floats]]) -> ScalingTable:
    """Fit a table from (group, values (n, *S)) pieces."""
    moments: dict[str, Moments] = {}
    for group, values in pieces:
        if group not in moments:
            shape = values.shape[1:]
            moments[group] = Moments(0.0, np.zeros(shape), np.zeros(shape))
        moments[group].add(values)
    means = {group: found.mean for group, found in moments.items()}
    return ScalingTable(means, {group: found.scale() for group, found in moments.items()})


TABLE = "normalisation.safetensors"
"""Beside a stage's weights: the table by which its features are normalised."""

_BATCH = 32
_WHOLE = Evaluation("full", 0.0)
_MEAN, _SCALE = "mean.", "scale."


def frontend_table(frontend: Frontend, clips: Iterable[Clips], device: torch.device) -> ScalingTable:
    """Fit mean and scale of each channel and band, for each group, over the valid frames of whole clips."""
    return fit_table(piece for each in clips for piece in _pieces(frontend, each, device))


def _pieces(frontend: Frontend, clips: Clips, device: torch.device) -> Iterator[tuple[str, NDArray[np.float64]]]:
    with torch.inference_mode():
        for batch in evaluation_batches(clips, _BATCH, _WHOLE):
            frames = frames_of(frontend, batch.wave.to(device), batch.lengths.to(device))
            for position, values in zip(batch.positions, frames, strict=True):
                yield clips.groups[position], values


def frames_of(frontend: Frontend, wave: torch.Tensor, lengths: torch.Tensor) -> list[NDArray[np.float64]]:
    """Return the valid frames (L, *frontend.shape) of each wave of a batch (B, T) with its lengths (B,)."""
    features, frames = frontend(wave, lengths)
    values = _frames_first(features, frontend).cpu().double().numpy()  # mps has no double
    return [each[:length] for each, length in zip(values, frames.tolist(), strict=True)]


def save_table(path: Path, table: ScalingTable) -> None:
    """Write a table as safetensors, in double precision."""
    tensors = {f"{_MEAN}{group}": torch.from_numpy(np.asarray(mean)) for group, mean in table.means.items()}
    tensors |= {f"{_SCALE}{group}": torch.from_numpy(np.asarray(scale)) for group, scale in table.scales.items()}
    save_checkpoint(path, tensors, {"groups": sorted(table.means)})


def load_table(path: Path) -> ScalingTable:
    """Read a table that ``save_table`` wrote.

    Raises:
        EmonetError: the file is not such a table.
    """
    tensors, _ = load_checkpoint(path)
    means, scales = (
        {name.removeprefix(prefix): value.numpy() for name, value in tensors.items() if name.startswith(prefix)}
        for prefix in (_MEAN, _SCALE)
    )
    return ScalingTable(means, scales)


def _frames_first(features: torch.Tensor, frontend: Frontend) -> torch.Tensor:
    """Return features as (B, L, *shape): an image (B, C, M, L) has its frames last."""
    return features.movedim(-1, 1) if frontend.yields == "image" else features
