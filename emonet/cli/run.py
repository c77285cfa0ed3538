"""``emonet run``: carry out a recipe, or show what it would do."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emonet.cli.console import (
    AsJson,
    Interrupted,
    PluginFiles,
    complain,
    load_plugins,
    output,
    print_json,
    print_table,
    say,
)
from emonet.errors import counted

if TYPE_CHECKING:
    from emonet.api.recipes import RunPlan

app = typer.Typer(add_completion=False)

RunsFolder = Annotated[Path, typer.Option("--runs", help="The folder of run folders.")]
ChangeWords = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe, e.g. --set seeds=[1,2,3]. May be repeated."),
]


@app.command()
def run(  # noqa: PLR0913 - a command's options
    recipe: Annotated[Path, typer.Argument(help="The recipe, a YAML file.")],
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Show the stages and what is done already; run none.")] = False,
    dev_only: Annotated[
        bool, typer.Option("--dev-only", help="Score dev alone and leave test shut, as selects: dev in a recipe does.")
    ] = False,
    change: ChangeWords = None,
    plugin: PluginFiles = None,
    runs: RunsFolder = Path("runs"),
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    json: AsJson = False,
) -> None:
    """Run a recipe: prepare its corpora, train and score every system, and print the table of scores.

    Interrupted, the same command goes on where it was.
    """
    from emonet.api import recipes as api
    from emonet.document import Document
    from emonet.engine.run import resume_command

    changes = [*(change or ()), *(["selects=dev"] if dev_only else [])]
    registry, progress = load_plugins(plugin), not (quiet or json)
    if plan:
        _show_plan(api.plan(recipe, changes=changes, plugins=registry, progress=progress), json=json)
        return
    broken = registry.broken()
    write = registry.factory("report_formats", registry.default("report_formats"))
    try:
        made = api.run(recipe, changes=changes, runs=runs, plugins=registry, progress=progress)
    except KeyboardInterrupt:
        again = resume_command(Document(None, str(recipe)), changes)
        command = f"{again} {_options(plugin, runs)}".rstrip()
        raise Interrupted(f"Interrupted. Finished stages are kept. Go on with: {command}") from None
    for info in registry.broken():
        if info not in broken:
            complain(f"Warning: plugin '{info.name}' ({info.distribution}) failed during the run: {info.error}")
    if json:
        print_json({"run": made.report.folder, **made.to_json()})
        return
    output().print(write(made.report), soft_wrap=True)


def _options(plugin: list[Path] | None, runs: Path) -> str:
    words = [word for file in plugin or () for word in ("--plugin", str(file))]
    return shlex.join([*words, *(("--runs", str(runs)) if runs != Path("runs") else ())])


def _show_plan(shown: RunPlan, *, json: bool) -> None:
    if json:
        print_json(shown.to_json())
        return
    print_table(f"Plan of {shown.plan.recipe.name}", _COLUMNS, [_cells(stage) for stage in shown.stages])
    done = sum(stage["done"] for stage in shown.stages)
    for verdict in shown.audits:
        say(verdict.line)
    output().print(f"{counted(len(shown.stages), 'stage')}, {done} done already.")
    for text in shown.notes:
        output().print(text, soft_wrap=True)
    if shown.unprepared:
        output().print("Some corpora are not prepared yet; the keys will be others once they are.")


_COLUMNS = (
    "key",
    "system",
    "strategy",
    "tunes",
    "task",
    "fold",
    "seed",
    "train/dev/test",
    "components",
    "from",
    "done",
)


def _cells(stage: dict[str, Any]) -> tuple[str, ...]:
    components, tasks = stage["components"], stage["tasks"]
    items = ["/".join(str(counts[split]) for split in ("train", "dev", "test")) for counts in stage["items"]]
    return (
        stage["key"][:8],
        stage["system"],
        stage["strategy"],
        stage["tuned"] if stage["scored"] else "shared model",
        "\n".join(tasks),
        stage["fold"],
        str(stage["seed"]),
        "\n".join(items),
        " + ".join(each["name"] for each in components.values()) + f", normalised: {stage['normalisation']}",
        ", ".join(key[:8] for key in stage["parents"]),
        "yes" if stage["done"] else "",
    )
