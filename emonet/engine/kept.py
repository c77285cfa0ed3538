"""Results of stages: a folder for each key, whole once ``stage.json`` says so, and read only as long as it is whole."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from emonet.errors import Damaged, EmonetError
from emonet.files import HOME, can_write, damaged, home, read_sealed, stages_folder, sums_of, write_sealed

DONE = "stage.json"
"""Written last: facts of the stage under a seal, with the SHA-256 of each of its files."""
HISTORY = "history.json"
PREDICTIONS: Mapping[str, str] = {"dev": "predictions-dev.parquet", "test": "predictions-test.parquet"}
"""Split -> what a stage says of it, a file of its own: the second one comes by opening test."""
MACHINES = "machines.json"
_READ_ONLY = 0o444
_DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Kept:
    """What there is of a stage's result.

    Attributes:
        facts: what the stage says of itself, with those ``files`` that are whole; empty where it must be done again.
        damaged: the files that are not what was written.
    """

    facts: dict[str, Any]
    damaged: tuple[Path, ...] = ()


def stage_folder(key: str) -> Path:
    """Return the folder of a stage's result."""
    return stages_folder() / key


def look_at(folder: Path) -> Kept:
    """Return what there is of the result in a stage's folder; each file is read once a process.

    Predictions are made again from weights, so the rest stays where only they are damaged; not those that an SVM
    made of dev, for it was fitted again with dev.
    """
    try:
        facts = read_sealed(folder / DONE)
        files, _ = facts["files"], facts["machines"]
    except FileNotFoundError:
        return Kept({})
    except (Damaged, KeyError):
        return Kept({}, (folder / DONE,))
    found = tuple(damaged(folder, files))
    lost = {path.name for path in found}
    made_again = {PREDICTIONS["test"]} if facts.get("kind") == "probe" else set(PREDICTIONS.values())
    if lost - made_again:
        return Kept({}, found)
    return Kept({**facts, "files": {name: files[name] for name in files if name not in lost}}, found)


def stage_facts(key: str) -> dict[str, Any]:
    """Return what a complete stage says of itself: epochs, parameters, files; empty where it is not whole."""
    return look_at(stage_folder(key)).facts


def finish(folder: Path, facts: dict[str, Any]) -> None:
    """Write what a stage says of itself, with the digests of its files, which are read-only from then on.

    Runs have hard links to them: who changed one in place would change it for all.
    """
    names = [*(path.name for path in folder.glob("*.safetensors")), HISTORY, *PREDICTIONS.values()]
    facts["files"] = sums_of(folder, names)
    for name in facts["files"]:
        (folder / name).chmod(_READ_ONLY)
    write_sealed(folder / DONE, facts)


def machines_of(folder: Path, machine: Mapping[str, str], *, resumes: bool) -> list[Mapping[str, str]]:
    """Return the machines that train a stage, after noting this one: the first, and each other that goes on with it."""
    try:
        before = read_sealed(folder / MACHINES)["machines"] if resumes else []
    except (FileNotFoundError, Damaged):
        before = []
    machines = [*before, *([] if machine in before else [machine])]
    write_sealed(folder / MACHINES, {"machines": machines})
    return machines


@contextmanager
def at_work() -> Iterator[Path]:
    """Hold a lock in EMONET_HOME while a run is at work, and give the file to note in which stages it needs.

    The lock goes with the process, however it ends; ``needed_by_work`` reads it, so that nobody removes these stages.
    """
    from filelock import FileLock

    folder = home() / "work"
    is_first = not folder.exists()
    if not can_write(folder):
        own = f"a folder of your own, with a link to its stores: mkdir MINE && ln -s {home() / 'store'} MINE/store"
        raise EmonetError(f"{home()}: this may not be written, and a run keeps its stages in {HOME}. Let it name {own}")
    folder.mkdir(parents=True, exist_ok=True)
    _sweep_work(folder)
    needs = folder / f"{uuid4().hex}.json"
    lock = needs.with_suffix(".lock")
    try:
        with FileLock(lock):
            yield needs
    finally:
        for path in (needs, lock):
            path.unlink(missing_ok=True)
        shutil.rmtree(desk(needs), ignore_errors=True)
        if is_first:
            with suppress(OSError):  # another run may have come to work
                folder.rmdir()


def desk(needs: Path) -> Path:
    """Return the folder of a run at work beside its note: the plan's file, and what its stages say elsewhere."""
    return needs.with_suffix("")


def _sweep_work(folder: Path) -> None:
    """Remove what runs that were killed more than a day ago left; a younger lock may be about to be taken."""
    for path in sorted(folder.glob("*")):
        lock = path.with_suffix(".lock")
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _DAY and not is_held(lock):
                lock.with_suffix(".json").unlink(missing_ok=True)
                shutil.rmtree(desk(lock), ignore_errors=True)
                lock.unlink(missing_ok=True)


def needed_by_work() -> frozenset[str] | None:
    """Return the keys of the stages that runs at work need, as far as they know yet; None where none is at work."""
    working = [path for path in (home() / "work").glob("*.lock") if is_held(path)]
    return frozenset(key for lock in working for key in _noted(lock.with_suffix(".json"))) if working else None


def _noted(path: Path) -> list[str]:
    try:
        return list(read_sealed(path)["stages"])
    except FileNotFoundError:
        return []


def note_needs(path: Path, keys: Iterable[str]) -> None:
    """Note in the file of a run at work which stages it needs."""
    write_sealed(path, {"stages": sorted(keys)})


def is_held(lock: Path) -> bool:
    """Say whether a process holds a lock; of one that may not be opened, that none does."""
    from filelock import FileLock, Timeout

    if not lock.is_file():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True
    except PermissionError:  # of a home that may only be read; whoever removes something meets that again
        return False


def sweep(folder: Path, kept: Kept) -> None:
    """Remove what a killed process left half-written, and damaged files of a result; for whoever holds the lock.

    ``finish`` would take the damaged ones for what was made; where there is no result, all are written anew.
    """
    half = folder.glob(".*.part")
    for path in (*half, *(kept.damaged if kept.facts else ())):
        path.unlink(missing_ok=True)
