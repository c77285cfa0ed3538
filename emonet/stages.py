"""Carrying out one stage: its result is a folder named by its key, complete once ``stage.json`` is there."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from emonet.atomic import write_json
from emonet.audio.features import extract_features
from emonet.audio.store import Store
from emonet.corpus.corpus import PARTS, Part
from emonet.evaluate.predictions import Checkpoint, Pass, Predictions, concat
from emonet.events import Listener, StageEnded, StageStarted
from emonet.home import stages_folder
from emonet.learn.clips import Clips, clips_of
from emonet.learn.scaling import check_groups
from emonet.plan import Stage
from emonet.plugin.registry import Registry

if TYPE_CHECKING:
    from emonet.learn.train import Trainer

Array = np.ndarray[Any, np.dtype[Any]]
CHECKPOINTS: tuple[Checkpoint, ...] = ("best", "final")
SCORED: tuple[Literal["dev", "test"], ...] = ("dev", "test")
_DONE = "stage.json"


@dataclass
class StageRunner:
    """Runs stages with the components of a registry on the stores of the recipe's corpora.

    Attributes:
        stores: corpus id -> opened store.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
    """

    registry: Registry
    stores: Mapping[str, Store]
    device: str
    listen: Listener
    _features: dict[str, Any] = field(default_factory=dict)

    def run(self, stage: Stage) -> None:
        """Carry out a stage unless its result is there; a second process waits for the first."""
        from filelock import FileLock

        folder = stage_folder(stage.key)
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            reused = is_done(stage.key)
            self.listen(StageStarted(stage.key, stage.title, reused))
            started = time.monotonic()
            if not reused:
                facts = self._probe(stage, folder) if stage.kind == "probe" else self._train(stage, folder)
                write_json(folder / _DONE, {**facts, "test_opened": 1, "seconds": time.monotonic() - started})
            self.listen(StageEnded(stage.key, stage.title, time.monotonic() - started))

    def _clips(self, stage: Stage) -> dict[Part, Clips]:
        for items in stage.task.items.values():
            check_groups(stage.normalisation, (item.speaker for item in items), stage.task.id)
        return {part: clips_of(stage.task.items[part], self.stores, stage.normalisation) for part in PARTS}

    def _probe(self, stage: Stage, folder: Path) -> dict[str, Any]:
        import torch

        from emonet.learn.checkpoint import save_checkpoint
        from emonet.learn.probe import fit_probe, normalised

        clips = self._clips(stage)
        raw = {part: np.stack([self._vector(stage, place) for place in clips[part].places]) for part in PARTS}
        groups = {part: clips[part].groups for part in PARTS}
        features = normalised(raw, groups, stage.normalisation)
        result = fit_probe(stage.task, features, stage.settings.svm, stage.seed)
        coefficients, intercepts = (torch.from_numpy(array) for array in result.weights)
        facts = {"task": stage.task.id, "classes": list(stage.task.classes), "c": result.c}
        tensors = {"coefficients": coefficients, "intercepts": intercepts}
        save_checkpoint(folder / "best.safetensors", tensors, facts)
        write_json(folder / "history.json", result.trials)
        dev, test = predictions_of(stage, "dev", "best", result.dev), predictions_of(stage, "test", "best", result.test)
        concat([dev, test]).write_parquet(folder / "predictions.parquet")
        return {"chosen": {"C": result.c}, "parameters": coefficients.numel() + intercepts.numel()}

    def _vector(self, stage: Stage, place: tuple[Store, int]) -> Array:
        """Return the features (D,) of one clip; those of a whole store are extracted, or read, once."""
        store, row = place
        part = stage.components["extractor"]
        key = json.dumps([store.key, part.to_json()], sort_keys=True)
        if key not in self._features:
            extractor = self.registry.build("extractors", part.name, part.options)
            version, options = part.traits.version, part.options
            found = extract_features(
                store, extractor, name=part.name, version=version, options=options, listen=self.listen
            )
            self._features[key] = found.astype(np.float64)
        vector: Array = self._features[key][row]
        return vector

    def _train(self, stage: Stage, folder: Path) -> dict[str, Any]:
        from emonet.model.model import parameter_count

        trainer = self._trainer(stage, folder)
        ended, history = trainer.train()
        write_json(folder / "history.json", history)
        rows = []
        for name in CHECKPOINTS:
            trainer.load(name)
            for part in SCORED:
                rows.append(predictions_of(stage, part, name, trainer.outputs(trainer.clips[part])))
        concat(rows).write_parquet(folder / "predictions.parquet")
        facts = {"best_epoch": ended.best_epoch, "final_epoch": ended.epoch}
        return {**facts, "parameters": parameter_count(trainer.model)}

    def _trainer(self, stage: Stage, folder: Path) -> Trainer:
        import torch

        from emonet.learn.randomness import seed_for
        from emonet.learn.statistics import frontend_table
        from emonet.learn.train import Trainer
        from emonet.model.model import Model

        device = chosen_device(self.device)
        clips = self._clips(stage)
        torch.manual_seed(seed_for("initial weights", stage.seed))
        frontend, backbone = (self._build(stage, role) for role in ("frontend", "backbone"))
        model = Model(frontend, backbone)
        model.add_task(stage.task.id, len(stage.task.classes), dropout=stage.settings.dropout)
        table = frontend_table(frontend.to(device), clips, stage.normalisation, device)
        return Trainer(
            model=model.to(device).to(memory_format=torch.channels_last),
            task=stage.task,
            clips=clips,
            settings=stage.settings.training,
            rates=stage.learning_rates,
            table=table,
            seed=stage.seed,
            device=device,
            precision=stage.precision,
            folder=folder,
            key=stage.key,
            listen=self.listen,
        )

    def _build(self, stage: Stage, role: str) -> Any:
        part = stage.components[role]
        kind: Any = f"{role}s"
        return self.registry.build(kind, part.name, part.options)


def predictions_of(stage: Stage, part: Literal["dev", "test"], checkpoint: Checkpoint, outputs: Array) -> Predictions:
    """Return the predictions of a stage's part from outputs (N, K): probabilities or decision values."""
    items, classes = stage.task.items[part], stage.task.classes
    corpus, _, target = stage.task.id.partition("/")
    made = Pass(corpus, target, part, stage.fold, stage.seed, stage.system, checkpoint)
    return made.predictions(
        [item.id for item in items],
        [classes[item.label] for item in items],
        [classes[int(index)] for index in outputs.argmax(axis=1)],
        classes=classes,
        speakers=[item.speaker for item in items],
        probabilities=outputs.tolist() if stage.kind == "train" else None,
    )


def stage_folder(key: str) -> Path:
    """Return the folder of a stage's result."""
    return stages_folder() / key


def is_done(key: str) -> bool:
    """Say whether a stage's result is complete."""
    return (stage_folder(key) / _DONE).is_file()


def stage_facts(key: str) -> dict[str, Any]:
    """Return what a complete stage says of itself: epochs, parameters, seconds."""
    facts: dict[str, Any] = json.loads((stage_folder(key) / _DONE).read_text(encoding="utf-8"))
    return facts


def chosen_device(name: str) -> Any:
    """Return the torch device called ``name``; ``auto`` takes a GPU where there is one.

    Raises:
        EmonetError: the device is not there.
    """
    import torch

    from emonet.errors import EmonetError

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there[device.type]:
        raise EmonetError(f"The device '{name}' is not there. Set device: auto, or --set device=cpu.")
    return device
