"""Comparing a copy of a corpus with its card, and listening to each of its files once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Literal

from emonet.audio.decode import SAMPLE_RATE, AudioProblem, read_wave
from emonet.audio.parallel import in_order
from emonet.corpus.corpus import Corpus, Target, Utterance
from emonet.corpus.member import file_of
from emonet.corpus.walk import files_below, is_listed
from emonet.events import Listener, Progress, silent

Level = Literal["ok", "warning", "problem"]
SILENCE = 1e-4
"""Highest absolute sample (full scale 1, so -80 dB) of a clip that counts as silent."""
SHORTEST = 0.1
"""Length in s below which a clip is reported as too short to carry speech."""
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was seen, what the card says, and what to do about it."""

    level: Level
    what: str
    seen: str
    expected: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class _Heard:
    """What one file gave: its length in s and peak, or the reason why it cannot be read."""

    utterance: Utterance
    seconds: float = 0.0
    peak: float = 0.0
    problem: str = ""


def check(corpus: Corpus, root: Path, *, quick: bool = False, listen: Listener = silent) -> list[Finding]:
    """Return what was found below ``root``, good and bad.

    Args:
        corpus: its card says what is expected.
        root: the corpus' folder.
        quick: look at names and counts only, and open no audio file.
        listen: is told of every file that is read.

    Raises:
        CorpusError: ``root`` is not this corpus at all.
    """
    utterances = list(corpus.scan(root))
    present = [utterance for utterance in utterances if file_of(root / utterance.path).is_file()]
    findings = [*_counts(corpus, utterances), *_identities(utterances), *_missing(utterances, present)]
    findings += _known_bad(corpus, root)
    if not quick:
        heard = _listen_to(corpus, root, present, listen)
        findings += [*_unreadable(heard), *_silent(heard), *_lengths(corpus, heard)]
    return findings


def _counts(corpus: Corpus, utterances: Sequence[Utterance]) -> Iterator[Finding]:
    speakers = {utterance.speaker for utterance in utterances} - {None}
    yield _compare("utterances", len(utterances), corpus.expected.utterances)
    yield _compare("speakers", len(speakers), corpus.expected.speakers)
    for target in corpus.targets:
        if target.is_categorical:
            yield from _class_counts(corpus, target, utterances)


def _class_counts(corpus: Corpus, target: Target, utterances: Sequence[Utterance]) -> Iterator[Finding]:
    seen = Counter(utterance.labels.get(target.name) for utterance in utterances)
    documented = corpus.expected.per_class.get(target.name, {})
    for label in target.classes:
        if label in documented:
            yield _compare(f"{target.name}: {label}", seen[label], documented[label])
        elif not seen[label] and not target.open:
            advice = "Check whether a part of the corpus is missing."
            yield Finding("warning", f"{target.name}: {label}", "0", "at least 1", advice)


def _compare(what: str, seen: int, expected: int | None) -> Finding:
    if expected is None:
        return Finding("ok", what, str(seen), "not documented")
    if seen == expected:
        return Finding("ok", what, str(seen), str(expected))
    if seen < expected:
        return Finding("problem", what, str(seen), str(expected), "Files are missing: get the whole corpus again.")
    advice = "More than documented: another release, or files that do not belong to the corpus."
    return Finding("warning", what, str(seen), str(expected), advice)


def _identities(utterances: Sequence[Utterance]) -> Iterator[Finding]:
    twice = [name for name, count in Counter(utterance.id for utterance in utterances).items() if count > 1]
    if twice:
        yield Finding("problem", "ids that stand twice", _some(twice), "none", "Remove the second copy of these files.")
    nobody = [utterance.id for utterance in utterances if utterance.speaker is None]
    if nobody:
        advice = "A protocol by speaker leaves them out of reach: choose one by another field."
        yield Finding("warning", "utterances without a speaker", _some(nobody), "none", advice)


def _missing(utterances: Sequence[Utterance], present: Sequence[Utterance]) -> Iterator[Finding]:
    there = {utterance.path for utterance in present}
    missing = sorted({utterance.path for utterance in utterances} - there)
    if missing:
        yield Finding("problem", "missing files", _some(missing), "none", "Get the whole corpus again.")


def _known_bad(corpus: Corpus, root: Path) -> Iterator[Finding]:
    if not corpus.known_bad:
        return
    seen = [path for path in files_below(root) if is_listed(path, corpus.known_bad)]
    if seen:
        reasons = {reason for bad, reason in corpus.known_bad.items() if any(is_listed(path, [bad]) for path in seen)}
        advice = f"Nothing to do: {'; '.join(sorted(reasons))}."
        yield Finding("ok", "known bad files, left out", _some(seen), _some(list(corpus.known_bad)), advice)


def _listen_to(corpus: Corpus, root: Path, utterances: Sequence[Utterance], listen: Listener) -> list[_Heard]:
    heard: list[_Heard] = []
    with in_order(partial(_hear, root), utterances, None) as results:
        for one in results:
            heard.append(one)
            listen(Progress(f"listen to {corpus.id}", len(heard), len(utterances), one.utterance.id))
    return heard


def _hear(root: Path, utterance: Utterance) -> _Heard:
    try:
        wave = read_wave(root / utterance.path, utterance.start, utterance.end)
    except AudioProblem as problem:
        return _Heard(utterance, problem=str(problem))
    return _Heard(utterance, len(wave) / SAMPLE_RATE, float(abs(wave).max(initial=0.0)))


def _unreadable(heard: Sequence[_Heard]) -> Iterator[Finding]:
    reasons: dict[str, list[str]] = {}
    for one in heard:
        if one.problem:
            reasons.setdefault(one.problem, []).append(one.utterance.path)
    for reason, paths in reasons.items():
        advice = "They are left out when the corpus is prepared. Get them again to have them."
        yield Finding("problem", f"unreadable: {reason}", _some(paths), "none", advice)
    if heard and not reasons:
        yield Finding("ok", "readable files", str(len(heard)), str(len(heard)))


def _silent(heard: Sequence[_Heard]) -> Iterator[Finding]:
    quiet = [one.utterance.path for one in heard if not one.problem and one.peak <= SILENCE]
    if quiet:
        yield Finding("warning", "silent files", _some(quiet), "none", "Listen to them, and leave them out.")


def _lengths(corpus: Corpus, heard: Sequence[_Heard]) -> Iterator[Finding]:
    lengths = [one.seconds for one in heard if not one.problem]
    if not lengths:
        return
    hours, expected = sum(lengths) / 3600, corpus.expected.hours
    span = f"{min(lengths):.2f} to {max(lengths):.2f} s, median {median(lengths):.2f} s"
    yield Finding("ok", "lengths", span)
    short = [one.utterance.path for one in heard if not one.problem and one.seconds < SHORTEST]
    if short:
        yield Finding("warning", "very short files", _some(short), f"{SHORTEST} s or more", "Listen to them.")
    # Cards give hours to two digits, and releases differ in their leading silence.
    if expected is None or abs(hours - expected) <= max(0.01, 0.05 * expected):
        yield Finding("ok", "hours", f"{hours:.2f}", "not documented" if expected is None else f"{expected:.2f}")
    else:
        advice = "Check whether this is the release that the card describes."
        yield Finding("warning", "hours", f"{hours:.2f}", f"{expected:.2f}", advice)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{len(names)}: {shown}, ..." if len(names) > _SHOWN else f"{len(names)}: {shown}"
