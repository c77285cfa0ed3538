"""What may stand in a card file, key by key; pydantic models that know no more than the file does."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from emonet.affect import Arousal, Valence
from emonet.corpus.corpus import Access, Confidence, Part
from emonet.corpus.published import PublishedEntry
from emonet.corpus.scan_entries import ScanEntry, Strings
from emonet.errors import did_you_mean

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
