"""Fetching a corpus whose licence allows it: verified, atomic, and done once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from emonet.atomic import write_json
from emonet.corpus.corpus import Corpus, Source
from emonet.corpus.download import obtain, place_of
from emonet.errors import CorpusError
from emonet.events import Listener, Notice, silent
from emonet.home import fetched_folder

RECORD = "fetched.json"
"""Lies in the fetched folder, and says which source it came from; written before the folder gets its name."""


def is_fetched(corpus_id: str) -> bool:
    """Say whether the corpus has been fetched whole."""
    return (fetched_folder(corpus_id) / RECORD).is_file()


def fetch(corpus: Corpus, *, listen: Listener = silent) -> Path:
    """Return the folder of a fetched corpus, fetching it first where that was not done yet.

    The card's sources are tried in order; each file is compared with its checksum before it is unpacked.

    Raises:
        CorpusError: the licence forbids it (the text says how to ask), or no source gave the right file.
    """
    from filelock import FileLock

    folder = fetched_folder(corpus.id)
    if is_fetched(corpus.id):
        return folder
    if not corpus.fetchable or not corpus.sources:
        raise CorpusError(how_to_get(corpus))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f".{corpus.id}.lock"):
        if not is_fetched(corpus.id):
            _check_is_free(corpus, folder)
            _fetch_from_any(corpus, folder, listen)
    return folder


def how_to_get(corpus: Corpus) -> str:
    """Return why a corpus is not fetched, under which licence it stands, and whom to ask."""
    lines = [f"Corpus '{corpus.id}' cannot be fetched: {_why_not(corpus)}.", f"Licence: {corpus.licence}"]
    if corpus.homepage:
        lines.append(f"Homepage: {corpus.homepage}")
    if corpus.how_to_get:
        lines.append(f"How to get it: {corpus.how_to_get}")
    lines.append(f"Then: emonet corpora prepare {corpus.id} --root FOLDER")
    return "\n".join(lines)


def _why_not(corpus: Corpus) -> str:
    if corpus.fetchable:
        return "its card names no source"
    ways = {"request": "its owner gives it on request", "licence": "its owner asks for a signed licence"}
    return ways.get(corpus.access, "its card names no source that it may be fetched from")


def _check_is_free(corpus: Corpus, folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        message = (
            f"{folder}: there are files here that 'emonet corpora fetch' did not put here. Move them away, "
            f"or use them: emonet corpora prepare {corpus.id} --root {folder}"
        )
        raise CorpusError(message)


def _fetch_from_any(corpus: Corpus, folder: Path, listen: Listener) -> None:
    failures: list[str] = []
    for source in corpus.sources:
        try:
            _fetch_from(source, corpus, folder, listen)
        except CorpusError as problem:
            failures.append(f"  {place_of(source)}: {problem}")
        else:
            return
        listen(Notice(f"{corpus.id}: this source failed:{failures[-1]}"))
    message = [f"Corpus '{corpus.id}' could not be fetched. Every source failed:", *failures]
    message.append(f"Try again later, or get it from {corpus.homepage or 'its owner'} and give its folder with --root.")
    raise CorpusError("\n".join(message))


def _fetch_from(source: Source, corpus: Corpus, folder: Path, listen: Listener) -> None:
    from emonet.corpus.archive import unpack

    # One name for all attempts: what a killed one left is removed by the next, which holds the lock.
    work = folder.parent / f".{corpus.id}.part"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        archive = obtain(source, work, corpus.id, listen)
        unpack(archive, work / "root", inside=source.inside, listen=listen)
        record = {"corpus": corpus.id, "source": place_of(source), "sha256": source.sha256}
        write_json(work / "root" / RECORD, record)
        if folder.is_dir():
            folder.rmdir()
        (work / "root").replace(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def fetched_from(corpus_id: str) -> str:
    """Return the source that a fetched corpus came from, ``unknown`` where its record is damaged; else nothing."""
    if not is_fetched(corpus_id):
        return ""
    try:
        return str(json.loads((fetched_folder(corpus_id) / RECORD).read_text(encoding="utf-8"))["source"])
    except (ValueError, KeyError, TypeError):
        return f"unknown: {RECORD} is damaged"
