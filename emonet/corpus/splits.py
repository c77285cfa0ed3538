"""The names of splits: how others spell train, dev and test, and what a whole set of such names means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from emonet.errors import CorpusError, did_you_mean

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "train": ("train", "training", "trn"),
    "dev": ("dev", "devel", "development", "val", "valid", "validation"),
    "test": ("test", "testing", "tst"),
}
"""Split -> how others spell it, in lower case."""
EVALUATION = ("eval", "evaluation")
"""What some call dev, since a test is beside it, and others call test."""

COLUMNS = ("split", "part", "split_set", "partition", "set", "subset")
"""What a column of splits is called, the likeliest name first."""

_SPLITS = {spelling: split for split, spellings in SPELLINGS.items() for spelling in spellings}
_KNOWN = (*_SPLITS, *EVALUATION)
_NAME = re.compile(r"([a-z]+?)[\W_]*(?:set|split|part|partition|subset)?[\W_]*(\d*)")
"""A word, what may follow it (test set, train_split), and a number: Test1."""


def is_split(name: str) -> bool:
    """Say whether a name is that of a split, in whatever case and spelling.

    >>> is_split("Validation"), is_split("test_set"), is_split("eval"), is_split("neutral")
    (True, True, True, False)
    """
    return _word_of(name)[0] in _KNOWN


def splits_of(names: Iterable[str], place: str) -> dict[str, str]:
    """Return name -> split for all names of splits of one data set; other names are left out.

    ``eval`` beside a test is dev, alone it is test. ``test1`` is test, and so is ``test2``; both together are two sets.

    >>> splits_of(["Train", "eval", "test"], "here"), splits_of(["train", "dev", "eval"], "here")
    ({'Train': 'train', 'eval': 'dev', 'test': 'test'}, {'train': 'train', 'dev': 'dev', 'eval': 'test'})

    Args:
        names: all of the data set.
        place: where they stand, for messages.

    Raises:
        CorpusError: two names stand for one split, so that two sets would be taken for one.
    """
    words = {name: _word_of(name)[0] for name in names if is_split(name)}
    has_test = any(_SPLITS.get(word) == "test" for word in words.values())
    meaning = {**_SPLITS, **dict.fromkeys(EVALUATION, "dev" if has_test else "test")}
    found = {name: meaning[word] for name, word in words.items()}
    for split in SPELLINGS:
        alike = {_plain(name, split): name for name in found if found[name] == split}
        if len(alike) > 1:
            raise CorpusError(_clash(place, split, sorted(alike.values()), sorted(found)))
    return found


def _plain(name: str, split: str) -> str:
    """Return a name without what makes no other name of it: case, blanks, and the number of a piece of train.

    Two tests with numbers are two sets, and scores on them are not the same.
    """
    plain = re.sub(r"[\W_]", "", name.lower())
    return plain.rstrip("0123456789") if split == "train" else plain


def _clash(place: str, split: str, alike: list[str], names: list[str]) -> str:
    listed = " and ".join(f"'{name}'" for name in alike)
    together = "both" if len(alike) == 2 else "all"
    seen = f"{place}: the splits are called {', '.join(names)}, so that {listed} would {together} be {split}."
    return f"{seen} Keep one of them as a split, and rename the others or leave them out."


def split_called(name: str, place: str) -> str:
    """Return a name once it is sure that it is one of a split.

    Raises:
        CorpusError: it is not a name of a split; the text names the place.
    """
    if is_split(name):
        return name
    hint = did_you_mean(name.lower(), SPELLINGS) or did_you_mean(name.lower(), _KNOWN)
    raise CorpusError(" ".join(f"{place}: the split is '{name}'. {hint} Known: {', '.join(_KNOWN)}.".split()))


def named_in(path: str) -> str:
    """Return the name of a split that a POSIX path tells, the file's own name first; an empty string for none.

    >>> named_in("data/validation-00000-of-00002.parquet"), named_in("en/train/0000.parquet"), named_in("a.parquet")
    ('validation', 'train', '')
    """
    found = (name for part in reversed(PurePosixPath(path).parts) for name in names_in(part))
    return next(found, "")


def names_in(text: str) -> list[str]:
    """Return the names of splits among the words of a text, in lower case.

    >>> names_in("foo_Valid_fold_2"), names_in("foo")
    (['valid'], [])
    """
    return [word for word in re.findall(r"[a-z]+\d*", text.lower()) if is_split(word)]


def _word_of(name: str) -> tuple[str, str]:
    """Return the word that a name is made of, and its number, empty where it has none."""
    match = _NAME.fullmatch(name.strip().lower())
    return (match[1], match[2]) if match else ("", "")
