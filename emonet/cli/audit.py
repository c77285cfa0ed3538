"""``emonet audit``: what stands on both sides of a split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emonet.cli.console import AsJson, PluginFiles, Root, errors, load_plugins, print_json, print_table, say
from emonet.cli.progress import progress_listener
from emonet.errors import EmonetError

if TYPE_CHECKING:
    from emonet.audit.finding import Finding, Verdict
    from emonet.events import Listener
    from emonet.plugin.registry import Registry

app = typer.Typer(add_completion=False)

_RECIPES = (".yaml", ".yml")


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
    speaker: Annotated[str, typer.Option("--speaker", metavar="REGEX", help="Reads the speaker from names.")] = "",
    session: Annotated[str, typer.Option("--session", metavar="REGEX", help="Reads the session from names.")] = "",
    text: Annotated[str, typer.Option("--text", metavar="REGEX", help="Reads the text from names.")] = "",
    audio: Annotated[bool, typer.Option("--audio/--no-audio", help="Compare prepared audio for copies.")] = True,
    every_fold: Annotated[bool, typer.Option("--folds", help="Show every fold, not only the worst.")] = False,
    root: Root = None,
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """Find speakers, sessions, sentences and audio in two parts, and what gives a class away; exit code 1 if so."""
    registry = load_plugins(plugin)
    with progress_listener(errors(), quiet=json) as listen:
        if all(Path(subject).exists() for subject in subjects) and not _are_recipes(subjects):
            names = {"speaker": speaker, "session": session, "text": text}
            verdicts = _of_lists(subjects, form, corpus, names, registry, audio=audio, listen=listen)
        elif _are_recipes(subjects):
            verdicts = _of_recipes(subjects, registry, audio=audio, listen=listen)
        else:
            choices = (protocol or [], option or [])
            verdicts = _of_corpora(subjects, choices, root, registry, audio=audio, listen=listen)
    if json:
        print_json([verdict.to_json() for verdict in verdicts])
    else:
        for verdict in verdicts:
            show_verdict(verdict, every_fold=every_fold)
    if any(verdict.level == "problem" for verdict in verdicts):
        raise typer.Exit(1)


def _are_recipes(subjects: Sequence[str]) -> bool:
    return all(Path(subject).suffix.lower() in _RECIPES for subject in subjects)


def _of_recipes(subjects: Sequence[str], registry: Registry, *, audio: bool, listen: Listener) -> tuple[Verdict, ...]:
    from emonet.audits import audit_plan
    from emonet.engine import plan_run
    from emonet.recipe import read_recipe

    verdicts: list[Verdict] = []
    for subject in subjects:
        path = Path(subject)
        recipe, _ = read_recipe(path)
        # An audit reports what a run would stop at.
        recipe = recipe.model_copy(update={"audit": "report"})
        made, gathered = plan_run(recipe, path.resolve().parent, registry, listen=listen)
        verdicts += audit_plan(made, gathered, audio=audio, listen=listen)
    return tuple(verdicts)


def _of_corpora(
    subjects: Sequence[str],
    choices: tuple[Sequence[str], Sequence[str]],
    root: Path | None,
    registry: Registry,
    *,
    audio: bool,
    listen: Listener,
) -> tuple[Verdict, ...]:
    from emonet.audits import audit_gathered
    from emonet.cli.protocol import gathered_from, protocol_options

    protocols, options = choices
    gathered = []
    for subject in subjects:
        names = protocols or _declared(subject, registry)
        gathered += [gathered_from(subject, name, protocol_options(options), root, registry) for name in names]
    return audit_gathered(gathered, audio=audio, listen=listen)


def _declared(subject: str, registry: Registry) -> list[str]:
    """Return the protocols that a corpus declares, or the one that any corpus with speakers has."""
    corpus = registry.corpus(subject.partition("/")[0]) if not subject.startswith("{") else None
    declared = [protocol.name for protocol in corpus.protocols] if corpus is not None else []
    return declared or ["by-speaker"]


def _of_lists(
    subjects: Sequence[str],
    form: str,
    corpus_id: str,
    names: dict[str, str],
    registry: Registry,
    *,
    audio: bool,
    listen: Listener,
) -> tuple[Verdict, ...]:
    from emonet.audit.lists import corpus_called, name_rules
    from emonet.audit.shared import UNKNOWN
    from emonet.audits import audit_list
    from emonet.corpus.lists.reading import read_lists

    rules = name_rules(names)
    listed = read_lists([Path(subject) for subject in subjects], form)
    called = listed.header.corpus or listed.data
    corpus = registry.corpus(corpus_id) if corpus_id else corpus_called(called, registry.corpora.values())
    verdict = audit_list(listed, rules, corpus, audio=audio, listen=listen)
    told = [finding.seen for finding in verdict.findings if finding.what == "speakers"]
    if not rules.patterns and all(seen == UNKNOWN for seen in told):
        why = f" (it calls its data '{called}', which is no corpus here)" if called else ""
        if corpus is not None:
            why = f" (the names of '{corpus.id}' do not say them, and its data are not here)"
        advice = "Give --corpus ID, or --speaker REGEX, e.g. --speaker '/(\\d\\d)'."
        raise EmonetError(f"{listed.name}: nothing tells the speakers of this list{why}. {advice}")
    return (verdict,)


def show_verdict(verdict: Verdict, *, every_fold: bool = False) -> None:
    """Print a verdict: its line, then a table of what was looked at."""
    from emonet.audit.finding import over_folds

    say(verdict.line)
    findings = verdict.findings if every_fold else over_folds(verdict.findings)
    columns = ("", "what", *(("fold",) if every_fold else ()), "seen", "advice")
    print_table("", columns, [_cells(finding, every_fold=every_fold) for finding in findings])


def _cells(finding: Finding, *, every_fold: bool) -> tuple[str, ...]:
    fold = (finding.fold,) if every_fold else ()
    return (finding.level, finding.what, *fold, finding.seen, finding.advice)
