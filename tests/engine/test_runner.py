"""Stages: which weights speak, and what a tuning starts from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score

from emonet.engine.assemble import Assembler
from emonet.engine.run import plan_run
from emonet.engine.runner import stage_facts, stage_folder
from emonet.learn.checkpoint import load_checkpoint
from emonet.plugin.registry import load_registry
from emonet.recipe.recipe import read_recipe
from emonet.recipe.stage import Stage
from tests.helpers.cli_run import call
from tests.helpers.tones import make_tones

RECIPE = """\
corpora: [{manifest: one/labels.csv}, {manifest: two/more.csv}]
protocol: by-speaker
frontend: {logmel: {bands: 8}}
backbone: {wide_resnet: {width: 4, blocks: 1}}
training: {batch: 4, epochs: 6, crop: 0.2, learning_rates: [0.1]}
shared: {rounds: 2, learning_rates: [0.05]}
adapter: residual
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_tones(tmp_path / "one")
    make_tones(tmp_path / "two", takes=1).rename(tmp_path / "two" / "more.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(capsys: pytest.CaptureFixture[str], strategy: str) -> tuple[Assembler, tuple[Stage, ...]]:
    """Run a recipe on dev; return what assembles its models, and its stages."""
    text = RECIPE.replace("adapter: residual\n", "") if strategy == "scratch" else RECIPE
    Path("it.yaml").write_text(f"{text}strategy: {strategy}\n", encoding="utf-8")
    code, _, err = call(capsys, "run", "it.yaml", "--quiet", "--dev-only")
    assert code == 0, err
    registry = load_registry()
    made, _ = plan_run(read_recipe(Path("it.yaml"))[0], Path(), registry, decode=True)
    return Assembler(registry, {stage.key: stage for stage in made.stages}), made.stages


def test_best_and_final_predictions_are_those_of_the_best_and_the_final_epoch(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    differs = False
    for stage in ran(capsys, "scratch")[1]:
        at = stage_folder(stage.key)
        history = json.loads((at / "history.json").read_text(encoding="utf-8"))
        rows = pyarrow.parquet.read_table(at / "predictions-dev.parquet").to_pylist()
        best = history[stage_facts(stage.key)["best_epoch"] - 1]["dev_uar"]
        final = history[-1]["dev_uar"]
        assert {name: _uar(rows, name) for name in ("best", "final")} == pytest.approx({"best": best, "final": final})
        differs |= best != final
    assert differs, "where both epochs score alike, this test sees nothing"


def _uar(rows: list[dict[str, Any]], checkpoint: str) -> float:
    chosen = [row for row in rows if row["checkpoint"] == checkpoint]
    return float(balanced_accuracy_score([row["truth"] for row in chosen], [row["predicted"] for row in chosen]))


def test_multi_domain_tuning_starts_from_what_its_task_owned_in_the_shared_training(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assembler, stages = ran(capsys, "multi-domain")
    tuned = [stage for stage in stages if stage.scored]
    assert len(tuned) == 2
    for stage in tuned:
        ended, _ = load_checkpoint(stage_folder(stage.parents[0]) / "final.safetensors")
        started = assembler.started(stage).state_dict()
        own = [name for name in started if name.startswith(("heads.", "private."))]
        assert len(own) > 5
        assert all(torch.equal(started[name], ended[name]) for name in own)


@pytest.mark.parametrize(("strategy", "code"), [("multi-domain", 2), ("scratch", 0)])
def test_a_copy_in_what_is_learned_together_stops_a_run(
    folder: Path, capsys: pytest.CaptureFixture[str], strategy: str, code: int
) -> None:
    (folder / "two" / "s1" / "anger_0.wav").write_bytes((folder / "one" / "s3" / "anger_0.wav").read_bytes())
    text = RECIPE.replace("by-speaker", "leave-one-speaker-out").replace("epochs: 6", "epochs: 1")
    text = text.replace("adapter: residual\n", "") if strategy == "scratch" else text
    Path("it.yaml").write_text(f"{text}strategy: {strategy}\n", encoding="utf-8")
    found, _, err = call(capsys, "run", "it.yaml", "--quiet", "--dev-only")
    assert found == code, err
    assert ("what 'multi-domain' learned before" in err) == bool(code)
