from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest

from emonet.errors import EmonetError
from emonet.runfolder import RunFolder, environment, find_run, git_state, runs_in


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


@pytest.mark.parametrize("damage", ['{"started": "20', "[]", ""])
def test_a_damaged_run_is_listed_beside_the_others_and_says_what_to_do(tmp_path: Path, damage: str) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text('{"state": "running", "started": "2024"}')
    (tmp_path / "two" / "run.json").write_text(damage)
    states = {run.path.name: run.state()["state"] for run in runs_in(tmp_path)}
    assert states == {"one": "running", "two": "damaged"}
    with pytest.raises(EmonetError, match=r"two: this run is not complete\. Run its recipe again"):
        RunFolder(tmp_path / "two").report()
