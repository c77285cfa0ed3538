"""``emonet report``: runs in every format, to stdout and to files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emonet.evaluate.predictions import Pass, Predictions, concat
from emonet.evaluate.score import Setting, score_predictions
from emonet.files import write_json, write_sealed
from emonet.report.folder import RunFolder
from emonet.report.results import Report
from tests.helpers.cli_terminal import Emonet

CLASSES = ("anger", "fear")


def predictions(system: str, wrong: int) -> Predictions:
    """40 utterances of a corpus that the paper reports, the first ``wrong`` of them mistaken."""
    truth = [CLASSES[number % 2] for number in range(40)]
    guess = [CLASSES[(number + (number < wrong)) % 2] for number in range(40)]
    speakers = [f"s{number % 8}" for number in range(40)]
    made = Pass("emodb", "emotion", "test", "1", 1, system, "best")
    return made.predictions([f"u{number}" for number in range(40)], truth, guess, classes=CLASSES, speakers=speakers)


def write_run(folder: Path, *, protocol_hash: str = "1a2b3c4d5e6f", epochs: int = 0, **wrong: int) -> None:
    """Write a complete run of systems, each with its number of mistakes; with epochs, they are networks."""
    tables = [predictions(system, count) for system, count in wrong.items()]
    concat(tables).write_parquet(folder / "predictions.parquet")
    setting = Setting(
        strategy="scratch",
        protocol_id="emodb/by-speaker",
        protocol_hash=protocol_hash,
        parameters=7,
        best_epochs={"1": epochs} if epochs else None,
    )
    scores = tuple(score_predictions(table, setting) for table in tables)
    write_json(folder / "history" / "net" / "emodb%2Femotion" / "fold-1-seed-1.json", [{"epoch": 1, "dev_uar": 0.5}])
    write_sealed(folder / "run.json", {"state": "running", "name": folder.name, "started": "2026-01-02"})
    RunFolder(folder).finish(Report(folder.name, str(folder), "2026-01-02T03:04:05", "0.1.0", scores), {})


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    write_run(tmp_path / "runs" / "first", net=15, wide=2)
    return tmp_path / "runs"


def test_a_run_is_reported_for_the_terminal_with_tests_and_the_papers_values(runs: Path, emonet: Emonet) -> None:
    ran = emonet("report", "first", "--runs", runs, "--baseline", "net")
    assert ran.code == 0, ran.err
    for text in ("95.0 +", "net (baseline)", "59.2", "Tests against net, over speakers", "Learning curves", "McNemar"):
        assert text in ran.out


@pytest.mark.parametrize(
    ("form", "start"), [("markdown", "# first"), ("latex", "% first"), ("html", "<!DOCTYPE html>"), ("json", "{")]
)
def test_every_format_can_be_written_to_stdout_and_to_a_file(
    runs: Path, tmp_path: Path, emonet: Emonet, form: str, start: str
) -> None:
    printed = emonet("report", "first", "--runs", runs, "--baseline", "net", "--format", form)
    assert printed.out.lstrip().startswith(start), printed.err
    path = tmp_path / "out" / "report"
    written = emonet("report", "first", "--runs", runs, "--baseline", "net", "--format", form, "--out", path)
    assert written.out == f"Written: {path}\n"
    assert path.read_text(encoding="utf-8") == printed.out


def test_json_holds_comparisons_curves_and_the_papers_values(runs: Path, tmp_path: Path, emonet: Emonet) -> None:
    data: Any = emonet("report", "first", "--runs", runs, "--baseline", "net", "--json").json
    assert data["comparisons"][0]["system"] == "wide"
    assert data["comparisons"][0]["clips"][0]["only_system"] == 13
    assert data["published"]["emodb/emotion"]["chance"] == 14.3
    assert data["curves"][0]["task"] == "emodb/emotion"
    path = tmp_path / "report.json"
    emonet("report", "first", "--runs", runs, "--baseline", "net", "--json", "--out", path)
    assert json.loads(path.read_text(encoding="utf-8")) == data


def test_networks_of_one_seed_are_compared_only_if_it_is_asked_for(runs: Path, emonet: Emonet) -> None:
    write_run(runs / "nets", epochs=9, net=15, wide=2)
    ran = emonet("report", "nets", "--runs", runs, "--baseline", "net")
    assert "not compared: a network's score from 1 seed is luck in part" in " ".join(ran.out.split())
    assert "(McNemar)" not in ran.out
    asked = emonet("report", "nets", "--runs", runs, "--baseline", "net", "--compare-from", 1)
    assert "no mark from one seed" in " ".join(asked.out.split())
    assert "(McNemar)" in asked.out
    assert emonet("report", "nets", "--runs", runs, "--baseline", "net", "--compare-from", 0).code == 2


def test_runs_by_folder_are_reported_together(runs: Path, emonet: Emonet) -> None:
    write_run(runs / "second", net=10)
    ran = emonet("report", runs / "first", runs / "second", "--baseline", "net (second)")
    assert ran.code == 0, ran.err
    assert "net (first)" in ran.out


def test_runs_under_two_protocols_are_not_tested_against_each_other(runs: Path, emonet: Emonet) -> None:
    write_run(runs / "second", protocol_hash="ffff00001111", other=10)
    ran = emonet("report", "first", "second", "--runs", runs, "--baseline", "net")
    assert ran.code == 2
    assert "'other' cannot be tested against 'net' on emodb/emotion" in ran.err
    assert emonet("report", "first", "second", "--runs", runs).code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["frist"], "There is no run 'frist'"),
        (["first", "--format", "htlm"], "Unknown report format 'htlm'. Did you mean 'html'?"),
        (["first", "--baseline", "nett"], "Unknown baseline 'nett'. Did you mean 'net'?"),
        (["first", "first"], "is given twice. Give each run once."),
    ],
)
def test_what_is_mistyped_is_an_error_with_the_nearest_name(
    runs: Path, emonet: Emonet, words: list[str], message: str
) -> None:
    ran = emonet("report", *words, "--runs", runs)
    assert ran.code == 2
    assert message in ran.err
