"""Corpus cards: YAML files that say all there is to say of a corpus, validated strictly."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from emonet.affect import TABLE_2, Affect, Arousal, Valence
from emonet.corpus.corpus import (
    Access,
    Citation,
    Corpus,
    Example,
    Expected,
    Label,
    NamedProtocol,
    Scan,
    Source,
    Target,
)
from emonet.corpus.pattern import PatternRule, scan_pattern
from emonet.corpus.table import TableRule, scan_tables
from emonet.document import read_document, validate
from emonet.errors import CorpusError, did_you_mean

Strings = dict[str, str]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AffectEntry(_Part):
    """Arousal and valence of one label where Table 2 is silent or wrong for this corpus."""

    arousal: Arousal
    valence: Valence
    reason: str


class TargetEntry(_Part):
    """One target of a card; ``affect: false`` says that its classes are no emotions."""

    classes: tuple[str, ...] = ()
    codes: dict[str, str | None] = {}
    affect: dict[str, AffectEntry] | Literal[False] = {}
    range: tuple[float, float] | None = None
    unit: str = ""

    @model_validator(mode="after")
    def _is_categorical_or_dimensional(self) -> TargetEntry:
        if (self.range is None) == (not self.classes):
            raise ValueError("a target has either classes (two at least) or a range")
        if self.range is None and len(self.classes) < 2:
            raise ValueError(f"a target needs two classes at least, here is only {self.classes[0]!r}")
        for code, label in self.codes.items():
            if label is not None and label not in self.classes:
                hint = did_you_mean(label, self.classes)
                raise ValueError(f"the code {code!r} maps to {label!r}, which is no class. {hint}".strip())
        return self


class PatternEntry(_Part):
    """Files whose path says everything: a regex with named groups, and templates over the groups."""

    regex: str
    label: Strings | str = "{label}"
    speaker: str = ""
    session: str = ""
    text: str = ""
    split: str = ""
    language: str = ""
    rename: dict[str, Strings] = {}
    lower: tuple[str, ...] = ()

    @field_validator("regex")
    @classmethod
    def _compiles(cls, regex: str) -> str:
        try:
            re.compile(regex)
        except re.error as problem:
            raise ValueError(f"not a regular expression: {problem}") from None
        return regex


class TableEntry(_Part):
    """CSV files with one row an utterance, and templates over the columns."""

    files: dict[str, str]
    path: dict[str, str] | str
    label: Strings | str
    id: str = ""
    speaker: str = ""
    session: str = ""
    text: str = ""
    delimiter: str = ","
    encoding: str = "utf-8-sig"


class ScanEntry(_Part):
    """How the folder is read: by pattern, by table, or by the function ``scan`` of a module beside the card."""

    pattern: PatternEntry | None = None
    table: TableEntry | None = None
    module: str | None = None

    @model_validator(mode="after")
    def _has_one_way(self) -> ScanEntry:
        if sum(way is not None for way in (self.pattern, self.table, self.module)) != 1:
            raise ValueError("give exactly one of pattern, table and module")
        return self


class ProtocolEntry(_Part):
    """A partition of this corpus' own: values of one field for each part, or a list of folds."""

    by: Literal["speaker", "session", "split", "text"] = "speaker"
    parts: dict[Literal["train", "dev", "test"], tuple[str, ...]] | None = None
    folds: tuple[dict[Literal["train", "dev", "test"], tuple[str, ...]], ...] = ()
    overlap: str = ""
    source: str = ""


class SourceEntry(_Part):
    """See ``Source``."""

    url: Annotated[str, Field(pattern="^https://")] | None = None
    doi: str | None = None
    package: str | None = None
    path: str | None = None
    version: str = ""
    file: str = ""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    member: str = ""
    member_sha256: str = ""
    inside: str = ""

    @model_validator(mode="after")
    def _has_one_place(self) -> SourceEntry:
        if sum(place is not None for place in (self.url, self.doi, self.package, self.path)) != 1:
            raise ValueError("give exactly one of url, doi, package and path")
        return self


class CitationEntry(_Part):
    """See ``Citation``."""

    authors: str
    title: str
    year: int
    venue: str = ""
    doi: str = ""


class ExpectedEntry(_Part):
    """See ``Expected``."""

    utterances: int | None = None
    speakers: int | None = None
    hours: float | None = None
    per_class: dict[str, dict[str, int]] = {}


class ExampleEntry(_Part):
    """See ``Example``; ``label`` is short for the first target's."""

    path: str
    label: str | float | None = None
    labels: dict[str, str | float] = {}
    speaker: str | None = None
    session: str | None = None
    text: str | None = None
    split: str | None = None


class Card(_Part):
    """A card file as it is written."""

    id: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    title: str
    languages: Annotated[tuple[str, ...], Field(min_length=1)]
    kind: str = ""
    access: Access
    licence: str
    fetchable: bool = False
    homepage: str = ""
    how_to_get: str = ""
    citation: CitationEntry
    sources: tuple[SourceEntry, ...] = ()
    targets: Annotated[dict[str, TargetEntry], Field(min_length=1)]
    scan: ScanEntry
    protocols: dict[str, ProtocolEntry] = {}
    expected: ExpectedEntry = ExpectedEntry()
    known_bad: Strings = {}
    examples: Annotated[tuple[ExampleEntry, ...], Field(min_length=1)]
    fixtures: Strings = {}
    notes: tuple[str, ...] = ()


def read_card(path: Path) -> Corpus:
    """Read one card file into a ``Corpus``.

    Raises:
        CorpusError: naming file, line and key of everything that is wrong, with the nearest right word.
    """
    document = read_document(path, CorpusError)
    card = validate(Card, document, CorpusError)
    targets = tuple(
        _target(name, entry, document.place(("targets", name))) for name, entry in card.targets.items()
    )
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
        protocols=tuple(_protocol(name, entry, path) for name, entry in card.protocols.items()),
        expected=Expected(**card.expected.model_dump()),
        examples=tuple(_example(entry, targets[0].name) for entry in card.examples),
        fixtures=card.fixtures,
        known_bad=card.known_bad,
        sources=tuple(Source(**entry.model_dump(exclude_none=True)) for entry in card.sources),
        fetchable=card.fetchable,
        how_to_get=card.how_to_get,
        notes=card.notes,
    )


def _target(name: str, entry: TargetEntry, place: str) -> Target:
    codes = entry.codes or {label: label for label in entry.classes}
    affect = {} if entry.affect is False else _affect(entry.classes, entry.affect, place)
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
            raise CorpusError(message)
    stray = set(own) - set(classes)
    if stray:
        word = min(stray)
        raise CorpusError(f"{place}: affect for '{word}', which is no class. {did_you_mean(word, classes)}")
    return cells


def _scan(card: Card, targets: tuple[Target, ...], path: Path) -> Scan:
    first = targets[0].name
    if card.scan.pattern is not None:
        entry = card.scan.pattern.model_dump()
        entry["label"] = _per_target(entry["label"], first)
        rule = PatternRule(**entry)
        return partial(scan_pattern, rule, targets, card.id, card.examples[0].path, card.known_bad)
    if card.scan.table is not None:
        entry = card.scan.table.model_dump()
        entry["label"] = _per_target(entry["label"], first)
        return partial(scan_tables, TableRule(**entry), targets, card.id, card.known_bad)
    return _scan_of_module(path.with_name(f"{card.scan.module}.py"))


def _scan_of_module(path: Path) -> Scan:
    def scan(root: Path) -> Any:
        spec = importlib.util.spec_from_file_location(f"emonet_scan_{path.stem}", path)
        if spec is None or spec.loader is None or not path.is_file():
            raise CorpusError(f"{path}: the card names this module, but there is no such file.")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.scan(root)

    return scan


def _per_target(label: Strings | str, first: str) -> Strings:
    return {first: label} if isinstance(label, str) else label


def _protocol(name: str, entry: ProtocolEntry, path: Path) -> NamedProtocol:
    folds: tuple[Mapping[str, tuple[str, ...]], ...] = tuple(dict(fold) for fold in entry.folds)
    if entry.parts is not None:
        folds = (dict(entry.parts), *folds)
    if entry.by == "split" and not folds:
        folds = ({"train": ("train",), "dev": ("dev",), "test": ("test",)},)
    if not folds:
        raise CorpusError(f"{path}: the protocol '{name}' has neither parts nor folds. Give one of them.")
    return NamedProtocol(name, entry.by, folds, entry.overlap, entry.source)


def _example(entry: ExampleEntry, first: str) -> Example:
    labels: dict[str, Label] = dict(entry.labels)
    if entry.label is not None:
        labels[first] = entry.label
    return Example(entry.path, labels, entry.speaker, entry.session, entry.text, entry.split)
