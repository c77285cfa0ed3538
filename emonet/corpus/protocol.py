"""Protocols: named, hashed partitions into train, dev and test, speaker-disjoint unless they say why not."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emonet.corpus.corpus import PARTS, Corpus, NamedProtocol, Utterance
from emonet.digest import digest_of
from emonet.errors import CorpusError, UnknownName, did_you_mean


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


Folds = tuple[tuple[Fold, ...], str]
"""All folds of a protocol, and why speakers may stand in two parts."""

Groups = Mapping[str, str]
"""Utterance id -> the group (speaker, session, ...) that must stay whole."""

GROUPINGS = ("speaker", "session", "text", "split", "language")
"""The fields of an utterance that a protocol can go by."""


def make_protocol(name: str, options: Mapping[str, Any], corpus: Corpus, utterances: Sequence[Utterance]) -> Protocol:
    """Split a corpus by the protocol called ``name``: one that its card declares, or one of ``GENERIC``.

    Raises:
        UnknownName: there is no such protocol.
        CorpusError: the corpus lacks what the protocol needs, or a speaker stands in two parts of a fold.
    """
    declared = {protocol.name: protocol for protocol in corpus.protocols}
    if not utterances:
        raise CorpusError(f"Corpus '{corpus.id}' has no utterances to split. Check its root and its classes.")
    if name in declared:
        _check_options(name, (), options)
        folds, overlap = _declared_folds(declared[name], corpus, utterances), declared[name].overlap
    elif name in GENERIC:
        folds, overlap = _generic(name, options, corpus, utterances)
    else:
        raise UnknownName(f"protocol of corpus '{corpus.id}'", name, [*declared, *GENERIC])
    for fold in folds:
        _check_parts(fold, corpus)
        if not overlap:
            _check_speakers(fold, corpus, utterances)
    written = "".join(f" {key}={value}" for key, value in sorted(options.items()))
    return Protocol(f"{corpus.id}/{name}{written}", folds, _hash(folds, utterances), overlap)


def _hash(folds: Iterable[Fold], utterances: Sequence[Utterance]) -> str:
    labels = {utterance.id: dict(utterance.labels) for utterance in utterances}
    return digest_of([[[id_, part, labels[id_]] for id_, part in sorted(fold.parts.items())] for fold in folds])


def groups_by(field: str, corpus: Corpus, utterances: Iterable[Utterance]) -> Groups:
    """Return the value of a field (``speaker``, ``session``, ...) for every utterance.

    Raises:
        UnknownName: there is no such field.
        CorpusError: an utterance has no such value.
    """
    if field not in GROUPINGS:
        raise UnknownName("field to group by", field, GROUPINGS)
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


def _declared_folds(protocol: NamedProtocol, corpus: Corpus, utterances: Sequence[Utterance]) -> tuple[Fold, ...]:
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


def _check_parts(fold: Fold, corpus: Corpus) -> None:
    empty = [part for part in PARTS if part not in fold.parts.values()]
    if empty:
        message = f"Corpus '{corpus.id}', fold '{fold.name}': nothing is in {' and '.join(empty)}."
        raise CorpusError(f"{message} Check that the copy is complete, or choose another protocol.")


def _check_speakers(fold: Fold, corpus: Corpus, utterances: Sequence[Utterance]) -> None:
    parts_of: dict[str, set[str]] = {}
    for utterance in utterances:
        if utterance.speaker is not None and utterance.id in fold.parts:
            parts_of.setdefault(utterance.speaker, set()).add(fold.parts[utterance.id])
    shared = sorted(speaker for speaker, parts in parts_of.items() if len(parts) > 1)
    if shared:
        where = " and ".join(part for part in PARTS if part in parts_of[shared[0]])
        message = (
            f"Corpus '{corpus.id}', fold '{fold.name}': speaker '{shared[0]}' is in {where} "
            f"({len(shared)} of {len(parts_of)} speakers stand in two parts). Scores would be speaker-dependent. "
            "Choose a protocol by speaker, or declare the overlap, in a recipe with `official: {overlap: REASON}`, "
            "in a card with `overlap: REASON`."
        )
        raise CorpusError(message)


def _generic(name: str, options: Mapping[str, Any], corpus: Corpus, utterances: Sequence[Utterance]) -> Folds:
    parameters = inspect.signature(GENERIC[name]).parameters
    known = {key: value.default for key, value in parameters.items() if value.kind is value.KEYWORD_ONLY}
    _check_options(name, tuple(known), options)
    for key, value in options.items():
        _check_value(f"Protocol '{name}': the option '{key}'", value, known[key])
    return GENERIC[name](corpus, utterances, **options)


def _check_value(option: str, value: Any, default: Any) -> None:
    """Refuse a value that is not of its default's kind; a share of the data has a number or None as default."""
    if isinstance(default, str):
        is_right, wants = isinstance(value, str), "text"
    elif isinstance(default, int):
        is_right, wants = isinstance(value, int) and not isinstance(value, bool), "a whole number"
    else:
        is_right, wants = isinstance(value, int | float) and 0 < value < 1, "a share between 0 and 1, e.g. 0.2"
    if not is_right:
        raise CorpusError(f"{option} is {value!r}. Give {wants}.")


def _check_options(name: str, known: tuple[str, ...], options: Mapping[str, Any]) -> None:
    for key in options:
        if key not in known:
            text = f"Protocol '{name}' has no option '{key}'. {did_you_mean(key, known)}"
            raise CorpusError(f"{text.strip()} Its options: {', '.join(known) or 'none'}.")


def _official(corpus: Corpus, utterances: Sequence[Utterance], *, overlap: str = "") -> Folds:
    groups = groups_by("split", corpus, utterances)
    strange = sorted(set(groups.values()) - set(PARTS))
    if strange:
        hint = did_you_mean(strange[0], PARTS)
        message = f"Corpus '{corpus.id}': unknown split '{strange[0]}'. {hint} Expected train, dev or test."
        raise CorpusError(" ".join(message.split()))
    return (Fold("official", groups),), overlap


def _by_speaker(
    corpus: Corpus, utterances: Sequence[Utterance], *, dev: float = 0.2, test: float = 0.2, seed: int = 1
) -> Folds:
    groups = groups_by("speaker", corpus, utterances)
    speakers = _shuffled(groups.values(), seed)
    counts = {part: max(1, round(share * len(speakers))) for part, share in (("test", test), ("dev", dev))}
    if len(speakers) < 3:
        raise CorpusError(_too_few(corpus, "by-speaker", "speaker", len(speakers), 3))
    if counts["test"] + counts["dev"] >= len(speakers):
        message = f"Corpus '{corpus.id}': dev={dev} and test={test} leave none of {len(speakers)} speakers for train."
        raise CorpusError(f"{message} Give smaller shares.")
    held = dict.fromkeys(speakers[: counts["test"]], "test")
    held |= dict.fromkeys(speakers[counts["test"] : counts["test"] + counts["dev"]], "dev")
    return (Fold("by-speaker", {id_: held.get(speaker, "train") for id_, speaker in groups.items()}),), ""


def _leave_one_out(field: str) -> Callable[..., Folds]:
    name = f"leave-one-{field}-out"

    def split(corpus: Corpus, utterances: Sequence[Utterance], *, dev: float | None = None, seed: int = 1) -> Folds:
        groups = groups_by(field, corpus, utterances)
        names = sorted(set(groups.values()))
        needed = 3 if dev is None else 2
        if len(names) < needed:
            hint = f" Or cut dev from train: {name}: {{dev: 0.2}}." if len(names) == 2 else ""
            raise CorpusError(_too_few(corpus, name, field, len(names), needed) + hint)
        if dev is None:
            return tuple(_rotate(groups, [[group] for group in names], i, names[i]) for i in range(len(names))), ""
        for group in names:  # only dev may share speakers with train
            held = Fold(group, {id_: "test" if found == group else "train" for id_, found in groups.items()})
            _check_speakers(held, corpus, utterances)
        overlap = f"dev is a random {dev:.0%} of the train utterances, so that no {field} is lost to it"
        return tuple(_random_dev(groups, group, dev, seed) for group in names), overlap

    return split


def _grouped_k_fold(
    corpus: Corpus, utterances: Sequence[Utterance], *, k: int = 5, by: str = "speaker", seed: int = 1
) -> Folds:
    if k < 3:
        raise CorpusError(f"grouped-k-fold: k is {k}, but train, dev and test need 3 folds. Give k of at least 3.")
    groups = groups_by(by, corpus, utterances)
    names = _shuffled(groups.values(), seed)
    if len(names) < k:
        raise CorpusError(_too_few(corpus, f"grouped-k-fold with k={k}", by, len(names), k))
    blocks = [names[i::k] for i in range(k)]
    return tuple(_rotate(groups, blocks, i, str(i + 1)) for i in range(k)), ""


def _rotate(groups: Groups, blocks: Sequence[Sequence[str]], i: int, name: str) -> Fold:
    """Fold ``i``: block i is test, the next block dev, the others train."""
    part_of = dict.fromkeys(blocks[i], "test")
    part_of |= dict.fromkeys(blocks[(i + 1) % len(blocks)], "dev")
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
        f"Corpus '{corpus.id}': {protocol} needs at least {needed} {field}s, here are {found}. Choose another protocol."
    )


GENERIC: Mapping[str, Callable[..., Folds]] = {
    "official": _official,
    "by-speaker": _by_speaker,
    "leave-one-speaker-out": _leave_one_out("speaker"),
    "leave-one-session-out": _leave_one_out("session"),
    "grouped-k-fold": _grouped_k_fold,
}
"""Protocols that any corpus has, as long as it knows the field they go by."""
