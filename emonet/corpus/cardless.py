"""Corpora without a card: utterances that a manifest or another door gives, and what little is known of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath

from emonet.affect import TABLE_2
from emonet.corpus.corpus import Citation, Corpus, Example, Label, Target, Utterance
from emonet.corpus.labels import labels_from
from emonet.corpus.rows import Labels, Row, entries_of, without_clashes
from emonet.corpus.walk import is_listed, no_such_folder
from emonet.errors import CorpusError

TARGET = "label"
"""The one target of a corpus without a card, unless its columns name others."""
NOT_STATED = "not stated; the owner of the files decides"
NO_AUTHORS = "Authors not stated"


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known of a corpus without a card.

    Attributes:
        name: what its id is made of.
        title: one line.
        place: the file or folder that it is read from, for messages.
        what: what that is, e.g. ``a manifest``.
        how_to_get: one sentence on where its files are.
        languages: BCP-47 codes; empty takes those of its utterances.
    """

    name: str
    title: str
    place: Path
    what: str
    how_to_get: str
    languages: tuple[str, ...] = ()
    licence: str = NOT_STATED
    authors: str = NO_AUTHORS
    notes: tuple[str, ...] = ()


def corpus_of(
    origin: Origin, utterances: tuple[Utterance, ...], targets: Iterable[Target] = (Target(TARGET),)
) -> Corpus:
    """Return the corpus of labelled utterances; the classes of a target are the labels that occur.

    Raises:
        CorpusError: a target with classes has fewer than two labels.
    """
    spoken = sorted({utterance.language for utterance in utterances if utterance.language})
    return Corpus(
        id=id_from(origin.name),
        title=origin.title,
        languages=origin.languages or tuple(spoken) or ("und",),
        access="unpublished",
        licence=origin.licence,
        citation=Citation(origin.authors, origin.name, 0),
        targets=tuple(_with_classes(origin, target, utterances) for target in targets),
        scan=partial(_scan, utterances),
        examples=tuple(_example(utterance) for utterance in utterances[:1]),
        how_to_get=origin.how_to_get,
        notes=origin.notes,
        speakers="open",
    )


def _with_classes(origin: Origin, target: Target, utterances: Iterable[Utterance]) -> Target:
    """Return a target of numbers as it is, another one with the labels that occur as its classes."""
    if not target.is_categorical:
        return target
    found = (utterance.labels.get(target.name) for utterance in utterances)
    labels = sorted({str(label) for label in found if label is not None})
    if len(labels) < 2:
        kind = "" if target.name == TARGET else f" of '{target.name}'"
        seen = f"all rows carry the label '{labels[0]}'{kind}" if labels else "there is no row below the header"
        message = f"{origin.place}: {seen}. {origin.what.capitalize()} needs rows with two labels at least. Add some."
        raise CorpusError(message)
    affect = {label: TABLE_2[label] for label in labels} if all(label in TABLE_2 for label in labels) else {}
    return Target(target.name, tuple(labels), {label: label for label in labels}, affect)


def _scan(utterances: tuple[Utterance, ...], root: Path) -> Iterator[Utterance]:
    if not root.is_dir():
        raise no_such_folder(root, "Give the folder that the manifest's files lie in.")
    yield from utterances


def codes_of(targets: tuple[Target, ...]) -> Labels:
    """Return the function that makes labels of a row by a card's codes.

    A cell named after a target holds its code; ``label`` stands for the first target.
    """
    names = [target.name for target in targets]

    def labels(cells: Mapping[str, str], place: str) -> Mapping[str, Label]:
        codes = {name: cells.get(name, "") for name in names}
        return labels_from({**codes, names[0]: codes[names[0]] or cells.get(TARGET, "")}, targets, place)

    return labels


def scan_rows(
    rows: Iterable[Row], base: Path, labels: Labels, known_bad: Mapping[str, str], prefix: Path
) -> Iterator[Utterance]:
    """Yield rows as utterances of a card's corpus, without known-bad files and those with no label left.

    Args:
        base: what paths in the rows are relative to.
        prefix: ``base``, relative to the corpus' root.

    Raises:
        CorpusError: naming the place of what cannot be read.
    """
    for utterance in without_clashes(entries_of(rows, base, labels)):
        moved = replace(utterance, path=(PurePosixPath(prefix.as_posix()) / utterance.path).as_posix())
        if moved.labels and not is_listed(moved.path, known_bad):
            yield moved


def _example(utterance: Utterance) -> Example:
    return Example(
        utterance.path, utterance.labels, utterance.speaker, utterance.session, utterance.text, utterance.split
    )


def id_from(name: str) -> str:
    """Return the id that is made of a name: a-z, 0-9 and underscores.

    >>> id_from("My Corpus-2"), id_from("2024")
    ('my_corpus_2', 'corpus_2024')
    """
    word = re.sub("[^a-z0-9]+", "_", name.lower()).strip("_")
    return word if re.match("[a-z]", word) else f"corpus_{word}".rstrip("_")
