"""The audit of a whole partition: all of its folds, and the classes of its utterances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from emonet.auditing.confounds import confound_findings
from emonet.auditing.shared import (
    AS_SPELT,
    SOMETIMES,
    FoldRows,
    Placed,
    SharedValues,
    Spellings,
    are_alone,
    shared_findings,
)
from emonet.corpus.corpus import SPLITS, Utterance
from emonet.findings import Finding, Verdict, over_folds, worst
from emonet.protocols.fold import Protocol

LabelOf = Callable[[Utterance], str | None]


def coverage_findings(fold: FoldRows, classes: Sequence[str], label: LabelOf) -> list[Finding]:
    """Return findings on splits that are empty and on classes that a split lacks."""
    return [_splits(fold), *_classes(fold, classes, label)]


def _splits(fold: FoldRows) -> Finding:
    counts = {split: len(fold.split(split)) for split in SPLITS}
    seen = ", ".join(f"{count} {split}" for split, count in counts.items())
    if not counts["train"] or not counts["test"]:
        advice = "Nothing can be learned or tested: give lists of all splits."
        return Finding(level="problem", what="splits", fold=fold.name, seen=seen, advice=advice)
    if not counts["dev"]:
        advice = "Cut a dev by whole speakers from train, or test gets chosen on."
        return Finding(level="warning", what="splits", fold=fold.name, seen=f"no dev: {seen}", advice=advice)
    return Finding(level="ok", what="splits", fold=fold.name, seen=seen)


def _classes(fold: FoldRows, classes: Sequence[str], label: LabelOf) -> list[Finding]:
    if not classes:
        return []
    has = {split: {label(each) for each in fold.split(split)} for split in SPLITS}
    unlearned = [each for each in classes if each not in has["train"] and each in has["test"] | has["dev"]]
    untested = [each for each in classes if each not in has["test"]]
    if unlearned:
        seen = f"train has no {', '.join(unlearned)}"
        advice = "What train lacks cannot be learned: choose another protocol, or leave the class out."
        return [
            Finding(level="problem", what="classes", fold=fold.name, seen=seen, advice=advice, count=len(unlearned))
        ]
    if untested:
        seen = f"test has no {', '.join(untested)}"
        advice = "The fold's own UAR is over fewer classes; the pooled one counts."
        return [Finding(level="warning", what="classes", fold=fold.name, seen=seen, advice=advice, count=len(untested))]
    return [Finding(level="ok", what="classes", fold=fold.name, seen="all in train and test")]


@dataclass(frozen=True, kw_only=True)
class Partition:
    """What is audited.

    Attributes:
        subject: id of the protocol, or the name of a split list.
        label: the class of an utterance, None where it has none.
        classes: all classes, empty for a dimensional target.
        utterances: how many the corpus has; what a fold lacks of it is left out of it.
        overlap: why speakers stand in two splits.
        notes: what a reader of its scores must know besides.
        names: what is known of the names of speakers, sessions and texts.
    """

    subject: str
    folds: tuple[FoldRows, ...]
    label: Callable[[Utterance], str | None]
    classes: tuple[str, ...] = ()
    hash: str = ""
    utterances: int = 0
    overlap: str = ""
    notes: tuple[str, ...] = ()
    names: Spellings = AS_SPELT


def partition_of(
    protocol: Protocol,
    utterances: Sequence[Utterance],
    classes: tuple[str, ...],
    target: str,
    *,
    names: Spellings = AS_SPELT,
) -> Partition:
    """Return a protocol as what is audited.

    Args:
        classes: of the target, empty where it is dimensional.
    """
    by_id = {utterance.id: utterance for utterance in utterances}
    folds = tuple(
        FoldRows(fold.name, tuple(Placed(split, by_id[id_]) for id_, split in fold.splits.items()))
        for fold in protocol.folds
    )

    def label(utterance: Utterance) -> str | None:
        value = utterance.labels.get(target)
        return value if classes and isinstance(value, str) else None

    return Partition(
        subject=protocol.id,
        folds=folds,
        label=label,
        classes=classes,
        hash=protocol.hash,
        utterances=len(by_id),
        overlap=protocol.overlap,
        notes=protocol.notes,
        names=names,
    )


def audit_partition(partition: Partition, further: Sequence[Finding] = (), *, audio: str = "") -> Verdict:
    """Judge a partition.

    Args:
        further: what else was found, e.g. of its audio.
        audio: what the summary says of duplicate audio.
    """
    findings = [*_of_folds(partition), *further, *_of_classes(partition), *_left_out(partition)]
    findings += [Finding(level="warning", what="notes", seen=note) for note in partition.notes]
    summary = ", ".join([*_kinds(partition, findings), *([audio] if audio else []), *_lacks(findings)])
    return Verdict(
        subject=partition.subject,
        hash=partition.hash,
        level=worst(findings),
        summary=summary,
        findings=tuple(findings),
    )


def _of_folds(partition: Partition) -> list[Finding]:
    found = []
    for fold in partition.folds:
        found += shared_findings(fold, partition.overlap, partition.names)
        found += coverage_findings(fold, partition.classes, partition.label)
    here = {(each.what, each.fold) for each in found}
    met = [what for what in SOMETIMES if any(each.what == what for each in found)]
    # What is looked for in every fold and told where it was met: the other folds count, too.
    clean = [(what, fold.name) for fold in partition.folds for what in met if (what, fold.name) not in here]
    return [*found, *(Finding(level="ok", what=what, fold=fold, seen="none in two splits") for what, fold in clean)]


def _of_classes(partition: Partition) -> list[Finding]:
    known = {row.utterance.id: row.utterance for fold in partition.folds for row in fold.rows}.values()
    labelled = [(label, each) for each in known if (label := partition.label(each)) is not None]
    speakers = [(label, each.speaker) for label, each in labelled if each.speaker is not None]
    texts = [(label, each.text) for label, each in labelled if each.text is not None]
    return confound_findings(speakers, texts)


def _left_out(partition: Partition) -> list[Finding]:
    counts = [partition.utterances - len({row.utterance.id for row in fold.rows}) for fold in partition.folds]
    most = max(counts, default=0)
    if most <= 0:
        return []
    seen = f"up to {most} of {partition.utterances} utterances are in no split of a fold"
    return [Finding(level="ok", what="left out", seen=seen, count=most)]


def _kinds(partition: Partition, findings: Sequence[Finding]) -> list[str]:
    """Return what the partition is independent of, in words."""
    spelt = {finding.what for finding in findings if finding.count}
    words = []
    for what in ("speakers", "sessions", "texts"):
        known = [shared for fold in partition.folds if (shared := fold.shared[what]) is not None]
        if known:
            kind = _kind(what, [each for shared in known for each in shared]) + _as_far_as(what, partition)
            words.append(f"{kind} as names are spelt" if f"{what}' names" in spelt else kind)
        elif what != "sessions":
            declared = f" ({partition.overlap})" if what == "speakers" and partition.overlap else ""
            words.append(f"{what} unknown{declared}")
    return words


def _as_far_as(what: str, partition: Partition) -> str:
    """Return how many speakers are unknown, or that all may be clips; of sessions and texts that is usual."""
    known = {row.utterance.id: row.utterance for fold in partition.folds for row in fold.rows}
    if what == "speakers" and are_alone(list(known.values())):
        return " if no two names are one person (each utterance has a speaker of its own)"
    nameless = sum(each.speaker is None for each in known.values()) if what == "speakers" else 0
    return f" as far as known ({nameless} of {len(known)} utterances have no speaker)" if nameless else ""


def _kind(what: str, shared: Sequence[SharedValues]) -> str:
    tested = max((each for each in shared if each.one == "test"), key=_badness)
    if tested.count:
        pairs = [each for each in shared if (each.one, each.other) == (tested.one, tested.other)]
        met = sum(each.count > 0 for each in pairs)
        folds = f"; {met} of {len(pairs)} folds" if met < len(pairs) else ""
        return f"{what[:-1]}-dependent ({tested.count} of {tested.total} test {what} also in {tested.other}{folds})"
    if any(each.count for each in shared):
        return f"{what[:-1]}-independent (dev shares {what} with train)"
    return f"{what[:-1]}-independent"


def _badness(shared: SharedValues) -> tuple[bool, bool, int]:
    """Return what is worse in a summary: to share with train, before sharing more with dev."""
    return shared.count > 0, shared.other == "train", shared.count


def _lacks(findings: Sequence[Finding]) -> list[str]:
    """Return what else a summary must say: what is missing or twice there, and what other warnings there are."""
    told = {finding.what: finding for finding in over_folds(findings)}
    words = [told[what].seen for what in _TOLD if what in told and told[what].level != "ok"]
    words += [told[what].seen for what in ("left out", "notes") if what in told]
    words += [told["names"].seen.partition(";")[0]] if "names" in told and told["names"].level != "ok" else []
    rest = [what for what, each in told.items() if each.level != "ok" and what not in {*_TOLD, *_IN_WORDS}]
    return [*words, *([f"see also {' and '.join(rest)}"] if rest else [])]


_TOLD = ("utterances", *SOMETIMES, "splits", "classes")
_IN_WORDS = {"speakers", "sessions", "texts", "audio", "notes", "names"}
"""What the summary has words of its own for."""
