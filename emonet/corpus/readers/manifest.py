"""Manifests: CSV files with columns such as ``file,label`` become a corpus with no card and no code."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emonet.corpus.codes import labels_from
from emonet.corpus.corpus import Corpus, Label, Target, Utterance
from emonet.corpus.readers.challenge import challenge_corpus, challenge_folder
from emonet.corpus.readers.folders import files_below
from emonet.corpus.readers.rows import (
    FIELDS,
    TARGET,
    Origin,
    RawRow,
    codes_of,
    corpus_of,
    scan_rows,
    utterances_of,
)
from emonet.corpus.readers.table import delimiter_of, read_rows, undecodable_place
from emonet.corpus.splits import SPELLINGS, is_split, splits_of
from emonet.errors import CorpusError, did_you_mean

PREFIX = f"{TARGET}:"
_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_FORM = re.compile(rf"(?P<name>[\w.-]+)(?:\[(?P<low>{_NUMBER})\.\.(?P<high>{_NUMBER})(?: +(?P<unit>[^\]]*?))? *\])?")


def is_label_column(column: str) -> bool:
    """Say whether a column holds labels.

    >>> is_label_column("label"), is_label_column("label:valence[1..5]"), is_label_column("labelled")
    (True, True, False)
    """
    return column == TARGET or column.startswith(PREFIX)


@dataclass(frozen=True)
class LabelColumns:
    """The columns of labels of a manifest: column -> its target, those with classes still without them."""

    targets: Mapping[str, Target]

    def labels(self, cells: Mapping[str, str], place: str) -> Mapping[str, Label]:
        """Return the labels of a row by target; an empty cell gives none.

        Raises:
            CorpusError: no cell holds a label, or a cell is not a number within its range.
        """
        codes = {target.name: cells.get(column, "") for column, target in self.targets.items()}
        numbers = tuple(target for target in self.targets.values() if not target.is_categorical)
        classes = {
            target.name: codes[target.name]
            for target in self.targets.values()
            if target.is_categorical and codes[target.name]
        }
        found = {**labels_from(codes, numbers, place), **classes}
        if not found:
            raise CorpusError(f"{place}: '{cells.get('file', '')}' has no label. Give one, or remove the line.")
        return {target.name: found[target.name] for target in self.targets.values() if target.name in found}


def label_columns(headers: Iterable[tuple[Path, Sequence[str]]]) -> LabelColumns:
    """Return the columns of labels of tables, by their headers.

    Raises:
        CorpusError: a column that is not of one of the three forms, or one target in two forms.
    """
    found: dict[str, tuple[Path, str, Target]] = {}
    for table, header in headers:
        for column in filter(is_label_column, header):
            target = _target(column, table)
            first, known, _ = found.setdefault(target.name, (table, column, target))
            if known != column:
                message = f"{table}:1: the column '{column}' is '{known}' in {first.name}. Give the two one name."
                raise CorpusError(message)
    return LabelColumns({column: target for _, column, target in found.values()})


def _target(column: str, table: Path) -> Target:
    if column == TARGET:
        return Target(TARGET)
    match = _FORM.fullmatch(column.removeprefix(PREFIX).strip())
    if match is None:
        message = (
            f"{table}:1: the column '{column}' is not a column of labels. Expected {PREFIX}NAME for classes, or "
            f"{PREFIX}NAME[LOW..HIGH] for numbers, e.g. {PREFIX}valence[1..5] or {PREFIX}pitch[50..500 Hz]"
        )
        raise CorpusError(message)
    if match["low"] is None:
        return Target(match["name"])
    low, high = float(match["low"]), float(match["high"])
    if low >= high:
        message = f"{table}:1: the column '{column}' has a range without length. Give the lowest value first."
        raise CorpusError(message)
    return Target(match["name"], range=(low, high), unit=match["unit"] or "")


_NEAR = 0.85
"""Likeness from which on a column is taken for a misspelt one: 'Speaker', 'speakr' and 'splits', not 'gender'."""
_ENCODING = "utf-8-sig"


@dataclass(frozen=True, slots=True)
class ManifestTable:
    """One CSV file, and the split that its name gives to its rows."""

    path: Path
    split: str | None = None


def tables_of(path: Path) -> list[ManifestTable]:
    """Return the CSV file itself, or those of a folder that are named after splits.

    Raises:
        CorpusError: there is no such file or folder, or it holds no such tables.
    """
    if path.is_file():
        return [ManifestTable(path, path.stem if is_split(path.stem) else None)]
    if not path.is_dir():
        beside = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, beside) or "Check the path of the manifest."
        raise CorpusError(f"{path}: there is no such file or folder. {hint}")
    files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".csv")
    splits = splits_of([file.stem for file in files], str(path))
    found = [ManifestTable(file, splits[file.stem]) for file in files if file.stem in splits]
    if not found:
        there = f"; there is {', '.join(file.name for file in files)}" if files else ""
        message = f"{path}: there is no train.csv, dev.csv (devel, val, validation) or test.csv in it{there}."
        raise CorpusError(f"{message} Give such files, or the one CSV file itself.")
    return sorted(found, key=lambda table: list(SPELLINGS).index(table.split or ""))


def rows_of(tables: Iterable[ManifestTable], label_columns: Sequence[str]) -> Iterator[RawRow]:
    """Yield the rows of tables in their order; where a row names no split, its table's name gives it.

    Args:
        label_columns: columns of which the header must hold one at least.

    Raises:
        CorpusError: naming file and line of what cannot be read.
    """
    for table in tables:
        delimiter, _ = _header(table.path, label_columns)
        for line, cells in read_rows(table.path, delimiter, _ENCODING):
            split = cells.get("split") or table.split or ""
            yield RawRow(f"{table.path}:{line}", {**cells, "split": split})


def header_of(table: ManifestTable, label_columns: Sequence[str]) -> list[str]:
    """Return the columns of a table; see ``rows_of``."""
    return _header(table.path, label_columns)[1]


def _header(table: Path, label_columns: Sequence[str]) -> tuple[str, list[str]]:
    """Return the delimiter that the header uses and its columns, once those that are needed are found."""
    try:
        with table.open(encoding=_ENCODING) as file:
            header = file.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        raise CorpusError(f"{undecodable_place(table, _ENCODING)}: not UTF-8 text. Save the file as UTF-8.") from None
    delimiter = delimiter_of(header)
    columns = [column.strip().strip('"') for column in header.split(delimiter)]
    for needed in (("file",), label_columns):
        # A column called label:NAME holds labels as well.
        if not set(needed) & {each.partition(":")[0] for each in columns}:
            hint = did_you_mean(needed[0], columns).replace("Did you mean", "Is it")
            message = f"{table}:1: there is no column '{needed[0]}'. {hint} Columns: {', '.join(columns) or 'none'}."
            wanted = " or ".join(label_columns)
            raise CorpusError(f"{' '.join(message.split())} The header must hold file and {wanted}.")
    _check_spelling(columns, table)
    return delimiter, columns


def _check_spelling(columns: Sequence[str], table: Path) -> None:
    """Refuse a column that is nearly a known one: passed over, it would take its speakers or splits along."""
    for known in FIELDS:
        near = difflib.get_close_matches(known, [column.lower() for column in columns], n=1, cutoff=_NEAR)
        if known not in columns and near:
            found = next(column for column in columns if column.lower() == near[0])
            message = f"{table}:1: the column '{found}' is not known. Did you mean '{known}'?"
            raise CorpusError(f"{message} Rename it; a column that is to be passed over needs another name.")


MANIFEST = "manifest.csv"
"""The file that a card without a public layout looks for; else one for each split."""


def manifest_corpus(path: Path, *, root: Path | None = None) -> Corpus:
    """Return the corpus that CSV files describe.

    ``path`` is one CSV file, or a folder with ``train.csv`` and the like. The column ``file`` is needed, and one
    with labels: ``label``, ``label:NAME``, or ``label:NAME[LOW..HIGH]`` for numbers; the first is the first target.
    ``speaker``, ``split``, ``start``, ``end`` (in s), ``session``, ``text`` and ``language`` are known; others are
    passed over. Files are relative to ``root``, by default the folder of the CSV file.
    A folder with ``wav`` and ``lab/train.csv`` is read as that of a ComParE challenge.

    Raises:
        CorpusError: naming file and line of what cannot be read.
    """
    base = manifest_root(path) if root is None else root
    challenge = challenge_folder(path)
    if challenge is not None and base == path:
        return challenge_corpus(path, challenge)
    tables = tables_of(path)
    columns = label_columns((table.path, header_of(table, [TARGET])) for table in tables)
    utterances = utterances_of(rows_of(tables, [TARGET]), base, columns.labels, place=path)
    is_named_by_folder = path.is_dir() or is_split(path.stem)
    name = manifest_root(path).resolve().name if is_named_by_folder else path.stem
    how = f"The files are those listed in {path.name}."
    origin = Origin(name, f"Manifest {path.name}", path, "a manifest", how)
    return corpus_of(origin, utterances, columns.targets.values())


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
    rows = rows_of(tables, [TARGET, *(target.name for target in targets)])
    yield from scan_rows(rows, base, codes_of(targets), known_bad, base.relative_to(root))


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
