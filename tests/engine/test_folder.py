from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from emonet.engine.folder import RunFolder, environment, find_run, git_state, runs_in
from emonet.errors import Damaged, EmonetError
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


def test_the_git_state_names_commit_and_changed_files(tmp_path: Path) -> None:
    assert git_state(tmp_path) is None
    git = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@x"]
    subprocess.run([*git, "init", "-q"], check=True)
    (tmp_path / "a.txt").write_text("a", encoding="utf-8")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "m"], check=True)
    clean = git_state(tmp_path)
    assert clean is not None
    assert len(clean["commit"]) == 40
    assert clean["changed"] == []
    (tmp_path / "a.txt").write_text("b", encoding="utf-8")
    changed = git_state(tmp_path)
    assert changed is not None
    assert changed["changed"] == [" M a.txt"]
    assert environment(tmp_path)["git"] == changed


def test_a_file_is_linked_or_copied_and_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, source = started(tmp_path, "r"), tmp_path / "w.safetensors"
    source.write_bytes(b"1")
    run.keep(source, "checkpoints/a/w.safetensors")
    assert (run.path / "checkpoints/a/w.safetensors").samefile(source)

    def refuse(*paths: object) -> None:
        raise OSError(errno.EXDEV, "another device")

    monkeypatch.setattr(os, "link", refuse)
    run.keep(source, "checkpoints/a/w.safetensors")
    copy = run.path / "checkpoints/a/w.safetensors"
    assert copy.read_bytes() == b"1"
    assert not copy.samefile(source)


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
    for inner in (
        "checkpoints/net/t/fold-1-seed-1/best.safetensors",
        "history/net/t/fold-1-seed-1.json",
        "events.jsonl",
    ):
        (run.path / inner).parent.mkdir(parents=True, exist_ok=True)
        (run.path / inner).write_text("[1, 2, 3]")
    run.finish(Report(name, str(run.path), "2026-01-02", "0.1.0", ()), {})
    return run


def test_a_complete_run_lists_its_files_as_sha256sum_checks_them(tmp_path: Path) -> None:
    run = ended(tmp_path, "r")
    assert set(run.sums()) == {
        *("recipe.yaml", "changes.json", "plan.json", "environment.json", "scores.json"),
        *("checkpoints/net/t/fold-1-seed-1/best.safetensors", "history/net/t/fold-1-seed-1.json"),
    }
    for name, digest in run.sums().items():
        assert digest == hashlib.sha256((run.path / name).read_bytes()).hexdigest()
    if program := shutil.which("sha256sum"):
        subprocess.run([program, "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=run.path, check=True)
    (run.path / "events.jsonl").write_text("an observer's, who may write on")
    assert run.report().name == "r"


@pytest.mark.parametrize(
    "name",
    ["scores.json", "plan.json", "changes.json", "recipe.yaml", "environment.json", "history/net/t/fold-1-seed-1.json"],
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


def test_checkpoints_are_compared_where_they_are_asked_for(tmp_path: Path) -> None:
    run = ended(tmp_path, "r")
    (run.path / "checkpoints/net/t/fold-1-seed-1/best.safetensors").write_text("other")
    assert run.report().name == "r"
    with pytest.raises(Damaged, match=r"best\.safetensors"):
        run.check(lambda name: name.startswith("checkpoints/net/"))


def test_a_damaged_list_of_digests_is_noticed(tmp_path: Path) -> None:
    run = ended(tmp_path, "r")
    path = run.path / "SHA256SUMS"
    path.write_text("\n".join(path.read_text().splitlines()[1:]) + "\n")
    with pytest.raises(Damaged, match="SHA256SUMS"):
        run.report()
