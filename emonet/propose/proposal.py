"""What a folder of audio files suggests for a corpus card, and how sure it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from emonet.corpus.readers.folders import files_below, is_audio
from emonet.corpus.splits import splits_of
from emonet.errors import CorpusError, UnknownName
from emonet.propose.columns import Columns, columns_in
from emonet.propose.labels import LabelSlot, Meaning, said_labels
from emonet.propose.roles import NOBODY, UNSAID, Chosen, Doubt, Roles, listed, roles_of, ways_of
from emonet.propose.slots import Cut, Slot, literal, parts_of

_LISTED = 40
"""Labels up to which each is written out."""


def regex_of(roles: Roles, suffixes: Iterable[str]) -> str:
    """Return the regex of paths whose slots stand for something; folders above all of these are left out."""
    top = max(slot.level for slot in roles.fields.values())
    names = {id(slot): name for name, slot in roles.fields.items()}
    levels = [_part(cut, names) for cut in roles.cuts[: top + 1]]
    kinds = sorted({literal(suffix) for suffix in suffixes})
    suffix = kinds[0] if len(kinds) == 1 else f"(?:{'|'.join(kinds)})"
    return f"(?:^|/){'/'.join(reversed(levels))}{suffix}$"


def _part(cut: Cut, names: Mapping[int, str]) -> str:
    if not any(id(slot) in names for slot in cut.slots) and cut.level:
        return "[^/]+"
    pieces = [slot.before + _piece(slot, names.get(id(slot), "")) for slot in cut.slots]
    return "".join(pieces) + cut.after


def _piece(slot: Slot, name: str) -> str:
    values = list(slot.counts)
    if name == "label" and len(values) <= _LISTED:
        body = "|".join(literal(value) for value in sorted(values, key=lambda value: (-len(value), value)))
    elif slot.is_constant and not name:
        return literal(values[0])
    else:
        body = shape_of(values)
    return f"(?P<{name or f'part{slot.level}_{slot.position}'}>{body})"


def shape_of(values: Iterable[str]) -> str:
    r"""Return a regex for texts like these.

    >>> shape_of(["01", "12"]), shape_of(["DFA", "IEO"]), shape_of(["a01", "B2"]), shape_of(["my dog"])
    ('\\d{2}', '[A-Z]{3}', '[^\\W_]+', '[^/]+')
    """
    texts = list(values)
    for kind in (r"\d", "[A-Z]", "[a-z]", r"[^\W_]"):
        if all(re.fullmatch(f"{kind}+", text) for text in texts):
            lengths = {len(text) for text in texts}
            length = lengths.pop()
            if lengths or kind == r"[^\W_]":
                return f"{kind}+"
            return f"{kind}{{{length}}}" if length > 1 else kind
    return "[^/]+"


_SHOWN = 4


@dataclass(frozen=True)
class Proposal:
    """The scan of a card, and the sentences that go with it.

    Attributes:
        scan: what stands under ``scan``.
        codes: raw code -> class.
        sheets: CSV files that the scan reads: POSIX path, delimiter and rows.
        splits: whether paths or rows say the split that they belong to.
        assumed: what was taken for what.
        check: what the user should look at.
        fields: the fields that could have been taken.
    """

    scan: Mapping[str, Any]
    codes: Mapping[str, str]
    splits: bool
    assumed: tuple[str, ...]
    check: tuple[str, ...]
    columns: Columns | None = field(default=None, repr=False)
    fields: tuple[Slot, ...] = field(default=(), repr=False)


class Unsure(CorpusError):
    """Fields may stand for several things, and only the user can say for which.

    Attributes:
        doubts: what is asked.
        fields: all fields that may be named.
    """

    def __init__(self, folder: Path, doubts: Sequence[Doubt], fields: Sequence[Slot]) -> None:
        self.doubts, self.fields = tuple(doubts), tuple(fields)
        lines = [f"  {doubt.field}: {doubt.text}: {', '.join(map(brief, doubt.among))}." for doubt in doubts]
        what = " and which the ".join(doubt.field for doubt in doubts)
        flags = " and ".join(f"--{doubt.field} FIELD" for doubt in doubts)
        nobody = f" (--speaker {NOBODY} where nothing tells it)" if any(d.field == "speaker" for d in doubts) else ""
        ask = f"Say it with {flags}{nobody}, or with --regex and the groups label, speaker and text."
        super().__init__("\n".join([f"{folder}: it is not clear which field is the {what}.", *lines, ask]))


_COUNTED = 20
"""Values of a field that are counted out."""


def field_json(slot: Slot) -> dict[str, Any]:
    """Return a field as plain data: its name, how many values it has, the commonest with their counts, and where."""
    counts = sorted(slot.counts.items(), key=lambda each: (-each[1], each[0]))[:_COUNTED]
    return {"field": slot.name, "values": len(slot.counts), "counts": dict(counts), "where": slot.example}


def brief(slot: Slot) -> str:
    """Return a field's name, how many values it has, and the first of them."""
    values = sorted(slot.counts)
    return f"{slot.name} ({len(values)} values: {', '.join(values[:_SHOWN])}{', ...' if len(values) > _SHOWN else ''})"


def proposed(folder: Path, meaning: Meaning, chosen: Chosen = UNSAID) -> Proposal:
    """Look at the names in a folder, and at its CSV files; no audio file is opened.

    Args:
        folder: the folder of the corpus.
        meaning: knows words for emotions.
        chosen: which fields the user says are the label and the speaker.

    Raises:
        CorpusError: there is no such folder, no audio in it, or nothing that looks like a label; or the regex does
            not fit.
        Unsure: it is not clear which field is the label, or the speaker.
        UnknownName: the user names a field that is not there.
    """
    files = list(files_below(folder))
    sounds = [file for file in files if is_audio(file)]
    if not sounds:
        there = f"there is {', '.join(files[:3])}" if files else "it is empty"
        raise CorpusError(f"{folder}: there is no audio file in it; {there}. Give the folder of the corpus.")
    if chosen.regex:
        return _of_regex(folder, sounds, meaning, chosen)
    tables = [file for file in files if file.lower().endswith((".csv", ".tsv"))]
    parts = parts_of(sounds)
    ways = ways_of(parts)
    names = {slot.name for cuts in ways for cut in cuts for slot in cut.slots}
    if not {chosen.label, chosen.speaker} & names:
        columns = columns_in(folder, tables, sounds, meaning, chosen)
        if columns is not None:
            _ask(folder, columns.doubts, columns.listed)
            return _of_columns(columns)
    try:
        roles = roles_of(parts, meaning, chosen)
    except UnknownName:
        shown = listed(ways)
        for name in {chosen.label, chosen.speaker} - names - {"", NOBODY}:
            raise UnknownName("field", name, [slot.name for slot in shown]) from None
        raise
    if roles is None:
        raise CorpusError(_nothing(folder, sounds, tables))
    _ask(folder, roles.doubts, listed(ways))
    return _of_roles(roles, sounds, listed(ways), chosen)


def _ask(folder: Path, doubts: Sequence[Doubt], fields: Sequence[Slot]) -> None:
    if doubts:
        raise Unsure(folder, doubts, fields)


_GROUPS = ("label", "speaker", "session", "text", "split", "language")


def _of_regex(folder: Path, sounds: Sequence[str], meaning: Meaning, chosen: Chosen) -> Proposal:
    """Return the proposal that a user's own regex makes of the paths.

    Raises:
        CorpusError: it is not one, has no group ``label``, or no path matches; or a field is named besides.
    """
    if chosen.label or chosen.speaker:
        raise CorpusError("--regex says what all fields are. Leave out --label and --speaker.")
    try:
        regex = re.compile(chosen.regex)
    except re.error as problem:
        raise CorpusError(f"--regex {chosen.regex!r} is not a regular expression: {problem}. Mend it.") from None
    if "label" not in regex.groupindex:
        groups = ", ".join(regex.groupindex) or "none"
        raise CorpusError(f"--regex has no group (?P<label>...). Its groups: {groups}. Known: {', '.join(_GROUPS)}.")
    matches = [regex.search(sound) for sound in sounds]
    if not any(matches):
        message = f"--regex {chosen.regex!r} matches none of {len(sounds)} paths below {folder}, such as '{sounds[0]}'"
        raise CorpusError(f"{message}. It is searched in the whole path, suffix included.")
    fields = {
        name: Slot(0, 0, "", tuple(match[name] if match else None for match in matches), name)
        for name in regex.groupindex
        if name in _GROUPS
    }
    labels = said_labels(fields["label"], meaning)
    roles = Roles((), fields, labels)
    return _proposal({"regex": chosen.regex}, roles, [f"{brief(slot)}, as the regex says" for slot in fields.values()])


def _nothing(folder: Path, sounds: Sequence[str], tables: Sequence[str]) -> str:
    seen = f" and in {', '.join(tables[:3])}" if tables else ""
    return (
        f"{folder}: nothing in the paths of {len(sounds)} files (e.g. '{sounds[0]}'){seen} looks like a label: a "
        "folder, or a piece of the name, that takes few values and comes back in many files. Write a CSV file in UTF-8 "
        "with the columns file and label (and speaker, split, text where known) into the folder, and try again."
    )


def _of_columns(columns: Columns) -> Proposal:
    files = {split: sheet.name for split, sheet in columns.sheets.items()}
    sheet = next(iter(columns.sheets.values()))
    templates = {name: f"{{{column}}}" for name, column in columns.fields.items()}
    scan: dict[str, Any] = {"files": files.get("", files), "path": columns.path, **templates}
    doubts: list[str] = []
    if sheet.delimiter != ",":
        scan["delimiter"] = sheet.delimiter
    if split := columns.fields.get("split"):
        rules, doubts = _split_rules({row[split] for row in sheet.rows})
        scan |= rules
    assumed = [f"{', '.join(files.values())} holds a row for each utterance; the audio is {columns.path}"]
    assumed += [f"{name} is the column '{column}'" for name, column in columns.fields.items()]
    has_splits = "split" in columns.fields or "" not in files
    doubts += _doubts(columns.labels, {*columns.fields, *(["split"] if has_splits else [])})
    return Proposal(
        {"table": scan},
        columns.labels.codes,
        has_splits,
        tuple(assumed),
        tuple(doubts),
        columns,
        columns.listed,
    )


def _of_roles(roles: Roles, sounds: Sequence[str], fields: Sequence[Slot], chosen: Chosen) -> Proposal:
    assumed = []
    for name, slot in roles.fields.items():
        values = sorted(slot.counts)
        shown = ", ".join(values[:_SHOWN]) + (", ..." if len(values) > _SHOWN else "")
        place = "the file's name" if slot.level == 0 else f"a folder, {slot.level} above the file"
        why = f"; {roles.labels.reason}" if name == "label" else "; as you said" if slot.name == chosen.speaker else ""
        assumed.append(f"{name} stands in {place}: {len(values)} values ({shown}){why}")
    regex = regex_of(roles, _suffixes(sounds))
    others = () if chosen.speaker else [slot for slot in roles.speakers if slot is not roles.fields.get("speaker")]
    return replace(_proposal({"regex": regex}, roles, assumed, others), fields=tuple(fields))


def _proposal(scan: dict[str, Any], roles: Roles, assumed: Sequence[str], others: Sequence[Slot] = ()) -> Proposal:
    doubts: list[str] = []
    if "split" in roles.fields:
        rules, doubts = _split_rules(set(roles.fields["split"].counts))
        scan |= rules
    is_said = "split" in roles.fields and None not in roles.fields["split"].values
    doubts += _doubts(roles.labels, set(roles.fields))
    if others and "speaker" in roles.fields:
        doubts.append(f"speaker was found by its place; these may be it, too: {', '.join(map(brief, others))}")
    return Proposal({"pattern": scan}, roles.labels.codes, is_said, tuple(assumed), tuple(doubts))


def _split_rules(values: set[str]) -> tuple[dict[str, Any], list[str]]:
    """Return how splits are spelt otherwise than train, dev and test, and what is to be looked at."""
    doubts = []
    try:
        splits = splits_of(values, "split")
    except CorpusError as problem:
        splits, doubts = {}, [str(problem)]
    renamed = {name.lower(): split for name, split in sorted(splits.items()) if name.lower() != split}
    lower = {"lower": ["split"]} if any(value != value.lower() for value in values) else {}
    return lower | ({"rename": {"split": renamed}} if renamed else {}), doubts


def _suffixes(sounds: Sequence[str]) -> list[str]:
    """Return the suffixes of the corpus: the usual one alone, where clips stand beside copies in another format."""
    counts = Counter(PurePosixPath(sound).suffix for sound in sounds)
    names = Counter(str(PurePosixPath(sound).with_suffix("")) for sound in sounds)
    has_copies = any(count > 1 for count in names.values())
    return [counts.most_common(1)[0][0]] if has_copies else sorted(counts)


def _doubts(labels: LabelSlot, fields: set[str]) -> Iterator[str]:
    if labels.score < 2:
        yield "the labels are raw codes: say under codes what they mean, and rename the classes"
    elif labels.score < 3:
        yield "the labels are first letters, read as words: compare codes with the corpus' documentation"
    if "speaker" not in fields:
        yield "no speaker was found: without one, no score can be speaker-independent"
    if "text" not in fields:
        yield "no text was found: if sentences come back, name the group of the regex (or the column) that says which"
    else:
        yield "text may be a count of takes instead of a sentence"
