"""Metrics, worked by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    mean_absolute_error,
    recall_score,
    root_mean_squared_error,
)

from emonet.errors import EmonetError
from emonet.evaluate.metrics import (
    METRICS,
    accuracy,
    chance_level,
    confusion,
    macro_f1_all,
    macro_f1_truth,
    recalls,
    uar,
)

CLASSES = ["anger", "fear", "joy", "neutral", "sad"]
# Truth lacks nothing, one class in the middle, the last class, or all but one.
PRESENT = [CLASSES, ["anger", "joy", "neutral", "sad"], CLASSES[:4], ["fear"]]


def labels_of(present: list[str], seed: int) -> tuple[list[str], list[str]]:
    generator = np.random.default_rng(seed)
    truth = [*present, *generator.choice(present, 200).tolist()]
    # Two classes are never predicted in part of the cases, though they stand in the truth.
    guess = generator.choice(CLASSES[seed % 3 :], len(truth)).tolist()
    return truth, guess


def test_the_confusion_matrix_has_truth_in_rows() -> None:
    counts = confusion(["a", "a", "a", "b"], ["a", "b", "b", "b"], ["a", "b", "c"])
    assert counts.tolist() == [[1, 2, 0], [0, 1, 0], [0, 0, 0]]


def test_uar_worked_by_hand() -> None:
    # a: 1 of 3 right, b: 1 of 1 right, c absent from truth though predicted once.
    counts = confusion(["a", "a", "a", "b"], ["a", "b", "c", "b"], ["a", "b", "c"])
    assert np.allclose(recalls(counts)[:2], [1 / 3, 1])
    assert np.isnan(recalls(counts)[2])
    assert float(uar(counts)) == pytest.approx((1 / 3 + 1) / 2)
    assert float(accuracy(counts)) == 0.5
    # F1 of a: 2*1 / (3+1); of b: 2*1 / (1+2).
    assert float(macro_f1_truth(counts)) == pytest.approx((0.5 + 2 / 3) / 2)
    # c is predicted, with an F1 of 0.
    assert float(macro_f1_all(counts)) == pytest.approx((0.5 + 2 / 3) / 3)


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true:UserWarning")
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("present", PRESENT, ids=len)
def test_metrics_agree_with_scikit_learn_when_classes_are_missing(present: list[str], seed: int) -> None:
    truth, guess = labels_of(present, seed)
    counts = confusion(truth, guess, CLASSES)
    assert counts.tolist() == confusion_matrix(truth, guess, labels=CLASSES).tolist()
    macro = {"labels": present, "average": "macro", "zero_division": 0}
    assert float(uar(counts)) == pytest.approx(recall_score(truth, guess, **macro))
    assert float(uar(counts)) == pytest.approx(balanced_accuracy_score(truth, guess))
    assert float(macro_f1_truth(counts)) == pytest.approx(f1_score(truth, guess, **macro))
    assert float(macro_f1_all(counts)) == pytest.approx(f1_score(truth, guess, average="macro"))
    assert float(accuracy(counts)) == pytest.approx(accuracy_score(truth, guess))


def test_a_batch_of_matrices_is_scored_matrix_by_matrix() -> None:
    batch = np.stack([confusion(*labels_of(present, 1), CLASSES) for present in PRESENT])
    for metric in (uar, macro_f1_truth, macro_f1_all, accuracy):
        assert np.allclose(metric(batch), [float(metric(counts)) for counts in batch])


def test_metrics_by_name_do_not_depend_on_the_order_of_classes() -> None:
    truth, guess = labels_of(CLASSES, 0)
    counts = confusion(truth, guess, CLASSES)
    assert METRICS["uar"].of(truth, guess) == pytest.approx(float(uar(counts)))
    assert METRICS["wa"].of(truth, guess) == pytest.approx(float(accuracy(counts)))
    assert METRICS["macro_f1_truth"].of(truth, guess) == pytest.approx(float(macro_f1_truth(counts)))
    assert METRICS["macro_f1_all"].of(truth, guess) == pytest.approx(float(macro_f1_all(counts)))


def test_both_macro_f1_are_one_where_all_classes_are_in_the_truth_and_differ_where_some_are_not() -> None:
    truth, guess = labels_of(CLASSES, 0)
    assert METRICS["macro_f1_truth"].of(truth, guess) == METRICS["macro_f1_all"].of(truth, guess)
    assert METRICS["macro_f1_truth"].of(["a", "a"], ["a", "b"]) == 2 * METRICS["macro_f1_all"].of(
        ["a", "a"], ["a", "b"]
    )


def test_ccc_worked_by_hand() -> None:
    # Means 2 and 3, both variances and the covariance 2/3: 2*(2/3) / (2/3 + 2/3 + 1).
    assert METRICS["ccc"].of([1, 2, 3], [2, 3, 4]) == pytest.approx(4 / 7)
    assert METRICS["ccc"].of([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]) == pytest.approx(1)
    assert METRICS["ccc"].of([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]) == pytest.approx(-1)


def test_ccc_agrees_with_its_formula_on_random_numbers() -> None:
    generator = np.random.default_rng(3)
    truth = generator.normal(4, 1, 300)
    guess = 0.5 * truth + generator.normal(1, 0.4, 300)
    covariance = np.cov(truth, guess, bias=True)
    expected = 2 * covariance[0, 1] / (covariance[0, 0] + covariance[1, 1] + (truth.mean() - guess.mean()) ** 2)
    assert METRICS["ccc"].of(truth.tolist(), guess.tolist()) == pytest.approx(expected)


@pytest.mark.parametrize("value", [0.0, 0.1, 3.7, 5000.3])
def test_ccc_is_zero_where_it_is_undefined(value: float) -> None:
    assert METRICS["ccc"].of([value] * 3, [value] * 3) == 0
    assert METRICS["ccc"].of([1.0, 2.0], [4.0, 4.0]) == pytest.approx(0)


def test_a_metric_knows_which_way_is_better() -> None:
    assert METRICS["uar"].higher_is_better
    assert not METRICS["mae"].higher_is_better


def test_every_metric_stands_under_its_own_name() -> None:
    assert METRICS
    assert all(name == metric.name for name, metric in METRICS.items())
    assert {metric.kind for metric in METRICS.values()} == {"categorical", "dimensional"}


def test_the_chance_level_counts_the_classes_present() -> None:
    assert chance_level(["a", "b", "b", "c"]) == pytest.approx(1 / 3)


def test_a_label_that_is_no_class_is_refused() -> None:
    with pytest.raises(EmonetError, match=r"The label 'rage' is not a class of this target\. Expected one of: a, b\."):
        confusion(["a"], ["rage"], ["a", "b"])


@pytest.mark.parametrize("name", ["uar", "ccc"])
def test_lists_of_unequal_length_are_refused(name: str) -> None:
    with pytest.raises(EmonetError, match="2 true labels but 1 predictions"):
        METRICS[name].of([1, 2], [1])


def test_words_are_refused_by_a_dimensional_metric() -> None:
    with pytest.raises(EmonetError, match="A dimensional metric needs numbers"):
        METRICS["ccc"].of(["anger"], ["fear"])


def test_no_utterance_is_no_score() -> None:
    with pytest.raises(EmonetError, match="Nothing to score"):
        METRICS["uar"].of([], [])
    with pytest.raises(EmonetError, match="Nothing to score"):
        chance_level([])


@pytest.mark.parametrize("offset", [0.0, 200.0, -3.0])
def test_correlation_and_errors_agree_with_scipy_and_scikit_learn(offset: float) -> None:
    generator = np.random.default_rng(7)
    truth = generator.normal(offset, 1, 300)
    guess = (0.5 * (truth - offset) + offset + generator.normal(0.3, 0.4, 300)).tolist()
    found = {name: METRICS[name].of(truth.tolist(), guess) for name in ("pearson", "mae", "rmse")}
    assert found["pearson"] == pytest.approx(pearsonr(truth, guess).statistic)
    assert found["mae"] == pytest.approx(mean_absolute_error(truth, guess))
    assert found["rmse"] == pytest.approx(root_mean_squared_error(truth, guess))


@pytest.mark.parametrize("value", [0.0, 0.1, 5000.3])
def test_correlation_with_a_constant_is_zero(value: float) -> None:
    assert METRICS["pearson"].of([1.0, 2.0, 3.0], [value] * 3) == 0
    assert METRICS["pearson"].of([value] * 3, [1.0, 2.0, 3.0]) == 0
    assert METRICS["rmse"].of([value] * 3, [value] * 3) == pytest.approx(0, abs=1e-3)
