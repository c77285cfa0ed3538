"""Where a corpus is looked for, and what is said where it is nowhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from emonet.audio.roots import find_root, record, require_root
from emonet.corpus.corpus import Citation, Corpus, Source, Target
from emonet.errors import CorpusError


@pytest.fixture
def foo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    monkeypatch.setenv("EMONET_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("EMONET_DATA", raising=False)
    target = Target("emotion", ("joy", "anger"))
    citation = Citation("A. Foo", "Foo", 2020)
    return Corpus("foo", "Foo", ("pl",), "request", "free", citation, (target,), scan=lambda root: [])


def fetched(tmp_path: Path) -> Path:
    root = tmp_path / "home" / "corpora" / "foo"
    root.mkdir(parents=True)
    (root / "fetched.json").write_text("{}")
    return root


def test_a_corpus_that_is_nowhere_has_no_root(foo: Corpus) -> None:
    assert find_root(foo) is None


def test_a_fetched_corpus_is_found(foo: Corpus, tmp_path: Path) -> None:
    root = fetched(tmp_path)
    assert find_root(foo) == require_root(foo) == root


def test_a_half_fetched_corpus_is_not_taken(foo: Corpus, tmp_path: Path) -> None:
    (fetched(tmp_path) / "fetched.json").unlink()
    assert find_root(foo) is None


def test_the_data_folder_goes_before_the_fetched_copy(
    foo: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = fetched(tmp_path)
    monkeypatch.setenv("EMONET_DATA", str(tmp_path / "data"))
    assert find_root(foo) == root
    (tmp_path / "data" / "foo").mkdir(parents=True)
    assert find_root(foo) == tmp_path / "data" / "foo"


def test_the_root_of_the_last_preparation_is_found_while_it_is_there(foo: Corpus, tmp_path: Path) -> None:
    root = tmp_path / "lay here"
    record("foo", "some-key", root)
    assert find_root(foo) is None
    root.mkdir()
    assert find_root(foo) == root


def test_a_given_root_goes_before_all(foo: Corpus, tmp_path: Path) -> None:
    fetched(tmp_path)
    (tmp_path / "mine").mkdir()
    assert require_root(foo, tmp_path / "mine") == tmp_path / "mine"


def test_a_given_root_that_is_not_there_is_an_error(foo: Corpus, tmp_path: Path) -> None:
    fetched(tmp_path)
    with pytest.raises(
        CorpusError, match=r"gone: there is no such folder. Give the folder of the corpus 'foo' with --root"
    ):
        require_root(foo, tmp_path / "gone")


def test_without_a_source_the_text_says_whom_to_ask(foo: Corpus) -> None:
    asked = replace(foo, how_to_get="Write to foo@example.org.")
    with pytest.raises(CorpusError) as caught:
        require_root(asked)
    assert str(caught.value) == (
        "Corpus 'foo' is not on this machine. Give its folder with --root (in a recipe: {id: foo, root: FOLDER}), or "
        "put it into the folder 'foo' below the one that EMONET_DATA names. How to get it: Write to foo@example.org."
    )


def test_with_a_source_the_text_says_how_to_fetch(foo: Corpus) -> None:
    source = Source(path="/nowhere", sha256="0" * 64)
    with pytest.raises(
        CorpusError, match=r"is not on this machine. Fetch it: emonet corpora fetch foo\. Or, with a copy"
    ):
        require_root(replace(foo, fetchable=True, access="public", sources=(source,)))
