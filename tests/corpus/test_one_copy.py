"""A corpus that stands twice in its folder, or not whole: found, named, and with advice that helps."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from emonet.audio.prepare import prepare
from emonet.corpus.corpus import Expected, Utterance
from emonet.corpus.one_copy import TwinFiles, check_one_copy, how_to_part, other_count
from emonet.errors import CorpusError
from emonet.events import Event, Notice
from tests.helpers.audio_tones import tone
from tests.helpers.made import make_corpus


@pytest.mark.parametrize(
    ("one", "other", "advice"),
    [
        ("X/a/1.wav", "X/X/a/1.wav", "Remove 'X/X', or keep it elsewhere."),
        ("X/X/a/1.wav", "X/a/1.wav", "Remove 'X/X', or keep it elsewhere."),
        ("T/OAF_angry/1.wav", "T/T/OAF_angry/1.wav", "Remove 'T/T', or keep it elsewhere."),
        ("X/X/a/1.wav", "X/X/X/a/1.wav", "Remove 'X/X/X', or keep it elsewhere."),
        ("Actor_01/1.wav", "speech_01-24/Actor_01/1.wav", "Remove 'speech_01-24', or keep it elsewhere."),
        ("1.wav", "backup of it/wav/1.wav", "Remove 'backup of it/wav', or keep it elsewhere."),
        ("wav/1.wav", "wav/wav/1.wav", "Remove 'wav/wav', or keep it elsewhere."),
        ("a/1.wav", "a/b/1.wav", "Remove 'a/b', or keep it elsewhere."),
        ("a/1.wav", "a/b/a/1.wav", "Remove 'a/b', or keep it elsewhere."),
        ("one/wav/1.wav", "two/wav/1.wav", "Keep one of 'one' and 'two', or give one of them with --root."),
        ("data/v1/a/1.wav", "data/v2/a/1.wav", "Keep one of 'data/v1' and 'data/v2', or give one of them with --root."),
    ],
)
def test_advice_names_the_inner_copy_and_never_a_folder_that_holds_both(one: str, other: str, advice: str) -> None:
    assert how_to_part([TwinFiles(one, other)], make_corpus()) == advice
    removed = advice.partition("Remove '")[2].partition("'")[0]
    if removed:
        assert sum(path.startswith(f"{removed}/") for path in (one, other)) == 1


def test_without_a_card_a_root_is_not_advised_and_of_many_folders_an_example_is_named() -> None:
    pairs = [TwinFiles("one/1.wav", "two/1.wav")]
    assert how_to_part(pairs, replace(make_corpus(), speakers="open")) == "Keep one of 'one' and 'two'."
    folders = [TwinFiles("A/1.wav", "A (1)/1.wav"), TwinFiles("B/2.wav", "B (1)/2.wav")]
    assert how_to_part(folders, make_corpus()) == "Keep one of each two, such as 'A' and 'A (1)'."
    turned = [TwinFiles("X/a/1.wav", "X/X/a/1.wav"), TwinFiles("X/X/z/1.wav", "X/z/1.wav")]
    assert how_to_part(turned, make_corpus()) == "Remove 'X/X', or keep it elsewhere."


def listed(root: Path) -> Sequence[Utterance]:
    paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.wav"))
    return [Utterance(path, path, {"emotion": "anger" if "a" in path else "sadness"}) for path in paths]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Write six files in folders of two speakers, whose names recur from speaker to speaker."""
    for number in range(6):
        path = tmp_path / "X" / f"s{number % 2}" / f"{number // 2}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone(pitch=200 + 20 * number), 16_000)
    return tmp_path


def test_a_folder_with_two_copies_is_refused(root: Path) -> None:
    check_one_copy(make_corpus(), root, listed(root))
    shutil.copytree(root / "X", root / "copy")
    shutil.move(root / "copy", root / "X" / "X")
    with pytest.raises(CorpusError, match=r"two copies of the corpus 'foo', such as X/.* counts twice\. Remove 'X/X'"):
        check_one_copy(make_corpus(), root, listed(root))
    scanned = replace(make_corpus(), scan=listed)
    with pytest.raises(CorpusError, match=r"there are two copies of the corpus 'foo'"):
        prepare(scanned, root)
    shutil.rmtree(root / "X" / "X")
    assert prepare(scanned, root).count == 6


def test_a_few_files_that_stand_twice_and_other_recordings_of_one_name_and_size_are_no_second_copy(root: Path) -> None:
    (root / "Y" / "s0").mkdir(parents=True)
    shutil.copy(root / "X" / "s0" / "0.wav", root / "Y" / "s0" / "0.wav")
    check_one_copy(make_corpus(), root, listed(root))
    for number in range(6):
        (root / "Y" / f"s{number % 2}").mkdir(parents=True, exist_ok=True)
        path = root / "Y" / f"s{number % 2}" / f"{number // 2}.wav"
        soundfile.write(path, tone(pitch=500 + 20 * number), 16_000)
    check_one_copy(make_corpus(), root, listed(root))


def test_several_pieces_of_one_file_and_files_that_are_missing_are_no_second_copy(root: Path) -> None:
    pieces = [replace(each, id=f"{each.id}@{start}", start=start) for each in listed(root) for start in (0.0, 0.1)]
    check_one_copy(make_corpus(), root, pieces)
    check_one_copy(make_corpus(), root, [Utterance(f"{n}", f"gone/{n}/a.wav", {}) for n in range(9)])


def test_another_count_than_the_card_s_is_said_when_a_corpus_is_prepared(root: Path) -> None:
    told: list[Event] = []
    corpus = replace(make_corpus(), scan=listed, expected=Expected(utterances=5))
    prepare(corpus, root, listen=told.append)
    (text,) = [event.text for event in told if isinstance(event, Notice)]
    assert (
        text == "foo: 6 utterances, where its card counts 5; `emonet corpora check foo` says what is there too often."
    )
    assert other_count(corpus, 4).endswith("counts 5; `emonet corpora check foo` says what is missing.")
    assert other_count(corpus, 5) == other_count(make_corpus(), 5) == ""
