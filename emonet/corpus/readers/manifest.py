"""Manifests: CSV files with columns such as ``file,label`` become a corpus with no card and no code."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from emonet.corpus.cells import is_missing
from emonet.corpus.columns import TARGET, WAY, ColumnMap, Question, columns_of_table, field_of, label_column
from emonet.corpus.corpus import Corpus, Target, Utterance
from emonet.corpus.readers.challenge import challenge_corpus, challenge_folder
from emonet.corpus.readers.dialect import TABLES, TextTable, text_table
from emonet.corpus.readers.folders import files_below
from emonet.corpus.readers.label_columns import (
    AS_NUMBERS,
    PREFIX,
    LabelColumns,
    label_columns,
    target_of,
    targets_of,
)
from emonet.corpus.readers.rows import (
    Origin,
    OutsideError,
    RawRow,
    check_ends,
    codes_of,
    corpus_of,
    local_path,
    notes_of,
    scan_rows,
    utterances_of,
)
from emonet.corpus.splits import SPELLINGS, is_split, splits_of
from emonet.errors import CorpusError, did_you_mean


@dataclass(frozen=True, slots=True)
class ManifestTable:
    """One table, and the split that its name gives to its rows."""

    path: Path
    split: str | None = None


def tables_of(path: Path) -> list[ManifestTable]:
    """Return the file itself, or those of a folder: the ones named after splits, or the only one.

    Raises:
        CorpusError: there is no such file or folder, or it holds no such tables.
    """
    if path.is_file():
        return [ManifestTable(path, path.stem if is_split(path.stem) else None)]
    if not path.is_dir():
        beside = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, beside) or "Check the path of the manifest."
        raise CorpusError(f"{path}: there is no such file or folder. {hint}")
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in TABLES and not file.name.startswith("."))
    splits = splits_of([file.stem for file in files], str(path))
    found = [ManifestTable(file, splits[file.stem]) for file in files if file.stem in splits]
    if not found and len(files) == 1:
        return [ManifestTable(files[0])]
    if not found:
        there = f"; there is {', '.join(file.name for file in files)}" if files else ""
        message = f"{path}: there is no train.csv, dev.csv (devel, val, validation) or test.csv in it{there}."
        raise CorpusError(f"{message} Give such files, or the one CSV file itself.")
    return sorted(found, key=lambda table: list(SPELLINGS).index(table.split or ""))


@dataclass(frozen=True)
class MappedTable:
    """A table whose columns are known.

    Attributes:
        fields: which column holds which field.
        labels: target -> its column.
    """

    table: ManifestTable
    text: TextTable
    fields: ColumnMap
    labels: Mapping[str, str]

    def rows(self) -> Iterator[RawRow]:
        """Yield the rows; where one names no split, the table's name gives it.

        Raises:
            CorpusError: naming file and line of what cannot be read.
        """
        for line, cells in self.text.rows():
            place = f"{self.table.path}:{line}"
            fields = self.fields.cells(cells, place)
            labels = {f"{PREFIX}{target}": cells.get(column, "") for target, column in self.labels.items()}
            yield RawRow(place, {**fields, **labels, "split": fields.get("split") or self.table.split or ""})


def mapped_table(
    table: ManifestTable, told: Mapping[str, str] | None, labels: Mapping[str, str], text: TextTable
) -> MappedTable:
    """Tell the columns of a table apart.

    Args:
        told: what the user says of columns: field -> column, or column -> ``ignore``.
        labels: target -> its column.

    Raises:
        CorpusError: see ``columns_of_table``.
    """
    asked = question_of(text, told, labels=tuple(labels.values()))
    return MappedTable(table, text, columns_of_table(asked), labels)


def question_of(text: TextTable, told: Mapping[str, str] | None, labels: Sequence[str] = ()) -> Question:
    """Return what is to be told apart in a table; a user may say ``audio`` for ``file``.

    Args:
        told: None where nobody can say anything.
    """
    given = told or {}
    fields = {"file" if name == "audio" and "audio" not in text.header else name: given[name] for name in given}
    return Question(text.place, text.header, fields, labels, text.values, how="" if told is None else WAY)


def _check_header(asked: Question, labels: Collection[str], wanted: Sequence[str] = (TARGET,)) -> None:
    """Refuse a table in which no column holds files, or none holds labels."""
    has_files = "file" in asked.taken or any(field_of(column) == "file" for column in asked.header)
    field = "" if has_files and labels else TARGET if has_files else "file"
    if not field:
        return
    columns = [column for column in asked.header if column]
    hint = did_you_mean(field, columns).replace("Did you mean", "Is it")
    message = f"{asked.place}: there is no column '{field}'. {hint} Columns: {', '.join(columns) or 'none'}."
    told = f"; or say which columns do: {asked.say({'file': 'COLUMN', TARGET: 'COLUMN'})}" if asked.how else ""
    message = f"{' '.join(message.split())} The header must hold file and {' or '.join(dict.fromkeys(wanted))}{told}."
    raise CorpusError(message)


MANIFEST = "manifest.csv"
"""The file that a card without a public layout looks for; else one for each split."""


def manifest_corpus(path: Path, *, root: Path | None = None, columns: Mapping[str, str] | None = None) -> Corpus:
    """Return the corpus that CSV files describe; see ``read_manifest``."""
    return read_manifest(path, root=root, columns=columns)[0]


def read_manifest(
    path: Path, *, root: Path | None = None, columns: Mapping[str, str] | None = None
) -> tuple[Corpus, Path]:
    """Return the corpus that tables describe, and the folder of its files.

    ``path`` is one table (CSV, or JSON lines), or a folder with ``train.csv`` and the like, or with one table. A column
    of files is needed, and one with labels: ``label``, ``label:NAME``, or ``label:NAME[LOW..HIGH]`` for numbers; the
    first is the first target. What other columns are called, ``emonet.corpus.columns`` knows. Files are relative to
    ``root``, by default the folder of the table, or, where they lie outside of it, the folder that holds all of them.
    A folder with ``wav`` and ``lab/train.csv`` is read as that of a ComParE challenge.

    Args:
        columns: what the user says of columns: field -> column, or column -> ``ignore``.

    Raises:
        CorpusError: naming file and line of what cannot be read.
    """
    base = manifest_root(path) if root is None else root
    challenge = challenge_folder(path)
    if challenge is not None and base == path:
        return challenge_corpus(path, challenge), base
    told = columns or {}
    texts = [(table, text_table(table.path)) for table in tables_of(path)]
    forms = [label_columns(question_of(text, told)) for _, text in texts]
    targets = targets_of((table.path, form) for (table, _), each in zip(texts, forms, strict=True) for form in each)
    for (_, text), each in zip(texts, forms, strict=True):
        _check_header(question_of(text, told), each)
    mapped = [
        mapped_table(table, told, {target_of(form, table.path).name: column for form, column in each.items()}, text)
        for (table, text), each in zip(texts, forms, strict=True)
    ]
    try:
        return _corpus_of(path, mapped, base, targets), base
    except OutsideError:
        if root is not None:
            raise
    common = _folder_of_all(mapped, base)
    return _corpus_of(path, mapped, common, targets, beside=base), common


def _corpus_of(
    path: Path, tables: Sequence[MappedTable], root: Path, targets: LabelColumns, beside: Path | None = None
) -> Corpus:
    """Return the corpus of tables; where the root is not the tables' own folder, files are relative to ``beside``."""
    unlabelled: Counter[str] = Counter()
    splits: set[str] = set()

    def rows() -> Iterator[RawRow]:
        for table in tables:
            for row in table.rows():
                if any(not is_missing(row.cells[f"{PREFIX}{target.name}"]) for target in targets.targets):
                    yield row if beside is None else _moved(row, beside)
                else:
                    unlabelled[next((row.cells[f"{PREFIX}{each.name}"] for each in targets.targets), "")] += 1
                    splits.add(row.cells["split"])

    utterances = utterances_of(rows(), root, targets.labels, place=path, splits_beside=splits)
    if unlabelled and not utterances:
        labels = " and ".join(f"'{column}'" for table in tables for column in table.labels.values())
        raise CorpusError(f"{path}: no row has a label in {labels}. Fill the column, or name another one: columns.")
    check_ends([table.fields for table in tables], ((each.path, each.start) for each in utterances), path)
    is_named_by_folder = path.is_dir() or is_split(path.stem)
    name = manifest_root(path).resolve().name if is_named_by_folder else path.stem
    origin = Origin(
        name,
        f"Manifest {path.name}",
        path,
        "a manifest",
        f"The files are those listed in {path.name}.",
        notes=tuple(_notes(tables, unlabelled)),
        as_classes=targets.as_classes,
        as_numbers=AS_NUMBERS,
    )
    return corpus_of(origin, utterances, targets.targets)


def _notes(tables: Sequence[MappedTable], unlabelled: Mapping[str, int]) -> Iterator[str]:
    """Yield what a user should know of how tables were read."""
    pairs = dict.fromkeys(
        (field, column) for table in tables for field, column in (*table.labels.items(), *table.fields.columns.items())
    )
    if any(column not in {field, f"{PREFIX}{field}"} and "[" not in column for field, column in pairs):
        yield "Columns read: " + ", ".join(f"{field}: {column}" for field, column in pairs) + "."
    yield from notes_of([column for table in tables for column in table.fields.unused], unlabelled)


def _moved(row: RawRow, beside: Path) -> RawRow:
    return replace(row, cells={**row.cells, "file": str(_absolute(row.cells["file"], beside, row.place))})


def _absolute(given: str, beside: Path, place: str) -> Path:
    return Path(os.path.normpath(beside.absolute() / local_path(given, place)))


def _folder_of_all(tables: Sequence[MappedTable], base: Path) -> Path:
    """Return the folder below which all files of tables lie, of which some are not beside the tables.

    Raises:
        CorpusError: there is none but the root of the whole disk.
    """
    rows = (row for table in tables for row in table.rows() if not is_missing(row.cells["file"]))
    folders = {str(_absolute(row.cells["file"], base, row.place).parent) for row in rows}
    common = Path(os.path.commonpath(folders))
    if common == Path(common.anchor):
        some = " and ".join(sorted(folders)[:: max(len(folders) - 1, 1)][:2])
        message = f"{tables[0].table.path}: its files lie in folders that have nothing in common, such as {some}."
        raise CorpusError(f"{message} Give the folder above all of them as the root.")
    return common


def manifest_root(path: Path) -> Path:
    """Return the folder that a manifest's files are relative to, unless another is given."""
    return path if path.is_dir() else path.parent


def scan_manifest(
    targets: tuple[Target, ...], corpus_id: str, known_bad: Mapping[str, str], root: Path
) -> Iterator[Utterance]:
    """Yield the rows of the CSV files that a user wrote for a corpus whose own layout is not public.

    The shallowest ``manifest.csv`` counts, or the shallowest folder with ``train.csv`` and the like; files are
    relative to it. A column named after a target holds its codes; ``label`` stands for the first target.

    Raises:
        CorpusError: there is no such file, or naming file and line of what cannot be read.
    """
    place = _manifest_in(root, corpus_id)
    base = manifest_root(place)
    tables = [ManifestTable(place)] if place.is_file() else tables_of(place)
    mapped = [_mapped_for(table, targets) for table in tables]
    rows = (_renamed(row) for table in mapped for row in table.rows())
    found = list(scan_rows(rows, base, codes_of(targets), known_bad, base.relative_to(root)))
    check_ends([table.fields for table in mapped], ((each.path, each.start) for each in found), place)
    yield from found


def _mapped_for(table: ManifestTable, targets: tuple[Target, ...]) -> MappedTable:
    """Tell the columns of a table apart that a user wrote for a card."""
    text = text_table(table.path)
    names = [target.name for target in targets]
    asked = question_of(text, None)
    plain = label_column(replace(asked, header=[column for column in text.header if column not in names]))
    labels = {name: name for name in names if name in text.header} | ({TARGET: plain} if plain else {})
    _check_header(asked, labels, [TARGET, *names])
    return mapped_table(table, None, labels, text)


def _renamed(row: RawRow) -> RawRow:
    """Return a row whose labels stand under the names of their targets alone, as cards read them."""
    return replace(row, cells={name.removeprefix(PREFIX): cell for name, cell in row.cells.items()})


def _manifest_in(root: Path, corpus_id: str) -> Path:
    """Return the manifest itself, or the folder of those of the splits."""
    found = sorted((path for path in files_below(root) if path.endswith(".csv")), key=lambda path: path.count("/"))
    for path in found:
        name = path.rpartition("/")[2].lower()
        if name == MANIFEST:
            return root / path
        if is_split(name.removesuffix(".csv")):
            return (root / path).parent
    there = f"; there is {', '.join(found[:3])}" if found else ""
    message = (
        f"{root}: the layout of the corpus '{corpus_id}' is not public, so its files are read from a CSV file that you "
        f"write: {MANIFEST} (or train.csv, dev.csv, test.csv) with the columns file and label{there}."
    )
    raise CorpusError(f"{message} See: emonet corpora info {corpus_id}")
