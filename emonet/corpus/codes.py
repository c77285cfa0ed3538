"""From what a corpus writes to labels and fields: its codes, and the templates by which a card takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from emonet.corpus.cells import is_missing
from emonet.corpus.corpus import Label, Strings, Target
from emonet.document import Checked
from emonet.errors import CorpusError, did_you_mean

OTHERS = "*"
"""Stands among a target's codes for every code that is not listed."""


def as_mapping(value: Any) -> Any:
    """Return text that stands for all targets or splits under the empty name, anything else as it is."""
    return {"": value} if isinstance(value, str) else value


Templates = Annotated[Strings, Checked(before=as_mapping)]
"""Templates by target or by split; one template for all of them stands under the empty name."""


def labels_from(codes: Mapping[str, str], targets: tuple[Target, ...], place: str) -> dict[str, Label]:
    """Translate raw codes (target name -> code) to labels; codes that are left out, or mean none, give no entry.

    Raises:
        CorpusError: a code that the card does not know, or a number outside the target's range.
    """
    labels: dict[str, Label] = {}
    for target in targets:
        code = codes.get(target.name)
        if not code or (is_missing(code) and code not in target.codes and OTHERS not in target.codes):
            continue
        label = _class_of(code, target, place) if target.is_categorical else _number(code, target, place)
        if label is not None:
            labels[target.name] = label
    return labels


def tidied(value: str, rename: Mapping[str, str], *, lower: bool) -> str | None:
    """Return a field's value, lower-cased and renamed as the card says; None where it is empty."""
    value = value.lower() if lower else value
    return rename.get(value, value) or None


def _class_of(code: str, target: Target, place: str) -> str | None:
    if code in target.codes or OTHERS in target.codes:
        return target.codes.get(code, target.codes.get(OTHERS))
    if target.unmapped is not None:
        target.unmapped.add(target.name, code, place)
        return None
    known = ", ".join(sorted(target.codes))
    hint = did_you_mean(code, target.codes)
    message = f"{place}: the card maps no code '{code}' for target '{target.name}'. {hint} Known codes: {known}."
    raise CorpusError(" ".join(message.split()))


def _number(code: str, target: Target, place: str) -> float:
    low, high = target.range or (float("-inf"), float("inf"))
    try:
        value = float(code)
    except ValueError:
        raise CorpusError(f"{place}: '{code}' is not a number, but '{target.name}' is dimensional.") from None
    if not low <= value <= high:
        raise CorpusError(f"{place}: {target.name} is {value}, outside its range {low} to {high}.")
    return value
