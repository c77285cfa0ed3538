"""Fetching a corpus whose licence allows it: verified, atomic, done once, and written down."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from emonet.corpus.corpus import Corpus, Source
from emonet.corpus.sources import place_of, receive
from emonet.errors import CorpusError, Damaged, EmonetError, counted
from emonet.events import Listener, Notice, Progress, silent
from emonet.files import fetched_folder, home, sha256_of, write_json

RECORD = "fetched.json"
"""Lies in the fetched folder, and says which source it came from; written before the folder gets its name."""


def is_fetched(corpus_id: str) -> bool:
    """Say whether the corpus has been fetched whole."""
    return (fetched_folder(corpus_id) / RECORD).is_file()


def may_be_fetched(corpus: Corpus) -> bool:
    """Say whether a corpus has a source, and may be had without an account, a form or a signed licence."""
    return corpus.fetchable and corpus.access == "public" and bool(corpus.sources)


def fetch(corpus: Corpus, *, listen: Listener = silent) -> Path:
    """Return the folder of a fetched corpus; what is there already is compared with what was written down of it.

    The card's sources are tried in order. What an interrupted attempt loaded is gone on with.

    Raises:
        CorpusError: the licence forbids it (the text says how to ask), no source gave the right files, or those that
            are here are not those that were received.
    """
    from filelock import FileLock

    folder = fetched_folder(corpus.id)
    if not is_fetched(corpus.id):
        if not may_be_fetched(corpus):
            raise CorpusError(how_to_get(corpus))
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f".{corpus.id}.lock"):
            if not is_fetched(corpus.id):
                _check_is_free(corpus, folder)
                _fetch_from_any(corpus, folder, listen)
                return folder
    verify(corpus, listen=listen)
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
    ways = {
        "request": "its owner gives it on request",
        "licence": "its owner asks for a signed licence",
        "unpublished": "its owner does not give it out",
    }
    return ways.get(corpus.access, "its card names no source")


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
        except EmonetError as problem:
            failures.append(f"  {place_of(source)}: {problem}")
        else:
            return
        listen(Notice(f"{corpus.id}: this source failed:{failures[-1]}"))
    work = _work_folder(folder)
    if not any(path.is_file() for path in work.rglob("*")):
        shutil.rmtree(work, ignore_errors=True)
    message = [f"Corpus '{corpus.id}' could not be fetched. Every source failed:", *failures]
    message.append(f"Try again later, or get it from {corpus.homepage or 'its owner'} and give its folder with --root.")
    raise CorpusError("\n".join(message))


def _fetch_from(source: Source, corpus: Corpus, folder: Path, listen: Listener) -> None:
    work = _work_folder(folder)
    root = receive(source, work, corpus.id, listen)
    (root / RECORD).unlink(missing_ok=True)
    facts = {
        "corpus": corpus.id,
        "source": place_of(source),
        "sha256": source.sha256,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": {name: list(fact) for name, fact in _facts_of(root, corpus.id, listen)},
    }
    write_json(root / RECORD, facts)
    if folder.is_dir():
        folder.rmdir()
    root.replace(folder)
    shutil.rmtree(work, ignore_errors=True)


def _work_folder(folder: Path) -> Path:
    # One name for all attempts: what a killed one loaded is gone on with by the next, which holds the lock.
    return folder.with_name(f".{folder.name}.part")


def _facts_of(root: Path, title: str, listen: Listener) -> Iterator[tuple[str, tuple[int, str]]]:
    """Yield the path of each file below a folder, with its size in bytes and its SHA-256."""
    paths = sorted(path for path in root.rglob("*") if path.is_file() and path != root / RECORD)
    for number, path in enumerate(paths, 1):
        yield path.relative_to(root).as_posix(), (path.stat().st_size, sha256_of(path))
        listen(Progress(f"verify {title}", number, len(paths)))


def verify(corpus: Corpus, *, listen: Listener = silent) -> None:
    """Compare the files of a fetched corpus with what was written down when they were received.

    Raises:
        CorpusError: files are missing or have changed since, or what was written down is damaged.
    """
    folder = fetched_folder(corpus.id)
    try:
        more = compare(folder, listen)
    except Damaged as problem:
        again = f"Remove {folder}, then: emonet corpora fetch {corpus.id}"
        raise CorpusError(f"{problem.path}: {problem.reason}. {again}") from None
    if more is None:
        listen(Notice(f"{corpus.id} was fetched by an earlier version, which wrote no checksums down: not verified."))
    elif more:
        listen(Notice(f"{corpus.id}: {counted(more, 'file')} in {folder} did not come with the corpus."))


def compare(folder: Path, listen: Listener = silent) -> int | None:
    """Return how many files a fetched corpus' folder has beside those that were received; None where none are listed.

    Raises:
        Damaged: files are missing or have changed since, or what was written down is damaged.
    """
    if not (folder / RECORD).is_file():
        return None
    received = _record(folder)
    if received is None:
        raise Damaged(folder / RECORD, "what was received cannot be read, so nothing can be verified")
    if not received:
        return None
    seen = dict(_facts_of(folder, folder.name, listen))
    missing = [name for name in received if name not in seen]
    changed = [name for name, fact in received.items() if name in seen and seen[name] != fact]
    if missing or changed:
        named = [f"{count} {what} ({', '.join(names[:3])})" for count, what, names in _told(missing, changed)]
        raise Damaged(folder, f"of {len(received)} files that were fetched, {' and '.join(named)}")
    return len(seen) - len(received)


def _told(missing: list[str], changed: list[str]) -> list[tuple[int, str, list[str]]]:
    kinds = ((missing, "missing"), (changed, "changed"))
    return [(len(names), f"{'is' if len(names) == 1 else 'are'} {what}", names) for names, what in kinds if names]


def _record(folder: Path) -> dict[str, tuple[int, str]] | None:
    """Return path -> size and SHA-256 as they were written down; None where the record is damaged."""
    try:
        facts = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        str(facts["source"])
        return {str(name): (int(size), str(digest)) for name, (size, digest) in facts.get("files", {}).items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of one corpus where several are fetched; ``size`` in bytes, 0 where nobody has said."""

    corpus: str
    state: Literal["to fetch", "here", "fetched", "verified", "failed"]
    source: str
    size: int = 0
    folder: str = ""
    reason: str = ""


def fetch_all(corpora: Iterable[Corpus], *, dry_run: bool = False, listen: Listener = silent) -> list[Fetched]:
    """Fetch every corpus that may be had by anybody, and verify those that are here; one that fails stops no other.

    Args:
        dry_run: say what would be done, and do nothing.

    Raises:
        CorpusError: the disk has less room than the sizes that the cards give, twice: packed and unpacked.
    """
    wanted = [corpus for corpus in corpora if may_be_fetched(corpus)]
    if dry_run:
        return [_outlook(corpus) for corpus in wanted]
    check_room(wanted)
    return [_outcome(corpus, listen) for corpus in wanted]


def _outlook(corpus: Corpus) -> Fetched:
    source = corpus.sources[0]
    state: Literal["here", "to fetch"] = "here" if is_fetched(corpus.id) else "to fetch"
    return Fetched(corpus.id, state, place_of(source), source.size, str(fetched_folder(corpus.id)))


def _outcome(corpus: Corpus, listen: Listener) -> Fetched:
    state: Literal["verified", "fetched"] = "verified" if is_fetched(corpus.id) else "fetched"
    size = corpus.sources[0].size
    try:
        folder = fetch(corpus, listen=listen)
    except (EmonetError, OSError) as problem:
        return Fetched(corpus.id, "failed", place_of(corpus.sources[0]), size, reason=str(problem))
    return Fetched(corpus.id, state, fetched_from(corpus.id), size, str(folder))


def check_room(corpora: Iterable[Corpus]) -> None:
    """Ask the disk for room for those corpora that are not here.

    Raises:
        CorpusError: there is less than twice the sizes that are known.
    """
    needed = 2 * sum(corpus.sources[0].size for corpus in corpora if not is_fetched(corpus.id))
    there = next(folder for folder in (home(), *home().absolute().parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if needed > free:
        raise CorpusError(
            f"{home()}: the corpora need {needed / 1e9:.1f} GB, packed and unpacked, and {free / 1e9:.1f} GB are free. "
            "Make room, let EMONET_HOME name a folder on another disk, or fetch them one by one."
        )


def fetched_from(corpus_id: str) -> str:
    """Return the source that a fetched corpus came from, ``unknown`` where its record is damaged; else nothing."""
    if not is_fetched(corpus_id):
        return ""
    try:
        return str(json.loads((fetched_folder(corpus_id) / RECORD).read_text(encoding="utf-8"))["source"])
    except (ValueError, KeyError, TypeError):
        return f"unknown: {RECORD} is damaged"
