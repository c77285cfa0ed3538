"""The HTML report: self-contained, escaped, and opened in a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from emonet.plugin.registry import load_registry
from emonet_plugins import charts
from emonet_plugins.html_report import breakable, report_as_html
from tests.helpers.whole import whole

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
VOID = {"meta", "line", "polyline", "br", "wbr"}


class Page(HTMLParser):
    """Collects tags, attributes and text; fails on tags that do not match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(html: str) -> Page:
    page = Page()
    page.feed(html)
    assert page.open == []
    return page


@pytest.fixture(scope="module")
def html() -> str:
    return report_as_html(whole())


def test_the_page_is_well_formed_and_has_every_section(html: str) -> None:
    page = parsed(html)
    ids = {value for _, name, value in page.attributes if name == "id"}
    links = {value.removeprefix("#") for tag, name, value in page.attributes if (tag, name) == ("a", "href")}
    assert ids == links == {"scores", "systems", "baseline", "curves", "confusion", "parameters"}
    for word in ("foo/emotion", "bar_corpus/emotion", "linear-svm", "3 files could not be read.", "92.5 +", "72.6 +"):
        assert word in page.text


def test_the_page_asks_for_nothing_from_outside(html: str) -> None:
    assert "<script" not in html
    assert "http://" not in html.replace("http-equiv", "")
    assert "https://" not in html
    assert not re.search(r"url\(|@import", html)
    names = {name for _, name, _ in parsed(html).attributes}
    assert not names & {"src", "srcset", "onclick", "onload"}


def test_names_from_outside_are_escaped() -> None:
    report = whole()
    evil = "<script>alert(1)</script>"
    scores = tuple(replace(score, system=evil) if score.system == "linear-svm" else score for score in report.scores)
    comparisons = tuple(replace(each, system=evil, caution=evil) for each in report.comparisons)
    curves = tuple(replace(curve, system=evil, task=evil) for curve in report.curves)
    html = report_as_html(
        replace(report, name=evil, notes=(evil,), scores=scores, comparisons=comparisons, curves=curves)
    )
    assert "<script" not in html
    assert evil in parsed(html).text


def test_a_name_may_be_broken_after_slash_hyphen_and_underscore() -> None:
    assert breakable("a_b/c-<d>") == "a_<wbr>b/<wbr>c-<wbr>&lt;d&gt;"


def test_the_heat_map_is_coloured_by_the_difference_to_the_baseline(html: str) -> None:
    cells = re.findall(r'<td class="(up|down)" style="--share: (\d+)%">([\d.]+)</td>', html)
    # The strongest difference, 25 points better, has the full colour; 15 points worse has 15 / 25 of it.
    assert ("up", "72", "92.5") in cells
    assert ("down", "43", "52.5") in cells
    assert "blue is better and red worse than net, the full colour stands for 25.0 points" in html


def test_confusion_matrices_are_coloured_by_the_share_of_the_class(html: str) -> None:
    rows = re.findall(r'<td class="hit" style="--share: (\d+)%">(\d+)</td>', html)
    assert ("68", "19") in rows
    assert "<td>95.0</td>" in html


def test_curves_are_drawn_for_each_quantity_with_a_legend(html: str) -> None:
    titles = re.findall(r'<svg [^>]*aria-label="([^"]+)"', html)
    assert titles == [
        "foo/emotion: UAR on dev",
        "foo/emotion: train loss",
        "foo/emotion: UAR on dev",
        "shared-1a2b: foo/emotion",
    ]
    assert len(re.findall(r'class="s\d single"', html)) == 4
    coordinates = [
        float(number) for points in re.findall(r'points="([^"]+)"', html) for number in re.split("[ ,]", points)
    ]
    assert min(coordinates) >= 0
    assert max(coordinates) <= charts.WIDTH


def test_a_report_without_scores_says_so() -> None:
    empty = replace(whole(), scores=(), comparisons=(), curves=(), published={})
    page = parsed(report_as_html(empty))
    assert "No scores yet." in page.text
    assert "Against the baseline" not in page.text
    assert "Learning curves" not in page.text


def test_seeds_and_dimensional_scores_do_not_stop_it(make_score: Any, make_report: Any) -> None:
    assert "±" in report_as_html(whole((1, 2)))
    score = replace(make_score(8), metric="ccc", metrics={"ccc": 0.5}, confusion=(), chance=None, classes=())
    page = parsed(report_as_html(make_report(score)))
    assert "0.500" in page.text


def test_the_format_is_registered(html: str) -> None:
    assert load_registry().factory("report_formats", "html")(whole()) == html


def test_round_numbers_span_the_range() -> None:
    assert charts.round_numbers(0.31, 0.58) == [0.3, 0.4, 0.5, 0.6]
    assert charts.round_numbers(1, 60) == [0, 20, 40, 60]
    assert charts.round_numbers(2, 2) == [2]


def test_a_single_point_is_a_chart_too() -> None:
    chart = charts.line_chart("t", "epoch", [charts.Drawn("net", 0, [(1.0, 0.5)])])
    assert chart.strokes == (("227.0,102.0", 0, True),)


def test_a_logarithmic_axis_has_powers_of_ten() -> None:
    line = charts.Drawn("svm", 0, [(10.0**power, 0.5) for power in range(-9, 1)])
    chart = charts.line_chart("t", "C", [line], log=True)
    assert [tick.text for tick in chart.x_ticks] == ["1e-09", "1e-07", "1e-05", "0.001", "0.1"]
    assert chart.x_ticks[0].at == charts.LEFT
    assert chart.strokes[0][0].split()[-1].startswith(f"{charts.RIGHT}")


PROBE = """<body style="margin:0"><iframe src="report.html" style="border:0" width="{width}" height="900"></iframe>"""


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; apt-get install chromium")
@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_shows_it_without_sideways_scrolling(html: str, tmp_path: Path, width: int) -> None:
    # The page itself has no script; a copy of it writes down how wide it came out.
    allowed = html.replace("default-src 'none'; style-src 'unsafe-inline'", "default-src 'unsafe-inline'")
    measure = "document.title = [document.documentElement.scrollWidth, innerWidth, document.images.length].join(' ')"
    tell = "parent.postMessage(document.title, '*')"
    (tmp_path / "report.html").write_text(allowed + f"<script>onload = () => {{ {measure}; {tell} }}</script>")
    listen = "<script>onmessage = event => { document.title = event.data }</script>"
    (tmp_path / "frame.html").write_text(listen + PROBE.format(width=width))
    dumped = browse(tmp_path, "--dump-dom", "--virtual-time-budget=4000", f"--window-size={width + 50},900")
    found = re.search(r"<title>(\d+) (\d+) 0</title>", dumped)
    assert found, dumped[-500:]
    assert int(found[2]) == width
    assert int(found[1]) <= width


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; apt-get install chromium")
def test_a_browser_prints_it(html: str, tmp_path: Path) -> None:
    (tmp_path / "frame.html").write_text(html)
    browse(tmp_path, f"--print-to-pdf={tmp_path / 'report.pdf'}")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def browse(folder: Path, *options: str) -> str:
    """Open ``frame.html`` in headless Chromium and return what it prints."""
    common = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    words = [str(CHROMIUM), *common, *options, f"file://{folder / 'frame.html'}"]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout


def test_a_spread_that_claims_nothing_is_not_drawn_as_an_interval(make_score: Any, make_report: Any) -> None:
    claimed = report_as_html(make_report(make_score(8)))
    spread = report_as_html(make_report(make_score(8), make_score(8, system="few", speakers=3)))
    assert [page.count('<span class="range"') for page in (claimed, spread)] == [1, 1]
    assert [page.count('<span class="spread"') for page in (claimed, spread)] == [0, 1]
    assert ["Dotted: two standard errors" in page for page in (claimed, spread)] == [False, True]
