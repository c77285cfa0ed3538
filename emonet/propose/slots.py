"""Paths taken apart into slots: places that every path of a folder has, and where the paths differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

_SHARE = 0.9
"""Part of the files that must be cut alike, for a way to cut their names to count."""

_FIELD = r"[^\W_]+"
_CAMEL = r"[^\W\d_]?[^\W\d_A-Z]+|[A-Z]+|\d+"
_STRICT = r"[A-Z]+|[^\W\d_A-Z]+|\d+"
_MARKS = {_FIELD: ".", _CAMEL: ":", _STRICT: "::"}
"""What stands between the name of a level and the number of a piece, for each way to cut."""
_SEPARATOR = re.compile(r"[-_ ]")
"""Signs that people write for each other."""


@dataclass(frozen=True)
class Slot:
    """One place in the paths.

    Attributes:
        level: which part of the path, counted from its end: 0 is the file's name.
        position: which piece of that part.
        before: a regex of the text in front of it, which paths that are cut alike share but for dashes and the like.
        values: for each path its text there, None where the path is cut otherwise.
        name: what a user calls it: ``folder1`` is the folder of a file, ``name.2`` the second piece of its name.
        example: one of the texts that it is cut from, the piece in brackets.
    """

    level: int
    position: int
    before: str
    values: tuple[str | None, ...] = field(repr=False)
    name: str = ""
    example: str = ""

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Return how often each text occurs."""
        return Counter(value for value in self.values if value is not None)

    @property
    def is_constant(self) -> bool:
        """Say whether all paths agree here."""
        return len(self.counts) == 1

    def same_as(self, other: Slot) -> bool:
        """Say whether two slots always change together, so that one of them is enough."""
        pairs = {(one, two) for one, two in zip(self.values, other.values, strict=True) if one and two}
        return len(pairs) == len({one for one, _ in pairs}) == len({two for _, two in pairs}) > 1


@dataclass(frozen=True)
class Cut:
    """One way to cut a part of the paths into slots; ``after`` is a regex of the text behind the last one.

    A fine cut is one within words, where letters turn into digits or small letters into capitals.
    """

    level: int
    slots: tuple[Slot, ...]
    after: str = ""
    is_fine: bool = False


def parts_of(paths: Sequence[str]) -> list[list[str]]:
    """Return the parts of paths that all have, level 0 first: names without suffix, then folders upwards."""
    split = [path.split("/") for path in paths]
    usual = Counter(len(parts) for parts in split).most_common(1)[0][0]
    levels = [[parts[-1 - level] if level < len(parts) else "" for parts in split] for level in range(usual)]
    return [[name.rpartition(".")[0] or name for name in levels[0]], *levels[1:]]


def cuts_of(texts: Sequence[str], level: int) -> list[Cut]:
    """Return the ways to cut the texts of one level that nearly all of them share, the coarsest first."""
    cuts = [_whole(texts, level)]
    for piece in (_FIELD, _CAMEL, _STRICT):
        cut = _cut(texts, level, re.compile(piece))
        if cut is not None and len(cut.slots) != len(cuts[-1].slots):
            cuts.append(replace(cut, is_fine=piece is not _FIELD))
    return cuts


def _whole(texts: Sequence[str], level: int) -> Cut:
    example = next((f"[{text}]" for text in texts if text), "")
    values = tuple(text or None for text in texts)
    return Cut(level, (Slot(level, 0, "", values, _level_name(level), example),))


def _level_name(level: int) -> str:
    return f"folder{level}" if level else "name"


def _cut(texts: Sequence[str], level: int, piece: re.Pattern[str]) -> Cut | None:
    """Cut each text into its pieces; what is between pieces must be alike in nearly all of them."""
    between = [tuple(piece.sub("\0", text).split("\0")) for text in texts]
    alike = [tuple(_SEPARATOR.sub("_", gap) for gap in gaps) for gaps in between]
    usual, count = Counter(alike).most_common(1)[0]
    if count < _SHARE * len(texts) or len(usual) < 2:
        return None
    pieces = [piece.findall(text) if gaps == usual else None for text, gaps in zip(texts, alike, strict=True)]
    gaps = [
        _gap({each[number] for each, one in zip(between, alike, strict=True) if one == usual})
        for number in range(len(usual))
    ]
    first = next(text for text, one in zip(texts, alike, strict=True) if one == usual)
    slots = tuple(
        Slot(
            level,
            number,
            gaps[number],
            tuple(None if found is None else found[number] for found in pieces),
            f"{_level_name(level)}{_MARKS[piece.pattern]}{number + 1}",
            f"{first[: match.start()]}[{match[0]}]{first[match.end() :]}",
        )
        for number, match in enumerate(piece.finditer(first))
    )
    return Cut(level, slots, gaps[-1])


def _gap(texts: Collection[str]) -> str:
    """Return a regex of the text between two pieces: signs that differ are a class of them."""
    signs = [sorted(set(each), key=lambda sign: (sign == "-", sign)) for each in zip(*texts, strict=True)]
    return "".join(literal(each[0]) if len(each) == 1 else f"[{''.join(each)}]" for each in signs)


def literal(text: str) -> str:
    """Return text with a backslash before what means something in a regex; blanks and dashes mean nothing there."""
    return re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", text)


def joined(cut: Cut, is_free: Callable[[Slot], bool]) -> Cut:
    """Return a cut whose neighbouring free slots, with nothing between them, are one slot each."""
    slots: list[Slot] = []
    for slot in cut.slots:
        if slots and not slot.before and is_free(slot) and is_free(slots[-1]):
            both = zip(slots[-1].values, slot.values, strict=True)
            values = tuple(None if one is None or two is None else one + two for one, two in both)
            slots[-1] = replace(slots[-1], values=values)
        else:
            slots.append(slot)
    return replace(cut, slots=tuple(slots))
