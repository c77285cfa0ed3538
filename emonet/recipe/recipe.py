"""Recipes: what is learned from which corpora, by which systems, under which protocol."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_serializer,
    model_validator,
)

from emonet.corpus.readers.door import DOORS, Door
from emonet.document import Document, changed, read_document, validate
from emonet.errors import EmonetError, RecipeError, did_you_mean
from emonet.machine import checked_device
from emonet.recipe.choice import Choice
from emonet.recipe.normalisation import NormalisationName
from emonet.task_id import TaskId

Rest = Literal["keep", "drop", "merge"]
Shares = Literal["shared", "shared-families"]
"""The label space that corpora share, by canonical words or by the widest word of each family."""
LabelMap = Annotated[
    Annotated[dict[str, str | None], Tag("[labels]")] | Annotated[Shares, Tag("[word]")],
    Discriminator(lambda value: "[word]" if isinstance(value, str) else "[labels]"),
]
Evaluate = Literal["centre", "full", "windows"]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CorpusEntry(Door):
    """One corpus of a recipe: a registered id, or a door such as the path of a manifest.

    Attributes:
        id: of a registered corpus; ``id/target`` names a target, too.
        root: the folder of its files.
        target: what is learned of it, by default its first target; several dimensions as a list, or joined by ``+``.
        classes: a selection of the target's classes.
        metric: what selection reads, by default UAR for classes and CCC for numbers.
        protocol: its own protocol instead of the recipe's.
        speakers: whether its names of speakers are its ``own``, or ``shared`` with other corpora, where a name then
            stands for the same person; by default what its card says, and nobody knows for a corpus without a card.
    """

    id: str = ""
    root: str | None = None
    target: str | Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    classes: tuple[str, ...] = ()
    metric: str = ""
    protocol: Choice | None = None
    speakers: Literal["own", "shared"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, value: Any) -> Any:
        if isinstance(value, str):
            task = TaskId.of(value)
            return {"id": task.corpus, "target": task.target or None}
        if isinstance(value, Mapping) and len(value) == 1 and not set(value) & {"id", *DOORS}:
            name, options = next(iter(value.items()))
            if options is None or isinstance(options, Mapping):
                return {"id": name, **(options or {})}
        return value

    @model_validator(mode="after")
    def _has_one_origin(self) -> CorpusEntry:
        if sum(bool(getattr(self, way)) for way in ("id", *DOORS)) != 1:
            ways = ", ".join(f"{{{door}: path}}" for door in DOORS)
            raise ValueError(f"give a corpus id, or {ways}")
        return self


class Training(_Strict):
    """How networks are trained; the defaults are the paper's (4.3, 5.2.2).

    Attributes:
        batch: clips a step.
        learning_rates: one stage each; by default the strategy's (0.1, 0.01, 0.001 from scratch).
        patience: epochs without a better dev score until the next stage.
        epochs: upper limit for each stage; by default there is none.
        momentum: of SGD.
        decay: learning rate / (1 + decay * steps), a step being one batch, or one round of several tasks.
        weight_decay: of weights, not of norms and biases, as ``torch.optim`` counts it: weight_decay / 2 * sum of
            squares is added to the loss. The paper's l2 factor of 1e-6 has no half, so it is 2e-6 here; ``l2`` is still
            read.
        class_weights: weigh the loss of classes by inverse class frequency in train.
        loss: of numbers: ``ccc``, 1 - concordance correlation of the batch, or ``mse``; classes take cross entropy.
        rest: what becomes of an epoch's last clips where they are less than half a batch: ``keep`` makes a step on
            them as on any other, ``drop`` leaves them out of this epoch, ``merge`` adds them to the batch before.
        crop: longest random piece of a clip in training, in s; 0.1 or more.
        evaluate: what dev and test scores, and a pack, judge of a clip: its ``centre`` of that length, the ``full``
            clip, or ``windows`` of that length one after the other, the mean of whose answers counts by length.
    """

    batch: Count = 64
    learning_rates: tuple[Positive, ...] | None = None
    patience: Count = 50
    epochs: Count | None = None
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    decay: Annotated[float, Field(ge=0)] = 1e-6
    weight_decay: Annotated[float, Field(ge=0)] = 2e-6
    class_weights: bool = True
    loss: Literal["ccc", "mse"] = "ccc"
    rest: Rest = "keep"
    crop: Annotated[float, Field(ge=0.1)] = 5.0
    evaluate: Evaluate = "centre"

    @model_validator(mode="before")
    @classmethod
    def _from_l2(cls, value: Any) -> Any:
        """Read ``l2``, which recipes had before: half of ``weight_decay``."""
        if not isinstance(value, Mapping) or type(value.get("l2")) not in {int, float}:
            return value
        if "weight_decay" in value:
            raise ValueError(f"l2 and weight_decay are both given. Keep weight_decay; of l2 it is {2 * value['l2']:g}.")
        rest = {key: found for key, found in value.items() if key != "l2"}
        return {**rest, "weight_decay": 2 * value["l2"]}

    def identity(self) -> dict[str, Any]:
        """Return what keys of stages are made of, by the names that settings had when the first keys were made."""
        return {**self.model_dump(mode="json", exclude={"weight_decay"}), "l2": self.weight_decay / 2}


class Inner(_Strict):
    """Cross-validation inside train: by speakers, by utterances where nobody knows who speaks."""

    folds: Annotated[int, Field(ge=2)] = 5


class Select(_Strict):
    """What chooses: the ``dev`` split, or ``inner`` cross-validation, in full ``{inner: {folds: 5}}``."""

    inner: Inner | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, value: Any) -> Any:
        if value in ("dev", "inner"):
            return {"inner": None if value == "dev" else {}}
        if isinstance(value, Mapping) and set(value) == {"inner"}:
            return {"inner": value["inner"] or {}}
        raise ValueError(f"expected dev, inner or {{inner: {{folds: 5}}}}, found {value!r}")

    @model_serializer
    def _to_short_form(self) -> str | dict[str, dict[str, Any]]:
        return {"inner": self.inner.model_dump()} if self.inner else "dev"

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        """Describe the short forms, for editors."""
        folds = {"folds": {"type": "integer", "minimum": 2, "default": 5}}
        inner = {"type": ["object", "null"], "properties": folds, "additionalProperties": False}
        long = {"type": "object", "properties": {"inner": inner}, "required": ["inner"], "additionalProperties": False}
        return {"anyOf": [{"enum": ["dev", "inner"]}, long], "default": "dev"}


class SVM(_Strict):
    """The linear SVM of the baselines (paper, 4.1), for numbers a linear SVR; refit on train + dev with the chosen C.

    Attributes:
        c: the values to choose from.
        select: what chooses among them: ``dev`` (the paper's way), or ``inner`` cross-validation on train.
        class_weights: weigh errors by inverse class frequency; ours, the paper does not speak of it.
        iterations: upper limit of the solver.
    """

    c: Annotated[tuple[Positive, ...], Field(min_length=1)] = tuple(10.0**-i for i in range(10))
    select: Select = Select.model_validate("dev")
    class_weights: bool = True
    iterations: Count = 10_000


class SharedTraining(_Strict):
    """How a shared model learns from several tasks in turn (paper, 5.2.2), and what of aggregated ones it hands on.

    Attributes:
        rounds: rounds at each learning rate; a round is one batch and one step for each task.
        learning_rates: one stage each.
        sampling: whose batch comes next: ``round-robin``, ``proportional`` to clips, ``{temperature: {t: 2}}``
            (proportional to clips ** (1 / t)), or ``{weights: {task or corpus: weight}}``.
        adapters: of aggregated tasks: ``drop`` leaves what they learned behind (paper, 5.2.2: "adapters and classifier
            are reinitialized"), ``fold`` adds it to the shared weights before each corpus gets adapters of its own.
        norms: which norms (and folded adapters) the network of each corpus starts from where there are several
            aggregated tasks: those of the ``first``, or the ``mean`` of all; the paper does not say.
    """

    rounds: Count = 2500
    learning_rates: Annotated[tuple[Positive, ...], Field(min_length=1)] = (0.1, 0.01, 0.001)
    sampling: Choice = Choice.model_validate("round-robin")
    adapters: Literal["drop", "fold"] = "drop"
    norms: Literal["first", "mean"] = "first"


class SourceEntry(_Strict):
    """What a model has learned before: a corpus that it is trained on first, or a checkpoint.

    A corpus may stand for itself: ``source: my_corpus``.

    Attributes:
        corpus: as under ``corpora``.
        checkpoint: the path of a ``.safetensors`` file of a run, relative to the recipe.
    """

    corpus: CorpusEntry | None = None
    checkpoint: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, value: Any) -> Any:
        is_long = isinstance(value, Mapping) and set(value) <= {"corpus", "checkpoint"}
        return value if is_long else {"corpus": value}

    @model_validator(mode="after")
    def _has_one_origin(self) -> SourceEntry:
        if (self.corpus is None) == (not self.checkpoint):
            raise ValueError("give a corpus, or {checkpoint: path}")
        return self


class System(_Strict):
    """One system: a strategy and the components it is applied to.

    Attributes:
        strategy: what a shared model learns first, and what is tuned on each corpus afterwards.
        source: what ``head``, ``full`` and ``adapters`` start from.
        map: of ``aggregate``: label -> class (null leaves a label out of the shared model), or the label space that all
            corpora share.
        shared: how a shared model learns from several tasks.
        extractor: features of whole clips, computed once and kept.
        frontend: features that are computed inside the network.
        backbone: from the frontend's features to an embedding.
        adapter: what a task owns beside the shared weights.
        normalisation: whose means and scales features are brought to: those of all of train (``global``), of each
            ``corpus`` in train, of each ``speaker`` (test clips included, without labels), or ``none``; by default
            ``global`` for an extractor's and ``none`` for a frontend's.
        training: how networks are trained.
        svm: how the SVM is.
        dropout: share of the head's hidden units that training leaves out.
    """

    strategy: str
    source: SourceEntry | None = None
    map: LabelMap | None = None
    shared: SharedTraining = SharedTraining()
    extractor: Choice | None = None
    frontend: Choice | None = None
    backbone: Choice | None = None
    adapter: Choice | None = None
    normalisation: NormalisationName | None = None
    training: Training = Training()
    svm: SVM = SVM()
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2


class Recipe(_Strict):
    """A whole experiment: every system over every corpus, fold and seed.

    Attributes:
        name: what the folder of a run is called after; by default the recipe's file.
        corpora: what is learned and tested.
        classes: ``shared`` keeps of every corpus only the labels that all of them have, ``shared-families`` those of
            families of words that all of them have.
        protocol: how each corpus is parted into train, dev and test.
        audit: under ``strict``, a problem that the audit finds stops the run before training; under ``report`` it goes
            on, and the problem is printed below its scores.
        systems: name -> what is trained, and scored on every corpus.
        seeds: of the random numbers of networks; each is a training of its own.
        precision: of networks; ``bf16`` gives way to ``fp32`` where this machine does not compute it rightly.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        executor: where stages run; by default one after another in this process.
        baseline: the system that all others are tested against.
        selects: ``dev`` never opens test: only dev is scored, to choose among systems by; the same recipe without it
            opens test of what is trained already.
        compare_from: how many seeds a network needs before it is compared with the ``baseline``.
    """

    name: str = ""
    corpora: Annotated[tuple[CorpusEntry, ...], Field(min_length=1)]
    classes: Literal["all", "shared", "shared-families"] = "all"
    protocol: Choice
    audit: Literal["strict", "report"] = "strict"
    systems: Annotated[dict[str, System], Field(min_length=1)]
    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = (1,)
    precision: Literal["fp32", "bf16"] = "fp32"
    device: str = "auto"
    executor: Choice | None = None
    baseline: str | None = None
    selects: Literal["dev"] | None = None
    compare_from: Count = 3

    @model_validator(mode="after")
    def _baseline_is_a_system(self) -> Recipe:
        if self.baseline is not None and self.baseline not in self.systems:
            hint = did_you_mean(self.baseline, self.systems)
            raise ValueError(f"the baseline {self.baseline!r} is not a system. {hint} Known: {', '.join(self.systems)}")
        return self

    @field_validator("name")
    @classmethod
    def _name_is_plain(cls, name: str) -> str:
        return _plain_name(name, "name") if name else name

    @field_validator("device")
    @classmethod
    def _names_a_device(cls, device: str) -> str:
        try:
            return checked_device(device)
        except EmonetError as problem:
            raise ValueError(str(problem)) from None

    @field_validator("systems")
    @classmethod
    def _names_are_plain(cls, systems: dict[str, System]) -> dict[str, System]:
        for name in systems:
            _plain_name(name, "system name")
        return systems


_LONGEST_NAME = 100
"""Bytes; a file's name has 255, and what stands in a run's folder joins names of systems, tasks and seeds."""


def _plain_name(name: str, what: str) -> str:
    """Return a name that can be a folder's; refuse any other."""
    if len(name.encode()) > _LONGEST_NAME:
        raise ValueError(f"the {what} {name[:20]!r}... is longer than {_LONGEST_NAME} bytes. Shorten it")
    if not re.fullmatch(r"[\w-][\w.-]*", name):
        raise ValueError(f"the {what} {name!r} may hold letters, digits, '.', '-' and '_' only")
    return name


_ONE_SYSTEM = frozenset(System.model_fields)


def read_recipe(path: Path, changes: Sequence[str] = ()) -> tuple[Recipe, Document]:
    """Read a recipe file and apply ``key.sub=value`` changes (``--set``).

    A recipe without ``systems`` describes one system by the keys at its top. Beside ``systems``, these
    keys are defaults for every system.

    Raises:
        RecipeError: naming file, line and key of everything that is wrong, with the nearest right word.
    """
    document = read_document(path, RecipeError)
    return recipe_of(document, changes), document


def recipe_of(document: Document, changes: Sequence[str] = ()) -> Recipe:
    """Return the recipe that a document holds; see ``read_recipe``."""
    if not isinstance(document.data, dict):
        raise RecipeError(f"{document.name}: a recipe is a mapping of keys such as corpora, protocol and systems.")
    data = document.data
    for change in changes:
        data = changed(data, change, RecipeError)
    data, lines = _with_systems(data, dict(document.lines))
    data.setdefault("name", re.sub(r"[^\w.-]+", "-", Path(document.name).stem))
    return validate(Recipe, Document(data, document.name, lines, document.text), RecipeError)


def _with_systems(data: dict[str, Any], lines: dict[Any, int]) -> tuple[dict[str, Any], dict[Any, int]]:
    """Move the system keys at the top of a recipe into its systems, and their line numbers along."""
    top = {key: value for key, value in data.items() if key in _ONE_SYSTEM}
    rest = {key: value for key, value in data.items() if key not in _ONE_SYSTEM}
    if not top:
        return rest, lines
    systems = rest.get("systems", {str(top.get("strategy", "system")): {}})
    if not isinstance(systems, dict):
        return rest, lines
    merged = {name: {**top, **system} if isinstance(system, dict) else system for name, system in systems.items()}
    for keys, line in list(lines.items()):
        if keys and keys[0] in top:
            for name in merged:
                lines.setdefault(("systems", name, *keys), line)
    return {**rest, "systems": merged}, lines


def recipe_schema() -> dict[str, Any]:
    """Return the JSON schema of recipes, for editors."""
    schema: dict[str, Any] = Recipe.model_json_schema()
    system = schema["$defs"]["System"]["properties"]
    schema["properties"] |= {key: value for key, value in system.items() if key not in schema["properties"]}
    schema["required"] = [key for key in schema["required"] if key != "systems"]
    return {**schema, "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "EmoNet recipe"}
