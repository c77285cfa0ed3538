"""The verdict of the audit stands in every format, comes back from JSON, and is kept when runs are merged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from emonet.errors import EmonetError
from emonet.plugin.registry import load_registry
from emonet.report.loading import whole_report
from emonet.report.results import Report
from tests.helpers.whole import VERDICT, whole

FORMATS = load_registry().factories("report_formats")


def test_there_are_formats() -> None:
    assert set(FORMATS) >= {"terminal", "markdown", "latex", "html", "json"}


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_shows_the_verdict(name: str) -> None:
    text = " ".join(FORMATS[name](whole()).replace("{", "").replace("}", "").replace("\\", "").split())
    assert "speaker-independent, text-dependent (2 of 2 test texts also in train)" in text
    assert "foo/by-speaker" in text


def test_the_verdict_comes_back_from_json() -> None:
    report = whole()
    assert Report.from_json(json.loads(json.dumps(report.to_json()))).audits == (VERDICT,)
    assert Report.from_json(replace(report, audits=()).to_json()).audits == ()
    data = report.to_json()
    data["audits"][0]["level"] = "fine"
    with pytest.raises(EmonetError, match=r"Not a report: 'audits\.0\.level'"):
        Report.from_json(data)


def test_merged_runs_keep_each_verdict_once(tmp_path: Path) -> None:
    report = replace(whole(), comparisons=())
    other = replace(report, name="other", audits=(VERDICT, replace(VERDICT, subject="bar/by-speaker")))
    merged = whole_report([(tmp_path / "one", report), (tmp_path / "two", other)])
    assert [verdict.subject for verdict in merged.audits] == ["foo/by-speaker", "bar/by-speaker"]
