"""Every way to receive a corpus, by the library that it takes, from servers and repositories that this test makes."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from emonet.corpus.corpus import Source
from emonet.corpus.sources import place_of, receive
from emonet.errors import CorpusError, MissingExtra
from emonet.events import Event, Progress, silent
from tests.helpers.served import COMMIT, Served, git_repository, serve_dataset, serving
from tests.helpers.tones import write_tone

DOI = "10.5281/zenodo.123"


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def names_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def got(source: Source, tmp_path: Path) -> list[str]:
    return names_below(receive(source, tmp_path / "work", "foo", silent))


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as found:
        yield found


@pytest.fixture
def zenodo(served: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    """A record of Zenodo: two archives, a table, and what is not wanted. Only its two addresses are others."""
    monkeypatch.setattr("pooch.downloaders.doi_to_url", lambda doi, **_: "https://zenodo.org/records/123")
    monkeypatch.setattr("pooch.downloaders.ZenodoRepository.base_api_url", f"{served.address}/api/records")
    files = {
        "one.zip": zipped({"CLIPS/a.wav": b"a" * 5000}),
        "two.tar.gz": tarred({"CLIPS/b.wav": b"b" * 500}),
        "labels.csv": b"file,label\n",
        "book.xlsx": zipped({"xl/sheet.xml": b"<x/>"}),
    }
    listed = []
    for name, content in files.items():
        served.content[f"/files/{name}"] = content
        checksum = f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}"
        links = {"self": f"{served.address}/files/{name}"}
        listed.append({"key": name, "checksum": checksum, "size": len(content), "links": links})
    served.json("/api/records/123", {"id": 123, "files": listed})
    return served


def test_all_files_of_a_record_become_one_folder_and_workbooks_stay_files(zenodo: Served, tmp_path: Path) -> None:
    found = got(Source(doi=DOI), tmp_path)
    assert found == ["CLIPS/a.wav", "CLIPS/b.wav", "book.xlsx", "labels.csv"]


def test_only_the_files_that_a_source_names_are_loaded(zenodo: Served, tmp_path: Path) -> None:
    assert got(Source(doi=f"doi:{DOI}", files=("one.*",), inside="CLIPS"), tmp_path) == ["a.wav"]
    assert [path for path, _ in zenodo.asked if path.startswith("/files")] == ["/files/one.zip"]
    with pytest.raises(CorpusError, match=r"the record 10\.5281/zenodo\.123 has no file '\*\.rar', but book\.xlsx"):
        got(Source(doi=DOI, files=("*.rar",)), tmp_path)


def test_a_file_that_the_record_gives_another_checksum_is_refused(zenodo: Served, tmp_path: Path) -> None:
    zenodo.content["/files/labels.csv"] = b"file,label\r"
    with pytest.raises(CorpusError, match=r"'labels\.csv' has another checksum than expected \(md5:[0-9a-f]{32}\)"):
        got(Source(doi=DOI, files=("labels.csv",)), tmp_path)
    assert not list(tmp_path.rglob("labels.csv"))


def test_two_archives_that_hold_the_same_file_are_refused(zenodo: Served, tmp_path: Path) -> None:
    one = zenodo.content["/files/one.zip"]
    zenodo.content["/files/two.tar.gz"] = one
    record = zenodo.content["/api/records/123"]
    old = hashlib.md5(tarred({"CLIPS/b.wav": b"b" * 500}), usedforsecurity=False).hexdigest()
    new = hashlib.md5(one, usedforsecurity=False).hexdigest()
    zenodo.content["/api/records/123"] = record.replace(old.encode(), new.encode())
    with pytest.raises(CorpusError, match=r"two archives hold the file 'CLIPS/a\.wav'"):
        got(Source(doi=DOI), tmp_path)


@pytest.mark.parametrize("name", ["../evil.csv", "a/b.csv", ".."])
def test_a_record_whose_file_leads_elsewhere_is_refused(zenodo: Served, tmp_path: Path, name: str) -> None:
    listed = [{"key": name, "checksum": "md5:0", "links": {"self": f"{zenodo.address}/files/labels.csv"}}]
    zenodo.json("/api/records/123", {"files": listed})
    with pytest.raises(CorpusError, match="a file whose name is not plain"):
        got(Source(doi=DOI), tmp_path)


def test_a_restricted_record_is_told(zenodo: Served, tmp_path: Path) -> None:
    zenodo.json("/api/records/123", {"id": 123})
    with pytest.raises(CorpusError, match="lists no files: it may be restricted"):
        got(Source(doi=DOI), tmp_path)


def test_a_dataverse_is_read_by_its_own_list(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pooch.downloaders.doi_to_url", lambda doi, **_: f"{served.address}/dataset.xhtml")
    md5 = hashlib.md5(b"clip", usedforsecurity=False).hexdigest()
    file = {"dataFile": {"id": 7, "filename": "a.wav", "md5": md5}}
    served.json("/api/datasets/:persistentId", {"data": {"latestVersion": {"files": [file]}}})
    served.content["/api/access/datafile/7"] = b"clip"
    assert got(Source(doi="10.5683/SP2/FOO"), tmp_path) == ["a.wav"]


def test_an_interrupted_download_goes_on_where_it_was(served: Served, tmp_path: Path) -> None:
    content = zipped({"a.wav": bytes(range(256)) * 4000})
    served.content["/clips.zip"] = content
    source = Source(url=f"{served.address}/clips.zip", sha256=hashlib.sha256(content).hexdigest())
    served.cut = 300_000
    with pytest.raises(CorpusError):
        got(source, tmp_path)
    seen: list[Event] = []
    assert names_below(receive(source, tmp_path / "work", "foo", seen.append)) == ["a.wav"]
    begun = served.asked[-1][1]
    assert begun.startswith("bytes=")
    assert 0 < int(begun.removeprefix("bytes=").removesuffix("-")) <= 300_000
    size = -(-len(content) // 1000)
    assert Progress("download foo (kB)", size, size) in seen


def test_what_was_begun_as_another_file_is_loaded_anew(served: Served, tmp_path: Path) -> None:
    content = zipped({"a.wav": b"a" * 100_000})
    source = Source(url=f"{served.address}/clips.zip", sha256=hashlib.sha256(content).hexdigest())
    served.content["/clips.zip"] = b"x" * len(content)
    served.cut = 70_000
    with pytest.raises(CorpusError):
        got(source, tmp_path)
    served.content["/clips.zip"] = content
    assert got(source, tmp_path) == ["a.wav"]
    assert [span[:6] for _, span in served.asked] == ["", "bytes=", ""]


def test_a_commit_of_a_git_repository_is_checked_out_without_its_history(tmp_path: Path) -> None:
    owner = tmp_path / "owner"
    commit = git_repository(owner, {"samples/a.wav": b"a", "samples/b.wav": b"b", "code/run.py": b"raise SystemExit"})
    (owner / "samples/c.wav").write_bytes(b"c")
    git_repository(owner, {})
    source = Source(git=owner.as_uri(), revision=commit)
    assert got(source, tmp_path) == ["code/run.py", "samples/a.wav", "samples/b.wav"]
    assert got(Source(git=owner.as_uri(), revision=commit, files=("samples/",)), tmp_path) == [
        "samples/a.wav",
        "samples/b.wav",
    ]
    inside = Source(git=owner.as_uri(), revision=commit, inside="samples")
    assert got(inside, tmp_path) == ["a.wav", "b.wav"]


def test_archives_of_a_repository_are_unpacked_where_its_source_names_them(tmp_path: Path) -> None:
    files = {"female.zip": zipped({"female/F01A01.wav": b"a"}), "transcript.zip": zipped({"a.txt": b"a"})}
    commit = git_repository(tmp_path / "owner", files)
    source = Source(git=(tmp_path / "owner").as_uri(), revision=commit, files=("female.zip",))
    assert got(source, tmp_path) == ["female/F01A01.wav"]


def test_a_commit_that_is_not_there_is_told_by_git(tmp_path: Path) -> None:
    git_repository(tmp_path / "owner", {"a.wav": b"a"})
    with pytest.raises(CorpusError, match=f"git fetch failed: .*{COMMIT}"):
        got(Source(git=(tmp_path / "owner").as_uri(), revision=COMMIT), tmp_path)


def test_links_of_a_repository_lead_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    owner = tmp_path / "owner"
    owner.mkdir()
    (owner / "a.wav").symlink_to(secret)
    commit = git_repository(owner, {"b.wav": b"b"})
    root = receive(Source(git=owner.as_uri(), revision=commit), tmp_path / "work", "foo", silent)
    assert not (root / "a.wav").is_symlink()
    assert (root / "a.wav").read_text() == str(secret)


def test_pointers_of_git_lfs_are_told(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n"
    commit = git_repository(tmp_path / "owner", {"AudioWAV/a.wav": pointer, "readme.md": b"about"})
    with pytest.raises(CorpusError, match=r"1 files are Git LFS pointers.*AudioWAV/a\.wav\. Install git-lfs"):
        got(Source(git=(tmp_path / "owner").as_uri(), revision=commit), tmp_path)


def test_a_machine_without_git_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CorpusError, match="git is not installed"):
        got(Source(git=tmp_path.as_uri(), revision=COMMIT), tmp_path)


@pytest.fixture
def hub(served: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    monkeypatch.setenv("HF_ENDPOINT", served.address)
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    return served


def test_a_commit_of_a_dataset_of_the_hub_is_kept_once(hub: Served, tmp_path: Path) -> None:
    files = {"data/train.parquet": b"t" * 3000, "data/test.parquet": b"e" * 200, "README.md": b"about"}
    serve_dataset(hub, "owner/foo", files)
    seen: list[Event] = []
    source = Source(hub="owner/foo", revision=COMMIT, files=("data/*",))
    root = receive(source, tmp_path / "work", "foo", seen.append)
    assert names_below(root) == ["data/test.parquet", "data/train.parquet"]
    assert (root / "data/train.parquet").read_bytes() == files["data/train.parquet"]
    assert Progress("download owner/foo (kB)", 3, 4) in seen
    assert not [path for path in tmp_path.rglob("*") if path.name == ".cache"]


def test_a_hub_that_does_not_answer_is_asked_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("this would try for half a minute")

    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.HfApi.list_repo_tree", never)
    with pytest.raises(CorpusError, match=r"no connection to http://127\.0\.0\.1:9"):
        got(Source(hub="owner/foo", revision=COMMIT), tmp_path)


def test_a_file_that_is_not_what_the_hub_says_is_refused(hub: Served, tmp_path: Path) -> None:
    serve_dataset(hub, "owner/foo", {"data/train.parquet": b"t" * 3000, "clips.csv": b"a,b\n"})
    for name, damaged in (("clips.csv", b"a;b\n"), ("data/train.parquet", b"T" * 3000)):
        path = f"/datasets/owner/foo/resolve/{COMMIT}/{name}"
        whole, hub.content[path] = hub.content[path], damaged
        with pytest.raises(CorpusError, match=f"'{name}' is not what the hub says"):
            got(Source(hub="owner/foo", revision=COMMIT), tmp_path / name)
        hub.content[path] = whole
    assert got(Source(hub="owner/foo", revision=COMMIT), tmp_path) == ["clips.csv", "data/train.parquet"]


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # audformat 1.4 under pandas 3.1
def test_a_database_of_audb_is_loaded_as_it_was_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audb = pytest.importorskip("audb")
    import audformat

    database = audformat.Database("tones")
    index = audformat.filewise_index(["wav/s1_a.wav", "wav/s2_a.wav"])
    database["files"] = audformat.Table(index)
    folder = tmp_path / "database"
    for file in index:
        write_tone(folder / file, 220, 0.1, seed=1)
    database.save(str(folder))
    (tmp_path / "host/repo").mkdir(parents=True)
    repository = audb.Repository("repo", str(tmp_path / "host"), "file-system")
    monkeypatch.setattr(audb.config, "REPOSITORIES", [repository])
    audb.publish(str(folder), "1.0.0", repository, verbose=False)
    source = Source(audb="tones", version="1.0.0")
    root = receive(source, tmp_path / "work", "tones", silent)
    assert {"db.yaml", "wav/s1_a.wav", "wav/s2_a.wav"} <= set(names_below(root))
    assert not list(root.rglob("*.pkl"))
    assert (root / "wav/s1_a.wav").read_bytes() == (folder / "wav/s1_a.wav").read_bytes()
    with pytest.raises(CorpusError, match="audb could not load it"):
        got(Source(audb="tones", version="2.0.0"), tmp_path)


def test_without_audb_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "audb", None)
    with pytest.raises(MissingExtra, match=r"pip install 'emonet\[audb\]'"):
        got(Source(audb="tones", version="1.0.0"), tmp_path)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({}, "give exactly one of url, doi, package, path, hub, git and audb"),
        ({"doi": DOI, "git": "https://foo.example/foo"}, "give exactly one of"),
        ({"url": "https://foo.example/a.zip"}, "url needs a sha256"),
        ({"hub": "owner/foo"}, "hub needs a revision"),
        ({"git": "https://foo.example/foo"}, "git needs a revision"),
        ({"audb": "emodb"}, "audb needs a version"),
    ],
)
def test_a_source_whose_content_could_change_is_refused(wrong: dict[str, str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Source(**wrong)


@pytest.mark.parametrize(
    ("source", "place"),
    [
        (Source(doi=f"doi:{DOI}"), f"doi:{DOI}"),
        (Source(hub="owner/foo", revision=COMMIT), "hub owner/foo @ 0123456789ab"),
        (Source(git="https://foo.example/foo", revision=COMMIT), "https://foo.example/foo @ 0123456789ab"),
        (Source(audb="emodb", version="1.4.1"), "audb emodb 1.4.1"),
    ],
)
def test_a_source_is_named_on_one_line(source: Source, place: str) -> None:
    assert place_of(source) == place
