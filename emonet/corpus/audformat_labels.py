"""Which tables and which column of a database hold the labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emonet.corpus.audformat_header import Header
from emonet.errors import CorpusError, UnknownName, did_you_mean

FIELD_NAMES: Mapping[str, tuple[str, ...]] = {
    "speaker": ("speaker",),
    "session": ("session", "dialogue"),
    "text": ("text", "sentence", "transcription", "transcript"),
    "language": ("language",),
    "split": ("split",),
}
"""Field of an utterance -> names of columns or schemes that hold it."""

_NO_LABELS = frozenset({*(name for names in FIELD_NAMES.values() for name in names), "gender", "sex", "age", "rater"})
_LABEL_NAMES = ("emotion", "label")


def tables_with(header: Header, tables: Sequence[str], column: str) -> tuple[tuple[str, ...], str]:
    """Return the tables that hold the labels, and their column.

    Args:
        tables: the user's choice, empty for all tables that have the column.
        column: the user's choice, empty for the only one that holds classes.

    Raises:
        UnknownName: there is no such table.
        CorpusError: there is no such column, or several answers are possible.
    """
    for table in tables:
        if table not in header.tables:
            raise UnknownName("table of files", table, header.tables)
    searched = tables or tuple(header.tables)
    if not column:
        column = _only_candidate(header, searched)
    found = tuple(table for table in searched if column in header.tables[table].columns)
    if not found or (tables and len(found) < len(tables)):
        lacking = [table for table in tables if column not in header.tables[table].columns]
        where = f"the table '{lacking[0]}' has no" if lacking else "no table of files has a"
        known = sorted({name for table in lacking[:1] or searched for name in header.tables[table].columns})
        message = f"Database '{header.name}': {where} column '{column}'. {did_you_mean(column, known)}"
        raise CorpusError(f"{message.strip()} Columns: {', '.join(known) or 'none'}.")
    if not tables and len(found) > 1 and not _are_parts(header, found):
        message = f"Database '{header.name}': the tables {', '.join(found)} all have the column '{column}'."
        raise CorpusError(f"{message} Say which: table: {found[0]}, or a list of them.")
    return found, column


def _are_parts(header: Header, tables: Sequence[str]) -> bool:
    """Say whether each table belongs to a part of its own, so that together they are one table."""
    splits = [header.tables[table].split_id for table in tables]
    return all(splits) and len(set(splits)) == len(splits)


def _only_candidate(header: Header, tables: Sequence[str]) -> str:
    found = list(dict.fromkeys(column for table in tables for column in _candidates(header, table)))
    if len(found) == 1:
        return found[0]
    seen = f"the columns {', '.join(found)} all hold classes" if found else "no column has a scheme with labels"
    columns = sorted({name for table in tables for name in header.tables[table].columns})
    message = f"Database '{header.name}': {seen}. Say which one is the label: column: ..."
    raise CorpusError(f"{message} Columns: {', '.join(columns) or 'none'}.")


def _candidates(header: Header, table: str) -> list[str]:
    return [
        name
        for name, column in header.tables[table].columns.items()
        if not {name.lower(), column.scheme_id.lower()} & _NO_LABELS
        and (_has_labels(header, column.scheme_id) or name.lower() in _LABEL_NAMES)
    ]


def _has_labels(header: Header, scheme_id: str) -> bool:
    scheme = header.schemes.get(scheme_id)
    return scheme is not None and bool(scheme.labels)
