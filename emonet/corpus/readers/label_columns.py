"""Columns of labels of a table: ``label``, ``label:NAME`` for classes, ``label:NAME[1..5]`` for numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from emonet.corpus.cells import is_missing
from emonet.corpus.codes import labels_from
from emonet.corpus.columns import TARGET, Question, check_told, label_column
from emonet.corpus.corpus import Label, Target
from emonet.errors import CorpusError

PREFIX = f"{TARGET}:"
_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_FORM = re.compile(rf"(?P<name>[\w.-]+)(?:\[(?P<low>{_NUMBER})\.\.(?P<high>{_NUMBER})(?: +(?P<unit>[^\]]*?))? *\])?")


ON_PURPOSE = "[classes]"
"""Ends the name of a column whose numbers are classes, each a label of its own."""


AS_NUMBERS = (
    "Call the column label:NAME[LOW..HIGH] where they are numbers, label:NAME[classes] where each is a class; or say "
    'columns: {"label:NAME[LOW..HIGH]": COLUMN}.'
)
"""What to do where the labels of a table are numbers."""


def is_label_column(column: str) -> bool:
    """Say whether a column holds labels, by the form of its name.

    >>> is_label_column("label"), is_label_column("label:valence[1..5]"), is_label_column("labelled")
    (True, True, False)
    """
    return column in (TARGET, f"{TARGET}{ON_PURPOSE}") or column.startswith(PREFIX)


@dataclass(frozen=True)
class LabelColumns:
    """The targets of a manifest, those with classes still without them.

    Attributes:
        as_classes: names of those whose numbers are classes on purpose.
    """

    targets: tuple[Target, ...]
    as_classes: frozenset[str] = frozenset()

    def labels(self, cells: Mapping[str, str], place: str) -> Mapping[str, Label]:
        """Return the labels of a row by target; a cell that says nothing gives none.

        Raises:
            CorpusError: a number is none or lies outside its range.
        """
        codes = {target.name: cells.get(f"{PREFIX}{target.name}", "") for target in self.targets}
        numbers = tuple(target for target in self.targets if not target.is_categorical)
        found = labels_from(codes, numbers, place)
        classes = {name: code for name, code in codes.items() if not is_missing(code)}
        both = {**classes, **found}
        return {target.name: both[target.name] for target in self.targets if target.name in both}


def label_columns(asked: Question) -> dict[str, str]:
    """Return the columns of labels of a table: form of the target (``label``, ``label:NAME[1..5]``) -> column.

    Raises:
        CorpusError: two columns are called as the label is, or one that the user names is not there.
    """
    check_told(asked)
    told = {form: column for form, column in asked.taken.items() if is_label_column(form)}
    free = [column for column in asked.header if column not in {*asked.passed_over, *asked.taken.values()}]
    named = {column: column for column in free if is_label_column(column) and column != TARGET}
    rest = replace(asked, header=[column for column in asked.header if column not in named])
    plain = "" if any(_name_of(form) == TARGET for form in (*told, *named)) else label_column(rest)
    found = {**{column: form for form, column in told.items()}, **named, **({plain: TARGET} if plain else {})}
    return {form: column for column, form in sorted(found.items(), key=lambda each: asked.header.index(each[0]))}


def targets_of(forms: Iterable[tuple[Path, str]]) -> LabelColumns:
    """Return the targets of tables by the forms of their columns of labels.

    Raises:
        CorpusError: a column that is not of one of the forms, or one target in two forms.
    """
    found: dict[str, tuple[Path, str, Target]] = {}
    for table, form in forms:
        target = target_of(form, table)
        first, known, _ = found.setdefault(target.name, (table, form, target))
        if known != form:
            message = f"{table}:1: the column '{form}' is '{known}' in {first.name}. Give the two one name."
            raise CorpusError(message)
    on_purpose = frozenset(name for name, (_, form, _) in found.items() if form.endswith(ON_PURPOSE))
    return LabelColumns(tuple(target for _, _, target in found.values()), on_purpose)


def _name_of(form: str) -> str:
    return TARGET if form in (TARGET, f"{TARGET}{ON_PURPOSE}") else ""


def target_of(form: str, table: Path) -> Target:
    """Return the target that a column of labels is of; see ``targets_of``."""
    plain = form.removesuffix(ON_PURPOSE)
    if plain == TARGET:
        return Target(TARGET)
    match = _FORM.fullmatch(plain.removeprefix(PREFIX).strip())
    if match is None:
        message = (
            f"{table}:1: the column '{form}' is not a column of labels. Expected {PREFIX}NAME for classes, or "
            f"{PREFIX}NAME[LOW..HIGH] for numbers, e.g. {PREFIX}valence[1..5] or {PREFIX}pitch[50..500 Hz]"
        )
        raise CorpusError(message)
    if match["low"] is None:
        return Target(match["name"])
    low, high = float(match["low"]), float(match["high"])
    if low >= high:
        message = f"{table}:1: the column '{form}' has a range without length. Give the lowest value first."
        raise CorpusError(message)
    return Target(match["name"], range=(low, high), unit=match["unit"] or "")
