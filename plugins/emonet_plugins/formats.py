"""Report formats: a function from a report to text."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import emonet

if TYPE_CHECKING:
    from emonet.report.results import Report
    from emonet.report.table import Table


@emonet.component(default=True)
def terminal(report: Report) -> str:
    """Write a report for the terminal: a table for each task, as wide as the terminal allows."""
    from emonet.report.table import report_sections
    from emonet.report.text import table_as_text

    width = max(60, min(120, shutil.get_terminal_size((80, 24)).columns))
    head = f"{report.name}  ({report.created}, emonet {report.version})\n"
    tables = (*report_sections(report), *_further(report))
    sections = [table_as_text(table, width=width) for table in tables]
    return "\n".join([head, *(sections or ["No scores yet.\n"])]) + f"\n{report.folder}\n"


def markdown(report: Report) -> str:
    """Write a report as Markdown: one table for all tasks, and what else the report holds."""
    from emonet.report.paper import confusion_tables
    from emonet.report.table import report_table
    from emonet.report.text import table_as_markdown

    head = f"# {report.name}\n\n{report.created}, emonet {report.version}, `{report.folder}`\n"
    confusions = confusion_tables(report) if report.curves else ()
    tables = (report_table(report), *_further(report), *confusions)
    return "\n".join([head, *(table_as_markdown(table) for table in tables)])


def latex(report: Report) -> str:
    """Write a report as LaTeX tables, for a document that uses the package booktabs."""
    from emonet_plugins.latex import report_as_latex

    return report_as_latex(report)


def html(report: Report) -> str:
    """Write a report as one HTML file that needs nothing else: tables, heat maps, curves, confusion matrices."""
    from emonet_plugins.html_report import report_as_html

    return report_as_html(report)


def as_json(report: Report) -> str:
    """Write a report as JSON: everything that is known of every score."""
    return json.dumps(report.to_json(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _further(report: Report) -> tuple[Table, ...]:
    """Return the tables beyond the main one that this report has something for."""
    from emonet.report import paper

    wanted = (
        (paper.systems_table, len({score.task for score in report.scores}) > 1 or bool(report.published)),
        (paper.strategies_table, bool(report.comparisons)),
        (paper.tests_table, bool(report.comparisons)),
        (paper.clips_table, any(each.clips for each in report.comparisons)),
        (paper.parameters_table, bool(report.curves or report.comparisons)),
        (paper.curves_table, any(curve.watched for curve in report.curves)),
    )
    made = (table(report) for table, is_wanted in wanted if is_wanted)
    return tuple(table for table in made if table is not None)
