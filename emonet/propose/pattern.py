"""From slots and what they stand for to the regular expression of a card."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from emonet.propose.roles import Roles
from emonet.propose.slots import Cut, Slot

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
