"""What the names of files and folders say of the part and the fold that they list."""

from __future__ import annotations

import re
from pathlib import Path

from emonet.corpus.rows import SPLITS
from emonet.errors import CorpusError, did_you_mean

_FOLD = re.compile(r"(?:^|[_\W])(?:fold|cv|split|session)[_-]?(\d+)", re.IGNORECASE)
ONLY = "1"
"""Name of the fold where nothing names one."""


def part_in_name(path: Path) -> str:
    """Return the part that a file's name tells, empty where it tells none.

    >>> part_in_name(Path("foo_valid_fold_2.jsonl")), part_in_name(Path("foo.csv"))
    ('dev', '')
    """
    words = re.split(r"[^a-z]+", path.stem.lower())
    found = {SPLITS[word] for word in words if word in SPLITS}
    return found.pop() if len(found) == 1 else ""


def fold_in_name(path: Path) -> str:
    """Return the fold that the name of a file or of its folder tells, ``1`` where neither does.

    >>> fold_in_name(Path("foo_test_fold_3.jsonl")), fold_in_name(Path("Session4/test_meta_data.json"))
    ('3', '4')
    """
    for name in (path.stem, path.parent.name):
        match = _FOLD.search(name)
        if match is not None:
            return match[1]
    return ONLY


def part_called(word: str, place: str) -> str:
    """Return the part that a word stands for.

    Raises:
        CorpusError: it stands for none, naming the place.
    """
    if word.strip().lower() in SPLITS:
        return SPLITS[word.strip().lower()]
    message = f"{place}: the part is '{word}'. {did_you_mean(word.lower(), SPLITS)} Known: {', '.join(SPLITS)}."
    raise CorpusError(" ".join(message.split()))


def part_of_file(path: Path) -> str:
    """Return the part that a file's name tells.

    Raises:
        CorpusError: it tells none, and so do not its rows.
    """
    part = part_in_name(path)
    if not part:
        message = f"{path}: neither its rows nor its name say which part this is. Name it after train, dev or test"
        raise CorpusError(f"{message}, or give its rows a column 'split'.")
    return part
