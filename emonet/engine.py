"""The engine: the only place where recipe, corpora, components, stages and scores meet."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

from emonet.audio.current import discard
from emonet.audio.statistics import CorpusStatistics, statistics_of
from emonet.audio.store import STORE
from emonet.audit.finding import Verdict
from emonet.audits import audit_plan, check_strict
from emonet.check import check
from emonet.components import ROLES
from emonet.corpus.protocol import Protocol
from emonet.digest import digest_of
from emonet.document import Document
from emonet.errors import Damaged
from emonet.evaluate.baseline import BaselineComparison, compare_with_baseline, too_few_seeds
from emonet.evaluate.predictions import Predictions, concat, read_parquet
from emonet.evaluate.score import Score, Setting, score_predictions, seed_means
from emonet.events import Event, Listener, Notice, RunEnded, RunStarted, RunStopped, silent
from emonet.executor import Executor
from emonet.filename import file_name
from emonet.gather import Gathered, Gathering, gather, labels_of
from emonet.kept import HISTORY, PREDICTIONS, at_work, note_needs, stage_facts, stage_folder
from emonet.machine import machine_of
from emonet.openings import count_openings, read_ledger, tests_opened
from emonet.plan import plan
from emonet.plugin.registry import Registry
from emonet.recipe import Recipe
from emonet.report.results import Report
from emonet.runfolder import RunFolder, training_place
from emonet.selections import selection_of
from emonet.spaces import with_maps
from emonet.stage import Plan, Stage, by_id
from emonet.stages import CHECKPOINTS, StageRunner, chosen_device, is_done


def plan_run(
    recipe: Recipe, base: Path, registry: Registry, *, decode: bool = False, listen: Listener = silent
) -> tuple[Plan, list[Gathered]]:
    """Check a recipe, gather its corpora and lay out its stages; see ``check``, ``gather`` and ``plan`` for errors.

    The plan's recipe has the precision that this machine can compute in; see ``with_right_precision``.

    Args:
        decode: prepare corpora that are not prepared yet, once nothing else is in the way of a run; otherwise their
            tables are those of the scan.
    """
    check(recipe, registry)
    recipe, _ = with_right_precision(recipe, listen)
    gathering = gather(recipe, base, registry, listen=listen)
    made = _planned(recipe, gathering, registry)
    if decode:
        _check_start(made, gathering, registry)
        prepared = gathering.prepared()
        made = made if prepared is gathering else _planned(recipe, prepared, registry)
        gathering = prepared
    for note in dict.fromkeys(each.facts.note for each in gathering.every if each.facts.note):
        listen(Notice(note))
    return made, gathering.every


def _planned(recipe: Recipe, gathering: Gathering, registry: Registry) -> Plan:
    sources = {name: each.facts if isinstance(each, Gathered) else each for name, each in gathering.sources.items()}
    if any(isinstance(system.map, str) for system in recipe.systems.values()):
        recipe = with_maps(recipe, labels_of(gathering.corpora), registry.ontology)
    return plan(recipe, [each.facts for each in gathering.corpora], registry.factory, sources)


def _check_start(made: Plan, gathering: Gathering, registry: Registry) -> None:
    """Refuse what would end a run after hours of decoding or of other stages: all that needs no audio.

    Raises:
        EmonetError: the device is not there, an executor or component cannot be built with its options, or what the
            audit finds in the tables, where it is strict.
    """
    chosen_device(made.recipe.device)
    _executor(made, registry)
    wanted = {
        (kind, part.name, digest_of(part.options)): part.options
        for stage in made.stages
        if not is_done(stage)
        for kind, part in ((ROLES[role], part) for role, part in stage.components.items())
    }
    for (kind, name, _), options in wanted.items():
        registry.build(kind, name, options)
    if not gathering.is_prepared:
        check_strict(made.recipe, audit_plan(made, gathering.every, audio=False))


def with_right_precision(recipe: Recipe, listen: Listener = silent) -> tuple[Recipe, str]:
    """Return the recipe, with ``fp32`` where this machine's bf16 convolutions are wrong, and then why.

    The keys of its stages then say ``fp32``, as they must: their results are those of ``fp32``.
    """
    if recipe.precision == "fp32" or all(system.strategy == "svm" for system in recipe.systems.values()):
        return recipe, ""
    from emonet.learn.precision import bf16_fault

    fault = bf16_fault(chosen_device(recipe.device))
    if not fault:
        return recipe, ""
    text = f"precision: fp32 instead of {recipe.precision}, which this machine gets wrong: {fault}."
    listen(Notice(text))
    return recipe.model_copy(update={"precision": "fp32"}), text


def run(
    recipe: Recipe,
    document: Document,
    registry: Registry,
    *,
    out: Path,
    changes: Sequence[str] = (),
    listen: Listener = silent,
) -> tuple[RunFolder, Report]:
    """Run a recipe: prepare, plan, carry out every stage, score; return the run's folder and report.

    Interrupted at any moment, the same call goes on where it was: stages are kept by content, and the run's
    folder is named after the recipe and its plan. Stores whose samples turn out to be damaged are made anew, each once.

    Raises:
        EmonetError: whatever is wrong with recipe, corpora or components, in words for the user; what the audit
            found, where it is strict.
    """

    def tell(event: Event) -> None:
        listen(event)
        registry.emit(event)

    check(recipe, registry)
    remade: set[Path] = set()
    while True:
        try:
            with at_work() as work:
                return _run(recipe, document, registry, work=work, out=out, changes=changes, tell=tell)
        except Damaged as problem:
            if problem.path.name != STORE or problem.path in remade:
                raise
            remade.add(problem.path)
            tell(Notice(f"{problem.path} is damaged ({problem.reason}). It is made anew from the corpus' own files."))
            discard(problem.path.parent)


def _run(
    recipe: Recipe,
    document: Document,
    registry: Registry,
    *,
    work: Path,
    out: Path,
    changes: Sequence[str],
    tell: Listener,
) -> tuple[RunFolder, Report]:
    base = Path(document.name).resolve().parent
    recipe, precision = with_right_precision(recipe, tell)
    made, gathered = plan_run(recipe, base, registry, decode=True, listen=tell)
    note_needs(work, (stage.key for stage in made.stages))
    executor = _executor(made, registry)
    verdicts = audit_plan(made, gathered, listen=tell)
    check_strict(recipe, verdicts)
    folder = RunFolder(out / f"{recipe.name}-{_identity(made)}")
    folder.start(document.text, changes, made.to_json(), base, machine=machine_of(chosen_device(recipe.device)))
    _write_protocols(folder, gathered, verdicts)
    for text in uncompared(made):
        tell(Notice(text))
    tell(RunStarted(folder.path, len(made.stages)))
    try:
        executor.run(made.stages, _runner(made, gathered, registry, tell).run)
        found = (precision, *(each.facts.note for each in gathered), *_dev_only(recipe, folder.path.name))
        notes = dict.fromkeys(note for note in found if note)
        brief = tuple(each.brief() for each in verdicts)
        content = {each.facts.corpus.id: each.facts.content for each in gathered}
        report = replace(_report(made, folder, notes), audits=brief, corpora=_corpora(gathered), content=content)
        report = replace(report, machines=_machines(made))
        folder.finish(report, _opened(stage for stage in made.stages if stage.opens))
    except BaseException as problem:
        tell(RunStopped(folder.path, type(problem).__name__))
        raise
    tell(RunEnded(folder.path))
    return folder, report


def _machines(made: Plan) -> tuple[Mapping[str, str], ...]:
    """Return the machines that trained a plan's stages, each once: what was there already may be of another one."""
    found: list[Mapping[str, str]] = []
    for stage in made.stages:
        found += [each for each in stage_facts(stage.key)["machines"] if each not in found]
    return tuple(found)


def _opened(stages: Iterable[Stage]) -> dict[str, int]:
    """Return how often each stage that is scored has opened test; once at least, where it has said something of it."""
    found = {}
    for stage in stages:
        if stage.scored:
            said = PREDICTIONS["test"] in stage_facts(stage.key)["files"]
            found[stage.key] = max(tests_opened(stage_folder(stage.key)), int(said))
    return found


def _dev_only(recipe: Recipe, run: str) -> list[str]:
    """Return what a reader of a run that leaves test shut must know; beside runs that do not, too."""
    if recipe.selects != "dev":
        return []
    baseline = f" No system was tested against the baseline '{recipe.baseline}'." if recipe.baseline else ""
    return [f"Dev only: {run} did not open test, and a score on the dev part that chose it is too high.{baseline}"]


def _identity(made: Plan) -> str:
    """Return what tells two runs apart: their stages, and what these are called and compared with."""
    stages = [(stage.system, stage.key) for stage in made.stages]
    dev_only = [made.recipe.selects] if made.recipe.selects else []
    compared = [made.recipe.baseline, made.recipe.compare_from] if made.recipe.baseline else [None]
    return digest_of([stages, *compared, *dev_only], length=8)


def uncompared(made: Plan) -> list[str]:
    """Return what a user must know before the run: networks that will not be compared with the baseline."""
    recipe, seeds = made.recipe, len(set(made.recipe.seeds))
    networks = dict.fromkeys(stage.system for stage in made.stages if stage.scored and stage.kind == "epochs")
    others = [name for name in recipe.systems if name != recipe.baseline and {name, recipe.baseline} & networks.keys()]
    if recipe.baseline is None or recipe.selects == "dev" or seeds >= recipe.compare_from or not others:
        return []
    why = too_few_seeds(seeds, recipe.compare_from)
    return [f"Not compared with '{recipe.baseline}': {', '.join(others)}. {why[0].upper()}{why[1:]}."]


def _executor(made: Plan, registry: Registry) -> Executor:
    choice = made.recipe.executor
    name, options = (choice.name, choice.options) if choice else (registry.default("executors"), {})
    executor: Executor = registry.build("executors", name, options)
    return executor


def _runner(made: Plan, gathered: Iterable[Gathered], registry: Registry, tell: Listener) -> StageRunner:
    from emonet.audio.store import open_store

    stores = {each.facts.corpus.id: open_store(each.store) for each in gathered if each.store is not None}
    stages = {stage.key: stage.shut() for stage in made.stages}
    return StageRunner(registry, stages, stores, made.recipe.device, tell)


def _write_protocols(folder: RunFolder, gathered: Iterable[Gathered], verdicts: Iterable[Verdict]) -> None:
    from emonet.atomic import write_json

    protocols = by_id(each.facts.protocol for each in gathered)
    write_json(folder.path / "protocols.json", {name: _protocol_json(each) for name, each in protocols.items()})
    write_json(folder.path / "audit.json", [verdict.to_json() for verdict in verdicts])


def _protocol_json(protocol: Protocol) -> dict[str, object]:
    folds = {fold.name: dict(fold.parts) for fold in protocol.folds}
    return {"hash": protocol.hash, "overlap": protocol.overlap, "folds": folds}


def _corpora(gathered: Iterable[Gathered]) -> tuple[CorpusStatistics, ...]:
    """Return what each corpus of the run is made of."""
    stores = {each.facts.corpus.id: (each.facts.corpus, each.store) for each in gathered}
    return tuple(statistics_of(corpus, store) for corpus, store in stores.values() if store is not None)


def _report(made: Plan, folder: RunFolder, notes: Iterable[str]) -> Report:
    """Score every system on every task, and leave in the folder what the scores were made from."""
    predictions, scores, tables = [], [], {}
    for stages in _passes(stage for stage in made.stages if stage.scored):
        rows = concat([_named(stage) for stage in stages])
        predictions.append(rows)
        tables[f"{stages[0].system}-{file_name(stages[0].task.id)}-seed-{stages[0].seed}"] = rows
        scores += _scores(stages, rows)
    for stage in made.stages:
        _keep(stage, folder)
    if len({table.classes for table in predictions}) == 1:
        concat(predictions).write_parquet(folder.path / "predictions.parquet")
    else:
        for name, table in tables.items():
            table.write_parquet(folder.path / "predictions" / f"{name}.parquet")
    return Report(
        name=made.recipe.name,
        folder=str(folder.path),
        created=folder.state()["started"],
        version=version("emonet"),
        scores=tuple(scores),
        notes=tuple(notes),
        means=seed_means(scores, predictions),
        comparisons=_comparisons(made, predictions, scores),
        openings=count_openings(made.stages, read_ledger(), _opened(made.stages)),
    )


def _comparisons(
    made: Plan, predictions: Sequence[Predictions], scores: Sequence[Score]
) -> tuple[BaselineComparison, ...]:
    recipe = made.recipe
    if recipe.baseline is None or recipe.selects == "dev":
        return ()
    return compare_with_baseline(predictions, scores, recipe.baseline, compare_from=recipe.compare_from)


def _passes(stages: Iterable[Stage]) -> list[list[Stage]]:
    """Group the stages that make one score: all folds of a system, task and seed."""

    def of_one_pass(stage: Stage) -> tuple[str, str, int]:
        return stage.system, stage.task.id, stage.seed

    return [list(group) for _, group in groupby(sorted(stages, key=of_one_pass), key=of_one_pass)]


def _named(stage: Stage) -> Predictions:
    """Return a stage's predictions under this recipe's names; the stage may come from another recipe."""
    table = concat([read_parquet(stage_folder(stage.key) / PREDICTIONS[part]) for part in stage.parts])
    rows = tuple(replace(row, system=stage.system, fold=stage.fold, seed=stage.seed) for row in table.rows)
    return replace(table, rows=rows)


def _scores(stages: Sequence[Stage], rows: Predictions) -> list[Score]:
    found = []
    for target in stages[0].task.targets:
        setting = _setting(stages, target, rows)
        for part in stages[0].parts:
            for checkpoint in CHECKPOINTS:
                selected = rows.select(target=target, part=part, checkpoint=checkpoint)
                if selected.rows:
                    own = replace(setting, selection=setting.selection and setting.selection.on(part))
                    found.append(score_predictions(selected, own))
    return found


def _setting(stages: Sequence[Stage], target: str, rows: Predictions) -> Setting:
    first, facts = stages[0], {stage.fold: stage_facts(stage.key) for stage in stages}
    trained, dimensions = first.kind == "epochs", first.task.dimensions
    dimension = next((each for each in dimensions if each.name == target), None)
    return Setting(
        strategy=first.row.name,
        protocol_id=first.protocol.id,
        protocol_hash=first.protocol.hash,
        protocol_overlap=first.protocol.overlap,
        normalisation=first.normalisation,
        metric=first.task.metric,
        best_epochs={fold: each["best_epoch"] for fold, each in facts.items()} if trained else None,
        final_epochs={fold: each["final_epoch"] for fold, each in facts.items()} if trained else None,
        chosen=None if trained else {fold: _complexity(each, target) for fold, each in facts.items()},
        selection=selection_of(stages, facts, target, rows),
        parameters=facts[first.fold]["parameters"],
        evaluation=_evaluation(first),
        head=first.task.id if len(dimensions) > 1 else "",
        range=None if dimension is None else dimension.range,
        unit="" if dimension is None else dimension.unit,
        method=first.method,
    )


def _evaluation(stage: Stage) -> str:
    """Return in words what of a clip a network judges; empty for an SVM, whose features are of whole clips."""
    if stage.kind == "probe":
        return ""
    from emonet.learn.batches import Evaluation

    return str(Evaluation(stage.settings.training.evaluate, stage.settings.training.crop))


def _complexity(facts: Mapping[str, Any], target: str) -> float:
    """Return the C that was chosen: the task's, or that of one of its dimensions."""
    chosen = facts["chosen"]["C"]
    return float(chosen[target] if isinstance(chosen, dict) else chosen)


def _keep(stage: Stage, folder: RunFolder) -> None:
    what = stage.task.id if stage.scored else f"shared-{stage.key[:8]}"
    place = training_place(stage.system, what, fold=stage.fold, seed=stage.seed)
    for path in sorted(stage_folder(stage.key).glob("*.safetensors")):
        folder.keep(path, f"checkpoints/{place}/{path.name}")
    folder.keep(stage_folder(stage.key) / HISTORY, f"history/{place}.json")


def resume_command(document: Document, changes: Sequence[str]) -> str:
    """Return the command that goes on with an interrupted run."""
    options = "".join(f" --set {shlex.quote(change)}" for change in changes)
    return f"emonet run {shlex.quote(document.name)}{options}"
