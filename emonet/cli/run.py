"""``emonet run``: carry out a recipe, or show what it would do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emonet.cli.console import AsJson, PluginFiles, complain, errors, load_plugins, output, print_json, print_table
from emonet.cli.progress import progress_listener

if TYPE_CHECKING:
    from emonet.plan import Plan

app = typer.Typer()

RunsFolder = Annotated[Path, typer.Option("--runs", help="The folder of run folders.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe, e.g. --set seeds=[1,2,3]. May be repeated."),
]


@app.command()
def run(
    recipe: Annotated[Path, typer.Argument(help="The recipe, a YAML file.")],
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Show the stages and what is done already; run none.")] = False,
    change: Changes = None,
    plugin: PluginFiles = None,
    runs: RunsFolder = Path("runs"),
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    json: AsJson = False,
) -> None:
    """Run a recipe: prepare its corpora, train and score every system, and print the table of scores.

    Interrupted, the same command goes on where it was.
    """
    from emonet import engine
    from emonet.recipe import read_recipe

    changes = change or []
    read, document = read_recipe(recipe, changes)
    registry = load_plugins(plugin)
    if plan:
        made, _ = engine.plan_run(read, recipe.resolve().parent, registry)
        _show_plan(made, json=json)
        return
    try:
        with progress_listener(errors(), quiet=quiet or json) as listen:
            folder, report = engine.run(read, document, registry, out=runs, changes=changes, listen=listen)
    except KeyboardInterrupt:
        complain(f"Interrupted. Finished stages are kept. Go on with: {engine.resume_command(document, changes)}")
        raise typer.Exit(130) from None
    if json:
        print_json({"run": str(folder.path), **report.to_json()})
        return
    write = registry.factory("report_formats", registry.default("report_formats"))
    output().print(write(report), soft_wrap=True)


def _show_plan(made: Plan, *, json: bool) -> None:
    from emonet.stages import is_done

    stages: list[dict[str, Any]] = [{**stage.to_json(), "done": is_done(stage.key)} for stage in made.stages]
    if json:
        print_json({"recipe": made.recipe.name, "stages": stages})
        return
    columns = ("key", "system", "strategy", "task", "fold", "seed", "train/dev/test", "components", "done")
    print_table(f"Plan of {made.recipe.name}", columns, [_cells(stage) for stage in stages])
    done = sum(stage["done"] for stage in stages)
    output().print(f"{len(stages)} stages, {done} done already.")


def _cells(stage: dict[str, Any]) -> tuple[str, ...]:
    parts = stage["components"]
    items = "/".join(str(stage["items"][part]) for part in ("train", "dev", "test"))
    return (
        stage["key"][:8],
        stage["system"],
        stage["strategy"],
        stage["task"],
        stage["fold"],
        str(stage["seed"]),
        items,
        " + ".join(part["name"] for part in parts.values()) + f", normalised: {stage['normalisation']}",
        "yes" if stage["done"] else "",
    )
