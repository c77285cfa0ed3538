"""The tables of a database in audEERING's format: CSV or Parquet beside the header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emonet.corpus.table import read_rows
from emonet.errors import CorpusError

if TYPE_CHECKING:
    import pyarrow as pa

Key = tuple[str, str, str]
"""File, start and end of a segment; both times are empty for a whole file, the end also for the file's."""

_TIME = re.compile(r"(?:(\d+) days? )?(?:\+)?(\d+):(\d\d):(\d\d(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: where it stands, what it describes, and its cells as text; no value is an empty cell."""

    place: str
    key: Key
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
        raise CorpusError(f"{place}: '{text}' is no time. Expected e.g. '0 days 00:00:01.500000'.")
    return text


def _decimal(seconds: float) -> str:
    return f"{seconds:.9f}".rstrip("0").rstrip(".")
