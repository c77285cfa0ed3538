"""The scripts of ``examples/python``, run on tones."""

from __future__ import annotations

from pathlib import Path

import pytest

import emonet
from emonet.cli.app import run_command
from tests.helpers.made import load_script
from tests.helpers.tones import make_tones

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "python"
NET = {"frontend": {"logmel": {"bands": 16}}, "backbone": {"wide_resnet": {"width": 4, "blocks": 1}}}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_tones(tmp_path / "tones", takes=1, speakers=5)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_are_three_scripts() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} == {"own_folder", "compare", "label"}


def test_a_folder_of_ones_own_gives_scores(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load_script(FOLDER / "own_folder.py").main(["tones/labels.csv", "--runs", "mine"])
    out = capsys.readouterr().out
    (run,) = emonet.runs("mine")
    score = run.to_frame().query("split == 'test'").iloc[0]
    assert "Audit of labels/leave-one-speaker-out" in out
    assert f"{score['value']:.6f}" in out
    assert "predicted" in out
    assert score["protocol_hash"] in out


def test_two_systems_are_compared_and_drawn(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compare = load_script(FOLDER / "compare.py")
    for system in compare.SYSTEMS.values():
        system["svm"] = {"c": [0.1]}
    compare.main(["{manifest: tones/labels.csv}", "plot.svg"])
    (run,) = emonet.runs()
    (row,) = run.comparisons().to_dict("records")
    assert (row["system"], row["baseline"]) == ("egemaps-speaker", "egemaps")
    assert row["difference"] == run.report.comparisons[0].difference
    assert row["low"] <= row["difference"] <= row["high"]
    assert f"egemaps-speaker - egemaps: {row['difference']:+.3f} uar" in capsys.readouterr().out
    assert "<svg" in (place / "plot.svg").read_text(encoding="utf-8")


def test_a_pack_labels_new_audio(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    training = {"batch": 8, "epochs": 1, "learning_rates": [0.01]}
    systems = {"net": {"strategy": "scratch", "training": training, **NET}}
    recipe = {"corpora": [{"manifest": "tones/labels.csv"}], "protocol": "by-speaker", "systems": systems}
    run = emonet.run(recipe, progress=False)
    assert run_command(["pack", "export", str(run.path), "--system", "net", "--out", "pack"]) == 0
    capsys.readouterr()
    load_script(FOLDER / "label.py").main(["pack", "tones"])
    out = capsys.readouterr().out
    assert "labels/label learned from: labels (" in out
    frame = emonet.load_pack("pack").predict("tones", progress=False)
    assert f"{frame['p_anger'][0]:.3f}" in out
    assert f"{frame['file'][0]} as an array at 16000 Hz: {frame['label'][0]}\n" in out
