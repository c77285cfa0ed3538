"""Folders of runs that earlier versions wrote; ``earlier`` holds whole ones but for their weights, made by 0.1.0."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import emonet
from emonet.report.folder import RunFolder
from emonet.report.loading import whole_report

EARLIER = Path(__file__).parent / "earlier"
TABLES = {"one": [("anger", "neutral", "sadness")], "several": [("anger", "neutral", "sadness"), ("anger", "neutral")]}
"""Classes of each file of predictions: one file, or, where tasks had other classes, a folder of files."""


@pytest.fixture(params=list(TABLES))
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copytree(EARLIER / request.param, tmp_path / request.param))


def test_an_earlier_run_is_read_whatever_its_layout(earlier: Path) -> None:
    run = RunFolder(earlier)
    report = run.report()
    tables = run.predictions()
    assert [table.classes for table in tables] == TABLES[earlier.name]
    told = {(score.system, score.task, score.n) for score in report.scores if score.part == "test"}
    assert told
    for system, task, n in told:
        rows = [row for table in tables for row in table.rows if (row.system, row.part) == (system, "test")]
        ids = {row.id for row in rows if f"{row.corpus}/{row.target}" == task and row.checkpoint == "best"}
        assert len(ids) == n
    whole = whole_report([(earlier, report)], baseline="svm")
    assert {curve.system for curve in whole.curves} == {score.system for score in report.scores}


def test_an_earlier_run_s_predictions_are_a_frame(earlier: Path) -> None:
    run = emonet.runs(earlier.parent)[earlier.name]
    found = run.predictions()
    assert set(found.system) == set(run.to_frame().system)


def test_a_damaged_file_of_an_earlier_run_s_predictions_is_named(earlier: Path) -> None:
    path = sorted(earlier.rglob("*.parquet"))[-1]
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(emonet.EmonetError, match=path.name.replace("%", ".")):
        emonet.runs(earlier.parent)[earlier.name].predictions()
