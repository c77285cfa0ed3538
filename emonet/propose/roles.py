"""What each slot of the paths stands for: label, speaker, text, split or session."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from emonet.corpus.splits import is_split
from emonet.errors import CorpusError, UnknownName
from emonet.propose.labels import LabelSlot, Meaning, labels_of, rivals_of, said_labels
from emonet.propose.slots import Cut, Slot, cuts_of, joined

_SEXES = ({"f", "m"}, {"female", "male"}, {"w", "m"})
_STRENGTHS = frozenset(
    ("low", "medium", "mid", "moderate", "normal", "high", "strong", "weak", "peak", "lo", "md", "hi", "xx")
)
"""What names call the strength of an emotion, which is neither a speaker nor a spoken text."""
_SPEAKER = re.compile(r"(actor|speaker|spkr?|subject|subj|participant|person)s?", re.IGNORECASE)
_SPEAKER_CODE = re.compile(r"(?:actor|speaker|spk|sub|female|male|[sfmp])\d+", re.IGNORECASE)
_SESSION = re.compile(r"(session|sess?|dialogu?e?)", re.IGNORECASE)
_SESSION_CODE = re.compile(r"(?:session|sess?|dialogu?e?)\d+", re.IGNORECASE)


@dataclass(frozen=True)
class Chosen:
    """What the user says of fields: the names of those that hold labels and speakers, or a regex that says all.

    Empty means that nothing is said; ``none`` as the speaker, that no field tells it.
    """

    label: str = ""
    speaker: str = ""
    regex: str = ""


UNSAID = Chosen()
NOBODY = "none"


@dataclass(frozen=True)
class Doubt:
    """A question that only the user can answer: what of a field is not clear, and which slots may be it."""

    field: str
    text: str
    among: tuple[Slot, ...]


@dataclass(frozen=True)
class Roles:
    """How paths are cut, and which slot stands for which field (``label`` among them).

    Attributes:
        doubts: what is to be asked before any of this is believed.
        speakers: all slots that may tell speakers, those with most values first.
    """

    cuts: tuple[Cut, ...]
    fields: Mapping[str, Slot]
    labels: LabelSlot
    doubts: tuple[Doubt, ...] = ()
    speakers: tuple[Slot, ...] = ()


def listed(ways: Sequence[Sequence[Cut]]) -> list[Slot]:
    """Return the slots that may stand for something, each once: two values at least, and fewer than files."""
    found: list[Slot] = []
    for slot in (slot for cuts in ways for cut in cuts for slot in cut.slots):
        is_plain = 2 <= len(slot.counts) <= len(slot.values) / 2
        if is_plain and all(slot.values != other.values for other in found):
            found.append(slot)
    return found


def slot_called(name: str, slots: Iterable[Slot]) -> Slot:
    """Return the slot with this name.

    Raises:
        UnknownName: there is none.
    """
    known = {slot.name: slot for slot in slots}
    if name not in known:
        raise UnknownName("field", name, known)
    return known[name]


def ways_of(parts: Sequence[Sequence[str]]) -> list[list[Cut]]:
    """Return the ways to cut each level of paths."""
    return [cuts_of(texts, level) for level, texts in enumerate(parts)]


def roles_of(parts: Sequence[Sequence[str]], meaning: Meaning, chosen: Chosen = UNSAID) -> Roles | None:
    """Judge the slots of paths; None where nothing in them looks like a label.

    Args:
        parts: the texts of each level, the files' names first.
        meaning: knows words for emotions.
        chosen: what the user says.

    Raises:
        UnknownName: a field that the user names is not there.
        CorpusError: the user's fields cannot be told apart by one way to cut the names.
    """
    ways = ways_of(parts)
    every = [slot for cuts in ways for cut in cuts for slot in cut.slots]
    if chosen.label:
        best: LabelSlot | None = said_labels(slot_called(chosen.label, every), meaning)
        rivals: tuple[Slot, ...] = ()
    else:
        best, rivals = _best_labels(ways, meaning)
    if best is None:
        return None
    said = slot_called(chosen.speaker, every) if chosen.speaker not in {"", NOBODY} else None
    # A level without the label is cut at its separators, if it has any; finer cuts are made for the label only.
    cuts = [_cut_for([best.slot, *([said] if said else [])], level, each) for level, each in enumerate(ways)]
    best = replace(best, slot=_again(best.slot, cuts))
    slots = [slot for cut in cuts for slot in cut.slots if slot is not best.slot and not slot.is_constant]
    fields = {"label": best.slot}
    if said is not None:
        fields["speaker"] = _again(said, cuts)
        slots.remove(fields["speaker"])
    for name, find in (("split", _split), ("session", _session)):
        found = find(slots, cuts)
        if found is not None:
            fields[name] = found
            slots.remove(found)
    speakers = plausible_speakers(slots, best.slot)
    doubts = about_labels(best, rivals)
    if not chosen.speaker:
        speaker = _speaker(slots, best.slot, cuts)
        if speaker is not None:
            fields["speaker"] = speaker
        doubts += about_speaker(speaker, speakers, is_cued=_is_cued(speaker, cuts))
    cuts = [joined(cut, lambda slot: slot not in fields.values()) for cut in cuts]
    text = _text([slot for cut in cuts for slot in cut.slots], fields)
    return Roles(tuple(cuts), fields | ({} if text is None else {"text": text}), best, doubts, speakers)


def _cut_for(wanted: Sequence[Slot], level: int, cuts: Sequence[Cut]) -> Cut:
    """Return the coarsest cut of a level that has all wanted slots of it.

    Raises:
        CorpusError: none has.
    """
    here = [slot for slot in wanted if slot.level == level]
    if not here:
        return [cut for cut in cuts if not cut.is_fine][-1]
    own = [cut for cut in cuts if any(slot in cut.slots for slot in here)]
    for cut in (*own, *cuts):
        if all(any(slot.values == other.values for other in cut.slots) for slot in here):
            return cut
    names = " and ".join(slot.name for slot in here)
    raise CorpusError(f"{names} overlap in the names of the files. Say with --regex how these are to be cut.")


def _again(slot: Slot, cuts: Sequence[Cut]) -> Slot:
    """Return the slot of a cut that holds what another one holds."""
    return next(other for other in cuts[slot.level].slots if other.values == slot.values)


def _best_labels(ways: Sequence[Sequence[Cut]], meaning: Meaning) -> tuple[LabelSlot | None, tuple[Slot, ...]]:
    """Return the likeliest labels, and the slots that are as likely and say something else."""
    found: list[LabelSlot] = []
    for cuts in ways:
        for cut in cuts:
            free = (slot for slot in cut.slots if not _is_spoken_for(slot, cut))
            found += [labels for slot in free if (labels := labels_of(slot, meaning))]
    speakers = [slot for cuts in ways for cut in cuts for slot in cut.slots if _has_cue(slot, cut)]
    others = [each for each in found if not any(each.slot.same_as(slot) for slot in speakers)]
    # Where two are as good: the file's own name, then more values.
    best = max(others, key=lambda each: (each.score, -each.slot.level, len(each.codes)), default=None)
    return best, () if best is None else rivals_of(best, others)


def about_labels(best: LabelSlot, rivals: Sequence[Slot]) -> tuple[Doubt, ...]:
    """Ask where several fields are as likely to be the label."""
    if not rivals:
        return ()
    text = f"several fields may be the label ({best.reason}, and others are as likely)"
    return (Doubt("label", text, (best.slot, *rivals)),)


_MANY = 50
"""Files from which on few values are hardly people."""
_FEW = 3
"""Speakers that so many files seldom have."""


def about_speaker(speaker: Slot | None, others: Sequence[Slot], *, is_cued: bool) -> tuple[Doubt, ...]:
    """Ask where a speaker was found by its place alone, and its values or another field speak against it."""
    if is_cued:
        return ()
    if speaker is None:
        likely = [slot for slot in others if len(slot.counts) > _FEW and len(slot.values) >= _MANY]
        text = "no field is called a speaker; some have values that may count something, or people"
        return (Doubt("speaker", text, tuple(likely)),) if likely else ()
    count, files = len(speaker.counts), len(speaker.values)
    # What a folder tells is seldom outdone by a piece of the files' names.
    rest = [slot for slot in others if slot.level >= speaker.level and not _counts(slot)]
    richer = [slot for slot in rest if len(slot.counts) >= _FEW * count]
    if files < _MANY or (count > _FEW and not richer):
        return ()
    text = f"{speaker.name} has the place of one, but {count} values in {files} files are seldom people"
    if count > _FEW:
        text = f"{speaker.name} has the place of one, but other fields have many more values"
    return (Doubt("speaker", text, (*(slot for slot in others if slot is not speaker), speaker)),)


def _is_cued(speaker: Slot | None, cuts: Sequence[Cut]) -> bool:
    """Say whether a speaker, or a folder that says the same, is called so."""
    slots = [(slot, cut) for cut in cuts for slot in cut.slots if speaker is not None]
    return any(_has_cue(slot, cut) for slot, cut in slots if slot is speaker or slot.same_as(speaker))  # type: ignore[arg-type]


def plausible_speakers(slots: Iterable[Slot], label: Slot) -> tuple[Slot, ...]:
    """Return the slots that may tell speakers, those with most values first: crossed with labels, and no sexes."""
    values = [(slot, {value.lower() for value in slot.counts}) for slot in slots]
    free = [slot for slot, own in values if own not in _SEXES and not own <= _STRENGTHS]
    found = [slot for slot in free if _is_crossed(slot, label) and not slot.same_as(label)]
    return tuple(sorted(found, key=lambda slot: -len(slot.counts)))


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


def _cut_around(slot: Slot, cuts: Sequence[Cut]) -> Cut:
    return next(cut for cut in cuts if slot in cut.slots)


def _split(slots: Sequence[Slot], cuts: Sequence[Cut]) -> Slot | None:
    return next((slot for slot in slots if all(map(is_split, slot.counts))), None)


def _session(slots: Sequence[Slot], cuts: Sequence[Cut]) -> Slot | None:
    return next((slot for slot in slots if _is_session(slot, _cut_around(slot, cuts))), None)


def _speaker(slots: Sequence[Slot], label: Slot, cuts: Sequence[Cut]) -> Slot | None:
    """Return the slot of speakers: called so, or a folder or the name's first piece that is crossed with labels."""
    cued = [slot for slot in slots if _has_cue(slot, _cut_around(slot, cuts))]
    likely = [slot for slot in plausible_speakers(slots, label) if not _counts(slot)]
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
        is_strength = {value.lower() for value in slot.counts} <= _STRENGTHS
        is_taken = any(slot is one or slot.same_as(one) for one in taken)
        if slot.is_constant or len(slot.counts) < 3 or is_taken or is_strength:
            continue
        meetings = _meetings(slot, label)
        shared = sum(len(pairs) > 1 for pairs in meetings.values())
        if shared >= 0.5 * len(meetings) and not all(value.isdecimal() for value in slot.counts):
            found.append(slot)
    return max(found, key=lambda slot: len(slot.counts), default=None)
