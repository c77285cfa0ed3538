from __future__ import annotations

import numpy as np
import pytest
from prepared_task import Prepared
from sklearn.metrics import balanced_accuracy_score
from sklearn.svm import LinearSVC

from emonet.corpus.corpus import PARTS
from emonet.learn.probe import fit_probe
from emonet.recipe import SVM


def features(prepared: Prepared, noise: float) -> dict[str, np.ndarray]:
    random = np.random.default_rng(3)
    made = {}
    for part in PARTS:
        labels = np.array([item.label for item in prepared.task.items[part]])
        made[part] = np.eye(3)[labels] + random.normal(0, noise, (len(labels), 3))
    return made


def labels(prepared: Prepared, part: str) -> np.ndarray:
    return np.array([item.label for item in prepared.task.items[part]])


def test_c_is_the_best_on_dev_and_the_refit_has_train_and_dev(prepared: Prepared) -> None:
    given = features(prepared, 0.6)
    result = fit_probe(prepared.task, given, SVM(), seed=1)
    scores = {trial["c"]: trial["dev_uar"] for trial in result.trials}
    assert len(scores) == 10
    assert scores[result.c] == max(scores.values())
    joined = np.concatenate([given["train"], given["dev"]])
    both = np.concatenate([labels(prepared, "train"), labels(prepared, "dev")])
    expected = LinearSVC(C=result.c, class_weight="balanced", max_iter=10_000, random_state=1, dual="auto")
    expected.fit(joined, both)
    np.testing.assert_allclose(result.test, expected.decision_function(given["test"]))
    dev = balanced_accuracy_score(labels(prepared, "dev"), result.dev.argmax(axis=1))
    assert dev == pytest.approx(scores[result.c])


def test_the_kept_weights_make_the_kept_decisions(prepared: Prepared) -> None:
    given = features(prepared, 0.3)
    result = fit_probe(prepared.task, given, SVM(), seed=1)
    coefficients, intercepts = result.weights
    np.testing.assert_allclose(given["test"] @ coefficients.T + intercepts, result.test, atol=1e-9)


def test_a_solver_that_does_not_converge_is_noted_and_no_warning_escapes(prepared: Prepared) -> None:
    given = {part: rows * 1e3 for part, rows in features(prepared, 2.0).items()}
    result = fit_probe(prepared.task, given, SVM(c=(1.0,), iterations=1), seed=1)
    assert result.trials[0]["converged"] is False


def test_of_equal_scores_the_smallest_c_wins(prepared: Prepared) -> None:
    result = fit_probe(prepared.task, features(prepared, 0.0), SVM(c=(1.0, 0.1, 0.01)), seed=1)
    assert {trial["dev_uar"] for trial in result.trials} == {1.0}
    assert result.c == 0.01
