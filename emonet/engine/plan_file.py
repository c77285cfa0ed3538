"""Plan files: all that a fresh process must know to do any stage of a plan. JSON under a seal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emonet.errors import Damaged, EmonetError
from emonet.files import digest_of, home, located, portable, read_sealed, write_sealed
from emonet.protocols.fold import Fold, Protocol
from emonet.recipe.stage import Stage
from emonet.recipe.task import Item, Task

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FORMAT = 1
PLAN_FILE = "plan.json"


@dataclass(frozen=True)
class PlanFile:
    """What a plan file holds.

    Attributes:
        stages: in the plan's order; their protocols name their folds only, for tasks hold who is in which split.
        stores: corpus -> folder of its store.
        device: as in the recipe.
        pinned: the third-party plugins to load, by their entry points.
        files: single-file plugins to load.
        log: the folder that tracebacks go to.
    """

    stages: tuple[Stage, ...]
    stores: Mapping[str, Path]
    device: str
    pinned: tuple[str, ...]
    files: tuple[Path, ...]
    log: Path

    def of_key(self, key: str) -> list[Stage]:
        """Return the stages of a key: more than one where systems share its result.

        Raises:
            EmonetError: there is none.
        """
        found = [stage for stage in self.stages if stage.key == key]
        if not found:
            raise EmonetError(f"The plan has no stage '{key}'. Take keys from the jobs that come with it.")
        return found


def write_plan_file(path: Path, planned: PlanFile) -> None:
    """Write what ``read_plan_file`` reads; paths below EMONET_HOME are written as such."""
    tables = _Tables()
    packed = [tables.packed(stage) for stage in planned.stages]
    facts = {
        "format": FORMAT,
        "emonet": version("emonet"),
        "place": portable(path),
        "device": planned.device,
        "pinned": list(planned.pinned),
        "files": [str(file) for file in planned.files],
        "stores": {corpus: portable(folder) for corpus, folder in planned.stores.items()},
        "log": str(planned.log),
        "items": list(map(list, tables.items)),
        "tasks": list(tables.tasks.values()),
        "protocols": list(tables.protocols.values()),
        "stages": packed,
    }
    write_sealed(path, facts)


def read_plan_file(path: Path) -> PlanFile:
    """Read a plan file.

    Raises:
        EmonetError: it is not there, another version of EmoNet wrote it, or EMONET_HOME is another one here.
        Damaged: it is not what was written.
    """
    try:
        facts = read_sealed(path)
    except FileNotFoundError:
        message = f"{path}: there is no plan file. It goes when its run ends: run the recipe again."
        raise EmonetError(message) from None
    except Damaged as problem:
        raise Damaged(path, problem.reason, "Run the recipe again: it writes a new one.") from None
    _check_version(path, facts)
    if not located(facts["place"]).is_file():
        message = f"{path}: the run that planned this keeps its stages in another EMONET_HOME than {home()}."
        raise EmonetError(f"{message} Set EMONET_HOME, wherever stages run, to where the run's own lies there.")
    tasks = [_task(each, facts["items"]) for each in facts["tasks"]]
    protocols = [_protocol(each) for each in facts["protocols"]]
    return PlanFile(
        stages=tuple(_stage(each, tasks, protocols) for each in facts["stages"]),
        stores={corpus: located(folder) for corpus, folder in facts["stores"].items()},
        device=facts["device"],
        pinned=tuple(facts["pinned"]),
        files=tuple(map(Path, facts["files"])),
        log=Path(facts["log"]),
    )


def _check_version(path: Path, facts: Mapping[str, Any]) -> None:
    there, here = (facts.get("format"), facts.get("emonet")), (FORMAT, version("emonet"))
    if there != here:
        written = f"emonet {there[1]} (format {there[0]})"
        message = f"{path}: {written} planned this, and here is emonet {here[1]} (format {here[0]})."
        raise EmonetError(f"{message} Install the same version wherever stages run.")


@dataclass
class _Tables:
    """What stages have in common, each once: a joint run of 26 corpora has hundreds of stages on some tasks."""

    items: dict[tuple[str, str, str | None], int] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    protocols: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def packed(self, stage: Stage) -> dict[str, Any]:
        bare: dict[str, Any] = _of(Stage).dump_python(replace(stage, tasks=(), protocols=()), mode="json")
        tasks = [self._task(task) for task in stage.tasks]
        return {**bare, "tasks": tasks, "protocols": [self._protocol(each) for each in stage.protocols]}

    def _task(self, task: Task) -> int:
        bare: dict[str, Any] = _of(Task).dump_python(replace(task, items={}), mode="json")
        items = {split: self._items(found) for split, found in task.items.items()}
        packed = {**bare, "items": items}
        return _number(self.tasks, digest_of(packed), packed)

    def _items(self, items: Iterable[Item]) -> list[list[Any]]:
        """Return the rows of the items in the table, and their labels."""
        rows, labels = [], []
        for item in items:
            rows.append(self.items.setdefault((item.corpus, item.id, item.speaker), len(self.items)))
            labels.append(item.label)
        return [rows, labels]

    def _protocol(self, protocol: Protocol) -> int:
        facts = {"id": protocol.id, "hash": protocol.hash, "overlap": protocol.overlap, "notes": list(protocol.notes)}
        folds = [fold.name for fold in protocol.folds]
        return _number(self.protocols, (protocol.id, protocol.hash), {**facts, "folds": folds})


def _number(table: dict[Any, Any], key: Any, value: Any) -> int:
    """Return a value's place in a table, after adding it where it is not there."""
    table.setdefault(key, value)
    return list(table).index(key)


def _stage(facts: Mapping[str, Any], tasks: Sequence[Task], protocols: Sequence[Protocol]) -> Stage:
    bare: Stage = _of(Stage).validate_python({**facts, "tasks": [], "protocols": []})
    own = tuple(protocols[number] for number in facts["protocols"])
    return replace(bare, tasks=tuple(tasks[number] for number in facts["tasks"]), protocols=own)


def _task(facts: Mapping[str, Any], table: Sequence[Sequence[Any]]) -> Task:
    bare: Task = _of(Task).validate_python({**facts, "items": {}})
    items = {
        split: tuple(map(_item, [table[row] for row in rows], labels))
        for split, (rows, labels) in facts["items"].items()
    }
    return replace(bare, items=items)


def _item(row: Sequence[Any], label: Any) -> Item:
    corpus, id_, speaker = row
    return Item(corpus, id_, tuple(label) if isinstance(label, list) else label, speaker)


def _protocol(facts: Mapping[str, Any]) -> Protocol:
    folds = tuple(Fold(name, {}) for name in facts["folds"])
    return Protocol(facts["id"], folds, facts["hash"], facts["overlap"], tuple(facts["notes"]))


@cache
def _of(kind: type[Any]) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
