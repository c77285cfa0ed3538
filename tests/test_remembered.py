"""What cards and words say is remembered by their content: never another answer, with a memory or without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import emonet_corpora
import emonet_plugins
from emonet import Corpus, remembered
from emonet.corpus.card import corpora_in
from emonet.errors import CorpusError, PluginError
from emonet.labels.words import words_in

CARD = """\
id: foo
title: Foo
languages: [en]
access: public
licence: free
citation: {authors: A. Author, title: Foo, year: 2020}
targets: {emotion: {classes: [anger, neutral], affect: {anger: {arousal: low, valence: negative, reason: cold}}}}
scan: {pattern: {regex: '(?P<label>anger|neutral)'}}
examples: [{path: anger.wav, label: anger}]
"""
Read = list[Path]


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of what is remembered, empty at first."""
    monkeypatch.setenv("EMONET_CACHE", str(tmp_path / "memory"))
    return tmp_path / "memory"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """The files that were read as YAML."""
    files: Read = []
    validate = remembered.validate

    def counting(kind: Any, document: Any, error: Any) -> Any:
        files.append(Path(document.name))
        return validate(kind, document, error)

    monkeypatch.setattr(remembered, "validate", counting)
    return files


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    """A folder with the cards foo and bar."""
    folder = tmp_path / "cards"
    folder.mkdir()
    for name in ("foo", "bar"):
        (folder / f"{name}.yaml").write_text(CARD.replace("id: foo", f"id: {name}"), encoding="utf-8")
    return folder


def titles(folder: Path) -> dict[str, str]:
    return {corpus.id: corpus.title for corpus in corpora_in(folder)}


def plain(thing: Any) -> Any:
    """What a corpus is, its functions as their names and arguments."""
    if isinstance(thing, partial):
        return thing.func.__qualname__, plain(thing.args), plain(thing.keywords)
    if hasattr(thing, "__dataclass_fields__"):
        return type(thing), [plain(getattr(thing, name)) for name in thing.__dataclass_fields__]
    if isinstance(thing, tuple | list):
        return type(thing), [plain(each) for each in thing]
    return thing.__qualname__ if callable(thing) else thing


def test_every_card_and_word_of_ours_is_remembered_as_it_is(read: Read) -> None:
    folder, words = Path(emonet_corpora.__file__).parent, Path(emonet_plugins.__file__).with_name("emotions.yaml")
    first = [*corpora_in(folder), *words_in(words)]
    count = len(read)
    assert count == len(list(folder.glob("*.yaml"))) + 1
    second = [*corpora_in(folder), *words_in(words)]
    assert len(read) == count
    assert plain(second) == plain(first)


def test_a_remembered_card_scans_and_reads_names_as_its_corpus_did(cards: Path, tmp_path: Path) -> None:
    (tmp_path / "anger.wav").touch()
    old, new = corpora_in(cards)[0], corpora_in(cards)[0]
    assert list(new.scan(tmp_path)) == list(old.scan(tmp_path)) != []
    assert old.read_name is not None
    assert new.read_name is not None
    assert new.read_name("anger.wav") == old.read_name("anger.wav") is not None


def _rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _with_its_old_time(folder: Path) -> None:
    path = folder / "foo.yaml"
    before = path.stat()
    _rewrite(path, "title: Foo", "title: Fun")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda folder: _rewrite(folder / "foo.yaml", "title: Foo", "title: Longer"), {"bar": "Foo", "foo": "Longer"}),
        (_with_its_old_time, {"bar": "Foo", "foo": "Fun"}),
        (lambda folder: (folder / "bar.yaml").unlink(), {"foo": "Foo"}),
        (lambda folder: (folder / "bar.yaml").rename(folder / "z.yaml"), {"foo": "Foo", "bar": "Foo"}),
        (
            lambda folder: (folder / "a.yaml").write_text(CARD.replace("id: foo", "id: new"), encoding="utf-8"),
            {"new": "Foo", "bar": "Foo", "foo": "Foo"},
        ),
    ],
    ids=["an edit", "an edit of the same size and time", "a card less", "another name", "a card more"],
)
def test_a_change_is_seen_at_once(change: Callable[[Path], None], expected: dict[str, str], cards: Path) -> None:
    assert titles(cards) == titles(cards) == {"bar": "Foo", "foo": "Foo"}
    change(cards)
    assert list(titles(cards).items()) == list(titles(cards).items()) == list(expected.items())


def test_only_what_changed_is_read_again(cards: Path, read: Read) -> None:
    titles(cards)
    read.clear()
    _rewrite(cards / "foo.yaml", "title: Foo", "title: Fun")
    titles(cards)
    titles(cards)
    assert read == [cards / "foo.yaml"]


def test_a_wrong_card_is_refused_as_often_as_it_is_read_and_the_others_are_remembered(cards: Path, read: Read) -> None:
    for old, new, message in (
        ("title: Foo", "titel: Foo", r"foo\.yaml:2: unknown key 'titel'\. Did you mean 'title'\?"),
        ("titel: Foo", "title: [", r"foo\.yaml:4: not valid YAML"),
        ("title: [", "title: Foo", ""),
        ("[anger, neutral]", "[anger, nautral]", r"foo\.yaml:7: the label 'nautral' has no arousal and valence"),
    ):
        _rewrite(cards / "foo.yaml", old, new)
        for _ in range(2):
            if message:
                with pytest.raises(CorpusError, match=message):
                    corpora_in(cards)
    assert read.count(cards / "bar.yaml") == 1


def test_a_wrong_card_makes_none_of_those_behind_it_forgotten(cards: Path, read: Read) -> None:
    titles(cards)
    _rewrite(cards / "bar.yaml", "title: Foo", "titel: Foo")
    with pytest.raises(CorpusError, match="unknown key 'titel'"):
        corpora_in(cards)
    _rewrite(cards / "bar.yaml", "titel: Foo", "title: Bar")
    read.clear()
    assert titles(cards) == {"bar": "Bar", "foo": "Foo"}
    assert read == [cards / "bar.yaml"]


def test_a_file_that_is_gone_is_missed(tmp_path: Path) -> None:
    path = tmp_path / "words.yaml"
    path.write_bytes(b"")
    assert words_in(path) == words_in(path) == []
    path.unlink()
    with pytest.raises(PluginError, match=r"words\.yaml: there is no such file"):
        words_in(path)


def test_a_module_that_is_gone_is_missed_also_where_its_card_is_remembered(cards: Path) -> None:
    _rewrite(cards / "foo.yaml", "{pattern: {regex: '(?P<label>anger|neutral)'}}", "{module: foo_scan}")
    (cards / "foo_scan.py").touch()
    assert len(corpora_in(cards)) == 2
    (cards / "foo_scan.py").unlink()
    with pytest.raises(CorpusError, match=r"there is no foo_scan\.py beside it"):
        corpora_in(cards)


@pytest.mark.parametrize("code", [b"", b"older"], ids=["gone", "edited"])
def test_what_other_code_has_checked_is_read_again(code: bytes, cards: Path, tmp_path: Path, read: Read) -> None:
    module = tmp_path / "code" / "card.py"
    module.parent.mkdir()
    module.write_bytes(b"newer")

    def again() -> int:
        read.clear()
        remembered.read_all(sorted(cards.glob("*")), dict[str, Any], CorpusError, among=cards, code=module.parent)
        return len(read)

    assert [again(), again()] == [2, 0]
    module.write_bytes(code) if code else module.unlink()
    assert [again(), again()] == [2, 0]


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[content.index(b'"title":"Foo"') + 10] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        _flip,
        lambda file: file.write_bytes(file.read_bytes()[:-9]),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"\xff\n[]"),
    ],
    ids=["a bit", "its end", "all of it", "other bytes"],
)
def test_a_damaged_memory_is_made_again(damage: Callable[[Path], None], cards: Path, memory: Path, read: Read) -> None:
    first = plain(corpora_in(cards))
    (file,) = memory.iterdir()
    whole = file.read_bytes()
    damage(file)
    read.clear()
    assert plain(corpora_in(cards)) == first
    assert len(read) == 2
    assert file.read_bytes() == whole


def test_where_nothing_can_be_written_all_is_read(cards: Path, memory: Path, read: Read) -> None:
    memory.write_text("a file where the folder should be")
    assert titles(cards) == titles(cards) == {"bar": "Foo", "foo": "Foo"}
    assert len(read) == 4


def test_a_folder_in_the_place_of_the_memory_is_left_alone(cards: Path, memory: Path) -> None:
    titles(cards)
    (file,) = memory.iterdir()
    file.unlink()
    file.mkdir()
    assert titles(cards) == {"bar": "Foo", "foo": "Foo"}
    assert file.is_dir()


def test_an_empty_name_of_the_memory_means_none(cards: Path, monkeypatch: pytest.MonkeyPatch, read: Read) -> None:
    monkeypatch.chdir(cards)
    monkeypatch.setenv("EMONET_CACHE", "")
    assert titles(cards) == titles(cards)
    assert len(read) == 4
    assert sorted(path.name for path in cards.iterdir()) == ["bar.yaml", "foo.yaml"]


def test_what_is_remembered_of_folders_that_are_gone_is_forgotten(cards: Path, tmp_path: Path, memory: Path) -> None:
    titles(cards)
    cards.rename(tmp_path / "elsewhere")
    titles(tmp_path / "elsewhere")
    assert len(list(memory.iterdir())) == 1


def test_words_are_remembered_and_a_change_is_seen(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "words.yaml"
    path.write_text("anger: {aliases: {sw: [hasira]}}\n", encoding="utf-8")
    first = words_in(path)
    assert words_in(path) == first
    assert len(read) == 1
    _rewrite(path, "hasira", "hasara")
    assert words_in(path)[0].aliases == {"sw": ("hasara",)}
    path.write_text("\nAnger: {}\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(PluginError, match=r"words\.yaml:2: the word 'Anger' is not plain"):
            words_in(path)


LISTING = """
import json, sys
from emonet.cli.app import run_command
assert run_command(sys.argv[1:]) == 0
heavy = {"torch", "numpy", "pandas", "pydantic", "yaml"} & set(sys.modules)
sys.stderr.write(json.dumps(sorted(heavy)))
"""


def _start(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", LISTING, *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))


@pytest.mark.slow
def test_listing_again_loads_no_yaml_no_pydantic_and_no_torch() -> None:
    calls = [
        ("corpora", "list"),
        ("corpora", "list", "--json", "--language", "pl"),
        ("corpora", "info", "iemocap"),
        ("labels",),
        ("labels", "show", "Wut", "--json"),
    ]
    first = _start("labels").communicate()[1]
    assert json.loads(first) == ["pydantic", "yaml"]
    for call in calls:
        out, heavy = _start(*call).communicate()
        assert json.loads(heavy) == [], call
        assert out, call


@pytest.mark.slow
def test_processes_that_start_together_agree(memory: Path) -> None:
    started = [_start("corpora", "list", "--json") for _ in range(4)]
    answers = {process.communicate()[0] for process in started}
    assert {process.returncode for process in started} == {0}
    assert len(answers) == 1
    assert _start("corpora", "list", "--json").communicate() == (answers.pop(), "[]")
    assert not list(memory.glob("*.part"))


def test_the_corpora_are_frozen_also_when_remembered(cards: Path) -> None:
    for _ in range(2):
        corpus: Corpus = corpora_in(cards)[0]
        with pytest.raises(AttributeError):
            corpus.citation.title = "another"  # type: ignore[misc]
