"""``emonet protocol``: show, export and import partitions into train, dev and test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emonet.cli.console import AsJson, PluginFiles, Root, errors, load_plugins, print_json, print_table, say
from emonet.errors import RecipeError
from emonet.progress import progress_listener

if TYPE_CHECKING:
    from emonet.corpus.corpus import Utterance
    from emonet.engine.gather import Gathered
    from emonet.findings import Verdict
    from emonet.recipe.outputs import Outputs

app = typer.Typer(help="Show, export and import protocols.", no_args_is_help=True, add_completion=False)

CorpusArgument = Annotated[
    str, typer.Argument(metavar="CORPUS", help="As in a recipe: an id, id/target, or '{manifest: my_folder/}'.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="As in a recipe: leave-one-speaker-out, official, ...")]
OptionWords = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="An option of the protocol, e.g. --set k=5.")
]
Out = Annotated[Path, typer.Option("--out", help="The file to write.")]


@app.command()
def show(
    corpus: CorpusArgument,
    name: Name,
    *,
    option: OptionWords = None,
    root: Root = None,
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """Show the folds of a protocol: how many utterances, speakers, texts and of each class, and its hash."""
    from emonet.api.audit import gathered_from

    gathered = gathered_from(corpus, name, protocol_options(option), root, load_plugins(plugin))
    verdict = _verdict(gathered, quiet=json)
    if json:
        print_json({**facts_of(gathered), "audit": verdict.to_json()})
        return
    _print(gathered)
    say(verdict.line)


@app.command()
def export(
    corpus: CorpusArgument,
    name: Name,
    *,
    out: Out,
    option: OptionWords = None,
    root: Root = None,
    plugin: PluginFiles = None,
) -> None:
    """Write a protocol as one portable CSV file, which others import under the same hash."""
    from emonet.api.audit import gathered_from
    from emonet.protocols.list_formats import write_protocol

    protocol = gathered_from(corpus, name, protocol_options(option), root, load_plugins(plugin)).facts.protocol
    write_protocol(protocol, out)
    say(f"{protocol.id} #{protocol.hash} is in {out}\nIn a recipe: protocol: {{imported: {{file: {out}}}}}")


@app.command("import")
def import_(  # noqa: PLR0913 - a command's options
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files, or folders of them.")],
    *,
    corpus: Annotated[str, typer.Option("--corpus", help="The corpus they split, as in a recipe.")],
    out: Out,
    name: Annotated[str, typer.Option("--name", help="What to call it; default: the file's own name.")] = "",
    form: Annotated[str, typer.Option("--format", help="emonet, emobox, superb or csv; default: by content.")] = "",
    overlap: Annotated[str, typer.Option("--overlap", help="Why speakers stand in two splits, if they do.")] = "",
    dev: Annotated[float | None, typer.Option("--dev", help="Share of train that becomes dev where none is.")] = None,
    dev_by: Annotated[str, typer.Option("--dev-by", help="Cut dev by speaker, or by utterance.")] = "speaker",
    test: Annotated[str, typer.Option("--test", help="Which of several test sets is test, e.g. Test1.")] = "",
    partial: Annotated[bool, typer.Option("--partial", help="Leave out names that the corpus lacks.")] = False,
    root: Root = None,
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """Match the folds in others' files with a corpus, check them, and write them in the portable format."""
    from dataclasses import replace

    from emonet.api.audit import gathered_from
    from emonet.protocols.imported import IMPORTED
    from emonet.protocols.list_formats import write_protocol

    given = {"format": form, "overlap": overlap, "dev": dev, "test": test, "partial": partial}
    options = {"file": list(files), **{key: value for key, value in given.items() if value}}
    options |= {"dev_by": dev_by} if dev is not None else {}
    gathered = gathered_from(corpus, IMPORTED, options, root, load_plugins(plugin))
    if name:
        protocol = replace(gathered.facts.protocol, id=f"{gathered.facts.corpus.id}/{IMPORTED} {name}")
        gathered = replace(gathered, facts=replace(gathered.facts, protocol=protocol))
    write_protocol(gathered.facts.protocol, out)
    verdict = _verdict(gathered, quiet=json)
    if json:
        print_json({**facts_of(gathered), "file": str(out), "audit": verdict.to_json()})
        return
    _print(gathered)
    say(verdict.line)
    say(f"Written to {out}\nIn a recipe: protocol: {{imported: {{file: {out}}}}}")


def protocol_options(given: Sequence[str] | None) -> dict[str, Any]:
    """Return the options of a protocol from ``key=value`` words.

    Raises:
        RecipeError: a word is not of that form.
    """
    from emonet.document import parse_value

    options = {}
    for option in given or ():
        key, equals, text = option.partition("=")
        if not key or not equals:
            raise RecipeError(f"--set {option}: expected key=value, e.g. --set k=5.")
        options[key] = parse_value(text, f"--set {key}", RecipeError)
    return options


def _verdict(gathered: Gathered, *, quiet: bool) -> Verdict:
    from emonet.engine.audit import audit_gathered

    with progress_listener(errors(), quiet=quiet) as listen:
        return audit_gathered([gathered], listen=listen)[0]


def facts_of(gathered: Gathered) -> dict[str, Any]:
    """Return a protocol's folds with their counts, as plain data."""
    facts = gathered.facts
    protocol, utterances = facts.protocol, {utterance.id: utterance for utterance in facts.utterances}
    folds = []
    for fold in protocol.folds:
        splits = {}
        for split in ("train", "dev", "test"):
            inside = [utterances[id_] for id_, found in fold.splits.items() if found == split]
            splits[split] = {
                "utterances": len(inside),
                "speakers": len({each.speaker for each in inside} - {None}),
                "texts": len({each.text for each in inside} - {None}),
                **_label_facts(inside, facts.outputs),
            }
        folds.append({"fold": fold.name, "splits": splits, "left_out": len(utterances) - len(fold.splits)})
    return {
        "id": protocol.id,
        "hash": protocol.hash,
        "overlap": protocol.overlap,
        "notes": list(protocol.notes),
        "utterances": len(utterances),
        "folds": folds,
    }


def _label_facts(utterances: Sequence[Utterance], outputs: Outputs) -> dict[str, Any]:
    """Return how often each class occurs, or the mean of each dimension; None where there is no utterance."""
    if outputs.classes:
        counts = Counter(str(utterance.labels[outputs.target.name]) for utterance in utterances)
        return {"classes": {label: counts[label] for label in outputs.classes}}
    columns = {name: [float(each.labels[name]) for each in utterances] for name in outputs.names}
    return {"means": {name: fmean(values) if values else None for name, values in columns.items()}}


def _print(gathered: Gathered) -> None:
    facts, outputs = facts_of(gathered), gathered.facts.outputs
    names = outputs.classes or [f"mean {name}" for name in outputs.names]
    rows = []
    for fold in facts["folds"]:
        for split, counts in fold["splits"].items():
            numbers = [counts[what] for what in ("utterances", "speakers", "texts")]
            shown = [str(number) for number in (*numbers, *counts.get("classes", {}).values())]
            shown += ["-" if mean is None else f"{mean:.3g}" for mean in counts.get("means", {}).values()]
            rows.append((fold["fold"], split, *shown))
        if fold["left_out"]:
            rows.append((fold["fold"], "left out", str(fold["left_out"]), *[""] * (len(names) + 2)))
    columns = ("fold", "split", "utterances", "speakers", "texts", *names)
    print_table(f"{facts['id']}  #{facts['hash']}", columns, rows)
    for text in (
        *([f"Speakers stand in two splits: {facts['overlap']}."] if facts["overlap"] else []),
        *facts["notes"],
    ):
        say(text)
