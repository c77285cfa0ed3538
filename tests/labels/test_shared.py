"""The label space of several corpora: merged by words, never within one corpus unless families are asked for."""

from __future__ import annotations

import pytest

from emonet.labels.ontology import Ontology
from emonet.labels.shared import shared_space
from emonet.plugin.registry import load_registry

GERMAN = ("Wut", "Freude", "Langeweile", "neutral")
ENGLISH = ("angry", "happiness", "neutral", "surprise")


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return load_registry().ontology


def test_labels_of_one_meaning_are_one_class_and_the_rest_is_lost(ontology: Ontology) -> None:
    space = shared_space(ontology, {"de/label": GERMAN, "en/label": ENGLISH})
    assert space.classes == ("anger", "happiness", "neutral")
    assert space.map == {
        "Wut": "anger",
        "Freude": "happiness",
        "Langeweile": None,
        "neutral": "neutral",
        "angry": "anger",
        "happiness": "happiness",
        "surprise": None,
    }
    assert (space.kept("de/label"), space.lost("de/label")) == (("Wut", "Freude", "neutral"), ("Langeweile",))
    assert space.merged() == {"anger": ("Wut", "angry"), "happiness": ("Freude", "happiness")}


def test_what_one_corpus_tells_apart_is_not_merged(ontology: Ontology) -> None:
    space = shared_space(ontology, {"a/x": ("joy", "happiness", "fear"), "b/x": ("joy", "fear")})
    assert space.classes == ("fear", "joy")
    assert space.map["happiness"] is None


def test_families_merge_within_a_corpus_as_well(ontology: Ontology) -> None:
    labels = {"a/x": ("irritation", "anger", "fear"), "b/x": ("rage", "anxiety")}
    assert shared_space(ontology, labels).classes == ("anger",)
    space = shared_space(ontology, labels, families=True)
    assert space.classes == ("anger", "fear")
    assert space.merged() == {"anger": ("irritation", "anger", "rage"), "fear": ("fear", "anxiety")}


def test_a_class_may_be_shared_by_some_of_many(ontology: Ontology) -> None:
    labels = {"a/x": ("anger", "fear"), "b/x": ("anger", "sadness"), "c/x": ("anger", "sadness", "calm")}
    assert shared_space(ontology, labels).classes == ("anger",)
    assert shared_space(ontology, labels, least=2).classes == ("anger", "sadness")


def test_labels_that_no_word_knows_are_compared_by_their_spelling(ontology: Ontology) -> None:
    space = shared_space(ontology, {"a/x": ("Healthy", "ill"), "b/x": ("healthy", "sick")})
    assert space.classes == ("healthy",)
