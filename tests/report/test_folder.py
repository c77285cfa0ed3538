"""The folder of a run: started, ended, found again, compared with its digests."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from emonet.errors import Damaged, EmonetError
from emonet.evaluate.predictions import Pass, Predictions
from emonet.report.folder import RunFolder, TrainingId, find_run, runs_in
from emonet.report.results import Report


def started(folder: Path, name: str) -> RunFolder:
    run = RunFolder(folder / name)
    run.start("corpora: []\n", ["seeds=[1]"], {"recipe": "r", "stages": []}, folder)
    return run


def test_a_run_that_started_is_running_and_keeps_its_first_start(tmp_path: Path) -> None:
    run = started(tmp_path, "r-1")
    state = run.state()
    assert state["state"] == "running"
    assert started(tmp_path, "r-1").state()["started"] == state["started"]
    with pytest.raises(EmonetError, match="this run is not complete"):
        run.report()


def test_runs_are_found_by_name_and_by_path_and_listed_oldest_first(tmp_path: Path) -> None:
    names = ["b", "a"]
    for name in names:
        started(tmp_path, name)
    assert [run.path.name for run in runs_in(tmp_path)] == names
    assert find_run("a", tmp_path).path == tmp_path / "a"
    assert find_run(str(tmp_path / "a"), Path("elsewhere")).path == tmp_path / "a"


def test_a_run_that_is_not_there_is_refused_with_the_nearest(tmp_path: Path) -> None:
    started(tmp_path, "first-1234")
    with pytest.raises(EmonetError) as caught:
        find_run("frst-1234", tmp_path)
    assert "Did you mean 'first-1234'? Known: first-1234." in str(caught.value)


TRAINING = TrainingId("net", "t", "1", 1)
WEIGHTS = "checkpoints/net/t/fold-1-seed-1/best.safetensors"
HISTORY = "history/net/t/fold-1-seed-1.json"


def test_what_a_training_left_is_linked_or_copied_and_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, weights, history = started(tmp_path, "r"), tmp_path / "best.safetensors", tmp_path / "history.json"
    weights.write_bytes(b"1")
    history.write_text("[]")
    run.keep(TRAINING, [weights], history)
    assert (run.path / WEIGHTS).samefile(weights)
    assert list(run.histories(())) == [(TRAINING, run.path / HISTORY)]

    def refuse(*paths: object) -> None:
        raise OSError(errno.EXDEV, "another device")

    monkeypatch.setattr(os, "link", refuse)
    run.keep(TRAINING, [weights], history)
    assert (run.path / WEIGHTS).read_bytes() == b"1"
    assert not (run.path / WEIGHTS).samefile(weights)


def judged(target: str, *classes: str) -> Predictions:
    made = Pass("foo", target, "test", "1", 1, "net", "best")
    shares = [[1.0, *[0.0] * (len(classes) - 1)]] if classes else None
    return made.predictions(["a"], [classes[0] if classes else "1.5"], ["x"], classes=classes, probabilities=shares)


@pytest.mark.parametrize(
    "tables",
    [
        [judged("emotion", "x", "y")],
        [judged("emotion", "x", "y"), judged("emotion", "x", "y", "z"), judged("arousal"), judged("emotion", "x", "y")],
    ],
)
def test_predictions_are_one_file_whatever_their_classes(tmp_path: Path, tables: list[Predictions]) -> None:
    run = started(tmp_path, "r")
    tables[0].write_parquet(run.path / "predictions" / "of-an-earlier-version.parquet")
    run.write_predictions(tables)
    assert [path.name for path in run.path.glob("predictions*")] == ["predictions.parquet"]
    assert list(run.predictions()) == tables


@pytest.mark.parametrize("damage", ['{"started": "20', "[]", "", '{"state": "complete", "started": "2024"}'])
def test_a_damaged_run_is_listed_beside_the_others_and_says_what_to_do(tmp_path: Path, damage: str) -> None:
    for name in ("one", "two"):
        started(tmp_path, name)
    (tmp_path / "two" / "run.json").write_text(damage)
    states = {run.path.name: run.state()["state"] for run in runs_in(tmp_path)}
    assert states == {"one": "running", "two": "damaged"}
    text = r"two/run\.json: this file is damaged .*Copy the run again from where it came from, or run its recipe again"
    with pytest.raises(Damaged, match=text):
        RunFolder(tmp_path / "two").report()


def ended(folder: Path, name: str) -> RunFolder:
    run = started(folder, name)
    for inner in (WEIGHTS, HISTORY, "events.jsonl"):
        (run.path / inner).parent.mkdir(parents=True, exist_ok=True)
        (run.path / inner).write_text("[1, 2, 3]")
    run.finish(Report(name, str(run.path), "2026-01-02", "0.1.0", ()), {})
    return run


def test_a_complete_run_lists_its_files_as_sha256sum_checks_them(tmp_path: Path) -> None:
    run = ended(tmp_path, "r")
    assert set(run.sums()) == {
        *("recipe.yaml", "changes.json", "plan.json", "environment.json", "scores.json"),
        *(WEIGHTS, HISTORY),
    }
    for name, digest in run.sums().items():
        assert digest == hashlib.sha256((run.path / name).read_bytes()).hexdigest()
    if program := shutil.which("sha256sum"):
        subprocess.run([program, "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=run.path, check=True)
    (run.path / "events.jsonl").write_text("an observer's, who may write on")
    assert run.report().name == "r"


@pytest.mark.parametrize(
    "name",
    ["scores.json", "plan.json", "changes.json", "recipe.yaml", "environment.json", HISTORY],
)
def test_a_run_s_damaged_file_is_named_and_its_scores_are_not_shown(tmp_path: Path, name: str) -> None:
    run = ended(tmp_path, "r")
    path = run.path / name
    whole = path.read_bytes()
    path.write_bytes(bytes([whole[0], whole[1] ^ 1, *whole[2:]]))
    with pytest.raises(
        Damaged, match=rf"{name}: this file is damaged \(it is missing or not what the run wrote\)\. Copy"
    ):
        run.report()
    path.write_bytes(whole)
    assert run.report().name == "r"
    path.unlink()
    with pytest.raises(Damaged, match=name):
        run.report()


def test_weights_that_are_there_are_compared_where_they_are_asked_for(tmp_path: Path) -> None:
    run = ended(tmp_path, "r")
    assert run.weights(TRAINING) == {"best": run.path / WEIGHTS}
    (run.path / WEIGHTS).write_text("other")
    assert run.report().name == "r"
    assert run.weights(TRAINING._replace(seed=2)) == {}
    for look in (lambda: run.weights(TRAINING), lambda: run.check("checkpoints"), run.check):
        with pytest.raises(Damaged, match=r"best\.safetensors"):
            look()
    (run.path / WEIGHTS).unlink()
    assert run.weights(TRAINING) == {}  # who removed some of them can still export the others


def test_a_damaged_list_of_digests_is_noticed(tmp_path: Path) -> None:
    run = ended(tmp_path, "r")
    path = run.path / "SHA256SUMS"
    path.write_text("\n".join(path.read_text().splitlines()[1:]) + "\n")
    with pytest.raises(Damaged, match="SHA256SUMS"):
        run.report()
