"""The formats of split lists, our own portable one first."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any
from typing import Protocol as Form

from emonet.corpus.cells import stated
from emonet.corpus.columns import NAMES, field_of, words_of
from emonet.corpus.corpus import SPLITS
from emonet.corpus.readers.dialect import header_line
from emonet.corpus.readers.table import delimiter_of
from emonet.corpus.splits import split_called
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


_NAMES = ("id", "utterance", "key", "name")
"""What a column of names of utterances is called, beside all that columns of files are."""
_FACTS = ("label", "speaker", "session", "text")
_KEYED = "key"
"""What a name of an utterance is called that stands before its entry, as in EmoBox's ``.json``."""


def format_of(path: Path, text: str) -> str:
    """Return the format of a file by its content.

    Raises:
        CorpusError: it is none of those that are known.
    """
    start = text.lstrip()
    if is_portable(start):
        return "emonet"
    if start.startswith(("{", "[")):
        first = _json(start.partition("\n")[0])
        whole = first if isinstance(first, Mapping) else _json(start)
        if isinstance(whole, Mapping) and isinstance(whole.get("meta_data"), list):
            return "superb"
        if _names_something(next(iter(_objects(path, start)), ("", {}))[1]):
            return "emobox"
        raise CorpusError(_unknown(path))
    if not _name_columns(_header(start)):
        raise CorpusError(_unknown(path))
    return "csv"


def read_emonet(path: Path, text: str, split: str = "") -> Iterator[ListEntry]:
    """Yield the entries of EmoNet's portable format."""
    check_version(path, text)
    yield from read_csv(path, text, split)


def read_emobox(path: Path, text: str, split: str = "") -> Iterator[ListEntry]:
    """Yield the entries of an EmoBox file: JSON objects, one a line or all by their keys, and others of that kind.

    Fold and split are in the file's name, unless its entries have them.
    """
    listed = []
    for place, row in _objects(path, text):
        if not _names_something(row):
            raise CorpusError(f"{place}: not an EmoBox entry, which is a JSON object with key and wav. Mend the line.")
        listed.append((place, {key: str(value) for key, value in row.items() if isinstance(value, str | int | float)}))
    header = list(dict.fromkeys(key for _, row in listed for key in row))
    yield from _entries(path, listed, header, split)


def _objects(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    """Yield place and value of what JSON lists: lines of objects, a list of them, or objects by key."""
    whole = _json(text)
    if isinstance(whole, list):
        yield from ((f"{path}, entry {number}", row) for number, row in enumerate(whole, 1))
    elif isinstance(whole, Mapping) and whole and all(isinstance(row, Mapping) for row in whole.values()):
        yield from ((f"{path}, entry '{key}'", {_KEYED: key, **row}) for key, row in whole.items())
    else:
        lines = ((number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip())
        yield from ((f"{path}:{number}", _json(line)) for number, line in lines)


def _names_something(row: Any) -> bool:
    return isinstance(row, Mapping) and any(row[column] for column in _name_columns(list(map(str, row))))


def read_superb(path: Path, text: str, split: str = "") -> Iterator[ListEntry]:
    """Yield the entries of a SUPERB (s3prl) file: ``meta_data`` lists paths and labels; the folder is the fold.

    Its ``speaker`` is the beginning of the dialogue's name, which both speakers share; so it is not taken over.
    """
    told, fold = split or split_of_file(path), fold_in_name(path)
    for number, row in enumerate(json.loads(text)["meta_data"], 1):
        place = f"{path}, entry {number}"
        if not isinstance(row, Mapping) or not row.get("path"):
            raise CorpusError(f"{place}: it has no path. Mend the entry.")
        facts = {"label": str(row["label"])} if row.get("label") else {}
        yield ListEntry(fold, told, (str(row["path"]),), place, facts)


def read_csv(path: Path, text: str, split: str = "") -> Iterator[ListEntry]:
    """Yield the entries of a CSV file: a column that names utterances, and columns for split and fold.

    Without a column for the split, the file's name tells it; with a fold and no split anywhere, each fold tests its
    own utterances and trains on all others.
    """
    before, first, told = header_line(text.splitlines())
    lines = [line for line in text.splitlines()[before:] if not line.startswith("#")]
    skipped = len(text.splitlines()) - len(lines)
    delimiter = told or delimiter_of(first)
    rows = csv.DictReader(io.StringIO("\n".join(lines)), delimiter=delimiter)
    header = [column for column in rows.fieldnames or () if column]
    if not _name_columns(header):
        raise CorpusError(f"{path}: no column names the utterances. Its header must hold one of {_KNOWN_NAMES}.")
    listed = [
        (f"{path}:{rows.line_num + skipped}", {key: (value or "").strip() for key, value in row.items() if key})
        for row in rows
    ]
    yield from _entries(path, listed, header, split)


def _entries(
    path: Path, listed: list[tuple[str, dict[str, str]]], header: Sequence[str], told: str
) -> Iterator[ListEntry]:
    """Yield rows as entries: by their columns for split and fold, else by the file's name, unless a split is told."""
    names, columns = _name_columns(header), {field: _column(header, field) for field in ("split", "fold", *_FACTS)}
    rotates = columns["fold"] and not columns["split"] and not told
    for fold in dict.fromkeys(row[columns["fold"]] for _, row in listed) if rotates else [""]:
        for place, row in listed:
            own = row.get(columns["fold"], "")
            if rotates:
                split = "test" if own == fold else "train"
            elif columns["split"]:
                split = split_called(row.get(columns["split"], ""), place)
            else:
                split = told or split_of_file(path)
            where = fold or own or fold_in_name(path)
            yield ListEntry(where, split, _named(row, names, place), place, _facts(row, columns))


def _named(row: Mapping[str, str], columns: Sequence[str], place: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(row[column] for column in columns if row.get(column)))
    if not found:
        raise CorpusError(f"{place}: the cell '{columns[0]}' is empty. Name an utterance, or remove the line.")
    return found


def _facts(row: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, str]:
    found = {field: stated(row.get(columns[field], "")) for field in _FACTS}
    return {field: value for field, value in {**found, "data": row.get("dataset", "")}.items() if value}


def _name_columns(header: Sequence[str]) -> list[str]:
    """Return the columns that name utterances: files first, which tell most, then ids."""
    files = [column for column in header if field_of(column) == "file"]
    ids = [column for name in _NAMES for column in header if column.strip().lower() == name]
    return [*files, *ids]


def _column(header: Sequence[str], field: str) -> str:
    """Return the column of a field, the likeliest by its name; empty where there is none."""
    wanted = NAMES.get(field, (field,))
    plain = {column: "".join(words_of(column)) for column in header if column.strip().lower() not in _NAMES}
    found = [column for column in plain if plain[column] in wanted]
    return min(found, key=lambda column: wanted.index(plain[column]), default="")


def names_splits(text: str) -> bool:
    """Say whether a CSV file has a column of splits beside one of names."""
    header = _header(text)
    return bool(_name_columns(header) and _column(header, "split"))


def _header(text: str) -> list[str]:
    _, line, told = header_line(text.splitlines())
    return [column.strip().strip('"') for column in line.split(told or delimiter_of(line))]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


_KNOWN_NAMES = ", ".join((*_NAMES, *NAMES["file"][:5]))


def _unknown(path: Path) -> str:
    return (
        f"{path}: not a split list that is known. Known: EmoNet's own (emonet protocol export), EmoBox's .jsonl and "
        f".json, SUPERB's .json, and CSV with a column for the file's name, or one of {', '.join(_NAMES)}."
    )


class Reader(Form):
    """What reads a file in a format: its path, its text, and the split that the user says all of it is."""

    def __call__(self, path: Path, text: str, split: str = "") -> Iterator[ListEntry]:
        """Yield the entries of a file."""
        ...


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
