"""Tasks: what one head learns. The trainer cannot tell a corpus from many corpora mapped into one label space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emonet.corpus.corpus import PARTS, Corpus, Target, Utterance
from emonet.corpus.protocol import Fold
from emonet.errors import RecipeError, did_you_mean


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled utterance: ``label`` is the index of its class."""

    corpus: str
    id: str
    label: int
    speaker: str | None = None


@dataclass(frozen=True)
class Task:
    """What a head learns, from which items, by which loss, judged by which metric.

    Attributes:
        id: ``corpus/target``.
        classes: the head's outputs in order.
        items: part (train, dev, test) -> items, in the order of their ids.
        loss: name of the loss.
        metric: name of the metric that selection and stopping read.
        higher_is_better: the metric's direction.
    """

    id: str
    classes: tuple[str, ...]
    items: Mapping[str, tuple[Item, ...]]
    loss: str = "cross-entropy"
    metric: str = "uar"
    higher_is_better: bool = True

    @property
    def corpora(self) -> tuple[str, ...]:
        """Return the ids of the corpora that the items come from."""
        return tuple(sorted({item.corpus for items in self.items.values() for item in items}))

    def is_better(self, score: float, best: float | None) -> bool:
        """Say whether ``score`` beats ``best``; anything beats None."""
        return best is None or (score > best if self.higher_is_better else score < best)


def task_id(corpus_id: str, target: Target) -> str:
    """Return the id of the task that learns a corpus' target."""
    return f"{corpus_id}/{target.name}"


def chosen_classes(corpus: Corpus, target: Target, selection: Sequence[str]) -> tuple[str, ...]:
    """Return the classes to learn: all of the target's, or a selection of them in the target's order.

    Raises:
        RecipeError: the target has no classes, a selected one does not exist, or fewer than two are left.
    """
    if not target.is_categorical:
        named = ", ".join(other.name for other in corpus.targets if other.is_categorical) or "none"
        message = (
            f"The target '{task_id(corpus.id, target)}' is dimensional; this version trains targets with classes. "
            f"Targets with classes here: {named}."
        )
        raise RecipeError(message)
    for name in selection:
        if name not in target.classes:
            hint = did_you_mean(name, target.classes)
            known = ", ".join(target.classes)
            raise RecipeError(f"Corpus '{corpus.id}' has no class '{name}'. {hint} Its classes: {known}.")
    classes = tuple(name for name in target.classes if not selection or name in selection)
    if len(classes) < 2:
        raise RecipeError(f"Corpus '{corpus.id}': {len(classes)} class is selected. Select two at least.")
    return classes


def make_task(
    corpus: Corpus, target: Target, classes: Sequence[str], utterances: Sequence[Utterance], fold: Fold
) -> Task:
    """Make the task of one corpus' target in one fold.

    Raises:
        RecipeError: a class occurs in dev or test but never in train.
    """
    index = {name: position for position, name in enumerate(classes)}
    items: dict[str, list[Item]] = {part: [] for part in PARTS}
    for utterance in sorted(utterances, key=lambda utterance: utterance.id):
        part, label = fold.parts.get(utterance.id), utterance.labels.get(target.name)
        if part is not None and label in index:
            items[part].append(Item(corpus.id, utterance.id, index[str(label)], utterance.speaker))
    _check_labels(corpus, classes, items, fold)
    return Task(task_id(corpus.id, target), tuple(classes), {part: tuple(items[part]) for part in PARTS})


def _check_labels(corpus: Corpus, classes: Sequence[str], items: Mapping[str, Sequence[Item]], fold: Fold) -> None:
    present = {part: {item.label for item in items[part]} for part in PARTS}
    for part in PARTS:
        if not present[part]:
            raise RecipeError(f"Corpus '{corpus.id}', fold '{fold.name}': no labelled utterance is in {part}.")
    unseen = sorted((present["dev"] | present["test"]) - present["train"])
    if unseen:
        where = " and ".join(part for part in ("dev", "test") if unseen[0] in present[part])
        rest = ", ".join(name for position, name in enumerate(classes) if position not in unseen)
        message = (
            f"Corpus '{corpus.id}', fold '{fold.name}': the label '{classes[unseen[0]]}' is in {where} but not in "
            f"train, so nothing can learn it. Choose another protocol, or leave it out: classes: [{rest}]."
        )
        raise RecipeError(message)
