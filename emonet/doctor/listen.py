"""Listening to every file of a copy once: lengths, levels, rates and channels, eight bytes of memory for each."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from emonet.audio.decode import (
    BEYOND,
    SAMPLE_RATE,
    AudioProblem,
    Unusable,
    read_recording,
    unit_question,
    usable_wave,
)
from emonet.audio.parallel import in_order
from emonet.corpus.corpus import Corpus, Unmapped, Utterance
from emonet.corpus.readers.members import file_of, is_file
from emonet.events import Listener, Progress
from emonet.findings import Finding, Some

SHORT = 0.1
"""Length in s below which a clip is reported as very short: hardly a syllable, though it is used."""
NEARLY = 0.04
"""Power of the mean of channels, relative to theirs, below which they nearly cancel: of unrelated ones it is 0.5; of a
voice beside itself turned over, coded by Vorbis, it was 0.016."""
FULL_SCALE = 0.999
"""Absolute sample from which on a converter or codec had no room left."""
CLIPPED = 1e-3
"""Share of samples at full scale from which on a clip is reported as clipped."""
_MANY_CLIPPED = 0.01
"""Share of clipped files from which on they are worth a warning."""
_UNEVEN = 0.1
"""Difference between classes in the share of files below 16 kHz from which on it is worth a warning."""
_MOST_REASONS = 20


@dataclass(frozen=True, slots=True)
class _Heard:
    """What one utterance gave: length in s, share at full scale, rate in Hz and so on; or why it is left out."""

    utterance: Utterance
    seconds: float = 0.0
    clipped: float = 0.0
    rate: int = 0
    channels: int = 0
    is_deep: bool = False
    beyond: float = 0.0
    is_weak: bool = False
    problem: str = ""
    is_decoded: bool = True


@dataclass
class Hearing:
    """What all utterances together gave.

    Attributes:
        bands: target and class -> files below 16 kHz, and others.
        problems: kind of reason -> files that are left out for it.
        reasons: kind of reason -> the first of its reasons.
        undecoded: the kinds for which a file gives no samples at all.
    """

    count: int = 0
    seconds: array[float] = field(default_factory=lambda: array("d"))
    rates: Counter[int] = field(default_factory=Counter)
    channels: Counter[int] = field(default_factory=Counter)
    bands: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    problems: dict[str, Some] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    undecoded: set[str] = field(default_factory=set)
    deep: Some = field(default_factory=Some)
    beyond: Some = field(default_factory=Some)
    weak: Some = field(default_factory=Some)
    first_beyond: str = ""
    clipped: Some = field(default_factory=Some)
    short: Some = field(default_factory=Some)


def hear(corpus: Corpus, root: Path, present: int, listen: Listener) -> Hearing:
    """Decode every utterance that has a file, ``present`` in all."""
    hearing = Hearing()
    with in_order(partial(_hear, root), _present(corpus, root), None) as results:
        for one in results:
            _take(hearing, one)
            listen(Progress(f"listen to {corpus.id}", hearing.count, max(present, hearing.count), one.utterance.id))
    return hearing


def _present(corpus: Corpus, root: Path) -> Iterator[Utterance]:
    return (each for each in corpus.scan_counting(root, Unmapped()) if is_file(file_of(root / each.path)))


def _hear(root: Path, utterance: Utterance) -> _Heard:
    try:
        recording = read_recording(root / utterance.path, utterance.start, utterance.end)
        usable_wave(recording)
    except AudioProblem as problem:
        return _Heard(utterance, problem=problem.reason, is_decoded=isinstance(problem, Unusable))
    channels, rate, is_deep, beyond = recording
    clipped = float((abs(channels) >= FULL_SCALE).mean())
    level = float((channels.mean(axis=0) ** 2).mean() / max((channels**2).mean(), 1e-20))
    seconds = channels.shape[1] / rate
    return _Heard(utterance, seconds, clipped, rate, len(channels), is_deep, beyond, is_weak=level < NEARLY)


def _take(hearing: Hearing, one: _Heard) -> None:
    hearing.count += 1
    path = one.utterance.path
    if one.problem:
        kind = re.sub(r"\d[\d.]*", "#", one.problem)
        if kind not in hearing.problems and len(hearing.problems) >= _MOST_REASONS:
            kind = "other reasons"
        hearing.reasons.setdefault(kind, one.problem)
        if not one.is_decoded:
            hearing.undecoded.add(kind)
        hearing.problems.setdefault(kind, Some()).add(path)
        return
    hearing.seconds.append(one.seconds)
    hearing.rates[one.rate] += 1
    hearing.channels[one.channels] += 1
    for name, label in one.utterance.labels.items():
        if isinstance(label, str):
            hearing.bands.setdefault((name, label), [0, 0])[one.rate >= SAMPLE_RATE] += 1
    if one.is_deep:
        hearing.deep.add(path)
    if one.is_weak:
        hearing.weak.add(path)
    if one.beyond > BEYOND:
        hearing.beyond.add(path)
        hearing.first_beyond = hearing.first_beyond or _too_late(one)
    if one.clipped >= CLIPPED:
        hearing.clipped.add(path)
    if one.seconds < SHORT:
        hearing.short.add(path)


def heard_findings(corpus: Corpus, hearing: Hearing) -> Iterator[Finding]:
    """Yield what the recordings themselves say."""
    yield from _left_out(hearing)
    if hearing.weak:
        advice = "Their mean, which is taken, has less than a fifth of their level: turn one over, or give one of them."
        yield Finding("warning", "channels that nearly cancel", str(hearing.weak), "none", advice)
    if hearing.beyond:
        advice = f"{hearing.first_beyond} The segment is cut where its file ends; check times and files."
        yield Finding("warning", "ends beyond their files", str(hearing.beyond), "none", advice)
    if hearing.seconds:
        yield _clipping(hearing)
        yield from _lengths(corpus, hearing)
        yield _rates(hearing)
        yield from _narrow(corpus, hearing)
        yield _bits(hearing)
        yield _channels(hearing)


def _too_late(one: _Heard) -> str:
    end, seconds = one.utterance.end or 0.0, (one.utterance.end or 0.0) - one.beyond
    text = f"{one.utterance.path} is to end at {end:g} s, and the file ends after {seconds:.2f} s"
    return f"{text}{unit_question(end, seconds, one.rate) or '.'}"


def _left_out(hearing: Hearing) -> Iterator[Finding]:
    for kind, paths in hearing.problems.items():
        reason = hearing.reasons[kind]
        seen = str(paths) if paths.count == 1 or kind == reason else f"{paths}; the first {reason}"
        shown = reason if paths.count == 1 else kind
        if kind in hearing.undecoded:
            yield Finding("problem", f"left out: {shown}", seen, "none", _advice(reason))
        else:
            advice = "Listen to them. They are left out when the corpus is prepared, and no pack labels them."
            yield Finding("warning", f"left out: {shown}", seen, "none", advice)
    if hearing.count and not hearing.problems:
        yield Finding("ok", "readable files", str(hearing.count), str(hearing.count))


def _advice(reason: str) -> str:
    """Return what helps against files that give no samples; times that are wrong are not mended by another copy."""
    if reason.startswith(("starts at", "no frames between")):
        return "Times are in s, from the beginning of the file: mend them where they are listed."
    return "They are left out when the corpus is prepared. Get them again to have them."


def _clipping(hearing: Hearing) -> Finding:
    if not hearing.clipped:
        return Finding("ok", "clipped files", "none", f"below {CLIPPED:.1%} of samples at full scale")
    share = hearing.clipped.count / len(hearing.seconds)
    if share < _MANY_CLIPPED:
        return Finding("ok", "clipped files", f"{share:.1%}, {hearing.clipped}", f"below {_MANY_CLIPPED:.0%} of files")
    advice = "Usual in loud speech; where it goes with one class or speaker, a model can learn it instead of the voice."
    return Finding("warning", "clipped files", f"{share:.1%}, {hearing.clipped}", "none", advice)


def _lengths(corpus: Corpus, hearing: Hearing) -> Iterator[Finding]:
    import numpy as np

    lengths = np.frombuffer(hearing.seconds)
    hours, expected = float(lengths.sum()) / 3600, corpus.expected.hours
    yield Finding("ok", "lengths", f"{lengths.min():.2f} to {lengths.max():.2f} s, median {np.median(lengths):.2f} s")
    if hearing.short:
        yield Finding("warning", "very short files", str(hearing.short), f"{SHORT} s or more", "Listen to them.")
    # Cards give hours to two digits, and releases differ in their leading silence.
    if expected is None or abs(hours - expected) <= max(0.01, 0.05 * expected):
        yield Finding("ok", "hours", f"{hours:.2f}", "not documented" if expected is None else f"{expected:.2f}")
    else:
        advice = "Check whether this is the release that the card describes."
        yield Finding("warning", "hours", f"{hours:.2f}", f"{expected:.2f}", advice)


def _rates(hearing: Hearing) -> Finding:
    seen = _counted(hearing.rates, "Hz")
    if min(hearing.rates) < SAMPLE_RATE <= max(hearing.rates):
        advice = f"All become {SAMPLE_RATE} Hz; some lack the upper band, which tells them from the others."
        return Finding("warning", "sampling rates", seen, "one band", advice)
    return Finding("ok", "sampling rates", seen, "", f"All become {SAMPLE_RATE} Hz.")


def _narrow(corpus: Corpus, hearing: Hearing) -> Iterator[Finding]:
    """Classes that have more files without the upper band than others have: a model can tell them by that."""
    for target in corpus.targets:
        shares = {
            label: narrow / (narrow + wide)
            for (name, label), (narrow, wide) in sorted(hearing.bands.items())
            if name == target.name
        }
        if len(shares) < 2 or max(shares.values()) - min(shares.values()) <= _UNEVEN:
            continue
        most, least = max(shares, key=lambda each: shares[each]), min(shares, key=lambda each: shares[each])
        seen = f"{shares[most]:.0%} of {most}, {shares[least]:.0%} of {least}"
        advice = "A model can tell these classes by the empty upper band: bring all files to the lowest rate first."
        what = f"{target.name}: files below {SAMPLE_RATE} Hz"
        yield Finding("warning", what, seen, "the same share of every class", advice)


def _bits(hearing: Hearing) -> Finding:
    if not hearing.deep:
        return Finding("ok", "files of more than 16 bits", "none", "", "The store keeps 16 bits.")
    advice = "The store keeps all of it, in 32 bits a sample."
    return Finding("ok", "files of more than 16 bits", str(hearing.deep), "", advice)


def _channels(hearing: Hearing) -> Finding:
    advice = "Their mean is taken." if max(hearing.channels) > 1 else ""
    return Finding("ok", "channels", _counted(hearing.channels, ""), "", advice)


def _counted(counts: Counter[int], unit: str) -> str:
    shown = ", ".join(
        f"{value} {unit}".strip() + f" ({count})"
        for value, count in islice(sorted(counts.items(), key=lambda each: (-each[1], each[0])), 5)
    )
    return f"{shown}, ..." if len(counts) > 5 else shown
