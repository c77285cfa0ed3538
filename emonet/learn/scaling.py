"""Normalisation tables: a mean and a scale for each group of clips, fitted inside the fold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emonet.corpus.corpus import Part

Floats = NDArray[np.float64]
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


def parts_to_fit(normalisation: str) -> tuple[Part, ...]:
    """Return the parts whose clips the statistics come from before test is opened.

    ``speaker`` reads each speaker's own clips: no labels, but transductive. The speakers of test that training has
    not heard get theirs when test is opened. The others read train only.
    """
    return ("train", "dev") if normalisation == "speaker" else ("train",)
