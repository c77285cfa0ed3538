"""Datasets by their id on the Hugging Face hub, brought to this machine once by the ``datasets`` library."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emonet.errors import CorpusError
from emonet.files import file_name, home

_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_MARK = "dataset_dict.json"
"""What ``save_to_disk`` writes of a dataset with splits."""


@dataclass(frozen=True, slots=True)
class HubId:
    """A dataset of the hub: ``owner/name``, its configuration and its revision, both empty for the default."""

    id: str
    config: str = ""
    revision: str = ""

    def __str__(self) -> str:
        """Name it as messages do."""
        config = f" ({self.config})" if self.config else ""
        return f"{self.id}{config}{f' @ {self.revision}' if self.revision else ''}"


def is_hub_id(text: str) -> bool:
    """Say whether a text can be the id of a dataset: an owner and a name.

    >>> is_hub_id("owner/name"), is_hub_id("./owner/name"), is_hub_id("name")
    (True, False, False)
    """
    return _ID.fullmatch(text) is not None


def downloaded(dataset: HubId) -> Path:
    """Return the folder of a dataset below ``EMONET_HOME``, fetching it first where that was not done yet.

    Raises:
        CorpusError: it cannot be reached, or is not a dataset of audio.
    """
    from filelock import FileLock

    words = [file_name(word) for word in (dataset.id, dataset.config, dataset.revision) if word]
    folder = home() / "hub" / "@".join(words)
    if not (folder / _MARK).is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f".{folder.name}.lock"):
            if not (folder / _MARK).is_file():
                _save(dataset, folder)
    return folder


def _save(dataset: HubId, folder: Path) -> None:
    # One name for all attempts: what a killed one left is removed by the next, which holds the lock.
    work = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(work, ignore_errors=True)
    try:
        save_dataset(dataset, work)
        shutil.rmtree(folder, ignore_errors=True)
        work.replace(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def save_dataset(dataset: HubId, folder: Path) -> None:
    """Load a dataset and write it below ``folder``, its clips as the bytes they are.

    Raises:
        CorpusError: it cannot be reached, or is not a dataset.
    """
    import datasets

    with _explained(dataset):
        loaded = datasets.load_dataset(dataset.id, dataset.config or None, revision=dataset.revision or None)
        splits = loaded if isinstance(loaded, datasets.DatasetDict) else datasets.DatasetDict({"all": loaded})
        datasets.DatasetDict({name: _undecoded(split) for name, split in splits.items()}).save_to_disk(folder)


def _undecoded(split: Any) -> Any:
    """Return a dataset whose clips are handed on as they are; decoding them is the store's business."""
    import datasets

    for column, feature in split.features.items():
        if isinstance(feature, datasets.Audio):
            split = split.cast_column(column, datasets.Audio(decode=False))
    return split


@contextmanager
def _explained(dataset: HubId) -> Iterator[None]:
    """Turn whatever stops ``datasets`` into words."""
    try:
        yield
    except Exception as problem:
        # datasets raises errors of its own, of requests, of huggingface_hub and of the system
        raise CorpusError(
            f"Dataset '{dataset}' cannot be loaded from the Hugging Face hub: {_why(problem)}"
        ) from problem


def _why(problem: BaseException) -> str:
    causes = [problem]
    while (cause := causes[-1].__cause__) is not None:
        causes.append(cause)
    if any(isinstance(cause, ImportError) for cause in causes):
        return (
            f"{_first_line(causes[-1])}. Its clips are files of their own, which datasets reads with a decoder that is "
            "not installed. Fetch the files themselves (hf download ID --repo-type dataset --local-dir FOLDER) and "
            "give that folder in place of the id."
        )
    return (
        f"{type(problem).__name__}: {_first_line(causes[-1])}. Check the id, config and revision, and whether this "
        "machine is online; some datasets need their owner's terms accepted first (then: hf auth login). Or give the "
        "folder of a copy in place of the id."
    )


def _first_line(problem: BaseException) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0].rstrip(".")
