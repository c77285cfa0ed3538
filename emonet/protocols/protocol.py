"""Protocols: named, hashed partitions into train, dev and test, speaker-disjoint unless they say why not."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from emonet.corpus.corpus import SPLITS, Corpus, NamedProtocol, Utterance
from emonet.errors import CorpusError, UnknownName
from emonet.files import digest_of
from emonet.options import check_options
from emonet.protocols.fold import Fold, Protocol, check_speakers, groups_by, with_random_dev
from emonet.protocols.imported import IMPORTED, check_hash, imported_folds
from emonet.protocols.speakers import GENERIC

__all__ = ["GENERIC", "Fold", "Protocol", "make_protocol"]

_OPTION = inspect.Parameter.KEYWORD_ONLY
_DEV_SEED = 1
"""Seed of the dev split that a card has cut from train; in a card there is nothing to choose."""


def make_protocol(
    name: str, options: Mapping[str, Any], corpus: Corpus, utterances: Sequence[Utterance], *, base: Path = Path()
) -> Protocol:
    """Split a corpus by the protocol called ``name``: one that its card declares, one of ``GENERIC``, or ``imported``.

    Args:
        base: what the path of an imported protocol's file is relative to.

    Raises:
        UnknownName: there is no such protocol.
        CorpusError: the corpus lacks what the protocol needs, or a speaker stands in two splits of a fold.
    """
    check_protocol(name, options, corpus)
    declared = {protocol.name: protocol for protocol in corpus.protocols}
    if not utterances:
        raise CorpusError(f"Corpus '{corpus.id}' has no utterances to split. Check its root and its classes.")
    if name in declared:
        folds, overlap = _declared_folds(declared[name], corpus, utterances), declared[name].overlap
    elif name in GENERIC:
        folds, overlap = GENERIC[name](corpus, utterances, **options)
    else:
        imported = imported_folds(corpus, utterances, base, **options)
        folds, overlap = imported.folds, imported.overlap
    for fold in folds:
        _check_splits(fold, corpus)
        if not overlap:
            check_speakers(fold, corpus, utterances)
    hash_ = _hash(folds, utterances)
    if name == IMPORTED:
        check_hash(imported, hash_)
        return Protocol(f"{corpus.id}/{name} {imported.name}", folds, hash_, overlap, imported.notes)
    written = "".join(f" {key}={value}" for key, value in sorted(options.items()))
    return Protocol(f"{corpus.id}/{name}{written}", folds, hash_, overlap)


def check_protocol(name: str, options: Mapping[str, Any], corpus: Corpus | None) -> None:
    """Refuse a protocol that nobody knows, or options that it does not take; its folds need the corpus' utterances.

    Args:
        corpus: whose card may declare protocols; None for a corpus without a card.

    Raises:
        UnknownName: there is no such protocol.
        CorpusError: an option that it does not take, or a value that is not of the option's kind.
    """
    declared = [protocol.name for protocol in corpus.protocols] if corpus is not None else []
    if name in declared:
        check_options(f"Protocol '{name}'", lambda: None, options, error=CorpusError)
        return
    functions: Mapping[str, Callable[..., Any]] = {**GENERIC, IMPORTED: imported_folds}
    if name not in functions:
        kind = f"protocol of corpus '{corpus.id}'" if corpus is not None else "protocol"
        raise UnknownName(kind, name, [*declared, *functions])
    given = [each for each in inspect.signature(functions[name]).parameters.values() if each.kind is not _OPTION]
    own = partial(functions[name], *(None for _ in given))
    check_options(f"Protocol '{name}'", own, options, error=CorpusError)


def _hash(folds: Iterable[Fold], utterances: Sequence[Utterance]) -> str:
    """Return the hash of what scores under a protocol are about; paths, texts and the names of folds are not in it."""
    facts = {
        # Whole seconds may come as int from a scan, and come as float from a store.
        each.id: [dict(each.labels), each.speaker, float(each.start), None if each.end is None else float(each.end)]
        for each in utterances
    }
    return digest_of([[[id_, split, *facts[id_]] for id_, split in sorted(fold.splits.items())] for fold in folds])


def _declared_folds(protocol: NamedProtocol, corpus: Corpus, utterances: Sequence[Utterance]) -> tuple[Fold, ...]:
    groups = {
        id_: value
        for id_, value in groups_by(protocol.by, corpus, utterances).items()
        if value not in protocol.left_out
    }
    folds = []
    for number, values in enumerate(protocol.folds):
        split_of = {value: split for split, listed in values.items() for value in listed}
        rest = [split for split in SPLITS if split not in values and not protocol.random_dev]
        missing = sorted(set(groups.values()) - set(split_of))
        if missing and len(rest) != 1:
            message = (
                f"Corpus '{corpus.id}', protocol '{protocol.name}': {protocol.by} '{missing[0]}' is in no split. "
                f"Known: {', '.join(sorted(split_of))}."
            )
            raise CorpusError(message)
        splits = {id_: split_of.get(value) or rest[0] for id_, value in groups.items()}
        if protocol.random_dev:
            splits = with_random_dev(splits, protocol.random_dev, _DEV_SEED)
        folds.append(Fold(str(number + 1) if len(protocol.folds) > 1 else protocol.name, splits))
    return tuple(folds)


def _check_splits(fold: Fold, corpus: Corpus) -> None:
    empty = [split for split in SPLITS if split not in fold.splits.values()]
    if empty:
        message = f"Corpus '{corpus.id}', fold '{fold.name}': nothing is in {' and '.join(empty)}."
        raise CorpusError(f"{message} Check that the copy is complete, or choose another protocol.")
