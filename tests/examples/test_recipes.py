"""The example recipes are read, and their components are there and fit together."""

from __future__ import annotations

from pathlib import Path

import pytest

from emonet.plugin.registry import load_registry
from emonet.recipe.outputs import chosen_outputs
from emonet.recipe.recipe import read_recipe
from emonet.recipe.resolve import components_of
from emonet.recipe.strategies import STRATEGIES, strategy

RECIPES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))


def test_the_examples_have_a_recipe_for_every_strategy() -> None:
    used = {system.strategy for path in RECIPES for system in read_recipe(path)[0].systems.values()}
    assert used == set(STRATEGIES)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_an_example_recipe_names_what_there_is(path: Path) -> None:
    registry = load_registry()
    recipe, _ = read_recipe(path)
    for entry in recipe.corpora:
        assert registry.corpus(entry.id)
    for name, system in recipe.systems.items():
        assert components_of(name, system, strategy(system.strategy), registry.factory)
        if system.source is not None and system.source.corpus is not None:
            assert registry.corpus(system.source.corpus.id)


def test_the_example_of_dimensions_learns_three_of_them_in_one_head() -> None:
    recipe, _ = read_recipe(next(path for path in RECIPES if path.stem == "dimensions"))
    entry = recipe.corpora[0]
    outputs = chosen_outputs(load_registry().corpus(entry.id), entry.target)
    assert (outputs.name, outputs.kind) == ("valence+arousal+dominance", "dimensional")
