"""What EmoNet keeps in EMONET_HOME: how much it is, whether it is whole, and what of it nobody needs."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from emonet.audio.roots import FORMAT, META, format_of
from emonet.corpus.fetch import compare
from emonet.engine.kept import DONE, MACHINES, is_held, look_at, needed_by_work
from emonet.engine.openings import OPENED, ledger_path, read_ledger
from emonet.errors import Damaged, EmonetError, counted
from emonet.events import Listener, Progress, silent
from emonet.files import home, read_sealed, stages_folder
from emonet.report.folder import Content, RunFolder, runs_in
from emonet.task_id import TaskId

KeptKind = Literal["stage", "store", "features", "fingerprints", "openings", "fetched corpus"]
State = Literal["whole", "damaged", "incomplete", "outdated", "unknown"]
"""``incomplete``: a killed process left it, and the next one goes on; ``unknown``: nothing here can tell."""
_DAY = 24 * 3600.0
_PARTS = ("features", "fingerprints")
"""Kinds that are files within a store's folder."""
_STAYS = ("openings", "fetched corpus")
"""Kinds that are never removed: what test was opened for stays known, and what was fetched is not a copy."""


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """One thing that is kept.

    Attributes:
        of: the corpora that it was made of, joined by commas.
        path: a folder, or the file of features or fingerprints.
        bytes: its size; of a store without what was computed from it.
        written: when the newest of its files was written, in s since 1970.
    """

    kind: KeptKind
    of: str
    path: Path
    bytes: int
    written: float


@dataclass(frozen=True, slots=True)
class KeptVerdict:
    """Whether something that is kept is as it was written; ``reason`` names the file where it is not."""

    entry: KeptEntry
    state: State
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """Something that is removed, or that is left since a process holds it, and why."""

    entry: KeptEntry
    why: str
    held: bool = False


def entries() -> list[KeptEntry]:
    """Return all that is kept, read from names and sizes alone."""
    stages = (_entry("stage", _tasks_of(path), path, _files(path)) for path in _folders(stages_folder()))
    stores = (each for path in _folders(home() / "store") for store in _folders(path) for each in _of_store(store))
    places = [path for name in ("corpora", "hub") for path in _folders(home() / name)]
    fetched = (_entry("fetched corpus", path.name, path, _files(path)) for path in places)
    openings = _entry("openings", "", ledger_path(), [ledger_path()])
    return [each for each in (*stages, *stores, openings, *fetched) if each.written]


def _folders(path: Path) -> list[Path]:
    return sorted(each for each in path.iterdir() if each.is_dir()) if path.is_dir() else []


def _files(path: Path) -> list[Path]:
    return [Path(folder, name) for folder, _, names in os.walk(path) for name in names if not name.endswith(".lock")]


def _entry(kind: KeptKind, of: str, path: Path, files: Iterable[Path]) -> KeptEntry:
    found = []
    for file in files:
        with suppress(FileNotFoundError):  # a process at work has removed it since it was listed
            found.append(file.lstat())
    return KeptEntry(
        kind, of, path, sum(each.st_size for each in found), max((each.st_mtime for each in found), default=0)
    )


def _of_store(path: Path) -> Iterator[KeptEntry]:
    corpus = path.parent.name
    kinds: Mapping[KeptKind, list[Path]] = {
        "features": sorted(path.glob("features/*.arrow")),
        "fingerprints": sorted(path.glob("fingerprints-*.npz")),
    }
    apart = {file for files in kinds.values() for file in files}
    yield _entry("store", corpus, path, [file for file in _files(path) if file not in apart])
    for kind, files in kinds.items():
        for file in files:
            yield _entry(kind, corpus, file, [file])


def _tasks_of(folder: Path) -> str:
    """Return the corpora of a stage's tasks, as it says; nothing where it says nothing."""
    try:
        tasks: Mapping[str, Any] = json.loads((folder / DONE).read_text(encoding="utf-8"))["learned"]
        return ", ".join(sorted({TaskId.of(str(task)).corpus for task in tasks}))
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def verify(found: Sequence[KeptEntry], *, listen: Listener = silent) -> list[KeptVerdict]:
    """Read everything, and say of each thing whether it is as it was written."""
    verdicts = []
    for done, entry in enumerate(found):
        listen(Progress("verifying what is kept", done, len(found), f"{entry.kind} {entry.path.name[:16]}"))
        verdicts.append(_verified(entry, listen))
    listen(Progress("verifying what is kept", len(found), len(found)))
    return verdicts


def verify_runs(folder: Path) -> list[tuple[Path, State, str]]:
    """Read the runs of a folder, checkpoints and all; return of each whether it is whole, and what is damaged.

    Raises:
        EmonetError: there are no runs in the folder.
    """
    return [(run.path, *_state_of(run)) for run in _runs(folder)]


def _state_of(run: RunFolder) -> tuple[State, str]:
    try:
        run.check()
    except Damaged as problem:
        return "damaged", f"{problem.path}: {problem.reason}"
    except EmonetError:
        return "incomplete", ""
    return "whole", ""


def _runs(folder: Path) -> list[RunFolder]:
    runs = runs_in(folder)
    if not runs:
        raise EmonetError(f"{folder}: there are no runs here. Give a folder of runs, as of 'emonet run --runs'.")
    return runs


def _verified(entry: KeptEntry, listen: Listener) -> KeptVerdict:
    try:
        return KeptVerdict(entry, _CHECKS[entry.kind](entry.path, listen))
    except Damaged as problem:
        return KeptVerdict(entry, "damaged", f"{problem.path}: {problem.reason}")
    except EmonetError as problem:
        return KeptVerdict(entry, "damaged", f"{entry.path}: {problem}")
    except OSError as problem:
        return KeptVerdict(entry, "damaged", f"{problem.filename or entry.path}: it cannot be read: {problem.strerror}")


def _check_stage(folder: Path, _: Listener) -> State:
    kept = look_at(folder)
    if kept.damaged:
        raise Damaged(kept.damaged[0], "it is not what was written, or an earlier EmoNet wrote it")
    for name in (MACHINES, OPENED):
        with suppress(FileNotFoundError):
            read_sealed(folder / name)
    return "whole" if kept.facts else "incomplete"


def _check_store(folder: Path, listen: Listener) -> State:
    from emonet.audio.prepare import verify_store

    if not (folder / META).is_file():
        return "incomplete"
    if format_of(folder) != FORMAT:
        return "outdated"
    verify_store(folder, listen)
    return "whole"


def _check_features(path: Path, _: Listener) -> State:
    from emonet.audio.features import check_features

    check_features(path)
    return "whole"


def _check_openings(path: Path, _: Listener) -> State:
    if unreadable := read_ledger().unreadable:
        lines = counted(unreadable, "line")
        reason = f"{lines} cannot be read, so test may have been opened more often than is told; nothing mends that"
        raise Damaged(path, reason)
    return "whole"


def _check_fingerprints(path: Path, _: Listener) -> State:
    from emonet.auditing.copies import read_fingerprints

    read_fingerprints(path)
    return "whole"


def _check_fetched(folder: Path, listen: Listener) -> State:
    if folder.name.endswith(".part"):
        return "incomplete"
    return "unknown" if compare(folder, listen) is None else "whole"


_CHECKS: Mapping[KeptKind, Callable[[Path, Listener], State]] = {
    "stage": _check_stage,
    "store": _check_store,
    "features": _check_features,
    "fingerprints": _check_fingerprints,
    "openings": _check_openings,
    "fetched corpus": _check_fetched,
}


@dataclass(frozen=True)
class Needs:
    """What the runs of some folders need.

    Attributes:
        stages: keys of stages.
        content: corpus and hash of the stores that complete runs were made from.
        corpora: ids of corpora whose stores are all needed, since a run is not complete yet.
    """

    stages: frozenset[str]
    content: frozenset[tuple[str, str]]
    corpora: frozenset[str]

    def are_met_without(self, entry: KeptEntry) -> bool:
        """Say whether no run needs a thing."""
        if entry.kind == "stage":
            return entry.path.name not in self.stages
        if entry.kind == "fetched corpus":
            return False
        store = entry.path if entry.kind == "store" else _store_of(entry)
        return entry.of not in self.corpora and (entry.of, _content_of(store)) not in self.content


def needs_of(folders: Sequence[Path]) -> Needs:
    """Return what the runs in some folders need.

    Raises:
        EmonetError: a folder has no runs, or it cannot be said what one of them needs, since it is damaged.
    """
    stages: set[str] = set()
    content: set[tuple[str, str]] = set()
    corpora: set[str] = set()
    for folder in folders:
        for run in _runs(folder):
            is_ended = run.state().get("state") != "running"
            if is_ended:
                run.check("plan", "scores")
            plan = _json_of(run, "plan")["stages"]
            stages |= {stage["key"] for stage in plan}
            if is_ended:
                content |= set(_json_of(run, "scores").get("content", {}).items())
            else:
                corpora |= {TaskId.of(task).corpus for stage in plan for task in stage["tasks"]}
    return Needs(frozenset(stages), frozenset(content), frozenset(corpora))


def _json_of(run: RunFolder, content: Content) -> dict[str, Any]:
    try:
        return dict(run.read(content))
    except (OSError, ValueError, TypeError):
        message = f"{run.file(content)}: this cannot be read, so it is unknown what the run needs. Nothing is removed. "
        raise EmonetError(f"{message}Remove the run, or run its recipe again.") from None


def _store_of(entry: KeptEntry) -> Path:
    return entry.path.parent.parent if entry.kind == "features" else entry.path.parent


def _content_of(store: Path) -> str:
    try:
        return str(read_sealed(store / META).get("content", ""))
    except (FileNotFoundError, Damaged):
        return ""


def to_remove(
    found: Sequence[KeptEntry],
    *,
    needs: Needs | None = None,
    older_than: float | None = None,
    verdicts: Iterable[KeptVerdict] = (),
) -> list[Removal]:
    """Return what to remove: what no run needs, what is older (or both, where both are given), and what is damaged.

    Fetched corpora and the ledger of openings are never among it. What a killed run left is needed by that run: its
    plan names its stages.

    Args:
        found: all that is kept.
        needs: of the runs that are to stay.
        older_than: days since it was written.
        verdicts: what is damaged or of another version is removed.
    """
    removals = {
        verdict.entry.path: Removal(verdict.entry, verdict.state)
        for verdict in verdicts
        if verdict.state in {"damaged", "outdated"} and verdict.entry.kind not in _STAYS
    }
    if needs is not None or older_than is not None:
        for entry in found:
            days = (time.time() - entry.written) / _DAY
            is_free = needs is None or needs.are_met_without(entry)
            is_old = older_than is None or days >= older_than
            reasons = [
                *(["no run needs it"] if needs is not None else []),
                *([f"{days:.0f} days old"] if older_than is not None else []),
            ]
            if entry.kind not in _STAYS and is_free and is_old:
                removals.setdefault(entry.path, Removal(entry, ", ".join(reasons)))
    gone = {path for path, removal in removals.items() if removal.entry.kind == "store"}
    return [each for each in removals.values() if each.entry.kind not in _PARTS or _store_of(each.entry) not in gone]


def remove(removals: Sequence[Removal], *, dry_run: bool = False) -> list[Removal]:
    """Remove things, and return them with whether they are left since a process holds them.

    A run at work holds its stages, and all that is not a stage: it may read it. A dry run asks the same, and removes
    nothing.
    """
    needed = needed_by_work()
    is_any_held = needed is not None or any(is_held(folder / ".lock") for folder in _folders(stages_folder()))

    def is_needed(entry: KeptEntry) -> bool:
        return entry.path.name in (needed or ()) if entry.kind == "stage" else is_any_held

    return [replace(each, held=True) if is_needed(each.entry) else _removed(each, dry_run=dry_run) for each in removals]


def _removed(removal: Removal, *, dry_run: bool) -> Removal:
    from filelock import FileLock, Timeout

    entry = removal.entry
    place = entry.path if entry.kind == "stage" else home() / "store" / entry.of
    if dry_run:
        return replace(removal, held=is_held(place / ".lock"))
    try:
        with FileLock(place / ".lock", timeout=0):
            _delete(entry)
    except Timeout:
        return replace(removal, held=True)
    return removal


def _delete(entry: KeptEntry) -> None:
    """Delete a thing; the lock of a stage stays, for another process may wait for it."""
    if not entry.path.is_dir():
        entry.path.unlink()
        return
    # The file that makes it whole goes first, so that a kill never leaves half a result.
    for path in sorted(entry.path.iterdir(), key=lambda path: path.name not in {META, DONE}):
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != ".lock":
            path.unlink()
    if entry.kind == "store":
        entry.path.rmdir()
