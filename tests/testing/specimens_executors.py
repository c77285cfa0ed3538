"""A small executor that keeps every promise, and for each check one that breaks this promise alone."""

from __future__ import annotations

from collections.abc import Sequence

import emonet
from emonet.testing.subjects import Candidate, Subject


class InOrder:
    """Does one job after another."""

    def run(self, jobs: Sequence[emonet.Job]) -> None:
        for job in jobs:
            emonet.run_stage(job.plan, job.key)


class _LastOneTwice(InOrder):
    def run(self, jobs: Sequence[emonet.Job]) -> None:
        super().run([*jobs, *jobs[-1:]])


class _Backwards(InOrder):
    def run(self, jobs: Sequence[emonet.Job]) -> None:
        super().run(jobs[::-1])


class _Deaf(InOrder):
    def run(self, jobs: Sequence[emonet.Job]) -> None:
        try:
            super().run(jobs)
        except emonet.EmonetError:
            return


class _Stubborn(InOrder):
    """Goes on after a failure, and raises it at the end."""

    def run(self, jobs: Sequence[emonet.Job]) -> None:
        problems = []
        for job in jobs:
            try:
                super().run([job])
            except emonet.EmonetError as problem:
                problems.append(problem)
        if problems:
            raise problems[0]


class _ByIdentity(InOrder):
    """Takes a parent for done where it is the very string that was the key."""

    def run(self, jobs: Sequence[emonet.Job]) -> None:
        done: list[str] = []
        for job in jobs:
            if not all(any(parent is key for key in done) for parent in job.parents):
                raise RuntimeError(f"the parents of {job.key} are not done")
            super().run([job])
            done.append(job.key)


class _NeedsOne(InOrder):
    def run(self, jobs: Sequence[emonet.Job]) -> None:
        self.folder = jobs[0].plan.parent
        super().run(jobs)


def executor(made: type[InOrder]) -> Subject:
    @emonet.component()
    def factory() -> InOrder:
        return made()

    return Subject("executors", made.__name__, Candidate("executors", made.__name__, factory))


BROKEN = {
    ("executors", "check_every_job_is_done_once"): executor(_LastOneTwice),
    ("executors", "check_parents_come_first"): executor(_Backwards),
    ("executors", "check_an_error_comes_through"): executor(_Deaf),
    ("executors", "check_children_of_a_failure_are_not_begun"): executor(_Stubborn),
    ("executors", "check_jobs_may_be_copies"): executor(_ByIdentity),
    ("executors", "check_no_jobs_are_no_work"): executor(_NeedsOne),
}
