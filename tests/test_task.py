from __future__ import annotations

from dataclasses import replace

import pytest
from made import make_corpus, make_utterances

from emonet import Target
from emonet.corpus.protocol import Fold, make_protocol
from emonet.errors import RecipeError
from emonet.task import chosen_classes, make_task

UTTERANCES = make_utterances()
CORPUS = make_corpus(UTTERANCES)
FOLD = make_protocol("leave-one-speaker-out", {}, CORPUS, UTTERANCES).folds[0]


def test_items_are_in_the_order_of_their_ids_whatever_the_scan_says() -> None:
    classes = CORPUS.target().classes
    one = make_task(CORPUS, CORPUS.target(), classes, UTTERANCES, FOLD)
    other = make_task(CORPUS, CORPUS.target(), classes, UTTERANCES[::-1], FOLD)
    assert one == other
    assert [len(one.items[part]) for part in ("train", "dev", "test")] == [12, 6, 6]
    assert one.id == "foo/emotion"
    assert one.corpora == ("foo",)


def test_a_task_carries_loss_metric_and_direction() -> None:
    task = make_task(CORPUS, CORPUS.target(), CORPUS.target().classes, UTTERANCES, FOLD)
    assert (task.loss, task.metric, task.higher_is_better) == ("cross-entropy", "uar", True)
    assert task.is_better(0.5, None)
    assert task.is_better(0.5, 0.4)
    assert not task.is_better(0.5, 0.5)
    assert replace(task, higher_is_better=False).is_better(0.3, 0.4)


def test_a_selection_keeps_the_order_of_the_target() -> None:
    assert chosen_classes(CORPUS, CORPUS.target(), ["sadness", "anger"]) == ("anger", "sadness")


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (["angre", "neutral"], "has no class 'angre'. Did you mean 'anger'?"),
        (["anger"], "1 class is selected. Select two at least."),
    ],
)
def test_a_selection_that_makes_no_sense_is_refused(selection: list[str], message: str) -> None:
    with pytest.raises(RecipeError, match="class") as caught:
        chosen_classes(CORPUS, CORPUS.target(), selection)
    assert message in str(caught.value)


def test_a_dimensional_target_is_refused_by_name() -> None:
    valence = Target("valence", range=(1.0, 5.0))
    corpus = replace(CORPUS, targets=(CORPUS.target(), valence))
    with pytest.raises(RecipeError, match=r"'foo/valence' is dimensional; .* Targets with classes here: emotion"):
        chosen_classes(corpus, valence, [])


def test_a_label_missing_from_train_is_refused_with_what_to_do() -> None:
    parts = {item.id: FOLD.parts[item.id] for item in UTTERANCES}
    parts |= {item.id: "dev" for item in UTTERANCES if item.labels["emotion"] == "sadness"}
    with pytest.raises(RecipeError) as caught:
        make_task(CORPUS, CORPUS.target(), CORPUS.target().classes, UTTERANCES, Fold("x", parts))
    assert "the label 'sadness' is in dev but not in train" in str(caught.value)
    assert "leave it out: classes: [anger, neutral]" in str(caught.value)


def test_a_part_without_a_labelled_utterance_is_refused() -> None:
    parts = {item.id: "train" for item in UTTERANCES}
    with pytest.raises(RecipeError, match="no labelled utterance is in dev"):
        make_task(CORPUS, CORPUS.target(), CORPUS.target().classes, UTTERANCES, Fold("x", parts))
