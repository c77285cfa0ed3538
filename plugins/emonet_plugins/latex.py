"""A report as LaTeX: tables with booktabs' rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emonet.report.results import Report
    from emonet.report.table import Table

_SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
    "·": r"$\cdot$",
    "[": "{[}",
}
_MARK = re.compile(r" ([+-])$")


def report_as_latex(report: Report) -> str:
    """Return the tables of a report; learning curves and heat maps are left to other formats."""
    from emonet.report import paper
    from emonet.report.table import report_table

    tables = [report_table(report), paper.systems_table(report), paper.parameters_table(report)]
    if report.comparisons:
        clips = paper.clips_table(report)
        tables[2:2] = [paper.strategies_table(report), paper.tests_table(report), *([clips] if clips else [])]
    tables += paper.confusion_tables(report)
    origin = " ".join(f"{report.name}, {report.created}, emonet {report.version}".split())
    head = f"% {origin}\n% Needs \\usepackage{{booktabs}}.\n"
    return "\n".join([head, *(_table(table) for table in tables)])


def escaped(text: str) -> str:
    r"""Return text as LaTeX prints it.

    >>> escaped("foo_corpus & 5 %")
    'foo\\_corpus \\& 5 \\%'
    """
    return "".join(_SIGNS.get(sign, sign) for sign in text).replace("\n", " ")


def _table(table: Table) -> str:
    columns = "l" + "r" * (len(table.header) - 1)
    lines = [_line(table.header), r"\midrule", *(_line(row) for row in table.rows)]
    notes = [rf"\par\footnotesize {escaped(note)}" for note in table.footnotes]
    caption = [rf"\caption{{{escaped(table.title or 'Scores')}}}"]
    body = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", *lines, r"\bottomrule", r"\end{tabular}"]
    return "\n".join([r"\begin{table}", r"\centering", *caption, *body, *notes, r"\end{table}"]) + "\n"


def _line(cells: tuple[str, ...]) -> str:
    return " & ".join(_cell(cell) for cell in cells) + r" \\"


def _cell(text: str) -> str:
    """Return a cell's text; a mark of significance behind a number becomes a superscript."""
    mark = _MARK.search(text)
    if mark is None:
        indent = r"\quad " if text.startswith("  ") else ""
        return indent + escaped(text.strip())
    return f"{escaped(text[: mark.start()])}$^{{{mark[1]}}}$"
