"""LaTeX: rules, escaping and marks."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from emonet.plugin.registry import load_registry
from emonet.report.results import Report
from emonet_plugins.latex import escaped, report_as_latex
from tests.helpers.whole import whole


@pytest.fixture(scope="module")
def text() -> str:
    return report_as_latex(whole())


def test_every_table_has_booktabs_rules_and_rows_of_one_width(text: str) -> None:
    bodies = re.findall(r"\\begin\{tabular\}\{(\w+)\}\n(.*?)\\end\{tabular\}", text, re.DOTALL)
    assert len(bodies) >= 5 + 6
    for columns, body in bodies:
        assert [body.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 1, 1]
        rows = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {len(columns) - 1}


def test_marks_are_superscripts_and_the_paper_is_set_in(text: str) -> None:
    assert r"92.5$^{+}$" in text
    assert "over speakers" in text
    assert "Test of clips (McNemar)" in text
    assert r"\quad paper & 50.0 & 59.2" in text


def test_signs_that_mean_something_in_latex_are_escaped() -> None:
    assert escaped(r"a_b & 5 % $x# {y} ~^\ <z> ±") == (
        r"a\_b \& 5 \% \$x\# \{y\} \textasciitilde{}\textasciicircum{}\textbackslash{} \textless{}z\textgreater{} $\pm$"
    )
    # A bracket behind a line's end would be read as the height of the gap.
    assert escaped("[x]") == "{[}x]"


def test_a_strange_name_stays_in_its_comment() -> None:
    report = replace(whole(), name="a\nb")
    assert report_as_latex(report).startswith("% a b, 2026")


def test_a_report_without_a_baseline_has_no_tests() -> None:
    bare = report_as_latex(replace(whole(), comparisons=()))
    assert "Tests against the baseline" not in bare
    assert "All systems, best and final" in bare


def test_the_format_is_registered(text: str) -> None:
    report: Report = whole()
    assert load_registry().factory("report_formats", "latex")(report) == text


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex here")
def test_latex_takes_it(text: str, tmp_path: Path) -> None:
    preamble = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n"
    (tmp_path / "report.tex").write_text(preamble + text + "\\end{document}\n", encoding="utf-8")
    words = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "report.tex"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
