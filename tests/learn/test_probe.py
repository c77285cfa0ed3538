from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score
from sklearn.svm import LinearSVC, LinearSVR

from emonet.corpus.corpus import SPLITS
from emonet.evaluate.metrics import METRICS
from emonet.learn import probe
from emonet.learn.probe import ProbeResult, decisions, fit_probe
from emonet.recipe.recipe import SVM
from emonet.recipe.task import Dimension, Task
from tests.helpers.prepared_task import Prepared


def features(prepared: Prepared, noise: float) -> dict[str, np.ndarray]:
    random = np.random.default_rng(3)
    made = {}
    for split in SPLITS:
        labels = np.array([item.label for item in prepared.task.items[split]])
        made[split] = np.eye(3)[labels] + random.normal(0, noise, (len(labels), 3))
    return made


def labels(prepared: Prepared, split: str) -> np.ndarray:
    return np.array([item.label for item in prepared.task.items[split]])


def probed(task: Task, given: dict[str, np.ndarray], settings: SVM | None = None) -> ProbeResult:
    """Fit as a stage does: without test."""
    return fit_probe(task.shut(), {split: given[split] for split in ("train", "dev")}, settings or SVM(), seed=1)


def on_test(result: ProbeResult, given: dict[str, np.ndarray]) -> np.ndarray:
    return decisions(result.weights, given["test"])


def test_c_is_the_best_on_dev_and_the_refit_has_train_and_dev(prepared: Prepared) -> None:
    given = features(prepared, 0.6)
    result = probed(prepared.task, given)
    scores = {trial["c"]: trial["dev_uar"] for trial in result.trials}
    assert len(scores) == 10
    assert scores[result.c] == max(scores.values())
    joined = np.concatenate([given["train"], given["dev"]])
    both = np.concatenate([labels(prepared, "train"), labels(prepared, "dev")])
    expected = LinearSVC(C=result.c, class_weight="balanced", max_iter=10_000, random_state=1, dual="auto")
    expected.fit(joined, both)
    np.testing.assert_allclose(on_test(result, given), expected.decision_function(given["test"]))
    dev = balanced_accuracy_score(labels(prepared, "dev"), result.dev.argmax(axis=1))
    assert dev == pytest.approx(scores[result.c])


def test_every_c_is_judged_on_dev_by_an_svm_that_has_not_heard_dev(prepared: Prepared) -> None:
    random = np.random.default_rng(5)
    given = {split: random.normal(0, 1, (len(prepared.task.items[split]), 40)) for split in SPLITS}
    result = probed(prepared.task, given, SVM(c=(1.0, 0.1)))
    for trial in result.trials:
        alone = LinearSVC(C=trial["c"], class_weight="balanced", max_iter=10_000, random_state=1, dual="auto")
        said = alone.fit(given["train"], labels(prepared, "train")).predict(given["dev"])
        assert trial["dev_uar"] == pytest.approx(balanced_accuracy_score(labels(prepared, "dev"), said))
        assert trial["dev_uar"] < 0.9, "noise of 40 features is known by heart by whoever has heard it"


def test_what_fits_the_svm_has_no_test_split(prepared: Prepared) -> None:
    with pytest.raises(KeyError, match="test"):
        prepared.task.shut().items["test"]


def test_a_solver_that_does_not_converge_is_noted_and_no_warning_escapes(prepared: Prepared) -> None:
    given = {split: rows * 1e3 for split, rows in features(prepared, 2.0).items()}
    result = probed(prepared.task, given, SVM(c=(1.0,), iterations=1))
    assert result.trials[0]["converged"] is False
    assert result.trials[0]["refit_converged"] is False
    assert result.choices["label"].converged is False
    assert probed(prepared.task, features(prepared, 0.3)).choices["label"].converged is True


@pytest.mark.parametrize("fails", ["on train", "refitted"])
def test_a_solver_has_converged_if_it_did_on_train_and_when_refitted(
    prepared: Prepared, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def fit(task: Task, data: tuple[np.ndarray, np.ndarray], *rest: Any) -> tuple[Any, bool]:
        refit = len(data[1]) > len(task.items["train"])
        return probe._fit(task, data, *rest)[0], refit != (fails == "refitted")

    monkeypatch.setattr(probe._Machines, "fit", lambda self, c, data: fit(self.task, data, c, self.settings, self.seed))
    result = probed(prepared.task, features(prepared, 0.3))
    assert result.choices["label"].converged is False


def test_every_tied_c_is_refitted_as_the_chosen_one_is(prepared: Prepared) -> None:
    given = features(prepared, 0.5)
    result = probed(prepared.task, given)
    tied = result.choices["label"].tied
    assert 1 < len(tied) < 10
    assert list(result.refits["label"]) == list(tied)
    joined = np.concatenate([given["train"], given["dev"]])
    both = np.concatenate([labels(prepared, "train"), labels(prepared, "dev")])
    for c in tied:
        expected = LinearSVC(C=c, class_weight="balanced", max_iter=10_000, random_state=1, dual="auto")
        said = decisions(result.refits["label"][c], given["test"])
        np.testing.assert_allclose(said, expected.fit(joined, both).decision_function(given["test"]))
    assert [trial["c"] for trial in result.trials if "refit_converged" in trial] == list(tied)


def test_of_scores_that_differ_by_rounding_the_smallest_c_wins(
    prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = iter([0.5, 0.5 + 1e-16, 0.5 + 3e-16])
    monkeypatch.setattr(probe, "_score", lambda *_: next(noise))
    assert probed(prepared.task, features(prepared, 0.6), SVM(c=(1.0, 0.1, 0.01))).c == 0.01


def test_a_kept_svm_is_read_as_it_was(prepared: Prepared, tmp_path: Path) -> None:
    result = probed(prepared.task, features(prepared, 0.6))
    probe.save_probe(tmp_path, result, {})
    chosen, tied = probe.read_probe(tmp_path)
    for one, other in zip(chosen, result.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert {target: list(refits) for target, refits in tied.items()} == {"label": list(result.choices["label"].tied)}
    for c, weights in result.refits["label"].items():
        np.testing.assert_array_equal(tied["label"][c][0], weights[0])


def test_of_equal_scores_the_smallest_c_wins(prepared: Prepared) -> None:
    result = probed(prepared.task, features(prepared, 0.0), SVM(c=(1.0, 0.1, 0.01)))
    assert {trial["dev_uar"] for trial in result.trials} == {1.0}
    assert result.c == 0.01


LOUDNESS, HEIGHT = Dimension("loudness", (0.0, 10.0)), Dimension("height", (100.0, 300.0), "Hz")


def rated(prepared: Prepared, *dimensions: Dimension) -> Task:
    """Return the task with numbers instead of classes, each dimension a random one of its own."""
    random = np.random.default_rng(8)
    shares = {item.id: random.uniform(0, 1, 2) for split in SPLITS for item in prepared.task.items[split]}
    places = {LOUDNESS: 0, HEIGHT: 1}

    def label(id_: str) -> tuple[float, ...]:
        return tuple(float(each.range[0] + shares[id_][places[each]] * each.span) for each in dimensions)

    items = {
        split: tuple(replace(item, label=label(item.id)) for item in prepared.task.items[split]) for split in SPLITS
    }
    id_ = f"labels/{'+'.join(each.name for each in dimensions)}"
    return Task(id_, (), items, "ccc", "ccc", higher_is_better=True, dimensions=dimensions)


def heard(task: Task, noise: float) -> dict[str, np.ndarray]:
    """Return features (N, 4) that the numbers can be read from."""
    random = np.random.default_rng(4)
    mixing = random.normal(0, 1, (len(task.dimensions), 4))
    made = {}
    for split in SPLITS:
        values = np.array([item.label for item in task.items[split]])
        scaled = (values - [each.range[0] for each in task.dimensions]) / [each.span for each in task.dimensions]
        made[split] = scaled @ mixing + random.normal(0, noise, (len(values), 4))
    return made


def test_numbers_are_learned_by_an_svr_whose_c_is_the_best_on_dev(prepared: Prepared) -> None:
    task = rated(prepared, HEIGHT)
    given = heard(task, 0.05)
    result = probed(task, given)
    scores = {trial["c"]: trial["dev_ccc"] for trial in result.trials}
    assert scores[result.c] == max(scores.values()) > 0.7
    truth = {split: [item.label[0] for item in task.items[split]] for split in SPLITS}
    assert METRICS["ccc"].of(truth["dev"], result.dev[:, 0].tolist()) == pytest.approx(scores[result.c])
    assert METRICS["ccc"].of(truth["test"], on_test(result, given)[:, 0].tolist()) > 0.7
    wanted = (np.array(truth["train"] + truth["dev"]) - 100) / 200
    machine = LinearSVR(
        C=result.c, loss="squared_epsilon_insensitive", max_iter=10_000, random_state=1, dual="auto"
    ).fit(np.concatenate([given["train"], given["dev"]]), wanted - wanted.mean())
    expected = 100 + 200 * (machine.predict(given["test"]) + wanted.mean())
    np.testing.assert_allclose(on_test(result, given)[:, 0], expected)


def test_a_tiny_c_says_the_mean_of_the_labels(prepared: Prepared) -> None:
    task = rated(prepared, HEIGHT)
    given = heard(task, 0.05)
    result = probed(task, given, SVM(c=(1e-9,)))
    mean = np.mean([item.label[0] for split in ("train", "dev") for item in task.items[split]])
    np.testing.assert_allclose(on_test(result, given)[:, 0], mean, atol=0.01)
    assert result.trials[0]["dev_ccc"] < 0.01


def test_several_dimensions_are_what_each_is_by_itself(prepared: Prepared) -> None:
    task = rated(prepared, LOUDNESS, HEIGHT)
    given = heard(task, 0.3)
    joint = probed(task, given)
    alone = [probed(task.only(name), given) for name in ("loudness", "height")]
    separate = np.concatenate([on_test(each, given) for each in alone], axis=1)
    np.testing.assert_allclose(on_test(joint, given), separate, rtol=1e-12)
    np.testing.assert_array_equal(joint.dev, np.concatenate([each.dev for each in alone], axis=1))
    assert joint.c == {"loudness": alone[0].c, "height": alone[1].c}
    first = joint.trials[0]
    assert first["dev_ccc"] == pytest.approx((first["dev_ccc_loudness"] + first["dev_ccc_height"]) / 2)
