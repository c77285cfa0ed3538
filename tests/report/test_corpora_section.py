"""The paper's Table 1 and the pictures of its section 3.4, in tables, files and the HTML report."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from emonet.errors import MissingExtra
from emonet.report.figures import corpora_table, draw_corpora
from emonet.report.loading import _merged
from emonet.report.results import Report
from emonet_plugins.html_report import report_as_html
from tests.helpers.made_statistics import BAR, FOO
from tests.helpers.whole import whole

NAMES = ["durations", "durations-by-corpus", "size", "classes", "speakers", "affect"]


def test_table_1_has_a_row_a_corpus_the_paper_s_below_it_and_a_total() -> None:
    table = corpora_table([FOO, BAR])
    assert table.header == ("name", "#", "# C.", "# Sp.", "language", "mean_dur [s]", "total_d [h]")
    assert table.rows == (
        ("foo", "30", "2, 1", "2", "de en-GB", "2.0 ± 0.5", "0.02"),
        ("  in the paper", "31", "2", "-", "", "2.1 ± 0.4", "0.03"),
        ("bar_with_a_name_that_is_too_long", "10", "-", "2", "und", "1.0 ± 0.1", "0.00"),
        ("all", "40", "-", "4", "2 languages", "1.8", "0.02"),
    )
    assert len(corpora_table([FOO], paper=False).rows) == 1


def test_pictures_are_drawn_as_svg_and_the_same_each_time(tmp_path: Path) -> None:
    paths = draw_corpora([FOO, BAR], tmp_path / "one", "svg")
    assert [path.name for path in paths] == [f"{name}.svg" for name in NAMES]
    texts = {path.stem: " ".join(Xml.parse(path).getroot().itertext()) for path in paths}  # noqa: S314 - our own file
    assert "2 longer than 10 s are not shown" in texts["durations"]
    assert "2 beyond, up to 12.5 s" in texts["durations-by-corpus"]
    assert "foo/emotion" in texts["classes"]
    assert "foo: 2 speakers" in texts["speakers"]
    again = draw_corpora([FOO, BAR], tmp_path / "two", "svg")
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in again]


def test_pictures_are_drawn_as_png_and_only_those_that_have_something_to_show(tmp_path: Path) -> None:
    paths = draw_corpora([replace(BAR, speakers={})], tmp_path, "png")
    assert [path.stem for path in paths] == ["durations", "durations-by-corpus", "size"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


def test_without_matplotlib_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r"Drawing corpora needs the extra 'figures'.*emonet\[figures\]"):
        draw_corpora([FOO], tmp_path, "svg")


def test_the_html_report_shows_the_run_s_corpora() -> None:
    html = report_as_html(replace(whole(), corpora=(FOO, BAR)))
    assert '<a href="#corpora">' in html
    section = html.split('<section id="corpora">')[1].split("</section>")[0]
    for text in ("in the paper", "foo: median 2.00 s, 1.00 to 3.00 s, 2 beyond, longest 12.50 s", "2 to 2.5 s: 10"):
        assert text in section
    assert "bar_with_a_name_that_\u2026" in section
    assert "2 speakers, 10 to 20 samples each" in section
    assert "high/negative" in section
    assert "Longer than 10 s: 2." in section
    alone = report_as_html(replace(whole(), corpora=(replace(FOO, speakers={}, beyond=0),)))
    assert "speakers unknown" in alone
    assert "Longer than 10 s" not in alone
    equal = report_as_html(replace(whole(), corpora=(replace(FOO, speakers={"a": 15, "b": 15}),)))
    assert "2 speakers, 15 samples each" in equal
    assert 'id="corpora"' not in report_as_html(whole())


def test_a_report_keeps_its_corpora_as_json_and_when_runs_are_joined() -> None:
    report = replace(whole(), corpora=(FOO, BAR))
    assert Report.from_json(json.loads(json.dumps(report.to_json()))).corpora == report.corpora
    assert _merged([report, replace(report, corpora=(BAR,))]).corpora == (FOO, BAR)
