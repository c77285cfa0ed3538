"""The label space that several corpora share: their labels brought together through canonical words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emonet.labels.ontology import Ontology
from emonet.labels.words import spelling


@dataclass(frozen=True)
class SharedSpace:
    """The classes that several tasks have in common, and what becomes of each label.

    Attributes:
        classes: canonical words, sorted.
        map: label -> class; None for a label that too few tasks have, which is left out.
        labels: task id (``corpus/target``) -> its labels.
        least: how many tasks must have a class.
    """

    classes: tuple[str, ...]
    map: Mapping[str, str | None]
    labels: Mapping[str, tuple[str, ...]]
    least: int

    def kept(self, task: str) -> tuple[str, ...]:
        """Return the labels of a task that have a class."""
        return tuple(label for label in self.labels[task] if self.map[label] is not None)

    def lost(self, task: str) -> tuple[str, ...]:
        """Return the labels of a task that have none."""
        return tuple(label for label in self.labels[task] if self.map[label] is None)

    def merged(self) -> dict[str, tuple[str, ...]]:
        """Return the classes that more than one label leads to, with these labels."""
        labels = {name: tuple(label for label, leads in self.map.items() if leads == name) for name in self.classes}
        return {name: found for name, found in labels.items() if len(found) > 1}


def shared_space(
    ontology: Ontology, labels: Mapping[str, Sequence[str]], *, families: bool = False, least: int | None = None
) -> SharedSpace:
    """Bring the labels of several tasks into one space.

    Labels with one canonical word are one class, and so are words that mean the same (joy, happiness) unless one task
    tells them apart. A label that no word knows stands for itself.

    Args:
        ontology: the canonical words.
        labels: task id -> its labels.
        families: go on to the widest word of each family, also within a task (irritation and anger become anger).
        least: how many tasks must have a class; all of them by default.
    """
    needed = len(labels) if least is None else least
    words = {label: ontology.canonical(label) or spelling(label) for listed in labels.values() for label in listed}
    apart = _told_apart(ontology, [{words[label] for label in listed} for listed in labels.values()])
    classes = {label: _class_of(ontology, word, apart, families=families) for label, word in words.items()}
    having = Counter(name for listed in labels.values() for name in {classes[label] for label in listed})
    mapped = {label: name if having[name] >= needed else None for label, name in classes.items()}
    kept = tuple(sorted({name for name in mapped.values() if name is not None}))
    return SharedSpace(kept, mapped, {task: tuple(listed) for task, listed in labels.items()}, needed)


def _told_apart(ontology: Ontology, tasks: Sequence[set[str]]) -> set[str]:
    """Return the senses that some task has two words for."""
    counts = [Counter(ontology.sense(word) for word in words) for words in tasks]
    return {sense for found in counts for sense, count in found.items() if count > 1}


def _class_of(ontology: Ontology, word: str, apart: set[str], *, families: bool) -> str:
    if families:
        return ontology.family(word)
    sense = ontology.sense(word)
    return word if sense in apart else sense
