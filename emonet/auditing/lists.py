"""Audits of split lists: by the corpus they split where it is known, else by what their names say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from emonet.auditing.partition import Partition
from emonet.auditing.shared import FoldRows, Placed
from emonet.corpus.corpus import Corpus, Utterance
from emonet.corpus.naming import name_in, pattern_of
from emonet.protocols.matching import match
from emonet.protocols.split_list import ListEntry, SplitList

LABEL = "label"
FIELDS = ("speaker", "session", "text")
"""What a regular expression can read from names."""


@dataclass(frozen=True)
class NameRules:
    """Regular expressions for what names say: field -> pattern; all of its groups together are the value."""

    patterns: Mapping[str, re.Pattern[str]]

    def read(self, name: str) -> dict[str, str]:
        """Return the fields that a name tells."""
        found = {field: name_in(name, pattern) for field, pattern in self.patterns.items()}
        return {field: value for field, value in found.items() if value}


def name_rules(given: Mapping[str, str]) -> NameRules:
    """Return rules from regular expressions by field; empty ones are passed over.

    Raises:
        CorpusError: a pattern is not a regular expression, or has no group.
    """
    return NameRules({field: pattern_of(text, f"--{field}") for field, text in given.items() if text})


def corpus_called(name: str, corpora: Iterable[Corpus]) -> Corpus | None:
    """Return the corpus that a list's own name for its data means, whatever its case and signs; None where none is."""
    wanted = _plain(name)
    called = (corpus for corpus in corpora if wanted in map(_plain, (corpus.id, *corpus.aliases)))
    return next(called, None) if wanted else None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())


def partition_of_list(
    listed: SplitList, rules: NameRules, corpus: Corpus | None = None, here: Sequence[Utterance] = ()
) -> Partition:
    """Return a split list as what is audited.

    What is known of an utterance comes from the rules, then from the list itself, then from the corpus.

    Args:
        here: the corpus' utterances, where it is on this machine; else its names must do.
    """
    found = {_key(entry): id_ for id_, entry in match(listed.entries, here).found}
    by_id = {utterance.id: utterance for utterance in here}
    folds: dict[str, list[Placed]] = {}
    for entry in listed.entries:
        known = by_id.get(found.get(_key(entry), "")) or (_known(entry, corpus) if corpus is not None else None)
        target = corpus.targets[0].name if corpus is not None else ""
        utterance = _utterance(entry, rules, known, target)
        folds.setdefault(entry.fold, []).append(Placed(entry.split, utterance))
    rows = tuple(FoldRows(name, tuple(placed)) for name, placed in folds.items())
    labels = {str(row.utterance.labels[LABEL]) for fold in rows for row in fold.rows if LABEL in row.utterance.labels}
    header = listed.header
    return Partition(
        subject=f"{header.corpus}/{header.protocol}" if header.protocol else listed.name,
        folds=rows,
        label=_label,
        classes=tuple(sorted(labels)),
        overlap=header.overlap,
        hash=header.hash,
    )


def _key(entry: ListEntry) -> tuple[str, ...]:
    return (entry.fold, entry.split, *entry.names)


def _label(utterance: Utterance) -> str | None:
    return str(utterance.labels[LABEL]) if LABEL in utterance.labels else None


def _utterance(entry: ListEntry, rules: NameRules, known: Utterance | None, target: str) -> Utterance:
    """Return what is known of an entry; its id is the corpus' own where the corpus is here."""
    name = entry.names[0].replace("\\", "/")
    facts = {**entry.facts, **rules.read(name)}
    label = facts.get(LABEL) or (known.labels.get(target) if known else None)
    return Utterance(
        id=known.id if known else name,
        path=known.path if known else name,
        labels={LABEL: str(label)} if label is not None else {},
        speaker=facts.get("speaker") or (known.speaker if known else None),
        session=facts.get("session") or (known.session if known else None),
        text=facts.get("text") or (known.text if known else None),
        start=known.start if known else 0.0,
        end=known.end if known else None,
    )


def _known(entry: ListEntry, corpus: Corpus) -> Utterance | None:
    """Return what the corpus reads from an entry's names, with the ending of its own files if need be."""
    if corpus.read_name is None:
        return None
    endings = dict.fromkeys(PurePosixPath(example.path).suffix for example in corpus.examples)
    for name in entry.names:
        path = PurePosixPath(name.replace("\\", "/"))
        for each in (path, *(path.with_suffix(ending) for ending in endings)):
            found = corpus.read_name(str(each))
            if found is not None:
                return found
    return None
