"""Unpacking archives without ever leaving the folder they are unpacked into."""

from __future__ import annotations

import gzip
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path, PurePosixPath, PureWindowsPath

from emonet.errors import CorpusError
from emonet.events import Listener, Progress, silent

_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    LZMAError,
    EOFError,
    RuntimeError,  # an encrypted zip
)


_SUFFIXES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz")


def is_archive(file: Path) -> bool:
    """Say whether a file is to be unpacked, by its name: workbooks are zip files, too.

    >>> is_archive(Path("Audio.ZIP")), is_archive(Path("Data.xlsx")), is_archive(Path("clips.tar.gz"))
    (True, False, True)
    """
    return file.name.lower().endswith(_SUFFIXES)


def merge(folder: Path, into: Path, title: str) -> None:
    """Move all files below a folder to their places below another one.

    Raises:
        CorpusError: a file is in both.
    """
    for path in sorted(folder.rglob("*")):
        target = into / path.relative_to(folder)
        if path.is_dir():
            target.mkdir(exist_ok=True)
        elif target.exists():
            raise CorpusError(f"{title}: two archives hold the file '{target.relative_to(into)}'. Check the card.")
        else:
            path.replace(target)
    shutil.rmtree(folder)


def unpack(archive: Path, folder: Path, *, inside: str = "", listen: Listener = silent) -> None:
    """Unpack a zip or tar archive into a new ``folder``; on any failure ``folder`` does not come to be.

    Args:
        archive: a .zip, .tar, .tar.gz, .tar.bz2 or .tar.xz file; its content decides, not its name.
        folder: must not exist yet, or be empty.
        inside: the folder within the archive that becomes ``folder``; everything else is dropped.
        listen: is told of every member.

    Raises:
        CorpusError: no archive, a damaged one, one with a member that points out of the folder, one without
            ``inside``, or ``folder`` holds something already.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise CorpusError(f"{folder}: there is something in this folder already. Move it away, then try again.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as temporary:
        target = Path(temporary) / "unpacked"
        target.mkdir()
        with _damage_explained(archive):
            _extract_all(archive, target, listen)
        folder_inside(target, inside, archive.name).replace(folder)


def take_member(archive: Path, member: str, target: Path) -> None:
    """Write one member of a zip or tar archive to the file ``target``.

    Raises:
        CorpusError: no archive, a damaged one, or one without that member.
    """
    with _damage_explained(archive):
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped:
                if member not in zipped.namelist():
                    raise _no_member(archive, member)
                with zipped.open(member) as source, target.open("wb") as sink:
                    shutil.copyfileobj(source, sink)
        else:
            _take_from_tar(archive, member, target)


def _take_from_tar(archive: Path, member: str, target: Path) -> None:
    with tarfile.open(archive) as tar:
        for info in tar:
            if info.name == member and info.isfile():
                source = tar.extractfile(info)
                if source is not None:
                    with source, target.open("wb") as sink:
                        shutil.copyfileobj(source, sink)
                    return
    raise _no_member(archive, member)


def _no_member(archive: Path, member: str) -> CorpusError:
    return CorpusError(f"{archive.name}: there is no file '{member}' in this archive. Check 'member' of the card.")


@contextmanager
def _damage_explained(archive: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as problem:
        reason = str(problem).partition(":\n")[0] or type(problem).__name__
        message = f"{archive.name}: not a whole zip or tar archive ({reason}). Get the file again, and check its size."
        raise CorpusError(message) from None


def _extract_all(archive: Path, target: Path, listen: Listener) -> None:
    if zipfile.is_zipfile(archive):
        _extract_zip(archive, target, listen)
    else:
        _extract_tar(archive, target, listen)


def _extract_zip(archive: Path, target: Path, listen: Listener) -> None:
    with zipfile.ZipFile(archive) as zipped:
        members = zipped.infolist()
        for number, member in enumerate(members, 1):
            _check_name(member.filename, archive)
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
                what = "a link" if kind == stat.S_IFLNK else "a device"
                raise _refused(archive, member.filename, what)
            with _file_or_folder(member.filename, archive):
                zipped.extract(member, target)
            listen(Progress(f"unpack {archive.name}", number, len(members)))


def _extract_tar(archive: Path, target: Path, listen: Listener) -> None:
    # Without an index there is no total before the end: the last event closes the activity.
    activity, number = f"unpack {archive.name}", 0
    with tarfile.open(archive) as tar:
        for number, member in enumerate(tar, 1):
            _check_name(member.name, archive)
            if not (member.isreg() or member.isdir()):
                what = "a link" if member.issym() or member.islnk() else "a device"
                raise _refused(archive, member.name, what)
            with _file_or_folder(member.name, archive):
                _write_member(tar, member, target.joinpath(*PurePosixPath(member.name).parts))
            listen(Progress(activity, number, None))
    listen(Progress(activity, number, number))


def _write_member(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    """Write a regular file or a folder by ourselves: not every Python's ``tar.extract`` stays within its folder."""
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Neither links nor owners, modes and times are taken over, so nothing leads out of the folder.
    source = tar.extractfile(member)
    if source is not None:
        with source, path.open("wb") as sink:
            shutil.copyfileobj(source, sink)


@contextmanager
def _file_or_folder(name: str, archive: Path) -> Iterator[None]:
    try:
        yield
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise _refused(archive, name, "a file and a folder at once") from None


def _check_name(name: str, archive: Path) -> None:
    windows = PureWindowsPath(name)
    if not name:
        raise _refused(archive, name, "without a name")
    if "\0" in name:
        raise _refused(archive, name.replace("\0", "\\0"), "a name with a NUL byte")
    if name.startswith("/") or windows.drive or windows.root:
        raise _refused(archive, name, "an absolute path")
    if ".." in PurePosixPath(name).parts or ".." in windows.parts:
        raise _refused(archive, name, "a path out of the folder")


def _refused(archive: Path, name: str, what: str) -> CorpusError:
    return CorpusError(
        f"{archive.name}: refused, since its member '{name}' is {what}. Such an archive is not unpacked."
    )


def folder_inside(target: Path, inside: str, what: str) -> Path:
    """Return the folder ``inside`` a folder, itself where that is empty.

    Args:
        what: what was unpacked there, for the message.

    Raises:
        CorpusError: there is no such folder, or it lies elsewhere.
    """
    wanted = target / inside if inside else target
    if wanted.is_dir() and wanted.resolve().is_relative_to(target.resolve()):
        return wanted
    found = ", ".join(sorted(f"'{path.name}'" for path in target.iterdir())[:5]) or "nothing"
    raise CorpusError(
        f"{what}: there is no folder '{inside}' in what was received, but {found}. Check 'inside' of the card."
    )
