"""What a run keeps and finds damaged: it is named and made again, or named and refused, and never used."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emonet.cli.app import run_command
from emonet.files import home
from emonet.machine import machine_of
from tests.helpers.tones import make_tones

RECIPE = """\
corpora: [{manifest: tones/labels.csv}]
protocol: by-speaker
systems:
  svm: {strategy: svm, extractor: egemaps, svm: {c: [0.1]}}
  net:
    strategy: scratch
    frontend: {logmel: {bands: 16}}
    backbone: {wide_resnet: {width: 4, blocks: 1}}
    training: {batch: 8, epochs: 1, crop: 0.2}
"""
Emonet = Callable[..., tuple[int, str, str]]


@pytest.fixture
def emonet(tones: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Emonet:
    folder = tones.parent.parent
    monkeypatch.chdir(folder)
    (folder / "r.yaml").write_text(RECIPE, encoding="utf-8")

    def call(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run_command([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def scores_of(emonet: Emonet) -> tuple[list[dict[str, Any]], str]:
    """Run the recipe; return its scores and what was said."""
    code, _, err = emonet("run", "r.yaml")
    assert code == 0, err
    (path,) = Path("runs").glob("*/scores.json")
    return json.loads(path.read_text(encoding="utf-8"))["scores"], err


def flip(path: Path, place: int) -> None:
    """Turn one bit of a file in place."""
    mode = path.stat().st_mode
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ 64]))
    path.chmod(mode)


def kept(pattern: str) -> Path:
    """Return the one file of this pattern that a stage of a network, or of the SVM, left."""
    kind, _, name = pattern.partition(" ")
    found = [
        path
        for path in home().glob(f"stages/*/{name}")
        if (path.parent / "final.safetensors").exists() == (kind == "net")
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("pattern", "again"),
    [
        ("net stage.json", "stage is done"),
        ("net best.safetensors", "stage is done"),
        ("net final.safetensors", "stage is done"),
        ("net history.json", "stage is done"),
        ("net predictions-dev.parquet", "predictions are made"),
        ("net predictions-test.parquet", "predictions are made"),
        ("svm stage.json", "stage is done"),
        ("svm best.safetensors", "stage is done"),
        ("svm predictions-dev.parquet", "stage is done"),
        ("svm predictions-test.parquet", "predictions are made"),
    ],
)
def test_a_stage_s_damaged_file_is_named_and_made_again_with_all_that_hangs_on_it(
    emonet: Emonet, pattern: str, again: str
) -> None:
    scores, said = scores_of(emonet)
    assert "not what was written" not in said
    path = kept(pattern)
    whole, folder = path.read_bytes(), path.parent
    linked = {file: file.read_bytes() for file in Path("runs").rglob("*.safetensors")}
    untouched = {file: file.stat().st_mtime_ns for file in folder.iterdir() if file.suffix == ".safetensors"}
    flip(path, len(whole) // 2)
    after, said = scores_of(emonet)
    assert after == scores
    assert f"{path}: not what was written, so the {again} again." in said.splitlines()
    assert path.read_bytes() == whole or path.suffix == ".json", "which tells how long it took"
    assert {file: file.read_bytes() for file in linked} == linked
    if again == "predictions are made":
        assert {file: file.stat().st_mtime_ns for file in untouched} == untouched
    assert "not what was written" not in scores_of(emonet)[1]


def test_a_run_that_does_not_need_what_is_damaged_does_not_make_it_count_as_whole(emonet: Emonet) -> None:
    scores, _ = scores_of(emonet)
    path = kept("net predictions-test.parquet")
    whole = path.read_bytes()
    flip(path, len(whole) // 2)
    flip(path.with_name("predictions-dev.parquet"), 99)  # so that this run writes something into the stage
    assert emonet("run", "r.yaml", "--dev-only", "--runs", "dev-only")[0] == 0
    after, _ = scores_of(emonet)
    assert after == scores
    assert path.read_bytes() == whole


@pytest.mark.parametrize("name", ["predictions-dev.parquet", "predictions-test.parquet"])
def test_a_recipe_that_says_otherwise_whose_its_speakers_are_finds_damage_too(emonet: Emonet, name: str) -> None:
    scores, _ = scores_of(emonet)
    path, whole = kept(f"net {name}"), kept(f"net {name}").read_bytes()
    flip(path, len(whole) // 2)
    Path("r.yaml").write_text(RECIPE.replace("labels.csv}", "labels.csv, speakers: own}"), encoding="utf-8")
    after, said = scores_of(emonet)
    assert after == scores
    assert f"{path}: not what was written, so the predictions are made again." in said.splitlines()
    assert path.read_bytes() == whole


def test_a_stage_s_files_are_read_only_since_runs_share_them(emonet: Emonet) -> None:
    scores_of(emonet)
    for path in [*home().glob("stages/*/*.safetensors"), *Path("runs").rglob("checkpoints/**/*.safetensors")]:
        assert path.stat().st_mode & 0o222 == 0


def test_a_damaged_count_of_openings_is_taken_from_the_ledger(emonet: Emonet) -> None:
    scores_of(emonet)
    for path in home().glob("stages/*/test_opened.json"):
        path.write_bytes(b"")
    (run,) = Path("runs").glob("*/run.json")
    before = json.loads(run.read_text(encoding="utf-8"))["tests_opened"]
    scores_of(emonet)
    assert json.loads(run.read_text(encoding="utf-8"))["tests_opened"] == before
    assert set(before.values()) == {1}


def test_a_store_whose_samples_are_damaged_is_made_anew_and_the_run_goes_on(emonet: Emonet) -> None:
    assert emonet("corpora", "prepare", "--manifest", "tones/labels.csv")[0] == 0
    (store,) = home().glob("store/*/*/store.arrow")
    whole = store.read_bytes()
    flip(store, len(whole) // 2)
    scores, said = scores_of(emonet)
    assert f"{store} is damaged (the samples of 's" in said
    assert "It is made anew from the corpus' own files." in said
    assert store.read_bytes() == whole
    assert scores_of(emonet)[0] == scores


def test_of_several_damaged_stores_each_is_made_anew_in_one_run(emonet: Emonet) -> None:
    make_tones(Path("others"), first=4)
    Path("others/labels.csv").rename("others/others.csv")
    corpora = "[{manifest: tones/labels.csv, speakers: own}, {manifest: others/others.csv, speakers: own}]"
    text = RECIPE.replace("[{manifest: tones/labels.csv}]", corpora).partition("  net:")[0]
    Path("r.yaml").write_text(text, encoding="utf-8")
    scores, _ = scores_of(emonet)
    shutil.rmtree(home() / "stages")
    stores = sorted(home().glob("store/*/*/store.arrow"))
    assert len(stores) == 2
    for store in stores:
        flip(store, store.stat().st_size // 2)
    for path in home().glob("store/*/*/features/*.arrow"):
        path.unlink()
    after, said = scores_of(emonet)
    assert after == scores
    assert all(f"{store} is damaged (the samples of 's" in said for store in stores)


def test_a_run_records_its_machine_and_says_where_another_one_made_what_it_reuses(
    emonet: Emonet, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores_of(emonet)
    (run,) = Path("runs").iterdir()
    recorded = json.loads((run / "environment.json").read_text(encoding="utf-8"))["machine"]
    assert {"processor", "device", "threads", "OMP_NUM_THREADS", "precision of products", "torch"} <= set(recorded)
    report = json.loads((run / "scores.json").read_text(encoding="utf-8"))
    assert report["machines"] == [recorded]
    elsewhere = {**recorded, "threads": "64", "processor": "another"}
    monkeypatch.setattr("emonet.engine.runner.machine_of", lambda device: elsewhere)
    monkeypatch.setattr("emonet.engine.run.machine_of", lambda device: elsewhere)
    _, said = scores_of(emonet)
    # The network's; an SVM does not depend on threads.
    (notice,) = [line for line in said.splitlines() if "another machine" in line]
    assert f"threads {recorded['threads']} and 64 here" in notice
    after = json.loads((run / "scores.json").read_text(encoding="utf-8"))
    assert after["machines"] == [recorded], "that trained it, not the one that reports it"
    assert json.loads((run / "environment.json").read_text(encoding="utf-8"))["machine"] == elsewhere
    newer = {**recorded, "scikit-learn": "99"}
    monkeypatch.setattr("emonet.engine.runner.machine_of", lambda device: newer)
    (notice,) = [line for line in scores_of(emonet)[1].splitlines() if "another machine" in line]
    assert "scikit-learn" in notice


def test_training_that_another_machine_began_says_so_and_both_are_recorded(
    emonet: Emonet, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emonet.learn import loops

    monkeypatch.setattr(loops, "RESUME_EVERY", 0.0)

    def die(trainer: loops.EpochTrainer, now: object) -> None:
        trainer._save_resume(now, [])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loops.EpochTrainer, "_steps", die)
        assert emonet("run", "r.yaml")[0] == 130
    (begun,) = home().glob("stages/*/resume.safetensors")
    assert begun.is_file()
    first = machine_of("cpu")
    elsewhere = {**first, "threads": "64"}
    monkeypatch.setattr("emonet.engine.runner.machine_of", lambda device: elsewhere)
    _, said = scores_of(emonet)
    assert f"Training goes on that another machine began (threads {first['threads']} and 64 here)" in said
    (path,) = Path("runs").glob("*/scores.json")
    machines = json.loads(path.read_text(encoding="utf-8"))["machines"]
    assert first in machines
    assert elsewhere in machines
