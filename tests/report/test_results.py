"""Reports on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emonet.errors import EmonetError
from emonet.report.results import Report, read_report, write_report
from tests.helpers.whole import whole
from tests.report.conftest import MakeReport, MakeScore


def test_a_report_comes_back_from_disk_as_it_was(tmp_path: Path, usual: Report) -> None:
    path = tmp_path / "run" / "report.json"
    write_report(usual, path)
    assert len(usual.scores) == 6
    assert read_report(path) == usual
    several = whole((1, 2))
    assert len(several.means) == 10
    write_report(several, path)
    assert read_report(path).means == several.means
    write_report(usual, path)
    assert json.loads(path.read_text(encoding="utf-8"))["scores"][0]["metrics"]["uar"] == usual.scores[0].value


def test_scores_from_when_a_split_was_called_a_part_are_read(make_report: MakeReport, make_score: MakeScore) -> None:
    path = Path(__file__).with_name("former_scores.json")
    assert '"part": "dev"' in path.read_text(encoding="utf-8")
    assert read_report(path) == make_report(make_score(4), make_score(2, split="dev"))


def test_results_that_cannot_be_read_name_the_file(tmp_path: Path, usual: Report) -> None:
    path = tmp_path / "report.json"
    with pytest.raises(EmonetError, match=r"report\.json: there are no results here\. Has the run been finished\?"):
        read_report(path)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(EmonetError, match=r"report\.json: not JSON"):
        read_report(path)
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(EmonetError, match="Not a report: a list, expected a mapping"):
        read_report(path)
    path.write_text(json.dumps({"name": "x"}), encoding="utf-8")
    with pytest.raises(EmonetError, match="Not a report: it lacks 'folder'"):
        read_report(path)


@pytest.mark.parametrize("scores", [3, {"uar": 1}, ["uar"]])
def test_scores_that_are_no_list_of_mappings_are_refused(usual: Report, scores: object) -> None:
    with pytest.raises(EmonetError, match="Not a report: its scores are not a list of mappings"):
        Report.from_json({**usual.to_json(), "scores": scores})
