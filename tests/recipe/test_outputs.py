from __future__ import annotations

import itertools
from dataclasses import replace
from itertools import permutations

import pytest

from emonet import Target
from emonet.errors import EmonetError, RecipeError
from emonet.protocols.protocol import Fold, make_protocol
from emonet.recipe.outputs import chosen_outputs, make_task, occurring
from emonet.recipe.task import Dimension
from tests.helpers.made import make_corpus, make_utterances

UTTERANCES = make_utterances()
CORPUS = make_corpus(UTTERANCES)
OUTPUTS = chosen_outputs(CORPUS)
FOLD = make_protocol("leave-one-speaker-out", {}, CORPUS, UTTERANCES).folds[0]


def test_items_are_in_the_order_of_their_ids_whatever_the_scan_says() -> None:
    one = make_task(CORPUS, OUTPUTS, UTTERANCES, FOLD)
    other = make_task(CORPUS, OUTPUTS, UTTERANCES[::-1], FOLD)
    assert one == other
    assert [len(one.items[split]) for split in ("train", "dev", "test")] == [12, 6, 6]
    assert one.id == "foo/emotion"
    assert one.corpora == ("foo",)


def test_a_task_carries_loss_metric_and_direction() -> None:
    task = make_task(CORPUS, OUTPUTS, UTTERANCES, FOLD)
    assert (task.loss, task.metric, task.higher_is_better) == ("cross-entropy", "uar", True)
    assert task.is_better(0.5, None)
    assert task.is_better(0.5, 0.4)
    assert not task.is_better(0.5, 0.5)
    assert replace(task, higher_is_better=False).is_better(0.3, 0.4)


@pytest.mark.parametrize("higher", [True, False])
def test_equal_scores_are_a_tie_whatever_order_their_terms_were_summed_in(*, higher: bool) -> None:
    task = replace(make_task(CORPUS, OUTPUTS, UTTERANCES, FOLD), higher_is_better=higher)
    recalls = [hits / 7 for hits in (1, 3, 5, 2, 6, 4)]
    sums = {sum(order) / 6 for order in permutations(recalls)}
    assert len(sums) > 1
    assert not any(task.is_better(one, other) for one in sums for other in sums)
    assert not any(task.is_better(one - 0.5, other - 0.5) for one in sums for other in sums)
    for best in (0.5, -0.5, 1e5):
        assert not task.is_better(best * (1 + 1e-14), best)
        assert not task.is_better(best * (1 - 1e-14), best)
    assert not task.is_better(1e-17, 0.0)
    assert not task.is_better(-1e-17, 0.0)


@pytest.mark.parametrize("higher", [True, False])
def test_one_clip_more_is_no_tie_even_in_a_large_corpus(*, higher: bool) -> None:
    task = replace(make_task(CORPUS, OUTPUTS, UTTERANCES, FOLD), higher_is_better=higher)
    less, more = (700_000 / 1_000_000 / 8, 700_001 / 1_000_000 / 8)
    better, worse = (more, less) if higher else (less, more)
    assert task.is_better(better, worse)
    assert not task.is_better(worse, better)


def test_a_selection_keeps_the_order_of_the_target() -> None:
    assert chosen_outputs(CORPUS, classes=["sadness", "anger"]).classes == ("anger", "sadness")


def test_classes_that_are_not_public_are_those_that_occur() -> None:
    assert occurring(CORPUS, OUTPUTS, UTTERANCES[:1]) is OUTPUTS
    target = replace(CORPUS.target(), classes=("joy", *CORPUS.target().classes), open=True)
    outputs = replace(OUTPUTS, target=target, classes=target.classes)
    assert occurring(CORPUS, outputs, UTTERANCES).classes == CORPUS.target().classes
    one = [each for each in UTTERANCES if each.labels["emotion"] == "anger"]
    with pytest.raises(RecipeError, match=r"'foo': only 'anger' occurs .* not known\. List utterances of two"):
        occurring(CORPUS, outputs, one)
    with pytest.raises(RecipeError, match=r"no label occurs for the target 'emotion'"):
        occurring(CORPUS, outputs, [])


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (["angre", "neutral"], "has no class 'angre'. Did you mean 'anger'?"),
        (["anger"], "1 class is selected. Select two at least."),
    ],
)
def test_a_selection_that_makes_no_sense_is_refused(selection: list[str], message: str) -> None:
    with pytest.raises(RecipeError, match="class") as caught:
        chosen_outputs(CORPUS, classes=selection)
    assert message in str(caught.value)


VALENCE, AROUSAL = Target("valence", range=(1.0, 5.0), unit="rating"), Target("arousal", range=(-1.0, 1.0))
RATED = tuple(
    replace(each, labels={**each.labels, "valence": 1.0 + number % 5, "arousal": number % 3 - 1.0})
    for number, each in enumerate(UTTERANCES)
)
MIXED = replace(make_corpus(RATED), targets=(CORPUS.target(), VALENCE, AROUSAL))


@pytest.mark.parametrize("target", ["valence+arousal", ("valence", "arousal")])
def test_several_dimensions_make_one_task_in_the_order_given(target: str | tuple[str, ...]) -> None:
    outputs = chosen_outputs(MIXED, target)
    task = make_task(MIXED, outputs, RATED, FOLD)
    assert (task.id, task.width, task.classes, task.targets) == ("foo/valence+arousal", 2, (), ("valence", "arousal"))
    assert task.dimensions[0] == Dimension("valence", (1.0, 5.0), "rating")
    assert (task.loss, task.metric, task.higher_is_better) == ("ccc", "ccc", True)
    labels = {item.id: item.label for item in task.items["train"]}
    first = next(each for each in RATED if each.id in labels)
    assert labels[first.id] == (first.labels["valence"], first.labels["arousal"])


def test_one_of_several_dimensions_makes_a_task_of_its_own() -> None:
    task = make_task(MIXED, chosen_outputs(MIXED, "valence+arousal"), RATED, FOLD)
    assert task.only("arousal") == make_task(MIXED, chosen_outputs(MIXED, "arousal"), RATED, FOLD)


def test_a_target_whose_own_name_holds_a_plus_is_found() -> None:
    corpus = replace(CORPUS, targets=(Target("a+b", range=(0.0, 1.0)),))
    assert chosen_outputs(corpus, "a+b").names == ("a+b",)


def test_mae_is_better_the_lower_it_is() -> None:
    task = make_task(MIXED, chosen_outputs(MIXED, "valence", metric="mae"), RATED, FOLD)
    assert (task.metric, task.higher_is_better) == ("mae", False)


def test_utterances_that_lack_a_dimension_are_not_learned_from() -> None:
    halves = [
        replace(each, labels={"valence": 2.0} if number % 2 else each.labels) for number, each in enumerate(RATED)
    ]
    outputs = chosen_outputs(MIXED, "valence+arousal")
    task = make_task(MIXED, outputs, halves, FOLD)
    assert sum(len(items) for items in task.items.values()) == len(RATED) / 2
    assert all(outputs.has_some(each) for each in halves)


@pytest.mark.parametrize(
    ("target", "classes", "metric", "message"),
    [
        ("valence", ("low",), "", "'foo/valence' holds numbers, so that classes: [low] cannot be selected from it."),
        ("valence+emotion", (), "", "cannot learn 'emotion', which has classes, together with other targets. Name it"),
        ("valence+valence", (), "", "the target 'valence' is named twice"),
        ("valence+arousl", (), "", "Did you mean 'arousal'?"),
        ("valence", (), "uar", "Unknown metric of 'foo/valence' 'uar'. Known: ccc, mae"),
        ("emotion", (), "ccc", "Unknown metric of 'foo/emotion' 'ccc'. Known: macro_f1_all, macro_f1_truth, uar, wa."),
    ],
)
def test_outputs_that_make_no_sense_are_refused(
    target: str, classes: tuple[str, ...], metric: str, message: str
) -> None:
    with pytest.raises(EmonetError) as caught:
        chosen_outputs(MIXED, target, classes, metric)
    assert message in str(caught.value)


def test_a_dimension_that_never_changes_in_train_is_refused() -> None:
    flat = [replace(each, labels={"valence": 3.0}) for each in RATED]
    with pytest.raises(RecipeError, match="'valence' is 3 for all 12 utterances of train"):
        make_task(MIXED, chosen_outputs(MIXED, "valence"), flat, FOLD)


def test_classes_and_numbers_are_not_taken_for_each_other() -> None:
    classed, numbered = (make_task(MIXED, chosen_outputs(MIXED, name), RATED, FOLD) for name in ("emotion", "valence"))
    with pytest.raises(TypeError, match="has no classes"):
        numbered.class_of(numbered.items["train"][0])
    with pytest.raises(TypeError, match="no numbers"):
        replace(classed, dimensions=numbered.dimensions).only("valence")


def test_a_label_missing_from_train_is_refused_with_what_to_do() -> None:
    splits = {item.id: FOLD.splits[item.id] for item in UTTERANCES}
    splits |= {item.id: "dev" for item in UTTERANCES if item.labels["emotion"] == "sadness"}
    with pytest.raises(RecipeError) as caught:
        make_task(CORPUS, OUTPUTS, UTTERANCES, Fold("x", splits))
    assert "the label 'sadness' is in dev but not in train" in str(caught.value)
    assert "leave it out: classes: [anger, neutral]" in str(caught.value)


def test_a_split_without_a_labelled_utterance_is_refused() -> None:
    splits = {item.id: "train" for item in UTTERANCES}
    with pytest.raises(RecipeError, match="no labelled utterance is in dev"):
        make_task(CORPUS, OUTPUTS, UTTERANCES, Fold("x", splits))


def test_one_label_in_all_splits_is_refused_and_no_class_is_named_that_would_stay_alone() -> None:
    one = [each for each in UTTERANCES if each.labels["emotion"] == "sadness"]
    splits = dict(zip((each.id for each in one), itertools.cycle(("train", "dev", "test"))))
    with pytest.raises(RecipeError, match="all utterances of train that can be used are 'sadness'"):
        make_task(CORPUS, OUTPUTS, one, Fold("x", splits))
    other = next(each for each in UTTERANCES if each.labels["emotion"] != "sadness")
    with pytest.raises(RecipeError, match=r"so nothing can learn it\. Choose another protocol\.$"):
        make_task(CORPUS, OUTPUTS, [*one, other], Fold("x", {**splits, other.id: "test"}))
