"""What a folder of audio files suggests for a corpus card, and how sure it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from emonet.corpus.readers.folders import files_below, is_audio
from emonet.corpus.splits import splits_of
from emonet.errors import CorpusError
from emonet.propose.columns import Columns, columns_in
from emonet.propose.roles import LabelSlot, Meaning, Roles, roles_of
from emonet.propose.slots import Cut, Slot, parts_of

_LISTED = 40
"""Labels up to which each is written out."""


def regex_of(roles: Roles, suffixes: Iterable[str]) -> str:
    """Return the regex of paths whose slots stand for something; folders above all of these are left out."""
    top = max(slot.level for slot in roles.fields.values())
    names = {id(slot): name for name, slot in roles.fields.items()}
    levels = [_part(cut, names) for cut in roles.cuts[: top + 1]]
    kinds = sorted({_literal(suffix) for suffix in suffixes})
    suffix = kinds[0] if len(kinds) == 1 else f"(?:{'|'.join(kinds)})"
    return f"(?:^|/){'/'.join(reversed(levels))}{suffix}$"


def _part(cut: Cut, names: Mapping[int, str]) -> str:
    if not any(id(slot) in names for slot in cut.slots) and cut.level:
        return "[^/]+"
    pieces = [_literal(slot.before) + _piece(slot, names.get(id(slot), "")) for slot in cut.slots]
    return "".join(pieces) + _literal(cut.after)


def _literal(text: str) -> str:
    """Return text with a backslash before what means something in a regex; blanks and dashes mean nothing there."""
    return re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", text)


def _piece(slot: Slot, name: str) -> str:
    values = list(slot.counts)
    if name == "label" and len(values) <= _LISTED:
        body = "|".join(_literal(value) for value in sorted(values, key=lambda value: (-len(value), value)))
    elif slot.is_constant and not name:
        return _literal(values[0])
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
    """

    scan: Mapping[str, Any]
    codes: Mapping[str, str]
    splits: bool
    assumed: tuple[str, ...]
    check: tuple[str, ...]
    columns: Columns | None = field(default=None, repr=False)


def proposed(folder: Path, meaning: Meaning) -> Proposal:
    """Look at the names in a folder, and at its CSV files; no audio file is opened.

    Raises:
        CorpusError: there is no such folder, no audio in it, or nothing that looks like a label.
    """
    files = list(files_below(folder))
    sounds = [file for file in files if is_audio(file)]
    if not sounds:
        there = f"there is {', '.join(files[:3])}" if files else "it is empty"
        raise CorpusError(f"{folder}: there is no audio file in it; {there}. Give the folder of the corpus.")
    tables = [file for file in files if file.lower().endswith((".csv", ".tsv"))]
    columns = columns_in(folder, tables, sounds, meaning)
    if columns is not None:
        return _of_columns(columns)
    roles = roles_of(parts_of(sounds), meaning)
    if roles is None:
        raise CorpusError(_nothing(folder, sounds, tables))
    return _of_roles(roles, sounds)


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
    )


def _of_roles(roles: Roles, sounds: Sequence[str]) -> Proposal:
    scan: dict[str, Any] = {"regex": regex_of(roles, _suffixes(sounds))}
    doubts: list[str] = []
    if "split" in roles.fields:
        rules, doubts = _split_rules(set(roles.fields["split"].counts))
        scan |= rules
    assumed = []
    for name, slot in roles.fields.items():
        values = sorted(slot.counts)
        shown = ", ".join(values[:_SHOWN]) + (", ..." if len(values) > _SHOWN else "")
        place = "the file's name" if slot.level == 0 else f"a folder, {slot.level} above the file"
        why = f"; {roles.labels.reason}" if name == "label" else ""
        assumed.append(f"{name} stands in {place}: {len(values)} values ({shown}){why}")
    is_said = "split" in roles.fields and None not in roles.fields["split"].values
    doubts += _doubts(roles.labels, set(roles.fields))
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
