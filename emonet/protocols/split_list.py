"""Split lists of others: their entries, and the names that say which split and fold these are of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from emonet.corpus.splits import EVALUATION, names_in
from emonet.errors import CorpusError


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One line of a split list.

    Attributes:
        fold: name of the fold.
        split: ``train``, ``dev`` or ``test``.
        names: what the utterance is called there, the most telling name first: an id, a path, a key.
        place: ``file:line``, or the like.
        facts: what else is said of it, by the names of an utterance's fields and ``label``.
    """

    fold: str
    split: str
    names: tuple[str, ...]
    place: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListHeader:
    """What a file in the portable format says of the whole protocol; each is empty where it is not known.

    Attributes:
        corpus: id of the corpus.
        protocol: name of the protocol, with its options.
        hash: over utterances, labels, speakers, segments and splits.
        overlap: why speakers stand in two splits.
    """

    corpus: str = ""
    protocol: str = ""
    hash: str = ""
    overlap: str = ""


@dataclass(frozen=True, slots=True)
class SplitList:
    """All that was read: ``form`` is the format, ``data`` what the files themselves call their corpus."""

    name: str
    form: str
    entries: tuple[ListEntry, ...]
    header: ListHeader = ListHeader()
    data: str = ""


_FOLD = re.compile(r"(?:^|[_\W])(?:fold|cv|split|session|consensus)[_-]?(\d+)", re.IGNORECASE)
ONLY = "1"
"""Name of the fold where nothing names one."""


def split_in_name(path: Path) -> str:
    """Return the name of a split that a file's name tells, empty where it tells none or several.

    >>> split_in_name(Path("foo_valid_fold_2.jsonl")), split_in_name(Path("foo.csv"))
    ('valid', '')
    """
    found = set(names_in(path.stem))
    found = found - set(EVALUATION) or found  # an evaluation's train.csv, or its test.csv
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


def split_of_file(path: Path) -> str:
    """Return the name of a split that a file's name tells.

    Raises:
        CorpusError: neither the name nor the rows name a split.
    """
    split = split_in_name(path)
    if not split:
        message = f"{path}: neither its rows nor its name say which split this is. Name it after train, dev or test"
        raise CorpusError(f"{message}, give its rows a column 'split', or say it before the path: test={path.name}")
    return split
