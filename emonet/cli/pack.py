"""``emonet pack``: trained models as folders to hand on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from emonet.cli.console import AsJson, PluginFiles, load_plugins, print_json, print_table, say
from emonet.cli.run import RunsFolder
from emonet.errors import counted

app = typer.Typer(help="Export, show and extend model packs.", no_args_is_help=True, add_completion=False)

Folder = Annotated[Path, typer.Argument(metavar="PACK", help="The pack's folder.")]


@app.command()
def export(  # noqa: PLR0913 - a command's options
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's name, as in 'emonet runs list', or its folder.")],
    *,
    system: Annotated[str, typer.Option(help="The system whose weights are exported.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The new pack's folder.")],
    fold: Annotated[str, typer.Option(help="The fold; by default the first.")] = "",
    seed: Annotated[int | None, typer.Option(help="The seed; by default the first.")] = None,
    checkpoint: Annotated[Literal["best", "final"], typer.Option(help="The epoch best on dev, or the last.")] = "best",
    task: Annotated[str, typer.Option(metavar="TASK", help="This task alone; by default all of the system.")] = "",
    runs: RunsFolder = Path("runs"),
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """Write a run's trained system as a pack: its shared model once, and one small file a task."""
    from emonet.api.runs import runs as runs_in

    registry = load_plugins(plugin)
    pack = runs_in(runs)[run].export(
        out, system=system, fold=fold, seed=seed, checkpoint=checkpoint, task=task, plugins=registry
    )
    if json:
        print_json(pack.to_json())
        return
    say(f"Written: {out} with {', '.join(pack.tasks)}. Label audio with: emonet predict {out} AUDIO...")


@app.command()
def info(folder: Folder, *, json: AsJson = False) -> None:
    """Show what a pack holds, and where it comes from."""
    from emonet.pack.pack import read_pack

    facts = read_pack(folder).to_json()
    if json:
        print_json(facts)
        return
    shared = facts["shared"]
    parts = " + ".join(f"{part['name']} {part['version']}" for part in shared["components"].values())
    say(f"{folder}: {parts}, {shared['values']} values, fingerprint {shared['fingerprint'][:12]}")
    print_table("", _COLUMNS, [_cells(task) for task in facts["tasks"].values()])
    for name, task in facts["tasks"].items():
        say(f"{name} learned from: {task['learned']}.")
        for line in task.get("audits", ()):
            say(f"{name}, of its score: {line}")


@app.command("import")
def import_file(
    folder: Folder,
    file: Annotated[Path, typer.Argument(metavar="TASKFILE", help="A task's file, from a pack of the same model.")],
    *,
    plugin: PluginFiles = None,
) -> None:
    """Add a task's file to a pack; one that was made for another shared model is refused."""
    from emonet.pack.pack import import_task

    part = import_task(folder, file, load_plugins(plugin))
    say(f"Added: task '{part.facts['task']}' as {part.path}")


_COLUMNS = ("task", "labels", "values", "run", "system", "fold", "seed", "checkpoint", "test score", "protocol")


def _cells(task: dict[str, Any]) -> tuple[str, ...]:
    from emonet.recipe.normalisation import normalisation_called

    made, scores = task["provenance"], _scores(task)
    note = ", transductive" if normalisation_called(task["normalisation"]).is_transductive else ""
    texts = [f"{name}{score['metric']} {score['all_folds']:.3f}" for name, score in scores.items()]
    folds = next((f" ({', '.join(filter(None, _of_score(score)))}{note})" for score in scores.values()), "")
    return (
        task["task"],
        ", ".join([*task["labels"], *map(_dimension, task.get("dimensions", ()))]),
        str(task["values"]),
        *(str(made[key]) for key in ("run", "system", "fold", "seed", "checkpoint")),
        ", ".join(texts) + folds,
        f"{task['protocol']['id'].rpartition('/')[2]} {task['protocol']['hash'][:8]}",
    )


def _of_score(score: dict[str, Any]) -> tuple[str, str]:
    return counted(score["folds"], "fold"), score["evaluation"]


def _scores(task: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the test scores under what goes before them: the dimension's name where there are several."""
    if task["score"] is not None:
        return {"": task["score"]}
    found = task.get("scores", {})
    names = [each["name"] for each in task.get("dimensions", ())]
    return {f"{name} ": found[name] for name in names if name in found}


def _dimension(dimension: dict[str, Any]) -> str:
    low, high = dimension["range"]
    return f"{dimension['name']} {low:g} to {high:g} {dimension['unit']}".rstrip()
