"""Inner cross-validation on train: how clips are dealt out, and that it chooses better than a small dev split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emonet.evaluate.metrics import METRICS
from emonet.learn.probe import ProbeResult, decisions, fit_probe
from emonet.learn.svm import dealt, held_out, inner_groups
from emonet.recipe.recipe import SVM
from emonet.recipe.task import Dimension, Item, Task

INNER = SVM.model_validate({"select": {"inner": {"folds": 4}}})


def clips(speakers: int, each: int, first: int = 0, *, classes: int = 3) -> tuple[Item, ...]:
    return tuple(
        Item("foo", f"s{first + speaker}_{take}", take % classes, f"s{first + speaker}")
        for speaker in range(speakers)
        for take in range(each)
    )


def heard(random: np.random.Generator, splits: dict[str, tuple[Item, ...]], *, dims: int = 40) -> dict[str, np.ndarray]:
    """Return features (N, D) of classes under four loud directions that say nothing: both ends of C are bad then."""
    means, loud = random.normal(0, 0.3, (3, dims)), random.normal(0, 0.67, (4, dims))
    speakers = {item.speaker: random.normal(0, 0.3, dims) for items in splits.values() for item in items}

    def features(item: Item) -> np.ndarray:
        noise = random.normal(0, 1, 4) @ loud + random.normal(0, 1, dims)
        return means[int(item.label)] + speakers[item.speaker] + noise  # type: ignore[arg-type]

    return {split: np.array([features(item) for item in items]) for split, items in splits.items()}


def probed(task: Task, features: dict[str, np.ndarray], settings: SVM) -> ProbeResult:
    return fit_probe(task.shut(), {split: features[split] for split in ("train", "dev")}, settings, seed=1)


def test_speakers_stay_whole_and_every_fold_has_every_class() -> None:
    items = clips(7, 9) + clips(5, 4, first=7)
    groups, kind = inner_groups(items)
    assert kind == "speakers"
    labels = [int(item.label) for item in items]  # type: ignore[arg-type]
    folds = dealt(groups, labels, 4)
    for speaker in {item.speaker for item in items}:
        assert len({fold for fold, item in zip(folds, items, strict=True) if item.speaker == speaker}) == 1
    for fold in range(4):
        assert {label for label, its in zip(labels, folds, strict=True) if its == fold} == {0, 1, 2}
    sizes = np.bincount(folds)
    assert sizes.max() - sizes.min() <= 9


def test_speakers_of_one_class_each_are_shared_out_by_class() -> None:
    items = [Item("foo", f"{speaker}_{take}", speaker % 2, f"s{speaker}") for speaker in range(6) for take in range(3)]
    folds = dealt(inner_groups(items)[0], [int(item.label) for item in items], 3)  # type: ignore[arg-type]
    for fold in range(3):
        assert {item.label for item, its in zip(items, folds, strict=True) if its == fold} == {0, 1}


def test_there_are_no_more_folds_than_speakers_and_none_is_empty() -> None:
    items = clips(3, 5)
    folds = dealt(inner_groups(items)[0], [0] * len(items), 10)
    assert sorted(set(folds.tolist())) == [0, 1, 2]


def test_utterances_are_dealt_where_nobody_knows_who_speaks() -> None:
    items = [replace(item, speaker=None) for item in clips(2, 6)]
    groups, kind = inner_groups(items)
    assert (kind, len(set(groups))) == ("utterances", 12)
    mixed = [replace(item, speaker=None if item.id.startswith("s2") else item.speaker) for item in clips(3, 6)]
    groups, kind = inner_groups(mixed)
    assert (kind, len(set(groups))) == ("speakers", 2 + 6)
    assert inner_groups(clips(1, 6))[1] == "utterances"


def test_what_is_held_out_was_never_learned_from() -> None:
    items = clips(4, 3)
    folds = dealt(inner_groups(items)[0], [0] * len(items), 4)
    values = np.arange(12, dtype=np.float64)[:, None]
    seen: list[set[float]] = []

    def learn(data: tuple[np.ndarray, np.ndarray], judged: np.ndarray) -> np.ndarray:
        learned, asked = {float(value) for value in data[0][:, 0]}, {float(value) for value in judged[:, 0]}
        seen.append(asked)
        assert not learned & asked
        assert learned | asked == set(range(12))
        assert {float(label) for label in data[1]} == learned
        return 10 * judged

    np.testing.assert_array_equal(held_out(learn, (values, values[:, 0]), folds), 10 * values)
    assert len(seen) == 4


def made(seed: int) -> tuple[Task, dict[str, np.ndarray]]:
    """A task with one speaker in dev, who says 15 clips, and much test."""
    splits = {"train": clips(8, 15), "dev": clips(1, 15, first=8), "test": clips(20, 30, first=9)}
    return Task("foo/emotion", ("a", "b", "c"), splits), heard(np.random.default_rng(seed), splits)


def test_inner_folds_choose_by_the_pooled_score_and_not_by_dev() -> None:
    task, features = made(3)
    result = probed(task, features, INNER)
    scores = {trial["c"]: trial["inner_uar"] for trial in result.trials}
    assert scores[float(result.c)] == max(scores.values())  # type: ignore[arg-type]
    assert len(set(scores.values())) > 3
    assert result.by == "inner cross-validation over speakers, 4 folds"
    random = np.random.default_rng(1)
    other = replace(
        task,
        items={**task.items, "dev": tuple(replace(item, label=int(random.integers(3))) for item in task.items["dev"])},
    )
    again = probed(other, features, INNER)
    assert [trial["inner_uar"] for trial in again.trials] == [trial["inner_uar"] for trial in result.trials]
    assert again.c == result.c
    assert [trial["dev_uar"] for trial in again.trials] != [trial["dev_uar"] for trial in result.trials]


def test_the_number_of_folds_changes_what_inner_folds_say() -> None:
    task, features = made(3)
    two, eight = (SVM.model_validate({"select": {"inner": {"folds": folds}}}) for folds in (2, 8))
    one, other = (probed(task, features, settings) for settings in (two, eight))
    assert [trial["inner_uar"] for trial in one.trials] != [trial["inner_uar"] for trial in other.trials]
    assert other.by.endswith("8 folds")


def test_the_svm_is_refitted_on_train_and_dev_whatever_chose() -> None:
    task, features = made(4)
    result = probed(task, features, INNER)
    same_c = probed(task, features, SVM(c=(float(result.c),)))  # type: ignore[arg-type]
    np.testing.assert_array_equal(result.weights[0], same_c.weights[0])
    np.testing.assert_array_equal(result.dev, same_c.dev)


def test_numbers_are_chosen_by_inner_folds_too() -> None:
    task, features = made(5)
    random, mixing = np.random.default_rng(2), np.random.default_rng(3).normal(0, 1, 40)
    items = {
        split: tuple(
            replace(item, label=(float(row @ mixing / 20 + random.normal(0, 0.3)), float(random.normal())))
            for item, row in zip(found, features[split], strict=True)
        )
        for split, found in task.items.items()
    }
    dimensions = (Dimension("height", (-3.0, 3.0)), Dimension("noise", (-3.0, 3.0)))
    rated = Task("foo/height+noise", (), items, "ccc", "ccc", dimensions=dimensions)
    result = probed(rated, features, INNER)
    for name, choice in result.choices.items():
        scores = {trial["c"]: trial[f"inner_ccc_{name}"] for trial in result.trials}
        assert scores[choice.value] == pytest.approx(max(scores.values()))
        assert choice.score == scores[choice.value]
    assert result.choices["height"].score > 0.5
    assert result.choices["noise"].score < 0.3


def test_a_class_that_one_speaker_alone_has_is_no_crash() -> None:
    items = {
        "train": tuple(Item("foo", f"{number}", number // 6, f"s{number // 6}") for number in range(12)),
        "dev": clips(1, 6, first=9, classes=2),
    }
    task = Task("foo/emotion", ("a", "b"), items)
    random = np.random.default_rng(1)
    features = {split: random.normal(0, 1, (len(found), 3)) for split, found in items.items()}
    result = fit_probe(task, features, INNER, seed=1)
    assert {trial["inner_uar"] for trial in result.trials} == {0.0}


@pytest.mark.slow
def test_inner_folds_choose_better_than_one_dev_speaker_with_15_clips() -> None:
    gains = []
    for seed in range(30):
        task, features = made(seed)
        truth = [item.label for item in task.items["test"]]
        scores = [
            METRICS["uar"].of(truth, decisions(result.weights, features["test"]).argmax(axis=1).tolist())
            for result in (probed(task, features, settings) for settings in (SVM(), INNER))
        ]
        gains.append(scores[1] - scores[0])
    mean, error = float(np.mean(gains)), float(np.std(gains, ddof=1) / np.sqrt(len(gains)))
    assert mean > 0.01
    assert mean > 2 * error
