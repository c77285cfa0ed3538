"""Corpus cards: YAML files that say all there is to say of a corpus, validated strictly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from emonet.affect import TABLE_2, Affect, OwnCell
from emonet.corpus.corpus import (
    SPLITS,
    Access,
    Citation,
    Confidence,
    Corpus,
    Example,
    Expected,
    Label,
    NamedProtocol,
    Published,
    Scan,
    Source,
    Split,
    Strings,
    Target,
    Tested,
    UtteranceField,
)
from emonet.corpus.readers.scan import CardFacts, ScanEntry, read_name_of, scan_of
from emonet.document import STRICT, Checked, read_document, validate
from emonet.errors import CorpusError, did_you_mean
from emonet.remembered import Said, read_all

Splits = Mapping[Split, tuple[str, ...]]


def _may_be_off(affect: Any) -> Any:
    return None if affect is False else affect


@dataclass(frozen=True)
class TargetEntry:
    """One target of a card; ``affect: false`` says that its classes are not emotions.

    ``open: true`` stands for classes that are not public: the words of Table 2 that a copy uses.
    """

    __pydantic_config__ = STRICT
    classes: tuple[str, ...] = ()
    codes: Mapping[str, str | None] = field(default_factory=dict)
    affect: Annotated[Mapping[str, OwnCell] | None, Checked(before=_may_be_off)] = field(default_factory=dict)
    range: tuple[float, float] | None = None
    unit: str = ""
    open: bool = False

    def __post_init__(self) -> None:
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
                message = f"the code {code!r} maps to {label!r}, which is not a class. {hint}".strip()
                raise ValueError(f"{message} Classes: {', '.join(self.classes) or 'none'}.")


@dataclass(frozen=True)
class ProtocolEntry:
    """A partition of this corpus' own: values of one field for each split, or a list of folds.

    Utterances whose value is ``left_out`` are in no split.
    """

    __pydantic_config__ = STRICT
    by: UtteranceField = "speaker"
    splits: Splits | None = None
    folds: tuple[Splits, ...] = ()
    left_out: tuple[str, ...] = ()
    overlap: str = ""
    source: str = ""
    random_dev: Annotated[float, Checked(gt=0, lt=1)] | None = None

    def __post_init__(self) -> None:
        if self.splits is not None and self.folds:
            raise ValueError("splits and folds are both given. Keep splits for one partition, folds for several.")
        if self.splits is None and not self.folds and self.by != "split":
            raise ValueError(f"a protocol by {self.by} has neither splits nor folds. Give one of them.")
        if self.random_dev is not None:
            self._check_random_dev()
        for fold in self.folds or (self.splits or {},):
            listed = [*self.left_out, *(value for values in fold.values() for value in values)]
            twice = sorted({value for value in listed if listed.count(value) > 1})
            if twice:
                raise ValueError(f"the {self.by} {twice[0]!r} is listed twice in one fold. Keep it in one split.")

    def _check_random_dev(self) -> None:
        if not self.overlap:
            raise ValueError("random_dev puts speakers of train into dev. Say why with overlap.")
        for fold in self.folds or (self.splits or {},):
            if set(fold) != {"train", "test"}:
                raise ValueError("random_dev is cut from train. Give train and test their values, and dev none.")


def _with_splits(protocols: Any) -> Any:
    """Return protocols as they are written now; cards that say ``parts`` for splits, as all did at first, are read."""
    if not isinstance(protocols, Mapping):
        return protocols
    return {
        name: {"splits" if key == "parts" and "splits" not in entry else key: value for key, value in entry.items()}
        if isinstance(entry, Mapping)
        else entry
        for name, entry in protocols.items()
    }


@dataclass(frozen=True)
class ExampleEntry(Example):
    """See ``Example``; ``label`` is short for the first target's."""

    __pydantic_config__ = STRICT
    label: Label | None = None


@dataclass(frozen=True, kw_only=True)
class FamilyMember:
    """One corpus of a card that describes several: what it differs in from the others."""

    __pydantic_config__ = STRICT
    title: str
    languages: Annotated[tuple[str, ...], Checked(min_length=1)]
    spdx: str = ""
    notes: tuple[str, ...] = ()


_MEMBER = "{member}"
"""What stands for a member's name in the paths of a card that describes several corpora."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card file as it is written.

    ``members`` makes it a card of several corpora, e.g. of one data set of the hub: each is called ``ID_MEMBER``, and
    ``{member}`` stands for its name in the files of sources, of the scan and of examples.

    ``speakers: shared`` says that a speaker of this name may be in other corpora that say so, too; ``aliases`` are
    names that split lists have for the corpus.
    """

    __pydantic_config__ = STRICT
    id: Annotated[str, Checked(pattern="^[a-z][a-z0-9_]*$")]
    title: str
    languages: Annotated[tuple[str, ...], Checked(min_length=1)]
    kind: str = ""
    access: Access
    licence: str
    spdx: str = ""
    fetchable: bool = False
    homepage: str = ""
    how_to_get: str = ""
    citation: Citation
    sources: tuple[Source, ...] = ()
    targets: Annotated[Mapping[str, TargetEntry], Checked(min_length=1)]
    scan: ScanEntry
    protocols: Annotated[Mapping[str, ProtocolEntry], Checked(before=_with_splits)] = field(default_factory=dict)
    expected: Expected = field(default_factory=Expected)
    known_bad: Strings = field(default_factory=dict)
    examples: Annotated[tuple[ExampleEntry, ...], Checked(min_length=1)]
    fixtures: Strings = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    confidence: Confidence = ""
    tested: Tested = ""
    evidence: tuple[str, ...] = ()
    paper: Published | None = None
    speakers: Literal["own", "shared"] = "own"
    aliases: tuple[str, ...] = ()
    members: Mapping[Annotated[str, Checked(pattern="^[a-z][a-z0-9_]*$")], FamilyMember] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_names_of_targets()
        self._check_names_of_classes()

    def _check_names_of_targets(self) -> None:
        named = [("scan.label", name) for name in self.scan.labelled if name]
        named += [("expected.per_class", name) for name in self.expected.per_class]
        named += [(f"the example {example.path!r}", name) for example in self.examples for name in example.labels]
        for where, name in named:
            if name not in self.targets:
                hint = did_you_mean(name, self.targets)
                known = ", ".join(self.targets)
                raise ValueError(" ".join(f"{where} names no target: {name!r}. {hint} Targets: {known}.".split()))

    def _check_names_of_classes(self) -> None:
        for name, counts in self.expected.per_class.items():
            known = self.targets[name].classes
            for label in counts:
                if label not in known:
                    hint = did_you_mean(label, known)
                    text = f"expected.per_class.{name} counts no class: {label!r}. {hint} Classes: {', '.join(known)}."
                    raise ValueError(" ".join(text.split()))


def read_card(path: Path) -> Corpus:
    """Read one card file into a ``Corpus``.

    Raises:
        CorpusError: naming file, line and key of everything that is wrong, with the nearest right word; or it is a card
            of several corpora.
    """
    card = validate(Card, read_document(path, CorpusError), CorpusError)
    if card.members:
        raise CorpusError(f"{path}: this card describes {len(card.members)} corpora. Read them with corpora_in.")
    return _corpus(Said(path, card))


def _each(said: Said[Card]) -> Iterator[Said[Card]]:
    """Yield the card of each corpus that a card describes: itself, or one for each member."""
    if not said.fact.members:
        yield said
    for name, member in said.fact.members.items():
        yield Said(said.path, _of_member(said.fact, name, member))


def _of_member(card: Card, name: str, member: FamilyMember) -> Card:
    def filled(text: str) -> str:
        return text.replace(_MEMBER, name)

    hub = card.scan.hub
    return replace(
        card,
        id=f"{card.id}_{name}",
        title=f"{card.title}: {member.title}",
        languages=member.languages,
        spdx=member.spdx,
        notes=(*card.notes, *member.notes),
        sources=tuple(replace(each, files=tuple(map(filled, each.files))) for each in card.sources),
        scan=card.scan if hub is None else replace(card.scan, hub=replace(hub, files=tuple(map(filled, hub.files)))),
        examples=tuple(replace(each, path=filled(each.path)) for each in card.examples),
        fixtures={filled(path): text for path, text in card.fixtures.items()},
        members={},
    )


def _corpus(said: Said[Card]) -> Corpus:
    card, path = said.fact, said.path
    targets = tuple(_target(name, entry, said) for name, entry in card.targets.items())
    facts = _facts(card, targets, path)
    return Corpus(
        id=card.id,
        title=card.title,
        languages=card.languages,
        access=card.access,
        licence=card.licence,
        spdx=card.spdx,
        citation=card.citation,
        targets=targets,
        scan=scan_of(card.scan, facts),
        homepage=card.homepage,
        kind=card.kind,
        protocols=tuple(_protocol(name, entry) for name, entry in card.protocols.items()),
        expected=card.expected,
        examples=tuple(_example(entry, targets[0].name) for entry in card.examples),
        fixtures=card.fixtures,
        known_bad=card.known_bad,
        sources=card.sources,
        fetchable=card.fetchable,
        how_to_get=card.how_to_get,
        notes=card.notes,
        confidence=card.confidence,
        tested=card.tested,
        evidence=card.evidence,
        paper=card.paper,
        read_name=read_name_of(card.scan, facts),
        speakers=card.speakers,
        aliases=card.aliases,
        scan_for=partial(_scan_for, card.scan, facts),
    )


def _scan_for(entry: ScanEntry, facts: CardFacts, targets: tuple[Target, ...]) -> Scan:
    return scan_of(entry, replace(facts, targets=targets))


def _facts(card: Card, targets: tuple[Target, ...], path: Path) -> CardFacts:
    examples = tuple(example.path for example in card.examples)
    return CardFacts(card.id, path, targets, card.known_bad, examples, tuple(card.fixtures))


def _target(name: str, entry: TargetEntry, said: Said[Card]) -> Target:
    classes = tuple(TABLE_2) if entry.open else entry.classes
    codes = {label: label for label in classes} if entry.open or not entry.codes else {}
    affect = {} if entry.affect is None else _affect(name, classes, entry.affect, said)
    return Target(name, classes, {**codes, **entry.codes}, affect, entry.range, entry.unit, entry.open)


def _affect(target: str, classes: tuple[str, ...], own: Mapping[str, OwnCell], said: Said[Card]) -> dict[str, Affect]:
    keys: tuple[str, ...] = ("targets", target)
    cells: dict[str, Affect] = {}
    for label in classes:
        if label in own:
            cells[label] = own[label].cell
        elif label in TABLE_2:
            cells[label] = TABLE_2[label]
        else:
            hint = did_you_mean(label, TABLE_2)
            message = (
                f"{said.place(keys)}: the label '{label}' has no arousal and valence in the paper's Table 2. {hint} "
                f"Add affect: {{{label}: {{arousal: ..., valence: ..., reason: ...}}}}, "
                "or affect: false where the classes are not emotions."
            )
            raise CorpusError(" ".join(message.split()))
    stray = set(own) - set(classes)
    if stray:
        word = min(stray)
        hint = did_you_mean(word, classes)
        message = f"affect for '{word}', which is not a class. {hint} Classes: {', '.join(classes)}."
        raise CorpusError(f"{said.place(keys)}: {message}")
    return cells


def _protocol(name: str, entry: ProtocolEntry) -> NamedProtocol:
    folds = entry.folds if entry.splits is None else (entry.splits,)
    if not folds:
        folds = ({split: (split,) for split in SPLITS},)
    named = tuple({str(split): values for split, values in fold.items()} for fold in folds)
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
    paths = sorted(Path(folder).glob("*.yaml"))
    for said in read_all(paths, Card, CorpusError, among=Path(folder), code=Path(__file__).parent):
        for corpus in map(_corpus, _each(said)):
            if corpus.id in corpora:
                raise CorpusError(f"{said.path}: a second card with the id '{corpus.id}'. Ids must differ.")
            corpora[corpus.id] = corpus
    return list(corpora.values())
