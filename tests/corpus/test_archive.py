"""Archives: what is unpacked, and what is refused."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from emonet.corpus.archive import take_member, unpack
from emonet.errors import CorpusError
from emonet.events import Event, Progress

FILES = {"clips/a.wav": b"one", "clips/b.wav": b"two", "readme.txt": b"three"}


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, *members: tarfile.TarInfo, mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for member in members:
            archive.addfile(member)
    return path


def tar_member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def cut(path: Path, kept: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    return path


def zip_special(path: Path, name: str, kind: int) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = (kind | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return path


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_zip_is_unpacked_whole(tmp_path: Path) -> None:
    unpack(zipped(tmp_path / "a.zip", FILES), tmp_path / "out")
    assert content(tmp_path / "out") == FILES


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_of_any_compression_is_unpacked_whole(tmp_path: Path, mode: str) -> None:
    unpack(tarred(tmp_path / "archive", mode=mode), tmp_path / "out")
    assert content(tmp_path / "out") == FILES


@pytest.mark.parametrize("make", [tarred, lambda path: zipped(path, FILES)])
def test_the_folder_inside_becomes_the_root(tmp_path: Path, make) -> None:
    unpack(make(tmp_path / "archive"), tmp_path / "out", inside="clips")
    assert content(tmp_path / "out") == {"a.wav": b"one", "b.wav": b"two"}


def test_a_missing_folder_inside_is_named_with_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(
        CorpusError, match=r"no folder 'wav' in what was received, but 'clips', 'readme.txt'. Check 'inside'"
    ):
        unpack(zipped(tmp_path / "a.zip", FILES), tmp_path / "out", inside="wav")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]


@pytest.mark.parametrize(
    "name", ["/etc/evil", "../evil", "a/../../evil", "C:\\evil", "..\\evil", "\\\\host\\share\\evil"]
)
def test_a_zip_member_that_points_out_is_refused(tmp_path: Path, name: str) -> None:
    archive = zipped(tmp_path / "a.zip", FILES | {name: b"x"})
    with pytest.raises(CorpusError, match=r"refused, since its member '.*evil' is (an absolute path|a path out)"):
        unpack(archive, tmp_path / "deep" / "out")
    assert not (tmp_path / "deep" / "out").exists()
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("name", ["/etc/evil", "../evil", "a/../../evil"])
def test_a_tar_member_that_points_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CorpusError, match=r"refused, since its member '.*evil' is (an absolute path|a path out)"):
        unpack(tarred(tmp_path / "a.tar", tar_member(name)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("member", "what"),
    [
        (tar_member("odd", tarfile.SYMTYPE, "/etc/passwd"), "a link"),
        (tar_member("odd", tarfile.SYMTYPE, "../../outside"), "a link"),
        (tar_member("odd", tarfile.SYMTYPE, "clips/a.wav"), "a link"),
        (tar_member("odd", tarfile.LNKTYPE, "../../outside"), "a link"),
        (tar_member("odd", tarfile.LNKTYPE, "clips/a.wav"), "a link"),
        (tar_member("odd", tarfile.CHRTYPE), "a device"),
        (tar_member("odd", tarfile.BLKTYPE), "a device"),
        (tar_member("odd", tarfile.FIFOTYPE), "a device"),
    ],
    ids=["absolute", "out", "within", "hard-out", "hard-within", "characters", "blocks", "pipe"],
)
def test_a_tar_link_or_device_is_refused(tmp_path: Path, member: tarfile.TarInfo, what: str) -> None:
    with pytest.raises(CorpusError, match=f"refused, since its member 'odd' is {what}. Such an archive is not"):
        unpack(tarred(tmp_path / "a.tar", member), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def links_beyond_the_longest_path(path: Path, victim: Path) -> Path:
    """Make the archive of CVE-2025-4517: links too deep for realpath, then a hard link and a file behind them."""
    deep, here = "d" * 247, ""
    with tarfile.open(path, "w") as tar:
        for step in "abcdefghijklmnop":
            tar.addfile(tar_member(f"{here}{deep}", tarfile.DIRTYPE))
            tar.addfile(tar_member(f"{here}{step}", tarfile.SYMTYPE, deep))
            here += f"{deep}/"
        last = "/".join("abcdefghijklmnop") + "/" + "l" * 254
        tar.addfile(tar_member(last, tarfile.SYMTYPE, "../" * 16))
        tar.addfile(tar_member("escape", tarfile.SYMTYPE, last + "/.." * (len(victim.parts) + 2) + str(victim.parent)))
        tar.addfile(tar_member("flag", tarfile.LNKTYPE, f"escape/{victim.name}"))
        for name in ("flag", "escape/new"):
            info = tar_member(name)
            info.size = 5
            tar.addfile(info, io.BytesIO(b"pwned"))
    return path


def test_no_chain_of_links_leads_out_of_the_folder(tmp_path: Path) -> None:
    victim = tmp_path / "outside" / "victim"
    victim.parent.mkdir()
    victim.write_bytes(b"mine")
    archive = links_beyond_the_longest_path(tmp_path / "a.tar", victim)
    with pytest.raises(CorpusError, match="refused, since its member 'a' is a link"):
        unpack(archive, tmp_path / "in" / "out")
    assert content(victim.parent) == {"victim": b"mine"}
    assert not (tmp_path / "in" / "out").exists()


@pytest.mark.parametrize("form", ["tar", "zip"])
@pytest.mark.parametrize("name", ["clips/a.wav/b", "clips"])
def test_a_file_where_a_folder_is_needed_is_refused(tmp_path: Path, form: str, name: str) -> None:
    path = tmp_path / "archive"
    archive = tarred(path, tar_member(name)) if form == "tar" else zipped(path, {**FILES, name: b""})
    with pytest.raises(CorpusError, match=f"its member '{name}' is a file and a folder at once"):
        unpack(archive, tmp_path / "out")


def test_a_nul_byte_in_a_name_is_refused(tmp_path: Path) -> None:
    info = tar_member("odd")
    info.pax_headers = {"path": "od\0d"}
    with pytest.raises(CorpusError, match=r"its member 'od\\0d' is a name with a NUL byte"):
        unpack(tarred(tmp_path / "a.tar", info), tmp_path / "out")


def test_a_member_without_a_name_is_refused(tmp_path: Path) -> None:
    odd = zipped(tmp_path / "a.zip", FILES)
    with zipfile.ZipFile(odd, "a") as archive:
        archive.writestr(zipfile.ZipInfo(""), b"x")
    for path in (odd, tarred(tmp_path / "a.tar", tar_member(""))):
        with pytest.raises(CorpusError, match="its member '' is without a name"):
            unpack(path, tmp_path / "out")


def test_modes_and_owners_of_a_tar_are_left_alone(tmp_path: Path) -> None:
    locked = tar_member("locked")
    locked.mode, locked.uid = 0o4000, 12345
    unpack(tarred(tmp_path / "a.tar", locked), tmp_path / "out")
    assert (tmp_path / "out" / "locked").stat().st_mode & 0o4400 == 0o400
    assert (tmp_path / "out" / "locked").stat().st_uid == os.getuid()


def test_a_tar_is_unpacked_by_a_python_that_knows_no_filters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As in 3.11.0 to 3.11.3: neither FilterError nor extract(filter=...) is there.
    monkeypatch.delattr(tarfile, "FilterError", raising=False)
    monkeypatch.delattr(tarfile.TarFile, "extract")
    unpack(tarred(tmp_path / "a.tar"), tmp_path / "out")
    assert content(tmp_path / "out") == FILES
    with pytest.raises(CorpusError, match="not a whole zip or tar archive"):
        unpack(cut(tarred(tmp_path / "b.tar", mode="w:gz"), 0.5), tmp_path / "c")


@pytest.mark.parametrize(("kind", "what"), [(stat.S_IFLNK, "a link"), (stat.S_IFCHR, "a device")])
def test_a_zip_link_or_device_is_refused(tmp_path: Path, kind: int, what: str) -> None:
    with pytest.raises(CorpusError, match=f"its member 'odd' is {what}"):
        unpack(zip_special(tmp_path / "a.zip", "odd", kind), tmp_path / "out")


@pytest.mark.parametrize("kept", [0.1, 0.6])
@pytest.mark.parametrize("mode", ["zip", "w:gz", "w:xz"])
def test_a_truncated_archive_leaves_nothing_behind(tmp_path: Path, mode: str, kept: float) -> None:
    path = tmp_path / "archive"
    cut(zipped(path, FILES) if mode == "zip" else tarred(path, mode=mode), kept)
    with pytest.raises(CorpusError, match=r"archive: not a whole zip or tar archive .* Get the file again"):
        unpack(path, tmp_path / "out")
    assert [each.name for each in tmp_path.iterdir()] == ["archive"]


def test_a_zip_with_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.wav", b"precious")
    path.write_bytes(path.read_bytes().replace(b"precious", b"poisoned"))
    with pytest.raises(CorpusError, match=r"not a whole zip or tar archive .Bad CRC-32"):
        unpack(path, tmp_path / "out")


def test_a_file_that_is_no_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "page.zip").write_text("<html>Please log in</html>")
    with pytest.raises(CorpusError, match=r"page\.zip: not a whole zip or tar archive"):
        unpack(tmp_path / "page.zip", tmp_path / "out")


def test_a_folder_with_files_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(CorpusError, match=r"there is something in this folder already. Move it away"):
        unpack(zipped(tmp_path / "a.zip", FILES), tmp_path / "out")
    assert content(tmp_path / "out") == {"mine.txt": b"mine"}


@pytest.mark.parametrize("make", [tarred, lambda path: zipped(path, FILES)])
def test_progress_counts_the_members_and_closes(tmp_path: Path, make) -> None:
    seen: list[Event] = []
    unpack(make(tmp_path / "a"), tmp_path / "out", listen=seen.append)
    assert [each.done for each in seen if isinstance(each, Progress)][:3] == [1, 2, 3]
    assert seen[-1] == Progress("unpack a", 3, 3)


@pytest.mark.parametrize("make", [tarred, lambda path: zipped(path, FILES)])
def test_one_member_is_taken_out_by_its_path(tmp_path: Path, make) -> None:
    archive = make(tmp_path / "archive")
    take_member(archive, "clips/b.wav", tmp_path / "b.wav")
    assert (tmp_path / "b.wav").read_bytes() == b"two"
    with pytest.raises(CorpusError, match=r"there is no file 'clips/c\.wav' in this archive. Check 'member'"):
        take_member(archive, "clips/c.wav", tmp_path / "c.wav")
