"""Learning curves: read from run folders, averaged, and drawn as bars."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emonet.errors import EmonetError
from emonet.files import write_json, write_text
from emonet.report.curves import mean_curve, sparkline
from emonet.report.folder import RunFolder, TrainingId
from emonet.report.loading import read_curves

EPOCHS = [
    {"epoch": 1, "dev_uar": 0.5, "train_loss": 1.0, "learning_rate": 0.1, "seconds": 3.0},
    {"epoch": 2, "dev_uar": None, "train_loss": 0.5, "learning_rate": 0.1, "seconds": 3.0},
]
TRIALS = [{"c": 0.1, "dev_uar": 0.5, "converged": True}, {"c": 1.0, "dev_uar": 0.4, "converged": False}]


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    write_json(tmp_path / "history" / "net" / "foo_corpus%2Femotion" / "fold-a-b-seed-3.json", EPOCHS)
    write_json(tmp_path / "history" / "svm" / "foo_corpus%2Femotion" / "fold-1-seed-1.json", TRIALS)
    write_json(tmp_path / "history" / "net" / "shared-1a2b" / "fold-1-seed-1.json", [{"round": 10, "foo/emotion": 2}])
    write_json(tmp_path / "history" / "old" / "foo_corpus%2Femotion" / "fold-1-seed-1.json", [])
    return RunFolder(tmp_path)


def test_curves_are_read_under_the_names_of_the_scores(folder: RunFolder, make_score: Any) -> None:
    net, shared, svm = read_curves(folder, [make_score()])
    assert (net.system, net.task, net.fold, net.seed, net.axis) == ("net", "foo_corpus/emotion", "a-b", 3, "epoch")
    assert net.at == (1, 2)
    assert net.series == {"dev_uar": (0.5, None), "train_loss": (1.0, 0.5)}
    assert net.watched == (0.5, None)
    assert (svm.axis, svm.at, svm.series) == ("c", (0.1, 1.0), {"dev_uar": (0.5, 0.4)})
    assert (shared.task, shared.axis, shared.watched) == ("shared-1a2b", "round", ())


def test_names_that_no_file_can_have_come_back_as_they_are(tmp_path: Path, make_score: Any) -> None:
    names = ["spk/1", "..", "s" * 300, "a+b", "ä%2F"]
    for number, name in enumerate(names):
        place = TrainingId("net", "foo_corpus/emotion", name, number).place
        write_json(tmp_path / "history" / f"{place}.json", EPOCHS)
    curves = read_curves(RunFolder(tmp_path), [replace(make_score(), per_fold=dict.fromkeys(names, 0.5))])
    assert {(curve.fold, curve.seed) for curve in curves} == {(name, number) for number, name in enumerate(names)}
    assert {curve.task for curve in curves} == {"foo_corpus/emotion"}


def test_a_run_without_histories_has_no_curves(tmp_path: Path) -> None:
    assert read_curves(RunFolder(tmp_path), []) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"fold-1-seed-1\.json: not JSON"),
        ('{"epoch": 1}', "not a history, expected a list of records. Run the recipe again"),
        ('[{"step": 1}]', "this history has none of epoch, round, c"),
    ],
)
def test_a_history_that_cannot_be_read_names_the_file(tmp_path: Path, text: str, message: str) -> None:
    write_text(tmp_path / "history" / "net" / "foo%2Femotion" / "fold-1-seed-1.json", text)
    with pytest.raises(EmonetError, match=message):
        read_curves(RunFolder(tmp_path), [])


def test_the_mean_is_over_those_that_got_as_far(folder: RunFolder) -> None:
    net, _, svm = read_curves(folder, [])
    longer = read_curves(folder, [])[0]
    assert mean_curve([net, longer]) == ((1, 0.5),)
    assert mean_curve([net], "train_loss") == ((1, 1.0), (2, 0.5))
    assert mean_curve([svm]) == ((0.1, 0.5), (1.0, 0.4))
    assert mean_curve([]) == mean_curve([net], "nothing") == ()


def test_bars_go_from_the_lowest_to_the_highest_value() -> None:
    assert sparkline([1, 8]) == "▁█"
    assert sparkline([0.5, 0.5]) == "▁▁"
    assert sparkline([]) == ""
    assert len(sparkline(range(100))) <= 24
