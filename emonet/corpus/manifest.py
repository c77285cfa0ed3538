"""Manifests: CSV files with the columns ``file,label`` become a corpus with no card and no code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from emonet.affect import TABLE_2
from emonet.corpus.corpus import Citation, Corpus, Example, Label, Target, Utterance
from emonet.corpus.labels import labels_from
from emonet.corpus.manifest_rows import SPLITS, Table, entries_of, tables_of, without_clashes
from emonet.corpus.walk import files_below, is_listed
from emonet.errors import CorpusError

MANIFEST = "manifest.csv"
"""The file that a card without a public layout looks for; else one for each part."""


def manifest_corpus(path: Path, *, root: Path | None = None) -> Corpus:
    """Return the corpus that CSV files describe.

    ``path`` is one CSV file, or a folder with ``train.csv`` and the like. The columns ``file`` and ``label``
    are needed; ``speaker``, ``split``, ``start``, ``end`` (in s), ``session``, ``text`` and ``language`` are
    known; others are passed over. Files are relative to ``root``, by default the folder of the CSV file.

    Raises:
        CorpusError: naming file and line of what cannot be read.
    """
    base = manifest_root(path) if root is None else root
    utterances = without_clashes(entries_of(tables_of(path), base, ["label"], _only_label))
    labels = sorted({str(utterance.labels["label"]) for utterance in utterances})
    if len(labels) < 2:
        seen = f"all rows carry the label '{labels[0]}'" if labels else "there is no row below the header"
        raise CorpusError(f"{path}: {seen}. A manifest needs rows with two labels at least. Add some.")
    affect = {label: TABLE_2[label] for label in labels} if all(label in TABLE_2 for label in labels) else {}
    is_named_by_folder = path.is_dir() or path.stem.lower() in SPLITS
    name = manifest_root(path).resolve().name if is_named_by_folder else path.stem
    languages = sorted({utterance.language for utterance in utterances if utterance.language})
    return Corpus(
        id=_id_from(name),
        title=f"Manifest {path.name}",
        languages=tuple(languages) or ("und",),
        access="unpublished",
        licence="not stated; the owner of the files decides",
        citation=Citation("Authors not stated", name, 0),
        targets=(Target("label", tuple(labels), {label: label for label in labels}, affect),),
        scan=partial(_scan, utterances),
        examples=tuple(_example(utterance) for utterance in utterances[:1]),
        how_to_get=f"The files are those listed in {path.name}.",
    )


def manifest_root(path: Path) -> Path:
    """Return the folder that a manifest's files are relative to, unless another is given."""
    return path if path.is_dir() else path.parent


def _scan(utterances: tuple[Utterance, ...], root: Path) -> Iterator[Utterance]:
    if not root.is_dir():
        raise CorpusError(f"{root}: there is no such folder. Give the folder that the manifest's files lie in.")
    yield from utterances


def _only_label(row: Mapping[str, str], place: str) -> Mapping[str, Label]:
    if not row["label"]:
        raise CorpusError(f"{place}: '{row['file']}' has no label. Give one, or remove the line.")
    return {"label": row["label"]}


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
    names = [target.name for target in targets]

    def labels(row: Mapping[str, str], where: str) -> Mapping[str, Label]:
        codes = {name: row.get(name, "") for name in names}
        return labels_from({**codes, names[0]: codes[names[0]] or row.get("label", "")}, targets, where)

    prefix = base.relative_to(root)
    tables = [Table(place)] if place.is_file() else tables_of(place)
    for utterance in without_clashes(entries_of(tables, base, ["label", *names], labels)):
        moved = replace(utterance, path=(prefix / utterance.path).as_posix())
        if moved.labels and not is_listed(moved.path, known_bad):
            yield moved


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


def _example(utterance: Utterance) -> Example:
    return Example(
        utterance.path, utterance.labels, utterance.speaker, utterance.session, utterance.text, utterance.split
    )


def _id_from(name: str) -> str:
    word = re.sub("[^a-z0-9]+", "_", name.lower()).strip("_")
    return word if re.match("[a-z]", word) else f"corpus_{word}".rstrip("_")
