"""Tasks: what one head learns. The trainer cannot tell a corpus from many corpora mapped into one label space."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from emonet.task_id import TaskId

Truth = int | tuple[float, ...]
"""The index of a class, or a number for each dimension in the corpus' own unit."""

TIE, TIE_AT_ZERO = 1e-9, 1e-12
"""Two scores whose difference is within this share of the greater one, or within this near 0, are equal.

Sums of floats differ in their last digits (about 1e-16 of their size) by the order of their terms. A difference of 1e-9
is worth less than one clip more or less, in any corpus there is.
"""


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled utterance."""

    corpus: str
    id: str
    label: Truth
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Dimension:
    """A number that a head learns: its name, the range of the labels, and their unit.

    Heads learn it in units of its range, so that several dimensions of one head weigh the same.
    """

    name: str
    range: tuple[float, float]
    unit: str = ""

    @property
    def span(self) -> float:
        """The length of the range."""
        return self.range[1] - self.range[0]


@dataclass(frozen=True)
class Task:
    """What a head learns, from which items, by which loss, judged by which metric.

    Attributes:
        id: ``corpus/target``; ``corpus/one+other`` where one head learns several dimensions.
        classes: the head's outputs in order; empty for a task of numbers.
        items: split (train, dev, test) -> items, in the order of their ids.
        loss: name of the loss.
        metric: name of the metric that selection and stopping read; of several dimensions, its mean over them.
        higher_is_better: the metric's direction.
        dimensions: the head's outputs in order; empty for a task of classes.
    """

    id: str
    classes: tuple[str, ...]
    items: Mapping[str, tuple[Item, ...]]
    loss: str = "cross-entropy"
    metric: str = "uar"
    higher_is_better: bool = True
    dimensions: tuple[Dimension, ...] = ()

    @property
    def width(self) -> int:
        """Return how many outputs the head has."""
        return len(self.classes) or len(self.dimensions)

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the targets that are scored: the task's own, or each of its dimensions."""
        return tuple(each.name for each in self.dimensions) or (TaskId.of(self.id).target,)

    def shut(self) -> Task:
        """Return the task without its test split, as training gets it: there, ``items["test"]`` is a KeyError."""
        return replace(self, items={split: found for split, found in self.items.items() if split != "test"})

    def only(self, name: str) -> Task:
        """Return the task of one of the dimensions."""
        at = self.targets.index(name)
        items = {split: tuple(_at(item, at) for item in found) for split, found in self.items.items()}
        own = TaskId(TaskId.of(self.id).corpus, name)
        return replace(self, id=own.text, items=items, dimensions=self.dimensions[at : at + 1])

    def class_of(self, item: Item) -> str:
        """Return the name of an item's class."""
        if not isinstance(item.label, int):
            raise TypeError(f"The task '{self.id}' has no classes.")
        return self.classes[item.label]

    def outputs_json(self) -> list[Any]:
        """Return what the outputs stand for, as plain data."""
        return list(self.classes) or [{**asdict(each), "range": list(each.range)} for each in self.dimensions]

    @property
    def corpora(self) -> tuple[str, ...]:
        """Return the ids of the corpora that the items come from."""
        return tuple(sorted({item.corpus for items in self.items.values() for item in items}))

    def is_better(self, score: float, best: float | None) -> bool:
        """Say whether ``score`` beats ``best`` by more than rounding; anything beats None.

        A tie is not a gain, so that whoever looks from the first epoch or the smallest C on keeps the earlier.
        """
        if best is None:
            return True
        if math.isclose(score, best, rel_tol=TIE, abs_tol=TIE_AT_ZERO):
            return False
        return score > best if self.higher_is_better else score < best


def _at(item: Item, place: int) -> Item:
    if isinstance(item.label, int):
        raise TypeError(f"The utterance '{item.id}' has a class, no numbers.")
    return replace(item, label=(item.label[place],))
