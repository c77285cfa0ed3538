"""``plan``: from a recipe and the facts of its corpora to a graph of stages. Pure, and without torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emonet.choice import Choice
from emonet.component import Traits, traits_of
from emonet.corpus.corpus import Corpus, Target, Utterance
from emonet.corpus.protocol import Protocol
from emonet.digest import digest_of
from emonet.errors import RecipeError
from emonet.plugin.build import check_options
from emonet.plugin.registry import Component
from emonet.recipe import Recipe, System
from emonet.strategies import Strategy, strategy
from emonet.task import Task, make_task

FindFactory = Callable[[Component, str], Callable[..., Any]]


@dataclass(frozen=True)
class CorpusFacts:
    """All that planning must know of a corpus: no audio, only its table.

    Attributes:
        utterances: those that carry a label of ``target`` among ``classes``.
        content: hash of table and audio; empty while the corpus is not prepared.
    """

    corpus: Corpus
    target: Target
    classes: tuple[str, ...]
    utterances: tuple[Utterance, ...]
    protocol: Protocol
    content: str = ""


@dataclass(frozen=True)
class Resolved:
    """A component with all its options, defaults filled in, and its traits."""

    name: str
    options: Mapping[str, Any]
    traits: Traits

    def to_json(self) -> dict[str, Any]:
        """Return what identifies the component in a stage key."""
        return {"name": self.name, "options": dict(self.options), "version": self.traits.version}


@dataclass(frozen=True)
class Stage:
    """One unit of work whose result is kept under ``key``.

    Attributes:
        kind: ``train`` for a network, ``probe`` for an SVM on fixed features.
        components: extractor, or frontend and backbone, resolved.
        learning_rates: one after the other; empty for a probe.
        parents: keys of the stages whose results this one starts from.
    """

    key: str
    kind: str
    system: str
    row: Strategy
    settings: System
    components: Mapping[str, Resolved]
    normalisation: str
    learning_rates: tuple[float, ...]
    task: Task
    protocol: Protocol
    fold: str
    seed: int
    precision: str
    parents: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return a short name for progress displays."""
        return f"{self.system} on {self.task.id}, fold {self.fold}, seed {self.seed}"

    def to_json(self) -> dict[str, Any]:
        """Return a description for people and for ``--json``."""
        return {
            "key": self.key,
            "kind": self.kind,
            "system": self.system,
            "strategy": self.row.name,
            "task": self.task.id,
            "classes": list(self.task.classes),
            "protocol": self.protocol.id,
            "protocol_hash": self.protocol.hash,
            "fold": self.fold,
            "seed": self.seed,
            "items": {part: len(items) for part, items in self.task.items.items()},
            "components": {role: part.to_json() for role, part in self.components.items()},
            "normalisation": self.normalisation,
            "learning_rates": list(self.learning_rates),
            "parents": list(self.parents),
        }


@dataclass(frozen=True)
class Plan:
    """The stages of a recipe, parents before children."""

    recipe: Recipe
    stages: tuple[Stage, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the plan as data."""
        return {"recipe": self.recipe.name, "stages": [stage.to_json() for stage in self.stages]}


def plan(recipe: Recipe, facts: Sequence[CorpusFacts], factory: FindFactory) -> Plan:
    """Lay out the stages of a recipe: every system on every corpus, seed and fold.

    Raises:
        UnknownName: a strategy or component that nobody knows.
        RecipeError: a system whose parts are missing or do not fit, or a fold without a class in train.
    """
    stages: list[Stage] = []
    for name, system in recipe.systems.items():
        row = strategy(system.strategy)
        components = _components(name, system, row, factory)
        for known in facts:
            for seed in recipe.seeds:
                stages += _stages(recipe, name, row, components, known, seed)
    return Plan(recipe, tuple(stages))


def _stages(
    recipe: Recipe,
    name: str,
    row: Strategy,
    components: Mapping[str, Resolved],
    facts: CorpusFacts,
    seed: int,
) -> list[Stage]:
    system = recipe.systems[name]
    stages = []
    for fold in facts.protocol.folds:
        task = make_task(facts.corpus, facts.target, facts.classes, facts.utterances, fold)
        stage = Stage(
            key="",
            kind="probe" if row.tunes == "svm" else "train",
            system=name,
            row=row,
            settings=system,
            components=components,
            normalisation=system.normalisation or _default_normalisation(components),
            learning_rates=system.training.learning_rates or row.learning_rates,
            task=task,
            protocol=facts.protocol,
            fold=fold.name,
            seed=seed,
            precision=recipe.precision,
        )
        stages.append(_with_key(stage, facts))
    return stages


def _with_key(stage: Stage, facts: CorpusFacts) -> Stage:
    """Give the stage its key: the hash of all that its result depends on, and of nothing else."""
    own = stage.settings.svm if stage.kind == "probe" else stage.settings.training
    items = {part: [(item.corpus, item.id, item.label) for item in found] for part, found in stage.task.items.items()}
    key = digest_of(
        {
            "kind": stage.kind,
            "strategy": stage.row.name,
            "components": {role: part.to_json() for role, part in stage.components.items()},
            "settings": own.model_dump(mode="json"),
            "dropout": stage.settings.dropout,
            "learning_rates": stage.learning_rates,
            "normalisation": stage.normalisation,
            "task": [stage.task.id, stage.task.classes, stage.task.loss, stage.task.metric],
            "items": items,
            "seed": stage.seed,
            "precision": stage.precision,
            "content": facts.content,
            "parents": stage.parents,
        }
    )
    return Stage(**{**stage.__dict__, "key": key})


def _default_normalisation(components: Mapping[str, Resolved]) -> str:
    """Return the paper's: z-scores from train for vectors (4.1), nothing for log-mels (5.1)."""
    return "global" if "extractor" in components else "none"


def _components(name: str, system: System, row: Strategy, factory: FindFactory) -> dict[str, Resolved]:
    roles = ("extractor",) if row.tunes == "svm" else ("frontend", "backbone")
    for role in ("extractor", "frontend", "backbone", "adapter"):
        if (getattr(system, role) is None) == (role in roles):
            verb = "needs" if role in roles else "takes no"
            remedy = "Add it" if role in roles else "Leave it out"
            raise RecipeError(f"System '{name}': the strategy '{row.name}' {verb} {role}. {remedy}.")
    components = {role: _resolve(role, getattr(system, role), factory) for role in roles}
    if "backbone" in components:
        _check_fit(name, components["frontend"], components["backbone"])
    return components


_KIND_OF: Mapping[str, Component] = {"extractor": "extractors", "frontend": "frontends", "backbone": "backbones"}


def _resolve(role: str, choice: Choice, factory: FindFactory) -> Resolved:
    found = factory(_KIND_OF[role], choice.name)
    options = check_options(f"{role} '{choice.name}'", found, choice.options)
    return Resolved(choice.name, options, traits_of(found))


def _check_fit(name: str, frontend: Resolved, backbone: Resolved) -> None:
    given, wanted = frontend.traits.yields, backbone.traits.accepts
    if given != wanted:
        message = (
            f"System '{name}': the frontend '{frontend.name}' yields {given}, the backbone '{backbone.name}' "
            f"accepts {wanted}. Choose a frontend that yields {wanted}."
        )
        raise RecipeError(message)
