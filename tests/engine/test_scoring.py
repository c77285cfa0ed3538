"""What a choice moves, from real runs: C of an SVM, and the best epoch of a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

from emonet.evaluate.interval import score_interval
from emonet.evaluate.metrics import METRICS
from emonet.report.folder import TrainingId
from tests.helpers.cli_run import call

RECIPE = """\
corpora: [{manifest: tones/labels.csv}]
protocol: leave-one-speaker-out
systems:
  svm: {strategy: svm, extractor: EXTRACTOR, normalisation: none, svm: {c: [0.001, 0.01, 0.1, 1.0]}}
  net:
    strategy: scratch
    frontend: {logmel: {bands: 16}}
    backbone: {wide_resnet: {width: 4, blocks: 1}}
    training: {batch: 4, epochs: 3, learning_rates: [0.05, 0.01], crop: 0.2}
"""
PLUGIN = '''\
import emonet
import numpy as np


class Blurred:
    """The pitch under noise that hangs on the clip alone: hard to hear, so that C matters."""

    dim = 6
    names = tuple("abcdef")

    def extract(self, wave):
        crossings = np.mean(wave[1:] * wave[:-1] < 0) * 20
        random = np.random.default_rng(len(wave) + int(1e4 * np.abs(wave).sum()))
        return (np.r_[crossings, 0, 0, 0, 0, 0] + random.normal(0, 0.8, 6)).astype(np.float32)


@emonet.component(yields="vector")
def blurred():
    return Blurred()


@emonet.hookimpl
def emonet_extractors():
    return {"blurred": blurred}
'''


@pytest.fixture
def place(tones: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tones.parent.parent
    monkeypatch.chdir(folder)
    (folder / "blurred.py").write_text(PLUGIN, encoding="utf-8")
    (folder / "choices.yaml").write_text(RECIPE.replace("EXTRACTOR", "blurred"), encoding="utf-8")
    return folder


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code, out, err = call(capsys, "run", "choices.yaml", "--plugin", "blurred.py", "--json", *words)
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def of_test(result: dict[str, Any], system: str) -> dict[str, Any]:
    wanted = {"system": system, "split": "test", "checkpoint": "best"}
    (score,) = [score for score in result["scores"] if wanted.items() <= score.items()]
    found: dict[str, Any] = score
    return found


def place_of_training(system: str, fold: str) -> str:
    return TrainingId(system, "labels/label", fold, 1).place


SVM_ALONE = "systems={svm: {strategy: svm, extractor: blurred, normalisation: none, svm: {c: [0.001, 0.01, 0.1, 1.0]}}}"


def test_the_range_is_of_test_scores_with_the_other_values_of_c(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = ran(capsys, "--set", SVM_ALONE)
    score = of_test(result, "svm")
    selection = score["selection"]
    assert (selection["of"], selection["by"]) == ("C", "dev")
    assert {fold: choice["value"] for fold, choice in selection["folds"].items()} == score["chosen"]
    # A run with each C alone refits with it; the pooled UAR is a mean over folds of equal size and classes.
    alone: dict[float, dict[str, float]] = {}
    for c in (0.001, 0.01, 0.1, 1.0):
        alone[c] = of_test(ran(capsys, "--set", SVM_ALONE, "--set", f"systems.svm.svm.c=[{c}]"), "svm")["per_fold"]
    ends = [[alone[c][fold] for c in choice["tied"]] for fold, choice in selection["folds"].items()]
    assert max(len(values) for values in ends) > 1
    assert selection["low"] == pytest.approx(np.mean([min(values) for values in ends]))
    assert selection["high"] == pytest.approx(np.mean([max(values) for values in ends]))
    assert selection["low"] < selection["high"]
    assert selection["low"] <= score["metrics"]["uar"] + 1e-12
    assert score["metrics"]["uar"] <= selection["high"] + 1e-12
    run = json.loads((Path(result["run"]) / "run.json").read_text(encoding="utf-8"))
    assert set(run["tests_opened"].values()) == {1}


def test_tied_values_are_those_within_one_standard_error_on_dev(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = ran(capsys)
    rows = pyarrow.parquet.read_table(Path(result["run"]) / "predictions.parquet").to_pylist()
    for system, axis in (("svm", "c"), ("net", "epoch")):
        selection = of_test(result, system)["selection"]
        assert len(selection["folds"]) == 4
        for fold, choice in selection["folds"].items():
            said = [
                row
                for row in rows
                if (row["system"], row["split"], row["checkpoint"], row["fold"]) == (system, "dev", "best", fold)
            ]
            columns = [[row[name] for row in said] for name in ("truth", "predicted", "speaker")]
            error = score_interval(columns[0], [columns[1]], METRICS["uar"], speakers=columns[2]).standard_error
            assert choice["standard_error"] == pytest.approx(error)
            history = json.loads(
                (Path(result["run"]) / f"history/{place_of_training(system, fold)}.json").read_text("utf-8")
            )
            best = max(entry["dev_uar"] for entry in history)
            assert choice["score"] == pytest.approx(best)
            within = [entry[axis] for entry in history if entry["dev_uar"] >= best - error - 1e-9]
            assert choice["tied"] == within
            assert choice["tried"] == len(history) == (4 if system == "svm" else 6)


def test_the_range_stands_below_the_table_in_every_format(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = ran(capsys)
    selection = of_test(result, "svm")["selection"]
    line = f"Choice of C, svm: test {100 * selection['low']:.1f} to {100 * selection['high']:.1f}; dev cannot tell"
    for name in ("terminal", "markdown", "latex", "html"):
        code, out, err = call(capsys, "report", result["run"], "--format", name)
        assert code == 0, err
        shown = " ".join(out.split())
        assert line in shown
        assert "Choice of epoch, net: dev cannot tell" in shown
        assert "over utterances" in shown


def test_without_test_nothing_is_said_of_test_even_where_it_was_opened_before(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran(capsys)
    result = ran(capsys, "--dev-only")
    selections = [score["selection"] for score in result["scores"] if score["system"] == "svm"]
    assert selections
    assert {(each["low"], each["high"]) for each in selections} == {(None, None)}
    _, out, _ = call(capsys, "report", result["run"], "--format", "terminal")
    assert "Choice of C, svm: dev cannot tell" in " ".join(out.split())


def test_a_chosen_svm_that_did_not_converge_is_said(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes = ["--set", SVM_ALONE, "--set", "systems.svm.svm.iterations=1", "--set", "systems.svm.svm.c=[1.0]"]
    code, out, err = call(capsys, "run", "choices.yaml", "--plugin", "blurred.py", *changes)
    assert code == 0, err
    assert "did not converge" in " ".join(err.split())
    assert "more than 1 step (svm: {iterations: 10}), or with smaller values of C" in " ".join(err.split())
    assert "svm: the solver of the chosen SVM did not converge in 4 of 4 fits." in " ".join(out.split())
    assert "Choice of C" not in out  # There was one value.


def test_inner_folds_are_named_with_the_score(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = ran(capsys, "--set", SVM_ALONE, "--set", "systems.svm.svm.select=inner")
    selection = of_test(result, "svm")["selection"]
    assert selection["by"] == "inner cross-validation over speakers, 2 folds"
    history = json.loads(next((Path(result["run"]) / "history").rglob("*.json")).read_text(encoding="utf-8"))
    assert all({"inner_uar", "dev_uar"} <= set(entry) for entry in history)
    again = ran(capsys, "--set", SVM_ALONE)
    assert again["run"] != result["run"]


def test_the_epochs_of_a_head_with_two_dimensions_are_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.helpers.tones import make_rated_tones

    monkeypatch.chdir(tmp_path)
    make_rated_tones(tmp_path / "rated", speakers=4, takes=3)
    (tmp_path / "choices.yaml").write_text(
        RECIPE.replace("EXTRACTOR", "blurred").replace(
            "{manifest: tones/labels.csv}", "{manifest: rated/rated.csv, target: valence+arousal}"
        ),
        encoding="utf-8",
    )
    (tmp_path / "blurred.py").write_text(PLUGIN, encoding="utf-8")
    result = ran(capsys, "--set", "systems.net.training.epochs=1")
    for score in result["scores"]:
        if score["system"] == "net":
            assert score["selection"] is None
        elif score["split"] == "test":
            assert score["selection"]["low"] <= score["metrics"]["ccc"] + 1e-6
            assert score["metrics"]["ccc"] <= score["selection"]["high"] + 1e-6
