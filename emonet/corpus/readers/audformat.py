"""Databases in audEERING's format as corpora."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from emonet.corpus.columns import TARGET
from emonet.corpus.corpus import Corpus, Label, Target, Utterance
from emonet.corpus.readers.audformat_header import (
    FIELDS,
    HEADER,
    AudformatHeader,
    database_in,
    fields_of,
    read_header,
    tables_with,
)
from emonet.corpus.readers.rows import (
    NO_AUTHORS,
    NOT_STATED,
    Origin,
    RawRow,
    codes_of,
    corpus_of,
    labelled_of,
    notes_of,
    scan_rows,
    utterances_of,
    with_splits,
)
from emonet.corpus.readers.table import read_rows
from emonet.corpus.splits import is_split
from emonet.errors import CorpusError, did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa


SegmentKey = tuple[str, str, str]
"""File, start and end of a segment; both times are empty for a whole file, the end also for the file's."""

_TIME = re.compile(r"(?:(\d+) days? )?(?:\+)?(\d+):(\d\d):(\d\d(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: where it stands, what it describes, and its cells as text; no value is an empty cell."""

    place: str
    key: SegmentKey
    cells: Mapping[str, str]


def table_rows(folder: Path, table: str) -> Iterator[TableRow]:
    """Yield the rows of a table over files or segments.

    Raises:
        CorpusError: there is no such table, or naming file and row of what cannot be read.
    """
    for place, cells in _cells(folder, table):
        file = cells.pop("file", "").replace("\\", "/")
        if not file:
            raise CorpusError(f"{place}: there is no file in this row. A table over files has the column 'file'.")
        start, end = (_seconds(cells.pop(name, ""), place) for name in ("start", "end"))
        yield TableRow(place, (file, start, end), cells)


def misc_rows(folder: Path, table: str, level: str) -> dict[str, dict[str, str]]:
    """Return the rows of a misc table by the values of its key, the column ``level``.

    Raises:
        CorpusError: see ``table_rows``.
    """
    rows = [cells for _, cells in _cells(folder, table)]
    return {cells[level]: cells for cells in rows if level in cells}


def _cells(folder: Path, table: str) -> Iterator[tuple[str, dict[str, str]]]:
    parquet, text, frozen = (folder / f"db.{table}.{suffix}" for suffix in ("parquet", "csv", "pkl"))
    if parquet.is_file():
        yield from _parquet(parquet)
    elif text.is_file():
        for line, cells in read_rows(text, ",", "utf-8"):
            yield f"{text}:{line}", cells
    elif frozen.is_file():
        message = f"{frozen}: the table is here as a .pkl only, a kind of file that may run any code when it is read."
        raise CorpusError(f"{message} Save it as CSV where you trust it: db.save(FOLDER, storage_format='csv').")
    else:
        raise CorpusError(
            f"{text}: this table of the header is not there, nor is {parquet.name}. Get the database again."
        )


def _parquet(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            table = file.read()
        table.validate(full=True)
        columns = {name: _plain(table.column(name)) for name in table.column_names}
    except (pa.ArrowException, OSError, ValueError) as problem:
        reason = str(problem).splitlines()[0].rstrip(".")
        raise CorpusError(f"{path}: cannot be read as a file in Parquet ({reason}). Get it again.") from None
    for number, values in enumerate(zip(*columns.values(), strict=True)):
        row = {name: "" if value is None else str(value).strip() for name, value in zip(columns, values, strict=True)}
        yield f"{path}, row {number}", row


def _plain(column: pa.ChunkedArray) -> list[Any]:
    """Return values; times in ns become seconds, since only pandas could hold them otherwise."""
    import pyarrow as pa

    if pa.types.is_duration(column.type):
        ticks = column.cast(pa.duration("ns")).cast(pa.int64()).to_pylist()
        return [None if tick is None else _decimal(tick / 1e9) for tick in ticks]
    return list(column.to_pylist())


def _seconds(text: str, place: str) -> str:
    """Return a time in s as text; in CSV, times stand as '0 days 00:00:01.500000'."""
    match = _TIME.fullmatch(text)
    if match is not None:
        days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return _decimal(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
    if text and not re.fullmatch(r"\d+(\.\d+)?", text):
        raise CorpusError(f"{place}: '{text}' is not a time. Expected e.g. '0 days 00:00:01.500000'.")
    return text


def _decimal(seconds: float) -> str:
    return f"{seconds:.9f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class LabelSource:
    """One kind of label: the tables and the column that hold it, and the cell that it becomes."""

    cell: str
    tables: tuple[str, ...]
    column: str


class Database:
    """A database on the disk; each table is read once, when it is asked for."""

    def __init__(self, folder: Path, header: AudformatHeader) -> None:
        self.folder = folder
        self.header = header
        self._rows: dict[str, list[TableRow]] = {}
        self._by_key: dict[str, dict[SegmentKey, Mapping[str, str]]] = {}

    def rows(self, table: str) -> list[TableRow]:
        """Return the rows of a table over files or segments."""
        if table not in self._rows:
            self._rows[table] = list(table_rows(self.folder, table))
        return self._rows[table]

    def cells(self, table: str, key: SegmentKey) -> Mapping[str, str] | None:
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


def database_rows(database: Database, labelled: Sequence[LabelSource], attribute: str) -> Iterator[RawRow]:
    """Yield a row for each file or segment that a table with labels has, in the tables' order.

    Args:
        labelled: the kinds of labels; their cells stand side by side.
        attribute: what a label's own attribute is called that is the class, empty for the label itself.

    Raises:
        CorpusError: naming file and row of what cannot be read.
    """
    found: dict[SegmentKey, tuple[str, str, dict[str, str]]] = {}
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
        yield RawRow(place, {**fields.of(key, table), **cells}, _id(key, is_alone=starts[key[:2]] == 1))


def _id(key: SegmentKey, *, is_alone: bool) -> str:
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
        self._places = {field: _places(database.header, field) for field in FIELDS}
        self._splits = [(name, _split_of(database.header, name)) for name, table in tables.items() if table.split_id]
        schemes = {tables[table].columns[column].scheme_id for table, column in self._places["speaker"]}
        self._speakers = {name: value for scheme in schemes for name, value in database.attributes(scheme).items()}

    def of(self, key: SegmentKey, table: str) -> dict[str, str]:
        """Return the cells of a segment that ``table`` has a label of; what is not known is left out."""
        file, start, end = key
        cells = {"file": file, "start": start, "end": end}
        for field in FIELDS:
            places = sorted(self._places[field], key=lambda place: place[0] != table)
            values = ((self._database.cells(name, key) or {}).get(column, "") for name, column in places)
            cells[field] = next(filter(None, values), "")
        if not is_split(cells["split"]):
            cells["split"] = self._split(key, table)
        about = self._speakers.get(cells["speaker"])
        if not cells["language"] and isinstance(about, Mapping):
            cells["language"] = str(about.get("language") or "")
        return cells

    def _split(self, key: SegmentKey, table: str) -> str:
        own = dict(self._splits).get(table, "")
        others = (split for name, split in self._splits if split and self._database.cells(name, key) is not None)
        return own or next(others, "")


def _places(header: AudformatHeader, field: str) -> list[tuple[str, str]]:
    return [
        (table, column)
        for table, facts in header.tables.items()
        for column, kind in facts.columns.items()
        if field in fields_of(column, kind.scheme_id)
    ]


def _split_of(header: AudformatHeader, table: str) -> str:
    split_id = header.tables[table].split_id
    word = header.splits[split_id].type if split_id in header.splits else split_id
    return word if is_split(word) else ""


def audformat_corpus(
    place: Path, tables: Sequence[str] = (), column: str = "", attribute: str = ""
) -> tuple[Corpus, Path]:
    """Return the corpus that a database is, and the folder of its files.

    Args:
        place: the folder of ``db.yaml``, or that file.
        tables: the tables of labels; none takes those that have the column.
        column: the column of labels; none takes the only one that holds classes.
        attribute: the attribute of a label that is its class; none takes the label itself.

    Raises:
        CorpusError: naming file, table or row of what cannot be read.
    """
    folder = place.parent if place.name == HEADER else place
    if not (folder / HEADER).is_file():
        folder = database_in(folder)
    header = read_header(folder)
    found, chosen = tables_with(header, tables, column)
    rows = _with_splits(
        database_rows(Database(folder, header), [LabelSource(TARGET, found, chosen)], attribute), folder
    )
    labelled, unlabelled = labelled_of(rows, [TARGET])
    if not labelled:
        raise CorpusError(f"{folder}: no row has a label in the column '{chosen}'. Name another: column: ...")
    notes = [f"Labels are the column '{chosen}' of {', '.join(found)}.", *notes_of((), unlabelled)]
    return corpus_of(_origin(header, folder, notes), utterances_of(labelled, folder, _only_label, place=folder)), folder


def _origin(header: AudformatHeader, folder: Path, notes: Sequence[str]) -> Origin:
    use = f"use: {header.usage}" if header.usage else ""
    licence = "; ".join(filter(None, (header.license, use)))
    return Origin(
        name=header.name,
        title=f"Database {header.name}",
        place=folder,
        what="a database",
        how_to_get=f"The files are those of the database {header.name}.",
        languages=header.languages,
        licence=licence or NOT_STATED,
        authors=header.author or NO_AUTHORS,
        notes=tuple(notes),
    )


def _with_splits(rows: Iterable[RawRow], folder: Path) -> list[RawRow]:
    """Return rows with their splits, or without where it is the same for all: one split is not a partition."""
    listed = with_splits(rows, folder)
    if len({row.cells["split"] for row in listed}) > 1:
        return listed
    return [replace(row, cells={**row.cells, "split": ""}) for row in listed]


def _only_label(cells: Mapping[str, str], place: str) -> Mapping[str, Label]:
    return {TARGET: cells[TARGET]}


def scan_audformat(
    columns: Mapping[str, str],
    tables: Sequence[str],
    attribute: str,
    targets: tuple[Target, ...],
    known_bad: Mapping[str, str],
    root: Path,
) -> Iterator[Utterance]:
    """Yield the labelled files and segments of a card's database.

    ``columns`` maps targets to columns; a target without an entry takes the column of its own name, the first one
    also the only column that holds classes.

    Raises:
        CorpusError: ``root`` holds no database, or naming file, table or row of what cannot be read.
    """
    folder = database_in(root)
    header = read_header(folder)
    named = {name for table in header.tables.values() for name in table.columns}
    labelled = []
    for number, target in enumerate(targets):
        column = columns.get(target.name, target.name if target.name in named else "")
        if column or number == 0:
            found, chosen = tables_with(header, tables if number == 0 else (), column)
            labelled.append(LabelSource(target.name, found, chosen))
    rows = _with_splits(database_rows(Database(folder, header), labelled, attribute), folder)
    yield from scan_rows(rows, folder, codes_of(targets), known_bad, folder.relative_to(root))
