"""``plan``: from a recipe and the facts of its corpora to a graph of stages. Pure, and without torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from emonet.corpus.corpus import Corpus, SpeakerNames, Utterance, plain_name
from emonet.corpus.naming import NAMED
from emonet.errors import RecipeError, counted
from emonet.files import digest_of
from emonet.labels.ontology import Ontology
from emonet.protocols.protocol import Protocol
from emonet.recipe.aggregate import aggregated_task, maps_of, with_maps
from emonet.recipe.check import check_system
from emonet.recipe.normalisation import NORMALISATIONS, default_normalisation
from emonet.recipe.outputs import Outputs, make_task
from emonet.recipe.provenance import HeardKind, Provenance, heard_by, met_before
from emonet.recipe.recipe import SVM, Recipe, System
from emonet.recipe.resolve import FindFactory
from emonet.recipe.stage import Learning, Plan, Resolved, Stage, StageKind, Start
from emonet.recipe.strategies import FULL_RATES, Strategy, Tuned
from emonet.recipe.task import Task
from emonet.task_id import TaskId


@dataclass(frozen=True)
class CorpusFacts:
    """All that planning must know of a corpus: no audio, only its table.

    Attributes:
        outputs: what is learned of it.
        utterances: those that carry all labels that ``outputs`` needs.
        content: hash of table and audio; empty while the corpus is not prepared.
        left_out: how many utterances carry some of these labels, but not all.
        speakers: whether its names of speakers are its own, or other corpora's, too.
        count_note: what to say where it has not as many utterances as its card documents.
    """

    corpus: Corpus
    outputs: Outputs
    utterances: tuple[Utterance, ...]
    protocol: Protocol
    content: str = ""
    left_out: int = 0
    speakers: SpeakerNames = "own"
    count_note: str = ""

    @property
    def task_id(self) -> str:
        """Return the id of the corpus' task."""
        return TaskId(self.corpus.id, self.outputs.name).text

    @property
    def note(self) -> str:
        """Return sentences on what is left out or missing, empty where nothing is."""
        if not self.left_out:
            return self.count_note
        wanted = " and ".join(self.outputs.names)
        count = counted(self.left_out, "utterance")
        left_out = f"{self.task_id}: left out for want of a label for each of {wanted}: {count}."
        return f"{left_out} {self.count_note}".strip()

    def task(self, fold: int) -> Task:
        """Return the corpus' task in a fold."""
        return make_task(self.corpus, self.outputs, self.utterances, self.protocol.folds[fold])


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """Weights on disk that a system starts from."""

    path: str
    sha256: str


Sources = Mapping[str, CorpusFacts | WeightsFile]
"""System -> what it has learned before."""


def _no_words() -> Ontology:
    return Ontology({}, {})


def plan(
    recipe: Recipe,
    facts: Sequence[CorpusFacts],
    factory: FindFactory,
    sources: Sources | None = None,
    *,
    ontology: Callable[[], Ontology] = _no_words,
) -> Plan:
    """Lay out the stages of a recipe: every system on every corpus, seed and fold.

    Args:
        ontology: returns the words by which ``map: shared`` knows labels that are spelt otherwise; by default none.

    Raises:
        UnknownName: a strategy or component that nobody knows.
        RecipeError: a system whose parts are missing or do not fit, corpora whose folds do not go together, a
            label that an aggregated task cannot map, a fold without a class in train, normalisation by speakers whom
            nobody knows, or, under ``audit: strict``, a shared model that learns from what a task is tested on.
    """
    stages: dict[tuple[str, str], Stage] = {}
    maps = maps_of(recipe, {each.task_id: each.outputs.classes for each in facts if each.outputs.classes}, ontology)
    recipe = with_maps(recipe, maps)
    for name, system in recipe.systems.items():
        row, components = check_system(name, system, factory, [known.task_id for known in facts])
        source = (sources or {}).get(name)
        if row.learns in {"every", "aggregate"}:
            _check_folds(name, facts)
        if isinstance(source, CorpusFacts):
            _check_source_folds(name, source, facts)
        for stage in _Draft(recipe, name, row, components, facts, source, maps.get(name)).stages():
            _check_groups(stage)
            stages.setdefault((stage.key, stage.system if stage.scored else ""), stage)
    return Plan(recipe, tuple(stages.values()))


@dataclass(frozen=True, slots=True)
class _Pass:
    """Which fold, and which seed."""

    fold: int
    seed: int


@dataclass(frozen=True)
class _Draft:
    """What the stages of one system have in common."""

    recipe: Recipe
    name: str
    row: Strategy
    components: Mapping[str, Resolved]
    facts: Sequence[CorpusFacts]
    source: CorpusFacts | WeightsFile | None
    user_map: Mapping[str, str | None] | None

    @property
    def system(self) -> System:
        return self.recipe.systems[self.name]

    @property
    def known(self) -> list[CorpusFacts]:
        return [*self.facts, *([self.source] if isinstance(self.source, CorpusFacts) else [])]

    @property
    def content(self) -> dict[str, str]:
        return {each.corpus.id: each.content for each in self.known}

    @property
    def speakers(self) -> dict[str, SpeakerNames]:
        return {each.corpus.id: each.speakers for each in self.known}

    def stages(self) -> Iterator[Stage]:
        """Yield the stages, parents before children."""
        for seed in self.recipe.seeds:
            if self.row.learns in {"nothing", "features"}:
                yield from self._alone(seed)
                continue
            for fold in range(max(len(known.protocol.folds) for known in self.facts)):
                yield from self._after_a_shared_model(_Pass(fold, seed))

    def _alone(self, seed: int) -> Iterator[Stage]:
        kind: StageKind = "probe" if self.row.tunes == "svm" else "epochs"
        for known in self.facts:
            for fold in range(len(known.protocol.folds)):
                yield self._stage(kind, [known], [known.task(fold)], _Pass(fold, seed), adapted=False)

    def _after_a_shared_model(self, at: _Pass) -> Iterator[Stage]:
        made: dict[_Pass, tuple[Stage | None, Start, Provenance]] = {}
        for known in self.facts:
            if at.fold >= len(known.protocol.folds):
                continue
            first = self._before(known, at)
            if first not in made:
                parent, start = self._shared(first)
                before = [] if parent is None else [parent]
                made[first] = parent, start, heard_by(before, _unheard)
                yield from before
            parent, start, heard = made[first]
            task = known.task(at.fold)
            if self.recipe.audit == "strict":
                _check_leak(self.name, heard, task, self.speakers)
            yield self._stage("epochs", [known], [task], at, adapted=self.row.adapts, start=start)

    def _before(self, known: CorpusFacts, at: _Pass) -> _Pass:
        """Return which pass of the shared model a fold starts from: its own, or the one that serves all folds."""
        alike = not isinstance(self.source, CorpusFacts) or _same_folds(self.source, known)
        return at if alike else _Pass(0, at.seed)

    def _shared(self, at: _Pass) -> tuple[Stage | None, Start]:
        """Return the stage that trains the shared model, if there is one, and how the tuning starts from it."""
        if isinstance(self.source, WeightsFile):
            return None, Start(checkpoint=self.source.path, sha256=self.source.sha256)
        if self.row.learns == "source":
            source = self._the_source()
            rates = self.system.training.learning_rates or FULL_RATES
            stage = self._stage("epochs", [source], [source.task(at.fold)], at, adapted=False, rates=rates)
            return stage, Start(stage.key, norms_of=(source.task(at.fold).id,))
        by_corpus = self.row.learns == "every"
        tasks = [known.task(at.fold) for known in self.facts] if by_corpus else self._aggregated(at)
        by_rounds = by_corpus or len(tasks) > 1
        rates = self.system.shared.learning_rates if by_rounds else self.system.training.learning_rates or FULL_RATES
        kind: StageKind = "rounds" if by_rounds else "epochs"
        stage = self._stage(kind, self.facts, tasks, at, adapted=self.row.adapts_shared, rates=rates)
        weights = "final" if stage.kind == "rounds" else "best"
        if self.row.keeps_private:
            return stage, Start(stage.key, weights, keeps_private=True)
        heirs = tasks if self.system.shared.norms == "mean" else tasks[:1]
        folded = self.system.shared.adapters == "fold"
        return stage, Start(stage.key, weights, norms_of=tuple(task.id for task in heirs), folded=folded)

    def _the_source(self) -> CorpusFacts:
        if not isinstance(self.source, CorpusFacts):
            raise RecipeError(f"System '{self.name}': its source was not gathered. Name a corpus under source.")
        return self.source

    def _aggregated(self, at: _Pass) -> list[Task]:
        parts = [(known.corpus, known.outputs.target, known.task(at.fold)) for known in self.facts]
        return [aggregated_task(name, parts, self.user_map, at.seed) for name in self.row.maps]

    def _stage(
        self,
        kind: StageKind,
        facts: Sequence[CorpusFacts],
        tasks: Sequence[Task],
        at: _Pass,
        *,
        adapted: bool,
        rates: tuple[float, ...] | None = None,
        start: Start | None = None,
    ) -> Stage:
        scored = rates is None
        tuned: Tuned = self.row.tunes if scored else "all"
        components = {role: part for role, part in self.components.items() if role != "adapter" or adapted}
        if kind != "probe":
            tasks = [replace(task, loss=self.system.training.loss) if task.dimensions else task for task in tasks]
        normalisation = self.system.normalisation or default_normalisation(components)
        rates = rates or self.system.training.learning_rates or self.row.learning_rates
        resolved = {
            "components": {role: part.to_json() for role, part in components.items()},
            "normalisation": normalisation,
            "learning_rates": rates,
            "precision": self.recipe.precision,
            "checkpoint": "" if start is None else start.sha256,
        }
        stage = Stage(
            key="",
            kind=kind,
            system=self.name,
            strategy=self.row.name,
            method=self._method(kind, resolved),
            settings=self._settings(kind),
            components=components,
            tuned=tuned,
            normalisation=normalisation,
            learning_rates=rates,
            tasks=tuple(tasks),
            protocols=tuple(known.protocol for known in facts),
            fold=facts[0].protocol.folds[at.fold].name,
            seed=at.seed,
            precision=self.recipe.precision,
            start=start,
            speakers=self.speakers,
            scored=scored,
            opens=scored and self.recipe.selects != "dev",
        )
        return stage.with_key(self.content)

    def _settings(self, kind: StageKind) -> SVM | Learning:
        if kind == "probe":
            return self.system.svm
        return Learning(self.system.training, self.system.dropout, self.system.shared if kind == "rounds" else None)

    def _method(self, kind: StageKind, resolved: Mapping[str, Any]) -> str:
        """Return what tells systems apart whatever recipes call them: what they are, without names and places."""
        keys = {"svm"} if kind == "probe" else {"training", "dropout", "map", "source"}
        if self.row.learns in {"every", "aggregate"}:
            keys.add("shared")
        places: Any = {"source": {"checkpoint": True, "corpus": {"root"}}}
        settings = self.system.model_dump(mode="json", include=keys, exclude=places)
        if "training" in keys:
            settings["training"] = self.system.training.identity()
        corpus = (settings.get("source") or {}).get("corpus") or {}
        for key in (*NAMED, "affect"):  # entries had none of these when the first methods were hashed
            if key in corpus and not corpus[key]:
                del corpus[key]
        return digest_of({"strategy": self.row.name, "settings": settings, **resolved})


def _check_groups(stage: Stage) -> None:
    """Refuse a normalisation whose groups nobody knows, such as that by speaker where nobody knows who speaks."""
    normalisation = NORMALISATIONS[stage.normalisation]
    for task in stage.tasks:
        if any(normalisation.group(item, task) is None for items in task.items.values() for item in items):
            others = [name for name, other in NORMALISATIONS.items() if not other.is_transductive]
            message = (
                f"System '{stage.system}': '{task.id}' does not say the {normalisation.asks or 'group'} of every "
                f"utterance, so that normalisation: {stage.normalisation} cannot be done. "
                f"Choose {', '.join(others[:-1])} or {others[-1]}."
            )
            raise RecipeError(message)


_LEAKS: Mapping[HeardKind, str] = {"utterances": "utterance", "speakers": "speaker", "people": "speaker"}


def _check_leak(name: str, shared: Provenance, tuned: Task, speakers: Mapping[str, SpeakerNames]) -> None:
    """Refuse a shared model that has learned from, or was selected on, what the tuned task is tested on."""
    met = met_before(shared, tuned.items, speakers, _unheard)
    leaked = sorted(
        {f"{_LEAKS[each.kind]} {each.corpus}/{one}" for each in met if each.kind in _LEAKS for one in each.names}
    )
    if leaked:
        message = (
            f"System '{name}': its shared model learns from {leaked[0]}, which '{tuned.id}' is tested on "
            f"({len(leaked)} speakers or utterances in all). Give both the same protocol, or choose another source; "
            "audit: report in the recipe makes it a decision that is printed below the scores."
        )
        raise RecipeError(message)


def _unheard(corpus: str, id_: str) -> None:
    """Say nothing of audio: a plan is made without any."""


def _same_folds(source: CorpusFacts, known: CorpusFacts) -> bool:
    return len(source.protocol.folds) == len(known.protocol.folds)


def _check_source_folds(name: str, source: CorpusFacts, facts: Sequence[CorpusFacts]) -> None:
    """Refuse a source with people of the target and another number of folds: none of these keeps them all apart."""
    for known in facts:
        if not _same_folds(source, known) and _have_people_in_common(source, known):
            _check_folds(name, [known, source])


def _have_people_in_common(one: CorpusFacts, other: CorpusFacts) -> bool:
    if one.corpus.id == other.corpus.id:
        return True
    if "own" in {one.speakers, other.speakers} or "shared" not in {one.speakers, other.speakers}:
        return False
    return bool(_people(one) & _people(other))


def _people(facts: CorpusFacts) -> set[str]:
    return {plain_name(each.speaker) for each in facts.utterances if each.speaker is not None}


def _check_folds(name: str, facts: Sequence[CorpusFacts]) -> None:
    counts = {known.corpus.id: len(known.protocol.folds) for known in facts}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{corpus} has {count}" for corpus, count in counts.items())
        message = (
            f"System '{name}' learns from several corpora together, so they need one number of folds: {listed}. "
            "Choose a protocol with as many for each, e.g. grouped-k-fold: {k: 5}."
        )
        raise RecipeError(message)
