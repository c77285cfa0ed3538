"""What two splits of a fold have in common: speakers, sessions, texts, recordings, utterances."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import attrgetter

from emonet.corpus.corpus import Utterance
from emonet.corpus.naming import alike, how_to_join, spelling_of
from emonet.findings import Finding, Level

PAIRS = (("test", "train"), ("test", "dev"), ("dev", "train"))
"""In a pair, the first split is judged by how much of it the second one has; the worst pair comes first."""


def rank_of(pairs: Iterable[tuple[str, str]]) -> int:
    """Return how bad the worst of pairs is, 0 where there is none; see ``Finding.rank``."""
    return max((len(PAIRS) - PAIRS.index(pair) for pair in pairs if pair in PAIRS), default=0)


@dataclass(frozen=True, slots=True)
class Placed:
    """An utterance in a split of a fold."""

    split: str
    utterance: Utterance


@dataclass(frozen=True)
class FoldRows:
    """All that is in a fold; an utterance of a split list may be there more than once."""

    name: str
    rows: tuple[Placed, ...]

    @cached_property
    def splits(self) -> Mapping[str, Sequence[Utterance]]:
        """The utterances of each split that has any."""
        found: dict[str, list[Utterance]] = {}
        for row in self.rows:
            found.setdefault(row.split, []).append(row.utterance)
        return found

    def split(self, name: str) -> Sequence[Utterance]:
        """Return the utterances of a split."""
        return self.splits.get(name, ())

    @cached_property
    def shared(self) -> Mapping[str, tuple[SharedValues, ...] | None]:
        """What each pair of splits shares of each kind of thing; None for what no utterance has."""
        return {rule.what: shared_values(self, rule.read) for rule in RULES}


@dataclass(frozen=True, slots=True)
class SharedValues:
    """How many values of one split another split has, too, and some of them."""

    one: str
    other: str
    count: int
    total: int
    examples: tuple[str, ...]


_NONE: set[str | None] = set()
Read = Callable[[Utterance], str | None]


def shared_values(fold: FoldRows, read: Read) -> tuple[SharedValues, ...] | None:
    """Return what each pair of splits shares of a value, None where no utterance has one."""
    values = {split: set(map(read, listed)) - {None} for split, listed in fold.splits.items()}
    if not any(values.values()):
        return None
    found = []
    for one, other in PAIRS:
        ours, theirs = values.get(one, _NONE), values.get(other, _NONE)
        both = sorted(str(value) for value in ours & theirs)
        found.append(SharedValues(one, other, len(both), len(ours), tuple(both[:3])))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Rule:
    """How sharing one kind of thing is judged.

    Attributes:
        what: the things, in the plural.
        read: the value of an utterance.
        with_test: level where test shares it with train or dev.
        with_dev: level where only dev and train share it.
        advice: what to do.
    """

    what: str
    read: Read
    with_test: Level
    with_dev: Level
    advice: str


RULES = (
    Rule("utterances", attrgetter("id"), "problem", "problem", "Keep each utterance in one split."),
    Rule(
        "speakers",
        attrgetter("speaker"),
        "problem",
        "warning",
        "Scores are speaker-dependent: choose a protocol by speaker, or declare the overlap with its reason.",
    ),
    Rule(
        "sessions",
        attrgetter("session"),
        "warning",
        "warning",
        "Channel and dialogue may be recognised: leave-one-session-out keeps sessions apart.",
    ),
    Rule(
        "texts",
        attrgetter("text"),
        "warning",
        "warning",
        "The same sentences are learned and tested: text-independent protocols keep them apart.",
    ),
    Rule(
        "recordings",
        lambda each: each.path if each.start or each.end is not None else None,
        "warning",
        "warning",
        "Pieces of one file are in two splits: split by file, session or speaker.",
    ),
)


NAMED = ("speakers", "sessions", "texts")
"""What has names that may be one in different spellings."""
SOMETIMES = ("windows", *(f"{what}' names" for what in NAMED))
"""What a fold has a finding on only where it was met."""
LEAST = 0.1
"""What pieces of a file must have in common, in s, to count: borders are written down to a tenth of a second or so."""
_MANY = 8
"""Speakers from which it is strange that none of them has a second utterance."""
UNKNOWN = "unknown: no utterance has one"
"""What is seen of speakers where nobody has named any."""


@dataclass(frozen=True, slots=True)
class Spellings:
    """What is known of the names of speakers, sessions and texts.

    Attributes:
        apart: the fields (``speaker`` and the like) whose names differ even where their spellings are alike.
        in_entry: whether the corpus' entry in a recipe can join names, as it can for corpora without a card.
    """

    apart: tuple[str, ...] = ()
    in_entry: bool = False


AS_SPELT = Spellings()
"""Nothing is known of names but how they are spelt."""


def shared_findings(fold: FoldRows, overlap: str, names: Spellings = AS_SPELT) -> list[Finding]:
    """Return a finding for each kind of thing that the fold's utterances have; speakers are never passed over.

    Args:
        overlap: why speakers stand in two splits; makes a warning of that problem.
    """
    found = [*_overlapping(fold)]
    for rule in RULES:
        if rule.what in NAMED and rule.what[:-1] not in names.apart:
            found += _spelt_otherwise(fold, rule, overlap, in_entry=names.in_entry)
        shared = fold.shared[rule.what]
        if shared is not None:
            found.append(_finding(fold, rule, shared, overlap if rule.what == "speakers" else ""))
        elif rule.what == "speakers":
            advice = f"Declared: {overlap}." if overlap else _NAME_THEM
            found.append(Finding(level="warning", what=rule.what, fold=fold.name, seen=UNKNOWN, advice=advice))
    return found


_NAME_THEM = "Nothing shows that train and test are different people: name the speakers, or say that they are unknown."


def are_alone(said: Sequence[Utterance]) -> bool:
    """Say whether each utterance has a speaker of its own, though there are many: the names may be those of clips."""
    speakers = {each.speaker for each in said}
    return len(speakers) >= _MANY and len(speakers) == len({each.id for each in said}) and None not in speakers


def _finding(fold: FoldRows, rule: Rule, shared: Sequence[SharedValues], overlap: str) -> Finding:
    told = [each for each in shared if each.count]
    if not told:
        nameless = sum(row.utterance.speaker is None for row in fold.rows) if rule.what == "speakers" else 0
        if nameless:
            seen = f"none in two splits, but {nameless} of {len(fold.rows)} utterances have no known speaker"
            return Finding(level="warning", what=rule.what, fold=fold.name, seen=seen, advice=_NAME_THEM)
        if rule.what == "speakers" and are_alone([row.utterance for row in fold.rows]):
            seen = "none in two splits, but none has a second utterance: are these names of clips?"
            return Finding(level="warning", what=rule.what, fold=fold.name, seen=seen, advice=_NAME_THEM)
        return Finding(level="ok", what=rule.what, fold=fold.name, seen="none in two splits")
    with_test = any(each.one == "test" for each in told)
    level: Level = rule.with_test if with_test else rule.with_dev
    advice = rule.advice
    if overlap and level == "problem":
        level, advice = "warning", f"Declared: {overlap}."
    seen = "; ".join(f"{each.count} of {each.total} {each.one} {rule.what} also in {each.other}" for each in told)
    named = f", e.g. {', '.join(told[0].examples)}" if rule.what != "speakers" else ""
    count = next((each.count for each in told if each.one == "test"), 0)
    rank = rank_of((each.one, each.other) for each in told)
    return Finding(level, rule.what, seen + named, advice=advice, fold=fold.name, count=count, rank=rank)


def _spelt_otherwise(fold: FoldRows, rule: Rule, overlap: str, *, in_entry: bool) -> list[Finding]:
    """Return a finding on names of one split that another split has in another spelling; see ``spelling_of``.

    Speakers of test who may be in train under another spelling are a problem, until somebody says what they are.
    """
    names = {
        split: {str(name) for each in listed if (name := rule.read(each))} for split, listed in fold.splits.items()
    }
    spelt = _spellings(frozenset[str]().union(*names.values()))
    told: dict[tuple[str, str], str] = {}
    count, pair = 0, ("", "")
    for one, other in PAIRS if spelt else ():
        theirs: dict[str, list[str]] = {}
        for name in sorted(names.get(other, set()) & spelt.keys()):
            theirs.setdefault(spelt[name], []).append(name)
        ours = sorted(names.get(one, set()) & spelt.keys())
        pairs = [(mine, next((each for each in theirs.get(spelt[mine], ()) if each != mine), "")) for mine in ours]
        apart = [(mine, again) for mine, again in pairs if again]
        if apart:
            example = f"'{apart[0][0]}' and '{apart[0][1]}'"
            told[one, other] = f"{len(apart)} of {one} in another spelling in {other}, e.g. {example}"
            count, pair = max(count, len(apart) if one == "test" else 0), apart[0]
    if not told:
        return []
    what, seen = f"{rule.what}' names", f"{rule.what}: {'; '.join(told.values())}"
    advice = f"If two names are one of the {rule.what}, give it one name: until then it counts as two."
    if in_entry:
        advice = how_to_join(rule.what[:-1], pair)
    level: Level = "problem" if count and rule.with_test == "problem" and not overlap else "warning"
    return [Finding(level, what, seen, advice=advice, fold=fold.name, count=count, rank=rank_of(told))]


@lru_cache(maxsize=8)
def _spellings(names: frozenset[str]) -> Mapping[str, str]:
    """Return those names that have another spelling among them -> what they have in common; folds ask for the same."""
    return {name: spelling_of(name) for group in alike(names) for name in group}


def _overlapping(fold: FoldRows) -> list[Finding]:
    """Return a finding on pieces of one file that have some of its time in common and are in two splits."""
    pieces: dict[str, list[Placed]] = {}
    for row in fold.rows:
        pieces.setdefault(row.utterance.path, []).append(row)
    met: dict[tuple[str, str], dict[str, str]] = {pair: {} for pair in PAIRS}
    for rows in pieces.values():
        for one, other in _running_on(rows):
            pair = (one.split, other.split) if (one.split, other.split) in met else (other.split, one.split)
            first, second = (one, other) if pair[0] == one.split else (other, one)
            met.get(pair, {}).setdefault(first.utterance.id, second.utterance.id)
    told = [(pair, ids) for pair, ids in met.items() if ids]
    if not told:
        return []
    seen = "; ".join(
        f"{len(ids)} {one} clips overlap in time with clips of {other}, e.g. {' and '.join(next(iter(ids.items())))}"
        for (one, other), ids in told
    )
    level: Level = "problem" if told[0][0][0] == "test" else "warning"
    count = max((len(ids) for (one, _), ids in told if one == "test"), default=0)
    advice = "They share audio: keep all windows of a recording in one split."
    rank = rank_of(pair for pair, _ in told)
    return [Finding(level, "windows", seen, advice=advice, fold=fold.name, count=count, rank=rank)]


def _running_on(rows: Sequence[Placed]) -> Iterator[tuple[Placed, Placed]]:
    """Yield pieces of one file that overlap and are in two splits; each with those that begin before it ends.

    A piece shorter than ``LEAST`` overlaps nothing.
    """
    ordered = sorted(rows, key=lambda row: row.utterance.start)
    for place, one in enumerate(ordered if len({row.split for row in rows}) > 1 else ()):
        end = math.inf if one.utterance.end is None else one.utterance.end
        for other in ordered[place + 1 :]:
            if other.utterance.start > end - LEAST:
                break
            if other.split != one.split and other.utterance.id != one.utterance.id:
                yield one, other
