"""``emonet corpora``: what there is, how to get it, and whether a copy is whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emonet.api.card import label_table, lines_of, markdown_of, row_of
from emonet.cli.console import (
    AsJson,
    PluginFiles,
    Root,
    columns_of_output,
    errors,
    load_plugins,
    print_json,
    print_table,
    say,
)
from emonet.cli.corpus_choice import AudformatFolder, DoorKeys, HubPlace, IdOrNone, ManifestPath, subject
from emonet.cli.stats import stats
from emonet.corpus.corpus import Corpus
from emonet.errors import CorpusError, UnknownName, counted
from emonet.progress import progress_listener

if TYPE_CHECKING:
    from emonet.audio.prepare import Prepared
    from emonet.corpus.fetch import Fetched
    from emonet.propose.package import Written


def new(  # noqa: PLR0913 - a command's options
    name: Annotated[str, typer.Argument(metavar="NAME", help="The corpus' id to be: a-z, 0-9 and _.")],
    *,
    source: Annotated[Path, typer.Option("--from", help="The folder of the corpus' files.")],
    out: Annotated[Path, typer.Option("--out", help="Where the package's folder is put.")] = Path(),
    label: Annotated[str, typer.Option(metavar="FIELD", help="The field, or column, of labels.")] = "",
    speaker: Annotated[
        str, typer.Option(metavar="FIELD", help="The field, or column, of speakers; 'none' where nothing tells them.")
    ] = "",
    regex: Annotated[
        str, typer.Option(help="A regex of the paths, with the group label, and speaker, text, session, split.")
    ] = "",
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """Write a plugin package for a corpus: its card is proposed from the names of its files.

    Where it is not clear which field is the label or the speaker, all fields are shown, and nothing is written.
    """
    from emonet.propose.package import new_package
    from emonet.propose.proposal import Unsure, field_json
    from emonet.propose.roles import Chosen

    registry, chosen = load_plugins(plugin), Chosen(label, speaker, regex)
    try:
        written = new_package(name, source, out, registry.ontology, taken=registry.corpora, chosen=chosen)
    except Unsure as problem:
        fields = [field_json(slot) for slot in problem.fields]
        if json:
            asked = {doubt.field: [slot.name for slot in doubt.among] for doubt in problem.doubts}
            print_json({"asked": asked, "fields": fields})
        else:
            _print_fields(fields)
        raise
    if json:
        print_json(asdict(written) | {"folder": str(written.folder)})
        return
    _print(written, name, source)


def _print_fields(fields: Sequence[dict[str, Any]]) -> None:
    rows = []
    for each in fields:
        counts = [f"{value} {count}" for value, count in list(each["counts"].items())[:6]]
        more = ", ..." if each["values"] > len(counts) else ""
        rows.append((each["field"], str(each["values"]), ", ".join(counts) + more, each["where"]))
    print_table("Fields", ("field", "values", "files of each", "where"), rows)


def _print(written: Written, name: str, source: Path) -> None:
    say(f"{written.folder}: {', '.join(written.files)}")
    counts = written.counts
    say(f"{counts['utterances']} utterances, {counts['speakers']} speakers in {source}")
    if counts["passed_over"]:
        say(f"{counts['passed_over']} audio files are not read, e.g. {', '.join(written.passed_over)}")
    if written.fields:
        _print_fields(written.fields)
    print_table("Labels", ("in the files", "class"), list(written.codes.items()))
    pattern = written.scan.get("pattern")
    if isinstance(pattern, dict):
        say(f"Regex: {pattern['regex']}")
    for sentence in written.assumed:
        say(f"Taken: {sentence}")
    for sentence in written.check:
        say(f"Check: {sentence}")
    say(
        f"Next: edit the card, then\n  pip install -e {written.folder}\n  emonet plugins check {name}\n"
        f"  emonet corpora check {name} --root {source}"
    )


app = typer.Typer(help="List, fetch, check and prepare corpora.", no_args_is_help=True, add_completion=False)
app.command()(stats)
app.command("new")(new)

Id = Annotated[str, typer.Argument(metavar="ID", help="The corpus' id, as in 'emonet corpora list'.")]

_WIDE = ("id", "title", "languages", "classes", "speakers", "access", "data")
_NARROW = ("id", "title", "access", "data")
_WIDE_ENOUGH = 110
"""Columns of a terminal below which a list with all that would be folded letter by letter."""


@app.command("list")
def list_corpora(
    *,
    language: Annotated[str, typer.Option(help="Only corpora in this language (BCP-47, e.g. pl or pl-PL).")] = "",
    markdown: Annotated[
        bool, typer.Option("--markdown", help="A table for a page; says nothing of your data.")
    ] = False,
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """List all corpora, and whether their data are here."""
    from emonet.api.corpora import corpora as all_corpora

    every = all_corpora(plugins=load_plugins(plugin))
    corpora = _in_language((each.corpus for each in every.values()), language)
    if markdown:
        say("\n".join(markdown_of(corpora)))
        return
    rows = [row_of(corpus) for corpus in corpora]
    if json:
        print_json(rows)
        return
    shown = _NARROW if columns_of_output() < _WIDE_ENOUGH else _WIDE
    cells = [dict(zip(_WIDE, _cells(row), strict=True)) for row in rows]
    print_table("", shown, [[row[column] for column in shown] for row in cells])
    say(f"{counted(len(rows), 'corpus', 'corpora')}. Details: emonet corpora info ID")


def _in_language(given: Iterable[Corpus], language: str) -> list[Corpus]:
    corpora = list(given)
    found = [corpus for corpus in corpora if not language or any(_speaks(tag, language) for tag in corpus.languages)]
    if language and not found:
        raise UnknownName("language", language, {tag.split("-")[0] for corpus in corpora for tag in corpus.languages})
    return found


def _speaks(tag: str, language: str) -> bool:
    return f"{tag.lower()}-".startswith(f"{language.lower()}-")


def _cells(row: dict[str, Any]) -> Sequence[str]:
    target = next(iter(row["targets"]))
    first = row["targets"][target]
    classes = "not known"
    if first:
        classes = str(len(first)) if isinstance(first[0], str) else f"{target} {first[0]:g} to {first[1]:g}"
    speakers = "-" if row["speakers"] is None else str(row["speakers"])
    return row["id"], row["title"], ", ".join(row["languages"]), classes, speakers, row["access"], row["data"]


@app.command()
def info(
    corpus_id: Id,
    *,
    croissant: Annotated[
        bool, typer.Option("--croissant", help="As Croissant 1.0, MLCommons' description of data sets (JSON-LD).")
    ] = False,
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """Show everything that a corpus' card says."""
    from emonet.api.corpora import corpora as all_corpora
    from emonet.api.croissant import croissant_of

    found = all_corpora(plugins=load_plugins(plugin))[corpus_id]
    if croissant:
        print_json(croissant_of(found.corpus))
        return
    if json:
        print_json(found.info())
        return
    corpus = found.corpus
    for line in lines_of(corpus):
        say(line)
    for target in corpus.targets:
        if target.is_categorical:
            note = ": its classes are not known; those of these words that occur" if target.open else ""
            print_table(f"target {target.name}{note}", *label_table(corpus, target))
        elif target.range is not None:
            say(f"  target      {target.name}: {target.range[0]:g} to {target.range[1]:g} {target.unit}")


@app.command()
def fetch(
    corpus_id: IdOrNone = "",
    *,
    all_public: Annotated[
        bool, typer.Option("--all-public", help="Every corpus that needs neither account nor form, instead of one.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be fetched from where; do nothing.")
    ] = False,
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """Download a corpus whose licence allows it; else say how to ask for it. What is here already is verified."""
    if bool(corpus_id) == all_public:
        raise CorpusError("Give either the id of a corpus or --all-public, e.g. emonet corpora fetch ID")
    from emonet.corpus.fetch import fetch as fetch_corpus

    registry = load_plugins(plugin)
    chosen = list(registry.corpora.values()) if all_public else [registry.corpus(corpus_id)]
    if all_public or dry_run:
        _fetch_many(chosen, dry_run=dry_run, json=json)
        return
    with progress_listener(errors(), quiet=json) as listen:
        folder = fetch_corpus(chosen[0], listen=listen)
    if json:
        print_json({"corpus": corpus_id, "folder": str(folder)})
    else:
        say(f"{corpus_id} is in {folder}\nNext: emonet corpora prepare {corpus_id}")


def _fetch_many(corpora: Sequence[Corpus], *, dry_run: bool, json: bool) -> None:
    from emonet.corpus.fetch import fetch_all, how_to_get, may_be_fetched

    if len(corpora) == 1 and not may_be_fetched(corpora[0]):
        raise CorpusError(how_to_get(corpora[0]))
    with progress_listener(errors(), quiet=json) as listen:
        done = fetch_all(corpora, dry_run=dry_run, listen=listen)
    _print_fetched(done, json=json)
    if any(each.state == "failed" for each in done):
        raise typer.Exit(1)


def _print_fetched(done: Sequence[Fetched], *, json: bool) -> None:
    if json:
        print_json([asdict(each) for each in done])
        return
    failed = [each for each in done if each.state == "failed"]
    sizes = [f"{each.size / 1e6:.0f} MB" if each.size else "unknown" for each in done]
    rows = [(each.corpus, each.state, size, each.source) for each, size in zip(done, sizes, strict=True)]
    print_table("", ("id", "", "size", "from"), rows)
    for each in failed:
        say(each.reason)
    known = sum(each.size for each in done)
    unknown = sum(not each.size for each in done)
    say(
        f"{counted(len(done), 'corpus', 'corpora')}, {counted(len(failed), 'failure')}. "
        f"Sizes known: {known / 1e9:.1f} GB; unknown: {unknown}."
    )


@app.command()
def check(  # noqa: PLR0913 - a command's options
    corpus_id: IdOrNone = "",
    *,
    manifest: ManifestPath = "",
    hub: HubPlace = "",
    audformat: AudformatFolder = "",
    keys: DoorKeys = None,
    root: Root = None,
    quick: Annotated[bool, typer.Option("--quick", help="Names, sizes and counts only; decode no audio file.")] = False,
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """Compare a copy of a corpus with its card or manifest; exit code 1 where there is a problem."""
    doors = {"manifest": manifest, "hub": hub, "audformat": audformat}
    corpus, folder = subject("check", corpus_id, doors, keys, root=root, plugin=plugin)
    from emonet.doctor.check import check as check_copy
    from emonet.labels.ontology import Ontology

    ontology = Ontology({}, {}) if corpus_id else load_plugins(plugin).ontology  # a card has decided what words mean
    with progress_listener(errors(), quiet=json) as listen:
        findings = check_copy(corpus, folder, quick=quick, listen=listen, ontology=ontology)
    if json:
        print_json([asdict(finding) for finding in findings])
    else:
        rows = [(each.level, each.what, each.seen, each.expected, each.advice) for each in findings]
        print_table(f"{corpus.id} in {folder}", ("", "what", "seen", "expected", "advice"), rows)
        levels = [finding.level for finding in findings]
        say(f"{counted(levels.count('problem'), 'problem')}, {counted(levels.count('warning'), 'warning')}.")
    if any(finding.level == "problem" for finding in findings):
        raise typer.Exit(1)


@app.command()
def prepare(  # noqa: PLR0913 - a command's options
    corpus_id: IdOrNone = "",
    *,
    manifest: ManifestPath = "",
    hub: HubPlace = "",
    audformat: AudformatFolder = "",
    keys: DoorKeys = None,
    root: Root = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail where a file cannot be used.")] = False,
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """Decode and resample a corpus once, into the store that training reads."""
    doors = {"manifest": manifest, "hub": hub, "audformat": audformat}
    corpus, folder = subject("prepare", corpus_id, doors, keys, root=root, plugin=plugin)
    from emonet.audio.prepare import prepare as prepare_corpus

    with progress_listener(errors(), quiet=json) as listen:
        prepared = prepare_corpus(corpus, folder, listen=listen, strict=strict, remember=bool(corpus_id), verify=True)
    if json:
        print_json(_plain(corpus, prepared))
    else:
        _print_prepared(corpus, prepared)


def _plain(corpus: Corpus, prepared: Prepared) -> dict[str, Any]:
    from emonet.audio.store import cut_segments

    problems = [{"id": each.id, "path": each.path, "reason": each.reason} for each in prepared.problems]
    return {
        "corpus": corpus.id,
        "folder": str(prepared.folder),
        "key": prepared.key,
        "utterances": prepared.count,
        "hours": prepared.hours,
        "bits": prepared.bits,
        "reused": prepared.reused,
        "cut": cut_segments(prepared.folder),
        "problems": problems,
    }


def _print_prepared(corpus: Corpus, prepared: Prepared) -> None:
    from emonet.audio.store import cut_segments

    how = "was prepared already" if prepared.reused else "is prepared"
    size = f"{counted(prepared.count, 'utterance')}, {prepared.hours:.2f} h, {prepared.bits} bits a sample"
    say(f"{corpus.id} {how}: {size}, in {prepared.folder}")
    if cut := cut_segments(prepared.folder):
        say(cut)
    if not prepared.problems:
        return
    reasons: dict[str, list[str]] = {}
    for problem in prepared.problems:
        reasons.setdefault(problem.reason, []).append(problem.path)
    rows = [(str(len(paths)), reason, ", ".join(paths[:3])) for reason, paths in reasons.items()]
    print_table("Left out", ("files", "reason", "such as"), rows)
