"""Audits of split lists: by the corpus they split where it is known, else by what their names say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from emonet.auditing.partition import Partition
from emonet.auditing.shared import FoldRows, Placed
from emonet.corpus.corpus import Corpus, Utterance
from emonet.corpus.naming import name_in, pattern_of
from emonet.findings import Finding, Level
from emonet.protocols.matching import Match, match, read_names
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
    listed: SplitList,
    rules: NameRules,
    corpus: Corpus | None = None,
    here: Sequence[Utterance] = (),
    matched: Match | None = None,
) -> Partition:
    """Return a split list as what is audited.

    What is known of an utterance comes from the rules, then from the list itself, then from the corpus.

    Args:
        here: the corpus' utterances, where it is on this machine; else its names must do.
        matched: which of these the entries are, where it is known already.
    """
    found = {_key(entry): id_ for id_, entry in (matched or match(listed.entries, here)).found}
    by_id = {utterance.id: utterance for utterance in here}
    folds: dict[str, list[Placed]] = {}
    for entry in listed.entries:
        known = by_id.get(found.get(_key(entry), "")) or (read_names(entry, corpus) if corpus is not None else None)
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


def names_findings(matched: Match, corpus: Corpus) -> list[Finding]:
    """Return a finding on names of a list that are not those of one utterance of the corpus that is here."""
    ambiguous = {entry.names: (entry, ids) for entry, ids in matched.ambiguous}
    unmatched = {entry.names: entry for entry in matched.unmatched}
    left_out = {entry.names: reason for entry, reason in matched.left_out}
    found = len({entry.names for _, entry in matched.found})
    total = found + len(ambiguous) + len(unmatched) + len(left_out)
    if found == total:
        return []
    told, advice = [f"{found} of {total} names fit one utterance of '{corpus.id}' here"], []
    if ambiguous:
        entry, ids = next(iter(ambiguous.values()))
        told.append(f"{len(ambiguous)} fit several, such as '{entry.names[0]}': {' and '.join(ids[:2])}")
        advice.append("Files of one name cannot be told apart: keep one copy of the corpus, or list longer paths.")
    if unmatched:
        told.append(f"{len(unmatched)} fit none, such as '{next(iter(unmatched))[0]}'")
        ask = "is it another corpus, a copy that is not whole, or one whose card leaves such files out?"
        advice.append(f"Of what is not here, names alone are known: {ask}")
    if left_out:
        told.append(f"{len(left_out)} are left out by the card ({'; '.join(dict.fromkeys(left_out.values()))})")
    level: Level = "warning" if advice else "ok"
    return [Finding(level, "names", "; ".join(told), advice=" ".join(advice), count=total - found)]
