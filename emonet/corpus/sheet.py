"""What is read of one table or folder of a Hugging Face dataset: where each clip is, and all other cells as text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from emonet.corpus.rows import SPLITS

_SPLITS = {**SPLITS, "training": "train", "eval": "test", "evaluation": "test", "testing": "test"}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One clip.

    Attributes:
        place: where the row stands, for messages.
        file: path of the clip, absolute or relative to the folder of the dataset.
        name: what the dataset calls the file that the bytes of a clip came from, empty where it does not.
        cells: text by column.
    """

    place: str
    file: str
    name: str
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one table or folder.

    Attributes:
        place: file or folder, for messages.
        split: the part that its name says, empty where it says none.
        classes: columns whose values are classes by the dataset's own word.
    """

    place: Path
    split: str
    columns: tuple[str, ...]
    classes: tuple[str, ...]
    rows: tuple[SheetRow, ...]


def split_in(path: str) -> str:
    """Return the part that a POSIX path names, the file's name first, or an empty string.

    >>> split_in("data/validation-00000-of-00002.parquet"), split_in("en/train/0000.parquet"), split_in("a.parquet")
    ('dev', 'train', '')
    """
    for part in reversed(PurePosixPath(path).parts):
        for word in re.split(r"[^a-z]+", part.lower()):
            if word in _SPLITS:
                return _SPLITS[word]
    return ""
