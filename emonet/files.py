"""Files as this program keeps them: atomic, sealed by digests, safely named, in its home."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import platformdirs

from emonet.errors import CorpusError, Damaged, EmonetError, did_you_mean

_CHUNK = 1 << 20


def digest_of(data: Any, *, length: int = 16) -> str:
    """Return the first ``length`` hex digits of the SHA-256 of ``data`` as canonical JSON.

    Raises:
        TypeError: ``data`` holds something that JSON does not know.
    """
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary file beside ``path`` to write to, and move it there when all went well.

    On any failure, a full disk included, the temporary file is removed and ``path`` stays as it was.

    Raises:
        EmonetError: ``path`` is a folder.
    """
    if path.is_dir():
        raise EmonetError(f"{path}: this is a folder, and a file of that name is to be written. Move the folder away.")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def can_write(folder: Path) -> bool:
    """Say whether files can be written to a folder, or the folder be made where it is not there."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return os.access(there, os.W_OK)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, data: Any) -> None:
    """Write ``data`` as JSON with sorted keys, atomically."""
    write_text(path, json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def _umask() -> int:
    value = os.umask(0)
    os.umask(value)
    return value


HOME = "EMONET_HOME"
"""Names the folder of all that is kept."""


def home() -> Path:
    """Return EmoNet's own folder: ``EMONET_HOME``, or the platform's folder for user data."""
    given = os.environ.get(HOME)
    return Path(given).expanduser() if given else Path(platformdirs.user_data_path("emonet"))


def remembered_folder() -> Path | None:
    """Return the folder of what is only remembered, and may be removed at any time.

    It is the platform's folder for caches, or ``EMONET_CACHE``; None where that is empty, for nothing to be remembered.
    """
    given = os.environ.get("EMONET_CACHE")
    if given is None:
        return Path(platformdirs.user_cache_path("emonet"))
    return Path(given).expanduser() if given else None


_VARIABLE = re.compile(r"\$\{([^{}]*)\}")


def path_in(text: str) -> Path:
    """Return the path that a recipe gives: ``~`` is the user's folder, ``${NAME}`` a variable of the environment.

    Raises:
        EmonetError: there is no such variable.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            hint = did_you_mean(match[1], os.environ)
            message = f"{text}: the environment has no variable '{match[1]}'. {hint} Set it, or write the path itself."
            raise EmonetError(" ".join(message.split()))
        return os.environ[match[1]]

    return Path(_VARIABLE.sub(value, text)).expanduser()


_IN_HOME = "EMONET_HOME:"


def portable(path: Path) -> str:
    """Return a path as text that says the same where EMONET_HOME has another path, if it lies in there."""
    whole, own = path.absolute(), home().absolute()
    return f"{_IN_HOME}{whole.relative_to(own).as_posix()}" if whole.is_relative_to(own) else str(whole)


def located(text: str) -> Path:
    """Return the path that ``portable`` made text of, in this process' EMONET_HOME."""
    return home() / text.removeprefix(_IN_HOME) if text.startswith(_IN_HOME) else Path(text)


def fetched_folder(corpus_id: str) -> Path:
    """Return the folder that ``emonet corpora fetch`` unpacks a corpus into."""
    return home() / "corpora" / corpus_id


def store_folder(corpus_id: str) -> Path:
    """Return the folder of a corpus' decoded audio and cached features."""
    return home() / "store" / corpus_id


def stages_folder() -> Path:
    """Return the folder of content-addressed stage results, shared by all runs."""
    return home() / "stages"


LONGEST = 80
"""Bytes of a quoted name; a file's name has 255 on most file systems, and may join two or three of them."""
_HASHED = "+"


def file_name(name: str) -> str:
    """Return a name as (part of) the name of a file: quoted as in URLs, hashed where that is too long.

    Different names stay different, and ``name_in`` reads all but hashed ones back. Names that begin with a dot, "."
    and ".." among them, have it quoted.

    >>> file_name("foo/emotion"), file_name("../s 1"), file_name("a" * 300)[60:]
    ('foo%2Femotion', '%2E.%2Fs%201', 'aaa+9835fa6bf4e20a9b')
    """
    quoted = quote(name, safe="", errors="surrogateescape")
    if quoted.startswith("."):
        quoted = f"%2E{quoted[1:]}"
    if len(quoted) <= LONGEST:
        return quoted
    digest = hashlib.sha256(quoted.encode()).hexdigest()[:16]
    head = quoted[: LONGEST - len(digest) - len(_HASHED)]
    # A letter that was cut in two is left out: it would read as another.
    whole = head[:-1] if head.endswith("%") else head[:-2] if head[-2:-1] == "%" else head
    # Quoting leaves no plus sign in a name, so it marks what was hashed.
    return f"{whole}{_HASHED}{digest}"


def name_in(file_name: str) -> str:
    """Return the name that ``file_name`` was made of; of a hashed one, its file's name.

    >>> name_in("%2E.%2Fs%201")
    '../s 1'
    """
    return file_name if _HASHED in file_name else unquote(file_name, errors="surrogateescape")


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def explaining_a_full_disk(what: str, folder: Path) -> Iterator[None]:
    """Turn the operating system's word for a full disk into one that helps.

    Raises:
        CorpusError: the disk or the user's share of it is full while ``what`` is written below ``folder``.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        free = shutil.disk_usage(folder).free / 2**20
        raise CorpusError(
            f"{folder}: the disk is full ({free:.0f} MiB free) while writing {what}. Nothing half-made is left. "
            "Make room, or let EMONET_HOME name a folder on another disk; then the same command goes on."
        ) from error


SEAL = "seal"
"""The key of a sealed JSON file that holds the digest of all the others."""

_known: dict[tuple[str, int, int, int], str] = {}
"""Path, inode, size and time in ns of a file -> its SHA-256: a file is read once a process, unless it changes."""


def write_sealed(path: Path, facts: Mapping[str, Any]) -> None:
    """Write facts as JSON with their own digest, atomically."""
    write_json(path, {**facts, SEAL: digest_of(dict(facts))})


def read_sealed(path: Path) -> dict[str, Any]:
    """Return the facts that ``write_sealed`` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        PermissionError: it may not be read.
        Damaged: it does not hold what was written, or cannot be read.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        seal = facts.pop(SEAL) if isinstance(facts, dict) and SEAL in facts else None
        is_whole = seal == digest_of(facts)
    except ValueError as problem:
        raise Damaged(path, f"not JSON: {problem}") from None
    except (FileNotFoundError, PermissionError):
        raise
    except OSError as problem:
        raise Damaged(path, f"it cannot be read: {problem.strerror}") from None
    if not is_whole:
        raise Damaged(
            path, f"it has no '{SEAL}', or an earlier EmoNet wrote it" if seal is None else "its digest is another"
        )
    return dict(facts)


def sum_of(path: Path) -> str:
    """Return the SHA-256 of a file, read once a process for as long as inode, size and time stay what they are.

    Raises:
        FileNotFoundError: there is no such file.
    """
    found = path.stat()
    key = (str(path.absolute()), found.st_ino, found.st_size, found.st_mtime_ns)
    if key not in _known:
        _known[key] = sha256_of(path)
    return _known[key]


def sums_of(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of those files of a folder that are there, by their names within it."""
    return {name: sum_of(folder / name) for name in sorted(names) if (folder / name).is_file()}


def damaged(folder: Path, sums: Mapping[str, str]) -> list[Path]:
    """Return those files of ``sums`` that are missing, cannot be read or are not what they were."""
    return [folder / name for name, expected in sums.items() if not _is_whole(folder / name, expected)]


def _is_whole(path: Path, expected: str) -> bool:
    try:
        return sum_of(path) == expected
    except OSError:
        return False
