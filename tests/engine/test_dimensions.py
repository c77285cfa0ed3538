"""Whole runs on tones whose pitch and loudness are numbers: what is heard is learned, what is not is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from scipy.stats import pearsonr

from emonet.cli.app import run_command
from emonet.learn import loops
from tests.helpers.tones import make_rated_tones, make_tones

DIMENSIONS = ("valence", "arousal", "dominance")
JOINT = "+".join(DIMENSIONS)
SMALL = "frontend: {logmel: {bands: 16}}, backbone: {wide_resnet: {width: 4, blocks: 1}}"
HEAD = "protocol: {grouped-k-fold: {k: 3}}\n"
SVM = f"{HEAD}systems:\n  svm: {{strategy: svm, extractor: egemaps}}\n"
NET = "training: {batch: 16, epochs: 8, crop: 0.3, learning_rates: [0.1, 0.01]}"
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def emonet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        code = run_command(list(words))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def ran(emonet: Call, recipe: str) -> dict[str, Any]:
    Path("dims.yaml").write_text(recipe, encoding="utf-8")
    code, out, err = emonet("run", "dims.yaml", "--json")
    assert code == 0, err
    return json.loads(out)


def on_test(result: dict[str, Any], checkpoint: str = "best") -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (score["system"], score["task"]): score
        for score in result["scores"]
        if (score["split"], score["checkpoint"]) == ("test", checkpoint)
    }


@pytest.mark.slow
def test_what_is_heard_is_learned_and_shuffled_labels_are_not(tmp_path: Path, emonet: Call) -> None:
    make_rated_tones(tmp_path / "heard", takes=12)
    make_rated_tones(tmp_path / "shuffled", takes=12, shuffled=True)
    found = {
        name: on_test(ran(emonet, f"corpora: [{{manifest: {name}/rated.csv, target: {JOINT}}}]\n{SVM}"))
        for name in ("heard", "shuffled")
    }
    for dimension in DIMENSIONS:
        heard, shuffled = (found[name]["svm", f"rated/{dimension}"] for name in ("heard", "shuffled"))
        assert heard["metrics"]["ccc"] > 0.5
        assert abs(shuffled["metrics"]["ccc"]) < 0.3
        assert heard["interval"]["kind"] == "speakers"
        assert (heard["chance"], heard["confusion"], heard["classes"]) == (None, [], [])
        assert heard["head"] == f"rated/{JOINT}"
    assert found["heard"]["svm", "rated/dominance"]["unit"] == "%"
    assert found["heard"]["svm", "rated/valence"]["range"] == [1.0, 5.0]


@pytest.mark.slow
def test_a_network_learns_three_dimensions_in_one_head_and_its_rows_give_its_scores(
    tmp_path: Path, emonet: Call
) -> None:
    make_rated_tones(tmp_path / "heard")
    recipe = f"corpora: [{{manifest: heard/rated.csv, target: [valence, arousal, dominance]}}]\n{SVM}"
    recipe += f"  net: {{strategy: scratch, {SMALL}, {NET}}}\nbaseline: svm\n"
    result = ran(emonet, recipe)
    rows = pyarrow.parquet.read_table(Path(result["run"]) / "predictions.parquet").to_pylist()
    for score in result["scores"]:
        wanted = [
            (float(row["truth"]), float(row["predicted"]))
            for row in rows
            if all(row[key] == score[key] for key in ("system", "split", "checkpoint"))
            and f"{row['corpus']}/{row['target']}" == score["task"]
        ]
        truth, said = np.array(wanted).T
        assert score["n"] == len(wanted) == 48
        assert score["metrics"]["pearson"] == pytest.approx(pearsonr(truth, said).statistic)
        assert score["metrics"]["mae"] == pytest.approx(np.abs(truth - said).mean())
    scores = on_test(result)
    assert {task for _, task in scores} == {f"rated/{dimension}" for dimension in DIMENSIONS}
    assert min(scores["net", f"rated/{dimension}"]["metrics"]["ccc"] for dimension in DIMENSIONS) > 0.3
    assert [each["task"] for each in result["comparisons"]] == [f"rated/{dimension}" for dimension in DIMENSIONS]
    history = json.loads(next((Path(result["run"]) / "history" / "net").rglob("*.json")).read_text())
    means = [np.mean([entry[f"dev_ccc_{dimension}"] for dimension in DIMENSIONS]) for entry in history]
    assert [entry["dev_ccc"] for entry in history] == pytest.approx(means)
    shown = {form: emonet("runs", "show", result["run"], "--format", form)[1] for form in ("markdown", "html", "latex")}
    assert all("over speakers" in text for text in shown.values())
    code, page, err = emonet("report", result["run"], "--format", "html")
    assert code == 0, err
    assert "CCC of dominance on dev" in page
    assert f"rated/{JOINT}: CCC on dev" in page


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["ccc", "mse"])
def test_classes_and_numbers_are_learned_by_one_multi_domain_model(loss: str, tmp_path: Path, emonet: Call) -> None:
    make_rated_tones(tmp_path / "heard", takes=4)
    make_tones(tmp_path / "tones", speakers=6)
    recipe = (
        f"corpora: [{{manifest: heard/rated.csv, target: {JOINT}}}, {{manifest: tones/labels.csv}}]\n{HEAD}"
        f"systems:\n  joint: {{strategy: multi-domain, adapter: residual, {SMALL}, "
        "shared: {rounds: 4, learning_rates: [0.05]}, "
        f"training: {{batch: 8, epochs: 2, crop: 0.3, learning_rates: [0.05], loss: {loss}}}}}"
    )
    result = ran(emonet, recipe)
    scores = on_test(result)
    assert {task for _, task in scores} == {"labels/label", *(f"rated/{dimension}" for dimension in DIMENSIONS)}
    assert scores["joint", "labels/label"]["metric"] == "uar"
    assert scores["joint", "labels/label"]["confusion"]
    assert scores["joint", "rated/valence"]["metric"] == "ccc"
    code, shown, err = emonet("runs", "show", result["run"])
    assert code == 0, err
    assert "Scores of classes in %" in shown
    assert "Scores of numbers" in shown
    history = json.loads(next((Path(result["run"]) / "history" / "joint").glob("shared-*/*.json")).read_text())
    assert {"train_loss labels/label", f"train_loss rated/{JOINT}"} <= set(history[-1])


def test_a_target_of_numbers_is_refused_where_classes_are_asked_for(tmp_path: Path, emonet: Call) -> None:
    make_rated_tones(tmp_path / "heard", takes=2)
    path = Path("dims.yaml")
    path.write_text(f"corpora: [{{manifest: heard/rated.csv, target: valence, classes: [low]}}]\n{SVM}")
    code, _, err = emonet("run", "dims.yaml", "--plan")
    assert code == 2
    assert "'rated/valence' holds numbers" in err
    arousal = f"strategy: arousal, adapter: residual, {SMALL}"
    path.write_text(f"corpora: [{{manifest: heard/rated.csv}}]\n{HEAD}systems: {{a: {{{arousal}}}}}\n")
    code, _, err = emonet("run", "dims.yaml", "--plan")
    assert code == 2
    assert "aggregating by arousal maps classes" in err


def test_the_plan_and_the_protocol_name_the_dimensions(tmp_path: Path, emonet: Call) -> None:
    make_rated_tones(tmp_path / "heard", takes=2)
    Path("dims.yaml").write_text(f"corpora: [{{manifest: heard/rated.csv, target: {JOINT}}}]\n{SVM}")
    code, out, err = emonet("run", "dims.yaml", "--plan", "--json")
    assert code == 0, err
    first = json.loads(out)["stages"][0]
    assert first["tasks"] == [f"rated/{JOINT}"]
    assert [each["name"] for each in first["dimensions"][0]] == list(DIMENSIONS)
    entry = "{manifest: heard/rated.csv, target: valence+arousal}"
    code, out, err = emonet("protocol", "show", entry, "grouped-k-fold", "--set", "k=3", "--json")
    assert code == 0, err
    splits = json.loads(out)["folds"][0]["splits"]
    assert 1 < splits["train"]["means"]["valence"] < 5
    code, out, err = emonet("protocol", "show", entry, "grouped-k-fold", "--set", "k=3")
    assert code == 0, err
    assert "mean valence" in " ".join(out.split())


@pytest.mark.slow
def test_a_run_that_is_cut_off_within_a_training_goes_on_to_the_same_scores(
    tmp_path: Path, emonet: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_rated_tones(tmp_path / "heard", takes=4)
    network = f"{{strategy: scratch, {SMALL}, training: {{batch: 8, epochs: 3, crop: 0.3, learning_rates: [0.1]}}}}"
    recipe = f"corpora: [{{manifest: heard/rated.csv, target: {JOINT}}}]\n{HEAD}systems:\n  net: {network}\n"
    whole = on_test(ran(emonet, recipe), "final")
    monkeypatch.setenv("EMONET_HOME", str(tmp_path / "another-home"))
    monkeypatch.setattr(loops, "RESUME_EVERY", -1.0)
    epoch, calls = loops.EpochTrainer._epoch, []

    def die_before_the_third(self: Any, now: Any, history: Any) -> Any:
        calls.append(now.epoch)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return epoch(self, now, history)

    monkeypatch.setattr(loops.EpochTrainer, "_epoch", die_before_the_third)
    code, _, _ = emonet("run", "dims.yaml", "--quiet")
    assert code == 130
    resumed = on_test(ran(emonet, recipe), "final")
    assert calls[2] == calls[3] == 2
    assert resumed.keys() == whole.keys()
    assert all(resumed[key]["metrics"] == whole[key]["metrics"] for key in whole)
