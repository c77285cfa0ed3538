"""What is learned of a corpus: the outputs that a recipe chooses among its targets, and the task that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emonet.corpus.corpus import SPLITS, Corpus, Target, Utterance
from emonet.errors import RecipeError, UnknownName, did_you_mean
from emonet.protocols.protocol import Fold
from emonet.recipe.task import Dimension, Item, Task, Truth
from emonet.task_id import TaskId

if TYPE_CHECKING:
    from emonet.evaluate.metrics import TargetKind

JOINED = "+"
"""Stands between the dimensions that one head learns, in recipes and in the ids of tasks."""

_DEFAULTS: Mapping[TargetKind, tuple[str, str]] = {
    "categorical": ("cross-entropy", "uar"),
    "dimensional": ("ccc", "ccc"),
}
"""Kind of task -> its loss and its metric."""


@dataclass(frozen=True)
class Outputs:
    """What one head is to learn of a corpus: classes of one target, or one dimension or more.

    Attributes:
        target: the target, or the first of the dimensions.
        classes: empty for dimensions.
        metric: for selection; empty takes that of the kind.
    """

    target: Target
    classes: tuple[str, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    metric: str = ""

    @property
    def name(self) -> str:
        """Return the target's name, or the joined names of several dimensions."""
        return JOINED.join(each.name for each in self.dimensions) or self.target.name

    @property
    def kind(self) -> TargetKind:
        """Return what the outputs are: classes or numbers."""
        return "dimensional" if self.dimensions else "categorical"

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the targets that are learned."""
        return tuple(each.name for each in self.dimensions) or (self.target.name,)

    def label_of(self, utterance: Utterance) -> Truth | None:
        """Return what is to be said of an utterance, None where the corpus does not say all of it."""
        if not self.dimensions:
            label = utterance.labels.get(self.target.name)
            return self.classes.index(str(label)) if label in self.classes else None
        values = [utterance.labels.get(each.name) for each in self.dimensions]
        return None if None in values else tuple(float(value) for value in values if value is not None)

    def has_some(self, utterance: Utterance) -> bool:
        """Say whether an utterance has a label of any of the targets."""
        return any(name in utterance.labels for name in self.names)


def chosen_outputs(
    corpus: Corpus, target: str | Sequence[str] | None = None, classes: Sequence[str] = (), metric: str = ""
) -> Outputs:
    """Return what is to be learned of a corpus.

    Args:
        corpus: whose targets are chosen from.
        target: one target by name, several dimensions in a list or joined by ``+``; None for the first target.
        classes: a selection of a target's classes; empty for all of them, in the target's order.
        metric: for selection; empty takes UAR for classes and CCC for numbers.

    Raises:
        UnknownName: there is no such target or metric.
        RecipeError: targets that one head cannot learn, classes that do not exist or of a target that has none.
    """
    targets = _targets(corpus, target)
    if targets[0].range is None:
        outputs = Outputs(targets[0], _classes(corpus, targets[0], classes))
    else:
        dimensions = tuple(Dimension(each.name, each.range, each.unit) for each in targets if each.range is not None)
        outputs = Outputs(targets[0], dimensions=dimensions)
        if classes:
            message = (
                f"The target '{TaskId(corpus.id, outputs.name).text}' holds numbers, so that classes: "
                f"[{', '.join(classes)}] cannot be selected from it. Leave classes out, or name a target with classes: "
                f"{_with_classes(corpus)}."
            )
            raise RecipeError(message)
    if metric:
        from emonet.evaluate.metrics import METRICS  # and with it numpy, which listing commands do without

        known = [name for name, each in METRICS.items() if each.kind == outputs.kind]
        if metric not in known:
            raise UnknownName(f"metric of '{TaskId(corpus.id, outputs.name).text}'", metric, known)
    return replace(outputs, metric=metric)


def _targets(corpus: Corpus, wanted: str | Sequence[str] | None) -> tuple[Target, ...]:
    if wanted is None or isinstance(wanted, str):
        whole = wanted is None or wanted in {target.name for target in corpus.targets}
        names: Sequence[str | None] = [wanted] if whole or wanted is None else wanted.split(JOINED)
    else:
        names = wanted
    targets = tuple(corpus.target(name) for name in names)
    twice = next((target.name for target in targets if targets.count(target) > 1), None)
    if twice is not None:
        raise RecipeError(f"Corpus '{corpus.id}': the target '{twice}' is named twice. Keep one of them.")
    classed = next((target.name for target in targets if target.is_categorical), None)
    if classed is not None and len(targets) > 1:
        message = (
            f"Corpus '{corpus.id}': one head cannot learn '{classed}', which has classes, together with other targets. "
            f"Name it by itself, as a further entry under corpora: {TaskId(corpus.id, classed).text}."
        )
        raise RecipeError(message)
    return targets


def _with_classes(corpus: Corpus) -> str:
    return ", ".join(target.name for target in corpus.targets if target.is_categorical) or "none here"


def _classes(corpus: Corpus, target: Target, selection: Sequence[str]) -> tuple[str, ...]:
    """Return the classes to learn: all of the target's, or a selection of them in the target's order."""
    for name in selection:
        if name not in target.classes:
            hint = did_you_mean(name, target.classes)
            known = ", ".join(target.classes)
            raise RecipeError(f"Corpus '{corpus.id}' has no class '{name}'. {hint} Its classes: {known}.")
    classes = tuple(name for name in target.classes if not selection or name in selection)
    if len(classes) < 2:
        raise RecipeError(f"Corpus '{corpus.id}': {len(classes)} class is selected. Select two at least.")
    return classes


def occurring(corpus: Corpus, outputs: Outputs, utterances: Sequence[Utterance]) -> Outputs:
    """Return the outputs; where the owner's classes are not known, with those classes only that occur.

    Raises:
        RecipeError: fewer than two of them occur.
    """
    if not outputs.target.open:
        return outputs
    name = outputs.target.name
    present = {utterance.labels.get(name) for utterance in utterances}
    found = tuple(label for label in outputs.classes if label in present)
    if len(found) < 2:
        seen = f"only '{found[0]}' occurs" if found else "no label occurs"
        message = f"Corpus '{corpus.id}': {seen} for the target '{name}', whose classes are not known."
        raise RecipeError(f"{message} List utterances of two classes at least.")
    return replace(outputs, classes=found)


def make_task(corpus: Corpus, outputs: Outputs, utterances: Sequence[Utterance], fold: Fold) -> Task:
    """Make the task of one corpus' outputs in one fold; utterances without all labels are left out.

    Raises:
        RecipeError: a split without a labelled utterance, a class that occurs in dev or test but never in train, or
            a dimension that never changes in train.
    """
    items: dict[str, list[Item]] = {split: [] for split in SPLITS}
    for utterance in sorted(utterances, key=lambda utterance: utterance.id):
        split, label = fold.splits.get(utterance.id), outputs.label_of(utterance)
        if split is not None and label is not None:
            items[split].append(Item(corpus.id, utterance.id, label, utterance.speaker))
    where = f"Corpus '{corpus.id}', fold '{fold.name}'"
    empty = next((split for split in SPLITS if not items[split]), None)
    if empty is not None:
        raise RecipeError(f"{where}: no labelled utterance is in {empty}.")
    if outputs.dimensions:
        _check_dimensions(where, outputs, items)
    else:
        _check_classes(where, outputs.classes, items)
    from emonet.evaluate.metrics import METRICS

    loss, metric = _DEFAULTS[outputs.kind]
    metric = outputs.metric or metric
    return Task(
        TaskId(corpus.id, outputs.name).text,
        outputs.classes,
        {split: tuple(items[split]) for split in SPLITS},
        loss,
        metric,
        METRICS[metric].higher_is_better,
        outputs.dimensions,
    )


def _check_dimensions(where: str, outputs: Outputs, items: Mapping[str, Sequence[Item]]) -> None:
    columns = zip(*(item.label for item in items["train"] if isinstance(item.label, tuple)), strict=True)
    for dimension, values in zip(outputs.dimensions, columns, strict=True):
        if len(set(values)) < 2:
            message = (
                f"{where}: '{dimension.name}' is {values[0]:g} for all {len(values)} utterances of train, so that "
                "nothing can be learned. Choose another protocol or target."
            )
            raise RecipeError(message)


def _check_classes(where: str, classes: Sequence[str], items: Mapping[str, Sequence[Item]]) -> None:
    present = {split: {item.label for item in items[split] if isinstance(item.label, int)} for split in SPLITS}
    unseen = sorted((present["dev"] | present["test"]) - present["train"])
    if unseen:
        splits = " and ".join(split for split in ("dev", "test") if unseen[0] in present[split])
        rest = [name for position, name in enumerate(classes) if position in present["train"]]
        way = f", or leave it out: classes: [{', '.join(rest)}]" if len(rest) > 1 else ""
        message = (
            f"{where}: the label '{classes[unseen[0]]}' is in {splits} but not in "
            f"train, so nothing can learn it. Choose another protocol{way}."
        )
        raise RecipeError(message)
    if len(present["train"]) == 1:
        (only,) = present["train"]
        message = (
            f"{where}: all utterances of train that can be used are '{classes[only]}', so that nothing can be learned."
        )
        raise RecipeError(f"{message} Look whether files of other labels were left out, or choose another protocol.")
