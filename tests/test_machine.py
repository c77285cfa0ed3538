"""The machine that numbers come from, as it is recorded and compared."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import torch

from emonet.machine import differences, environment, git_state, machine_of


def test_what_training_depends_on_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    machine = machine_of("cpu")
    assert machine["device"] == "cpu"
    assert machine["threads"] == str(torch.get_num_threads())
    assert machine["OMP_NUM_THREADS"] == "3"
    assert machine["precision of products"] == torch.get_float32_matmul_precision()
    assert machine["torch"] == torch.__version__
    assert machine["processor"]
    assert all(isinstance(value, str) for value in machine.values())


def test_differences_are_named_and_what_one_side_lacks_is_unknown() -> None:
    one = {"threads": "1", "torch": "2.9", "device": "cpu"}
    assert differences(one, dict(one)) == ""
    assert differences(one, {"threads": "2", "torch": "2.9"}) == "threads 1 and 2, device cpu and unknown"
    assert differences(one, {"threads": "2", "torch": "2.9"}, of=["torch"]) == ""


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
