"""What was looked at and found: by a check of a corpus, and by an audit of a partition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

Level = Literal["ok", "warning", "problem"]
LEVELS: tuple[Level, ...] = ("ok", "warning", "problem")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        level: ``problem`` where data or scores are not what they are called, ``warning`` where a reader must know.
        what: speakers, texts, audio, files and the like.
        seen: what was found.
        expected: what the card says.
        advice: what to do about it.
        fold: name of the fold, empty for what concerns all of them.
        count: how much of it there is; the worst of several folds has most.
        items: all that was found, where ``seen`` gives examples only.
        rank: of findings of one level, the higher is the worse: what test shares with train before what it shares
            with dev, and that before what dev shares with train.
    """

    level: Level
    what: str
    seen: str
    expected: str = ""
    advice: str = ""
    fold: str = ""
    count: int = 0
    items: tuple[str, ...] = ()
    rank: int = 0

    @property
    def badness(self) -> tuple[int, int, int]:
        """Return what findings of one thing are ordered by, the worst last."""
        return LEVELS.index(self.level), self.rank, self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an audit says of one partition.

    Attributes:
        subject: id of the protocol, or the name of a split list.
        hash: of the protocol, empty where there is none.
        level: the worst of its findings.
        summary: on one line what the partition is: speaker-independent, text-dependent and the like.
        findings: all of them, those of each fold included.
    """

    subject: str
    hash: str
    level: Level
    summary: str
    findings: tuple[Finding, ...]

    @property
    def line(self) -> str:
        """Return the verdict as it stands below tables of scores."""
        name = f"{self.subject} #{self.hash[:8]}" if self.hash else self.subject
        return f"Audit of {name}: {self.level}: {self.summary}."

    def to_json(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    def brief(self) -> Verdict:
        """Return the verdict with one finding for each thing, over all folds, and without lists of single items."""
        return replace(self, findings=tuple(replace(each, items=()) for each in over_folds(self.findings)))


def about_system(system: str) -> str:
    """Return the subject of the verdict on what a system learned before."""
    return f"what '{system}' learned before"


def worst(findings: Iterable[Finding]) -> Level:
    """Return the highest level of findings, ``ok`` for none."""
    return max((finding.level for finding in findings), key=LEVELS.index, default="ok")


def over_folds(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return one finding for each thing: that of its worst fold, with the number of folds that are as bad."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.what, []).append(finding)
    return tuple(_worst_fold(group) for group in groups.values())


def _worst_fold(group: list[Finding]) -> Finding:
    first = max(group, key=lambda each: each.badness)
    if len(group) == 1:
        return first
    alike = sum((each.level, each.rank) == (first.level, first.rank) for each in group)
    where = f"all {len(group)} folds" if alike == len(group) else f"{alike} of {len(group)} folds"
    seen = first.seen if first.level == "ok" else f"{first.seen} (fold {first.fold})"
    return replace(first, fold="", seen=f"{seen}; {where}")


_SHOWN = 3


@dataclass
class Some:
    """How many there are, and the first few by name, however many there are."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        """Count one more."""
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append(name)

    def __bool__(self) -> bool:
        """Say whether there are any."""
        return self.count > 0

    def __str__(self) -> str:
        """Return the count and the first names."""
        more = ", ..." if self.count > len(self.first) else ""
        return f"{self.count}: {', '.join(self.first)}{more}"


def some(names: list[str] | tuple[str, ...]) -> str:
    """Return how many names there are, and the first of them."""
    found = Some()
    for name in names:
        found.add(name)
    return str(found)
