"""Databases in audEERING's format as corpora."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from emonet.corpus.audformat_header import HEADER, Header, database_in, read_header
from emonet.corpus.audformat_labels import tables_with
from emonet.corpus.audformat_rows import Database, Labelled, database_rows
from emonet.corpus.cardless import NO_AUTHORS, NOT_STATED, TARGET, Origin, codes_of, corpus_of, scan_rows
from emonet.corpus.corpus import Corpus, Label, Target, Utterance
from emonet.corpus.rows import Row, entries_of, without_clashes
from emonet.errors import CorpusError


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
    rows = list(_parted(database_rows(Database(folder, header), [Labelled(TARGET, found, chosen)], attribute)))
    labelled = [row for row in rows if row.cells[TARGET]]
    if not labelled:
        raise CorpusError(f"{folder}: no row has a label in the column '{chosen}'. Name another: column: ...")
    notes = [f"Labels are the column '{chosen}' of {', '.join(found)}."]
    if len(labelled) < len(rows):
        notes.append(f"{len(rows) - len(labelled)} rows without a label are left out.")
    return corpus_of(_origin(header, folder, notes), without_clashes(entries_of(labelled, folder, _only_label))), folder


def _origin(header: Header, folder: Path, notes: Sequence[str]) -> Origin:
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


def _parted(rows: Iterator[Row]) -> Iterator[Row]:
    """Yield rows without their split where it is the same for all: one part is no partition."""
    listed = list(rows)
    is_partition = len({row.cells["split"] for row in listed}) > 1
    for row in listed:
        yield row if is_partition else replace(row, cells={**row.cells, "split": ""})


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
            labelled.append(Labelled(target.name, found, chosen))
    rows = _parted(database_rows(Database(folder, header), labelled, attribute))
    yield from scan_rows(rows, folder, codes_of(targets), known_bad, folder.relative_to(root))
