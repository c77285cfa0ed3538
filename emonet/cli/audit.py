"""``emonet audit``: what stands on both sides of a split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from emonet.cli.console import AsJson, PluginFiles, Root, load_plugins, print_json, print_table, say

if TYPE_CHECKING:
    from emonet.findings import Finding, Verdict

app = typer.Typer(add_completion=False)


@app.command()
def audit(  # noqa: PLR0913 - a command's options
    subjects: Annotated[
        list[str],
        typer.Argument(
            metavar="SUBJECT...", help="A recipe, split files or folders of them, or a corpus as in a recipe."
        ),
    ],
    *,
    protocol: Annotated[
        list[str] | None, typer.Option("--protocol", help="Of a corpus: audit this protocol. May be repeated.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="An option of the protocols, e.g. k=3.")
    ] = None,
    corpus: Annotated[str, typer.Option("--corpus", help="Of split files: the corpus whose names they list.")] = "",
    form: Annotated[str, typer.Option("--format", help="Of split files: emonet, emobox, superb or csv.")] = "",
    test: Annotated[str, typer.Option("--test", help="Of split files: which of several test sets, e.g. Test1.")] = "",
    speaker: Annotated[str, typer.Option("--speaker", metavar="REGEX", help="Reads the speaker from names.")] = "",
    session: Annotated[str, typer.Option("--session", metavar="REGEX", help="Reads the session from names.")] = "",
    text: Annotated[str, typer.Option("--text", metavar="REGEX", help="Reads the text from names.")] = "",
    audio: Annotated[bool, typer.Option("--audio/--no-audio", help="Compare prepared audio for copies.")] = True,
    every_fold: Annotated[bool, typer.Option("--folds", help="Show every fold, not only the worst.")] = False,
    root: Root = None,
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """Find speakers, sessions, sentences and audio in two splits, and what gives a class away; exit code 1 if so."""
    from emonet.api.audit import audit as audited
    from emonet.cli.protocol import protocol_options

    found = audited(
        *subjects,
        protocols=protocol or (),
        options=protocol_options(option),
        corpus=corpus,
        form=form,
        test=test,
        names={"speaker": speaker, "session": session, "text": text},
        root=root,
        audio=audio,
        plugins=load_plugins(plugin),
        progress=not json,
    )
    if json:
        print_json(found.to_json())
    else:
        for verdict in found:
            show_verdict(verdict, every_fold=every_fold)
    if found.level == "problem":
        raise typer.Exit(1)


def show_verdict(verdict: Verdict, *, every_fold: bool = False) -> None:
    """Print a verdict: its line, then a table of what was looked at."""
    from emonet.findings import over_folds

    say(verdict.line)
    findings = verdict.findings if every_fold else over_folds(verdict.findings)
    columns = ("", "what", *(("fold",) if every_fold else ()), "seen", "advice")
    print_table("", columns, [_cells(finding, every_fold=every_fold) for finding in findings])


def _cells(finding: Finding, *, every_fold: bool) -> tuple[str, ...]:
    fold = (finding.fold,) if every_fold else ()
    return (finding.level, finding.what, *fold, finding.seen, finding.advice)
