"""Report formats: a function from a report to text."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import emonet

if TYPE_CHECKING:
    from emonet.report.results import Report


@emonet.component(default=True)
def terminal(report: Report) -> str:
    """Write a report for the terminal: a table for each task, as wide as the terminal allows."""
    from emonet.report.table import report_sections
    from emonet.report.text import table_as_text

    width = max(60, min(120, shutil.get_terminal_size((80, 24)).columns))
    head = f"{report.name}  ({report.created}, emonet {report.version})\n"
    sections = [table_as_text(table, width=width) for table in report_sections(report)]
    return "\n".join([head, *(sections or ["No scores yet.\n"])]) + f"\n{report.folder}\n"


def markdown(report: Report) -> str:
    """Write a report as Markdown: one table for all tasks."""
    from emonet.report.table import report_table
    from emonet.report.text import table_as_markdown

    head = f"# {report.name}\n\n{report.created}, emonet {report.version}, `{report.folder}`\n"
    return f"{head}\n{table_as_markdown(report_table(report))}"


def as_json(report: Report) -> str:
    """Write a report as JSON: everything that is known of every score."""
    return json.dumps(report.to_json(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
