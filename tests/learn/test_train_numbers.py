"""Training on numbers: what the trainers read is the same as for classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emonet.corpus.corpus import SPLITS
from emonet.errors import EmonetError
from emonet.learn.learner import Learner
from emonet.learn.loops import EpochTrainer
from emonet.recipe.task import Dimension, Task
from tests.helpers.prepared_task import Prepared

HEIGHT, OTHER = Dimension("height", (100.0, 500.0), "Hz"), Dimension("other", (-1.0, 0.0))
PITCH = {"anger": 440.0, "neutral": 220.0, "sadness": 110.0}


@pytest.fixture
def numbers(prepared: Prepared) -> Task:
    """The task of tones, with their pitch and its opposite instead of classes."""
    task = prepared.task
    pitch = {item.id: PITCH[task.class_of(item)] for split in SPLITS for item in task.items[split]}
    items = {
        split: tuple(replace(item, label=(pitch[item.id], -pitch[item.id] / 500)) for item in task.items[split])
        for split in SPLITS
    }
    return Task("labels/height+other", (), items, "ccc", "ccc", higher_is_better=True, dimensions=(HEIGHT, OTHER))


def test_labels_are_learned_in_units_of_the_ranges(numbers: Task, learner: Callable[..., Learner]) -> None:
    labels = learner(tasks=[numbers]).clips[numbers.id]["train"].labels
    expected = [[(item.label[0] - 100) / 400, item.label[1] + 1] for item in numbers.items["train"]]
    np.testing.assert_allclose(labels, expected, rtol=1e-6)
    assert labels.dtype == np.float32


def test_a_task_of_numbers_has_no_class_weights(
    prepared: Prepared, numbers: Task, learner: Callable[..., Learner]
) -> None:
    weights = learner(tasks=[prepared.task, numbers], class_weights=True).weights
    assert weights[numbers.id] is None
    assert weights[prepared.task.id] is not None


def test_the_history_has_the_mean_over_dimensions_and_each_of_them(
    numbers: Task, learner: Callable[..., Learner], tmp_path: Path
) -> None:
    trainer = EpochTrainer(learner(tasks=[numbers], epochs=3), (0.1,), tmp_path / "stage", "stage", lambda event: None)
    ended, history = trainer.train()
    for entry in history:
        assert entry["dev_ccc"] == pytest.approx((entry["dev_ccc_height"] + entry["dev_ccc_other"]) / 2)
    assert ended.best == max(entry["dev_ccc"] for entry in history)
    assert history[-1]["train_loss"] < history[0]["train_loss"] < 1.2


@pytest.mark.parametrize("loss", ["ccc", "mse"])
def test_a_loss_that_is_no_number_stops_with_task_and_step(
    loss: str, numbers: Task, learner: Callable[..., Learner], tmp_path: Path
) -> None:
    made = learner(tasks=[replace(numbers, loss=loss)], batch=4)
    trainer = EpochTrainer(made, (1e30,), tmp_path / "stage", "stage", lambda event: None)
    with pytest.raises(EmonetError, match=r"Task 'labels/height\+other': the loss is (nan|inf) at epoch \d step \d"):
        trainer.train()


def test_a_last_batch_of_one_clip_is_no_problem(numbers: Task, learner: Callable[..., Learner], tmp_path: Path) -> None:
    size = len(numbers.items["train"]) - 1
    trainer = EpochTrainer(
        learner(tasks=[numbers], batch=size, epochs=1), (0.1,), tmp_path / "stage", "stage", lambda event: None
    )
    _, history = trainer.train()
    assert np.isfinite(history[0]["train_loss"])
