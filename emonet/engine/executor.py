"""Where stages run: jobs, and the contract of executors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Job:
    """One stage that is to be done, by any process: ``emonet.run_stage(job.plan, job.key)`` does it.

    A job is three words and a path, so that it goes wherever objects are copied to, or through a command line.

    Attributes:
        key: of the stage.
        parents: keys of those jobs of the same call that must be done before.
        plan: the file that holds all that a process must know to do it.
        title: what it is, in words for people.
    """

    key: str
    parents: tuple[str, ...]
    plan: Path
    title: str = ""


class Executor(Protocol):
    """Runs jobs, each after its parents: here, in other processes, or on other machines.

    ``run`` has each job done once, parents first, by ``emonet.run_stage(job.plan, job.key)``: in this process, which
    does the stage with what it has open; or in a fresh one, which loads the plugins that the plan names, opens the
    stores and does the stage. ``jobs`` come in an order in which parents stand before their children, and may be none.

    Where a job fails, ``run_stage`` raises (in a process of its own: exit code 1). ``run`` then begins none of the
    jobs that depend on it, and raises whatever it likes: the run tells the user what the stage itself said, which
    ``run_stage`` has left beside the plan. An executor raises words of its own only where a job ends without a word,
    as one does that the system kills. A job that ended well has left its result; a run that goes on hands in only what
    is missing, so nothing needs to be remembered. On KeyboardInterrupt, ``run`` ends what it began and raises it again.

    What happens in a job reaches the user's display and observers by files beside the plan. Two jobs in threads of one
    process are right, but wait for each other: torch has one source of random numbers a process.

    What must be equal where the jobs run: the file system behind EMONET_HOME, under whatever path (``job.plan`` lies in
    it, below ``work``; a process that has EMONET_HOME elsewhere is handed that path); file locks must work there. The
    version of EmoNet and those of components, which are compared. A ``--plugin`` file and a checkpoint that a recipe
    names lie under the same path. What may differ: the machine, its device (``device: auto``) and its threads, which
    every stage records.

    An executor may have an attribute ``machine``: facts, as of ``emonet.machine.machine_of``, that are known to be
    other ones where its jobs run, e.g. ``{"threads": "1"}``. The run's record of its machine then says so.
    """

    def run(self, jobs: Sequence[Job]) -> None:
        """Have every job done; see above.

        Raises:
            Exception: a job failed.
        """
