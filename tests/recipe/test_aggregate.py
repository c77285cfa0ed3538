from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from emonet.errors import RecipeError
from emonet.protocols.protocol import make_protocol
from emonet.recipe.aggregate import aggregated_task, exposure
from emonet.recipe.outputs import chosen_outputs, make_task
from tests.helpers.made import make_corpus, make_utterances


def part(id_: str, classes: tuple[str, ...], *, takes: int = 2) -> tuple:
    utterances = make_utterances(classes=classes, takes=takes)
    corpus = make_corpus(utterances, id_=id_, classes=classes)
    fold = make_protocol("leave-one-speaker-out", {}, corpus, utterances).folds[0]
    return corpus, corpus.target(), make_task(corpus, chosen_outputs(corpus), utterances, fold)


FOO = part("foo", ("anger", "neutral", "sadness"))
BAR = part("bar", ("joy", "boredom", "sadness", "fear"), takes=3)


def counts(task, name: str) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for item in task.items[name]:
        found.setdefault(item.corpus, Counter())[task.classes[item.label]] += 1
    return {corpus: dict(counter) for corpus, counter in found.items()}


def test_labels_are_mapped_by_table_2_and_balanced_to_the_rarest_class_of_each_corpus() -> None:
    task = aggregated_task("arousal", [FOO, BAR], None, seed=1)
    assert (task.id, task.classes) == ("aggregate/arousal", ("low", "high"))
    assert counts(task, "train") == {"foo": {"high": 4, "low": 4}, "bar": {"high": 12, "low": 12}}
    assert exposure(task) == {"bar": {"high": 12, "low": 12}, "foo": {"high": 4, "low": 4}}


def test_every_split_is_balanced_by_itself() -> None:
    task = aggregated_task("valence", [FOO, BAR], None, seed=1)
    assert task.classes == ("negative", "neutral", "positive")
    for name, takes in (("train", 2), ("dev", 1), ("test", 1)):
        assert counts(task, name) == {
            "foo": {"negative": 2 * takes, "neutral": 2 * takes},
            "bar": {"negative": 3 * takes, "neutral": 3 * takes, "positive": 3 * takes},
        }


def test_which_clips_stay_is_a_function_of_the_seed() -> None:
    one, same, other = (aggregated_task("arousal", [FOO, BAR], None, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one.items != other.items


def test_items_stay_in_their_splits() -> None:
    task = aggregated_task("arousal", [FOO, BAR], None, seed=1)
    for name in ("train", "dev", "test"):
        allowed = {(item.corpus, item.id) for _, _, made in (FOO, BAR) for item in made.items[name]}
        assert {(item.corpus, item.id) for item in task.items[name]} <= allowed


def test_any_map_aggregates_any_target() -> None:
    mapping = {"anger": "bad", "sadness": "bad", "fear": "bad", "neutral": "fine", "joy": "fine", "boredom": "fine"}
    task = aggregated_task("map", [FOO, BAR], mapping, seed=1)
    assert task.classes == ("bad", "fine")


def test_a_label_that_leads_nowhere_is_left_out() -> None:
    mapping = {"anger": "bad", "sadness": "sad", "fear": "bad", "neutral": None, "joy": None, "boredom": None}
    task = aggregated_task("map", [FOO, BAR], mapping, seed=1)
    assert task.classes == ("bad", "sad")
    assert counts(task, "train") == {"foo": {"bad": 4, "sad": 4}, "bar": {"bad": 6, "sad": 6}}


def test_a_label_without_affect_is_named_with_what_to_add() -> None:
    corpus, target, task = FOO
    bare = replace(target, affect={key: value for key, value in target.affect.items() if key != "anger"})
    with pytest.raises(RecipeError) as caught:
        aggregated_task("arousal", [(corpus, bare, task)], None, seed=1)
    assert "Corpus 'foo': the label 'anger' of target 'emotion' has no arousal" in str(caught.value)
    assert "affect: {anger: {arousal: ..., valence: ..., reason: ...}}" in str(caught.value)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"angr": "bad", "neutral": "fine"}, "the map does not know the label 'anger'. Did you mean 'angr'?"),
        ({"anger": "bad"}, "leads to 1 classes; an aggregated task needs two"),
    ],
)
def test_a_map_that_does_not_fit_is_refused(mapping: dict[str, str], message: str) -> None:
    with pytest.raises(RecipeError, match="map") as caught:
        aggregated_task("map", [FOO], mapping, seed=1)
    assert message in str(caught.value)


def test_corpora_that_fill_one_class_alone_are_refused() -> None:
    only = part("only", ("anger", "fear"))
    with pytest.raises(RecipeError, match="Aggregated by arousal, train holds high alone"):
        aggregated_task("arousal", [only], None, seed=1)
