"""``emonet report``: runs as tables and figures, in any report format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emonet.cli.console import AsJson, PluginFiles, load_plugins, print_json, say, stdout
from emonet.cli.run import RunsFolder

app = typer.Typer(add_completion=False)


@app.command(no_args_is_help=True)
def report(  # noqa: PLR0913 - a command's options
    names: Annotated[list[str], typer.Argument(metavar="RUN...", help="Runs, by name or folder.")],
    *,
    form: Annotated[str, typer.Option("--format", help="A report format, as in 'emonet plugins'.")] = "",
    baseline: Annotated[str, typer.Option(metavar="SYSTEM", help="Test all other systems against this one.")] = "",
    compare_from: Annotated[
        int, typer.Option("--compare-from", metavar="N", min=1, help="Compare networks that have N seeds or more.")
    ] = 3,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write to this file.")] = None,
    runs: RunsFolder = Path("runs"),
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """Report runs: the paper's Tables 3 and 4, tests against a baseline, curves and confusion matrices.

    The paper's own values stand beside, where it reports the corpus.
    """
    from emonet.api.runs import runs as runs_in
    from emonet.files import write_json, write_text

    registry = load_plugins(plugin)
    registry.factory("report_formats", form or registry.default("report_formats"))  # a typo is told before the work
    made = runs_in(runs).report(*names, baseline=baseline, compare_from=compare_from, plugins=registry)
    if json and out is None:
        print_json(made.to_json())
    elif out is None:
        stdout().write(made.to_text(form, plugins=registry))
    else:
        write_json(out, made.to_json()) if json else write_text(out, made.to_text(form, plugins=registry))
        say(f"Written: {out}")
