"""Printing: tables for people, plain JSON for programs, complaints on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from emonet.plugin.registry import Registry

WIDE = 160
"""Columns of a table that goes to a file or a pipe, where no terminal gives its width."""

AsJson = Annotated[bool, typer.Option("--json", help="Print plain JSON, and nothing else, on stdout.")]
PluginFiles = Annotated[
    list[Path] | None, typer.Option("--plugin", help="Load this single-file plugin as well. May be given repeatedly.")
]
Root = Annotated[Path | None, typer.Option("--root", help="The folder of the unpacked corpus.")]


def output() -> Console:
    """Return the console on stdout; a table in a pipe is wide instead of wrapped at 80 columns."""
    return _console(sys.stdout)


def errors() -> Console:
    """Return the console on stderr, for progress and complaints."""
    return _console(sys.stderr)


def _console(stream: Any) -> Console:
    from rich.console import Console

    # No markup: labels, paths and messages may hold square brackets.
    return Console(file=stream, markup=False, highlight=False, width=None if stream.isatty() else WIDE)


def complain(text: str) -> None:
    """Print a message to stderr, as it is."""
    sys.stderr.write(f"{text}\n")


def print_json(data: Any) -> None:
    """Print plain data as JSON."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def say(text: str) -> None:
    """Print text to stdout as it is: long lines are the terminal's to wrap."""
    output().print(text, soft_wrap=True)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under their columns' names."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title or None, box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    output().print(table)


def load_plugins(files: Sequence[Path] | None) -> Registry:
    """Return the registry of all plugins; those that cannot be loaded are named on stderr."""
    from emonet.plugin.registry import load_registry

    registry = load_registry(files or ())
    _ = registry.corpora  # a plugin whose cards are wrong shows only when it is asked for them
    for info in registry.broken():
        complain(f"Warning: plugin '{info.name}' ({info.distribution}) could not be loaded: {info.error}")
    return registry
