"""The folder of a run: everything that its scores came from, written so that a stranger can check it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from emonet.errors import Damaged, EmonetError, did_you_mean
from emonet.files import damaged, file_name, read_sealed, sum_of, sums_of, write_json, write_sealed, write_text
from emonet.report.results import Report, read_report, write_report

_STATE = "run.json"
_SCORES = "scores.json"
SUMS = "SHA256SUMS"
"""The digests of all that a run wrote, as ``sha256sum --check`` reads them; its own is in the run's state."""
_LISTED = (
    "recipe.yaml",
    "changes.json",
    "plan.json",
    "environment.json",
    "protocols.json",
    "audit.json",
    _SCORES,
    "predictions.parquet",
    "predictions",
    "history",
    "checkpoints",
)
"""Files, and folders of files; observers may write what they like beside them."""
_AGAIN = "Copy the run again from where it came from, or run its recipe again: that writes a whole one."
_PACKAGES = (
    "emonet",
    "torch",
    "torchaudio",
    "numpy",
    "scikit-learn",
    "opensmile",
    "soundfile",
    "soxr",
    "datasets",
    "pyarrow",
    "safetensors",
    "pydantic",
    "pluggy",
)


@dataclass(frozen=True)
class RunFolder:
    """A run's folder and its state: ``running`` until its scores are written, then ``complete``."""

    path: Path

    def start(
        self,
        recipe_text: str,
        changes: Sequence[str],
        plan: Mapping[str, Any],
        base: Path,
        *,
        machine: Mapping[str, str] | None = None,
    ) -> None:
        """Write what is known before any work: recipe, changes, plan, versions, machine and git state."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_text(self.path / "recipe.yaml", recipe_text)
        write_json(self.path / "changes.json", list(changes))
        write_json(self.path / "plan.json", plan)
        write_json(self.path / "environment.json", {**environment(base), "machine": dict(machine or {})})
        started = self.state().get("started") or _now()
        write_sealed(self.path / _STATE, {"state": "running", "started": started, "name": plan["recipe"]})

    def finish(self, report: Report, tests_opened: Mapping[str, int]) -> None:
        """Write the scores and mark the run complete; ``tests_opened`` counts openings for each stage."""
        write_report(report, self.path / _SCORES)
        sums = sums_of(self.path, self._names())
        write_text(self.path / SUMS, "".join(f"{digest}  {name}\n" for name, digest in sums.items()))
        ended = {"state": "complete", "ended": _now(), "tests_opened": dict(tests_opened)}
        write_sealed(self.path / _STATE, {**self.state(), **ended, "sums": sum_of(self.path / SUMS)})

    def state(self) -> dict[str, Any]:
        """Return the run's state, empty where there is none, ``damaged`` where its file cannot be read."""
        try:
            return read_sealed(self.path / _STATE)
        except FileNotFoundError:
            return {}
        except Damaged:
            return {"state": "damaged"}

    def report(self) -> Report:
        """Return the scores, after comparing all that the run wrote with its digests, checkpoints aside.

        Raises:
            EmonetError: the run is not complete, or damaged.
        """
        self.check(lambda name: not name.startswith("checkpoints/"))
        return read_report(self.path / _SCORES)

    def check(self, wanted: Callable[[str], bool]) -> None:
        """Compare those files of a complete run whose names are ``wanted`` with the digests that it wrote.

        Raises:
            EmonetError: the run is not complete.
            Damaged: a file is missing or not what the run wrote.
        """
        state = self.state()
        if state.get("state") == "damaged":
            raise Damaged(self.path / _STATE, "it is not what was written, or an earlier EmoNet wrote it", _AGAIN)
        if state.get("state") != "complete":
            raise EmonetError(f"{self.path}: this run is not complete. Run its recipe again: it goes on where it was.")
        if damaged(self.path, {SUMS: state["sums"]}):
            raise Damaged(self.path / SUMS, "it is missing or not what the run wrote", _AGAIN)
        found = damaged(self.path, {name: digest for name, digest in self.sums().items() if wanted(name)})
        if found:
            more = f", and so are {len(found) - 1} more" if found[1:] else ""
            raise Damaged(found[0], f"it is missing or not what the run wrote{more}", _AGAIN)

    def sums(self) -> dict[str, str]:
        """Return the digests that a complete run wrote: name of a file within its folder -> SHA-256."""
        lines = (self.path / SUMS).read_text(encoding="utf-8").splitlines()
        return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}

    def _names(self) -> list[str]:
        found = [path for name in _LISTED for path in (self.path / name, *(self.path / name).rglob("*"))]
        return [path.relative_to(self.path).as_posix() for path in found if path.is_file()]

    def keep(self, source: Path, name: str) -> None:
        """Put a stage's file into the run folder, as a hard link where the file system can."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)


def training_place(system: str, task: str, *, fold: str, seed: int) -> str:
    """Return where a run keeps what a training left, below ``checkpoints`` and ``history``.

    >>> training_place("net", "foo/emotion", fold="s/1", seed=2)
    'net/foo%2Femotion/fold-s%2F1-seed-2'
    """
    return f"{system}/{file_name(task)}/fold-{file_name(fold)}-seed-{seed}"


def find_run(name: str, folder: Path) -> RunFolder:
    """Return a run by its path or by its name below ``folder``.

    Raises:
        EmonetError: there is no such run.
    """
    for path in (Path(name), folder / name):
        if (path / _STATE).is_file():
            return RunFolder(path)
    known = [run.path.name for run in runs_in(folder)]
    hint = did_you_mean(name, known)
    message = f"There is no run '{name}' in {folder}. {hint} Known: {', '.join(known) or 'none'}."
    raise EmonetError(" ".join(message.split()))


def runs_in(folder: Path) -> list[RunFolder]:
    """Return the runs in a folder, oldest first."""
    found = (RunFolder(path.parent) for path in folder.glob(f"*/{_STATE}"))
    return sorted(found, key=lambda run: str(run.state().get("started")))


def environment(base: Path) -> dict[str, Any]:
    """Return versions, platform and the git state of the folder that the recipe lies in."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "command": sys.argv[1:],
        "packages": dict(_versions(_PACKAGES)),
        "git": git_state(base),
    }


def git_state(folder: Path) -> dict[str, Any] | None:
    """Return commit and uncommitted changes of a folder's repository, None where there is none."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    return {"commit": commit.strip(), "changed": (_git(folder, "status", "--porcelain") or "").splitlines()}


def _git(folder: Path, *words: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    done = subprocess.run([git, "-C", str(folder), *words], capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout if done.returncode == 0 else None


def _versions(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    for name in names:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
