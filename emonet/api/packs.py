"""Packs from Python: trained models that label new audio."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from emonet.api.corpora import Plugins, registry_of
from emonet.api.frames import frame_of
from emonet.audio.decode import FULL_SCALE, AudioProblem, Recording, rounded, usable_wave
from emonet.errors import EmonetError
from emonet.events import Notice
from emonet.pack.audio_files import Grouping, audio_files, groups_of
from emonet.pack.pack import Pack, read_pack
from emonet.pack.predict import Labelled, Predictor, Unread, open_predictor
from emonet.progress import told
from emonet.recipe.recipe import Evaluate

if TYPE_CHECKING:
    import pandas as pd

    from emonet.events import Listener

_SHOWN = ("file", "task", "window", "begin", "end", "evaluation", "label", "arousal", "valence")
_FULL_SCALE = {"int16": FULL_SCALE, "int32": 1 << 31}
_RATES = range(1_000, 768_001)


@dataclass(frozen=True)
class Labels:
    """What a pack says of audio, and what it could not read.

    Attributes:
        rows: first of each file, then of its windows, where there are several.
        unread: files without a label, and why.
        by_speaker: tasks whose labels rest on all files of a speaker together.
    """

    rows: tuple[Labelled, ...]
    unread: tuple[Unread, ...] = ()
    by_speaker: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of ``flat``: each class or dimension of any task has one of its own."""
        classes = dict.fromkeys(label for row in self.rows for label in row.probabilities)
        decided = dict.fromkeys(label for row in self.rows for label in row.decisions)
        dimensions = dict.fromkeys(name for row in self.rows for name in row.numbers)
        values = (*(f"p_{label}" for label in classes), *(f"d_{label}" for label in decided))
        return (*_SHOWN, *values, *(f"n_{name}" for name in dimensions), "problem")

    def flat(self) -> list[dict[str, Any]]:
        """Return a row a label, with nothing in the columns of other tasks; then a row a file without one, and why."""
        return [*map(_flat, self.rows), *map(asdict, self.unread)]

    def to_frame(self) -> pd.DataFrame:
        """Return a row a label, as ``emonet predict --csv`` prints them; for a file without one, its ``problem``."""
        return frame_of(self.flat(), self.columns)


@dataclass(frozen=True)
class LoadedPack:
    """A pack whose networks, or SVMs, are built, ready to label audio.

    Attributes:
        predictor: its networks, and what of a file they judge.
    """

    predictor: Predictor

    @property
    def pack(self) -> Pack:
        """The pack's files, as they were read."""
        return self.predictor.pack

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks that audio is labelled for."""
        return tuple(self.predictor.networks)

    def info(self) -> dict[str, Any]:
        """Return what the pack holds and where it comes from; as ``emonet pack info PACK --json``."""
        return self.pack.to_json()

    def predict(
        self,
        audio: Any,
        *,
        rate: int | None = None,
        group_by: Grouping | None = None,
        strict: bool = False,
        progress: bool | Listener = True,
    ) -> pd.DataFrame:
        """Return a row a label: class, probabilities ``p_CLASS``, arousal and valence, or numbers ``n_NAME``.

        An SVM has decision values ``d_CLASS`` in place of probabilities.

        An array is resampled and judged as the lossless file that it was read from. Of audio that is longer than what
        is judged at once, rows of its windows follow (``window`` is true). A file that cannot be read has a row with
        its ``problem``, and no label.

        Args:
            audio: a wave (T,) or (C, T) in [-1, 1], or as int16; a file, a folder, a table of files or of
                segments (CSV or JSON lines, as manifests are); or a list of waves, or of files.
            rate: of waves, in Hz.
            group_by: ``folder`` or ``speaker``: which files are one speaker's, for a system that was trained with
                each speaker's own statistics.
            strict: stop at the first file that cannot be read.
            progress: whether to show on stderr what goes on; or a function that is given each ``Event``.

        Raises:
            EmonetError: a wave that gives no label, no audio at all, a rate that is missing, or not of waves.
        """
        found = list(audio) if isinstance(audio, list | tuple) else [audio]
        if found and all(isinstance(each, str | Path) for each in found):
            if rate is not None:
                raise EmonetError(f"rate={rate} goes with arrays; files say their own rate. Leave it out.")
            labels = self.label(map(Path, found), group_by=group_by, strict=strict, progress=progress)
            with told(progress) as listen:
                for each in labels.unread:
                    listen(Notice(f"Not labelled: {each.place}: {each.problem}"))
            return labels.to_frame()
        if not found:
            raise EmonetError("An empty list holds no audio. Give waves, or files.")
        if rate is None:
            raise EmonetError("An array does not say how fast it was sampled. Give rate=, in Hz.")
        names = [f"wave {number}" for number in range(len(found))] if isinstance(audio, list | tuple) else ["wave"]
        waves = [_named(name, each, rate) for name, each in zip(names, found, strict=True)]
        rows = [row for name, wave in zip(names, waves, strict=True) for row in self._of_wave(name, wave)]
        return Labels(tuple(rows)).to_frame()

    def label(
        self,
        paths: Iterable[Path],
        *,
        group_by: Grouping | None = None,
        strict: bool = False,
        progress: bool | Listener = True,
    ) -> Labels:
        """Return what each task says of files, folders and tables, as typed rows; see ``predict``."""
        predictor = self.predictor
        with told(progress) as listen:
            files = audio_files(paths, listen, with_speakers=group_by == "speaker")
        groups = groups_of(files, group_by) if group_by else []
        if group_by and not predictor.by_speaker:
            text = "No task here was trained with normalisation: speaker, so there is nothing to group by."
            raise EmonetError(f"{text} Leave it out.")
        with told(progress) as listen:
            if group_by:
                predictor = predictor.fit_speakers(files, groups, listen=listen)
            found = list(predictor.label_all(files, groups, strict=strict, listen=listen))
        rows = tuple(each for each in found if isinstance(each, Labelled))
        unread = tuple(each for each in found if isinstance(each, Unread))
        return Labels(rows, unread, predictor.by_speaker)

    def _of_wave(self, name: str, wave: NDArray[np.float32]) -> list[Labelled]:
        try:
            return self.predictor.label_wave(wave, name)
        except AudioProblem as problem:
            raise EmonetError(f"{name}: {problem}.") from None


def load_pack(
    path: str | Path,
    *,
    tasks: Sequence[str] = (),
    window: float | None = None,
    evaluate: Evaluate | None = None,
    batch: int = 16,
    device: str = "auto",
    plugins: Plugins = (),
) -> LoadedPack:
    """Read a pack and build its networks; its ``predict`` labels audio as ``emonet predict PACK`` does.

    Args:
        path: the pack's folder, as ``emonet pack export`` writes it.
        tasks: some of its tasks; by default all.
        window: length in s of windows and of the centre; by default as in the run's scores.
        evaluate: ``centre``, ``full`` or ``windows``; by default what the scores of each task judged.
        batch: pieces labelled at once; changes the speed alone.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        plugins: single-file plugins to load as well.

    Raises:
        EmonetError: the folder holds no pack, it is damaged, or does not fit the components here.
    """
    pack, registry = read_pack(Path(path)), registry_of(plugins)
    return LoadedPack(
        open_predictor(pack, registry, tasks, window=window, evaluate=evaluate, batch=batch, device=device)
    )


def _named(name: str, samples: Any, rate: int) -> NDArray[np.float32]:
    try:
        return _wave(samples, rate)
    except AudioProblem as problem:
        raise EmonetError(f"{name}: {problem}.") from None


def _wave(samples: Any, rate: int) -> NDArray[np.float32]:
    """Return a wave (T,) at 16 kHz of samples (T,) or (C, T)."""
    if rate not in _RATES:
        raise AudioProblem(f"a sampling rate of {rate} Hz, expected a whole number from {_RATES[0]} to {_RATES[-1]}")
    channels = np.atleast_2d(_floats(samples))
    if channels.ndim > 2 or channels.shape[0] > max(channels.shape[1], 1):
        raise AudioProblem(f"an array of shape {channels.shape}, expected (T,) or (channels, T); transpose it: wave.T")
    if channels.size == 0:
        raise AudioProblem("no frames")
    is_deep = not np.array_equal(channels, rounded(channels), equal_nan=True)
    return usable_wave(Recording(channels, rate, is_deep))


def _floats(samples: Any) -> NDArray[np.float32]:
    """Return samples as float32 of full scale 1; a tensor of torch may be on a device."""
    given = np.asarray(samples.detach().cpu() if hasattr(samples, "detach") else samples)
    if given.dtype.kind == "f" and given.ndim:
        return given.astype(np.float32)
    if given.dtype.name in _FULL_SCALE:
        return (given / _FULL_SCALE[given.dtype.name]).astype(np.float32)
    what = f"an array of {given.dtype.name}" if given.ndim else f"{type(samples).__name__} {samples!r}"
    raise AudioProblem(f"{what}, expected samples in [-1, 1] as floats, or int16 or int32")


def _flat(row: Labelled) -> dict[str, Any]:
    cell: Mapping[str, str] = row.affect or {}
    cells = {name: getattr(row, name) for name in _SHOWN if name not in {"label", "arousal", "valence"}}
    shares = {f"p_{label}": share for label, share in row.probabilities.items()}
    shares |= {f"d_{label}": value for label, value in row.decisions.items()}
    numbers = {f"n_{name}": number for name, number in row.numbers.items()}
    affect = {name: cell.get(name) for name in ("arousal", "valence")}
    return {**cells, "label": row.label or None, **affect, **shares, **numbers}
