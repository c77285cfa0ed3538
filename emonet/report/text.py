"""Tables as text: for a terminal of any width, and as Markdown."""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emonet.report.table import Table


def table_as_text(table: Table, *, width: int) -> str:
    """Return a table for a terminal of ``width`` characters, without colours; long cells are wrapped."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="")
    widest = width // 3
    fits = sum(_column_widths(table)) < width - 1
    rows = [(_broken(first, widest if fits else 0), *rest) for first, *rest in table.rows]
    header = table.header if fits else _narrowed(table)
    # The names keep their width, or else rich cuts them in the middle to make room for numbers.
    names = max((len(line) for first, *_ in rows for line in first.split("\n")), default=0)
    for number, name in enumerate(header):
        is_whole = number == 0 and names <= widest
        grid.add_column(Text(name), justify="right" if number else "left", overflow="fold", no_wrap=is_whole)
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))
    file = io.StringIO()
    console = Console(file=file, width=width, color_system=None, legacy_windows=False)
    if table.title:
        console.print(Text(table.title))
    console.print(grid)
    for note in table.footnotes:
        console.print(Text(note))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def table_as_markdown(table: Table) -> str:
    """Return a table in GitHub's Markdown, the footnotes as a list below it."""
    lines = [f"**{_escaped(table.title)}**", ""] if table.title else []
    lines += [_line(table.header), _line(["---"] * len(table.header))]
    lines += [_line([_escaped(cell) for cell in row]) for row in table.rows]
    if table.footnotes:
        lines += ["", *(f"- {_escaped(note)}" for note in table.footnotes)]
    return "\n".join(lines) + "\n"


def _column_widths(table: Table) -> list[int]:
    """Return how wide columns are whose cells are not wrapped, with the space behind them."""
    return [max(map(len, column)) + 1 for column in zip(table.header, *table.rows, strict=True)]


def _narrowed(table: Table) -> list[str]:
    """Break the header between words to the width of the cells, or else rich breaks words to make room."""
    columns = zip(table.header, *table.rows, strict=True)
    widths = (max(map(len, (*name.split(), *column))) for name, *column in columns)
    return ["\n".join(textwrap.wrap(name, width)) for name, width in zip(table.header, widths, strict=True)]


def _broken(name: str, widest: int) -> str:
    """Break a long ``corpus/target`` after the corpus."""
    return name.replace("/", "/\n") if len(name) > widest else name


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    for sign in ("\\", "|", "*", "_", "<"):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", " ")
