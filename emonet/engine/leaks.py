"""Leaks by way of weights: how much of its test data each system of a plan has heard before it is tuned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from emonet.audio.roots import FORMAT
from emonet.audio.store import open_store
from emonet.auditing.copies import Copies, sounds_in
from emonet.findings import LEVELS, Finding, Level, Verdict, about_system, over_folds, worst
from emonet.recipe.provenance import Met, Provenance, Sounds, before, comparable, heard_by, met_before, provenance_in
from emonet.recipe.stage import Plan, Stage

SOUNDS = f"store {FORMAT}"
"""The version of the hashes of audio: they are of waves as a store of this format holds them."""
_WITHOUT_AUDIO = "audio not compared"
_NO_NAMES = "no speaker or utterance of a test split"
_WAYS = {"train": "learned from", "dev": "selected on"}
_ADVICE = "Test has been heard: start from weights of the same fold, or from another source."
_NAMED = (
    "Say in the recipe whether these are other people (speakers: own, of a corpus) or the same ones "
    "(speakers: shared, of both)."
)
_UNKNOWN = "Take weights whose file says what they learned from, or say it with the scores."
_SPEAKERS = "Whether test speakers were heard before cannot be told; name the speakers."


@dataclass(frozen=True)
class KnownAudio:
    """What is known of the audio of a plan's corpora.

    Attributes:
        copies: groups of copies, None where audio is not compared.
        stores: corpus -> folder of its store.
        whole: whether that is the audio of all corpora.
    """

    copies: Copies | None
    stores: Mapping[str, Path]
    whole: bool = True
    _hashes: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def group(self, corpus: str, id_: str) -> str | None:
        """Return the group of copies that an utterance is in."""
        number = None if self.copies is None else self.copies.group_of.get((corpus, id_))
        return None if number is None else f"group {number}"

    def hash(self, corpus: str, id_: str) -> str | None:
        """Return the hash of an utterance's samples."""
        if corpus not in self._hashes:
            store = self.stores.get(corpus)
            self._hashes[corpus] = {} if store is None else sounds_in(open_store(store))
        return self._hashes[corpus].get(id_)


@dataclass(frozen=True)
class _Known:
    """What stages and files have heard, each looked up once."""

    heard: KnownAudio
    _stages: dict[tuple[str, ...], Provenance] = field(default_factory=dict)
    _files: dict[Path, Provenance] = field(default_factory=dict)

    def of_stages(self, stages: Sequence[Stage]) -> Provenance:
        keys = tuple(stage.key for stage in stages)
        if keys not in self._stages:
            self._stages[keys] = heard_by(stages, self.heard.group)
        return self._stages[keys]

    def of_file(self, path: Path) -> Provenance:
        if path not in self._files:
            self._files[path] = comparable(provenance_in(path), SOUNDS, path)
        return self._files[path]


def audit_systems(made: Plan, heard: KnownAudio) -> tuple[Verdict, ...]:
    """Judge every system that starts from weights: a verdict each, on all of its folds and seeds.

    Raises:
        EmonetError: a file that a system starts from is not a checkpoint.
    """
    stages = {stage.key: stage for stage in made.stages}
    tuned: dict[str, list[Stage]] = {}
    for stage in made.stages:
        if stage.scored and stage.start is not None:
            tuned.setdefault(stage.system, []).append(stage)
    known = _Known(heard)
    verdicts = []
    for system, found in tuned.items():
        findings = [each for stage in found for each in _of_stage(stage, stages, known)]
        exact = any(before(stage, stages)[1] for stage in found)
        verdicts.append(_verdict(system, findings, heard, exact=exact))
    return tuple(verdicts)


def _verdict(system: str, findings: Sequence[Finding], heard: KnownAudio, *, exact: bool) -> Verdict:
    """Return the verdict on a system; in files only ``exact`` copies of audio are found."""
    # Of folds that are as bad, those come first that were learned from, and stand for the others.
    found = tuple(sorted(_worst_of_fold(findings), key=lambda each: _WAYS["train"] not in each.seen))
    told = _by_task(over_folds(found))
    compared = heard.copies is not None and heard.whole
    audio = "no exact copy of its audio" if exact else "none of its audio"
    words = told or [f"{_NO_NAMES}, and {audio}" if compared else _NO_NAMES]
    return Verdict(
        subject=about_system(system),
        hash="",
        level=worst(found),
        summary=", ".join([*words, *([] if compared else [_WITHOUT_AUDIO])]),
        findings=found,
    )


def _by_task(findings: Iterable[Finding]) -> list[str]:
    """Return what was seen that is not right, after the name of its task."""
    told: dict[str, list[str]] = {}
    for each in findings:
        if each.level != "ok":
            told.setdefault(each.what.rpartition(" of ")[2] if " of " in each.what else "", []).append(each.seen)
    return [f"{task}: {', '.join(seen)}" if task else ", ".join(seen) for task, seen in told.items()]


def _worst_of_fold(findings: Iterable[Finding]) -> Iterable[Finding]:
    """Keep one finding for each thing and fold: seeds mostly find the same."""
    kept: dict[tuple[str, str], Finding] = {}
    for each in findings:
        known = kept.setdefault((each.what, each.fold), each)
        if (LEVELS.index(each.level), each.count) > (LEVELS.index(known.level), known.count):
            kept[each.what, each.fold] = each
    return kept.values()


def _of_stage(stage: Stage, stages: Mapping[str, Stage], known: _Known) -> Iterable[Finding]:
    parents, paths = before(stage, stages)
    met = _met(known.of_stages(parents), stage, known.heard.group)
    for path in paths:
        provenance = known.of_file(path)
        met += _met(provenance, stage, known.heard.hash)
        for text in provenance.unknown:
            what = f"what {path.name} learned from"
            yield Finding(level="warning", what=what, fold=stage.fold, seen=text.rstrip("."), advice=_UNKNOWN)
    for kinds in (("utterances",), ("speakers", "people"), ("audio",), ("names",)):
        found = [each for each in met if each.kind in kinds]
        # Of audio that nobody has compared, nothing can be right.
        if found or known.heard.whole or "audio" not in kinds:
            yield _finding(stage, kinds[0], found, exact="audio" in kinds and bool(paths))
    missing = sum(item.speaker is None for item in stage.task.items["test"])
    if missing:
        seen = f"{missing} of {len(stage.task.items['test'])} test utterances have no known speaker"
        yield Finding(
            level="warning", what=f"unknown speakers of {stage.task.id}", fold=stage.fold, seen=seen, advice=_SPEAKERS
        )


def _met(provenance: Provenance, stage: Stage, sounds: Sounds) -> list[Met]:
    return met_before(provenance, stage.task.items, stage.speakers, sounds)


def _finding(stage: Stage, kind: str, met: Sequence[Met], *, exact: bool) -> Finding:
    what = f"{_CALLED[kind]} of {stage.task.id}"
    if not met:
        seen = "no exact copy of one in test was heard before" if exact else "none in test was heard before"
        return Finding(level="ok", what=what, fold=stage.fold, seen=seen)
    level: Level = "warning" if kind == "names" else "problem"
    told = [
        f"{len(each.names)} of {each.total} test {_CALLED[kind]} {_told_of(each)}, e.g. {each.names[0]}" for each in met
    ]
    advice = _NAMED if kind == "names" else _ADVICE
    count, items = (
        max(len(each.names) for each in met),
        tuple(dict.fromkeys(name for each in met for name in each.names)),
    )
    return Finding(
        level=level, what=what, fold=stage.fold, seen="; ".join(told), advice=advice, count=count, items=items
    )


def _told_of(met: Met) -> str:
    way = _WAYS[met.split]
    if met.kind == "names":
        return f"are names that {met.corpus} has, too, which was {way}"
    return f"were {way} before (in {met.corpus})"


_CALLED: Mapping[str, str] = {
    "utterances": "utterances",
    "speakers": "speakers",
    "audio": "clips",
    "names": "speakers' names",
}
