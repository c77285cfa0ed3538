"""Recipes that ask for the labels that their corpora share."""

from __future__ import annotations

from typing import Any

import pytest

from emonet.errors import RecipeError
from emonet.labels.ontology import Ontology
from emonet.plugin.registry import load_registry
from emonet.recipe.aggregate import space_for, with_maps
from emonet.recipe.recipe import Recipe

LABELS = {"a/x": ("anger", "joy", "irritation"), "b/x": ("happiness", "anger", "boredom")}


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return load_registry().ontology


def recipe(**system: Any) -> Recipe:
    systems = {"one": {"strategy": "aggregate", **system}, "two": {"strategy": "scratch"}}
    return Recipe.model_validate({"corpora": ["a", "b"], "protocol": "by-speaker", "systems": systems})


def test_a_shared_map_is_written_out(ontology: Ontology) -> None:
    written = with_maps(recipe(map="shared"), LABELS, ontology)
    assert written.systems["one"].map == {
        "anger": "anger",
        "joy": "happiness",
        "irritation": None,
        "happiness": "happiness",
        "boredom": None,
    }
    families = with_maps(recipe(map="shared-families"), LABELS, ontology)
    assert isinstance(families.systems["one"].map, dict)
    assert families.systems["one"].map["irritation"] == "anger"


def test_other_recipes_are_left_as_they_are(ontology: Ontology) -> None:
    plain = recipe(map={"anger": "bad", "joy": None})
    assert with_maps(plain, LABELS, ontology) is plain


def test_corpora_that_share_nothing_are_named_with_their_labels(ontology: Ontology) -> None:
    lone = {"a/x": ("anger", "joy"), "b/x": ("anger", "boredom")}
    message = r"System 'one': These corpora share only the class 'anger': a/x has anger, joy; b/x has anger, boredom"
    with pytest.raises(RecipeError, match=message):
        with_maps(recipe(map="shared"), lone, ontology)
    with pytest.raises(RecipeError, match="These corpora share no class"):
        space_for("shared", {"a/x": ("anger", "joy"), "b/x": ("fear", "calm")}, ontology)
