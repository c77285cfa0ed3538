"""The portable format of protocols: a CSV file with the columns fold, id and part, and a header of comments."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, fields
from pathlib import Path

from emonet.atomic import write_text
from emonet.corpus.corpus import PARTS
from emonet.corpus.fold import Protocol
from emonet.corpus.lists.entry import Header
from emonet.errors import CorpusError

_ANY = "# emonet protocol "
MAGIC = f"{_ANY}2"
"""First line of every such file, with the version of the format; 1 had hashes without speakers and segments."""


def write_protocol(protocol: Protocol, path: Path) -> None:
    """Write a protocol so that others can import it under the same hash; the file is written whole or not at all.

    After ``MAGIC``, lines ``# key: value`` give corpus, protocol, hash and (where there is one) overlap; then comes
    a CSV table, one line for each utterance of each fold. What is in no part of a fold is not listed there.
    """
    corpus, _, name = protocol.id.partition("/")
    name = name.removeprefix("imported ")
    header = Header(corpus, name, protocol.hash, " ".join(protocol.overlap.split()))
    file = io.StringIO()
    file.write(f"{MAGIC}\n")
    file.writelines(f"# {key}: {value}\n" for key, value in asdict(header).items() if value)
    table = csv.writer(file, lineterminator="\n")
    table.writerow(("fold", "id", "part"))
    for fold in protocol.folds:
        order = sorted(fold.parts.items(), key=lambda item: (PARTS.index(item[1]), item[0]))
        table.writerows((fold.name, id_, part) for id_, part in order)
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


def header_of(text: str) -> Header:
    """Return the header of a file in this format."""
    known = {field.name for field in fields(Header)}
    found: dict[str, str] = {}
    for line in text.splitlines()[1:]:
        if not line.startswith("#"):
            break
        key, _, value = line.removeprefix("#").partition(":")
        if key.strip() in known:
            found[key.strip()] = value.strip()
    return Header(**found)
