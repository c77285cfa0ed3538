"""The example recipes are read, and their components are there and fit together."""

from __future__ import annotations

from pathlib import Path

import pytest

from emonet.components import components_of
from emonet.plugin.registry import load_registry
from emonet.recipe import read_recipe
from emonet.strategies import STRATEGIES, strategy

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
