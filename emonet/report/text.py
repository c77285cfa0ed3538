"""Tables as text: for a terminal of any width, and as Markdown."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from emonet.report.cells import NOTHING

if TYPE_CHECKING:
    from rich.table import Table as Grid

    from emonet.report.table import Table


Cells = Sequence[str]
_RULE, _GAP = "─", "  "


def table_as_text(table: Table, *, width: int) -> str:
    """Return a table for a terminal of ``width`` characters, without colours.

    Header and cells stand on one line wherever a way to draw the table so is narrow enough; else they are wrapped.
    """
    from rich.cells import cell_len
    from rich.console import Console
    from rich.text import Text

    file = io.StringIO()
    console = Console(file=file, width=width, color_system=None, legacy_windows=False)
    if table.title:
        console.print(Text(table.title))
    whole = next((lines for lines in _drawings(table) if max(map(cell_len, lines)) <= width), None)
    console.print(Text("\n".join(["", *whole, ""])) if whole else _wrapped(table, width))
    for note in table.footnotes:
        console.print(Text(note))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def _drawings(table: Table) -> Iterator[list[str]]:
    """Yield the lines of a table in which nothing is wrapped, the widest way first."""
    yield _drawn(table.header, [("", [row]) for row in table.rows])
    if not table.stacks:
        return
    layers = [list(zip_longest(*(cell.split(" / ") for cell in row), fillvalue="")) for row in table.rows]
    yield _drawn(table.header, [("", lines) for lines in layers])
    names = [", ".join((first, *([last] if last != NOTHING else []))) for first, *_, last in table.rows]
    inner = [[line[1:-1] for line in lines] for lines in layers]
    yield _drawn(table.header[1:-1], list(zip(names, inner, strict=True)), names_are_above=True)


def _drawn(header: Cells, rows: Sequence[tuple[str, Sequence[Cells]]], *, names_are_above: bool = False) -> list[str]:
    """Return the lines of a table; each row is a line that stands above it, if any, and the lines of its cells."""
    from rich.cells import cell_len

    every = [header, *(line for _, lines in rows for line in lines)]
    widths = [max(map(cell_len, column)) for column in zip(*every, strict=True)]
    left = -1 if names_are_above else 0

    def draw(line: Cells) -> str:
        room = [" " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)]
        cells = [cell + room[at] if at == left else room[at] + cell for at, cell in enumerate(line)]
        return _GAP.join(["", *cells] if names_are_above else cells)

    drawn = [draw(header), _RULE * cell_len(draw(header))]
    for name, lines in rows:
        drawn += [*([name] if name else []), *map(draw, lines)]
    return drawn


def _wrapped(table: Table, width: int) -> Grid:
    """Return a table whose cells and header are wrapped between words, and its names after the corpus."""
    from rich import box
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="")
    rows = [(first.replace("/", "/\n"), *rest) for first, *rest in table.rows]
    # The names keep their width, or else rich cuts them in the middle to make room for numbers.
    names = max((len(line) for first, *_ in rows for line in first.split("\n")), default=0)
    for number, name in enumerate(_narrowed(table)):
        is_whole = number == 0 and names <= width // 3
        grid.add_column(Text(name), justify="right" if number else "left", overflow="fold", no_wrap=is_whole)
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))
    return grid


def table_as_markdown(table: Table) -> str:
    """Return a table in GitHub's Markdown, the footnotes as a list below it."""
    lines = [f"**{_escaped(table.title)}**", ""] if table.title else []
    lines += [_line(table.header), _line(["---"] * len(table.header))]
    lines += [_line([_escaped(cell) for cell in row]) for row in table.rows]
    if table.footnotes:
        lines += ["", *(f"- {_escaped(note)}" for note in table.footnotes)]
    return "\n".join(lines) + "\n"


def _narrowed(table: Table) -> list[str]:
    """Break the header between words to the width of the cells, or else rich breaks words to make room."""
    columns = zip(table.header, *table.rows, strict=True)
    widths = (max(map(len, (*name.split(), *column))) for name, *column in columns)
    return ["\n".join(textwrap.wrap(name, width)) for name, width in zip(table.header, widths, strict=True)]


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    for sign in ("\\", "|", "*", "_", "<"):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", " ")
