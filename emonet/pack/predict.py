"""Labelling new audio with a pack: every file, and each window of the long ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from emonet.audio.decode import BEYOND, SAMPLE_RATE, AudioProblem, early_end, early_ends, read_recording, usable_wave
from emonet.audio.features import finite
from emonet.errors import EmonetError, contained
from emonet.events import Listener, Notice, Progress, silent
from emonet.learn.answers import answers
from emonet.learn.batches import SHORTEST, Evaluation, windows
from emonet.learn.normalisation import ScalingTable, fit_table, frames_of
from emonet.learn.probe import Weights, decisions
from emonet.machine import checked_device, chosen_device
from emonet.model.contracts import Extractor, Frontend
from emonet.pack.audio_files import AudioFile
from emonet.pack.pack import Pack, build_machines, build_model, evaluation_of, normalisation_of, scaling_of, task_of
from emonet.plugin.registry import Registry
from emonet.recipe.recipe import Evaluate
from emonet.recipe.task import Task

FloatWave = NDArray[np.float32]
Network = Callable[..., torch.Tensor]


@dataclass(frozen=True)
class Labelled:
    """What a task says of a file from ``begin`` to ``end`` s, or of the whole of it.

    Attributes:
        window: whether this is one window of a longer file.
        label: the class, empty for a task of numbers.
        probabilities: label -> probability, in the order of the task's labels.
        affect: the label's arousal and valence; None where the corpus has no cell for it.
        numbers: dimension -> number in the corpus' own unit; empty for a task of classes.
        units: dimension -> its unit, empty where nobody says.
        evaluation: what of it was judged, in words; empty for a window.
        decisions: label -> decision value of an SVM, which has no probabilities; classes that it never met have none.
    """

    file: str
    task: str
    begin: float
    end: float
    window: bool
    label: str
    probabilities: Mapping[str, float]
    affect: Mapping[str, str] | None
    numbers: Mapping[str, float] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    evaluation: str = ""
    decisions: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unread:
    """A file or segment that has no label, and why; ``begin`` and ``end`` in s, None for the file's end."""

    file: str
    problem: str
    begin: float = 0.0
    end: float | None = None

    @property
    def place(self) -> str:
        """The file, and which segment of it, where it is not the whole."""
        until = "" if self.end is None else f" to {self.end} s"
        return self.file if not self.begin and not until else f"{self.file} from {self.begin}{until or ' s on'}"


@dataclass(frozen=True)
class Predictor:
    """The networks, or SVMs, of some of a pack's tasks, ready to label files.

    Attributes:
        networks: task id -> network, or SVM, from (wave (B, T), lengths (B,)), and (B, *shape) mean and scale where the
            task is normalised, to outputs (B, K).
        describe: from a wave to the features (n, *shape) that mean and scale of a speaker come from.
        window: length in s of windows and of the centre; None for what each task was trained on.
        evaluate: what of a file is judged; None for what the scores of each task judged.
        batch: pieces a step; the answers do not depend on it.
        tables: task id -> its mean and scale, fitted in training.
        speakers: mean and scale of each speaker, fitted by ``fit_speakers``.
    """

    pack: Pack
    networks: Mapping[str, Network]
    describe: Callable[[FloatWave], NDArray[np.float64]]
    window: float | None = None
    evaluate: Evaluate | None = None
    batch: int = 16
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    tables: Mapping[str, ScalingTable] = field(default_factory=dict)
    speakers: ScalingTable | None = None

    @property
    def by_speaker(self) -> tuple[str, ...]:
        """Tasks that were trained with each speaker's own statistics, and need them here."""
        return tuple(task for task in self.networks if normalisation_of(self.pack.task(task)).asks == "speaker")

    def fit_speakers(
        self, files: Sequence[AudioFile], speakers: Sequence[str], *, listen: Listener = silent
    ) -> Predictor:
        """Return this predictor with mean and scale of each speaker, over whole files or segments as in training.

        Files that cannot be read are passed over here; labelling names them.
        """

        def pieces() -> Iterator[tuple[str, NDArray[np.float64]]]:
            for done, (file, speaker) in enumerate(zip(files, speakers, strict=True)):
                listen(Progress("listening to each speaker", done, len(files), file.path.name))
                try:
                    yield speaker, self.describe(_wave_of(file))
                except AudioProblem:
                    continue
            listen(Progress("listening to each speaker", len(files), len(files)))

        return replace(self, speakers=fit_table(pieces()))

    def label(self, file: AudioFile, speaker: str = "") -> list[Labelled]:
        """Return what each task says of a file or segment: first of the whole, then of its windows, if several.

        The whole is judged as the scores of the task judged a clip of their test split; see ``evaluation``.

        Raises:
            AudioProblem: the file gives no wave, or no probabilities.
        """
        rows = self.label_wave(_wave_of(file), str(file.path), speaker)
        return [_later(row, file.start) for row in rows] if file.start else rows

    def label_wave(self, wave: FloatWave, name: str, speaker: str = "") -> list[Labelled]:
        """Return what each task says of a wave (T,) at 16 kHz, as ``label`` does of the file that it is from.

        Raises:
            AudioProblem: there are no probabilities of it.
        """
        return [row for task in self.networks for row in self._of_task(name, wave, task, speaker)]

    def label_all(
        self,
        files: Sequence[AudioFile],
        speakers: Sequence[str] = (),
        *,
        strict: bool = False,
        listen: Listener = silent,
    ) -> Iterator[Labelled | Unread]:
        """Yield the labels of files and segments in their order; what cannot be read is yielded with its reason.

        Raises:
            EmonetError: a file cannot be read, with ``strict``.
        """
        cut: list[str] = []
        for done, (file, speaker) in enumerate(zip(files, speakers or [""] * len(files), strict=True)):
            listen(Progress("labelling", done, len(files), file.path.name))
            try:
                rows = self.label(file, speaker)
                if file.end is not None and file.end - rows[0].end > BEYOND:
                    cut.append(early_end(file.path, file.end, rows[0].end))
                yield from rows
            except AudioProblem as problem:
                if strict:
                    raise EmonetError(
                        f"{file.path}: {problem}. Mend or leave out this file, or do without 'strict'."
                    ) from None
                yield Unread(str(file.path), str(problem), file.start, file.end)
        listen(Progress("labelling", len(files), len(files)))
        if cut:
            listen(Notice(early_ends(cut)))

    def evaluation(self, task: str) -> Evaluation:
        """Return what of a file a task judges: as its scores did, unless something else was asked for."""
        scored = evaluation_of(self.pack.task(task))
        kind = self.evaluate or ("windows" if self.window else scored.kind)
        return Evaluation(kind, self.window or scored.seconds)

    def _of_task(self, file: str, wave: FloatWave, task: str, speaker: str) -> list[Labelled]:
        part, evaluation = self.pack.task(task), self.evaluation(task)
        pieces, bounds = evaluation.pieces(len(wave)), windows(len(wave), evaluation.seconds)
        every = list(dict.fromkeys([*pieces, *(bounds if len(bounds) > 1 else [])]))
        outputs, scaling = task_of(part), self._scaling(task, speaker)
        answers = dict(zip(every, self._answers(outputs, [wave[slice(*at)] for at in every], scaling), strict=True))
        lengths = [end - begin for begin, end in pieces]
        mean = np.average([answers[at] for at in pieces], axis=0, weights=lengths)
        label = partial(_labelled, outputs, part.facts["affect"], file, decides=self.pack.has_machines)
        whole = replace(label((0, len(wave)), mean, window=False), evaluation=str(evaluation))
        return [whole, *(label(at, answers[at], window=True) for at in bounds if len(bounds) > 1)]

    def _scaling(self, task: str, speaker: str) -> dict[str, torch.Tensor]:
        """Return mean and scale (1, *shape) for a speaker's waves in a task; nothing where it is not normalised."""
        if task not in self.by_speaker:
            table, group = self.tables.get(task), ""
        elif self.speakers is None:
            message = (
                f"Task '{task}' was trained with each speaker's own statistics, so it must know which files are one "
                "speaker's. Group them by folder (--group-by folder; from Python group_by='folder'), or by speaker "
                "with a CSV file that has the columns file and speaker."
            )
            raise EmonetError(message)
        else:
            table, group = self.speakers, speaker
        if table is None:
            return {}
        if group not in table.means:
            raise AudioProblem(f"there are no statistics of the speaker '{group}'")
        mean, scale = table.rows([group])
        return {"mean": torch.from_numpy(mean).to(self.device), "scale": torch.from_numpy(scale).to(self.device)}

    def _answers(
        self, task: Task, pieces: Sequence[FloatWave], scaling: Mapping[str, torch.Tensor]
    ) -> NDArray[np.float64]:
        """Return probabilities or decision values (N, K) of pieces in their order, or numbers (N, D) in their unit."""
        network, found = partial(self.networks[task.id], **scaling), []
        # Only pieces of one length share a step, so nothing is padded and a batch cannot change an answer.
        for length, group in groupby(pieces, key=len):
            waves = torch.from_numpy(np.stack(list(group)))
            for step in torch.split(waves.to(self.device), self.batch):
                outputs = _outputs(network, step, length)
                found.append(outputs.numpy() if self.pack.has_machines else answers(task, outputs))
        rows = np.concatenate(found).astype(np.float64)
        is_unmet = np.isneginf(rows) & bool(task.classes and self.pack.has_machines)
        if not (np.isfinite(rows) | is_unmet).all():
            raise AudioProblem(
                f"task '{task.id}' gives no finite {'probabilities' if task.classes else 'numbers'} for it"
            )
        return rows


def _wave_of(file: AudioFile) -> FloatWave:
    return usable_wave(read_recording(file.path, file.start, file.end))


def _later(row: Labelled, start: float) -> Labelled:
    """Return what is said of a segment, with its place in the file."""
    return replace(row, begin=round(row.begin + start, 6), end=round(row.end + start, 6))


def open_predictor(
    pack: Pack,
    registry: Registry,
    tasks: Sequence[str] = (),
    *,
    window: float | None = None,
    evaluate: Evaluate | None = None,
    batch: int = 16,
    device: str = "auto",
) -> Predictor:
    """Build the networks of some tasks of a pack, of all by default; adapters that fold are folded.

    Args:
        window: length in s of windows and of the centre; with nothing else said, files are judged by windows of it.
        evaluate: ``centre``, ``full`` or ``windows``; by default what the scores of each task judged.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.

    Raises:
        EmonetError: the pack has no such task, or none at all; it does not fit the components here; the window
            or batch is out of range; or the device is not there.
    """
    place = chosen_device(checked_device(device))
    if window is not None and not window >= SHORTEST:
        raise EmonetError(f"A window of {window} s is too short to carry speech. Give {SHORTEST} s or more.")
    if batch < 1:
        raise EmonetError(f"A batch of {batch} holds nothing. Give 1 or more.")
    wanted = list(dict.fromkeys(tasks or pack.tasks))
    if not wanted:
        raise EmonetError(
            f"{pack.folder}: this pack has no task yet. Add one with: emonet pack import {pack.folder} TASKFILE"
        )
    shape, networks, describe = (_machines if pack.has_machines else _networks)(pack, wanted, registry, place)
    tables = {task: scaling_of(pack.task(task), shape) for task in wanted}
    return Predictor(
        pack=pack,
        networks=networks,
        describe=describe,
        window=window,
        evaluate=evaluate,
        batch=batch,
        device=place,
        tables={task: table for task, table in tables.items() if table is not None},
    )


_Built = tuple[tuple[int, ...], dict[str, Network], Callable[[FloatWave], NDArray[np.float64]]]


def _networks(pack: Pack, tasks: list[str], registry: Registry, device: torch.device) -> _Built:
    """Return the shape of features, task id -> network, and what makes features of a wave."""
    model = build_model(pack, tasks, registry).to(device)
    networks = {task: _network(model, task) for task in tasks}
    return model.frontend.shape, networks, partial(_frames, model.frontend, device)


def _machines(pack: Pack, tasks: list[str], registry: Registry, device: torch.device) -> _Built:
    """Return what ``_networks`` does, of SVMs, which are on no device."""
    extractor, machines = build_machines(pack, tasks, registry)
    networks: dict[str, Network] = {task: partial(_decided, extractor, weights) for task, weights in machines.items()}
    return (extractor.dim,), networks, lambda wave: _vector(extractor, wave)[None]


def _decided(
    extractor: Extractor,
    weights: Weights,
    waves: torch.Tensor,
    lengths: torch.Tensor,
    mean: torch.Tensor | None = None,
    scale: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return decision values (B, K) of an SVM for waves (B, T) of one length, or numbers (B, D) of SVRs."""
    values = np.stack([_vector(extractor, wave) for wave in waves.cpu().numpy()])
    if mean is not None and scale is not None:
        values = (values - mean.cpu().numpy()) / scale.cpu().numpy()
    return torch.from_numpy(decisions(weights, values))


def _vector(extractor: Extractor, wave: FloatWave) -> NDArray[np.float64]:
    """Return the features (D,) of a wave, as a run has them."""
    try:
        vector = np.asarray(contained(extractor.extract, wave), dtype=np.float32)
    except EmonetError:
        raise
    except Exception as problem:  # noqa: BLE001 - a stranger's extractor may raise anything
        raise AudioProblem(f"the extractor does not take it ({problem})") from None
    return finite(vector).astype(np.float64)


def _network(model: Any, task: str) -> Network:
    private = model.private_of(task)
    if private is None or private.adapter.foldable:
        merged: Network = model.merged(task)
        return merged
    return partial(model, task=task)


def _frames(frontend: Frontend, device: torch.device, wave: FloatWave) -> NDArray[np.float64]:
    """Return the features (L, *shape) of a whole wave."""
    with torch.inference_mode():
        try:
            (frames,) = contained(
                frames_of, frontend, torch.from_numpy(wave)[None].to(device), torch.tensor([len(wave)], device=device)
            )
        except (RuntimeError, ValueError) as problem:
            raise AudioProblem(f"the frontend does not take it ({problem})") from None
    return frames


def _outputs(network: Network, waves: torch.Tensor, length: int) -> torch.Tensor:
    with torch.inference_mode():
        try:
            return contained(network, waves, torch.full((len(waves),), length, device=waves.device))
        except (RuntimeError, ValueError) as problem:
            seconds = length / SAMPLE_RATE
            raise AudioProblem(f"the network does not take a piece of {seconds:.3f} s ({problem})") from None


def _labelled(
    task: Task,
    affect: Mapping[str, Any],
    file: str,
    at: tuple[int, int],
    row: NDArray[np.float64],
    *,
    window: bool,
    decides: bool,
) -> Labelled:
    begin, end = (sample / SAMPLE_RATE for sample in at)
    if not task.classes:
        numbers = dict(zip(task.targets, row.tolist(), strict=True))
        units = {each.name: each.unit for each in task.dimensions}
        return Labelled(file, task.id, begin, end, window, "", {}, None, numbers, units)
    label = task.classes[int(row.argmax())]
    values = dict(zip(task.classes, row.tolist(), strict=True))
    if decides:
        known = {name: value for name, value in values.items() if np.isfinite(value)}
        return Labelled(file, task.id, begin, end, window, label, {}, affect.get(label), decisions=known)
    return Labelled(file, task.id, begin, end, window, label, values, affect.get(label))
