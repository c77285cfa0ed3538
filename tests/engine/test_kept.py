"""What there is of a stage's result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emonet.engine.kept import Kept, finish, look_at, machines_of
from emonet.files import write_sealed

NAMES = ("best.safetensors", "history.json", "predictions-dev.parquet", "predictions-test.parquet")


def finished(folder: Path, **facts: Any) -> Path:
    for name in NAMES:
        (folder / name).write_text(name)
    finish(folder, {"kind": "epochs", "machines": [], **facts})
    return folder


def test_a_whole_result_has_its_facts_and_files(tmp_path: Path) -> None:
    assert look_at(tmp_path).facts == {}
    kept = look_at(finished(tmp_path, best_epoch=3))
    assert kept.facts["best_epoch"] == 3
    assert tuple(kept.facts["files"]) == NAMES
    assert kept.damaged == ()


@pytest.mark.parametrize(
    ("kind", "name", "lost"),
    [
        ("epochs", "best.safetensors", None),
        ("epochs", "history.json", None),
        ("epochs", "predictions-dev.parquet", {"predictions-dev.parquet"}),
        ("epochs", "predictions-test.parquet", {"predictions-test.parquet"}),
        ("probe", "predictions-dev.parquet", None),
        ("probe", "predictions-test.parquet", {"predictions-test.parquet"}),
    ],
)
@pytest.mark.parametrize("is_gone", [True, False])
def test_only_predictions_may_be_lost_alone(
    tmp_path: Path, kind: str, name: str, lost: set[str] | None, *, is_gone: bool
) -> None:
    finished(tmp_path, kind=kind)
    (tmp_path / name).unlink()
    if not is_gone:
        (tmp_path / name).write_text("else")
    kept = look_at(tmp_path)
    assert kept.damaged == (tmp_path / name,)
    assert set(kept.facts.get("files", ())) == (set(NAMES) - lost if lost else set())


@pytest.mark.parametrize("facts", [{"files": {}}, {"machines": []}])
def test_a_result_that_lacks_what_is_said_of_all_is_done_again(tmp_path: Path, facts: dict[str, Any]) -> None:
    write_sealed(tmp_path / "stage.json", facts)
    assert look_at(tmp_path) == Kept({}, (tmp_path / "stage.json",))


def test_machines_are_added_where_training_goes_on_and_forgotten_where_it_begins(tmp_path: Path) -> None:
    one, two = {"threads": "1"}, {"threads": "2"}
    assert machines_of(tmp_path, one, resumes=False) == [one]
    assert machines_of(tmp_path, one, resumes=True) == [one]
    assert machines_of(tmp_path, two, resumes=True) == [one, two]
    assert machines_of(tmp_path, two, resumes=False) == [two]
    (tmp_path / "machines.json").write_text("{}")
    assert machines_of(tmp_path, one, resumes=True) == [one]
