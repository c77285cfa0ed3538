"""Carrying out one stage: its result is a folder named by its key, complete once ``stage.json`` is there."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from emonet.audio.features import extract_features
from emonet.audio.store import Store, Stores
from emonet.engine.assemble import Assembler
from emonet.engine.kept import (
    HISTORY,
    PREDICTIONS,
    Kept,
    finish,
    look_at,
    machines_of,
    stage_facts,
    stage_folder,
    sweep,
)
from emonet.engine.leaks import SOUNDS, KnownAudio
from emonet.engine.openings import open_test
from emonet.errors import EmonetError, counted
from emonet.evaluate.predictions import Checkpoint, Pass, Predictions, concat
from emonet.events import Listener, Notice, StageEnded, StageStarted
from emonet.files import write_json
from emonet.learn.clips import Clips, clips_of
from emonet.machine import LIBRARIES, chosen_device, differences, machine_of
from emonet.plugin.registry import Registry
from emonet.randomness import undrawn
from emonet.recipe.aggregate import AGGREGATE, exposure
from emonet.recipe.normalisation import NORMALISATIONS
from emonet.recipe.provenance import FORMAT, LEARNED, heard_corpora, whole_provenance
from emonet.recipe.stage import Stage
from emonet.recipe.task import Task
from emonet.task_id import TaskId

if TYPE_CHECKING:
    import torch

    from emonet.learn.learner import Learner
    from emonet.learn.normalisation import ScalingTable
    from emonet.learn.probe import Vectors

Array = np.ndarray[Any, np.dtype[Any]]
CHECKPOINTS: tuple[Checkpoint, ...] = ("best", "final")
_ONE_AT_A_TIME = threading.Lock()
"""Held while a stage is done: torch's generators and its number of threads are the process', so stages take turns."""


@dataclass
class StageRunner:
    """Runs stages with the components of a registry on the stores of the recipe's corpora.

    Attributes:
        stages: key -> stage without test, all of the plan.
        stores: by corpus id.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        elsewhere: facts of the machine that are other ones where the executor has stages done.
    """

    registry: Registry
    stages: Mapping[str, Stage]
    stores: Stores
    device: str
    listen: Listener
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    _features: dict[str, Array] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)

    def run(self, stage: Stage) -> None:
        """Carry out a stage unless its result is there; a second process, or thread, waits for the first.

        Training gets the stage without test; test is opened when all the rest is kept.
        """
        from filelock import FileLock

        folder = stage_folder(stage.key)
        folder.mkdir(parents=True, exist_ok=True)
        with _ONE_AT_A_TIME, FileLock(folder / ".lock"), undrawn():
            kept = look_at(folder)
            sweep(folder, kept)
            facts = kept.facts
            self._tell_damage(kept)
            self._tell_machine(stage, facts)
            self.listen(StageStarted(stage.key, stage.title, is_done(stage)))
            started = time.monotonic()
            if not facts:
                machines = self._machines(folder)
                facts = self._learn(stage.shut(), folder)
                facts |= {
                    "kind": stage.kind,
                    "learned": [task.id for task in stage.tasks],
                    "machines": machines,
                    "seconds": time.monotonic() - started,
                }
            self._state(stage, folder, facts)
            for split in _missing(stage, facts):
                facts |= self._predict(open_test(stage, folder) if split == "test" else stage.shut(), split, folder)
                finish(folder, facts)
            self.listen(StageEnded(stage.key, stage.title, time.monotonic() - started))

    def _state(self, stage: Stage, folder: Path, facts: dict[str, Any]) -> None:
        """Note in a kept result whose names its speakers have by this recipe; training depends on everything but that.

        What is reused was perhaps trained for a recipe that said otherwise, and what was resumed begun for one.
        """
        from emonet.learn.checkpoint import restate

        speakers = {corpus: stage.speakers[corpus] for corpus in heard_corpora(stage, self.stages)}
        whose = {"format": FORMAT, "speakers": speakers}
        if facts.get("provenance") != whose:
            for path in (folder / f"{name}.safetensors" for name in CHECKPOINTS):
                if path.is_file():
                    restate(path, {LEARNED: self._learned(stage)})
            facts["provenance"] = whose
            finish(folder, facts)

    def _tell_damage(self, kept: Kept) -> None:
        if kept.damaged:
            names = ", ".join(map(str, kept.damaged))
            what = "predictions are made" if kept.facts else "stage is done"
            self.listen(Notice(f"{names}: not what was written, so the {what} again."))

    def _tell_machine(self, stage: Stage, facts: Mapping[str, Any]) -> None:
        """Say once where a reused result was made on another machine; SVMs depend on versions alone."""
        if not facts:
            return
        of = LIBRARIES if stage.kind == "probe" else ()
        here = {**machine_of(chosen_device(self.device)), **self.elsewhere}
        for there in filter(None, (differences(each, here, of=of) for each in facts["machines"])):
            if there not in self._told:
                text = f"Results are reused that another machine made ({there} here)"
                self.listen(Notice(f"{text}: made here, their last digits, and with them the scores, may differ."))
            self._told.add(there)

    def _machines(self, folder: Path) -> list[Mapping[str, str]]:
        """Note this machine in a stage's folder; say where it goes on with what another one began."""
        from emonet.learn.loops import RESUME

        here = machine_of(chosen_device(self.device))
        machines = machines_of(folder, here, resumes=(folder / RESUME).is_file())
        if machines[0] != here:
            there = differences(machines[0], here)
            self.listen(Notice(f"Training goes on that another machine began ({there} here): it may end elsewhere."))
        return machines

    def _learn(self, stage: Stage, folder: Path) -> dict[str, Any]:
        for name in PREDICTIONS.values():
            (folder / name).unlink(missing_ok=True)
        return self._probe(stage, folder) if stage.kind == "probe" else self._train(stage, folder)

    def _clips(self, task: Task, normalisation: str) -> dict[str, Clips]:
        """Return the clips of the splits that a task has."""
        return {split: clips_of(task, split, self.stores, normalisation) for split in task.items}

    def _probe(self, stage: Stage, folder: Path) -> dict[str, Any]:
        """Fit the SVM; keep its outputs on dev from before the refit with dev, and the SVMs of tied values of C."""
        from emonet.learn.normalisation import TABLE, save_table
        from emonet.learn.probe import fit_probe, normalised, save_probe, vector_table

        vectors, table = self._vectors(stage), None
        normalisation = NORMALISATIONS[stage.normalisation]
        if normalisation.is_fitted:
            table = vector_table(vectors[split] for split in normalisation.fitted_on)
            save_table(folder / TABLE, table)
        features = {split: normalised(each, table) for split, each in vectors.items()}
        result = fit_probe(stage.task, features, stage.svm, stage.seed)
        facts = {"tasks": {stage.task.id: stage.task.outputs_json()}, LEARNED: self._learned(stage)}
        save_probe(folder, result, facts)
        write_json(folder / HISTORY, result.trials)
        predictions_of(stage, "dev", "best", result.dev).write_parquet(folder / PREDICTIONS["dev"])
        unfinished = [target for target, choice in result.choices.items() if not choice.converged]
        if unfinished:
            what = f" of {' and of '.join(unfinished)}" if len(result.choices) > 1 else ""
            self.listen(Notice(f"{stage.title}: the solver of the chosen SVM{what} did not converge. {_advice(stage)}"))
        choices = {target: asdict(choice) for target, choice in result.choices.items()}
        parameters = sum(array.size for array in result.weights)
        return {"chosen": {"C": result.c}, "chosen_by": result.by, "choices": choices, "parameters": parameters}

    def _vectors(self, stage: Stage) -> dict[str, Vectors]:
        """Return the features of the splits that a stage has."""
        from emonet.learn.probe import Vectors

        return {
            split: Vectors(np.stack([self._vector(stage, place) for place in clips.places]), clips.groups)
            for split, clips in self._clips(stage.task, stage.normalisation).items()
        }

    def _learned(self, stage: Stage) -> dict[str, Any]:
        """Return what the stage's weights have heard, for their file to carry."""
        return whole_provenance(stage, self.stages, self._heard.hash, SOUNDS).to_json()

    @cached_property
    def _heard(self) -> KnownAudio:
        """What is known of the corpora's audio; each store is asked once for all stages."""
        return KnownAudio(None, self.stores.folders)

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
        """Train a network."""
        from emonet.learn.loops import EpochTrainer, RoundTrainer
        from emonet.model.model import parameter_count

        learner = self._learner(stage, self._assembler.started(stage))
        learner.table = self._fitted_table(stage, learner, folder)
        facts: dict[str, Any] = {"tasks": {task.id: task.outputs_json() for task in stage.tasks}}
        facts |= {"parameters": parameter_count(learner.model), "precision": learner.precision}
        facts |= {"exposure": {task.id: exposure(task) for task in stage.tasks if task.id.startswith(AGGREGATE)}}
        about = {**facts, LEARNED: self._learned(stage)}
        shared, rates = stage.learning.shared, stage.learning_rates
        if shared is not None:
            rounds = RoundTrainer(learner, shared, rates, folder, stage.key, self.listen, about)
            done, history, received = rounds.train()
            facts |= {"rounds": done, "received": received}
        else:
            epochs = EpochTrainer(learner, rates, folder, stage.key, self.listen, about)
            ended, history = epochs.train()
            facts |= {"best_epoch": ended.best_epoch, "final_epoch": ended.epoch}
        write_json(folder / HISTORY, history)
        return facts

    def _predict(self, stage: Stage, split: Literal["dev", "test"], folder: Path) -> dict[str, Any]:
        """Predict one of the splits that a stage has: by the refitted SVM, or by the best and the final weights.

        Returns:
            What else the stage is to say of itself: of an SVM, how right other values of C would have been.
        """
        facts: dict[str, Any] = {}
        if stage.kind == "probe":
            outputs, sums = self._decided(stage, split, folder)
            tables, facts = [predictions_of(stage, split, "best", outputs)], {f"choices_on_{split}": sums}
        else:
            tables = [
                predictions_of(stage, split, name, self._outputs(stage, split, name, folder)) for name in CHECKPOINTS
            ]
        concat(tables).write_parquet(folder / PREDICTIONS[split])
        return facts

    def _decided(self, stage: Stage, split: str, folder: Path) -> tuple[Array, dict[str, Any]]:
        """Return what the refitted SVM says of a split, and what each tied C's score is summed from."""
        from emonet.learn.probe import decisions, normalised, read_probe, tied_sums, vector_table

        vectors = self._vectors(stage)[split]
        values = normalised(vectors, _kept_table(stage, folder, partial(vector_table, [vectors])))
        chosen, tied = read_probe(folder)
        sums = {target: tied_sums(stage.task, target, refits, values) for target, refits in tied.items()}
        return decisions(chosen, values), sums

    def _outputs(self, stage: Stage, split: str, weights: str, folder: Path) -> Array:
        """Return what the network says of a split with its ``best`` or ``final`` weights."""
        from emonet.learn.normalisation import frontend_table

        learner = self._learner(stage, self._assembler.trained(stage, weights))
        clips = learner.clips[stage.task.id][split]
        own = partial(frontend_table, learner.model.frontend, [clips], learner.device)
        learner.table = _kept_table(stage, folder, own)
        return learner.outputs(stage.task, split)

    @property
    def _assembler(self) -> Assembler:
        return Assembler(self.registry, self.stages)

    def _learner(self, stage: Stage, model: Any) -> Learner:
        """Return a learner of the splits that a stage has, on the device, its features not yet normalised."""
        import torch

        from emonet.learn.learner import Learner

        device = chosen_device(self.device)
        _check_precision(stage, device)
        return Learner(
            model=model.to(device).to(memory_format=torch.channels_last),
            tasks=stage.tasks,
            clips={task.id: self._clips(task, stage.normalisation) for task in stage.tasks},
            settings=stage.learning.training,
            table=None,
            seed=stage.seed,
            device=device,
            precision=stage.precision,
        )

    def _fitted_table(self, stage: Stage, learner: Learner, folder: Path) -> ScalingTable | None:
        """Fit the table that training normalises by, and keep it."""
        from emonet.learn.normalisation import TABLE, frontend_table, save_table

        normalisation = NORMALISATIONS[stage.normalisation]
        if not normalisation.is_fitted:
            return None
        fitted = [clips[split] for clips in learner.clips.values() for split in normalisation.fitted_on]
        table = frontend_table(learner.model.frontend, fitted, learner.device)
        save_table(folder / TABLE, table)
        return table


def _advice(stage: Stage) -> str:
    steps = stage.svm.iterations
    more = f"more than {counted(steps, 'step')} (svm: {{iterations: {10 * steps}}})"
    return f"It may with {more}, or with smaller values of C."


def _kept_table(stage: Stage, folder: Path, own: Callable[[], ScalingTable]) -> ScalingTable | None:
    """Return the table of training, or that of a new group's ``own`` clips where a normalisation asks for it."""
    from emonet.learn.normalisation import TABLE, load_table

    normalisation = NORMALISATIONS[stage.normalisation]
    if not normalisation.is_fitted:
        return None
    table = load_table(folder / TABLE)
    return table.with_new(own()) if normalisation.is_transductive else table


def _missing(stage: Stage, facts: Mapping[str, Any]) -> tuple[Literal["dev", "test"], ...]:
    """Return the splits whose predictions this recipe needs and the stage's folder lacks."""
    return tuple(split for split in stage.splits if PREDICTIONS[split] not in facts["files"])


def _check_precision(stage: Stage, device: torch.device) -> None:
    """Refuse a precision that this machine gets wrong: another one would be kept under the stage's key."""
    from emonet.learn.precision import bf16_fault

    fault = bf16_fault(device) if stage.precision == "bf16" else ""
    if fault:
        message = (
            f"{stage.title}: it was planned for precision bf16, which this machine ({device}) gets wrong: {fault}. "
            "Choose precision: fp32, or another machine."
        )
        raise EmonetError(message)


def predictions_of(stage: Stage, split: Literal["dev", "test"], checkpoint: Checkpoint, outputs: Array) -> Predictions:
    """Return the predictions of a stage's split, of the task's one target or of each of its dimensions.

    Args:
        outputs: probabilities or decision values (N, K) of classes, or numbers (N, D) in the corpus' own unit.
    """
    task, items = stage.task, stage.task.items[split]
    made = Pass(TaskId.of(task.id).corpus, "", split, stage.fold, stage.seed, stage.system, checkpoint)
    ids, speakers = [item.id for item in items], [item.speaker for item in items]
    if not task.classes:
        tables = []
        for column, target in enumerate(task.targets):
            truth = [_number(item.label[column]) for item in items if isinstance(item.label, tuple)]
            predicted = [_number(value) for value in outputs[:, column]]
            tables.append(replace(made, target=target).predictions(ids, truth, predicted, speakers=speakers))
        return concat(tables)
    return replace(made, target=task.targets[0]).predictions(
        ids,
        [task.class_of(item) for item in items],
        [task.classes[int(index)] for index in outputs.argmax(axis=1)],
        classes=task.classes,
        speakers=speakers,
        probabilities=None if stage.kind == "probe" else outputs.tolist(),
    )


def _number(value: float) -> str:
    """Return a number as text, as exact as single precision is."""
    return f"{float(value):.9g}"


def is_done(stage: Stage) -> bool:
    """Say whether all that a recipe needs of a stage is there, and whole."""
    facts = stage_facts(stage.key)
    return bool(facts) and not _missing(stage, facts)
