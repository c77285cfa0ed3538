"""Rows of utterances from a database in audEERING's format: labels, and what other tables say of the same segments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from emonet.corpus.audformat_header import Header
from emonet.corpus.audformat_labels import FIELD_NAMES
from emonet.corpus.audformat_tables import Key, TableRow, misc_rows, table_rows
from emonet.corpus.rows import SPLITS, Row
from emonet.errors import CorpusError, did_you_mean


@dataclass(frozen=True)
class Labelled:
    """One kind of label: the tables and the column that hold it, and the cell that it becomes."""

    cell: str
    tables: tuple[str, ...]
    column: str


class Database:
    """A database on the disk; each table is read once, when it is asked for."""

    def __init__(self, folder: Path, header: Header) -> None:
        self.folder = folder
        self.header = header
        self._rows: dict[str, list[TableRow]] = {}
        self._by_key: dict[str, dict[Key, Mapping[str, str]]] = {}

    def rows(self, table: str) -> list[TableRow]:
        """Return the rows of a table over files or segments."""
        if table not in self._rows:
            self._rows[table] = list(table_rows(self.folder, table))
        return self._rows[table]

    def cells(self, table: str, key: Key) -> Mapping[str, str] | None:
        """Return what a table says of a segment, or of its whole file; None where it says nothing."""
        if table not in self._by_key:
            self._by_key[table] = {row.key: row.cells for row in self.rows(table)}
        known = self._by_key[table]
        return known.get(key, known.get((key[0], "", "")))

    def attributes(self, scheme_id: str) -> Mapping[str, Any]:
        """Return what a scheme says of each of its labels: a mapping, a word, or nothing."""
        scheme = self.header.schemes.get(scheme_id)
        labels = None if scheme is None else scheme.labels
        if isinstance(labels, str):
            misc = self.header.misc_tables.get(labels)
            return {} if misc is None or not misc.levels else misc_rows(self.folder, labels, next(iter(misc.levels)))
        return labels if isinstance(labels, dict) else {}


def database_rows(database: Database, labelled: Sequence[Labelled], attribute: str) -> Iterator[Row]:
    """Yield a row for each file or segment that a table with labels has, in the tables' order.

    Args:
        labelled: the kinds of labels; their cells stand side by side.
        attribute: what a label's own attribute is called that is the class, empty for the label itself.

    Raises:
        CorpusError: naming file and row of what cannot be read.
    """
    found: dict[Key, tuple[str, str, dict[str, str]]] = {}
    for kind in labelled:
        for table in kind.tables:
            word = _words(database, table, kind.column, attribute)
            for row in database.rows(table):
                place, _, cells = found.setdefault(row.key, (row.place, table, {}))
                if cells.get(kind.cell):
                    message = f"{row.place}: '{row.key[0]}' has its label '{kind.column}' already from {place}."
                    raise CorpusError(f"{message} Choose one table: table: ...")
                cells[kind.cell] = word(row.cells.get(kind.column, ""))
    fields = _Fields(database)
    starts = Counter(key[:2] for key in found)
    for key, (place, table, cells) in found.items():
        yield Row(place, {**fields.of(key, table), **cells}, _id(key, is_alone=starts[key[:2]] == 1))


def _id(key: Key, *, is_alone: bool) -> str:
    """Return the id of a segment; its end is part of it where two begin together."""
    file, start, end = key
    if not start:
        return ""
    name = str(PurePosixPath(file).with_suffix(""))
    return f"{name}@{start}" if is_alone else f"{name}@{start}-{end}"


def _words(database: Database, table: str, column: str, attribute: str) -> Callable[[str], str]:
    """Return the function from a cell to the class that it stands for."""
    attributes = database.attributes(database.header.tables[table].columns[column].scheme_id)
    known = sorted({name for value in attributes.values() if isinstance(value, Mapping) for name in value})
    if attribute and attribute not in known:
        hint = did_you_mean(attribute, known)
        message = f"Database '{database.header.name}': the labels of '{column}' have no attribute '{attribute}'. {hint}"
        raise CorpusError(f"{message.strip()} Attributes: {', '.join(known) or 'none'}.")
    if attribute:
        words = {
            label: str(value.get(attribute) or "") for label, value in attributes.items() if isinstance(value, Mapping)
        }
        return lambda cell: words.get(cell, "")
    plain = {label: str(value) for label, value in attributes.items() if value and not isinstance(value, Mapping)}
    return lambda cell: plain.get(cell, cell)


class _Fields:
    """Speaker, session and the like of a segment, from any table that knows them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        tables = database.header.tables
        self._places = {field: _places(database.header, names) for field, names in FIELD_NAMES.items()}
        self._parts = [(name, _part(database.header, name)) for name, table in tables.items() if table.split_id]
        schemes = {tables[table].columns[column].scheme_id for table, column in self._places["speaker"]}
        self._speakers = {name: value for scheme in schemes for name, value in database.attributes(scheme).items()}

    def of(self, key: Key, table: str) -> dict[str, str]:
        """Return the cells of a segment that ``table`` has a label of; what is not known is left out."""
        file, start, end = key
        cells = {"file": file, "start": start, "end": end}
        for field in FIELD_NAMES:
            places = sorted(self._places[field], key=lambda place: place[0] != table)
            values = ((self._database.cells(name, key) or {}).get(column, "") for name, column in places)
            cells[field] = next(filter(None, values), "")
        split = cells["split"].lower()
        cells["split"] = SPLITS.get(split, "") or self._split(key, table)
        about = self._speakers.get(cells["speaker"])
        if not cells["language"] and isinstance(about, Mapping):
            cells["language"] = str(about.get("language") or "")
        return cells

    def _split(self, key: Key, table: str) -> str:
        own = dict(self._parts).get(table, "")
        others = (part for name, part in self._parts if part and self._database.cells(name, key) is not None)
        return own or next(others, "")


def _places(header: Header, names: Sequence[str]) -> list[tuple[str, str]]:
    return [
        (table, column)
        for table, facts in header.tables.items()
        for column, kind in facts.columns.items()
        if {column.lower(), kind.scheme_id.lower()} & set(names)
    ]


def _part(header: Header, table: str) -> str:
    split_id = header.tables[table].split_id
    word = header.splits[split_id].type if split_id in header.splits else split_id
    return SPLITS.get(word.lower(), "")
