"""A wrong root, for every way of reading a corpus: the error names what was looked for and a near folder."""

from __future__ import annotations

import errno
import os
import zipfile
from pathlib import Path

import pytest

from emonet.corpus.card import read_card
from emonet.corpus.corpus import Corpus
from emonet.corpus.readers.folders import files_below, no_such_folder
from emonet.errors import CorpusError

HEAD = """\
id: foo
title: Foo
languages: [en]
access: public
licence: CC0
citation: {authors: A. Foo, title: Foo, year: 2020}
targets:
  emotion: {classes: [joy, anger], codes: {j: joy, a: anger}}
examples:
  - {path: wav/s1_j.wav, label: joy, speaker: s1}
"""
WAYS = {
    "pattern": "scan: {pattern: {regex: '(?:^|/)(?P<speaker>s\\d)_(?P<label>[ja])\\.wav$'}}\n",
    "table": "scan: {table: {files: list.csv, path: 'wav/{file}', label: '{code}', speaker: '{who}'}}\n",
    "manifest": "scan: {manifest: {}}\n",
    "module": "scan: {module: foo_scan}\n",
}
MODULE = """\
from emonet import CorpusError, Utterance

def scan(root, targets):
    for path in sorted((root / "wav").glob("s*.wav")):
        yield Utterance(path.stem, f"wav/{path.name}", {"emotion": "joy"}, path.stem[:2])
"""


def card(folder: Path, way: str) -> Corpus:
    folder.mkdir()
    (folder / "foo.yaml").write_text(HEAD + WAYS[way], encoding="utf-8")
    (folder / "foo_scan.py").write_text(MODULE, encoding="utf-8")
    return read_card(folder / "foo.yaml")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of corpora, one of which is the right one."""
    right = tmp_path / "data" / "foo corpus"
    (right / "wav").mkdir(parents=True)
    for name in ("s1_j", "s2_a"):
        (right / "wav" / f"{name}.wav").write_bytes(b"RIFF")
    (right / "list.csv").write_text("file,code,who\ns1_j.wav,j,s1\ns2_a.wav,a,s2\n", encoding="utf-8")
    (right / "manifest.csv").write_text("file,label,speaker\nwav/s1_j.wav,j,s1\nwav/s2_a.wav,a,s2\n", encoding="utf-8")
    other = tmp_path / "data" / "bar"
    other.mkdir()
    (other / "readme.txt").write_text("nothing", encoding="utf-8")
    return tmp_path / "data"


@pytest.mark.parametrize("way", ["pattern", "table", "manifest"])
def test_a_sibling_that_looks_right_is_named(way: str, tmp_path: Path, data: Path) -> None:
    corpus = card(tmp_path / "cards", way)
    right = data / "foo corpus"
    assert len(list(corpus.scan(right))) == 2
    with pytest.raises(CorpusError) as caught:
        list(corpus.scan(data / "bar"))
    assert f"The folder {right} looks right: --root {right}" in str(caught.value)
    assert {"pattern": "none like 'wav/s1_j.wav'", "table": "no 'list.csv'", "manifest": "manifest.csv"}[way] in str(
        caught.value
    )


def test_a_module_that_refuses_a_root_gets_the_same_advice(tmp_path: Path, data: Path) -> None:
    corpus = card(tmp_path / "cards", "module")
    strict = MODULE.replace(
        "    for path",
        "    if not (root / 'wav').is_dir():\n        raise CorpusError(f'{root}: no wav')\n    for path",
    )
    (tmp_path / "cards" / "foo_scan.py").write_text(strict, encoding="utf-8")
    for wrong in (data / "bar", data / "foo corpus" / "wav", data):
        with pytest.raises(CorpusError, match=r"looks right: --root .*foo corpus"):
            list(corpus.scan(wrong))
    assert len(list(corpus.scan(data / "foo corpus"))) == 2


def test_a_module_that_finds_nothing_yields_nothing(tmp_path: Path, data: Path) -> None:
    assert list(card(tmp_path / "cards", "module").scan(data / "bar")) == []


def test_a_folder_that_is_not_there_is_answered_with_the_nearest_name(tmp_path: Path, data: Path) -> None:
    corpus = card(tmp_path / "cards", "pattern")
    with pytest.raises(CorpusError, match=r"no such folder\. Did you mean 'foo corpus' in .*data\? Give the folder"):
        list(corpus.scan(data / "foo_corpus"))
    with pytest.raises(CorpusError, match="this is a file, not a folder"):
        list(files_below(data / "bar" / "readme.txt"))
    assert "Did you mean" not in str(no_such_folder(data / "qqqqq" / "x", "Give one."))


def test_an_archive_that_nobody_unpacked_is_named(tmp_path: Path) -> None:
    corpus = card(tmp_path / "cards", "pattern")
    root = tmp_path / "far" / "away" / "foo"
    root.mkdir(parents=True)
    with pytest.raises(CorpusError, match="none like") as caught:
        list(corpus.scan(root))
    assert "unpack" not in str(caught.value)
    with zipfile.ZipFile(root / "foo.zip", "w") as archive:
        archive.writestr("wav/s1_j.wav", b"RIFF")
    with pytest.raises(CorpusError, match=r"It holds foo\.zip: unpack it first"):
        list(corpus.scan(root))


@pytest.mark.parametrize("way", ["pattern", "table", "manifest"])
def test_neighbours_that_may_not_be_read_are_passed_over(
    way: str, tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = card(tmp_path / "cards", way)
    secret = data / "another's"
    secret.mkdir()
    # To the superuser nothing is closed, so what is asked of paths within answers as it does to others.
    stat = Path.stat

    def refusing(path: Path, **how: bool) -> os.stat_result:
        if secret in path.parents:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return stat(path, **how)

    monkeypatch.setattr(Path, "stat", refusing)
    with pytest.raises(CorpusError, match=r"looks right: --root .*foo corpus$"):
        list(corpus.scan(data / "bar"))


def test_a_folder_that_may_not_be_entered_is_passed_over(tmp_path: Path, data: Path) -> None:
    corpus = card(tmp_path / "cards", "pattern")
    (data / "another's" / "wav").mkdir(parents=True)
    (data / "another's").chmod(0)
    try:
        with pytest.raises(CorpusError, match=r"looks right: --root .*foo corpus$"):
            list(corpus.scan(data / "bar"))
    finally:
        (data / "another's").chmod(0o700)


def test_a_big_folder_without_the_corpus_files_is_not_tried(tmp_path: Path, data: Path) -> None:
    corpus = card(tmp_path / "cards", "pattern")
    (data / "foo corpus" / "wav" / "s1_j.wav").rename(data / "foo corpus" / "wav" / "s3_j.wav")
    with pytest.raises(CorpusError, match="looks right"):
        list(corpus.scan(data / "bar"))
    for number in range(1001):
        (data / "foo corpus" / f"{number}.txt").touch()
    with pytest.raises(CorpusError) as caught:
        list(corpus.scan(data / "bar"))
    assert f"--root {data / 'foo corpus'}\n" not in f"{caught.value}\n"


def test_a_line_in_another_encoding_is_named(tmp_path: Path, data: Path) -> None:
    corpus = card(tmp_path / "cards", "table")
    table = data / "foo corpus" / "list.csv"
    table.write_bytes(table.read_bytes() + "s3_j.wav,j,J\u00f6rg\n".encode("latin-1"))
    with pytest.raises(CorpusError, match=r"list\.csv:4: not utf-8-sig text\. Save the whole file in one encoding"):
        list(corpus.scan(data / "foo corpus"))
