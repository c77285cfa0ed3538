"""Printing: tables for people, plain JSON for programs, complaints on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stdout
from functools import wraps
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from unicodedata import combining, east_asian_width

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from emonet.plugin.registry import Registry

WIDE = 240
"""Columns of a table that goes to a file or a pipe, where no terminal gives its width."""
_KEY = 32
"""Characters that an id or a key has at most."""

AsJson = Annotated[bool, typer.Option("--json", help="Print plain JSON, and nothing else, on stdout.")]
PluginFiles = Annotated[
    list[Path] | None, typer.Option("--plugin", help="Load this single-file plugin as well. May be given repeatedly.")
]
Root = Annotated[Path | None, typer.Option("--root", help="The folder of the unpacked corpus.")]


class Interrupted(Exception):
    """Ctrl-C in a command that can say more than others about how to go on; its text says it."""


_own: list[Any] = []
"""What was stdout before it was taken from plugins."""


def stdout() -> Any:
    """Return the stream that a command's result is written to."""
    return _own[-1] if _own else sys.stdout


def own_stdout(command: Callable[..., Any]) -> Callable[..., Any]:
    """Return a command that has stdout for itself: what plugins and components print goes to stderr."""

    @wraps(command)
    def alone(*arguments: Any, **named: Any) -> Any:
        _own.append(sys.stdout)
        try:
            with redirect_stdout(sys.stderr):
                return command(*arguments, **named)
        finally:
            _own.pop()

    return alone


def output() -> Console:
    """Return the console on stdout; a table in a pipe is wide instead of wrapped at 80 columns."""
    return _console(stdout())


def errors() -> Console:
    """Return the console on stderr, for progress and complaints."""
    return _console(sys.stderr)


def _console(stream: Any) -> Console:
    from rich.console import Console

    # No markup and no emoji: labels, paths and messages may hold square brackets, or a word between colons.
    return Console(file=stream, markup=False, emoji=False, highlight=False, width=None if stream.isatty() else WIDE)


def complain(text: str) -> None:
    """Print a message to stderr, as it is."""
    sys.stderr.write(f"{text}\n")


def print_json(data: Any) -> None:
    """Print plain data as JSON, with escapes where stdout cannot take every letter."""
    takes_all = (stdout().encoding or "utf-8").lower().startswith("utf")
    stdout().write(json.dumps(data, indent=2, ensure_ascii=not takes_all) + "\n")


def take_any_letter() -> None:
    """Let stdout and stderr show an escape for a letter that the locale's encoding lacks, in place of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Print text to stdout as it is: long lines are the terminal's to wrap."""
    if stdout().isatty():
        output().print(text, soft_wrap=True)
    else:
        stdout().write(f"{text}\n")


def columns_of_output() -> int:
    """Return how many columns a table on stdout may have."""
    return output().width if stdout().isatty() else WIDE


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under their columns' names."""
    cells = list(rows)
    if not stdout().isatty() and (text := _plain_table(title, columns, cells)):
        stdout().write(text)
        return
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title or None, box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    # The first column holds what one types or copies, an id or a key: whole, unless it is a path.
    is_short = all(len(row[0]) <= _KEY for row in cells)
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=is_short and number == 0)
    for row in cells:
        table.add_row(*row)
    output().print(table)


def _plain_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with a line for each row, as rich draws it (50 ms for a hundred rows, its import among them).

    It is empty where a row would be folded, or where rich knows better what can be shown.
    """
    lines = [tuple(columns), *map(tuple, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    total = sum(widths) + 3 * len(widths) + 1
    takes_lines = (stdout().encoding or "").lower().startswith("utf")
    if total > WIDE or not takes_lines or not all(_is_plain(cell) for line in lines for cell in line):
        return ""
    head, *body = ("   ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
    drawn = [*([title] if title else []), "", f"  {head}", f" {'─' * (total - 2)}", *(f"  {line}" for line in body), ""]
    return "\n".join(drawn) + "\n"


def _is_plain(text: str) -> bool:
    """Say whether each letter of a text takes one column."""
    narrow = text.isascii() or all(east_asian_width(sign) not in "WF" and not combining(sign) for sign in text)
    return narrow and text.isprintable()


def load_plugins(files: Sequence[Path] | None) -> Registry:
    """Return the registry of all plugins; those that cannot be loaded are named on stderr."""
    from emonet.plugin.registry import PIN, died_loading, load_registry

    for plugin in died_loading():
        leave = f"leave it out: no longer give it with --plugin, uninstall it, or name the others in {PIN}"
        complain(f"Warning: a former command died while it loaded the plugin {plugin}. If this one does, too, {leave}.")
    sys.stderr.flush()
    registry = load_registry(files or ())
    _ = registry.corpora  # a plugin whose cards are wrong shows only when it is asked for them
    for info in registry.broken():
        complain(f"Warning: plugin '{info.name}' ({info.distribution}) could not be loaded: {info.error}")
    return registry
