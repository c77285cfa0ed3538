"""Which labels have a cell, from where, and who disagrees."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emonet import Affect, Corpus, Target
from emonet.affect import TABLE_2
from emonet.labels.coverage import coverage_of, users_of
from emonet.labels.ontology import Ontology
from emonet.plugin.registry import load_registry
from tests.helpers.made import make_corpus


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return load_registry().ontology


def corpus_with(**cells: Affect | None) -> Corpus:
    affect = {label: cell for label, cell in cells.items() if cell is not None}
    return replace(make_corpus(), targets=(Target("emotion", tuple(cells), {}, affect),))


def test_each_label_says_where_its_cell_comes_from(ontology: Ontology) -> None:
    corpus = corpus_with(anger=TABLE_2["anger"], calm=Affect("low", "neutral", "a stand-in"), happy=None)
    assert [each.status for each in coverage_of([corpus], ontology)] == ["Table 2", "card", "unmapped"]
    anger, calm, happy = coverage_of([corpus], ontology)
    assert (anger.status, anger.word, anger.contested) == ("Table 2", "anger", ())
    assert (calm.status, calm.affect) == ("card", Affect("low", "neutral", "a stand-in"))
    assert (happy.status, happy.word, happy.affect, happy.proposal) == (
        "unmapped",
        "happiness",
        None,
        TABLE_2["happiness"],
    )


def test_a_card_that_disagrees_with_the_words_is_contested(ontology: Ontology) -> None:
    (calm,) = coverage_of([corpus_with(calm=Affect("low", "neutral", "a stand-in"))], ontology)
    assert [contest.by for contest in calm.contested] == ["the canonical word 'calm'"]
    assert (calm.contested[0].arousal, calm.contested[0].valence) == ("low", "positive")
    (surprise,) = coverage_of([corpus_with(surprise=TABLE_2["surprise"])], ontology)
    assert "Russell (1980)" in surprise.contested[0].by


def test_targets_without_emotions_are_no_finding(ontology: Ontology) -> None:
    corpus = corpus_with(healthy=None, positive=None)
    covered = list(coverage_of([corpus], ontology))
    assert [(each.status, each.proposal, each.contested) for each in covered] == [("no emotion", None, ())] * 2
    assert users_of([corpus], ontology)["positive"] == []


def test_a_corpus_that_came_by_a_door_says_nothing_of_its_labels(ontology: Ontology) -> None:
    covered = list(coverage_of([corpus_with(happy=None, qzx=None)], ontology, {"foo"}))
    assert [(each.status, each.proposal) for each in covered] == [
        ("unmapped", TABLE_2["happiness"]),
        ("unmapped", None),
    ]


def test_a_label_without_a_word_in_a_target_with_cells_is_unmapped(ontology: Ontology) -> None:
    covered = list(coverage_of([corpus_with(anger=TABLE_2["anger"], qzx=None)], ontology))
    assert [(each.label, each.status, each.proposal) for each in covered] == [
        ("anger", "Table 2", None),
        ("qzx", "unmapped", None),
    ]


def test_every_first_party_label_is_covered(ontology: Ontology) -> None:
    corpora = load_registry().corpora.values()
    covered = list(coverage_of(corpora, ontology))
    assert len(covered) > 50
    emotions = {(corpus.id, target.name) for corpus in corpora for target in corpus.targets if target.affect}
    found = [each for each in covered if (each.corpus, each.target) in emotions]
    assert {each.status for each in found} <= {"Table 2", "card"}
    users = users_of(corpora, ontology)
    assert {"emodb", "ravdess"} <= set(users["anger"])
    assert users["sneakiness"] == [] or "sneakiness" in {each.word for each in found}
