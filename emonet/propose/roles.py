"""What each slot of the paths stands for: label, speaker, text, split or session."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from emonet.corpus.splits import is_split
from emonet.labels.ontology import Ontology
from emonet.labels.words import spelling
from emonet.propose.slots import Cut, Slot, cuts_of, joined

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


_MOST_CLASSES = 15
"""Values of codes that nobody knows up to which they may be labels."""
_CODE = 3
"""Letters that a code has at most."""
_FILES = 4
"""Files that each value of such codes has on average, at least."""
_KNOWN = 0.6
"""Share of the values that must be words for emotions, for a slot to be the label by its words."""
_SEXES = ({"f", "m"}, {"female", "male"}, {"w", "m"})
_SPEAKER = re.compile(r"(actor|speaker|spkr?|subject|subj|participant|person)s?", re.IGNORECASE)
_SPEAKER_CODE = re.compile(r"(?:actor|speaker|spk|sub|[sfmp])\d+", re.IGNORECASE)
_SESSION = re.compile(r"(session|sess?|dialogu?e?)", re.IGNORECASE)
_SESSION_CODE = re.compile(r"(?:session|sess?|dialogu?e?)\d+", re.IGNORECASE)


@dataclass(frozen=True)
class LabelSlot:
    """A slot that may be the label: how good the reasons are, raw value -> class, and the reason in words."""

    slot: Slot
    score: float
    codes: Mapping[str, str]
    reason: str


@dataclass(frozen=True)
class Roles:
    """How paths are cut, and which slot stands for which field (``label`` among them)."""

    cuts: tuple[Cut, ...]
    fields: Mapping[str, Slot]
    labels: LabelSlot


def roles_of(parts: Sequence[Sequence[str]], meaning: Meaning) -> Roles | None:
    """Judge the slots of paths; None where nothing in them looks like a label.

    Args:
        parts: the texts of each level, the files' names first.
        meaning: knows words for emotions.
    """
    ways = [cuts_of(texts, level) for level, texts in enumerate(parts)]
    best = _best_labels(ways, meaning)
    if best is None:
        return None
    # A level without the label is cut at its separators, if it has any; finer cuts are made for the label only.
    cuts = [_cut_with(best.slot, cuts) or [cut for cut in cuts if not cut.is_fine][-1] for cuts in ways]
    slots = [slot for cut in cuts for slot in cut.slots if slot is not best.slot and not slot.is_constant]
    fields = {"label": best.slot}
    for name, find in (("split", _split), ("session", _session)):
        found = find(slots, cuts)
        if found is not None:
            fields[name] = found
            slots.remove(found)
    speaker = _speaker(slots, best.slot, cuts)
    if speaker is not None:
        fields["speaker"] = speaker
    cuts = [joined(cut, lambda slot: slot not in fields.values()) for cut in cuts]
    text = _text([slot for cut in cuts for slot in cut.slots], fields)
    return Roles(tuple(cuts), fields | ({} if text is None else {"text": text}), best)


def _best_labels(ways: Sequence[Sequence[Cut]], meaning: Meaning) -> LabelSlot | None:
    found: list[LabelSlot] = []
    for cuts in ways:
        for cut in cuts:
            free = (slot for slot in cut.slots if not _is_spoken_for(slot, cut))
            found += [labels for slot in free if (labels := labels_of(slot, meaning))]
    speakers = [slot for cuts in ways for cut in cuts for slot in cut.slots if _has_cue(slot, cut)]
    others = [each for each in found if not any(each.slot.same_as(slot) for slot in speakers)]
    # Where two are as good: the file's own name, then more values.
    return max(others, key=lambda each: (each.score, -each.slot.level, len(each.codes)), default=None)


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


def _is_spoken_for(slot: Slot, cut: Cut) -> bool:
    values = {value.lower() for value in slot.counts}
    return all(map(is_split, values)) or values in _SEXES or _has_cue(slot, cut) or _is_session(slot, cut)


def _is_session(slot: Slot, cut: Cut) -> bool:
    return _follows(slot, cut, _SESSION) or all(_SESSION_CODE.fullmatch(value) for value in slot.counts)


def _has_cue(slot: Slot, cut: Cut) -> bool:
    """Say whether a slot is called a speaker, by the word before it or by its own values."""
    own = all(_SPEAKER_CODE.fullmatch(value) for value in slot.counts)
    return not slot.is_constant and (own or _follows(slot, cut, _SPEAKER))


def _follows(slot: Slot, cut: Cut, word: re.Pattern[str]) -> bool:
    before = [other for other in cut.slots if other.position == slot.position - 1 and other.is_constant]
    return any(word.fullmatch(value) for other in before for value in other.counts)


def _cut_with(slot: Slot, cuts: Sequence[Cut]) -> Cut | None:
    return next((cut for cut in cuts if any(slot is other for other in cut.slots)), None)


def _cut_around(slot: Slot, cuts: Sequence[Cut]) -> Cut:
    return next(cut for cut in cuts if slot in cut.slots)


def _split(slots: Sequence[Slot], cuts: Sequence[Cut]) -> Slot | None:
    return next((slot for slot in slots if all(map(is_split, slot.counts))), None)


def _session(slots: Sequence[Slot], cuts: Sequence[Cut]) -> Slot | None:
    return next((slot for slot in slots if _is_session(slot, _cut_around(slot, cuts))), None)


def _speaker(slots: Sequence[Slot], label: Slot, cuts: Sequence[Cut]) -> Slot | None:
    """Return the slot of speakers: called so, or a folder or the name's first piece that is crossed with labels."""
    cued = [slot for slot in slots if _has_cue(slot, _cut_around(slot, cuts))]
    free = [slot for slot in slots if {value.lower() for value in slot.counts} not in _SEXES]
    likely = [slot for slot in free if _is_crossed(slot, label) and not slot.same_as(label) and not _counts(slot)]
    if not cued and not likely:
        return None
    # folders from the top, then pieces of the name from its beginning
    best = (cued or sorted(likely, key=lambda slot: (-slot.level, slot.position)))[0]
    twins = [slot for slot in slots if slot.level == 0 and slot is not best and slot.same_as(best)]
    return twins[0] if best.level and twins else best


def _counts(slot: Slot) -> bool:
    """Say whether a piece of the files' names only counts them: 0, 1, 2 or 01, 02, 03."""
    if slot.level or not all(value.isdecimal() for value in slot.counts):
        return False
    numbers = sorted(int(value) for value in slot.counts)
    return numbers[0] <= 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _is_crossed(slot: Slot, label: Slot) -> bool:
    """Say whether most values meet most labels, with several files each: a count would give one file each."""
    meetings = _meetings(slot, label)
    labels = {one for pairs in meetings.values() for one in pairs}
    met = sum(len(pairs) for pairs in meetings.values())
    files = sum(sum(pairs.values()) for pairs in meetings.values())
    return met >= 0.5 * len(labels) * len(meetings) and files >= 1.5 * met


def _meetings(slot: Slot, other: Slot) -> Mapping[str, Mapping[str, int]]:
    """Return how often each value of a slot meets each value of another."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one, two in zip(slot.values, other.values, strict=True):
        if one is not None and two is not None:
            found[one][two] += 1
    return found


def _text(slots: Iterable[Slot], fields: Mapping[str, Slot]) -> Slot | None:
    """Return the slot of spoken texts: values that come back with several labels, and are not a plain count."""
    label, taken = fields["label"], list(fields.values())
    found = []
    for slot in slots:
        if slot.is_constant or len(slot.counts) < 3 or any(slot is one or slot.same_as(one) for one in taken):
            continue
        meetings = _meetings(slot, label)
        shared = sum(len(pairs) > 1 for pairs in meetings.values())
        if shared >= 0.5 * len(meetings) and not all(value.isdecimal() for value in slot.counts):
            found.append(slot)
    return max(found, key=lambda slot: len(slot.counts), default=None)
