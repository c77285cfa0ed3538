"""``emonet labels``: canonical words, what corpora make of their labels, and the label spaces that they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emonet.cli.console import AsJson, PluginFiles, load_plugins, print_json, print_table, say
from emonet.errors import CorpusError, counted
from emonet.task_id import TaskId

if TYPE_CHECKING:
    from emonet.affect import Affect
    from emonet.audio.statistics import LabelCounts
    from emonet.engine.gather import Opened
    from emonet.labels.coverage import Covered
    from emonet.labels.shared import SharedSpace
    from emonet.labels.words import Contest, Word
    from emonet.plugin.registry import Registry

app = typer.Typer(help="Canonical words for labels, and what corpora make of them.", add_completion=False)

Tasks = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Corpora, or corpus/target.")]
RecipeFile = Annotated[Path | None, typer.Option("--recipe", help="The corpora of this recipe, manifests included.")]
_FINDINGS = 1


@app.callback(invoke_without_command=True)
def words(context: typer.Context, *, plugin: PluginFiles = None, json: AsJson = False) -> None:
    """List the canonical words: their cells, which corpora use them, and who contests them."""
    if context.invoked_subcommand is not None:
        return
    from emonet.labels.coverage import coverage_of, users_of

    registry = load_plugins(plugin)
    corpora, ontology = list(registry.corpora.values()), registry.ontology
    users = users_of(corpora, ontology)
    covered = list(coverage_of(corpora, ontology))
    statuses = Counter(each.status for each in covered)
    if json:
        listed = [{**_word_facts(word), "corpora": users[name]} for name, word in ontology.words.items()]
        print_json({"words": listed, "coverage": dict(statuses)})
        return
    columns = ("word", "arousal", "valence", "from", "corpora", "contested")
    rows = [
        (name, *_cell(word.affect), _source(word.affect), _count(users[name]), _told(word.contested))
        for name, word in sorted(ontology.words.items())
    ]
    print_table("", columns, rows)
    many = f"{counted(len(covered), 'label')} of {counted(len(corpora), 'corpus', 'corpora')}"
    say(f"{counted(len(rows), 'word')}; {many}: {_summary(statuses)}. By corpus: emonet labels coverage")


@app.command()
def show(
    label: Annotated[str, typer.Argument(help="A label in any spelling.")],
    *,
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """Show one word: its spellings, its cell, and who contests it."""
    from emonet.labels.coverage import users_of

    registry = load_plugins(plugin)
    word = registry.ontology.word(label)
    users = users_of(registry.corpora.values(), registry.ontology)[word.name]
    if json:
        print_json({**_word_facts(word), "corpora": users})
        return
    say(word.name)
    say(f"  cell        {' arousal, '.join(_cell(word.affect))} valence ({word.source or 'no emotion'})")
    for contest in word.contested:
        say(f"  contested   {_told([contest])}")
    if word.same_as or word.family:
        say(f"  {'same as   ' if word.same_as else 'family    '}  {word.same_as or word.family}")
    for language, spellings in word.aliases.items():
        say(f"  {language:10}  {', '.join(spellings)}")
    say(f"  corpora     {', '.join(users) or 'none'}")


@app.command()
def coverage(
    tasks: Tasks = None, *, recipe: RecipeFile = None, plugin: PluginFiles = None, json: AsJson = False
) -> None:
    """Show each corpus' labels: mapped by Table 2, by the card with a reason, unmapped, contested."""
    from emonet.labels.coverage import coverage_of

    registry = load_plugins(plugin)
    corpora = (
        {each.corpus.id: each.corpus for each in _opened(tasks, recipe, registry)}
        if tasks or recipe
        else registry.corpora
    )
    doors = {name for name, corpus in corpora.items() if registry.corpora.get(name) is not corpus}
    covered = list(coverage_of(corpora.values(), registry.ontology, doors))
    if json:
        print_json([asdict(each) for each in covered])
        return
    columns = ("label", "of", "word", "mapped by", "arousal", "valence", "contested or reason")
    print_table("", columns, [_covered_row(each) for each in covered])
    unmapped = [each for each in covered if each.status == "unmapped"]
    say(f"{counted(len(covered), 'label')}: {_summary(Counter(each.status for each in covered))}.")
    for each in unmapped[:5]:
        cell = (
            f"{{arousal: {each.proposal.arousal}, valence: {each.proposal.valence}, reason: ...}}"
            if each.proposal
            else "..."
        )
        which = f"'{each.label}' of {TaskId(each.corpus, each.target).text}"
        say(f"Not mapped: {which}; a card would say affect: {{{each.label}: {cell}}}")


@app.command()
def shared(
    tasks: Tasks = None,
    *,
    recipe: RecipeFile = None,
    families: Annotated[
        bool, typer.Option("--families", help="Merge words of a family, e.g. irritation into anger.")
    ] = False,
    least: Annotated[
        int | None, typer.Option(min=2, help="How many corpora must have a class; all of them by default.")
    ] = None,
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """Show the label space that corpora share, and print it as a piece of a recipe."""
    from emonet.audio.statistics import label_counts
    from emonet.labels.shared import shared_space

    registry = load_plugins(plugin)
    opened = [each for each in _opened(tasks, recipe, registry) if each.outputs.classes]
    if len({each.task for each in opened}) < 2:
        raise CorpusError("A label space is shared by two corpora at least, e.g. emonet labels shared ONE OTHER")
    labels = {each.task: each.outputs.classes for each in opened}
    space = shared_space(registry.ontology, labels, families=families, least=least)
    counts = {each.task: label_counts(each.corpus, each.outputs.target) for each in opened}
    if json:
        print_json(_space_facts(space, counts))
    else:
        _print_space(space, counts, registry, opened)
    if len(space.classes) < 2:
        raise typer.Exit(_FINDINGS)


def _opened(tasks: Sequence[str] | None, recipe: Path | None, registry: Registry) -> list[Opened]:
    """Return the corpora that are named, or those of a recipe.

    Raises:
        EmonetError: both are given, or a corpus that nobody knows.
    """
    from emonet.engine.gather import look_up
    from emonet.recipe.recipe import CorpusEntry, read_recipe

    if tasks and recipe:
        raise CorpusError("Give either ids of corpora or --recipe, not both.")
    if recipe is None:
        return [look_up(CorpusEntry.model_validate(task), Path(), registry) for task in tasks or ()]
    entries = read_recipe(recipe)[0].corpora
    return [look_up(entry, recipe.resolve().parent, registry) for entry in entries]


def _print_space(
    space: SharedSpace, counts: Mapping[str, LabelCounts], registry: Registry, opened: Sequence[Opened]
) -> None:
    rows = []
    for name in space.classes:
        for task in space.labels:
            labels = [label for label in space.kept(task) if space.map[label] == name]
            if labels:
                cell = _cell(registry.ontology.cell(name))
                rows.append((name, *cell, task, ", ".join(labels), _sum(counts[task], labels)))
    for task in space.labels:
        rows += [("(lost)", "", "", task, label, _sum(counts[task], [label])) for label in space.lost(task)]
    print_table("", ("class", "arousal", "valence", "task", "labels", "utterances"), rows)
    origins = ", ".join(f"{task} {_ORIGINS[found.origin]}" for task, found in counts.items())
    say(f"{counted(len(space.classes), 'class', 'classes')} shared by {space.least} of {len(space.labels)}. {origins}.")
    if len(space.classes) < 2:
        say("Fewer than two classes are shared: no task can be made of them. See also --families and --least.")
        return
    say("For a recipe:")
    say(_recipe_piece(space, opened))


def _recipe_piece(space: SharedSpace, opened: Sequence[Opened]) -> str:
    """Return corpora with the classes that are kept, and the map, as YAML."""
    import yaml

    corpora = [{"id": each.task, "classes": list(space.kept(each.task))} for each in opened]
    for entry, each in zip(corpora, opened, strict=True):
        entry.update({"id": each.corpus.id, "target": each.outputs.name})
    data = {"corpora": corpora, "map": {label: name for label, name in space.map.items() if name is not None}}
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110)
    return text.rstrip()


def _space_facts(space: SharedSpace, counts: Mapping[str, LabelCounts]) -> dict[str, Any]:
    tasks = {
        task: {
            "kept": {label: found.by_label.get(label) for label in space.kept(task)},
            "lost": {label: found.by_label.get(label) for label in space.lost(task)},
            "counts": found.origin,
        }
        for task, found in counts.items()
    }
    merged = {name: list(labels) for name, labels in space.merged().items()}
    return {"classes": list(space.classes), "map": dict(space.map), "merged": merged, "tasks": tasks}


_ORIGINS = {"prepared": "as prepared", "card": "as its card documents", "unknown": "without counts"}


def _sum(counts: LabelCounts, labels: Iterable[str]) -> str:
    found = [counts.by_label[label] for label in labels if label in counts.by_label]
    return str(sum(found)) if found else "-"


def _covered_row(each: Covered) -> tuple[str, ...]:
    cell = _cell(each.affect or each.proposal)
    proposed = ("", "") if each.affect or not each.proposal else ("(", ")")
    reason = each.affect.reason if each.affect else ""
    told = _told(each.contested) or reason
    status = "-" if each.status == "no emotion" else each.status
    shown = [f"{proposed[0]}{value}{proposed[1]}" for value in cell]
    return (each.label, TaskId(each.corpus, each.target).text, each.word or "-", status, *shown, told)


def _word_facts(word: Word) -> dict[str, Any]:
    return {**asdict(word), "source": word.source}


def _cell(affect: Affect | None) -> tuple[str, str]:
    return (affect.arousal, affect.valence) if affect else ("-", "-")


def _source(affect: Affect | None) -> str:
    if affect is None:
        return "-"
    return "own reason" if affect.reason else "Table 2"


def _told(contested: Iterable[Contest]) -> str:
    return "; ".join(
        f"{'/'.join(value for value in (contest.arousal, contest.valence) if value)}: {contest.by}"
        for contest in contested
    )


def _count(users: Sequence[str]) -> str:
    return f"{len(users)}: {', '.join(users[:3])}{', ...' if len(users) > 3 else ''}" if users else "-"


def _summary(statuses: Mapping[Any, int]) -> str:
    names = {
        "Table 2": "by Table 2",
        "card": "by a card's own reason",
        "unmapped": "not mapped",
        "no emotion": "no emotion",
    }
    return ", ".join(f"{statuses[status]} {name}" for status, name in names.items() if statuses.get(status))
