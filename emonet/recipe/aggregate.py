"""Many corpora as one task: labels mapped into one space, each corpus subsampled to its rarest class (paper, 6.2)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from emonet.affect import AROUSAL, VALENCE
from emonet.corpus.corpus import SPLITS, Corpus, Target
from emonet.errors import RecipeError, did_you_mean
from emonet.files import digest_of
from emonet.labels.ontology import Ontology
from emonet.labels.shared import SharedSpace, shared_space
from emonet.recipe.recipe import Recipe, Shares
from emonet.recipe.task import Item, Task


def space_for(asked: Shares, labels: Mapping[str, Sequence[str]], ontology: Ontology) -> SharedSpace:
    """Return the space of a recipe's tasks (id -> labels) that ``shared`` or ``shared-families`` asks for.

    Raises:
        RecipeError: the tasks share fewer than two classes.
    """
    space = shared_space(ontology, labels, families=asked == "shared-families")
    if len(space.classes) < 2:
        listed = "; ".join(f"{task} has {', '.join(found)}" for task, found in space.labels.items())
        shared = f"only the class '{space.classes[0]}'" if space.classes else "no class"
        advice = "Write a map of your own, or see: emonet labels shared --help"
        raise RecipeError(f"These corpora share {shared}: {listed}. {advice}")
    return space


def maps_of(
    recipe: Recipe, labels: Mapping[str, Sequence[str]], ontology: Callable[[], Ontology]
) -> dict[str, dict[str, str | None]]:
    """Return the map (label -> class) of each system that has one, ``map: shared`` written out.

    Args:
        labels: of the recipe's tasks (id -> labels).
        ontology: returns the words that are known; called where a recipe asks for what corpora share.

    Raises:
        RecipeError: see ``space_for``.
    """
    found = {}
    for name, system in recipe.systems.items():
        if isinstance(system.map, str):
            try:
                found[name] = dict(space_for(system.map, labels, ontology()).map)
            except RecipeError as problem:
                raise RecipeError(f"System '{name}': {problem}") from None
        elif system.map is not None:
            found[name] = system.map
    return found


def with_maps(recipe: Recipe, maps: Mapping[str, dict[str, str | None]]) -> Recipe:
    """Return the recipe with the maps of its systems as they were written out."""
    systems = {name: recipe.systems[name].model_copy(update={"map": found}) for name, found in maps.items()}
    return recipe.model_copy(update={"systems": {**recipe.systems, **systems}})


AGGREGATE = "aggregate"
"""Stands for the corpus in the id of an aggregated task, e.g. ``aggregate/arousal``."""

_AFFECT: Mapping[str, tuple[str, ...]] = {"arousal": AROUSAL, "valence": VALENCE}


def aggregated_task(
    name: str, parts: Sequence[tuple[Corpus, Target, Task]], user_map: Mapping[str, str | None] | None, seed: int
) -> Task:
    """Join one fold of many corpora's tasks into one task of mapped classes.

    In each corpus and split, every mapped class that occurs there is subsampled to the size of the rarest, so
    that the model cannot learn a corpus' class distribution; which clips stay is a function of the seed.

    Args:
        name: ``arousal``, ``valence``, or the name of a user's map.
        parts: corpus, target and task of each corpus, all of the same fold.
        user_map: label -> class, for anything but ``arousal`` and ``valence``; a label with None is left out.

    Raises:
        RecipeError: a task without classes, a label that the mapping does not know, or a mapping to a single class.
    """
    classes = _AFFECT.get(name) or _user_classes(user_map or {})
    items: dict[str, list[Item]] = {split: [] for split in SPLITS}
    for corpus, target, task in parts:
        _check_classes(name, task)
        mapped = {label: _mapped(name, label, corpus, target, user_map) for label in task.classes}
        index = {label: classes.index(found) for label, found in mapped.items() if found is not None}
        for split in SPLITS:
            labelled = [(item, task.class_of(item)) for item in task.items[split]]
            kept = [replace(item, label=index[label]) for item, label in labelled if label in index]
            items[split] += _balanced(kept, seed, split)
    joined = Task(f"{AGGREGATE}/{name}", classes, {split: tuple(items[split]) for split in SPLITS})
    present = sorted({joined.class_of(item) for item in items["train"]}, key=classes.index)
    if len(present) < 2:
        found = ", ".join(present) or "nothing"
        message = f"Aggregated by {name}, train holds {found} alone. Add a corpus with labels of another class."
        raise RecipeError(message)
    return joined


def exposure(task: Task) -> dict[str, dict[str, int]]:
    """Return how many train items each corpus brings: corpus -> class -> count."""
    counts: dict[str, Counter[str]] = {}
    for item in task.items["train"]:
        counts.setdefault(item.corpus, Counter())[task.class_of(item)] += 1
    return {corpus: dict(sorted(found.items())) for corpus, found in sorted(counts.items())}


def _check_classes(name: str, task: Task) -> None:
    if not task.classes:
        message = (
            f"The task '{task.id}' has numbers, and aggregating by {name} maps classes. Name a target with classes "
            "for such systems, or choose multi-domain, which learns both kinds together."
        )
        raise RecipeError(message)


def _user_classes(user_map: Mapping[str, str | None]) -> tuple[str, ...]:
    classes = tuple(sorted({found for found in user_map.values() if found is not None}))
    if len(classes) < 2:
        raise RecipeError(f"The map leads to {len(classes)} classes; an aggregated task needs two at least.")
    return classes


def _mapped(
    name: str, label: str, corpus: Corpus, target: Target, user_map: Mapping[str, str | None] | None
) -> str | None:
    if name in _AFFECT:
        cell = target.affect.get(label)
        if cell is None:
            message = (
                f"Corpus '{corpus.id}': the label '{label}' of target '{target.name}' has no {name}. Add "
                f"affect: {{{label}: {{arousal: ..., valence: ..., reason: ...}}}} to its card, or to its entry in the "
                "recipe where it has no card; or leave the label out with classes: [...]."
            )
            raise RecipeError(message)
        return str(getattr(cell, name))
    if user_map is None or label not in user_map:
        hint = did_you_mean(label, user_map or {})
        add = f"Add map: {{{label}: CLASS}}, or {{{label}: null}} to leave it out."
        message = f"Corpus '{corpus.id}': the map does not know the label '{label}'. {hint} {add}"
        raise RecipeError(" ".join(message.split()))
    return user_map[label]


def _balanced(items: Sequence[Item], seed: int, split: str) -> list[Item]:
    """Keep as many items of every class that occurs as the rarest has."""
    by_label: dict[int, list[Item]] = {}
    for item in items:
        if isinstance(item.label, int):
            by_label.setdefault(item.label, []).append(item)
    smallest = min((len(found) for found in by_label.values()), default=0)
    kept: set[str] = set()
    for label, found in sorted(by_label.items()):
        chooser = random.Random(digest_of([seed, split, found[0].corpus, label]))  # noqa: S311 - reproducible, no secret
        kept |= {item.id for item in chooser.sample(found, smallest)}
    return [item for item in items if item.id in kept]
