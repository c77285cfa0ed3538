"""The engine: the only place where recipe, corpora, components, stages and scores meet."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from emonet.audio.roots import discard
from emonet.audio.statistics import CorpusStatistics, statistics_of
from emonet.audio.store import STORE
from emonet.document import Document
from emonet.engine.audit import audit_plan, check_strict
from emonet.engine.executor import Executor
from emonet.engine.gather import Gathered, Gathering, gather
from emonet.engine.jobs import carry_out, runner_of
from emonet.engine.kept import at_work, desk, note_needs, stage_facts
from emonet.engine.left_out import counted_by_split, named
from emonet.engine.plan_file import PLAN_FILE, PlanFile, write_plan_file
from emonet.engine.runner import is_done
from emonet.engine.scoring import opened_in, report_of
from emonet.errors import Damaged
from emonet.evaluate.baseline import too_few_seeds
from emonet.events import Event, Listener, Notice, RunEnded, RunStarted, RunStopped, silent
from emonet.files import digest_of
from emonet.findings import Verdict
from emonet.machine import chosen_device, machine_of
from emonet.plugin.registry import Registry
from emonet.protocols.protocol import Protocol
from emonet.randomness import undrawn
from emonet.recipe.check import check
from emonet.recipe.plan import plan
from emonet.recipe.recipe import Recipe
from emonet.recipe.resolve import ROLES
from emonet.recipe.stage import Plan, by_id
from emonet.report.folder import RunFolder
from emonet.report.results import LeftOut, Report


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
    for note in dict.fromkeys(note for each in gathering.every for note in each.notes):
        listen(Notice(note))
    return made, gathering.every


def _planned(recipe: Recipe, gathering: Gathering, registry: Registry) -> Plan:
    sources = {name: each.facts if isinstance(each, Gathered) else each for name, each in gathering.sources.items()}
    facts = [each.facts for each in gathering.corpora]
    return plan(recipe, facts, registry.factory, sources, ontology=lambda: registry.ontology)


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
    with undrawn():
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
    telling = threading.RLock()  # events of other processes are told by a thread

    def tell(event: Event) -> None:
        with telling:
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
    elsewhere: Mapping[str, str] = getattr(executor, "machine", {})
    machine = {**machine_of(chosen_device(recipe.device)), **elsewhere}
    folder.start(document.text, changes, made.to_json(), base, machine=machine)
    _write_protocols(folder, gathered, verdicts)
    for text in uncompared(made):
        tell(Notice(text))
    tell(RunStarted(folder.path, len(made.stages)))
    try:
        planned = _plan_file(made, gathered, registry, folder)
        runner = replace(runner_of(planned, registry, tell), elsewhere=elsewhere)
        write_plan_file(desk(work) / PLAN_FILE, planned)
        carry_out(planned, desk(work) / PLAN_FILE, executor, runner, tell)
        found = (precision, *(note for each in gathered for note in each.notes), *_dev_only(recipe, folder.path.name))
        notes = dict.fromkeys(note for note in found if note)
        brief = tuple(each.brief() for each in verdicts)
        content = {each.facts.corpus.id: each.facts.content for each in gathered}
        report = replace(report_of(made, folder, notes), audits=brief, corpora=_corpora(gathered), content=content)
        report = replace(report, machines=_machines(made), left_out=_left_out(gathered))
        folder.finish(report, opened_in(stage for stage in made.stages if stage.opens))
    except BaseException as problem:
        tell(RunStopped(folder.path, type(problem).__name__))
        raise
    tell(RunEnded(folder.path))
    return folder, report


def _left_out(gathered: Iterable[Gathered]) -> tuple[LeftOut, ...]:
    """Return what each partition of the run lacks, where it lacks something."""
    found = {
        (each.facts.corpus.id, each.facts.protocol.hash): counted_by_split(
            each.facts.corpus.id, each.facts.protocol, each.dropped
        )
        for each in gathered
        if each.dropped
    }
    return tuple(found.values())


def _machines(made: Plan) -> tuple[Mapping[str, str], ...]:
    """Return the machines that trained a plan's stages, each once; a reused stage may be from another one."""
    found: list[Mapping[str, str]] = []
    for stage in made.stages:
        found += [each for each in stage_facts(stage.key)["machines"] if each not in found]
    return tuple(found)


def _dev_only(recipe: Recipe, run: str) -> list[str]:
    """Return what a reader of a run that leaves test shut must know; beside runs that do not, too."""
    if recipe.selects != "dev":
        return []
    baseline = f" No system was tested against the baseline '{recipe.baseline}'." if recipe.baseline else ""
    return [f"Dev only: {run} did not open test, and a score on the dev split that chose it is too high.{baseline}"]


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


def _plan_file(made: Plan, gathered: Iterable[Gathered], registry: Registry, folder: RunFolder) -> PlanFile:
    return PlanFile(
        stages=made.stages,
        stores={each.facts.corpus.id: each.store for each in gathered if each.store is not None},
        device=made.recipe.device,
        pinned=registry.pinned,
        files=registry.files,
        log=folder.path.absolute(),
    )


def _write_protocols(folder: RunFolder, gathered: Iterable[Gathered], verdicts: Iterable[Verdict]) -> None:
    protocols = by_id(each.facts.protocol for each in gathered)
    folder.write("protocols", {name: _protocol_json(each) for name, each in protocols.items()})
    folder.write("audit", [verdict.to_json() for verdict in verdicts])
    folder.write(
        "left_out", [row for each in gathered for row in named(each.facts.corpus.id, each.facts.protocol, each.dropped)]
    )


def _protocol_json(protocol: Protocol) -> dict[str, object]:
    folds = {fold.name: dict(fold.splits) for fold in protocol.folds}
    return {"hash": protocol.hash, "overlap": protocol.overlap, "folds": folds}


def _corpora(gathered: Iterable[Gathered]) -> tuple[CorpusStatistics, ...]:
    """Return what each corpus of the run is made of."""
    stores = {each.facts.corpus.id: (each.facts.corpus, each.store) for each in gathered}
    return tuple(statistics_of(corpus, store) for corpus, store in stores.values() if store is not None)


def resume_command(document: Document, changes: Sequence[str]) -> str:
    """Return the command that goes on with an interrupted run."""
    options = "".join(f" --set {shlex.quote(change)}" for change in changes)
    return f"emonet run {shlex.quote(document.name)}{options}"
