"""Columns of labels in a manifest: ``label``, ``label:NAME`` for further classes, ``label:NAME[1..5]`` for numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emonet.corpus.cardless import TARGET
from emonet.corpus.corpus import Label, Target
from emonet.corpus.labels import labels_from
from emonet.errors import CorpusError

PREFIX = f"{TARGET}:"
_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_FORM = re.compile(rf"(?P<name>[\w.-]+)(?:\[(?P<low>{_NUMBER})\.\.(?P<high>{_NUMBER})(?: +(?P<unit>[^\]]*?))? *\])?")


def is_label_column(column: str) -> bool:
    """Say whether a column holds labels.

    >>> is_label_column("label"), is_label_column("label:valence[1..5]"), is_label_column("labelled")
    (True, True, False)
    """
    return column == TARGET or column.startswith(PREFIX)


@dataclass(frozen=True)
class LabelColumns:
    """The columns of labels of a manifest: column -> its target, those with classes still without them."""

    targets: Mapping[str, Target]

    def labels(self, cells: Mapping[str, str], place: str) -> Mapping[str, Label]:
        """Return the labels of a row by target; an empty cell gives none.

        Raises:
            CorpusError: no cell holds a label, or a number is none or lies outside its range.
        """
        codes = {target.name: cells.get(column, "") for column, target in self.targets.items()}
        numbers = tuple(target for target in self.targets.values() if not target.is_categorical)
        classes = {
            target.name: codes[target.name]
            for target in self.targets.values()
            if target.is_categorical and codes[target.name]
        }
        found = {**labels_from(codes, numbers, place), **classes}
        if not found:
            raise CorpusError(f"{place}: '{cells.get('file', '')}' has no label. Give one, or remove the line.")
        return {target.name: found[target.name] for target in self.targets.values() if target.name in found}


def label_columns(headers: Iterable[tuple[Path, Sequence[str]]]) -> LabelColumns:
    """Return the columns of labels of tables, by their headers.

    Raises:
        CorpusError: a column that is not of one of the three forms, or one target in two forms.
    """
    found: dict[str, tuple[Path, str, Target]] = {}
    for table, header in headers:
        for column in filter(is_label_column, header):
            target = _target(column, table)
            first, known, _ = found.setdefault(target.name, (table, column, target))
            if known != column:
                message = f"{table}:1: the column '{column}' is '{known}' in {first.name}. Give the two one name."
                raise CorpusError(message)
    return LabelColumns({column: target for _, column, target in found.values()})


def _target(column: str, table: Path) -> Target:
    if column == TARGET:
        return Target(TARGET)
    match = _FORM.fullmatch(column.removeprefix(PREFIX).strip())
    if match is None:
        message = (
            f"{table}:1: the column '{column}' is no column of labels. Expected {PREFIX}NAME for classes, or "
            f"{PREFIX}NAME[LOW..HIGH] for numbers, e.g. {PREFIX}valence[1..5] or {PREFIX}pitch[50..500 Hz]"
        )
        raise CorpusError(message)
    if match["low"] is None:
        return Target(match["name"])
    low, high = float(match["low"]), float(match["high"])
    if low >= high:
        message = f"{table}:1: the column '{column}' has a range without length. Give the lowest value first."
        raise CorpusError(message)
    return Target(match["name"], range=(low, high), unit=match["unit"] or "")
