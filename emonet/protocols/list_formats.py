"""The formats of split lists, our own portable one first."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from emonet.corpus.corpus import SPLITS
from emonet.corpus.readers.table import delimiter_of
from emonet.corpus.splits import COLUMNS, split_called
from emonet.errors import CorpusError, UnknownName
from emonet.files import write_text
from emonet.protocols.fold import Protocol
from emonet.protocols.split_list import ListEntry, ListHeader, fold_in_name, split_of_file

_ANY = "# emonet protocol "
MAGIC = f"{_ANY}2"
"""First line of every such file, with the version of the format; 1 had hashes without speakers and segments."""


def write_protocol(protocol: Protocol, path: Path) -> None:
    """Write a protocol so that others can import it under the same hash; the file is written whole or not at all.

    After ``MAGIC``, lines ``# key: value`` give corpus, protocol, hash and (where there is one) overlap; then comes
    a CSV table, one line for each utterance of each fold. What is in no split of a fold is not listed there.
    """
    corpus, _, name = protocol.id.partition("/")
    name = name.removeprefix("imported ")
    header = ListHeader(corpus, name, protocol.hash, " ".join(protocol.overlap.split()))
    file = io.StringIO()
    file.write(f"{MAGIC}\n")
    file.writelines(f"# {key}: {value}\n" for key, value in asdict(header).items() if value)
    table = csv.writer(file, lineterminator="\n")
    table.writerow(("fold", "id", "split"))
    for fold in protocol.folds:
        order = sorted(fold.splits.items(), key=lambda item: (SPLITS.index(item[1]), item[0]))
        table.writerows((fold.name, id_, split) for id_, split in order)
    write_text(path, file.getvalue())


def is_portable(text: str) -> bool:
    """Say whether a file is in this format, in whatever version."""
    return text.lstrip().startswith(_ANY)


def check_version(path: Path, text: str) -> None:
    """Refuse a file of another version of this format: its hash stands for other things.

    Raises:
        CorpusError: naming both versions.
    """
    found = text.lstrip().partition("\n")[0].strip()
    if is_portable(text) and found != MAGIC:
        message = (
            f"{path}: its first line is '{found}', and this EmoNet reads '{MAGIC}', whose hash holds speakers and the "
            "begin and end of segments, too. Export the protocol anew; or, to take its folds under a new hash, remove "
            "this line and the line '# hash: ...'."
        )
        raise CorpusError(message)


def header_of(text: str) -> ListHeader:
    """Return the header of a file in this format."""
    known = {field.name for field in fields(ListHeader)}
    found: dict[str, str] = {}
    for line in text.splitlines()[1:]:
        if not line.startswith("#"):
            break
        key, _, value = line.removeprefix("#").partition(":")
        if key.strip() in known:
            found[key.strip()] = value.strip()
    return ListHeader(**found)


_NAMES = ("id", "file", "path", "wav", "filename", "utterance", "key", "name")
_FACTS = {
    "speaker": "speaker",
    "session": "session",
    "text": "text",
    "label": "label",
    "emotion": "label",
    "emo": "label",
}


def format_of(path: Path, text: str) -> str:
    """Return the format of a file by its content.

    Raises:
        CorpusError: it is none of those that are known.
    """
    start = text.lstrip()
    if is_portable(start):
        return "emonet"
    first = _json(start.partition("\n")[0])
    if isinstance(first, Mapping) and {"key", "wav"} <= set(first):
        return "emobox"
    if start.startswith("{"):
        whole = _json(start)
        if isinstance(whole, Mapping) and isinstance(whole.get("meta_data"), list):
            return "superb"
        raise CorpusError(_unknown(path))
    header = {column.strip().strip('"').lower() for column in _header(start)}
    if not header & set(_NAMES):
        raise CorpusError(_unknown(path))
    return "csv"


def read_emonet(path: Path, text: str) -> Iterator[ListEntry]:
    """Yield the entries of EmoNet's portable format."""
    check_version(path, text)
    yield from read_csv(path, text)


def read_emobox(path: Path, text: str) -> Iterator[ListEntry]:
    """Yield the entries of an EmoBox file: one JSON object a line, fold and split in the file's name."""
    split, fold = split_of_file(path), fold_in_name(path)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        place, row = f"{path}:{number}", _json(line)
        if not isinstance(row, Mapping) or "wav" not in row:
            raise CorpusError(f"{place}: not an EmoBox entry, which is a JSON object with key and wav. Mend the line.")
        names = tuple(str(row[key]) for key in ("wav", "key") if row.get(key))
        facts = {"label": str(row["emo"])} if row.get("emo") else {}
        yield ListEntry(fold, split, names, place, {**facts, "data": str(row.get("dataset", ""))})


def read_superb(path: Path, text: str) -> Iterator[ListEntry]:
    """Yield the entries of a SUPERB (s3prl) file: ``meta_data`` lists paths and labels; the folder is the fold.

    Its ``speaker`` is the beginning of the dialogue's name, which both speakers share; so it is not taken over.
    """
    split, fold = split_of_file(path), fold_in_name(path)
    for number, row in enumerate(json.loads(text)["meta_data"], 1):
        place = f"{path}, entry {number}"
        if not isinstance(row, Mapping) or not row.get("path"):
            raise CorpusError(f"{place}: it has no path. Mend the entry.")
        facts = {"label": str(row["label"])} if row.get("label") else {}
        yield ListEntry(fold, split, (str(row["path"]),), place, facts)


def read_csv(path: Path, text: str) -> Iterator[ListEntry]:
    """Yield the entries of a CSV file: a column that names utterances, and columns for split and fold.

    Without a column for the split, the file's name tells it; with a fold and no split anywhere, each fold tests its
    own utterances and trains on all others.
    """
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    skipped = len(text.splitlines()) - len(lines)
    delimiter = delimiter_of(lines[0]) if lines else ","
    rows = csv.DictReader(io.StringIO("\n".join(lines)), delimiter=delimiter)
    columns = {name: _column(rows.fieldnames or (), wanted) for name, wanted in _COLUMNS.items()}
    if not columns["name"]:
        raise CorpusError(f"{path}: no column names the utterances. Its header must hold one of {', '.join(_NAMES)}.")
    listed = [
        (f"{path}:{rows.line_num + skipped}", {key: (value or "").strip() for key, value in row.items() if key})
        for row in rows
    ]
    if not columns["split"] and columns["fold"]:
        yield from _rotated(listed, columns)
        return
    for place, row in listed:
        split = split_called(row[columns["split"]], place) if columns["split"] else split_of_file(path)
        fold = row[columns["fold"]] if columns["fold"] else fold_in_name(path)
        yield ListEntry(fold, split, (_named(row, columns["name"], place),), place, _facts(row))


_COLUMNS = {"name": _NAMES, "split": COLUMNS, "fold": ("fold",)}


def _rotated(listed: list[tuple[str, dict[str, str]]], columns: Mapping[str, str]) -> Iterator[ListEntry]:
    folds = dict.fromkeys(row[columns["fold"]] for _, row in listed)
    for fold in folds:
        for place, row in listed:
            split = "test" if row[columns["fold"]] == fold else "train"
            yield ListEntry(fold, split, (_named(row, columns["name"], place),), place, _facts(row))


def _named(row: Mapping[str, str], column: str, place: str) -> str:
    if not row[column]:
        raise CorpusError(f"{place}: the cell '{column}' is empty. Name an utterance, or remove the line.")
    return row[column]


def _facts(row: Mapping[str, str]) -> dict[str, str]:
    lowered = {key.lower(): value for key, value in row.items()}
    return {name: lowered[column] for column, name in _FACTS.items() if lowered.get(column)}


def _column(header: Any, wanted: tuple[str, ...]) -> str:
    """Return the first wanted column that a header has, as it is spelt there."""
    spelt = {str(column).strip().lower(): str(column) for column in header}
    return next((spelt[name] for name in wanted if name in spelt), "")


def _header(text: str) -> list[str]:
    line = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    return line.split(delimiter_of(line))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _unknown(path: Path) -> str:
    return (
        f"{path}: not a split list that is known. Known: EmoNet's own (emonet protocol export), EmoBox's .jsonl, "
        f"SUPERB's .json, and CSV with one of the columns {', '.join(_NAMES)}."
    )


Reader = Callable[[Path, str], Iterator[ListEntry]]
FORMATS: Mapping[str, Reader] = {
    "emonet": read_emonet,
    "emobox": read_emobox,
    "superb": read_superb,
    "csv": read_csv,
}
"""Name -> what reads the format."""


def reader_of(form: str) -> Reader:
    """Return what reads a format.

    Raises:
        UnknownName: there is no such format.
    """
    if form not in FORMATS:
        raise UnknownName("format of split lists", form, FORMATS)
    return FORMATS[form]


def header_in(form: str, text: str) -> ListHeader:
    """Return what a file says of the whole protocol; only the portable format does."""
    return header_of(text) if form == "emonet" else ListHeader()
