"""The header of a database in audEERING's format, ``db.yaml``, read without the package that writes it.

That package reads headers with a YAML loader that can build any object, and tables from ``.pkl`` files where there
are some; both run code that a stranger's database brings. Hence a reader of our own, of the documented format.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from emonet.corpus.columns import TARGET, field_of
from emonet.corpus.readers.folders import files_below
from emonet.document import read_document, validate
from emonet.errors import CorpusError, UnknownName, did_you_mean

HEADER = "db.yaml"

Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else str(value).strip())]


class _Lenient(BaseModel):
    # A database holds much that is of no use here, and headers grow with the format.
    model_config = ConfigDict(extra="ignore", frozen=True)


class Scheme(_Lenient):
    """What the values of a column are: a type, and labels as a list, a mapping or the name of a misc table."""

    dtype: Text = ""
    labels: list[Any] | dict[str, Any] | str | None = None


class AudformatSplit(_Lenient):
    """A split: ``train``, ``dev``, ``test`` or another word."""

    type: Text = ""


class AudformatColumn(_Lenient):
    """A column of a table."""

    scheme_id: Text = ""


class AudformatTable(_Lenient):
    """A table over files or segments of files."""

    split_id: Text = ""
    columns: dict[str, AudformatColumn] = {}


class MiscTable(_Lenient):
    """A table over anything else, e.g. speakers; the first level is the key that schemes name."""

    levels: dict[str, Any] = {}
    columns: dict[str, AudformatColumn] = {}


class AudformatHeader(_Lenient):
    """A database: what it is, and how its tables are to be understood."""

    name: Text
    author: Text = ""
    license: Text = ""
    usage: Text = ""
    languages: tuple[str, ...] = ()
    schemes: dict[str, Scheme] = {}
    splits: dict[str, AudformatSplit] = {}
    tables: dict[str, AudformatTable] = {}
    misc_tables: dict[str, MiscTable] = {}


def read_header(folder: Path) -> AudformatHeader:
    """Read the header of a database.

    Raises:
        CorpusError: naming file and line of what is not as the format has it.
    """
    return validate(AudformatHeader, read_document(folder / HEADER, CorpusError), CorpusError)


def database_in(root: Path) -> Path:
    """Return the folder of the shallowest header below ``root``.

    Raises:
        CorpusError: there is no such file.
    """
    found = sorted(
        (path for path in files_below(root) if path.rpartition("/")[2] == HEADER), key=lambda p: p.count("/")
    )
    if not found:
        message = f"{root}: there is no {HEADER} here, which a database in audEERING's format has."
        raise CorpusError(f"{message} Give the folder that holds {HEADER} and its tables (db.*.csv or db.*.parquet).")
    return (root / found[0]).parent


FIELDS = ("speaker", "session", "text", "language", "split")
"""Fields of an utterance that a column or its scheme may be called after."""


def fields_of(column: str, scheme_id: str) -> set[str]:
    """Return the fields that a column and its scheme are called after."""
    return {field_of(column), field_of(scheme_id)} - {""}


def tables_with(header: AudformatHeader, tables: Sequence[str], column: str) -> tuple[tuple[str, ...], str]:
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
    if not tables and len(found) > 1 and not _are_splits(header, found):
        message = f"Database '{header.name}': the tables {', '.join(found)} all have the column '{column}'."
        raise CorpusError(f"{message} Say which: table: {found[0]}, or a list of them.")
    return found, column


def _are_splits(header: AudformatHeader, tables: Sequence[str]) -> bool:
    """Say whether each table belongs to a split of its own, so that together they are one table."""
    splits = [header.tables[table].split_id for table in tables]
    return all(splits) and len(set(splits)) == len(splits)


def _only_candidate(header: AudformatHeader, tables: Sequence[str]) -> str:
    found = list(dict.fromkeys(column for table in tables for column in _candidates(header, table)))
    if len(found) == 1:
        return found[0]
    seen = f"the columns {', '.join(found)} all hold classes" if found else "no column has a scheme with labels"
    columns = sorted({name for table in tables for name in header.tables[table].columns})
    message = f"Database '{header.name}': {seen}. Say which one is the label: column: ..."
    raise CorpusError(f"{message} Columns: {', '.join(columns) or 'none'}.")


def _candidates(header: AudformatHeader, table: str) -> list[str]:
    return [
        name
        for name, column in header.tables[table].columns.items()
        if name.lower() != "rater"
        and not fields_of(name, column.scheme_id) - {TARGET}
        and (_has_labels(header, column.scheme_id) or field_of(name) == TARGET)
    ]


def _has_labels(header: AudformatHeader, scheme_id: str) -> bool:
    scheme = header.schemes.get(scheme_id)
    return scheme is not None and bool(scheme.labels)
