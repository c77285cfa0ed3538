"""Which values may be labels, and why: words for emotions, their first letters, or codes that nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from emonet.labels.ontology import Ontology
from emonet.labels.words import spelling
from emonet.propose.slots import Slot

Meaning = Callable[[str], str]
"""From a text to the class that it is a word for, or an empty string."""

_INITIALS: tuple[Mapping[str, str], ...] = (
    {"a": "anger", "d": "disgust", "f": "fear", "h": "happiness", "n": "neutral", "sa": "sadness", "su": "surprise"},
    {"w": "anger", "l": "boredom", "e": "disgust", "a": "fear", "f": "happiness", "t": "sadness", "n": "neutral"},
)
"""First letters of English and of German words; an s alone could be either of two words, so it is left out."""

_FEWEST = 4
"""Initials are believed where they are this many, and all of one language."""
_SHORTEST = 3
"""Letters that a shortened word has at least."""


def meaning_in(ontology: Ontology) -> Meaning:
    """Return the function that knows the words of an ontology, whole or shortened to three letters or more."""

    def meaning(text: str) -> str:
        word = spelling(text)
        whole = ontology.spellings.get(word, "")
        if whole or len(word) < _SHORTEST:
            return whole
        meant = {name for known, name in ontology.spellings.items() if known.startswith(word)}
        return meant.pop() if len(meant) == 1 else ""

    return meaning


def initials_in(values: Iterable[str]) -> dict[str, str]:
    """Return code -> class where the values are first letters of emotions in one language, else nothing.

    >>> initials_in(["W", "F", "T", "N"])["W"]
    'anger'
    """
    codes = {value: spelling(value) for value in values}
    for known in _INITIALS:
        if len(codes) >= _FEWEST and set(codes.values()) <= set(known):
            return {value: known[code] for value, code in codes.items()}
    return {}


_MOST_CLASSES = 40
"""Values of codes that nobody knows up to which they may be labels."""
_CODE = 3
"""Letters that a code has at most."""
_FILES = 4
"""Files that each value of such codes has on average, at least."""
_KNOWN = 0.6
"""Share of the values that must be words for emotions, for a slot to be the label by its words."""


@dataclass(frozen=True)
class LabelSlot:
    """A slot that may be the label: how good the reasons are, raw value -> class, and the reason in words."""

    slot: Slot
    score: float
    codes: Mapping[str, str]
    reason: str

    @property
    def kind(self) -> float:
        """What sort of reason there is: words with all values known are no better than words with most known."""
        return min(self.score, 3)


def labels_of(slot: Slot, meaning: Meaning) -> LabelSlot | None:
    """Say whether a slot may be the label: by words, by first letters of words, or as codes that nobody knows."""
    values = sorted(slot.counts)
    if not 2 <= len(values) <= len(slot.values) / 2:
        return None
    words = {value: meaning(value) for value in values}
    known = [value for value in values if words[value]]
    if len({words[value] for value in known}) >= 2 and len(known) >= _KNOWN * len(values):
        codes = {value: words[value] or value.lower() for value in values}
        return LabelSlot(slot, 3 + len(known) / len(values), codes, "its values are words for emotions")
    if initials := initials_in(values):
        return LabelSlot(slot, 2, initials, "its values are first letters of words for emotions")
    if not 3 <= len(values) <= _MOST_CLASSES or sum(slot.counts.values()) < _FILES * len(values):
        return None
    reason = f"it takes {len(values)} values, whose meaning is not known"
    return LabelSlot(slot, _score_of_codes(values), {value: value for value in values}, reason)


def _score_of_codes(values: Sequence[str]) -> float:
    """Short letters are likelier to be codes than numbers; words that are not emotions are likely spoken texts."""
    if not all(value.isalpha() for value in values):
        return 0.5
    return 1 if max(map(len, values)) <= _CODE else 0


def said_labels(slot: Slot, meaning: Meaning) -> LabelSlot:
    """Return the labels of a slot that the user calls so."""
    codes = {value: meaning(value) for value in sorted(slot.counts)}
    if not all(codes.values()) and (initials := initials_in(codes)):
        return LabelSlot(slot, 2, initials, "as you said; its values are first letters of words for emotions")
    score = 3.0 if any(codes.values()) else 0.0
    return LabelSlot(slot, score, {value: word or value for value, word in codes.items()}, "as you said")


def rivals_of(best: LabelSlot, others: Iterable[LabelSlot]) -> tuple[Slot, ...]:
    """Return the slots that are labels for as good a reason as the best, and name other classes."""
    found: list[Slot] = []
    for each in others:
        is_new = all(each.slot.values != slot.values for slot in (best.slot, *found))
        if is_new and each.kind == best.kind and not each.slot.same_as(best.slot) and not _agree(each, best):
            found.append(each.slot)
    return tuple(found)


_AGREEMENT = 0.95
"""Share of the files for which two slots must name the same class, to be the same labels twice."""


def _agree(one: LabelSlot, other: LabelSlot) -> bool:
    pairs = [pair for pair in zip(one.slot.values, other.slot.values, strict=True) if None not in pair]
    same = sum(one.codes[str(first)] == other.codes[str(second)] for first, second in pairs)
    return same >= _AGREEMENT * len(pairs)
