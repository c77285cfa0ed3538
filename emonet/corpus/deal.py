"""Dealing groups out to folds: shuffled by a seed alone, in blocks that take turns as test and dev."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence

from emonet.corpus.corpus import Corpus
from emonet.corpus.fold import Fold, Groups


def rotated(groups: Groups, blocks: Sequence[Sequence[str]], i: int, name: str) -> Fold:
    """Fold ``i``: block i is test, the next block dev, the others train."""
    part_of = dict.fromkeys(blocks[i], "test")
    part_of |= dict.fromkeys(blocks[(i + 1) % len(blocks)], "dev")
    return Fold(name, {id_: part_of.get(group, "train") for id_, group in groups.items()})


def shuffled(values: Iterable[str], seed: int) -> list[str]:
    """Return the distinct values in an order that depends on them and the seed alone."""
    names = sorted(set(values))
    random.Random(seed).shuffle(names)  # noqa: S311 - no secret, a reproducible order
    return names


def with_random_dev(parts: Mapping[str, str], share: float, seed: int) -> dict[str, str]:
    """Return parts (utterance id -> part) with a random share of train, one utterance at least, made dev."""
    train = shuffled((id_ for id_, part in parts.items() if part == "train"), seed)
    dev = set(train[: max(1, round(share * len(train)))])
    return {id_: "dev" if id_ in dev else part for id_, part in parts.items()}


def too_few(corpus: Corpus, protocol: str, field: str, found: int, needed: int) -> str:
    """Return what to say where there are too few groups for a protocol."""
    return (
        f"Corpus '{corpus.id}': {protocol} needs at least {needed} {field}s, here are {found}. Choose another protocol."
    )
