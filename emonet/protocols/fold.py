"""Folds of a protocol, and how groups of utterances are dealt out to them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from emonet.corpus.corpus import SPLITS, Corpus, Utterance
from emonet.errors import CorpusError, UnknownName


@dataclass(frozen=True)
class Fold:
    """One partition: which split each utterance (by id) belongs to."""

    name: str
    splits: Mapping[str, str]


@dataclass(frozen=True)
class Protocol:
    """The folds of one corpus under one protocol.

    Attributes:
        id: ``corpus/protocol``, with its options.
        hash: over the ids, labels, speakers, segments and splits of every fold; scores compare only under one hash.
        overlap: why speakers may stand in two splits; empty where none does.
        notes: what else a reader of its scores needs to know, one sentence each.
    """

    id: str
    folds: tuple[Fold, ...]
    hash: str
    overlap: str = ""
    notes: tuple[str, ...] = ()


Folds = tuple[tuple[Fold, ...], str]
"""All folds of a protocol, and why speakers may stand in two splits."""

Groups = Mapping[str, str]
"""Utterance id -> the group (speaker, session, ...) that must stay whole."""

GROUPINGS = ("speaker", "session", "text", "split", "language")
"""The fields of an utterance that a protocol can go by."""


def groups_by(field: str, corpus: Corpus, utterances: Iterable[Utterance]) -> Groups:
    """Return the value of a field (``speaker``, ``session``, ...) for every utterance.

    Raises:
        UnknownName: there is no such field.
        CorpusError: an utterance has no such value.
    """
    if field not in GROUPINGS:
        raise UnknownName("field to group by", field, GROUPINGS)
    values = {utterance.id: getattr(utterance, field) for utterance in utterances}
    without = [id_ for id_, value in values.items() if value is None]
    if without:
        count = f" ({len(without)} of {len(values)} have none)" if len(without) > 1 else ""
        raise CorpusError(
            f"Corpus '{corpus.id}': utterance '{without[0]}' has no {field}{count}, so a protocol by {field} "
            f"cannot be made. {_without(field, corpus)}"
        )
    return values


def _without(field: str, corpus: Corpus) -> str:
    """Return what to do where utterances lack the field that a protocol goes by."""
    if field != "speaker":
        return f"Add the {field}, or choose another protocol."
    has_card = corpus.speakers != "open"
    named = "" if has_card else "Where paths name the speakers, give the corpus' entry `speaker: REGEX`, with a group. "
    at_random = "`protocol: {random: {overlap: REASON}}`; its scores are called speaker-dependent."
    return f"{named}Where nobody knows them: {at_random}"


def check_speakers(fold: Fold, corpus: Corpus, utterances: Sequence[Utterance]) -> None:
    """Refuse a fold in which a speaker stands in two splits.

    Raises:
        CorpusError: naming the first such speaker, and how many there are.
    """
    splits_of: dict[str, set[str]] = {}
    for utterance in utterances:
        if utterance.speaker is not None and utterance.id in fold.splits:
            splits_of.setdefault(utterance.speaker, set()).add(fold.splits[utterance.id])
    shared = sorted(speaker for speaker, splits in splits_of.items() if len(splits) > 1)
    if shared:
        where = " and ".join(split for split in SPLITS if split in splits_of[shared[0]])
        message = (
            f"Corpus '{corpus.id}', fold '{fold.name}': speaker '{shared[0]}' is in {where} "
            f"({len(shared)} of {len(splits_of)} speakers stand in two splits). Scores would be speaker-dependent. "
            "Choose a protocol by speaker, or declare the overlap, in a recipe with `official: {overlap: REASON}` "
            "or `imported: {overlap: REASON}`, on import with --overlap REASON, in a card with `overlap: REASON`."
        )
        raise CorpusError(message)


def rotated(groups: Groups, blocks: Sequence[Sequence[str]], i: int, name: str) -> Fold:
    """Fold ``i``: block i is test, the next block dev, the others train."""
    split_of = dict.fromkeys(blocks[i], "test")
    split_of |= dict.fromkeys(blocks[(i + 1) % len(blocks)], "dev")
    return Fold(name, {id_: split_of.get(group, "train") for id_, group in groups.items()})


def shuffled(values: Iterable[str], seed: int) -> list[str]:
    """Return the distinct values in an order that depends on them and the seed alone."""
    names = sorted(set(values))
    random.Random(seed).shuffle(names)  # noqa: S311 - no secret, a reproducible order
    return names


def with_random_dev(splits: Mapping[str, str], share: float, seed: int) -> dict[str, str]:
    """Return splits (utterance id -> split) with a random share of train, one utterance at least, made dev."""
    train = shuffled((id_ for id_, split in splits.items() if split == "train"), seed)
    dev = set(train[: max(1, round(share * len(train)))])
    return {id_: "dev" if id_ in dev else split for id_, split in splits.items()}


def dev_of_groups(fold: Fold, groups: Groups, share: float, seed: int) -> Fold | None:
    """Return a fold with a share of the groups of its train made dev; None where train has fewer than two groups.

    Args:
        groups: utterance id -> group, of all that is in train at least.
    """
    train = {id_: groups[id_] for id_, split in fold.splits.items() if split == "train"}
    names = shuffled(train.values(), seed)
    if len(names) < 2:
        return None
    held = set(names[: min(len(names) - 1, max(1, round(share * len(names))))])
    return Fold(fold.name, {id_: "dev" if train.get(id_) in held else split for id_, split in fold.splits.items()})


def too_few(corpus: Corpus, protocol: str, field: str, found: int, needed: int) -> str:
    """Return what to say where there are too few groups for a protocol."""
    return (
        f"Corpus '{corpus.id}': {protocol} needs at least {needed} {field}s, here are {found}. Choose another protocol."
    )
