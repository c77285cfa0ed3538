"""Corpora whose labels stand in CSV files: a row an utterance."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePosixPath
from string import Formatter
from typing import Annotated, Any, Literal, get_args

from emonet.corpus.cells import seconds_in, stated
from emonet.corpus.codes import Templates, as_mapping, labels_from, tidied
from emonet.corpus.corpus import Split, Strings, Target, Utterance, UtteranceField
from emonet.corpus.readers.folders import Tails, files_below, is_listed
from emonet.corpus.readers.rows import times_in
from emonet.document import STRICT, Checked
from emonet.errors import CorpusError, did_you_mean


def _is_known(encoding: str) -> str:
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise ValueError(f"there is no encoding {encoding!r}. Expected e.g. utf-8-sig or latin-1") from None
    return encoding


@dataclass(frozen=True)
class TableRule:
    """CSV files (split -> file name, wherever it lies below the root) and templates over their columns.

    ``path`` holds for each split, or for all of them under the empty name, a template for the end of the audio file's
    path, and ``label`` one for each target, or for the first one under the empty name; ``{split}`` is the split of the
    row's table. A row whose audio is not there is kept with that path, so that preparing the corpus can report it.
    Where one file holds all, it stands under the empty name, and the template ``split`` may name a column. ``start``
    and ``end``, or ``start`` and ``duration``, are templates for times in s; ``rename`` maps values of a field,
    ``lower`` names those in lower case. Without ``quotes``, quotation marks are text like any other.
    """

    __pydantic_config__ = STRICT
    files: Annotated[Mapping[Split | Literal[""], str], Checked(before=as_mapping, min_length=1)]
    path: Templates
    label: Templates
    id: str = ""
    speaker: str = ""
    session: str = ""
    text: str = ""
    split: str = ""
    language: str = ""
    start: str = ""
    end: str = ""
    duration: str = ""
    rename: Mapping[UtteranceField, Strings] = field(default_factory=dict)
    lower: tuple[UtteranceField, ...] = ()
    delimiter: Annotated[str, Checked(min_length=1, max_length=1)] = ","
    quotes: bool = True
    encoding: Annotated[str, Checked(after=_is_known)] = "utf-8-sig"

    def __post_init__(self) -> None:
        for split in self.files:
            if split not in self.path and "" not in self.path:
                raise ValueError(f"there is no path for the rows of '{split}'. Add it, or give one path for all.")


_FIELDS: tuple[UtteranceField, ...] = get_args(UtteranceField)


def scan_tables(
    rule: TableRule,
    targets: tuple[Target, ...],
    corpus_id: str,
    known_bad: Mapping[str, str],
    root: Path,
) -> Iterator[Utterance]:
    """Yield an utterance for each row of each table.

    Raises:
        CorpusError: a table is missing, or a row cannot be read; names file and line.
    """
    tails = Tails(files_below(root))
    for split, name in rule.files.items():
        found = tails.find(name)
        if found is None:
            message = (
                f"{root}: this does not look like the corpus '{corpus_id}': there is no '{name}' in it. "
                "Give the folder that holds this file with --root."
            )
            raise CorpusError(message)
        table = root / found
        line = 0
        for line, row in read_rows(table, rule.delimiter, rule.encoding, quotes=rule.quotes):
            of_table = {"split": split} if split else {}
            cells, place = {**row, **of_table}, f"{table}:{line}"
            tail = fill(rule.path.get(split) or rule.path[""], cells, place)
            path = tails.find(tail) or tail
            if is_listed(path, known_bad):
                continue  # what is said of a bad file may be bad, too
            utterance = _utterance(rule, tail, cells, targets, place)
            if utterance.labels:
                own = split if split and not rule.split else utterance.split
                yield replace(utterance, path=path, split=own)
        if line == 0:
            raise CorpusError(f"{table}: there is no row below the header. Get the file again; it may be cut off.")


def read_row_path(rule: TableRule, path: str) -> Utterance | None:
    """Return what an audio file's path says of its row, None for one that no template of the rule makes."""
    shapes = {split: _shape(rule.path.get(split) or rule.path[""], split) for split in rule.files}
    found = {split: match for split, shape in shapes.items() if (match := shape.search(path))}
    if not found:
        return None
    split, match = next(iter(found.items()))
    # one form of path for several splits does not tell them apart
    row = {**match.groupdict(), **({"split": split} if split and len(found) == 1 else {})}
    told = [name for name in ("id", *_FIELDS) if _columns(getattr(rule, name)) <= set(row)]
    fields: dict[str, Any] = {name: _field(rule, name, row, path) for name in _FIELDS if name in told}
    if not rule.split:
        fields["split"] = row.get("split")
    own = fill(rule.id, row, path) if rule.id and "id" in told else str(PurePosixPath(path).with_suffix(""))
    return Utterance(id=own, path=path, labels={}, **fields)


@cache
def _shape(template: str, split: str) -> re.Pattern[str]:
    """Return what matches the paths that a template makes, with a group for each column."""
    seen: set[str] = set()
    pattern = ""
    for text, column, _, _ in Formatter().parse(template):
        pattern += re.escape(text)
        if column == "split":
            pattern += re.escape(split)
        elif column is not None:
            named = f"(?P={column})" if column in seen else f"(?P<{column}>[^/]+?)"
            pattern += named if column.isidentifier() else "[^/]+?"
            seen.add(column)
    return re.compile(f"(?:^|/){pattern}$")


def _columns(template: str) -> set[str]:
    return {column for _, column, _, _ in Formatter().parse(template) if column is not None}


DELIMITERS = ",;\t|"


def delimiter_of(header: str) -> str:
    """Return the delimiter that the first line of a table uses.

    >>> delimiter_of("file;label, or not;speaker")
    ';'
    """
    return max(DELIMITERS, key=header.count)


def read_rows(
    table: Path, delimiter: str, encoding: str, *, quotes: bool = True
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and row (column -> text) of a CSV file; without ``quotes``, quotation marks mean nothing.

    Raises:
        CorpusError: wrong encoding, a column that stands twice, or a row with more or fewer cells than the header.
    """
    with table.open(encoding=encoding, newline="") as file:
        reader = csv.reader(
            file, delimiter=delimiter, strict=True, quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
        )
        try:
            header = [cell.strip() for cell in next(reader, [])]
            check_header(header, table)
            for row in filter(None, reader):  # blank lines come as empty rows
                if len(row) != len(header):
                    message = (
                        f"{table}:{reader.line_num}: this row does not have {len(header)} cells as the header has."
                    )
                    raise CorpusError(f"{message} Mend or remove it.")
                yield reader.line_num, dict(zip(header, (cell.strip() for cell in row), strict=True))
        except UnicodeDecodeError:
            raise CorpusError(f"{undecodable_place(table, encoding)}: not {encoding} text. {_SAVE}") from None
        except csv.Error as problem:
            raise CorpusError(f"{table}:{reader.line_num}: not CSV: {problem}. Mend the line.") from None


_SAVE = "Save the whole file in one encoding, UTF-8."


def undecodable_place(table: Path, encoding: str) -> str:
    """Return the file and its first line that is not text in an encoding of one byte a newline."""
    with table.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                return f"{table}:{number}"
    return str(table)


def check_header(header: Sequence[str], table: Path, *, line: int = 1) -> None:
    """Refuse a header in which a column stands twice.

    Raises:
        CorpusError: naming it.
    """
    twice = [column for column in header if column and header.count(column) > 1]
    if twice:
        raise CorpusError(f"{table}:{line}: the column '{twice[0]}' stands twice. Keep one of them.")


def fill(template: str, row: Mapping[str, str], place: str) -> str:
    """Fill a template such as ``clip{number}.wav`` from a row.

    Raises:
        CorpusError: the row has no such column.
    """
    try:
        return template.format_map(row)
    except KeyError as problem:
        column = str(problem.args[0])
        hint = did_you_mean(column, row)
        raise CorpusError(f"{place}: there is no column '{column}'. {hint} Columns: {', '.join(row)}.") from None


def _utterance(
    rule: TableRule, tail: str, row: Mapping[str, str], targets: tuple[Target, ...], place: str
) -> Utterance:
    """Return what a row says; ``tail`` is the end of its clip's path."""
    codes = {target or targets[0].name: fill(column, row, place) for target, column in rule.label.items()}
    fields: dict[str, Any] = {field: _field(rule, field, row, place) for field in _FIELDS}
    start, end = times_in(fill(rule.start, row, place), fill(rule.end, row, place), place)
    length = seconds_in(fill(rule.duration, row, place), "duration", place)
    if end is None and length:
        end = round((start or 0.0) + length, 9)
    return Utterance(
        id=fill(rule.id, row, place) if rule.id else str(PurePosixPath(tail).with_suffix("")),
        path=tail,
        labels=labels_from(codes, targets, place),
        start=start or 0.0,
        end=end,
        **fields,
    )


def _field(rule: TableRule, name: UtteranceField, row: Mapping[str, str], place: str) -> str | None:
    value = fill(getattr(rule, name), row, place)
    if value not in rule.rename.get(name, {}):
        value = stated(value)
    return tidied(value, rule.rename.get(name, {}), lower=name in rule.lower)
