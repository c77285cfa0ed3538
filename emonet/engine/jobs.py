"""Doing jobs: one stage of a plan file, in this process or a fresh one; and a whole plan's, by an executor."""

from __future__ import annotations

import inspect
import json
import os
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from emonet.audio.store import Stores
from emonet.engine.event_files import FOLDER, EventWriter, following
from emonet.engine.executor import Executor, Job
from emonet.engine.kept import stage_facts
from emonet.engine.plan_file import PlanFile, read_plan_file
from emonet.engine.runner import StageRunner, is_done
from emonet.errors import ContractError, CorpusError, Damaged, EmonetError, PluginError, RecipeError, contained, counted
from emonet.events import Listener
from emonet.files import located, portable, read_sealed, write_json, write_sealed, write_text
from emonet.plugin.component import traits_of
from emonet.plugin.registry import Registry, load_registry
from emonet.recipe.resolve import ROLES
from emonet.recipe.stage import Resolved, Stage

FAILED = "failed"
"""The folder beside a plan that says which of its stages failed, and why."""
REHEARSAL = "rehearsal"
"""The key of a file that stands for a plan: its jobs note that they were done, and train nothing."""
_KINDS = {kind.__name__: kind for kind in (EmonetError, RecipeError, CorpusError, PluginError, ContractError)}

Do = Callable[[str], None]
"""Does the stage of a key."""
_hosts: dict[Path, tuple[int, Do]] = {}
"""Plan file -> the process that made it, and what does its stages there; a forked process is another one."""
_opening = threading.Lock()


def run_stage(plan: str | Path, key: str) -> None:
    """Carry out one stage of a plan, in whatever process this is; see ``emonet.engine.executor.Executor``.

    The stage's result is kept under its key. A second process waits for the first one, and finds it done.

    Raises:
        Exception: the stage failed; what it said lies beside the plan, for the run to tell.
    """
    path = Path(plan).absolute()
    process, host = _hosts.get(path, (0, None))
    if host is not None and process == os.getpid():
        host(key)
        return
    try:
        with _opening:
            do = _opened(path, path.stat().st_mtime_ns if path.is_file() else 0, os.getpid())
        contained(do, key)
        (path.parent / FAILED / f"{key}.json").unlink(missing_ok=True)  # of a first attempt, where an executor retries
    except Exception as problem:
        with suppress(OSError):  # where even this cannot be written, the caller has the problem itself
            if path.is_file():  # else the run has ended, or this is not its plan: nobody would read it, or remove it
                _note_failure(path, key, problem)
        raise


@contextmanager
def hosting(plan: Path, do: Do) -> Iterator[None]:
    """Let ``run_stage`` do the stages of a plan with what this process has open, within the block."""
    path = plan.absolute()
    _hosts[path] = os.getpid(), do
    try:
        yield
    finally:
        del _hosts[path]


@lru_cache(maxsize=1)
def _opened(path: Path, changed: int, process: int) -> Do:
    """Return what does the stages of a plan in a process that has not made it: plugins are loaded, stores opened."""
    with suppress(FileNotFoundError, Damaged):  # of which ``read_plan_file`` has better words
        facts = read_sealed(path)
        if REHEARSAL in facts:
            return lambda key: _rehearse(path, key, facts[REHEARSAL][key])
    planned = read_plan_file(path)
    registry = load_registry(planned.files, pinned=planned.pinned)
    stages = tuple(_at_home(stage, registry) for stage in planned.stages)
    here = replace(planned, stages=stages)
    return _doer(here, runner_of(here, registry, EventWriter(path.parent / FOLDER)))


def _doer(planned: PlanFile, runner: StageRunner) -> Do:
    def do(key: str) -> None:
        for stage in planned.of_key(key):
            _check_parents(stage, planned)
            runner.run(stage)

    return do


def _check_parents(stage: Stage, planned: PlanFile) -> None:
    """Refuse a stage that an executor begins too early; what it starts from would be missed deep within it."""
    for parent in stage.parents:
        if not is_done(stage) and not stage_facts(parent):
            title = planned.of_key(parent)[0].title
            message = f"{stage.title}: it was begun before what it starts from was done ({title})."
            raise EmonetError(f"{message} Run the same recipe again with another executor, or have this one mended.")


def runner_of(planned: PlanFile, registry: Registry, listen: Listener) -> StageRunner:
    """Return a runner of a plan's stages; training gets them without test, and stores are opened when they are read."""
    shut = {stage.key: stage.shut() for stage in planned.stages}
    return StageRunner(registry, shut, Stores(planned.stores), planned.device, listen)


def _at_home(stage: Stage, registry: Registry) -> Stage:
    """Return a stage with the components of this process' registry, once they are the versions that were planned."""
    return replace(stage, components={role: _here(role, each, registry) for role, each in stage.components.items()})


def _here(role: str, planned: Resolved, registry: Registry) -> Resolved:
    factory = registry.factory(ROLES[role], planned.name)
    version = traits_of(factory).version
    if version != planned.traits.version:
        message = f"The {role} '{planned.name}' is version {version} here, and {planned.traits.version} in the plan."
        raise EmonetError(f"{message} Install the same plugins wherever stages run.")
    defaults = {name: each.default for name, each in inspect.signature(factory).parameters.items()}
    options = {name: _unpacked(value, defaults.get(name)) for name, value in planned.options.items()}
    return replace(planned, options=options)


def _unpacked(value: Any, default: Any) -> Any:
    """Return a factory's default where the value is what JSON makes of it: JSON has no tuples."""
    if not isinstance(default, tuple | list | Mapping):
        return value
    return default if json.loads(json.dumps(default)) == value else value


def write_rehearsal(path: Path, parents: Mapping[str, Sequence[str]], *, failing: str = "") -> None:
    """Write a file that stands for a plan, of jobs that only note that they were done: to try an executor with."""
    jobs = {key: {"parents": list(own), "fails": key == failing} for key, own in parents.items()}
    write_sealed(path, {REHEARSAL: jobs})


def _rehearse(path: Path, key: str, facts: Mapping[str, Any]) -> None:
    """Note that a job was begun and which of its parents were not done by then; fail where it is to fail."""
    folder = path.parent
    missing = [parent for parent in facts["parents"] if not (folder / f"{parent}.done").is_file()]
    write_json(folder / f"{uuid4().hex}.begun", {"key": key, "missing": missing, "time": time.time_ns()})
    if facts["fails"]:
        raise EmonetError(f"The job '{key}' of a rehearsal fails, as it should.")
    write_text(folder / f"{key}.done", "")


def _note_failure(path: Path, key: str, problem: Exception) -> None:
    facts: dict[str, Any] = {"key": key, "kind": type(problem).__name__, "text": str(problem)}
    if isinstance(problem, Damaged):
        facts["damaged"] = [portable(problem.path), problem.reason]
    elif isinstance(problem, OSError):
        facts["system"] = [problem.errno, problem.strerror, problem.filename and str(problem.filename)]
    elif isinstance(problem, EmonetError):
        facts["told"] = True
    facts["trace"] = "".join(traceback.format_exception(problem))
    write_sealed(path.parent / FAILED / f"{key}.json", facts)


def failure_beside(plan: Path, titles: Mapping[str, str], log: Path) -> Exception | None:
    """Return the error of the stage that failed first in another process, as that process raised it.

    One that nobody foresaw becomes an ``EmonetError`` that names a file of ``log`` with its traceback.
    """
    found = sorted((plan.parent / FAILED).glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    if not found:
        return None
    facts = read_sealed(found[0])
    if "damaged" in facts:
        path, reason = facts["damaged"]
        damaged = Damaged(located(path), reason)
        damaged.args = (facts["text"],)
        return damaged
    if "system" in facts and facts["system"][0] is not None:
        return OSError(*facts["system"])
    if "told" in facts:
        return _KINDS.get(facts["kind"], EmonetError)(facts["text"])
    trace = log / f"stage-{facts['key']}.log"
    write_text(trace, facts["trace"])
    what = f"{titles.get(facts['key'], facts['key'])}: {facts['kind']}: {facts['text']}"
    message = f"{what}. This is a fault of the program or of a plugin, not of what you gave it."
    return EmonetError(f"{message} Where it arose: {trace}")


def carry_out(planned: PlanFile, plan: Path, executor: Executor, runner: StageRunner, tell: Listener) -> None:
    """Have an executor do all stages of a plan; what is done already is looked at here, and makes no job.

    Args:
        plan: the plan's file.
        runner: does stages in this process.
        tell: is told what happens, wherever that is.

    Raises:
        EmonetError: a stage failed, or was left out.
    """
    undone = []
    for stage in planned.stages:
        if is_done(stage):
            runner.run(stage)
        else:
            undone.append(stage)
    jobs = jobs_of(undone, plan.absolute())
    titles = {job.key: job.title for job in jobs}
    host = _Host(_doer(planned, runner))
    with hosting(plan, host), following(plan.parent / FOLDER, tell):
        try:
            executor.run(jobs)
        except Exception as problem:
            told = failure_beside(plan, titles, planned.log)
            if told is None and (problem is host.raised or isinstance(problem, EmonetError)):
                raise
            raise told or _left(undone, f"{type(problem).__name__}: {problem}") from problem
    if not all(map(is_done, undone)):
        raise failure_beside(plan, titles, planned.log) or _left(undone, "it said nothing")


def _left(stages: Sequence[Stage], said: str) -> EmonetError:
    """Return the error of an executor that ended before its work, where no stage said why."""
    left = [stage for stage in stages if not is_done(stage)]
    what = f"The executor ended ({said.rstrip('.')}) with {counted(len(left), 'stage')} not done"
    first = f"; the first is {left[0].title}" if left else ""
    return EmonetError(f"{what}{first}. Finished stages are kept: run the same recipe again, or by another executor.")


@dataclass
class _Host:
    """Does stages in this process, and remembers the error that a stage raised here."""

    do: Do
    raised: Exception | None = None

    def __call__(self, key: str) -> None:
        try:
            contained(self.do, key)
        except Exception as problem:
            self.raised = problem
            raise


def jobs_of(stages: Sequence[Stage], plan: Path) -> list[Job]:
    """Return a job for each key of the stages, with those of its parents that are among them."""
    keys = {stage.key for stage in stages}
    jobs: dict[str, Job] = {}
    for stage in stages:
        parents = tuple(parent for parent in stage.parents if parent in keys)
        jobs.setdefault(stage.key, Job(stage.key, parents, plan, stage.title))
    return list(jobs.values())
