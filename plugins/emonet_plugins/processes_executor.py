"""The executor that has several stages done at once, each in a process of its own, on this machine."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from emonet.engine.executor import Job
from emonet.errors import EmonetError

_START = "from emonet_plugins.processes_executor import work; work()"
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_PATIENCE = 5.0
"""Seconds that a process has to end in before it is killed."""
_CRASHES = ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGILL")


def threads_here() -> int:
    """Return how many threads there are to divide: OMP_NUM_THREADS, or one a core that this process may use."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked):
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ProcessesExecutor:
    """Has ``workers`` jobs done at once, each by a process with its share of the threads.

    A job begins when its parents are done. The first failure, and Ctrl-C, ends all processes: what is finished is kept,
    and training goes on from its resume points. Processes end by themselves when the one that started them is gone.

    Attributes:
        machine: what a stage records of its machine, as far as it is another one than this process'.
    """

    def __init__(self, workers: int, threads: int) -> None:
        self.workers, self.threads = workers, threads
        self.machine = {"threads": str(threads), "OMP_NUM_THREADS": str(threads)}

    def run(self, jobs: Sequence[Job]) -> None:
        """Have every job done.

        Raises:
            EmonetError: a job failed, or its process ended without a word.
        """
        count = min(self.workers, len(jobs))
        if not count:
            return
        crew = [_Worker(number, self.threads) for number in range(1, count + 1)]
        with ThreadPoolExecutor(count) as pool:
            try:
                _do_all(jobs, crew, pool)
            finally:
                with _deaf_to_ctrl_c():
                    for worker in crew:
                        worker.ask_to_end()
                    for worker in crew:
                        worker.stop()


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Let a second Ctrl-C not keep processes from being ended, which takes ``_PATIENCE`` at most."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _do_all(jobs: Sequence[Job], crew: Sequence[_Worker], pool: ThreadPoolExecutor) -> None:
    waiting, done, idle = list(jobs), set[str](), list(crew)
    at_work: dict[Future[None], tuple[Job, _Worker]] = {}
    while waiting or at_work:
        for job in [each for each in waiting if done.issuperset(each.parents)][: len(idle)]:
            waiting.remove(job)
            worker = idle.pop()
            at_work[pool.submit(worker.do, job)] = job, worker
        if not at_work:
            raise EmonetError(f"{waiting[0].title}: the jobs that it depends on are not among those to be done.")
        finished, _ = wait(at_work, return_when=FIRST_COMPLETED)
        for future in finished:
            job, worker = at_work.pop(future)
            future.result()
            done.add(job.key)
            idle.append(worker)


class _Worker:
    """A process that is sent one job after another; it is started for the first one."""

    def __init__(self, number: int, threads: int) -> None:
        self.number, self.threads = number, threads
        self.process: subprocess.Popen[str] | None = None
        self.log: Path | None = None
        self._lock = threading.Lock()
        self._stopped = False

    def do(self, job: Job) -> None:
        """Have a job done, and wait for it."""
        process = self._started(job)
        answer = ""
        with suppress(BrokenPipeError):
            _pipe(process.stdin).write(json.dumps({"plan": str(job.plan), "key": job.key}) + "\n")
            _pipe(process.stdin).flush()
            answer = _pipe(process.stdout).readline()
        if not answer:
            raise EmonetError(self._last_words(job, process.wait()))
        if failure := json.loads(answer)["failed"]:
            raise EmonetError(f"{job.title}: {failure}")

    def ask_to_end(self) -> None:
        """Have the process begin to end, and start none from now on."""
        with self._lock:
            self._stopped = True
            if self.process is not None:
                self.process.terminate()

    def stop(self) -> None:
        """Wait until the process has ended, and end it where it does not."""
        process = self.process
        if process is None:
            return
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):  # what was to be sent to a process that is gone
                _pipe(stream).close()

    def _started(self, job: Job) -> subprocess.Popen[str]:
        with self._lock:
            if self._stopped:
                raise EmonetError(f"{job.title}: not begun, since the run has ended.")
            if self.process is None:
                share = dict.fromkeys(_THREADS, str(self.threads))
                paths = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
                self.log = job.plan.parent / f"process-{self.number}.log"
                with self.log.open("w", encoding="utf-8") as log:
                    self.process = subprocess.Popen(  # noqa: S603 - this interpreter, and words of our own
                        [sys.executable, "-P", "-c", _START],  # without the folder one is in: its names hide libraries'
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=log,
                        encoding="utf-8",
                        env={**os.environ, **share, "PYTHONPATH": paths},
                    )
            return self.process

    def _last_words(self, job: Job, code: int) -> str:
        """Return what is known of a process that ended without an answer."""
        kept = "What is finished is kept: the same command goes on."
        if code < 0:
            return f"{job.title}: the process that did this stage {_ended_by(-code)} {kept}"
        lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n") if self.log else []
        said = next((f" Its last words: {line.rstrip('.')}." for line in reversed(lines) if line.strip()), "")
        return f"{job.title}: the process that did this stage ended by itself, with exit code {code}.{said} {kept}"


def _ended_by(number: int) -> str:
    """Say what a signal says of the end of a process."""
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    if name in _CRASHES:
        return f"crashed ({name}): a fault of a library or a plugin, not of what you gave it."
    if name != "SIGKILL":
        return f"was ended from outside, by {name}."
    fewer = "choose fewer workers (executor: {processes: {workers: 1}}) or smaller batches"
    return f"was ended from outside, by {name}. Where memory runs out, the system does that: {fewer}."


def _pipe(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise TypeError("a process was started without pipes")
    return stream


def work() -> None:
    """Do the jobs that stdin names, one a line, and answer each with a line; what a process of a crew does.

    Where stdin ends, the process that started this one is gone, or has enough: this one ends at once.
    """
    from emonet.engine.jobs import run_stage

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of a terminal's processes; the first one decides
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a plugin prints is not an answer
    words = os.fdopen(os.dup(0), encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # and what a program that it starts reads is not a job
    jobs: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_read_jobs, args=(words, jobs), daemon=True).start()
    while True:
        job = jobs.get()
        failed = ""
        try:
            run_stage(job["plan"], job["key"])
        except Exception as problem:  # noqa: BLE001 - whatever it is, run_stage has told the run
            failed = str(problem) or type(problem).__name__
        answers.write(json.dumps({"failed": failed}) + "\n")
        answers.flush()


def _read_jobs(words: IO[str], jobs: queue.Queue[dict[str, Any]]) -> None:
    for line in words:
        jobs.put(json.loads(line))
    os._exit(0)
