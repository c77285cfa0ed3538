"""Corpus cards: YAML files that say all there is to say of a corpus, validated strictly."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType

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
    Scan,
    Source,
    Target,
    Utterance,
)
from emonet.corpus.entries import AffectEntry, Card, ExampleEntry, ProtocolEntry, Strings, TargetEntry
from emonet.corpus.pattern import PatternRule, scan_pattern
from emonet.corpus.published import PublishedEntry
from emonet.corpus.table import TableRule, scan_tables
from emonet.corpus.walk import is_listed
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
        scan=_scan(card, targets, path),
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
        paper=_published(card.paper),
    )


def _published(entry: PublishedEntry | None) -> Published | None:
    if entry is None:
        return None
    return Published(entry.chance, tuple(PublishedResult(**result.model_dump()) for result in entry.results))


def _target(name: str, entry: TargetEntry, place: str) -> Target:
    codes = entry.codes or {label: label for label in entry.classes}
    affect = {} if entry.affect is None else _affect(entry.classes, entry.affect, place)
    return Target(name, entry.classes, codes, affect, entry.range, entry.unit)


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


def _scan(card: Card, targets: tuple[Target, ...], path: Path) -> Scan:
    first = targets[0].name
    if card.scan.pattern is not None:
        entry = card.scan.pattern.model_dump()
        pattern = PatternRule(**{**entry, "label": _per_target(entry["label"], first)})
        return partial(scan_pattern, pattern, targets, card.id, card.examples[0].path, card.known_bad)
    if card.scan.table is not None:
        entry = card.scan.table.model_dump()
        paths = {split: entry["path"].get(split) or entry["path"][""] for split in entry["files"]}
        table = TableRule(**{**entry, "label": _per_target(entry["label"], first), "path": paths})
        return partial(scan_tables, table, targets, card.id, card.known_bad)
    module = path.with_name(f"{card.scan.module}.py")
    if not module.is_file():
        message = (
            f"{path}: the card's scan names the module '{card.scan.module}', but there is no {module.name} beside it."
        )
        raise CorpusError(f"{message} Add the file, or describe the files with pattern or table.")
    return partial(_scan_of_module, module, targets, card.known_bad)


def _scan_of_module(
    path: Path, targets: tuple[Target, ...], known_bad: Mapping[str, str], root: Path
) -> Iterator[Utterance]:
    """Yield what ``scan(root, targets)`` of a module yields, without known-bad files and empty labels."""
    scan = getattr(_module_at(path), "scan", None)
    if scan is None:
        raise CorpusError(f"{path}: there is no function scan(root, targets) in this module. Add it.")
    for utterance in scan(root, targets):
        if utterance.labels and not is_listed(utterance.path, known_bad):
            yield utterance


def _module_at(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"emonet_scan_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise CorpusError(f"{path}: cannot be loaded as a Python module. Check the file.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _per_target(templates: Strings, first: str) -> Strings:
    return {target or first: template for target, template in templates.items()}


def _protocol(name: str, entry: ProtocolEntry) -> NamedProtocol:
    folds = entry.folds if entry.parts is None else (entry.parts,)
    if not folds:
        folds = ({part: (part,) for part in PARTS},)
    named = tuple({str(part): values for part, values in fold.items()} for fold in folds)
    return NamedProtocol(name, entry.by, named, entry.overlap, entry.source)


def _example(entry: ExampleEntry, first: str) -> Example:
    labels: dict[str, Label] = dict(entry.labels)
    if entry.label is not None:
        labels[first] = entry.label
    return Example(entry.path, labels, entry.speaker, entry.session, entry.text, entry.split)
