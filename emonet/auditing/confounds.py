"""Class x speaker, text and file rate: how much of the class is known from who speaks, what is said, or the band."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from emonet.audio.decode import SAMPLE_RATE
from emonet.findings import Finding

LARGE = 0.5
"""Cohen's w from which on an association counts as large (Cohen 1988: small 0.1, medium 0.3, large 0.5)."""
_FEW_SPEAKERS = 2
ClassAndGroup = tuple[str, str]
"""The class of an utterance, and the speaker (or text) that it comes from."""


@dataclass(frozen=True, slots=True)
class Association:
    """How strongly classes and groups go together.

    Attributes:
        v: Cramer's V with Bergsma's (2013) correction of bias, 0 (none) to 1 (one gives the other away).
        w: Cohen's w, which is V times the root of the lesser number of values less one.
        uar: UAR of guessing each utterance's class by the other utterances of its group alone.
        chance: UAR of guessing without it.
    """

    v: float
    w: float
    uar: float
    chance: float


def association(pairs: Sequence[ClassAndGroup]) -> Association | None:
    """Return how classes and groups go together; None where too few utterances share a group to tell."""
    classes, groups = Counter(label for label, _ in pairs), Counter(group for _, group in pairs)
    n = len(pairs)
    if len(classes) < 2 or len(groups) < 2 or len(groups) > n / 2:
        return None
    cells = Counter(pairs)
    squares = sum(count * count / (classes[label] * groups[group]) for (label, group), count in cells.items())
    phi = squares - 1  # chi squared over n
    rows, columns = len(classes), len(groups)
    corrected = max(0.0, phi - (rows - 1) * (columns - 1) / (n - 1))
    least = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    v = math.sqrt(corrected / least) if least > 0 else 0.0
    return Association(v, v * math.sqrt(min(rows, columns) - 1), _guessed(cells, classes, groups), 1 / len(classes))


def _guessed(cells: Counter[ClassAndGroup], classes: Counter[str], groups: Counter[str]) -> float:
    """Return the leave-one-out UAR of the class that is most typical of an utterance's group."""
    right = dict.fromkeys(classes, 0.0)
    for group, size in groups.items():
        counts = {label: cells[label, group] for label in classes}
        for label, count in counts.items():
            if count:
                right[label] += count * _chance_of(label, counts, classes, size)
    return sum(right[label] / classes[label] for label in classes) / len(classes)


def _chance_of(label: str, counts: dict[str, int], classes: Counter[str], size: int) -> float:
    """Return how likely the class is guessed once one of its utterances is taken away."""
    if size == 1:
        return 1 / len(classes)
    typical = {
        other: (counts[other] - (other == label)) / max(1, classes[other] - (other == label)) for other in counts
    }
    best = max(typical.values())
    winners = [other for other, value in typical.items() if value == best]
    return (label in winners) / len(winners)


def confound_findings(speakers: Iterable[ClassAndGroup], texts: Iterable[ClassAndGroup]) -> list[Finding]:
    """Return findings on classes that go with speakers, or with texts.

    Args:
        speakers: class and speaker of every utterance that has both.
        texts: class and text of every utterance that has both.
    """
    pairs, written = list(speakers), list(texts)
    return [*_associated("class x speaker", pairs), *_few(pairs), *_associated("class x text", written)]


def rate_findings(rates: Iterable[tuple[str, int]]) -> list[Finding]:
    """Return findings on classes that go with the sampling rates of files: below 16 kHz the upper band is empty.

    Args:
        rates: class and rate in Hz of every utterance.
    """
    return _associated("class x file rate", [(label, str(min(rate, SAMPLE_RATE))) for label, rate in rates])


def bands_finding(rates: Mapping[str, Iterable[int]]) -> Finding | None:
    """Return a finding where corpora that are learned together have files of different bands.

    Args:
        rates: corpus -> sampling rates of its files in Hz.
    """
    bands = {corpus: sorted({min(rate, SAMPLE_RATE) for rate in found}) for corpus, found in sorted(rates.items())}
    if len({tuple(found) for found in bands.values()}) < 2:
        return None
    told = ", ".join(f"{corpus} {' and '.join(map(_band, found))}" for corpus, found in bands.items())
    advice = "What is empty above half a file's rate tells the corpora apart: bring all files to the lowest rate first."
    return Finding(level="warning", what="file rates", seen=f"learned together: {told}", advice=advice)


def _band(rate: int) -> str:
    return f"{rate} Hz" if rate < SAMPLE_RATE else f"{SAMPLE_RATE} Hz or more"


def _associated(what: str, pairs: Sequence[ClassAndGroup]) -> list[Finding]:
    found = association(pairs)
    if found is None:
        return []
    whom = what.rpartition(" ")[2]
    seen = (
        f"Cramer's V {found.v:.2f} (Cohen's w {found.w:.2f}); guessing the class by the {whom} alone: "
        f"UAR {100 * max(found.uar, found.chance):.1f}, chance {100 * found.chance:.1f}"
    )
    if found.w < LARGE:
        return [Finding(level="ok", what=what, seen=seen)]
    advice = {
        "speaker": "Who speaks tells much of the class: speaker-dependent scores are inflated; balance, or say so.",
        "text": "What is said tells much of the class: use text-independent folds, or say that words may decide.",
        "rate": "The empty upper band of some files tells much of the class: bring all to the lowest rate first.",
    }[whom]
    return [Finding(level="warning", what=what, seen=seen, advice=advice)]


def _few(pairs: Sequence[ClassAndGroup]) -> list[Finding]:
    """Return findings on classes that few speakers speak, and on speakers who speak one class only."""
    speakers: dict[str, set[str]] = {}
    spoken: dict[str, set[str]] = {}
    for label, speaker in pairs:
        speakers.setdefault(label, set()).add(speaker)
        spoken.setdefault(speaker, set()).add(label)
    found = []
    few = sorted(label for label, whose in speakers.items() if len(whose) <= _FEW_SPEAKERS < len(spoken))
    if few:
        seen = "; ".join(f"{label} by {len(speakers[label])} of {len(spoken)} speakers" for label in few)
        advice = "Train and test cannot both have such a class from different speakers in every fold."
        found.append(Finding(level="warning", what="speakers of a class", seen=seen, advice=advice, count=len(few)))
    single = sorted(speaker for speaker, labels in spoken.items() if len(labels) == 1)
    if single and len(speakers) > 1 and len(pairs) > len(spoken):  # who has one clip only cannot speak two classes
        seen = f"{len(single)} of {len(spoken)} speakers speak one class only, e.g. {', '.join(single[:3])}"
        advice = "Recognising them is recognising their class: keep them in one split."
        found.append(Finding(level="warning", what="classes of a speaker", seen=seen, advice=advice, count=len(single)))
    return found
