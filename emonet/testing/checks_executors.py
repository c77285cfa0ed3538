"""What an executor promises: each job once and after its parents, no failure passed over, and nothing but jobs needed.

The jobs are a rehearsal: whichever process does one notes that in files, and trains nothing.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emonet.engine.executor import Job
from emonet.testing.subjects import Candidate, broken

_GRAPH = {"shared": (), "alone": (), "tuned": ("shared",), "other": ("shared",), "joined": ("tuned", "other")}
"""Key -> parents, parents first."""


@dataclass(frozen=True)
class _Rehearsal:
    jobs: tuple[Job, ...]

    def begun(self) -> list[dict[str, Any]]:
        """Return the jobs that were begun, in order: their keys, and which of their parents were not done by then."""
        folder = self.jobs[0].plan.parent
        notes = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.begun")]
        return sorted(notes, key=lambda note: note["time"])


@contextmanager
def _rehearsal(*, failing: str = "") -> Iterator[_Rehearsal]:
    from emonet.engine.jobs import write_rehearsal

    with tempfile.TemporaryDirectory(prefix="emonet-rehearsal-") as folder:
        plan = Path(folder) / "plan.json"
        write_rehearsal(plan, _GRAPH, failing=failing)
        yield _Rehearsal(tuple(Job(key, parents, plan, f"rehearsal of {key}") for key, parents in _GRAPH.items()))


_NOT_DONE = "a job that is not done by run_stage(plan, key)"


def _run(candidate: Candidate, jobs: Sequence[Job], promised: str, *, cause: str = _NOT_DONE) -> None:
    try:
        candidate.build().run(jobs)
    except Exception as problem:  # noqa: BLE001 - an executor may raise anything
        raise broken(
            candidate, f"run raises {type(problem).__name__}: {problem}", promised=promised, cause=cause
        ) from None


def check_every_job_is_done_once(candidate: Candidate) -> None:
    """When ``run`` is back, each job has been begun once, and done."""
    promised = "every job, once, when run is back"
    with _rehearsal() as made:
        _run(candidate, made.jobs, promised)
        counts = Counter(note["key"] for note in made.begun())
    for key in _GRAPH:
        if counts[key] != 1:
            seen = f"of {len(_GRAPH)} jobs, '{key}' was begun {counts[key]} times"
            raise broken(
                candidate, seen, promised=promised, cause="a job that is tried again, left out or not waited for"
            )


def check_parents_come_first(candidate: Candidate) -> None:
    """No job begins before all its parents are done."""
    promised = "a job begins when its parents are done"
    with _rehearsal() as made:
        _run(candidate, made.jobs, promised)
        notes = made.begun()
    for note in notes:
        if note["missing"]:
            seen = f"'{note['key']}' was begun before its parent '{note['missing'][0]}' was done"
            raise broken(candidate, seen, promised=promised, cause="all jobs sent out at once, in whatever order")


def check_an_error_comes_through(candidate: Candidate) -> None:
    """Where a job fails, ``run`` raises."""
    with _rehearsal(failing="tuned") as made:
        try:
            candidate.build().run(made.jobs)
        except Exception:  # noqa: BLE001 - an executor may raise whatever it likes
            return
    seen = "a job failed, and run returned as if nothing were"
    raise broken(candidate, seen, promised="an error of any kind", cause="an exit code or a future nobody looks at")


def check_children_of_a_failure_are_not_begun(candidate: Candidate) -> None:
    """What depends on a job that failed is not begun after it."""
    with _rehearsal(failing="tuned") as made:
        with suppress(Exception):
            candidate.build().run(made.jobs)
        keys = [note["key"] for note in made.begun()]
    if "tuned" in keys and "joined" in keys[keys.index("tuned") :]:
        seen = "'joined' was begun after its parent 'tuned' had failed"
        raise broken(candidate, seen, promised="no child of it is begun", cause="errors collected until the end")


def check_jobs_may_be_copies(candidate: Candidate) -> None:
    """A job is known by what it says: one that came as text, as from another process, does as well."""
    promised = "the same of jobs that came from another process"
    with _rehearsal() as made:
        copies = [_copy(job) for job in made.jobs]
        _run(candidate, copies, promised)
        done = {note["key"] for note in made.begun()}
    if len(done) < len(_GRAPH):
        seen = f"of {len(_GRAPH)} jobs that came as text, {len(done)} were done"
        raise broken(candidate, seen, promised=promised, cause="keys compared by 'is'")


def _copy(job: Job) -> Job:
    """Return an equal job that has no string in common with the first."""
    key, parents, plan, title = json.loads(json.dumps([job.key, job.parents, str(job.plan), job.title]))
    return Job(key, tuple(parents), Path(plan), title)


def check_no_jobs_are_no_work(candidate: Candidate) -> None:
    """Where everything is done already, ``run`` is handed no jobs and returns."""
    _run(candidate, [], "run([]) returns", cause="a look at the first job, and there is none")
