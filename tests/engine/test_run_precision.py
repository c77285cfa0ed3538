"""A recipe that asks for bf16 gets it where the machine is right, and is told where it is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emonet.files import stages_folder
from emonet.learn import precision
from tests.helpers.cli_run import call

FAULT = "a convolution of 3x3 is off by nan"
RECIPE = """\
corpora: [{manifest: tones/labels.csv}]
protocol: by-speaker
precision: bf16
strategy: scratch
frontend: {logmel: {bands: 16}}
backbone: {wide_resnet: {width: 4, blocks: 1}}
training: {batch: 8, epochs: 1, crop: 0.2}
"""
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _recipe(tones: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tones.parent.parent
    monkeypatch.chdir(folder)
    (folder / "low.yaml").write_text(RECIPE, encoding="utf-8")


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose bf16 convolutions are wrong."""
    monkeypatch.setattr(precision, "bf16_fault", lambda device: FAULT)


def ran(capsys: Capture, *words: str) -> tuple[dict[str, Any], str]:
    code, out, err = call(capsys, "run", "low.yaml", "--json", *words)
    assert code == 0, err
    return json.loads(out), err


def facts_of(result: dict[str, Any]) -> tuple[str, str]:
    """Return the precision that the one stage was planned for, and that it says it used."""
    plan = json.loads((Path(result["run"]) / "plan.json").read_text(encoding="utf-8"))
    (stage,) = plan["stages"]
    facts = json.loads((stages_folder() / stage["key"] / "stage.json").read_text(encoding="utf-8"))
    return stage["precision"], facts["precision"]


def test_bf16_is_used_where_it_is_right_and_gives_other_numbers(capsys: Capture) -> None:
    low, exact = ran(capsys)[0], ran(capsys, "--set", "precision=fp32")[0]
    assert facts_of(low) == ("bf16", "bf16")
    assert facts_of(exact) == ("fp32", "fp32")
    assert low["notes"] == exact["notes"]
    losses = [
        json.loads(next(Path(each["run"]).rglob("fold-*-seed-1.json")).read_text(encoding="utf-8"))[0]["train_loss"]
        for each in (low, exact)
    ]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], abs=0.1)


@pytest.mark.usefixtures("wrong")
def test_where_bf16_is_wrong_fp32_is_used_and_everything_says_so(capsys: Capture) -> None:
    result, _ = ran(capsys)
    assert facts_of(result) == ("fp32", "fp32")
    assert f"precision: fp32 instead of bf16, which this machine gets wrong: {FAULT}." in result["notes"]
    exact, _ = ran(capsys, "--set", "precision=fp32")
    assert exact["run"] == result["run"], "results of fp32 are kept as what they are"


@pytest.mark.usefixtures("wrong")
def test_a_plan_says_what_precision_a_run_will_have(capsys: Capture) -> None:
    code, _, err = call(capsys, "run", "low.yaml", "--plan")
    assert code == 0
    assert "fp32 instead of bf16" in " ".join(err.split())


def test_a_stage_planned_for_bf16_is_refused_where_it_is_wrong(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emonet.engine import run

    monkeypatch.setattr(run, "with_right_precision", lambda recipe, listen: (recipe, ""))
    monkeypatch.setattr(precision, "bf16_fault", lambda device: FAULT)
    code, _, err = call(capsys, "run", "low.yaml", "--quiet")
    assert code == 2
    assert f"planned for precision bf16, which this machine (cpu) gets wrong: {FAULT}." in " ".join(err.split())
    assert "Choose precision: fp32, or another machine." in " ".join(err.split())


@pytest.mark.usefixtures("wrong")
def test_a_recipe_of_svms_alone_is_told_nothing(capsys: Capture) -> None:
    from emonet.engine.run import with_right_precision
    from emonet.recipe.recipe import read_recipe

    text = "corpora: [foo]\nprotocol: by-speaker\nprecision: bf16\nstrategy: svm\nextractor: egemaps\n"
    Path("svm.yaml").write_text(text, encoding="utf-8")
    recipe, _ = read_recipe(Path("svm.yaml"))
    assert with_right_precision(recipe) == (recipe, "")
