"""Recipes that ask for the label space that their corpora share, written out before anything is planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emonet.errors import RecipeError
from emonet.labels.ontology import Ontology
from emonet.labels.shared import SharedSpace, shared_space
from emonet.recipe import Recipe, Shares


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


def with_maps(recipe: Recipe, labels: Mapping[str, Sequence[str]], ontology: Ontology) -> Recipe:
    """Return the recipe with ``map: shared`` of its systems written out as label -> class.

    Raises:
        RecipeError: see ``space_for``.
    """
    systems = {}
    for name, system in recipe.systems.items():
        if isinstance(system.map, str):
            try:
                space = space_for(system.map, labels, ontology)
            except RecipeError as problem:
                raise RecipeError(f"System '{name}': {problem}") from None
            systems[name] = system.model_copy(update={"map": dict(space.map)})
    return recipe.model_copy(update={"systems": {**recipe.systems, **systems}}) if systems else recipe
