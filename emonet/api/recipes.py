"""Recipes from Python: what would be done, and the doing of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emonet.api.corpora import Plugins, registry_of
from emonet.api.frames import frame_of, html_table
from emonet.api.runs import Run
from emonet.document import Document, parse_document, read_document
from emonet.errors import RecipeError
from emonet.progress import told
from emonet.propose.card import yaml_text
from emonet.recipe.recipe import Recipe, recipe_of

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
