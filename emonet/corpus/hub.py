"""Datasets of the Hugging Face kind as corpora: Parquet files, saved datasets and audio folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from emonet.corpus.cardless import TARGET, Origin, codes_of, corpus_of, scan_rows
from emonet.corpus.corpus import Corpus, Label, Target, Utterance
from emonet.corpus.hub_columns import AUDIO, ID, check_fields, columns_of
from emonet.corpus.hub_folder import sheets_at
from emonet.corpus.rows import Row, entries_of, without_clashes
from emonet.corpus.sheet import Sheet
from emonet.errors import CorpusError


def hub_corpus(place: Path, columns: Mapping[str, str], *, name: str = "") -> tuple[Corpus, Path]:
    """Return the corpus that a dataset on the disk is, and the folder of its files.

    Args:
        place: a Parquet file, or a folder of Parquet files, of a saved dataset or of audio files.
        columns: field -> column; what it leaves out is found by the columns' own names.
        name: what the corpus' id is made of, by default the name of the place.

    Raises:
        CorpusError: naming file, row or column of what cannot be read.
    """
    check_fields(columns, ())
    root, sheets = sheets_at(place, columns.get(AUDIO, ""))
    found = columns_of(sheets, columns, ())
    rows = list(_rows(sheets, found))
    labelled = [row for row in rows if row.cells.get(TARGET)]
    if not labelled:
        raise CorpusError(f"{place}: no row has a label in the column '{found[TARGET]}'. Name another: columns.")
    notes = ["Columns read: " + ", ".join(f"{field}: {column}" for field, column in found.items()) + "."]
    if len(labelled) < len(rows):
        notes.append(f"{len(rows) - len(labelled)} rows without a label are left out.")
    utterances = without_clashes(entries_of(labelled, root, _only_label))
    how = f"The clips are those of the dataset {name or place.name}."
    called = name or (place.resolve().name if place.is_dir() else place.stem)
    origin = Origin(called, f"Dataset {called}", place, "a dataset", how, notes=tuple(notes))
    return corpus_of(origin, utterances), root


def _only_label(cells: Mapping[str, str], place: str) -> Mapping[str, Label]:
    return {TARGET: cells[TARGET]}


def scan_hub(
    columns: Mapping[str, str], targets: tuple[Target, ...], corpus_id: str, known_bad: Mapping[str, str], root: Path
) -> Iterator[Utterance]:
    """Yield the rows of a card's dataset; those with no label are left out.

    Raises:
        CorpusError: ``root`` holds no dataset, or naming file, row or column of what cannot be read.
    """
    names = [target.name for target in targets]
    try:
        _, sheets = sheets_at(root, columns.get(AUDIO, ""))
        found = columns_of(sheets, columns, names)
    except CorpusError as problem:
        message = f"This does not look like the corpus '{corpus_id}'. {problem}"
        raise CorpusError(message) from None
    yield from scan_rows(_rows(sheets, found), root, codes_of(targets), known_bad, Path())


def _rows(sheets: Sequence[Sheet], columns: Mapping[str, str]) -> Iterator[Row]:
    """Yield rows under the names of fields; where no column is the id, a clip's own name is, if all differ."""
    names = Counter(_name(row.name) for sheet in sheets for row in sheet.rows)
    are_ids = "start" not in columns and "" not in names and all(count == 1 for count in names.values())
    for sheet in sheets:
        for row in sheet.rows:
            cells = {field: row.cells.get(column, "") for field, column in columns.items()}
            own = cells.pop(ID, "") or (_name(row.name) if are_ids else "")
            split = cells.get("split") or sheet.split
            yield Row(row.place, {**cells, "file": row.file, "split": split}, own)


def _name(file: str) -> str:
    path = PurePosixPath(file.replace("\\", "/"))
    return path.stem if path.is_absolute() or ".." in path.parts else str(path.with_suffix("")) if path.name else ""
