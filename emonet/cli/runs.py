"""``emonet runs``: list, show and compare what was run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emonet.cli.console import AsJson, PluginFiles, load_plugins, output, print_json, print_table
from emonet.cli.run import RunsFolder
from emonet.errors import counted

app = typer.Typer(help="List, show and compare runs.", no_args_is_help=True, add_completion=False)

RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's name, as in 'emonet runs list', or its folder.")
]


@app.command("list")
def list_runs(*, runs: RunsFolder = Path("runs"), json: AsJson = False) -> None:
    """List the runs in a folder, oldest first."""
    from emonet.api.runs import runs as runs_in

    rows = runs_in(runs).to_json()
    if json:
        print_json(rows)
        return
    columns = ("run", "state", "started", "ended")
    print_table("", columns, [[str(row.get(column, "")) for column in columns] for row in rows])
    output().print(f"{counted(len(rows), 'run')} in {runs}. Scores: emonet runs show RUN")


@app.command()
def show(
    run: RunArgument,
    *,
    form: Annotated[str, typer.Option("--format", help="A report format, as in 'emonet plugins'.")] = "",
    runs: RunsFolder = Path("runs"),
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """Show the scores of a run."""
    from emonet.api.runs import runs as runs_in

    found = runs_in(runs)[run]
    if json:
        print_json(found.to_json())
        return
    output().print(found.to_text(form, plugins=load_plugins(plugin)), soft_wrap=True)


@app.command()
def compare(
    names: Annotated[list[str], typer.Argument(metavar="RUN...", help="Two or more runs.")],
    *,
    runs: RunsFolder = Path("runs"),
    json: AsJson = False,
) -> None:
    """Compare the scores of runs; scores under different protocols are never compared."""
    from dataclasses import asdict

    from emonet.api.runs import runs as runs_in
    from emonet.report.compare import comparison_table

    comparison = runs_in(runs).compare(*names)
    if json:
        print_json(asdict(comparison))
    else:
        table = comparison_table(comparison)
        print_table(table.title, table.header, table.rows)
        for note in table.footnotes:
            output().print(note, soft_wrap=True)
    if not comparison.is_sound:
        raise typer.Exit(1)
