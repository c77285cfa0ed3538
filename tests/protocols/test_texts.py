"""Protocols that keep sentences apart, with or without the speakers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from emonet.corpus.corpus import SPLITS, Utterance
from emonet.errors import CorpusError
from emonet.protocols.protocol import Fold, Protocol, make_protocol
from tests.helpers.made import make_corpus


def spoken(speakers: int = 5, texts: int = 5, classes: Sequence[str] = ("anger", "neutral")) -> list[Utterance]:
    """Return every speaker with every text in every class."""
    return [
        Utterance(f"s{who}_t{what}_{label}", "x.wav", {"emotion": label}, speaker=f"s{who}", text=f"t{what}")
        for who in range(speakers)
        for what in range(texts)
        for label in classes
    ]


def protocol(name: str, said: Sequence[Utterance], **options: Any) -> Protocol:
    return make_protocol(name, options, make_corpus(said), said)


def values(fold: Fold, split: str, said: Iterable[Utterance], field: str) -> set[str]:
    return {getattr(each, field) for each in said if fold.splits.get(each.id) == split}


def shared(fold: Fold, said: Iterable[Utterance], field: str) -> set[str]:
    listed = list(said)
    splits = [values(fold, split, listed, field) for split in SPLITS]
    assert all(splits)
    return (splits[0] & splits[1]) | (splits[0] & splits[2]) | (splits[1] & splits[2])


def test_no_text_is_in_two_splits_and_each_is_tested_once() -> None:
    said = spoken(3, 7)
    made = protocol("text-independent", said, k=3)
    assert [shared(fold, said, "text") for fold in made.folds] == [set(), set(), set()]
    tested = Counter(text for fold in made.folds for text in values(fold, "test", said, "text"))
    assert tested == {f"t{number}": 1 for number in range(7)}
    assert "speakers may be" in made.overlap
    assert made.hash == protocol("text-independent", said[::-1], k=3).hash
    assert made.hash != protocol("text-independent", said, k=3, seed=2).hash


def test_classes_with_texts_of_their_own_have_some_in_each_split() -> None:
    said = [
        Utterance(f"{label}{number}_s{who}", "x.wav", {"emotion": label}, speaker=f"s{who}", text=f"{label}{number}")
        for label in ("anger", "neutral")
        for number in range(3)
        for who in range(3)
    ]
    for fold in protocol("text-independent", said, k=3).folds:
        for split in SPLITS:
            texts = values(fold, split, said, "text")
            assert {text[:-1] for text in texts} == {"anger", "neutral"}


def test_two_texts_are_enough_where_dev_takes_speakers_of_train() -> None:
    said = spoken(5, 2)
    made = protocol("text-independent", said, k=2, dev=0.2)
    for fold in made.folds:
        assert not values(fold, "test", said, "text") & values(fold, "train", said, "text")
        assert values(fold, "dev", said, "text") == values(fold, "train", said, "text")
        assert not values(fold, "dev", said, "speaker") & values(fold, "train", said, "speaker")
    assert "Dev is 20% of the speakers of train, with its texts" in made.overlap


def test_speakers_and_texts_are_both_kept_apart_and_the_rest_is_left_out() -> None:
    said = spoken(5, 5)
    made = protocol("speaker-text-independent", said)
    assert made.overlap == ""
    assert [fold.name for fold in made.folds] == ["1-1", "2-2", "3-3", "4-4", "5-5"]
    for fold in made.folds:
        assert not shared(fold, said, "speaker")
        assert not shared(fold, said, "text")
        assert Counter(fold.splits.values()) == {"train": 18, "dev": 2, "test": 2}
    for field in ("speaker", "text"):
        assert {each for fold in made.folds for each in values(fold, "test", said, field)} == {
            getattr(each, field) for each in said
        }


def test_crossed_blocks_test_every_utterance_once() -> None:
    said = spoken(4, 6)
    made = protocol("speaker-text-independent", said, speakers=4, texts=3, cross=True)
    assert len(made.folds) == 12
    tested = Counter(id_ for fold in made.folds for id_, split in fold.splits.items() if split == "test")
    assert tested == {each.id: 1 for each in said}


def test_with_two_blocks_of_texts_dev_has_the_texts_of_train_and_other_speakers() -> None:
    said = spoken(3, 2)
    for fold in protocol("speaker-text-independent", said, speakers=3, texts=2).folds:
        assert values(fold, "dev", said, "text") == values(fold, "train", said, "text")
        assert not values(fold, "test", said, "text") & values(fold, "train", said, "text")
        assert not shared(fold, said, "speaker")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("text-independent", {"k": 2}, r"text-independent: 2 blocks of texts are too few .* Give 3\."),
        ("text-independent", {"k": 6}, r"text-independent with 6 blocks of texts needs at least 6 texts, here are 5"),
        ("speaker-text-independent", {"speakers": 2}, r"2 blocks of speakers are too few"),
        ("speaker-text-independent", {"texts": 1}, r"1 blocks of texts are too few .* Give 2\."),
        ("speaker-text-independent", {"speakers": 9}, r"with speakers=9 needs at least 9 speakers, here are 5"),
        ("speaker-text-independent", {"cross": 1}, r"the option 'cross' is 1\. Give true or false"),
    ],
)
def test_too_few_groups_and_wrong_options_are_explained(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        protocol(name, spoken(), **options)


@pytest.mark.parametrize(("texts", "options"), [(2, {"k": 2, "dev": 0.2}), (3, {"k": 3}), (4, {"k": 4})])
def test_with_few_texts_the_message_names_options_that_work(texts: int, options: dict[str, Any]) -> None:
    few = [each for each in spoken() if each.text in sorted({str(every.text) for every in spoken()})[:texts]]
    written = "{k: 2, dev: 0.2}" if texts == 2 else f"{{k: {texts}}}"
    with pytest.raises(CorpusError, match=re.escape(f"Or ask for fewer: text-independent: {written}.")):
        protocol("text-independent", few)
    assert len(protocol("text-independent", few, **options).folds) == texts


def test_a_corpus_without_texts_is_refused() -> None:
    with pytest.raises(CorpusError, match=r"has no text, so a protocol by text cannot be made"):
        protocol("text-independent", [Utterance("a", "a.wav", {"emotion": "anger"}, speaker="s")])
