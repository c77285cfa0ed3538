"""Preparing a corpus: every file is decoded and resampled once, into the store that all later work reads."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emonet.audio.arrow import (
    CHECKSUM,
    SCHEMA,
    WAVE,
    WIDE,
    description_digest,
    read_table,
    row_of,
    widened,
    write_batches,
)
from emonet.audio.decode import SAMPLE_RATE
from emonet.audio.roots import FORMAT, META, discard, outdated, record
from emonet.audio.shards import Problem, Shards
from emonet.audio.store import PROBLEMS, STORE, open_store, read_meta, read_problems, store_table
from emonet.corpus.corpus import Corpus, Utterance
from emonet.corpus.one_copy import check_one_copy, other_count
from emonet.corpus.readers.members import file_of, no_name
from emonet.errors import CorpusError, Damaged, counted
from emonet.events import Listener, Notice, Progress, silent
from emonet.files import (
    HOME,
    can_write,
    digest_of,
    explaining_a_full_disk,
    replacing,
    store_folder,
    sums_of,
    write_json,
    write_sealed,
)

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Prepared", "Problem", "ScannedCorpus", "prepare", "prepare_scanned", "scan_corpus"]

_SHOWN = 5


@dataclass(frozen=True)
class ScannedCorpus:
    """What a corpus' folder lists: all that is known of a corpus before its audio is decoded.

    Attributes:
        utterances: by id.
        key: of the store that is made of them and of their files' sizes and times.
        refused: those whose names nothing can write.
    """

    corpus: Corpus
    root: Path
    utterances: tuple[Utterance, ...]
    key: str
    refused: tuple[Problem, ...] = ()

    @property
    def folder(self) -> Path:
        """Return the folder of the store that is made of this, whether it is there or not."""
        return store_folder(self.corpus.id) / self.key

    @property
    def store(self) -> Path | None:
        """Return the folder of the store where it is complete, None where it is not."""
        return self.folder if (self.folder / META).is_file() else None


@dataclass(frozen=True)
class Prepared:
    """A corpus' store, and what was left out of it.

    Attributes:
        key: names the store: a hash of the utterances and of their files' sizes and times.
        content: hash of the utterances and their waves.
        count: utterances in the store.
        hours: their length.
        bits: of a sample in the store: 16, or 32 where some file of the corpus holds more than 16.
        reused: whether the store was there already.
    """

    folder: Path
    key: str
    content: str
    count: int
    hours: float
    bits: int
    problems: tuple[Problem, ...]
    reused: bool


def prepare(
    corpus: Corpus,
    root: Path,
    *,
    listen: Listener = silent,
    workers: int | None = None,
    strict: bool = False,
    remember: bool = True,
    verify: bool = False,
) -> Prepared:
    """Bring a corpus into its store, or take the store that was made of the same files before.

    Files that give no wave are left out and returned with their reasons. Interrupted at any moment, the same
    call goes on where it was; a second process waits for the first. ``workers`` threads decode, by default one a
    core and at most eight; with ``strict``, a file that gives no wave is an error. ``remember`` lets later commands
    find the corpus by its id; a manifest, whose id may be that of a registered corpus, is given anew each time.
    A store that is damaged is made anew; with ``verify``, every sample of one that is there is read for that.

    Raises:
        CorpusError: no file gives a wave; two utterances with one id; two copies of the corpus; a full disk; with
            ``strict``, any problem.
    """
    scan = scan_corpus(corpus, root)
    if told := other_count(corpus, len(scan.utterances)):
        listen(Notice(told))
    return prepare_scanned(scan, listen=listen, workers=workers, strict=strict, remember=remember, verify=verify)


def prepare_scanned(
    scan: ScannedCorpus,
    *,
    listen: Listener = silent,
    workers: int | None = None,
    strict: bool = False,
    remember: bool = True,
    verify: bool = False,
) -> Prepared:
    """Bring a corpus into its store as ``prepare`` does, where its folder was scanned already."""
    corpus, folder = scan.corpus, scan.folder
    # What is complete needs no lock, which a store that may only be read has no place for.
    prepared = _whole(folder, listen, verify=verify)
    if prepared is None:
        with (
            _only_one(corpus, listen),
            explaining_a_full_disk(f"the store of corpus '{corpus.id}'", store_folder(corpus.id)),
        ):
            prepared = _kept(folder, listen, verify=verify) or _made(scan, listen, workers, remember=remember)
    if strict and prepared.problems:
        raise CorpusError(_listing(corpus, prepared.problems))
    if remember and can_write(store_folder(corpus.id)):
        record(corpus.id, scan.key, scan.root)
    return prepared


def _made(scan: ScannedCorpus, listen: Listener, workers: int | None, *, remember: bool) -> Prepared:
    corpus, folder = scan.corpus, scan.folder
    check_one_copy(corpus, scan.root, scan.utterances)
    shards = Shards(folder / "parts", scan.root, scan.utterances)
    if remember and (old := outdated(corpus.id)):
        listen(Notice(f"{old}: this store is of another version of emonet. {corpus.id} is prepared anew."))
    _make(scan, shards, listen, workers)
    shutil.rmtree(shards.folder, ignore_errors=True)
    return _prepared(folder, reused=False)


def scan_corpus(corpus: Corpus, root: Path) -> ScannedCorpus:
    """List a corpus' folder; no file of it is opened.

    Raises:
        CorpusError: it lists nothing that can be written down, or two utterances with one id.
    """
    found = _scanned(corpus, root)
    utterances = tuple(filter(_is_text, found))
    refused = tuple(_refused(each) for each in found if not _is_text(each))
    if not utterances:
        raise CorpusError(f"{root}: no file can be used. {_listing(corpus, refused)}")
    return ScannedCorpus(corpus, root, utterances, _key(root, utterances, refused), refused)


def finished_store(corpus: Corpus, root: Path) -> Path | None:
    """Return the folder of the store that was made of just these files, None where there is none."""
    return scan_corpus(corpus, root).store


def _scanned(corpus: Corpus, root: Path) -> list[Utterance]:
    found = sorted(corpus.scan(root), key=lambda utterance: utterance.id)
    if not found:
        raise CorpusError(f"{root}: corpus '{corpus.id}' has no utterances there. Give its own folder with --root.")
    for one, other in pairwise(found):
        if one.id == other.id:
            raise CorpusError(
                f"Corpus '{corpus.id}': two utterances have the id '{one.id}': {one.path} and {other.path}. "
                "Ids must differ: mend the corpus' scan."
            )
    return found


def _is_text(utterance: Utterance) -> bool:
    """Say whether all names were UTF-8; what was not is read with surrogates, which nothing can write."""
    texts = (utterance.path, utterance.id, utterance.speaker or "", utterance.session or "", utterance.text or "")
    return all(text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text) for text in texts)


def _refused(utterance: Utterance) -> Problem:
    """Return an utterance that cannot be prepared, its texts with what is not a text written out."""
    row = {
        name: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
        for name, value in row_of(utterance).items()
    }
    return Problem(row["id"], row["path"], "its name is not UTF-8: rename it, e.g. with convmv", row)


def _key(root: Path, utterances: Sequence[Utterance], refused: Sequence[Problem]) -> str:
    rows = [[row_of(utterance), *_stat(file_of(root / utterance.path))] for utterance in utterances]
    facts: dict[str, Any] = {"format": FORMAT, "rate": SAMPLE_RATE, "utterances": rows}
    return digest_of({**facts, "refused": [each.path for each in refused]} if refused else facts)


def _stat(path: Path) -> tuple[int, int]:
    """Return a file's size in bytes and its time in ns; a missing file, or one that cannot be, has neither."""
    try:
        found = path.stat()
    except OSError:
        return -1, -1
    except ValueError as problem:
        no_name(problem)
        return -1, -1
    return found.st_size, found.st_mtime_ns


@contextmanager
def _only_one(corpus: Corpus, listen: Listener) -> Iterator[None]:
    from filelock import FileLock, Timeout

    folder = store_folder(corpus.id)
    if not can_write(folder):
        whose = f"Let whoever keeps it prepare the corpus with these files, or let {HOME} name a folder of your own."
        raise CorpusError(f"{folder}: corpus '{corpus.id}' is not prepared there, and this may not be written. {whose}")
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        listen(Notice(f"Another process prepares '{corpus.id}'. Waiting for it."))
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _make(scan: ScannedCorpus, shards: Shards, listen: Listener, workers: int | None) -> None:
    corpus, folder, total = scan.corpus, scan.folder, len(scan.utterances)
    _sweep(folder)
    shards.make(workers, lambda done: listen(Progress(f"preparing {corpus.id}", done, total)))
    problems = [problem for _, _, found in shards.finished() for problem in found]
    if len(problems) == total:
        raise CorpusError(f"{shards.root}: no file can be used. {_listing(corpus, problems)}")
    problems += scan.refused
    meta = _join(shards, folder / STORE)
    write_json(folder / PROBLEMS, [asdict(problem) for problem in problems])
    named = {"corpus": corpus.id, "key": folder.name, "format": FORMAT, "rate": SAMPLE_RATE}
    write_sealed(folder / META, {**meta, **named, "sums": sums_of(folder, [PROBLEMS])})


def _sweep(folder: Path) -> None:
    """Remove what killed processes left: half-written files here, and other stores that were never completed."""
    for path in folder.rglob(".*.part"):
        path.unlink()
    for other in folder.parent.iterdir():
        if other.is_dir() and other != folder and not (other / META).is_file():
            shutil.rmtree(other)


def _join(shards: Shards, path: Path) -> dict[str, str | int]:
    """Write all shards into one file, and return what there is to say of it."""
    content, count, samples = hashlib.sha256(), 0, 0
    tables = [shard for shard, _, _ in shards.finished()]
    # One file of more than 16 bits is enough, so that all waves of a corpus are kept alike.
    is_wide = any(read_table(shard).schema == WIDE for shard in tables)

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal count, samples
        for shard in tables:
            for found in read_table(shard).to_batches():
                batch = widened(found) if is_wide and found.schema != WIDE else found
                _digest(batch, content.update)
                count += batch.num_rows
                samples += len(batch.column(WAVE).values)
                yield batch

    with replacing(path) as temporary:
        write_batches(temporary, batches(), WIDE if is_wide else SCHEMA)
    facts = {"count": count, "samples": samples, "bits": 32 if is_wide else 16, "bytes": path.stat().st_size}
    return {"content": content.hexdigest(), "described": description_digest(read_table(path)), **facts}


def _digest(batch: pa.RecordBatch, update: Callable[[bytes], None]) -> None:
    """Feed row after row to a hash, so that the result does not depend on where shards end."""
    described = batch.drop_columns([WAVE, CHECKSUM]).to_pylist()
    waves = batch.column(WAVE)
    samples, offsets = waves.values.to_numpy(), waves.offsets.to_numpy()
    for row, begin, end in zip(described, offsets[:-1], offsets[1:], strict=True):
        update(json.dumps(row, sort_keys=True).encode())
        wave = samples[begin:end]
        update(wave.astype(wave.dtype.newbyteorder("<"), copy=False).tobytes())


def _whole(folder: Path, listen: Listener, *, verify: bool) -> Prepared | None:
    """Return the store that is there already and whole, None where it has to be made."""
    try:
        return _opened(folder, listen, verify=verify)
    except Damaged:
        if not can_write(folder):
            raise
        return None


def _opened(folder: Path, listen: Listener, *, verify: bool) -> Prepared | None:
    if not (folder / META).is_file():
        return None
    store_table(folder)
    if verify:
        verify_store(folder, listen)
    return _prepared(folder, reused=True)


def _kept(folder: Path, listen: Listener, *, verify: bool) -> Prepared | None:
    """Return the store that is there already, None where there is none or it is damaged."""
    try:
        return _opened(folder, listen, verify=verify)
    except Damaged as problem:
        listen(Notice(f"{problem.path} is damaged ({problem.reason}). The store is made anew."))
        discard(folder)
        return None


def verify_store(folder: Path, listen: Listener = silent) -> None:
    """Read every sample of a store.

    Raises:
        CorpusError: there is no complete store in the folder.
        Damaged: it is not what was written.
    """
    store = open_store(folder)
    for row in range(len(store)):
        store.wave(row)
        listen(Progress(f"verifying {store.corpus}", row + 1, len(store)))


def _prepared(folder: Path, *, reused: bool) -> Prepared:
    meta = read_meta(folder)
    return Prepared(
        folder=folder,
        key=meta["key"],
        content=meta["content"],
        count=meta["count"],
        hours=meta["samples"] / SAMPLE_RATE / 3600,
        bits=meta["bits"],
        problems=read_problems(folder),
        reused=reused,
    )


def _listing(corpus: Corpus, problems: Sequence[Problem]) -> str:
    shown = "".join(f"\n  {problem.path}: {problem.reason}" for problem in problems[:_SHOWN])
    more = f"\n  and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    advice = "`emonet corpora check` looks at the whole corpus, and says what helps."
    give = "gives" if len(problems) == 1 else "give"
    return f"Corpus '{corpus.id}': {counted(len(problems), 'file')} {give} no wave. {advice}{shown}{more}"
