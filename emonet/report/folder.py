"""The folder of a run: everything that its scores came from, written so that a stranger can check it.

What lies where in it is known here only.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from emonet.errors import Damaged, EmonetError, did_you_mean
from emonet.evaluate.predictions import Predictions, read_parquet, read_tables, write_tables
from emonet.files import damaged, file_name, name_in, read_sealed, sum_of, sums_of, write_json, write_sealed, write_text
from emonet.machine import environment
from emonet.report.results import Report, read_report, write_report

Content = Literal[
    "recipe",
    "changes",
    "plan",
    "environment",
    "protocols",
    "audit",
    "left_out",
    "scores",
    "predictions",
    "history",
    "checkpoints",
]
"""What a run leaves in its folder, beside its state."""

_FILES: Mapping[Content, str] = {
    "recipe": "recipe.yaml",
    "changes": "changes.json",
    "plan": "plan.json",
    "environment": "environment.json",
    "protocols": "protocols.json",
    "audit": "audit.json",
    "left_out": "left_out.json",
    "scores": "scores.json",
    "predictions": "predictions.parquet",
    "history": "history",
    "checkpoints": "checkpoints",
}
"""Files, and folders of files; observers may write what they like beside them."""
_EARLIER_PREDICTIONS = "predictions"
"""A folder with a file a system, task and seed, as 0.1.0 wrote predictions over several lists of classes."""
_STATE = "run.json"
SUMS = "SHA256SUMS"
"""The digests of all that a run wrote, as ``sha256sum --check`` reads them; its own is in the run's state."""
_AGAIN = "Copy the run again from where it came from, or run its recipe again: that writes a whole one."


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
        write_text(self.file("recipe"), recipe_text)
        self.write("changes", list(changes))
        self.write("plan", plan)
        self.write("environment", {**environment(base), "machine": dict(machine or {})})
        started = self.state().get("started") or _now()
        write_sealed(self.path / _STATE, {"state": "running", "started": started, "name": plan["recipe"]})

    def finish(self, report: Report, tests_opened: Mapping[str, int]) -> None:
        """Write the scores and mark the run complete; ``tests_opened`` counts openings for each stage."""
        write_report(report, self.file("scores"))
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
        self.check(*(content for content in _FILES if content != "checkpoints"))
        return read_report(self.file("scores"))

    def check(self, *contents: Content) -> None:
        """Compare what a complete run wrote, all of it or these contents only, with the digests of it.

        Raises:
            EmonetError: the run is not complete.
            Damaged: a file is missing or not what the run wrote.
        """
        self._check(lambda name: not contents or _content_of(name) in contents)

    def _check(self, wanted: Callable[[str], bool]) -> None:
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

    def file(self, content: Content) -> Path:
        """Return the path of a content: of a file, or of a folder of files."""
        return self.path / _FILES[content]

    def write(self, content: Content, data: Any) -> None:
        """Write a content that is JSON."""
        write_json(self.file(content), data)

    def read(self, content: Content) -> Any:
        """Return a content that is JSON, not compared with its digest.

        Raises:
            OSError: there is no such file, or it may not be read.
            ValueError: it is not JSON.
        """
        return json.loads(self.file(content).read_text(encoding="utf-8"))

    def write_predictions(self, tables: Iterable[Predictions]) -> None:
        """Write all predictions of the run into one file."""
        write_tables(tables, self.file("predictions"))
        shutil.rmtree(self.path / _EARLIER_PREDICTIONS, ignore_errors=True)

    def predictions(self) -> tuple[Predictions, ...]:
        """Return the run's predictions, not compared with their digest, in tables over one list of classes each.

        Raises:
            EmonetError: there are none.
        """
        if self.file("predictions").is_file():
            return read_tables(self.file("predictions"))
        earlier = sorted((self.path / _EARLIER_PREDICTIONS).glob("*.parquet"))
        if not earlier:
            text = f"{self.path}: there are no predictions in this run. Run its recipe again to write them anew."
            raise EmonetError(text)
        return tuple(read_parquet(path) for path in earlier)

    def keep(self, training: TrainingId, weights: Iterable[Path], history: Path) -> None:
        """Put a training's files into the run folder, as hard links where the file system can."""
        for path in weights:
            _keep(path, self.file("checkpoints") / training.place / path.name)
        _keep(history, self.file("history") / f"{training.place}.json")

    def weights(self, training: TrainingId) -> dict[str, Path]:
        """Return those files of tensors of a training that are still there, by their names without suffix.

        Raises:
            EmonetError: the run is not complete.
            Damaged: one is not what the run wrote.
        """
        found = {path.stem: path for path in (self.file("checkpoints") / training.place).glob("*.safetensors")}
        self._check(lambda name: self.path / name in found.values())
        return found

    def histories(self, names: Iterable[str]) -> Iterator[tuple[TrainingId, Path]]:
        """Yield the trainings of the run, each with its history.

        Args:
            names: of tasks and folds; they say what the names of files stand for where these are hashed.
        """
        known = {file_name(name): name for name in names}
        for path in sorted(self.file("history").glob("*/*/fold-*-seed-*.json")):
            system, task, rest = path.relative_to(self.file("history")).parts
            fold, _, seed = rest.removesuffix(".json").removeprefix("fold-").rpartition("-seed-")
            task, fold = (known.get(name, name_in(name)) for name in (task, fold))
            yield TrainingId(system, task, fold, int(seed)), path

    def _names(self) -> list[str]:
        listed = (self.path / name for name in _FILES.values())
        found = [path for place in listed for path in (place, *place.rglob("*"))]
        return [path.relative_to(self.path).as_posix() for path in found if path.is_file()]


class TrainingId(NamedTuple):
    """What tells the trainings of a run apart; ``task`` is ``shared-...`` for a model of several corpora."""

    system: str
    task: str
    fold: str
    seed: int

    @property
    def place(self) -> str:
        """Where a run keeps what the training left, below its folders of checkpoints and histories.

        >>> TrainingId("net", "foo/emotion", "s/1", 2).place
        'net/foo%2Femotion/fold-s%2F1-seed-2'
        """
        return f"{self.system}/{file_name(self.task)}/fold-{file_name(self.fold)}-seed-{self.seed}"


def _keep(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _content_of(name: str) -> Content | None:
    """Return which content a file is, or is of, by its name within the run's folder."""
    first = name.partition("/")[0]
    contents = {_EARLIER_PREDICTIONS: "predictions", **{file: content for content, file in _FILES.items()}}
    return contents.get(first)


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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
