"""The clips of a task's split: where their waves are, and what is to be said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emonet.audio.arrow import Wave
from emonet.audio.store import Store
from emonet.recipe.normalisation import NORMALISATIONS
from emonet.recipe.task import Item, Task


@dataclass(frozen=True)
class Clips:
    """Items with their places in the stores; position i of every field is the same clip.

    Attributes:
        items: the task's items.
        places: store and row of each clip's wave.
        labels: (N,) int64, or (N, D) float32 in units of the dimensions' ranges.
        samples: (N,) int64, the lengths of the waves.
        groups: the normalisation group of each clip.
    """

    items: tuple[Item, ...]
    places: tuple[tuple[Store, int], ...]
    labels: NDArray[np.int64] | NDArray[np.float32]
    samples: NDArray[np.int64]
    groups: tuple[str, ...]

    def __len__(self) -> int:
        """Return how many clips there are."""
        return len(self.items)

    def wave(self, position: int, begin: int = 0, length: int | None = None) -> Wave:
        """Return a view of a clip's samples as they are kept, from ``begin`` on."""
        store, row = self.places[position]
        wave = store.wave(row)
        return wave[begin:] if length is None else wave[begin : begin + length]


def clips_of(task: Task, split: str, stores: Mapping[str, Store], normalisation: str) -> Clips:
    """Look a task's items up in the stores of their corpora."""
    items, group = task.items[split], NORMALISATIONS[normalisation].group
    places = tuple((stores[item.corpus], stores[item.corpus].row_of[item.id]) for item in items)
    return Clips(
        items=items,
        places=places,
        labels=_labels(task, items),
        samples=np.array([store.samples[row] for store, row in places], dtype=np.int64),
        groups=tuple(str(group(item, task)) for item in items),
    )


def _labels(task: Task, items: Sequence[Item]) -> NDArray[np.int64] | NDArray[np.float32]:
    labels = [item.label for item in items]
    if task.classes:
        return np.array(labels, dtype=np.int64)
    return to_unit(task, np.array(labels, dtype=np.float64)).astype(np.float32)


def to_unit(task: Task, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers (N, D) in the corpus' own unit as shares of their ranges: 0 is the lowest, 1 the highest."""
    low, span = _bounds(task)
    return (values - low) / span


def from_unit(task: Task, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Undo ``to_unit``."""
    low, span = _bounds(task)
    return values * span + low


def _bounds(task: Task) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.array([each.range[0] for each in task.dimensions]), np.array([each.span for each in task.dimensions])
