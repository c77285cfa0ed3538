"""A pack's folder: ``shared.safetensors``, one file a task, and the refusal of whatever does not belong together."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import torch

from emonet.errors import EmonetError, UnknownName
from emonet.files import file_name, replacing
from emonet.learn.batches import Evaluation
from emonet.learn.checkpoint import load_checkpoint, tensors_digest
from emonet.learn.normalisation import ScalingTable
from emonet.learn.probe import NAMES, Weights
from emonet.model.contracts import Extractor
from emonet.model.model import Model
from emonet.model.state import take_over
from emonet.plugin.registry import Registry
from emonet.recipe.normalisation import Normalisation, normalisation_called
from emonet.recipe.provenance import LEARNED, stated
from emonet.recipe.recipe import Evaluate
from emonet.recipe.task import Dimension, Task

SHARED = "shared.safetensors"
KINDS = {"shared": "the shared model of a pack", "task": "a task of a pack"}
FORMAT = 2
_FACTS: Mapping[str, frozenset[str]] = {
    "shared": frozenset({"components", "fingerprint"}),
    "task": frozenset(
        {
            "task",
            "labels",
            "adapter",
            "fingerprint",
            "affect",
            "evaluate",
            "window",
            "normalisation",
            "provenance",
            "protocol",
        }
    ),
}
EXPORT = "emonet pack export RUN --system SYSTEM --out PACK"
_TOLD = ("", "speaker")
"""What normalisations may ask for: of new files, their speakers can be told."""
MEAN, SCALE = "scaling.mean", "scaling.scale"
EXTRACTOR = "extractor"
"""The one component of a pack of SVMs, whose shared file holds no tensors."""


@dataclass(frozen=True)
class PackFile:
    """One file of a pack: its tensors and what it says of itself."""

    path: Path
    tensors: Mapping[str, torch.Tensor]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Pack:
    """A pack that was read and found to belong together: its shared model, and task id -> task file."""

    folder: Path
    shared: PackFile
    tasks: Mapping[str, PackFile]

    @property
    def has_machines(self) -> bool:
        """Say whether its tasks are SVMs on features of an extractor, and not heads of a network."""
        return EXTRACTOR in self.shared.facts["components"]

    def task(self, name: str) -> PackFile:
        """Return a task's file.

        Raises:
            UnknownName: the pack has no such task.
        """
        if name not in self.tasks:
            raise UnknownName(f"task of the pack {self.folder}", name, self.tasks)
        return self.tasks[name]

    def to_json(self) -> dict[str, Any]:
        """Return the facts of all files as plain data, what each learned from as text, and how many values it holds."""
        tasks = {name: _described(part) for name, part in self.tasks.items()}
        return {"pack": str(self.folder), "shared": _described(self.shared), "tasks": tasks}


def fingerprint(components: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> str:
    """Return the SHA-256 of a shared model: components with options, and each tensor's name, type, shape and bytes."""
    return tensors_digest(tensors, json.dumps(components, sort_keys=True))


def read_pack(folder: Path) -> Pack:
    """Read a pack's files; each task must be made for the shared model, and that be what it was.

    Raises:
        EmonetError: the folder holds no pack, a file is damaged, or a task was made for another shared model.
    """
    if not (folder / SHARED).is_file():
        raise EmonetError(f"{folder}: this is not a pack, it has no {SHARED}. Make one with: {EXPORT}")
    shared = read_pack_file(folder / SHARED, "shared")
    if fingerprint(shared.facts["components"], shared.tensors) != shared.facts["fingerprint"]:
        raise EmonetError(f"{shared.path}: its tensors are not those it was written with. Copy or export it again.")
    found = (path for path in sorted(folder.glob("*.safetensors")) if path.name != SHARED)
    tasks = [read_pack_file(path, "task") for path in found]
    for part in tasks:
        _check_made_for(shared, part)
    return Pack(folder, shared, {part.facts["task"]: part for part in tasks})


def read_pack_file(path: Path, kind: str) -> PackFile:
    """Read one file of a pack; ``kind`` is ``shared`` or ``task``.

    Raises:
        EmonetError: the file is not there, is damaged, or is something else.
    """
    if not path.is_file():
        raise EmonetError(f"{path}: there is no such file. Give the path of {KINDS[kind]}.")
    tensors, facts = load_checkpoint(path)
    if facts.get("pack") != kind or facts.get("format") != FORMAT:
        found = KINDS.get(str(facts.get("pack")), "another file of EmoNet")
        message = (
            f"{path}: this is {found} (format {facts.get('format', 'none')}), expected {KINDS[kind]} "
            f"(format {FORMAT}). Packs are written by: {EXPORT}"
        )
        raise EmonetError(message)
    missing = sorted(_FACTS[kind] - set(facts))
    if missing:
        raise EmonetError(f"{path}: {KINDS[kind]} without '{missing[0]}', so it is not whole. Export it again.")
    return PackFile(path, tensors, facts)


def import_task(folder: Path, path: Path, registry: Registry) -> PackFile:
    """Add a task file to a pack: all of it fits, or the pack stays as it is.

    Raises:
        EmonetError: the file was made for another shared model, its tensors do not fit, or the task is there already.
    """
    pack, part = read_pack(folder), read_pack_file(path, "task")
    _check_made_for(pack.shared, part)
    name = part.facts["task"]
    if name in pack.tasks:
        raise EmonetError(
            f"{folder} has a task '{name}' already ({pack.tasks[name].path.name}). Remove that file first."
        )
    build = build_machines if pack.has_machines else build_model
    build(Pack(folder, pack.shared, {name: part}), [name], registry)
    target = folder / task_file(name)
    with replacing(target) as temporary:
        shutil.copyfile(path, temporary)
    return PackFile(target, part.tensors, part.facts)


def build_model(pack: Pack, tasks: list[str], registry: Registry) -> Model:
    """Return the network of a pack with some of its tasks, in evaluation mode.

    Raises:
        EmonetError: a component is of another version, or tensors do not match by name and shape.
    """
    components = pack.shared.facts["components"]
    frontend, backbone = (
        _built(registry, role, components[role], pack.shared.path) for role in ("frontend", "backbone")
    )
    model = Model(frontend, backbone)
    take_over(model.state_dict(), pack.shared.tensors, pack.shared.path)
    for name in tasks:
        part = pack.task(name)
        adapter = part.facts["adapter"]
        built = None if adapter is None else _built(registry, "adapter", adapter, part.path)
        model.add_task(name, task_of(part).width, adapter=built)
        own = {key: value for key, value in part.tensors.items() if key not in {MEAN, SCALE}}
        model.load_task(name, own, part.path)
        scaling_of(part, frontend.shape)
    return model.eval()


def build_machines(pack: Pack, tasks: list[str], registry: Registry) -> tuple[Extractor, dict[str, Weights]]:
    """Return the extractor of a pack of SVMs, and coefficients (K, D) and intercepts (K,) of some of its tasks.

    Raises:
        EmonetError: the extractor is of another version, or its features are not as many as coefficients.
    """
    wanted = pack.shared.facts["components"][EXTRACTOR]
    extractor: Extractor = _built(registry, EXTRACTOR, wanted, pack.shared.path)
    machines = {}
    for name in tasks:
        part = pack.task(name)
        shape = (task_of(part).width, extractor.dim)
        found = {key: part.tensors[key].numpy() for key in NAMES if key in part.tensors}
        if [array.shape for array in found.values()] != [shape, shape[:1]]:
            seen = ", ".join(f"{key} {array.shape}" for key, array in found.items()) or "nothing"
            message = (
                f"{part.path}: an SVM with coefficients {shape} and intercepts {shape[:1]} was expected, but there"
            )
            raise EmonetError(f"{message} is {seen}. Export it again, or install the extractor it was made with.")
        machines[name] = (found[NAMES[0]], found[NAMES[1]])
        scaling_of(part, (extractor.dim,))
    return extractor, machines


def task_of(part: PackFile) -> Task:
    """Return a task's id and outputs: classes, or dimensions where it has numbers.

    Raises:
        EmonetError: it says neither.
    """
    facts = part.facts
    dimensions = tuple(
        Dimension(each["name"], (float(each["range"][0]), float(each["range"][1])), each["unit"])
        for each in facts.get("dimensions", ())
    )
    task = Task(facts["task"], tuple(facts["labels"]), {}, dimensions=dimensions)
    if not task.width:
        message = f"{part.path}: this task has neither labels nor dimensions, so it is not whole. Export it again."
        raise EmonetError(message)
    return task


def evaluation_of(part: PackFile) -> Evaluation:
    """Return what of a clip the scores of a task judged, and a prediction judges.

    Raises:
        EmonetError: it names no way to judge.
    """
    kind = part.facts["evaluate"]
    if kind not in get_args(Evaluate):
        known = ", ".join(get_args(Evaluate))
        raise EmonetError(f"{part.path}: evaluate is '{kind}', expected one of {known}. Export it again.")
    return Evaluation(kind, float(part.facts["window"]))


def normalisation_of(part: PackFile) -> Normalisation:
    """Return how a task's features are normalised.

    Raises:
        EmonetError: see ``packed_normalisation``.
    """
    return packed_normalisation(str(part.facts["normalisation"]), part.facts["task"])


def packed_normalisation(name: str, task: str) -> Normalisation:
    """Return the normalisation of a task that a pack holds, or is to hold.

    Raises:
        UnknownName: it is not known here.
        EmonetError: it asks for what nobody can say of new files.
    """
    found = normalisation_called(name)
    if found.asks not in _TOLD:
        message = f"Task '{task}' was trained with each {found.asks}'s own statistics (normalisation: {name})"
        raise EmonetError(f"{message}, and a prediction knows of speakers alone. Train with another normalisation.")
    return found


def scaling_of(part: PackFile, shape: tuple[int, ...]) -> ScalingTable | None:
    """Return a task's own mean and scale under the group ``""``; None where training fitted none.

    Raises:
        EmonetError: they are missing, or of another shape than the frontend's features.
    """
    if not normalisation_of(part).is_packed:
        return None
    found = [part.tensors[name].numpy() for name in (MEAN, SCALE) if name in part.tensors]
    if [array.shape for array in found] != [tuple(shape)] * 2:
        seen = ", ".join(str(array.shape) for array in found) or "nothing"
        message = f"{part.path}: its mean and scale should have the shape {tuple(shape)} each, but there is {seen}."
        raise EmonetError(f"{message} Export it again.")
    mean, scale = found
    return ScalingTable({"": mean}, {"": scale})


def task_file(task: str) -> str:
    """Return the name of a task's file.

    >>> task_file("foo/emotion")
    'foo%2Femotion.safetensors'
    """
    return f"{file_name(task)}.safetensors"


def _check_made_for(shared: PackFile, part: PackFile) -> None:
    made_for, there = part.facts["fingerprint"], shared.facts["fingerprint"]
    if made_for != there:
        message = (
            f"{part.path}: task '{part.facts['task']}' was made for another shared model: fingerprint {made_for[:12]}, "
            f"but {shared.path} has {there[:12]}. Import it into the pack that it was exported with."
        )
        raise EmonetError(message)


def _built(registry: Registry, role: str, wanted: Mapping[str, Any], origin: Path) -> Any:
    from emonet.plugin.component import traits_of

    kind: Any = f"{role}s"
    there = traits_of(registry.factory(kind, wanted["name"])).version
    if there != wanted["version"]:
        message = (
            f"{origin}: made with version {wanted['version']} of the {role} '{wanted['name']}', but version {there} is "
            "installed, whose output differs. Install the plugin's release that it was made with."
        )
        raise EmonetError(message)
    return registry.build(kind, wanted["name"], wanted["options"])


def learned_from(part: PackFile) -> str:
    """Return on one line what a file's weights learned from and were selected on; see ``Provenance.summary``."""
    return stated(part.facts, part.path.name).summary


def _described(part: PackFile) -> dict[str, Any]:
    values = sum(tensor.numel() for tensor in part.tensors.values())
    return {**part.facts, LEARNED: learned_from(part), "values": values}
