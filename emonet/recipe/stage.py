"""Stages: the units of work of a plan, each with a key made of all that its result depends on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from emonet.corpus.corpus import SpeakerNames
from emonet.files import digest_of
from emonet.plugin.component import Traits
from emonet.protocols.protocol import Protocol
from emonet.recipe.recipe import SVM, Recipe, SharedTraining, Training
from emonet.recipe.strategies import Tuned
from emonet.recipe.task import Task

FORMAT = 3
"""Raised whenever training itself changes what comes out: results of older keys are then left alone."""

StageKind = Literal["probe", "epochs", "rounds"]
"""An SVM on fixed features; training on one task by epochs with patience; on several tasks in turn by rounds."""


@dataclass(frozen=True)
class Resolved:
    """A component with all its options, defaults filled in, and its traits."""

    name: str
    options: Mapping[str, Any]
    traits: Traits

    def to_json(self) -> dict[str, Any]:
        """Return what identifies the component in a stage key."""
        return {"name": self.name, "options": dict(self.options), "version": self.traits.version}


@dataclass(frozen=True, slots=True)
class Start:
    """Where a stage's weights come from.

    Attributes:
        parent: key of the stage whose shared weights it takes; empty for a checkpoint.
        weights: the parent's ``best`` or ``final`` weights.
        keeps_private: whether the parent's head, adapters and norms of the same task are kept.
        norms_of: the parent's tasks whose private norms the shared model takes over, the mean of several; none for
            its own.
        folded: whether their adapters are taken over with them.
        checkpoint: path of a checkpoint instead of a parent; not in the key, its hash is.
        sha256: of the checkpoint.
    """

    parent: str = ""
    weights: str = "best"
    keeps_private: bool = False
    norms_of: tuple[str, ...] = ()
    folded: bool = False
    checkpoint: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Learning:
    """What a network learns by.

    Attributes:
        dropout: of the heads.
        shared: rounds and sampling of several tasks that are learned in turn; None for one task.
    """

    training: Training
    dropout: float
    shared: SharedTraining | None = None


@dataclass(frozen=True)
class Stage:
    """One unit of work whose result is kept under ``key``: resolved facts, of which nothing has to be looked up.

    Attributes:
        strategy: the name of the system's strategy.
        method: what tells systems apart whatever recipes call them: one hash for all corpora, folds and seeds.
        settings: of an SVM, or of a network.
        components: extractor; or frontend, backbone and, where tasks are adapted, adapter; resolved.
        tuned: which tensors learn.
        learning_rates: one after the other; empty for a probe.
        tasks: one, or several that are learned in turn.
        protocols: one a corpus.
        fold: name of the fold.
        start: where the weights come from, None for fresh ones.
        speakers: corpus -> whose its names of speakers are; not in the key, for training does not read it.
        scored: whether this recipe scores the stage; otherwise it only hands on its weights.
        opens: whether this recipe opens the stage's test split; a stage that is not scored never does.
    """

    key: str
    kind: StageKind
    system: str
    strategy: str
    method: str
    settings: SVM | Learning
    components: Mapping[str, Resolved]
    tuned: Tuned
    normalisation: str
    learning_rates: tuple[float, ...]
    tasks: tuple[Task, ...]
    protocols: tuple[Protocol, ...]
    fold: str
    seed: int
    precision: str
    start: Start | None = None
    speakers: Mapping[str, SpeakerNames] = field(default_factory=dict)
    scored: bool = True
    opens: bool = True

    @property
    def task(self) -> Task:
        """Return the first task: the only one, unless several are learned in turn."""
        return self.tasks[0]

    @property
    def protocol(self) -> Protocol:
        """Return the first protocol: the only one, unless several corpora are learned from."""
        return self.protocols[0]

    @property
    def parents(self) -> tuple[str, ...]:
        """Return the keys of the stages that must be done before."""
        return (self.start.parent,) if self.start is not None and self.start.parent else ()

    @property
    def svm(self) -> SVM:
        """Return the settings of a stage that fits an SVM."""
        if not isinstance(self.settings, SVM):
            raise TypeError(f"{self.title}: a network has no settings of an SVM.")
        return self.settings

    @property
    def learning(self) -> Learning:
        """Return the settings of a stage that trains a network."""
        if not isinstance(self.settings, Learning):
            raise TypeError(f"{self.title}: an SVM has no settings of a network.")
        return self.settings

    @property
    def is_adapted(self) -> bool:
        """Say whether the tasks have adapters."""
        return "adapter" in self.components

    @property
    def title(self) -> str:
        """Return a short name for progress displays."""
        what = self.task.id if len(self.tasks) == 1 else f"{len(self.tasks)} tasks in turn"
        return f"{self.system} on {what}, fold {self.fold}, seed {self.seed}"

    def shut(self) -> Stage:
        """Return the stage as training gets it: its tasks have no test split."""
        return replace(self, tasks=tuple(task.shut() for task in self.tasks))

    @property
    def splits(self) -> tuple[Literal["dev", "test"], ...]:
        """Return the splits that this recipe needs predictions of."""
        if not self.scored:
            return ()
        return ("dev", "test") if self.opens else ("dev",)

    def with_key(self, content: Mapping[str, str]) -> Stage:
        """Return the stage under its key; ``content`` is corpus id -> hash of its table and audio."""
        return replace(self, key=digest_of(self._identity(content)))

    def _identity(self, content: Mapping[str, str]) -> dict[str, Any]:
        """Return all that the result depends on, and nothing else: no names, paths, devices or executors."""
        corpora = sorted({corpus for task in self.tasks for corpus in task.corpora})
        start = None if self.start is None else {**asdict(self.start), "checkpoint": ""}
        return {
            "format": FORMAT,
            "kind": self.kind,
            "components": {role: part.to_json() for role, part in self.components.items()},
            "tuned": self.tuned,
            "learning_rates": self.learning_rates,
            "normalisation": self.normalisation,
            "tasks": [_task_identity(task) for task in self.tasks],
            "seed": self.seed,
            "precision": self.precision,
            "content": {corpus: content.get(corpus, "") for corpus in corpora},
            "start": start,
            **_settings_identity(self.settings),
        }

    def to_json(self) -> dict[str, Any]:
        """Return a description for people and for ``--json``."""
        return {
            "key": self.key,
            "kind": self.kind,
            "system": self.system,
            "strategy": self.strategy,
            "tuned": self.tuned,
            "tasks": [task.id for task in self.tasks],
            "classes": [list(task.classes) for task in self.tasks],
            "dimensions": [[] if task.classes else task.outputs_json() for task in self.tasks],
            "protocols": {name: protocol.hash for name, protocol in by_id(self.protocols).items()},
            "fold": self.fold,
            "seed": self.seed,
            "precision": self.precision,
            "items": [{split: len(items) for split, items in task.items.items()} for task in self.tasks],
            "components": {role: part.to_json() for role, part in self.components.items()},
            "normalisation": self.normalisation,
            "learning_rates": list(self.learning_rates),
            "parents": list(self.parents),
            "scored": self.scored,
        }


def _settings_identity(settings: SVM | Learning) -> dict[str, Any]:
    if isinstance(settings, SVM):
        return {"settings": settings.model_dump(mode="json")}
    training = settings.training.identity()
    del training["loss"]  # it is the tasks' own
    identity = {"settings": training, "dropout": settings.dropout}
    # What is handed on after rounds is told by the start of those that take it.
    if settings.shared is not None:
        identity["shared"] = settings.shared.model_dump(mode="json", exclude={"adapters", "norms"})
    return identity


def _task_identity(task: Task) -> list[Any]:
    items = {split: [(item.corpus, item.id, item.label) for item in found] for split, found in task.items.items()}
    numbers = [asdict(each) for each in task.dimensions]
    return [task.id, task.classes, task.loss, task.metric, items, *([numbers] if numbers else [])]


def by_id(protocols: Iterable[Protocol]) -> dict[str, Protocol]:
    """Return protocols by id; several of one id, on different labels of a corpus, by id and hash."""
    distinct = {(protocol.id, protocol.hash): protocol for protocol in protocols}
    ids = [id_ for id_, _ in distinct]
    return {id_ if ids.count(id_) == 1 else f"{id_} #{hash_[:8]}": each for (id_, hash_), each in distinct.items()}


@dataclass(frozen=True)
class Plan:
    """The stages of a recipe, parents before children."""

    recipe: Recipe
    stages: tuple[Stage, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the plan as data."""
        return {"recipe": self.recipe.name, "stages": [stage.to_json() for stage in self.stages]}
