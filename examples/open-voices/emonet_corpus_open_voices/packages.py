"""The voices out of their Debian packages, which are read as files: nothing is installed, nothing in them is run."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from lzma import LZMAError
from pathlib import Path, PurePosixPath

from emonet import Corpus, CorpusError
from emonet.corpus.corpus import Source
from emonet.corpus.fetch import RECORD, fetch, is_fetched
from emonet.files import fetched_folder, write_json

_MAGIC = b"!<arch>\n"
_HEADER = 60
_DAMAGE = (tarfile.TarError, zipfile.BadZipFile, LZMAError, EOFError, ValueError)


@dataclass(frozen=True)
class Voices:
    """Where the files of one corpus stand.

    Attributes:
        packages: Debian packages; a file in a later one replaces that of an earlier one.
        wanted: matches a file within a package, or within a .pk3 (a zip archive) of a package; its first group is
            the path below the corpus root.
        sha256: of the archive that ``collect`` makes of these files.
    """

    packages: tuple[str, ...]
    wanted: str
    sha256: str


VOICES: Mapping[str, Voices] = {
    "hedgewars_voices": Voices(
        packages=("hedgewars-data",),
        wanted=r"(?:\./)?usr/share/games/hedgewars/Data/(Sounds/voices/[\w-]+/[\w-]+\.ogg)",
        sha256="782826db88498f527daeac8eabdc9ec4bbb100b80093793dd1ae9e7fc4da5474",
    ),
    "openarena_voices": Voices(
        packages=("openarena-data", "openarena-081-players", "openarena-085-data", "openarena-088-data"),
        wanted=r"(sound/player/[\w-]+/(?:[\w-]+\.(?:wav|ogg)|credit|CREDITS))",
        sha256="4af3d384fd9133d9e8f9beadb377e23f720b2a1c337861e06a8facd61dad12b7",
    ),
}
"""Corpus id -> where its files stand in Debian 12 (bookworm); the cards name the versions."""


def fetch_voices(corpus: Corpus, debs: Path | None = None) -> Path:
    """Return the folder of a corpus that is now where ``emonet corpora fetch`` would have put it.

    Args:
        debs: a folder that holds the .deb files; without it, apt-get downloads them.

    Raises:
        CorpusError: no apt-get (the text says what to put where), a package that is absent or damaged, or files
            other than those the card was made from.
    """
    voices = VOICES[corpus.id]
    if is_fetched(corpus.id):
        return fetched_folder(corpus.id)
    with tempfile.TemporaryDirectory(prefix="emonet-voices-") as temporary:
        folder = debs or _downloaded(voices.packages, Path(temporary) / "debs")
        archive = Path(temporary) / f"{'+'.join(voices.packages)}.tar"
        collect(voices, [_deb(folder, package) for package in voices.packages], archive)
        source = Source(path=str(archive), sha256=voices.sha256)
        root = fetch(replace(corpus, fetchable=True, sources=(source,)))
    # The archive was a passing one: what it was made of is what a reader of the record wants to know.
    source_of = f"Debian packages {', '.join(voices.packages)}"
    write_json(root / RECORD, {"corpus": corpus.id, "source": source_of, "sha256": voices.sha256})
    return root


def collect(voices: Voices, debs: Sequence[Path], archive: Path) -> None:
    """Write the wanted files of some packages into a tar archive that depends on their names and bytes only."""
    found: dict[str, bytes] = {}
    for deb in debs:
        found |= dict(_wanted_files(deb, re.compile(voices.wanted)))
    if not found:
        raise CorpusError(f"{', '.join(deb.name for deb in debs)}: there are no voices in it. Get the package again.")
    with tarfile.open(archive, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in sorted(found.items()):
            member = tarfile.TarInfo(name)  # no owner and no time, so that equal files make an equal archive
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def how_to_put(packages: Sequence[str]) -> str:
    """Return what to do by hand where there is no apt-get."""
    listed = "".join(f"\n  {package}_*.deb" for package in packages)
    return (
        "Get these packages of Debian 12 (bookworm) as files, from packages.debian.org or any mirror, and put them "
        f"into one folder:{listed}\nThen: python -m emonet_corpus_open_voices --debs FOLDER"
    )


def _downloaded(packages: Sequence[str], folder: Path) -> Path:
    program = shutil.which("apt-get")
    if program is None:
        raise CorpusError(f"There is no apt-get on this machine. {how_to_put(packages)}")
    folder.mkdir()
    # A list of words, no shell; apt-get compares checksums with Debian's signed lists.
    done = subprocess.run(  # noqa: S603
        [program, "download", *packages], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        message = f"apt-get download failed: {reason}. Call `apt-get update` first, as root; or do it by hand."
        raise CorpusError(f"{message} {how_to_put(packages)}")
    return folder


def _deb(folder: Path, package: str) -> Path:
    found = sorted(folder.glob(f"{package}_*.deb"))
    if len(found) != 1:
        message = f"{folder}: expected one file {package}_*.deb in it, found {len(found)}."
        raise CorpusError(f"{message} {how_to_put([package])}")
    return found[0]


def _wanted_files(deb: Path, wanted: re.Pattern[str]) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of the files that are wanted; names are only compared, never written to."""
    with tempfile.TemporaryFile() as data:
        try:
            _copy_data(deb, data)
            with tarfile.open(fileobj=data) as tar:
                for member in tar:
                    content = tar.extractfile(member) if member.isfile() else None
                    if content is None:
                        continue
                    if PurePosixPath(member.name).suffix == ".pk3":
                        yield from _in_zip(io.BytesIO(content.read()), wanted)
                    elif match := wanted.fullmatch(member.name):
                        yield match[1], content.read()
        except _DAMAGE as problem:
            message = f"{deb.name}: not a whole Debian package ({problem}). Get the file again."
            raise CorpusError(message) from None


def _in_zip(file: io.BytesIO, wanted: re.Pattern[str]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(file) as zipped:
        for name in zipped.namelist():
            if match := wanted.fullmatch(name):
                yield match[1], zipped.read(name)


def _copy_data(deb: Path, target: io.BufferedRandom) -> None:
    """Write the data.tar of a .deb file: an `ar` archive of members with 60-byte headers, at even places."""
    with deb.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ValueError("it does not begin like one")
        while len(header := file.read(_HEADER)) == _HEADER:
            name, size = header[:16].decode("ascii").strip().rstrip("/"), int(header[48:58])
            if name.startswith("data.tar"):
                target.write(file.read(size))
                target.seek(0)
                return
            file.seek(size + size % 2, io.SEEK_CUR)
    raise ValueError("there is no data.tar in it")
