"""Inner cross-validation: train alone is dealt out to folds, so that a choice needs no dev part and no few speakers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emonet.task import Item

Floats = NDArray[np.float64]
Learn = Callable[[tuple[Floats, NDArray[Any]], Floats], Floats]
"""From values (N, F) and labels (N,) to learn from, and values (M, F) to judge, to what is said of these (M, K)."""


def inner_groups(items: Sequence[Item]) -> tuple[list[str], str]:
    """Return what stays together (N,), and its name: speakers, or utterances where fewer than two are known.

    An utterance of an unknown speaker stays by itself.
    """
    known = {(item.corpus, item.speaker) for item in items if item.speaker is not None}
    if len(known) < 2:
        return [f"{item.corpus}/{item.id}" for item in items], "utterances"
    names = [f"{item.corpus}/{item.id}" if item.speaker is None else f"{item.corpus}: {item.speaker}" for item in items]
    return names, "speakers"


def dealt(groups: Sequence[str], classes: Sequence[int], folds: int) -> NDArray[np.int64]:
    """Deal whole groups out to folds (N,) so that every fold has its share of every class, as far as that goes.

    The largest group goes first, each into the fold where the classes are then shared out most evenly: where the sum
    over classes of the folds' squared shares grows least; of equal ones, into the smallest. There are as many folds as
    groups at most.

    >>> dealt(["a", "a", "b", "b", "c", "c"], [0, 1, 0, 1, 0, 1], 3).tolist()
    [0, 0, 1, 1, 2, 2]
    """
    names, places = np.unique(np.asarray(groups), return_inverse=True)
    kinds = np.unique(np.asarray(classes), return_inverse=True)[1]
    counts = np.zeros((len(names), int(kinds.max()) + 1))
    np.add.at(counts, (places, kinds), 1.0)
    shares = counts / counts.sum(0)
    held = np.zeros((min(folds, len(names)), counts.shape[1]))
    sizes, fold_of = np.zeros(len(held)), np.zeros(len(names), dtype=np.int64)
    for group in np.argsort(-counts.sum(1), kind="stable"):
        # (share + new)^2 - share^2 = new (2 share + new), and new is the same for every fold.
        growth = held @ shares[group]
        even = np.flatnonzero(growth <= growth.min() + 1e-12)
        fold = int(even[sizes[even].argmin()])
        fold_of[group] = fold
        held[fold] += shares[group]
        sizes[fold] += counts[group].sum()
    dealt_out: NDArray[np.int64] = fold_of[places]
    return dealt_out


def held_out(learn: Learn, data: tuple[Floats, NDArray[Any]], folds: NDArray[np.int64]) -> Floats:
    """Return what is said of every value by the machine that learned from all other folds: (N, K)."""
    values, labels = data
    said: dict[int, Floats] = {}
    for fold in np.unique(folds).tolist():
        others = folds != fold
        said[fold] = learn((values[others], labels[others]), values[~others])
    result = np.zeros((len(values), next(iter(said.values())).shape[1]))
    for fold, answers in said.items():
        result[folds == fold] = answers
    return result
