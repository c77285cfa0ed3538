"""Corpus cards: YAML files that say all there is to say of a corpus, validated strictly."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from emonet.affect import TABLE_2, Affect
from emonet.corpus.corpus import (
    PARTS,
    Citation,
    Corpus,
    Example,
    Expected,
    Label,
    NamedProtocol,
    Published,
    PublishedResult,
    Source,
    Table1,
    Target,
)
from emonet.corpus.entries import AffectEntry, Card, ExampleEntry, ProtocolEntry, TargetEntry
from emonet.corpus.published import PublishedEntry
from emonet.corpus.scan import read_name_of, scan_of
from emonet.document import read_document, validate
from emonet.errors import CorpusError, did_you_mean


def read_card(path: Path) -> Corpus:
    """Read one card file into a ``Corpus``.

    Raises:
        CorpusError: naming file, line and key of everything that is wrong, with the nearest right word.
    """
    document = read_document(path, CorpusError)
    card = validate(Card, document, CorpusError)
    targets = tuple(_target(name, entry, document.place(("targets", name))) for name, entry in card.targets.items())
    return Corpus(
        id=card.id,
        title=card.title,
        languages=card.languages,
        access=card.access,
        licence=card.licence,
        citation=Citation(**card.citation.model_dump()),
        targets=targets,
        scan=scan_of(card, targets, path),
        homepage=card.homepage,
        kind=card.kind,
        protocols=tuple(_protocol(name, entry) for name, entry in card.protocols.items()),
        expected=Expected(**card.expected.model_dump()),
        examples=tuple(_example(entry, targets[0].name) for entry in card.examples),
        fixtures=card.fixtures,
        known_bad=card.known_bad,
        sources=tuple(Source(**entry.model_dump(exclude_none=True)) for entry in card.sources),
        fetchable=card.fetchable,
        how_to_get=card.how_to_get,
        notes=card.notes,
        confidence=card.confidence,
        evidence=card.evidence,
        paper=_published(card.paper),
        read_name=read_name_of(card, targets),
        speakers=card.speakers,
    )


def _published(entry: PublishedEntry | None) -> Published | None:
    if entry is None:
        return None
    results = tuple(PublishedResult(**result.model_dump()) for result in entry.results)
    table1 = None if entry.table1 is None else Table1(**entry.table1.model_dump())
    return Published(entry.chance, results, table1)


def _target(name: str, entry: TargetEntry, place: str) -> Target:
    classes = tuple(TABLE_2) if entry.open else entry.classes
    codes = entry.codes or {label: label for label in classes}
    affect = {} if entry.affect is None else _affect(classes, entry.affect, place)
    return Target(name, classes, codes, affect, entry.range, entry.unit, entry.open)


def _affect(classes: tuple[str, ...], own: Mapping[str, AffectEntry], place: str) -> dict[str, Affect]:
    cells: dict[str, Affect] = {}
    for label in classes:
        if label in own:
            cells[label] = Affect(**own[label].model_dump())
        elif label in TABLE_2:
            cells[label] = TABLE_2[label]
        else:
            hint = did_you_mean(label, TABLE_2)
            message = (
                f"{place}: the label '{label}' has no arousal and valence in the paper's Table 2. {hint} "
                f"Add affect: {{{label}: {{arousal: ..., valence: ..., reason: ...}}}}, "
                "or affect: false where the classes are no emotions."
            )
            raise CorpusError(" ".join(message.split()))
    stray = set(own) - set(classes)
    if stray:
        word = min(stray)
        hint = did_you_mean(word, classes)
        raise CorpusError(f"{place}: affect for '{word}', which is no class. {hint} Classes: {', '.join(classes)}.")
    return cells


def _protocol(name: str, entry: ProtocolEntry) -> NamedProtocol:
    folds = entry.folds if entry.parts is None else (entry.parts,)
    if not folds:
        folds = ({part: (part,) for part in PARTS},)
    named = tuple({str(part): values for part, values in fold.items()} for fold in folds)
    return NamedProtocol(
        name, entry.by, named, entry.overlap, entry.source, entry.left_out, random_dev=entry.random_dev or 0.0
    )


def _example(entry: ExampleEntry, first: str) -> Example:
    labels: dict[str, Label] = dict(entry.labels)
    if entry.label is not None:
        labels[first] = entry.label
    return Example(entry.path, labels, entry.speaker, entry.session, entry.text, entry.split)
