"""Speakers and folds called like paths: a run writes into its own folder, and shows their names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emonet.report.folder import RunFolder
from emonet.report.loading import read_curves
from emonet.report.results import Report
from tests.helpers.cli_run import call
from tests.helpers.tones import make_tones

RECIPE = """\
corpora: [{manifest: tones/labels.csv}]
protocol: leave-one-speaker-out
strategy: scratch
frontend: {logmel: {bands: 16}}
backbone: {wide_resnet: {width: 4, blocks: 1}}
training: {batch: 8, epochs: 1, crop: 0.2, learning_rates: [0.01]}
"""
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The manifest of three speakers in a folder deep enough to be left by a path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EMONET_HOME", str(tmp_path / "home"))
    (tmp_path / "odd.yaml").write_text(RECIPE, encoding="utf-8")
    return make_tones(tmp_path / "tones", speakers=3, takes=1)


def called(manifest: Path, **names: str) -> list[str]:
    """Give speakers other names; return all names."""
    lines = manifest.read_text(encoding="utf-8").splitlines()
    speakers = {**{name: name for name in ("s0", "s1", "s2")}, **names}
    rows = [line.rpartition(",") for line in lines[1:]]
    text = [lines[0], *(f"{row},{speakers[speaker]}" for row, _, speaker in rows)]
    manifest.write_text("\n".join(text) + "\n", encoding="utf-8")
    return sorted(speakers.values())


def run(capsys: Capture, *words: str) -> Report:
    code, out, err = call(capsys, "run", "odd.yaml", "--runs", "some/where/deep/runs", "--json", *words)
    assert code == 0, err
    shown = json.loads(out)
    shown.pop("run")
    return Report.from_json(shown)


def written(folder: Path) -> set[str]:
    """Return what came to be outside of the run's folder and the home, beside what was there."""
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {name for name in files if not name.startswith(("home/", "tones/", "some/where/deep/runs/odd-"))}


@pytest.mark.parametrize("odd", ["x/../../../../../../ESCAPED/s0", "..", "/ESCAPED", "spk/1", "s" * 300])
def test_a_speaker_called_like_a_path_stays_in_the_runs_folder(
    odd: str, manifest: Path, tmp_path: Path, capsys: Capture
) -> None:
    names = called(manifest, s0=odd)
    report = run(capsys)
    assert written(tmp_path) == {"odd.yaml"}
    curves = read_curves(RunFolder(Path(report.folder)), report.scores)
    assert sorted(curve.fold for curve in curves) == names
    assert sorted(report.scores[0].per_fold) == names
    checkpoints = sorted(Path(report.folder).glob("checkpoints/*/*/*/best.safetensors"))
    assert len(checkpoints) == len(names)


def test_a_fold_of_a_stranger_called_like_a_path_stays_there_too(
    manifest: Path, tmp_path: Path, capsys: Capture
) -> None:
    code, _, err = call(capsys, "corpora", "prepare", "--manifest", str(manifest))
    assert code == 0, err
    names = [line.partition(",")[0].removesuffix(".wav") for line in manifest.read_text().splitlines()[1:]]
    splits = {"s0": "train", "s1": "dev", "s2": "test"}
    rows = [f"{name},{splits[name.partition('/')[0]]},x/../../../../ESCAPED" for name in names]
    Path("folds.csv").write_text("\n".join(["id,split,fold", *rows]) + "\n", encoding="utf-8")
    report = run(capsys, "--set", "protocol={imported: {file: folds.csv}}")
    assert written(tmp_path) == {"odd.yaml", "folds.csv"}
    (curve,) = read_curves(RunFolder(Path(report.folder)), report.scores)
    assert curve.fold == "x/../../../../ESCAPED"


@pytest.mark.parametrize("odd", ["spk/1", "s" * 300])
def test_a_pack_is_made_of_a_fold_that_is_called_like_a_path(odd: str, manifest: Path, capsys: Capture) -> None:
    called(manifest, s0=odd)
    report = run(capsys)
    words = ["pack", "export", report.folder, "--system", "scratch", "--fold", odd, "--out", "pack"]
    code, _, err = call(capsys, *words)
    assert code == 0, err
    code, out, err = call(capsys, "pack", "info", "pack", "--json")
    assert code == 0, err
    assert odd in out
