"""Manifests: CSV files with columns such as ``file,label`` become a corpus with no card and no code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from emonet.corpus.cardless import TARGET, Origin, codes_of, corpus_of, scan_rows
from emonet.corpus.challenge import challenge_corpus, challenge_folder
from emonet.corpus.corpus import Corpus, Target, Utterance
from emonet.corpus.label_columns import label_columns
from emonet.corpus.manifest_rows import Table, header_of, rows_of, tables_of
from emonet.corpus.rows import SPLITS, entries_of, without_clashes
from emonet.corpus.walk import files_below
from emonet.errors import CorpusError

MANIFEST = "manifest.csv"
"""The file that a card without a public layout looks for; else one for each part."""


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
    utterances = without_clashes(entries_of(rows_of(tables, [TARGET]), base, columns.labels))
    is_named_by_folder = path.is_dir() or path.stem.lower() in SPLITS
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
    tables = [Table(place)] if place.is_file() else tables_of(place)
    rows = rows_of(tables, [TARGET, *(target.name for target in targets)])
    yield from scan_rows(rows, base, codes_of(targets), known_bad, base.relative_to(root))


def _manifest_in(root: Path, corpus_id: str) -> Path:
    """Return the manifest itself, or the folder of those of the parts."""
    found = sorted((path for path in files_below(root) if path.endswith(".csv")), key=lambda path: path.count("/"))
    for path in found:
        name = path.rpartition("/")[2].lower()
        if name == MANIFEST:
            return root / path
        if name.removesuffix(".csv") in SPLITS:
            return (root / path).parent
    there = f"; there is {', '.join(found[:3])}" if found else ""
    message = (
        f"{root}: the layout of the corpus '{corpus_id}' is not public, so its files are read from a CSV file that you "
        f"write: {MANIFEST} (or train.csv, dev.csv, test.csv) with the columns file and label{there}."
    )
    raise CorpusError(f"{message} See: emonet corpora info {corpus_id}")
