"""Corpus cards: YAML files that say all there is to say of a corpus, validated strictly."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from emonet.affect import TABLE_2, Affect, Arousal, Valence
from emonet.corpus.corpus import (
    PARTS,
    Access,
    Citation,
    Confidence,
    Corpus,
    Example,
    Expected,
    Label,
    NamedProtocol,
    Part,
    Published,
    PublishedResult,
    Source,
    Table1,
    Target,
)
from emonet.corpus.readers.scan import CardFacts, ScanEntry, Strings, read_name_of, scan_of
from emonet.document import read_document, validate
from emonet.errors import CorpusError, did_you_mean

Parts = dict[Part, tuple[str, ...]]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AffectEntry(_Part):
    """Arousal and valence of one label where Table 2 is silent or wrong for this corpus."""

    arousal: Arousal
    valence: Valence
    reason: str


class TargetEntry(_Part):
    """One target of a card; ``affect: false`` says that its classes are no emotions.

    ``open: true`` stands for classes that are not public: the words of Table 2 that a copy uses.
    """

    classes: tuple[str, ...] = ()
    codes: dict[str, str | None] = {}
    affect: dict[str, AffectEntry] | None = {}
    range: tuple[float, float] | None = None
    unit: str = ""
    open: bool = False

    @field_validator("affect", mode="before")
    @classmethod
    def _may_be_off(cls, affect: Any) -> Any:
        return None if affect is False else affect

    @model_validator(mode="after")
    def _is_categorical_or_dimensional(self) -> TargetEntry:
        if [self.range is not None, bool(self.classes), self.open].count(True) != 1:
            raise ValueError("a target has classes (two at least), or a range, or is open. Give one of them")
        if self.classes and len(self.classes) < 2:
            raise ValueError(f"a target needs two classes at least, here is only {self.classes[0]!r}. Add one")
        if self.range is not None and not 0 < self.range[1] - self.range[0] < float("inf"):
            low, high = self.range
            raise ValueError(f"the range {low:g} to {high:g} has no length. Give the lowest and the highest value")
        if len(set(self.classes)) < len(self.classes):
            twice = next(label for label in self.classes if self.classes.count(label) > 1)
            raise ValueError(f"the class {twice!r} is listed twice. Keep one of them")
        for code, label in self.codes.items():
            if label is not None and label not in self.classes:
                hint = did_you_mean(label, self.classes)
                message = f"the code {code!r} maps to {label!r}, which is no class. {hint}".strip()
                raise ValueError(f"{message} Classes: {', '.join(self.classes) or 'none'}.")
        return self


class ProtocolEntry(_Part):
    """A partition of this corpus' own: values of one field for each part, or a list of folds.

    Utterances whose value is ``left_out`` are in no part.
    """

    by: Literal["speaker", "session", "split", "text", "language"] = "speaker"
    parts: Parts | None = None
    folds: tuple[Parts, ...] = ()
    left_out: tuple[str, ...] = ()
    overlap: str = ""
    source: str = ""
    random_dev: Annotated[float, Field(gt=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _says_how_to_split(self) -> ProtocolEntry:
        if self.parts is not None and self.folds:
            raise ValueError("parts and folds are both given. Keep parts for one partition, folds for several.")
        if self.parts is None and not self.folds and self.by != "split":
            raise ValueError(f"a protocol by {self.by} has neither parts nor folds. Give one of them.")
        if self.random_dev is not None:
            self._check_random_dev()
        for fold in self.folds or (self.parts or {},):
            listed = [*self.left_out, *(value for values in fold.values() for value in values)]
            twice = sorted({value for value in listed if listed.count(value) > 1})
            if twice:
                raise ValueError(f"the {self.by} {twice[0]!r} is listed twice in one fold. Keep it in one part.")
        return self

    def _check_random_dev(self) -> None:
        if not self.overlap:
            raise ValueError("random_dev puts speakers of train into dev. Say why with overlap.")
        for fold in self.folds or (self.parts or {},):
            if set(fold) != {"train", "test"}:
                raise ValueError("random_dev is cut from train. Give train and test their values, and dev none.")


class SourceEntry(_Part):
    """See ``Source``; ``file`` is a plain name, since the download is written under it."""

    url: Annotated[str, Field(pattern="^https://")] | None = None
    doi: str | None = None
    package: str | None = None
    path: str | None = None
    version: str = ""
    file: Annotated[str, Field(pattern=r"^[^/\\\x00]*$")] = ""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    member: str = ""
    member_sha256: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = ""
    inside: str = ""

    @model_validator(mode="after")
    def _has_one_place(self) -> SourceEntry:
        if sum(place is not None for place in (self.url, self.doi, self.package, self.path)) != 1:
            raise ValueError("give exactly one of url, doi, package and path")
        if self.file in {".", ".."}:
            raise ValueError(f"file: {self.file} is a folder. Give a plain name, e.g. file: NAME.tar.gz")
        if self.package is not None and not self.file:
            raise ValueError("a package needs the name of its archive. Add file: NAME.tar.gz")
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
    """A card file as it is written.

    ``speakers: shared`` says that a speaker of this name may be in other corpora that say so, too.
    """

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
    confidence: Confidence = ""
    evidence: tuple[str, ...] = ()
    paper: PublishedEntry | None = None
    speakers: Literal["own", "shared"] = "own"

    @model_validator(mode="after")
    def _names_its_own_targets(self) -> Card:
        named = [("scan.label", name) for name in self.scan.labelled if name]
        named += [("expected.per_class", name) for name in self.expected.per_class]
        named += [(f"the example {example.path!r}", name) for example in self.examples for name in example.labels]
        for where, name in named:
            if name not in self.targets:
                hint = did_you_mean(name, self.targets)
                known = ", ".join(self.targets)
                raise ValueError(" ".join(f"{where} names no target: {name!r}. {hint} Targets: {known}.".split()))
        return self

    @model_validator(mode="after")
    def _counts_its_own_classes(self) -> Card:
        for name, counts in self.expected.per_class.items():
            known = self.targets[name].classes
            for label in counts:
                if label not in known:
                    hint = did_you_mean(label, known)
                    text = f"expected.per_class.{name} counts no class: {label!r}. {hint} Classes: {', '.join(known)}."
                    raise ValueError(" ".join(text.split()))
        return self


Percent = Annotated[float, Field(ge=0, le=100)]


class PublishedResultEntry(BaseModel):
    """See ``PublishedResult``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str
    strategy: str
    test: Percent
    dev: Percent | None = None
    checkpoint: Literal["best", "final"] = "best"
    mark: Literal["+", "-", ""] = ""


class Table1Entry(BaseModel):
    """See ``Table1``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    samples: Annotated[int, Field(ge=1)]
    classes: Annotated[int, Field(ge=2)]
    speakers: int | None
    mean_duration: Annotated[float, Field(gt=0)]
    std_duration: Annotated[float, Field(ge=0)]
    hours: Annotated[float, Field(gt=0)]


class PublishedEntry(BaseModel):
    """See ``Published``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    chance: Percent
    results: Annotated[tuple[PublishedResultEntry, ...], Field(min_length=1)]
    table1: Table1Entry | None = None


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
        scan=scan_of(card.scan, _facts(card, targets, path)),
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
        read_name=read_name_of(card.scan, targets),
        speakers=card.speakers,
    )


def _facts(card: Card, targets: tuple[Target, ...], path: Path) -> CardFacts:
    examples = tuple(example.path for example in card.examples)
    return CardFacts(card.id, path, targets, card.known_bad, examples, tuple(card.fixtures))


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


def corpora_in(folder: Path | str) -> list[Corpus]:
    """Read every ``*.yaml`` card in a folder, in the order of their names.

    Raises:
        CorpusError: a card is wrong, or two cards carry one id.
    """
    corpora: dict[str, Corpus] = {}
    for path in sorted(Path(folder).glob("*.yaml")):
        corpus = read_card(path)
        if corpus.id in corpora:
            raise CorpusError(f"{path}: a second card with the id '{corpus.id}'. Ids must differ.")
        corpora[corpus.id] = corpus
    return list(corpora.values())
