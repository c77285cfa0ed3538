"""The header of a database in audEERING's format, ``db.yaml``, read without the package that writes it.

That package reads headers with a YAML loader that can build any object, and tables from ``.pkl`` files where there
are some; both run code that a stranger's database brings. Hence a reader of our own, of the documented format.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from emonet.corpus.walk import files_below
from emonet.document import read_document, validate
from emonet.errors import CorpusError

HEADER = "db.yaml"

Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else str(value).strip())]


class _Lenient(BaseModel):
    # A database holds much that is of no use here, and headers grow with the format.
    model_config = ConfigDict(extra="ignore", frozen=True)


class Scheme(_Lenient):
    """What the values of a column are: a type, and labels as a list, a mapping or the name of a misc table."""

    dtype: Text = ""
    labels: list[Any] | dict[str, Any] | str | None = None


class Split(_Lenient):
    """A part: ``train``, ``dev``, ``test`` or another word."""

    type: Text = ""


class Column(_Lenient):
    """A column of a table."""

    scheme_id: Text = ""


class Table(_Lenient):
    """A table over files or segments of files."""

    split_id: Text = ""
    columns: dict[str, Column] = {}


class MiscTable(_Lenient):
    """A table over anything else, e.g. speakers; the first level is the key that schemes name."""

    levels: dict[str, Any] = {}
    columns: dict[str, Column] = {}


class Header(_Lenient):
    """A database: what it is, and how its tables are to be understood."""

    name: Text
    author: Text = ""
    license: Text = ""
    usage: Text = ""
    languages: tuple[str, ...] = ()
    schemes: dict[str, Scheme] = {}
    splits: dict[str, Split] = {}
    tables: dict[str, Table] = {}
    misc_tables: dict[str, MiscTable] = {}


def read_header(folder: Path) -> Header:
    """Read the header of a database.

    Raises:
        CorpusError: naming file and line of what is not as the format has it.
    """
    return validate(Header, read_document(folder / HEADER, CorpusError), CorpusError)


def database_in(root: Path) -> Path:
    """Return the folder of the shallowest header below ``root``.

    Raises:
        CorpusError: there is none.
    """
    found = sorted(
        (path for path in files_below(root) if path.rpartition("/")[2] == HEADER), key=lambda p: p.count("/")
    )
    if not found:
        message = f"{root}: there is no {HEADER} here, which a database in audEERING's format has."
        raise CorpusError(f"{message} Give the folder that holds {HEADER} and its tables (db.*.csv or db.*.parquet).")
    return (root / found[0]).parent
