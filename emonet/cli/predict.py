"""``emonet predict``: label new audio with a pack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from emonet.cli.console import AsJson, PluginFiles, complain, load_plugins, print_json, print_table, say, stdout

if TYPE_CHECKING:
    from emonet.api.packs import Labels
    from emonet.pack.predict import Labelled, Predictor

app = typer.Typer(add_completion=False)


@app.command(no_args_is_help=True)
def predict(  # noqa: PLR0913 - a command's options
    pack: Annotated[Path, typer.Argument(metavar="PACK", help="A pack's folder, as 'emonet pack export' writes it.")],
    audio: Annotated[
        list[Path],
        typer.Argument(metavar="AUDIO...", help="Audio files, folders, or tables of files or segments."),
    ],
    *,
    task: Annotated[
        list[str] | None, typer.Option(metavar="TASK", help="A task of the pack; by default all. May be repeated.")
    ] = None,
    window: Annotated[
        float | None,
        typer.Option(metavar="S", help="Judge files by windows of S seconds; by default as in the run's scores."),
    ] = None,
    evaluate: Annotated[
        Literal["centre", "full", "windows"] | None,
        typer.Option(help="What of each file is judged; by default what the scores of the pack judged."),
    ] = None,
    batch: Annotated[int, typer.Option(help="Windows labelled at once; changes the speed alone.")] = 16,
    group_by: Annotated[
        Literal["folder", "speaker"] | None,
        typer.Option(help="Which files are one speaker's, for systems that were trained with normalisation: speaker."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first file that cannot be read.")] = False,
    plugin: PluginFiles = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, and nothing else, on stdout.")] = False,
    json: AsJson = False,
) -> None:
    """Label audio: class, probabilities, arousal and valence, or numbers; of long files, of every window, too.

    Tables are CSV or JSON lines with a column of files; with start and end, or start and duration, their segments are
    labelled. Each is judged as the clips of the run's test split were (training.evaluate of its recipe): by its centre,
    as a whole, or by the mean over its windows.

    Files that cannot be read are named on stderr, the rest is labelled, and the exit code is 1.
    """
    from dataclasses import asdict

    from emonet.api.packs import load_pack
    from emonet.errors import EmonetError
    from emonet.pack.pack import learned_from

    if csv and json:
        raise EmonetError("Both --csv and --json are given. Choose one.")
    opened = load_pack(
        pack,
        tasks=task or (),
        window=window,
        evaluate=evaluate,
        batch=batch,
        device=device,
        plugins=load_plugins(plugin),
    )
    found = opened.label(audio, group_by=group_by, strict=strict)
    _say_evaluation(opened.predictor)
    if found.by_speaker:
        names = ", ".join(found.by_speaker)
        complain(f"Transductive: the labels of {names} rest on all files of a speaker together, not on each by itself.")
    learned = {name: learned_from(opened.pack.task(name)) for name in opened.tasks}
    if json:
        labels, problems = [asdict(row) for row in found.rows], [asdict(each) for each in found.unread]
        print_json({"labels": labels, "unread": problems, "learned": learned})
    elif csv:
        _print_csv(found)
    elif found.rows:
        print_table("", _COLUMNS, [_cells(row) for row in found.rows])
        for name, corpora in learned.items():
            say(f"{name} learned from: {corpora}.")
    for each in found.unread:
        complain(f"Not labelled: {each.place}: {each.problem}")
    if found.unread:
        raise typer.Exit(1)


def _say_evaluation(predictor: Predictor) -> None:
    """Say where files are judged in another way than the clips that a task's score is of."""
    from emonet.pack.pack import evaluation_of

    for task in predictor.networks:
        scored, asked = evaluation_of(predictor.pack.task(task)), predictor.evaluation(task)
        if scored != asked:
            complain(f"Task '{task}': files are judged by {asked}, but its scores by {scored} of each clip.")


_COLUMNS = (
    "file",
    "task",
    "from s",
    "to s",
    "label",
    "arousal",
    "valence",
    "probabilities, decision values or numbers",
)


def _cells(row: Labelled) -> tuple[str, ...]:
    shares = sorted(row.probabilities.items(), key=lambda share: -share[1])
    answers = [f"{label} {share:.2f}" for label, share in shares]
    answers += [f"{label} {value:+.3g}" for label, value in sorted(row.decisions.items(), key=lambda each: -each[1])]
    answers += [f"{name} {value:.4g} {row.units[name]}".rstrip() for name, value in row.numbers.items()]
    return (
        f"  {Path(row.file).name}" if row.window else row.file,
        row.task,
        f"{row.begin:.2f}",
        f"{row.end:.2f}",
        row.label,
        *_cell(row),
        ", ".join(answers),
    )


def _print_csv(found: Labels) -> None:
    """Print one line a label; each class or dimension of any task has a column of its own, empty for other tasks.

    A file that cannot be used has a line with its ``problem`` and no label.
    """
    import csv

    writer = csv.DictWriter(stdout(), found.columns, lineterminator="\n")
    writer.writeheader()
    words = {True: "yes", False: "no", None: ""}
    writer.writerows({**row, "window": words[row.get("window")]} for row in found.flat())


def _cell(row: Labelled) -> tuple[str, str]:
    return ("", "") if row.affect is None else (row.affect["arousal"], row.affect["valence"])
