"""What was left out of prepared corpora because its audio cannot be used, and in which splits it would stand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emonet.corpus.corpus import Utterance
from emonet.errors import EmonetError
from emonet.protocols.fold import Protocol

if TYPE_CHECKING:
    from emonet.audio.shards import Problem
    from emonet.report.results import LeftOut

UNKNOWN = "unknown"
"""In the place of a split where nobody can say in which one an utterance would stand."""
NONE = "none"
"""In the place of a split where a protocol takes an utterance into none."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """An utterance that carries what is learned, and whose audio cannot be used.

    Attributes:
        path: of its file, relative to the corpus' root.
        splits: fold -> the split in which it would stand.
    """

    id: str
    path: str
    reason: str
    splits: Mapping[str, str]


def dropped_of(
    problems: Iterable[Problem],
    wanted: Callable[[Utterance], bool],
    protocol: Protocol,
    utterances: Sequence[Utterance],
    remake: Callable[[Sequence[Utterance]], Protocol],
) -> tuple[Dropped, ...]:
    """Return what of a store's problems would be learned or tested.

    Args:
        wanted: says whether an utterance carries what is learned.
        protocol: over ``utterances``, those that can be used.
        remake: makes the protocol anew over other utterances.
    """
    from emonet.audio.arrow import utterance_of

    found = [(problem, utterance_of(problem.row)) for problem in problems if problem.row]
    lost = [(problem, utterance) for problem, utterance in found if wanted(utterance)]
    if not lost:
        return ()
    splits = _splits_of([utterance for _, utterance in lost], protocol, utterances, remake)
    return tuple(Dropped(each.id, each.path, problem.reason, splits[each.id]) for problem, each in lost)


def _splits_of(
    lost: Sequence[Utterance],
    protocol: Protocol,
    utterances: Sequence[Utterance],
    remake: Callable[[Sequence[Utterance]], Protocol],
) -> dict[str, dict[str, str]]:
    """Return utterance id -> fold -> split, by the protocol over all utterances where that leaves the others in place.

    Where it does not, since their number moves the bounds, the splits are those of an utterance's speaker.
    """
    try:
        whole = remake(sorted((*utterances, *lost), key=lambda each: each.id))
    except EmonetError:  # it is one that was imported, or that these utterances lack something for
        return _splits_of_speakers(lost, protocol, utterances)
    placed = {fold.name: fold.splits for fold in whole.folds}
    if any(
        placed.get(fold.name, {}).get(id_) != split for fold in protocol.folds for id_, split in fold.splits.items()
    ):
        return _splits_of_speakers(lost, protocol, utterances)
    return {each.id: {name: splits.get(each.id, NONE) for name, splits in placed.items()} for each in lost}


def _splits_of_speakers(
    lost: Sequence[Utterance], protocol: Protocol, utterances: Sequence[Utterance]
) -> dict[str, dict[str, str]]:
    speaker_of = {each.id: each.speaker for each in utterances if each.speaker is not None}
    found: dict[str, dict[str, str]] = {each.id: {} for each in lost}
    for fold in protocol.folds:
        of_speaker: dict[str, set[str]] = {}
        for id_, split in fold.splits.items():
            if id_ in speaker_of:
                of_speaker.setdefault(speaker_of[id_], set()).add(split)
        for each in lost:
            splits = of_speaker.get(each.speaker or "", set())
            found[each.id][fold.name] = next(iter(splits)) if len(splits) == 1 else UNKNOWN
    return found


def counted_by_split(corpus: str, protocol: Protocol, dropped: Sequence[Dropped]) -> LeftOut:
    """Return how many utterances each split lacks, in any fold, and for which reasons."""
    from emonet.report.results import LeftOut

    splits = Counter(split for each in dropped for split in set(each.splits.values()))
    kinds = (each.reason.removeprefix("unreadable: ").partition(":")[0] for each in dropped)
    reasons = Counter(re.sub(r"\d[\d.]*", "#", kind) for kind in kinds)
    return LeftOut(
        corpus=corpus,
        protocol=protocol.id,
        hash=protocol.hash,
        count=len(dropped),
        folds=len(protocol.folds),
        splits=dict(splits),
        reasons=dict(reasons.most_common()),
    )


def named(corpus: str, protocol: Protocol, dropped: Iterable[Dropped]) -> list[dict[str, Any]]:
    """Return a row for each utterance that is left out, as a run's folder keeps them."""
    return [
        {"corpus": corpus, "protocol": protocol.id, "id": each.id, "path": each.path, "reason": each.reason}
        | {"splits": dict(each.splits)}
        for each in dropped
    ]
