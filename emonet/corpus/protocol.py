"""Protocols: named, hashed partitions into train, dev and test, speaker-disjoint unless they say why not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emonet.corpus.corpus import PARTS, Corpus, NamedProtocol, Utterance
from emonet.digest import digest_of
from emonet.errors import CorpusError, UnknownName


@dataclass(frozen=True)
class Fold:
    """One partition: which part each utterance (by id) belongs to."""

    name: str
    parts: Mapping[str, str]


@dataclass(frozen=True)
class Protocol:
    """The folds of one corpus under one protocol.

    Attributes:
        id: ``corpus/protocol``, with its options.
        hash: over every fold's utterance ids, labels and parts; two scores compare only under one hash.
        overlap: why speakers may stand in two parts; empty where none does.
    """

    id: str
    folds: tuple[Fold, ...]
    hash: str
    overlap: str = ""


Groups = Mapping[str, str]
"""Utterance id -> the group (speaker, session, ...) that must stay whole."""


def make_protocol(
    name: str, options: Mapping[str, Any], corpus: Corpus, utterances: Sequence[Utterance]
) -> Protocol:
    """Split a corpus by the protocol called ``name``: one that its card declares, or one of ``GENERIC``.

    Raises:
        UnknownName: there is no such protocol.
        CorpusError: the corpus lacks what the protocol needs, or a speaker stands in two parts of a fold.
    """
    declared = {protocol.name: protocol for protocol in corpus.protocols}
    overlap = ""
    if name in declared:
        folds, overlap = _declared_folds(declared[name], corpus, utterances), declared[name].overlap
    elif name in GENERIC:
        folds, overlap = _generic(name, options, corpus, utterances)
    else:
        raise UnknownName(f"protocol of corpus '{corpus.id}'", name, [*declared, *GENERIC])
    for fold in folds:
        _check_fold(fold, corpus, utterances, overlap=overlap)
    written = "".join(f" {key}={value}" for key, value in sorted(options.items()))
    return Protocol(f"{corpus.id}/{name}{written}", folds, _hash(folds, utterances), overlap)


def _hash(folds: Iterable[Fold], utterances: Sequence[Utterance]) -> str:
    labels = {utterance.id: dict(utterance.labels) for utterance in utterances}
    return digest_of([[[id_, part, labels[id_]] for id_, part in sorted(fold.parts.items())] for fold in folds])


def groups_by(field: str, corpus: Corpus, utterances: Iterable[Utterance]) -> Groups:
    """Return the value of a field (``speaker``, ``session``, ...) for every utterance.

    Raises:
        CorpusError: an utterance has no such value.
    """
    groups: dict[str, str] = {}
    for utterance in utterances:
        value = getattr(utterance, field)
        if value is None:
            message = (
                f"Corpus '{corpus.id}': utterance '{utterance.id}' has no {field}, so a protocol by {field} "
                f"cannot be made. Add the {field}, or choose another protocol."
            )
            raise CorpusError(message)
        groups[utterance.id] = value
    return groups


def _declared_folds(
    protocol: NamedProtocol, corpus: Corpus, utterances: Sequence[Utterance]
) -> tuple[Fold, ...]:
    groups = groups_by(protocol.by, corpus, utterances)
    folds = []
    for number, values in enumerate(protocol.folds):
        part_of = {value: part for part, listed in values.items() for value in listed}
        rest = [part for part in PARTS if part not in values]
        missing = sorted(set(groups.values()) - set(part_of))
        if missing and len(rest) != 1:
            message = (
                f"Corpus '{corpus.id}', protocol '{protocol.name}': {protocol.by} '{missing[0]}' is in no part. "
                f"Known: {', '.join(sorted(part_of))}."
            )
            raise CorpusError(message)
        parts = {id_: part_of.get(value) or rest[0] for id_, value in groups.items()}
        folds.append(Fold(str(number + 1) if len(protocol.folds) > 1 else protocol.name, parts))
    return tuple(folds)


def _check_fold(fold: Fold, corpus: Corpus, utterances: Sequence[Utterance], *, overlap: str) -> None:
    empty = [part for part in PARTS if part not in fold.parts.values()]
    if empty:
        raise CorpusError(f"Corpus '{corpus.id}', fold '{fold.name}': nothing is in {', '.join(empty)}.")
    parts_of: dict[str, set[str]] = {}
    for utterance in utterances:
        if utterance.speaker is not None and utterance.id in fold.parts:
            parts_of.setdefault(utterance.speaker, set()).add(fold.parts[utterance.id])
    shared = sorted(speaker for speaker, parts in parts_of.items() if len(parts) > 1)
    if shared and not overlap:
        where = " and ".join(part for part in PARTS if part in parts_of[shared[0]])
        message = (
            f"Corpus '{corpus.id}', fold '{fold.name}': speaker '{shared[0]}' is in {where} "
            f"({len(shared)} of {len(parts_of)} speakers stand in two parts). Scores would be speaker-dependent. "
            "Choose a protocol by speaker, or declare the overlap with its reason."
        )
        raise CorpusError(message)


def _generic(
    name: str, options: Mapping[str, Any], corpus: Corpus, utterances: Sequence[Utterance]
) -> tuple[tuple[Fold, ...], str]:
    try:
        return GENERIC[name](corpus, utterances, **options)
    except TypeError as problem:
        raise CorpusError(f"Protocol '{name}': {problem}.") from None


def _official(
    corpus: Corpus, utterances: Sequence[Utterance], *, overlap: str = ""
) -> tuple[tuple[Fold, ...], str]:
    groups = groups_by("split", corpus, utterances)
    strange = sorted(set(groups.values()) - set(PARTS))
    if strange:
        raise CorpusError(f"Corpus '{corpus.id}': unknown split '{strange[0]}'. Expected train, dev or test.")
    return (Fold("official", groups),), overlap


def _by_speaker(
    corpus: Corpus, utterances: Sequence[Utterance], *, dev: float = 0.2, test: float = 0.2, seed: int = 1
) -> tuple[tuple[Fold, ...], str]:
    groups = groups_by("speaker", corpus, utterances)
    speakers = _shuffled(groups.values(), seed)
    counts = {part: max(1, round(share * len(speakers))) for part, share in (("test", test), ("dev", dev))}
    if counts["test"] + counts["dev"] >= len(speakers):
        raise CorpusError(_too_few(corpus, "by-speaker", "speaker", len(speakers), 3))
    held = {speaker: "test" for speaker in speakers[: counts["test"]]}
    held |= {speaker: "dev" for speaker in speakers[counts["test"] : counts["test"] + counts["dev"]]}
    return (Fold("by-speaker", {id_: held.get(speaker, "train") for id_, speaker in groups.items()}),), ""


def _leave_one_out(field: str) -> Callable[..., tuple[tuple[Fold, ...], str]]:
    def split(
        corpus: Corpus, utterances: Sequence[Utterance], *, dev: float | None = None, seed: int = 1
    ) -> tuple[tuple[Fold, ...], str]:
        groups = groups_by(field, corpus, utterances)
        names = sorted(set(groups.values()))
        if dev is not None:
            overlap = f"dev is a random {dev:.0%} of the train utterances, so that no {field} is lost to it"
            return tuple(_random_dev(groups, name, dev, seed) for name in names), overlap
        if len(names) < 3:
            hint = " Or cut dev from train: leave-one-{0}-out: {{dev: 0.2}}.".format(field)
            raise CorpusError(_too_few(corpus, f"leave-one-{field}-out", field, len(names), 3) + hint)
        return tuple(_rotate(groups, [[name] for name in names], i, names[i]) for i in range(len(names))), ""

    return split


def _grouped_k_fold(
    corpus: Corpus, utterances: Sequence[Utterance], *, k: int = 5, by: str = "speaker", seed: int = 1
) -> tuple[tuple[Fold, ...], str]:
    groups = groups_by(by, corpus, utterances)
    names = _shuffled(groups.values(), seed)
    if k < 3 or len(names) < k:
        raise CorpusError(_too_few(corpus, f"grouped-k-fold with k={k}", by, len(names), max(k, 3)))
    blocks = [names[i::k] for i in range(k)]
    return tuple(_rotate(groups, blocks, i, str(i + 1)) for i in range(k)), ""


def _rotate(groups: Groups, blocks: Sequence[Sequence[str]], i: int, name: str) -> Fold:
    """Fold ``i``: block i is test, the next block dev, the others train."""
    part_of = {group: "test" for group in blocks[i]}
    part_of |= {group: "dev" for group in blocks[(i + 1) % len(blocks)]}
    return Fold(name, {id_: part_of.get(group, "train") for id_, group in groups.items()})


def _random_dev(groups: Groups, test: str, share: float, seed: int) -> Fold:
    rest = _shuffled((id_ for id_, group in groups.items() if group != test), seed)
    dev = set(rest[: max(1, round(share * len(rest)))])
    parts = {id_: "test" if group == test else "dev" if id_ in dev else "train" for id_, group in groups.items()}
    return Fold(test, parts)


def _shuffled(values: Iterable[str], seed: int) -> list[str]:
    names = sorted(set(values))
    random.Random(seed).shuffle(names)  # noqa: S311 - no secret, a reproducible order
    return names


def _too_few(corpus: Corpus, protocol: str, field: str, found: int, needed: int) -> str:
    return (
        f"Corpus '{corpus.id}': {protocol} needs at least {needed} {field}s "
        f"(one each for train, dev and test), here are {found}. Choose another protocol."
    )


GENERIC: Mapping[str, Callable[..., tuple[tuple[Fold, ...], str]]] = {
    "official": _official,
    "by-speaker": _by_speaker,
    "leave-one-speaker-out": _leave_one_out("speaker"),
    "leave-one-session-out": _leave_one_out("session"),
    "grouped-k-fold": _grouped_k_fold,
}
"""Protocols that any corpus has, as long as it knows the field they go by."""
