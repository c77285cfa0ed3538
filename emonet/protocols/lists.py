"""Reading split lists from files and folders of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from emonet.corpus.splits import EVALUATION, is_split, splits_of
from emonet.errors import CorpusError, did_you_mean
from emonet.protocols.list_formats import format_of, header_in, names_splits, reader_of
from emonet.protocols.split_list import ListEntry, ListHeader, SplitList, split_in_name

LIST_SUFFIXES = (".jsonl", ".json", ".csv", ".tsv")
"""In a folder, in this order: of two files that differ in their suffix alone, the first counts."""


def told_split(text: str) -> tuple[str, str]:
    """Return the split that a user says a file is of, empty where none, and its path: ``test=my/list.jsonl``."""
    split, equals, path = text.partition("=")
    is_told = bool(equals) and is_split(split) and not Path(text).exists()
    return (split.lower(), path) if is_told else ("", text)


def read_lists(
    paths: Sequence[Path], form: str = "", told: Mapping[Path, str] = MappingProxyType({}), *, test: str = ""
) -> SplitList:
    """Read files, or folders of files named after their splits, as one split list.

    Args:
        form: the name of a format; empty tells each file's format by its content.
        told: file -> its split, where its rows do not name one and the user does.
        test: which of several test sets is test, by its own name (``Test1``); the others are left out.

    Raises:
        CorpusError: nothing to read, or naming file and line of what cannot be read.
        UnknownName: there is no such format.
    """
    entries: dict[tuple[str, str, tuple[str, ...]], ListEntry] = {}
    header, form_found = ListHeader(), form
    files = [file for path in paths for file in _files(path)]
    for file in files:
        text = _text(file)
        form_found = form or format_of(file, text)
        for entry in reader_of(form_found)(file, text, told.get(file, "")):
            entries.setdefault((entry.fold, entry.split, entry.names), entry)
        header = header_in(form_found, text) if len(files) == 1 else ListHeader()
    if not entries:
        raise CorpusError(f"{', '.join(map(str, paths))}: no utterance is listed. Give other files.")
    splits = _splits({entry.split for entry in entries.values()}, ", ".join(map(str, paths)), test)
    entries = {key: replace(each, split=splits[each.split]) for key, each in entries.items() if each.split in splits}
    ordered = sorted(entries.values(), key=_fold_key) if form_found != "emonet" else list(entries.values())
    data = next((entry.facts["data"] for entry in ordered if entry.facts.get("data")), "")
    return SplitList(_name(paths), form_found, tuple(ordered), header, data)


def _splits(names: set[str], place: str, test: str) -> dict[str, str]:
    """Return name -> split of those names that are taken; of several test sets, the one that is asked for."""
    tests = {name for name in names if splits_of([name], place).get(name) == "test" and name.lower() not in EVALUATION}
    if test and test not in tests:
        hint = did_you_mean(test, tests)
        message = f"{place}: there is no test set '{test}'. {hint} There are {', '.join(sorted(tests)) or 'none'}."
        raise CorpusError(" ".join(message.split()))
    try:
        return splits_of(names - (tests - {test}) if test else names, place)
    except CorpusError:
        if test or len(tests) < 2:
            raise
        several = f"{place}: there are several test sets: {', '.join(sorted(tests))}."
        way = f"--test {min(tests)}, in a recipe imported: {{test: {min(tests)}}}"
        raise CorpusError(f"{several} Say which one: {way}.") from None


def _fold_key(entry: ListEntry) -> tuple[int, str]:
    """Number folds in their order, whatever order the files came in; the sort keeps the rest."""
    number = re.search(r"\d+", entry.fold)
    return (int(number[0]) if number else 0, entry.fold)


def _files(path: Path) -> Iterable[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise CorpusError(f"{path}: there is no such file or folder. Check the path.")
    found: dict[Path, Path] = {}
    listed = (file for file in sorted(path.rglob("*")) if file.suffix.lower() in LIST_SUFFIXES and split_in_name(file))
    for file in sorted(listed, key=lambda file: LIST_SUFFIXES.index(file.suffix.lower())):
        found.setdefault(file.with_suffix(""), file)
    found = found or {file: file for file in sorted(path.rglob("*.[ct]sv")) if names_splits(_text(file))}
    if not found:
        suffixes = ", ".join(LIST_SUFFIXES)
        message = f"{path}: there is no file named after train, dev or test in it ({suffixes}) and no table of splits."
        raise CorpusError(f"{message} Give the files themselves.")
    return sorted(found.values())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CorpusError(f"{path}: not UTF-8 text. Save the file as UTF-8.") from None
    except OSError as problem:
        raise CorpusError(f"{path}: cannot be read ({problem.strerror}).") from None


def _name(paths: Sequence[Path]) -> str:
    first = paths[0].resolve()
    return first.name if first.is_dir() else first.stem
