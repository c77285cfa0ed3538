"""Recipes that ask for the labels that their corpora share."""

from __future__ import annotations

from typing import Any

import pytest

from emonet.errors import RecipeError
from emonet.labels.ontology import Ontology
from emonet.plugin.registry import load_registry
from emonet.recipe.aggregate import maps_of, space_for, with_maps
from emonet.recipe.recipe import Recipe

LABELS = {"a/x": ("anger", "joy", "irritation"), "b/x": ("happiness", "anger", "boredom")}


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return load_registry().ontology


def recipe(**system: Any) -> Recipe:
    systems = {"one": {"strategy": "aggregate", **system}, "two": {"strategy": "scratch"}}
    return Recipe.model_validate({"corpora": ["a", "b"], "protocol": "by-speaker", "systems": systems})


def test_a_shared_map_is_written_out(ontology: Ontology) -> None:
    maps = maps_of(recipe(map="shared"), LABELS, lambda: ontology)
    assert maps == {
        "one": {
            "anger": "anger",
            "joy": "happiness",
            "irritation": None,
            "happiness": "happiness",
            "boredom": None,
        }
    }
    assert with_maps(recipe(map="shared"), maps).systems["one"].map == maps["one"]
    families = maps_of(recipe(map="shared-families"), LABELS, lambda: ontology)
    assert families["one"]["irritation"] == "anger"


def test_maps_of_one_s_own_are_left_as_they_are_and_no_words_are_asked_for() -> None:
    def asked() -> Ontology:
        raise AssertionError("reading words takes time")

    plain = recipe(map={"anger": "bad", "joy": None})
    maps = maps_of(plain, LABELS, asked)
    assert maps == {"one": {"anger": "bad", "joy": None}}
    assert with_maps(plain, maps) == plain


def test_corpora_that_share_nothing_are_named_with_their_labels(ontology: Ontology) -> None:
    lone = {"a/x": ("anger", "joy"), "b/x": ("anger", "boredom")}
    message = r"System 'one': These corpora share only the class 'anger': a/x has anger, joy; b/x has anger, boredom"
    with pytest.raises(RecipeError, match=message):
        maps_of(recipe(map="shared"), lone, lambda: ontology)
    with pytest.raises(RecipeError, match="These corpora share no class"):
        space_for("shared", {"a/x": ("anger", "joy"), "b/x": ("fear", "calm")}, ontology)
