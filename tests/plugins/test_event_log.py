"""The log of events beside a run's results."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from emonet.events import EpochEnded, Notice, Progress, RunEnded, RunStarted, StageEnded, StageStarted
from emonet.plugin.registry import load_registry
from emonet_plugins.event_log import EventLog, event_line


def entries(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()]


def test_events_of_a_run_are_kept_in_order_between_its_start_and_end(tmp_path: Path) -> None:
    log = EventLog()
    run = tmp_path / "run"
    for event in (
        Notice("before"),
        RunStarted(run, stages=1),
        StageStarted("k1", "scratch on foo", reused=False),
        EpochEnded("k1", 3, 0.1, {"dev_uar": 0.5}),
        StageEnded("k1", "scratch on foo", 1.5),
        RunEnded(run),
        Notice("after"),
    ):
        log(event)
    kept = entries(run)
    assert [entry["event"] for entry in kept] == ["RunStarted", "StageStarted", "EpochEnded", "StageEnded", "RunEnded"]
    assert kept[0]["folder"] == str(run)
    assert {**kept[2], "time": ""} == {
        "event": "EpochEnded",
        "time": "",
        "key": "k1",
        "epoch": 3,
        "learning_rate": 0.1,
        "metrics": {"dev_uar": 0.5},
    }
    assert kept[1]["reused"] is False


def test_progress_is_left_out(tmp_path: Path) -> None:
    log = EventLog()
    log(RunStarted(tmp_path, stages=1))
    log(Progress("training", 1, 2))
    assert [entry["event"] for entry in entries(tmp_path)] == ["RunStarted"]


def test_a_run_that_goes_on_appends(tmp_path: Path) -> None:
    for _ in range(2):
        EventLog()(RunStarted(tmp_path, stages=2))
    assert len(entries(tmp_path)) == 2


def test_a_run_that_starts_before_another_ended_has_a_log_of_its_own(tmp_path: Path) -> None:
    log = EventLog()
    log(RunStarted(tmp_path / "one", stages=1))
    log(RunStarted(tmp_path / "two", stages=1))
    log(Notice("here"))
    assert [entry["event"] for entry in entries(tmp_path / "one")] == ["RunStarted"]
    assert [entry["event"] for entry in entries(tmp_path / "two")] == ["RunStarted", "Notice"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_null(value: float) -> None:
    entry = json.loads(event_line(EpochEnded("k", 1, 0.1, {"loss": value})))
    assert entry["metrics"] == {"loss": None}


def test_the_time_is_in_utc() -> None:
    written = datetime.fromisoformat(json.loads(event_line(Notice("ü")))["time"])
    assert written.utcoffset() is not None
    assert written.utcoffset().total_seconds() == 0


def test_text_is_kept_readable() -> None:
    assert "Müller" in event_line(Notice("Müller"))


def test_the_registry_hands_events_to_the_log(tmp_path: Path) -> None:
    registry = load_registry()
    registry.emit(RunStarted(tmp_path, stages=1))
    registry.emit(Notice("hello"))
    registry.emit(RunEnded(tmp_path))
    registry.emit(Notice("after"))
    assert [entry["event"] for entry in entries(tmp_path)] == ["RunStarted", "Notice", "RunEnded"]
