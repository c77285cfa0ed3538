"""CMU-MOSEI: segments of whole videos, with seven ratings each, from the owners' HDF5 file or an export of it."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet.corpus.readers.folders import files_below
from emonet.errors import MissingExtra
from emonet_corpora._release import matches, rows

_AUDIO = r"(?:^|/)WAV_16000/(?P<video>[A-Za-z0-9_-]+)\.wav$"
_LABELS = r"(?:^|/)CMU_MOSEI_Labels\.(?P<kind>csd|csv)$"
_FOLDS = "cmu_mosei_std_folds.py"
_SPLITS = {"standard_train_fold": "train", "standard_valid_fold": "dev", "standard_test_fold": "test"}
_OUTSIDE = "outside"
"""Stands for the split of a video that is in none of the owners' folds."""
_EMOTIONS = ("happy", "sad", "anger", "surprise", "disgust", "fear")
_RATINGS = ("sentiment", *_EMOTIONS)
_TABLE = "All Labels"

_Segment = tuple[str, str, float, float, dict[str, float]]
"""Place, video, start and end in s, and ratings by name."""


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each labelled segment of each video that is there.

    Raises:
        CorpusError: labels or recordings are not there or cannot be read.
        MissingExtra: the labels are HDF5, and h5py is not installed.
    """
    found = matches(root, _AUDIO, "cmu_mosei", "Raw/Audio/Full/WAV_16000/-3g5yACwYnA.wav")
    audio = {match["video"]: match.string for match in found}
    splits = _splits(root)
    for place, video, start, end, ratings in _segments(root):
        begin = max(0.0, start)
        if video in audio and end > begin:
            codes = {"sentiment": str(ratings["sentiment"]), "emotion": _strongest(ratings)}
            yield Utterance(
                id=f"{video}@{begin:.3f}-{end:.3f}",
                path=audio[video],
                labels=labels_from(codes, targets, place),
                session=video,
                split=splits.get(video, _OUTSIDE) if splits else None,
                start=begin,
                end=end,
            )


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return the video that a recording's name says, None for any other path."""
    match = re.search(_AUDIO, path)
    return None if match is None else Utterance(match["video"], path, {}, session=match["video"])


def _splits(root: Path) -> dict[str, str]:
    """Return the split of each video by the owners' list, empty where the list is not below ``root``.

    The list is a Python file of three lists; it is parsed and never run.
    """
    path = next((path for path in files_below(root) if path.rpartition("/")[2] == _FOLDS), None)
    if path is None:
        return {}
    try:
        statements = ast.parse((root / path).read_bytes()).body
        lists = {
            name.id: ast.literal_eval(each.value)
            for each in statements
            if isinstance(each, ast.Assign)
            for name in each.targets
            if isinstance(name, ast.Name)
        }
        return {str(video): split for name, split in _SPLITS.items() for video in lists[name]}
    except (SyntaxError, ValueError, TypeError, KeyError) as problem:
        message = f"{root / path}: not the lists {', '.join(_SPLITS)} ({problem}). Get the file again."
        raise CorpusError(message) from None


def _strongest(ratings: dict[str, float]) -> str:
    """Return the emotion with the highest intensity, or nothing where none or several have it."""
    highest = max(ratings[name] for name in _EMOTIONS)
    strongest = [name for name in _EMOTIONS if ratings[name] == highest]
    return strongest[0] if highest > 0 and len(strongest) == 1 else ""


def _segments(root: Path) -> Iterator[_Segment]:
    (labels, *_) = matches(root, _LABELS, "cmu_mosei", "CMU_MOSEI_Labels.csd")
    return _of_hdf5(root / labels.string) if labels["kind"] == "csd" else _of_csv(root, labels.string)


def _of_csv(root: Path, path: str) -> Iterator[_Segment]:
    for place, cells in rows(root, path, columns=("video", "start", "end", *_RATINGS)):
        try:
            numbers = {name: float(cells[name]) for name in ("start", "end", *_RATINGS)}
        except ValueError as problem:
            raise CorpusError(f"{place}: {problem}. Expected numbers but for the video. Mend the row.") from None
        yield place, cells["video"], numbers.pop("start"), numbers.pop("end"), numbers


def _of_hdf5(path: Path) -> Iterator[_Segment]:
    try:
        import h5py
    except ImportError:
        raise MissingExtra(f"{path.name}, which is HDF5,", "hdf5") from None
    try:
        with h5py.File(path, "r") as file:
            table = file[_TABLE]
            names = _names(table["metadata"]["dimension names"][0])
            for video, entry in sorted(table["data"].items()):
                for interval, features in zip(entry["intervals"][:], entry["features"][:], strict=True):
                    ratings = dict(zip(names, map(float, features), strict=True))
                    if not any(math.isnan(rating) for rating in ratings.values()):
                        yield f"{path}: {video}", video, float(interval[0]), float(interval[1]), ratings
    except (OSError, KeyError, ValueError) as problem:
        raise CorpusError(f"{path}: not the labels of CMU-MOSEI ({problem}). Get the file again.") from None


def _names(text: bytes | str) -> Sequence[str]:
    """Return the order of the ratings, as the file gives it."""
    names = json.loads(text)
    if sorted(names) != sorted(_RATINGS):
        raise ValueError(f"its ratings are {', '.join(map(str, names))}")
    return [str(name) for name in names]
