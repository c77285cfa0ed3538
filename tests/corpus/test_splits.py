"""Names of splits, as many write them: what one set of names means, and which sets are refused."""

from __future__ import annotations

import pytest

from emonet.corpus.splits import is_split, named_in, split_called, splits_of
from emonet.errors import CorpusError


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        ("train dev test", "train dev test"),
        ("Train Development Test1", "train dev test"),
        ("TRAINING VALIDATION TESTING", "train dev test"),
        ("trn devel tst", "train dev test"),
        ("train_set valid-set TestSet", "train dev test"),
        ("train eval test", "train dev test"),
        ("train evaluation Test1", "train dev test"),
        ("train dev eval", "train dev test"),
        ("train val Evaluation", "train dev test"),
        ("train eval", "train test"),
        ("train1 train2 train_3 test", "train train train test"),
    ],
)
def test_a_set_of_names_is_read_as_a_whole(names: str, splits: str) -> None:
    assert splits_of(names.split(), "foo") == dict(zip(names.split(), splits.split(), strict=True))


@pytest.mark.parametrize(
    ("names", "alike", "split"),
    [
        ("train dev eval test", "'dev' and 'eval' would both", "dev"),
        ("train Test1 Test2", "'Test1' and 'Test2' would both", "test"),
        ("train dev valid test", "'dev' and 'valid' would both", "dev"),
        ("train eval evaluation", "'eval' and 'evaluation' would both", "test"),
        ("train test test_set test1", "'test' and 'test1' and 'test_set' would all", "test"),
        ("train training test", "'train' and 'training' would both", "train"),
    ],
)
def test_two_names_for_one_split_are_refused_and_never_taken_for_one(names: str, alike: str, split: str) -> None:
    listed = ", ".join(sorted(names.split()))
    with pytest.raises(CorpusError) as caught:
        splits_of(names.split(), "foo.csv")
    assert str(caught.value).startswith(
        f"foo.csv: the splits are called {listed}, so that {alike} be {split}. Keep one"
    )


def test_cases_and_separators_make_no_other_name() -> None:
    assert splits_of(["Train", "train", "test set", "Test_Set"], "foo") == {
        "Train": "train",
        "train": "train",
        "test set": "test",
        "Test_Set": "test",
    }


@pytest.mark.parametrize("name", ["", "neutral", "dataset", "contest", "latest", "evaluate", "2", "test-fold-1", "set"])
def test_other_words_name_no_split(name: str) -> None:
    assert not is_split(name)
    assert splits_of([name, "train"], "foo") == {"train": "train"}


def test_a_name_that_is_none_is_refused_with_the_nearest() -> None:
    assert split_called("Eval", "foo.csv:2") == "Eval"
    with pytest.raises(CorpusError, match=r"foo\.csv:2: the split is 'tset'\. Did you mean 'test'\? Known: train, tr"):
        split_called("tset", "foo.csv:2")


def test_numbers_that_are_joined_to_a_word_are_part_of_its_name() -> None:
    assert named_in("data/test1-00000-of-00002.parquet") == "test1"
    assert named_in("data/test-00001-of-00002.parquet") == "test"
    assert named_in("eval/train/a.wav") == "train"
