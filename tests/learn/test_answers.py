from __future__ import annotations

import numpy as np
import pytest
import torch

from emonet.errors import EmonetError
from emonet.evaluate.metrics import METRICS
from emonet.learn.answers import answers, scores_on
from emonet.recipe.task import Dimension, Item, Task

DIMENSIONS = (Dimension("valence", (1.0, 5.0)), Dimension("height", (100.0, 300.0), "Hz"))
TRUTH = ((1.0, 150.0), (3.0, 250.0), (4.5, 210.0), (2.0, 120.0))
ITEMS = {"dev": tuple(Item("foo", str(number), label) for number, label in enumerate(TRUTH))}


def task(metric: str, dimensions: tuple[Dimension, ...] = DIMENSIONS) -> Task:
    return Task("foo/x", (), ITEMS, "ccc", metric, METRICS[metric].higher_is_better, dimensions)


SAID = np.array([[1.5, 180.0], [2.5, 230.0], [4.0, 190.0], [3.0, 140.0]])


def test_numbers_are_said_in_the_unit_of_the_corpus_and_not_cut_to_its_range() -> None:
    outputs = torch.tensor([[0.0, 0.5], [1.25, -0.5]])
    np.testing.assert_allclose(answers(task("ccc"), outputs), [[1.0, 200.0], [6.0, 0.0]])


def test_classes_are_said_as_probabilities() -> None:
    said = answers(Task("foo/x", ("a", "b"), {}), torch.tensor([[0.0, 0.0], [2.0, 0.0]]))
    np.testing.assert_allclose(said.sum(axis=1), 1.0)
    assert said.argmax(axis=1)[1] == 0


def test_selection_reads_the_mean_of_the_ccc_over_dimensions() -> None:
    scores = scores_on(task("ccc"), "dev", SAID)
    expected = [METRICS["ccc"].of([row[d] for row in TRUTH], SAID[:, d].tolist()) for d in range(2)]
    assert list(scores) == ["dev_ccc", "dev_ccc_valence", "dev_ccc_height"]
    assert scores["dev_ccc"] == pytest.approx(np.mean(expected))
    assert [scores["dev_ccc_valence"], scores["dev_ccc_height"]] == pytest.approx(expected)


def test_errors_of_several_dimensions_are_averaged_in_units_of_their_ranges() -> None:
    scores = scores_on(task("mae"), "dev", SAID)
    valence, height = np.abs(SAID - np.array(TRUTH)).mean(axis=0)
    assert (scores["dev_mae_valence"], scores["dev_mae_height"]) == pytest.approx((valence, height))
    assert scores["dev_mae"] == pytest.approx((valence / 4 + height / 200) / 2)


def test_a_single_dimension_has_one_score_in_its_own_unit() -> None:
    items = {"dev": tuple(Item("foo", str(number), (label[1],)) for number, label in enumerate(TRUTH))}
    alone = Task("foo/height", (), items, "ccc", "mae", higher_is_better=False, dimensions=DIMENSIONS[1:])
    assert scores_on(alone, "dev", SAID[:, 1:]) == {"dev_mae": pytest.approx(22.5)}


def test_outputs_that_are_no_numbers_stop_with_the_task() -> None:
    broken = SAID.copy()
    broken[2, 1] = np.inf
    with pytest.raises(EmonetError, match=r"Task 'foo/x': the outputs on dev are not finite numbers"):
        scores_on(task("ccc"), "dev", broken)
