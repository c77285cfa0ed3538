"""What weights have heard: what they learned from and were selected on, as digests that their files carry.

An utterance is known by its corpus and id, and by the hash of its samples, so that copies under another name are
found; a speaker by corpus and name, and by the name alone where people may be in several corpora. Each is 8 bytes of
BLAKE2b: 100,000 clips are 2.2 MB, and the chance that as many others meet one of them by accident is 5e-10.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from emonet.corpus.corpus import SpeakerNames, plain_name
from emonet.errors import EmonetError, counted
from emonet.recipe.stage import Stage
from emonet.recipe.task import Item

HeardKind = Literal["utterances", "speakers", "people", "names", "audio"]
KINDS: tuple[HeardKind, ...] = ("utterances", "speakers", "people", "names", "audio")
"""``people`` are speakers who may be in other corpora, too (``speakers: shared``); of ``names`` nobody has said."""
Digests = Mapping[HeardKind, frozenset[int]]
Sounds = Callable[[str, str], str | None]
"""Corpus and id of an utterance -> what is the same for copies of its audio, None where nobody has looked."""

LEARNED = "learned"
"""The key under which a checkpoint's facts hold its provenance."""
FORMAT = 2
_FACTS = "emonet"
HEARD = ("train", "dev")
"""Splits that weights learn from, and that they are selected on."""


@dataclass(frozen=True)
class Provenance:
    """What weights have heard.

    Attributes:
        heard: corpus and split (train or dev) -> digests.
        unknown: what nobody can say of it, one sentence each.
        sounds: the version of the hashes of audio; those of two versions do not compare.
    """

    heard: Mapping[tuple[str, str], Digests] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    sounds: str = ""

    def __or__(self, other: Provenance) -> Provenance:
        """Return what either has heard."""
        heard = dict(self.heard)
        for place, digests in other.heard.items():
            before = heard.get(place, {})
            heard[place] = {kind: before.get(kind, _NONE) | digests.get(kind, _NONE) for kind in KINDS}
        return Provenance(heard, tuple(dict.fromkeys([*self.unknown, *other.unknown])), self.sounds or other.sounds)

    @property
    def summary(self) -> str:
        """Return on one line what was learned from and selected on."""
        words = []
        for corpus in sorted({corpus for corpus, _ in self.heard}):
            counts = {split: len(self.heard.get((corpus, split), {}).get("utterances", ())) for split in HEARD}
            speakers = {split: self.heard.get((corpus, split), {}).get("speakers", _NONE) for split in HEARD}
            people = counted(len(speakers["train"] | speakers["dev"]), "speaker")
            seen = f"{counts['train']} utterances to learn from, {counts['dev']} to select on, {people}"
            words.append(f"{corpus} ({seen})")
        return "; ".join([*words, *(text.rstrip(".") for text in self.unknown)]) or "nothing"

    def to_json(self) -> dict[str, Any]:
        """Return plain data; digests are sorted, 8 bytes each, in base64."""
        heard: dict[str, dict[str, dict[str, str]]] = {}
        for (corpus, split), digests in sorted(self.heard.items()):
            found = {str(kind): _packed(digests[kind]) for kind in KINDS if digests.get(kind)}
            heard.setdefault(corpus, {})[split] = found
        return {"format": FORMAT, "sounds": self.sounds, "unknown": list(self.unknown), "heard": heard}

    @classmethod
    def from_json(cls, data: Any) -> Provenance:
        """Return what ``to_json`` made plain data of.

        Raises:
            ValueError: the data are nothing of that kind.
        """
        try:
            if data["format"] != FORMAT:
                raise ValueError(f"format {data['format']}, expected {FORMAT}")
            heard = {
                (str(corpus), str(split)): {kind: _unpacked(digests.get(kind, "")) for kind in KINDS}
                for corpus, splits in data["heard"].items()
                for split, digests in splits.items()
            }
            return cls(heard, tuple(map(str, data["unknown"])), str(data["sounds"]))
        except (AttributeError, KeyError, TypeError, struct.error) as problem:
            raise ValueError(f"no provenance: {problem}") from problem


_NONE: frozenset[int] = frozenset()


def _packed(digests: frozenset[int]) -> str:
    return base64.b64encode(struct.pack(f"<{len(digests)}Q", *sorted(digests))).decode()


def _unpacked(text: str) -> frozenset[int]:
    data = base64.b64decode(text)
    return frozenset(struct.unpack(f"<{len(data) // 8}Q", data))


@lru_cache(maxsize=1 << 18)
def _digest(*words: str) -> int:
    return int.from_bytes(hashlib.blake2b("\0".join(words).encode(), digest_size=8).digest(), "little")


def digests_of(items: Iterable[Item], speakers: SpeakerNames, sounds: Sounds) -> Digests:
    """Return what is known of items of one corpus.

    Args:
        speakers: whether the corpus' names of speakers are its own, shared with other corpora, or nobody knows.
    """
    found: dict[HeardKind, set[int]] = {kind: set() for kind in KINDS}
    for item in items:
        for kind, digest in _of_item(item, speakers, sounds):
            found[kind].add(digest)
    return {kind: frozenset(digests) for kind, digests in found.items()}


def _of_item(item: Item, speakers: SpeakerNames, sounds: Sounds) -> list[tuple[HeardKind, int]]:
    found: list[tuple[HeardKind, int]] = [("utterances", _digest("utterance", item.corpus, item.id))]
    if item.speaker is not None:
        found.append(("speakers", _digest("speaker", item.corpus, item.speaker)))
        if speakers != "own":
            found.append(("people" if speakers == "shared" else "names", _person(item.speaker)))
    if (sound := sounds(item.corpus, item.id)) is not None:
        found.append(("audio", _digest("audio", sound)))
    return found


def _person(name: str) -> int:
    """Return the digest of a name by itself; ``S01`` and ``s1`` of two corpora are one name."""
    return _digest("person", plain_name(name))


def heard_by(stages: Iterable[Stage], sounds: Sounds, version: str = "") -> Provenance:
    """Return what the stages themselves learned from and were selected on, without what came before them."""
    items: dict[tuple[str, str], dict[Item, None]] = {}
    names: dict[str, SpeakerNames] = {}
    for stage in stages:
        names.update(stage.speakers)
        for task in stage.tasks:
            for split in HEARD:
                for item in task.items[split]:
                    items.setdefault((item.corpus, split), {})[item] = None
    heard = {place: digests_of(found, names.get(place[0], "open"), sounds) for place, found in items.items()}
    return Provenance(heard, sounds=version)


def before(stage: Stage, stages: Mapping[str, Stage]) -> tuple[list[Stage], list[Path]]:
    """Return the stages that a stage's weights come from, and the checkpoints that those start from."""
    found: list[Stage] = []
    files = []
    here: Stage | None = stage
    while here is not None and here.start is not None:
        if here.start.checkpoint:
            files.append(Path(here.start.checkpoint))
        here = stages[here.start.parent] if here.start.parent else None
        found += [] if here is None else [here]
    return found, files


def heard_corpora(stage: Stage, stages: Mapping[str, Stage]) -> list[str]:
    """Return the corpora that a stage's weights have learned from, checkpoints of other runs aside."""
    learned = [stage, *before(stage, stages)[0]]
    return sorted({corpus for each in learned for task in each.tasks for corpus in task.corpora})


def whole_provenance(stage: Stage, stages: Mapping[str, Stage], sounds: Sounds, version: str) -> Provenance:
    """Return all that a stage's weights have heard, by whatever they started from, too."""
    parents, files = before(stage, stages)
    found = heard_by([stage, *parents], sounds, version)
    for path in files:
        found |= comparable(provenance_in(path), version, path)
    return found


def comparable(provenance: Provenance, version: str, path: Path) -> Provenance:
    """Return a file's provenance without hashes of audio that are of another version, and say so."""
    if not provenance.heard or provenance.sounds == version:
        return provenance
    heard = {place: {**digests, "audio": _NONE} for place, digests in provenance.heard.items()}
    text = f"Whether {path.name} has heard copies of audio is unknown: another EmoNet prepared what it learned from."
    return Provenance(heard, (*provenance.unknown, text), version)


def provenance_in(path: Path) -> Provenance:
    """Return what the weights in a file have heard, by what the file says; one that says nothing is unknown.

    Raises:
        EmonetError: the file is not a checkpoint of EmoNet.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            facts = json.loads((file.metadata() or {})[_FACTS])
    except (SafetensorError, OSError, KeyError, ValueError) as problem:
        advice = "Check the path; if EmoNet wrote it, remove it and run again."
        raise EmonetError(f"{path}: not a checkpoint of EmoNet ({problem}). {advice}") from problem
    return stated(facts, path.name)


def stated(facts: Mapping[str, Any], name: str) -> Provenance:
    """Return the provenance that a file's facts state; ``name`` is the file's, for where they state none."""
    if LEARNED not in facts:
        return Provenance(unknown=(f"It is unknown what the weights in {name} learned from: the file does not say.",))
    try:
        return Provenance.from_json(facts[LEARNED])
    except ValueError as problem:
        return Provenance(unknown=(f"It is unknown what the weights in {name} learned from: {problem}.",))


@dataclass(frozen=True, slots=True)
class Met:
    """What of one kind in a test split has been heard before.

    Attributes:
        corpus: the corpus in which it was heard.
        split: ``train`` where it was learned from, ``dev`` where it was selected on.
        names: what was met, by the names that it has in the test split.
        total: how much of its kind the test split has.
    """

    kind: HeardKind
    corpus: str
    split: str
    names: tuple[str, ...]
    total: int


def met_before(
    provenance: Provenance, items: Mapping[str, Sequence[Item]], speakers: Mapping[str, SpeakerNames], sounds: Sounds
) -> list[Met]:
    """Return what of a task's test split has been heard by weights that the task starts from.

    What the task's own train or dev has of it, too, is for the audit of its partition to judge.

    Args:
        items: the task's, by split.
        speakers: corpus -> whether its speakers' names are its own.
    """
    own = _named([item for split in HEARD for item in items[split]], speakers, sounds)
    tested = {
        kind: {digest: name for digest, name in found.items() if digest not in own[kind]}
        for kind, found in _named(items["test"], speakers, sounds).items()
    }
    corpora = {item.corpus for item in items["test"]}
    people = len({item.speaker for item in items["test"]} - {None})
    met = []
    for (corpus, split), digests in provenance.heard.items():
        for kind, heard, against in _pairs(digests, foreign=corpus not in corpora):
            names = tuple(sorted({name for digest, name in tested[against].items() if digest in heard}))
            total = len(items["test"]) if kind in {"utterances", "audio"} else people
            met += [Met(kind, corpus, split, names, total)] if names else []
    return met


def _pairs(digests: Digests, *, foreign: bool) -> list[tuple[HeardKind, frozenset[int], HeardKind]]:
    """Return what is looked for: the kind it counts as, what was heard, and the kind in test that it is compared with.

    Whoever is shared is met under any name that is not another corpus' own; where neither corpus says whose its
    names are, nobody knows.
    """
    people, names = digests.get("people", _NONE), digests.get("names", _NONE)
    pairs: list[tuple[HeardKind, frozenset[int], HeardKind]] = [
        (kind, digests.get(kind, _NONE), kind) for kind in ("utterances", "speakers", "audio")
    ]
    if foreign:
        pairs += [("people", people | names, "people"), ("people", people, "names"), ("names", names, "names")]
    return pairs


def _named(
    items: Iterable[Item], speakers: Mapping[str, SpeakerNames], sounds: Sounds
) -> dict[HeardKind, dict[int, str]]:
    """Return the digests of items with the names of what they stand for."""
    found: dict[HeardKind, dict[int, str]] = {kind: {} for kind in KINDS}
    for item in items:
        for kind, digest in _of_item(item, speakers.get(item.corpus, "open"), sounds):
            found[kind][digest] = item.id if kind in {"utterances", "audio"} else str(item.speaker)
    return found
