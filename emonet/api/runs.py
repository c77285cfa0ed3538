"""Recipes from Python: what would be done, the doing of it, and what was done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from emonet.api.corpora import Plugins, registry_of
from emonet.api.frames import comparison_rows, frame_of, html_table, prediction_rows, score_rows
from emonet.document import Document, parse_document, read_document
from emonet.errors import RecipeError
from emonet.progress import told
from emonet.propose.card import yaml_text
from emonet.recipe.recipe import Recipe, recipe_of
from emonet.report.folder import RunFolder, find_run, runs_in
from emonet.report.results import Report

if TYPE_CHECKING:
    import pandas as pd

    from emonet.events import Listener
    from emonet.findings import Verdict
    from emonet.recipe.stage import Plan

RecipeLike = str | Path | Mapping[str, Any] | Recipe
"""A recipe's file, its content, or a recipe that was read already; relative paths of the last two are relative to the
working folder."""
Changes = Mapping[str, Any] | Sequence[str]
"""What a recipe is to say instead: ``{"seeds": [1, 2], "training.batch": 8}``, or ``key=value`` words as for
``--set``."""


@dataclass(frozen=True)
class Run:
    """A run: its folder, and what it found.

    Attributes:
        path: the run's folder; ``docs/reference/run-folder.md`` documents its files.
    """

    path: Path
    _report: Report | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The run's name, as in ``emonet runs list``."""
        return self.path.name

    @property
    def state(self) -> dict[str, Any]:
        """What the run says of itself: ``state`` (running, complete or damaged), ``started`` and ``ended``."""
        return RunFolder(self.path).state()

    @cached_property
    def report(self) -> Report:
        """The scores with their intervals, protocols, audits and notes, once they are compared with their digests.

        Raises:
            EmonetError: the run is not complete, or damaged.
        """
        return self._report or RunFolder(self.path).report()

    def to_frame(self) -> pd.DataFrame:
        """Return a row a score: of every seed and, where there are several, of their mean on test.

        ``value`` is of ``metric``, as a share and not in per cent; ``low`` and ``high`` are its interval's ends, at
        ``level``, which is empty where the interval claims none. ``seeds`` are those that the value is the mean of.

        Raises:
            EmonetError: the run is not complete, or damaged.
        """
        return frame_of({"run": self.name, **row} for row in score_rows(self.report))

    def comparisons(self) -> pd.DataFrame:
        """Return a row for each system that the run held against its ``baseline``; none where it names none.

        ``mark`` is ``+`` or ``-`` where the difference is significant, and ``limit`` says why there can be none.

        Raises:
            EmonetError: the run is not complete, or damaged.
        """
        return frame_of(comparison_rows(self.report))

    def predictions(self) -> pd.DataFrame:
        """Return a row an utterance, for each fold, seed, system and checkpoint that judged it.

        Raises:
            EmonetError: the run is not complete, or damaged.
        """
        run = RunFolder(self.path)
        run.check("predictions")
        return frame_of(prediction_rows(run.predictions()))

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain data, as ``--json`` prints it."""
        return self.report.to_json()

    def _repr_html_(self) -> str:
        """Return the tables of ``emonet runs show``, or the state of a run that is not complete."""
        from emonet.report.table import report_sections

        state = self.state.get("state")
        if self._report is None and state != "complete":
            return html_table(("run", "state"), [(self.name, state)])
        tables = report_sections(self.report)
        return "".join(html_table(each.header, each.rows, title=each.title, notes=each.footnotes) for each in tables)


@dataclass(frozen=True)
class Runs(Sequence[Run]):
    """The runs in a folder, oldest first; by number, by name, or as a frame."""

    folder: Path
    found: tuple[Run, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.found)

    @overload
    def __getitem__(self, key: int | str) -> Run: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Run, ...]: ...
    def __getitem__(self, key: int | str | slice) -> Run | tuple[Run, ...]:
        """Return a run by its number or its name, as ``emonet runs show RUN``; or several by a slice.

        Raises:
            EmonetError: there is no run of this name.
        """
        return Run(find_run(key, self.folder).path.absolute()) if isinstance(key, str) else self.found[key]

    def to_json(self) -> list[dict[str, Any]]:
        """Return a row a run, as ``emonet runs list --json`` prints it."""
        return [{"run": run.name, **run.state} for run in self.found]

    def to_frame(self) -> pd.DataFrame:
        """Return a row a run: its name, its state, when it started and ended."""
        columns = ("run", "state", "started", "ended")
        return frame_of(({name: row.get(name) for name in columns} for row in self.to_json()), columns)

    def _repr_html_(self) -> str:
        columns = ("run", "state", "started", "ended")
        return html_table(columns, ([row.get(name, "") for name in columns] for row in self.to_json()))


@dataclass(frozen=True)
class RunPlan:
    """What a recipe would do.

    Attributes:
        plan: its stages, parents before children.
        audits: the verdict on each partition, and on what systems learned before; audio is not compared.
        notes: what a user must know before the run.
        unprepared: corpora that are not prepared yet; keys of stages will be others once they are.
    """

    plan: Plan
    audits: tuple[Verdict, ...]
    notes: tuple[str, ...]
    unprepared: tuple[str, ...]

    @cached_property
    def stages(self) -> list[dict[str, Any]]:
        """The stages as plain data, with ``done``: whether the result of each is there already."""
        from emonet.engine.runner import is_done

        return [{**stage.to_json(), "done": is_done(stage)} for stage in self.plan.stages]

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain data, as ``emonet run RECIPE --plan --json`` prints it."""
        audits = [verdict.brief().to_json() for verdict in self.audits]
        return {"recipe": self.plan.recipe.name, "stages": self.stages, "audits": audits, "notes": list(self.notes)}

    def to_frame(self) -> pd.DataFrame:
        """Return a row a stage; ``train``, ``dev`` and ``test`` count utterances over its tasks."""
        return frame_of(map(_stage_row, self.stages))

    def _repr_html_(self) -> str:
        rows = [_stage_row(stage) for stage in self.stages]
        notes = (*(verdict.line for verdict in self.audits), *self.notes)
        return html_table(list(rows[0]), (list(row.values()) for row in rows), title=_title(self), notes=notes)


def plan(
    recipe: RecipeLike, *, changes: Changes = (), plugins: Plugins = (), progress: bool | Listener = True
) -> RunPlan:
    """Lay out the stages of a recipe, and judge its partitions; nothing is decoded or trained.

    As ``emonet run RECIPE --plan``. See ``run`` for the arguments.

    Raises:
        EmonetError: whatever is wrong with recipe, corpora or components.
    """
    from emonet.engine import run
    from emonet.engine.audit import audit_plan

    read, document = read_any(recipe, changes)
    with told(progress) as listen:
        made, gathered = run.plan_run(read, _base(document), registry_of(plugins), listen=listen)
    unprepared = dict.fromkeys(each.facts.corpus.id for each in gathered if each.store is None)
    verdicts = audit_plan(made, gathered, audio=False)
    return RunPlan(made, verdicts, tuple(run.uncompared(made)), tuple(unprepared))


def run(
    recipe: RecipeLike,
    *,
    changes: Changes = (),
    runs: str | Path = "runs",
    plugins: Plugins = (),
    progress: bool | Listener = True,
) -> Run:
    """Run a recipe: prepare its corpora, train and score every system; return the run with its scores.

    As ``emonet run RECIPE``; interrupted, the same call goes on where it was.

    Args:
        recipe: its path, its content as a mapping, or a ``Recipe``.
        changes: what it is to say instead, ``{"seeds": [1, 2, 3]}`` or ``["seeds=[1,2,3]"]``.
        runs: the folder of run folders.
        plugins: single-file plugins to load as well.
        progress: whether to show on stderr what goes on; or a function that is given each ``Event``.

    Raises:
        EmonetError: whatever is wrong with recipe, corpora or components; what the audit found, where it is strict.
    """
    from emonet.engine import run

    words = change_words(changes)
    read, document = read_any(recipe, words)
    with told(progress) as listen:
        folder, report = run.run(read, document, registry_of(plugins), out=Path(runs), changes=words, listen=listen)
    return Run(folder.path.absolute(), report)


def runs(folder: str | Path = "runs") -> Runs:
    """Return the runs in a folder, oldest first; as ``emonet runs list``.

    >>> len(runs("no/such/folder"))
    0
    """
    return Runs(Path(folder), tuple(Run(found.path.absolute()) for found in runs_in(Path(folder))))


def read_any(recipe: RecipeLike, changes: Changes = ()) -> tuple[Recipe, Document]:
    """Return a recipe, and the document that it is read from.

    Raises:
        RecipeError: naming file, line and key of everything that is wrong.
    """
    if isinstance(recipe, str | Path):
        document = read_document(Path(recipe), RecipeError)
    else:
        data = recipe.model_dump(mode="json", exclude_defaults=True) if isinstance(recipe, Recipe) else recipe
        document = parse_document(yaml_text(_plain(data)), "recipe", RecipeError)
    return recipe_of(document, change_words(changes)), document


def change_words(changes: Changes) -> list[str]:
    """Return changes as ``key=value`` words.

    >>> change_words({"seeds": (1, 2), "device": "cpu"})
    ['seeds=[1, 2]', 'device="cpu"']
    """
    if isinstance(changes, str):
        raise RecipeError(f"changes is {changes!r}. Give a mapping, or a list of key=value words: [{changes!r}].")
    if isinstance(changes, Mapping):
        return [f"{key}={json.dumps(_plain(value), ensure_ascii=False)}" for key, value in changes.items()]
    return list(changes)


def _base(document: Document) -> Path:
    return Path(document.name).resolve().parent


def _plain(value: Any) -> Any:
    """Return a value as YAML has it: mappings, lists, texts, numbers."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Path):
        return str(value)
    raise RecipeError(
        f"A recipe holds a {type(value).__name__} ({value!r}), expected mappings, lists, text and numbers."
    )


def _stage_row(stage: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": stage["key"],
        "system": stage["system"],
        "strategy": stage["strategy"],
        "tunes": stage["tuned"] if stage["scored"] else "shared model",
        "tasks": ", ".join(stage["tasks"]),
        "fold": stage["fold"],
        "seed": stage["seed"],
        **{split: sum(counts[split] for counts in stage["items"]) for split in ("train", "dev", "test")},
        "components": " + ".join(each["name"] for each in stage["components"].values()),
        "normalisation": stage["normalisation"],
        "parents": ", ".join(stage["parents"]),
        "done": stage["done"],
    }


def _title(shown: RunPlan) -> str:
    done = sum(stage["done"] for stage in shown.stages)
    return f"Plan of {shown.plan.recipe.name}: {len(shown.stages)} stages, {done} done already"
