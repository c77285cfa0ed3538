"""The executor that needs nothing but this process."""

from __future__ import annotations

from collections.abc import Sequence

from emonet.engine.executor import Job


class LocalExecutor:
    """Does jobs in this process, one after another in the order given."""

    def run(self, jobs: Sequence[Job]) -> None:
        """Do each job; the first failure ends the run and reaches the caller."""
        from emonet.engine.jobs import run_stage

        for job in jobs:
            run_stage(job.plan, job.key)
