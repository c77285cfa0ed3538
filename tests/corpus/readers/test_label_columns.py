"""Manifests with several columns of labels: classes under names of their own, and numbers with their ranges."""

from __future__ import annotations

from pathlib import Path

import pytest

from emonet import Target
from emonet.corpus.corpus import Corpus, Utterance
from emonet.corpus.readers.manifest import manifest_corpus
from emonet.errors import CorpusError

HEADER = "file,label,label:valence[1..5],label:pitch[50..500 Hz],label:accent,speaker"
ROWS = "a.wav,anger,1.5,440,north,s1\nb.wav,neutral,3,220.5,south,s2\nc.wav,,4.25,,south,s2\n"


def read(folder: Path, text: str, name: str = "foo.csv") -> Corpus:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return manifest_corpus(folder / name)


def listed(corpus: Corpus, root: Path) -> list[Utterance]:
    return list(corpus.scan(root))


def test_each_column_is_a_target_in_the_order_of_the_header(tmp_path: Path) -> None:
    corpus = read(tmp_path, f"{HEADER}\n{ROWS}")
    assert [target.name for target in corpus.targets] == ["label", "valence", "pitch", "accent"]
    assert corpus.target("valence") == Target("valence", range=(1.0, 5.0))
    assert corpus.target("pitch") == Target("pitch", range=(50.0, 500.0), unit="Hz")
    assert corpus.target("accent").classes == ("north", "south")
    first, _, third = listed(corpus, tmp_path)
    assert dict(first.labels) == {"label": "anger", "valence": 1.5, "pitch": 440.0, "accent": "north"}
    assert dict(third.labels) == {"valence": 4.25, "accent": "south"}
    assert third.speaker == "s2"


def test_numbers_alone_are_enough(tmp_path: Path) -> None:
    corpus = read(tmp_path, "file;label:arousal[-1..1]\na.wav;-0.5\nb.wav;1\n")
    assert corpus.target() == Target("arousal", range=(-1.0, 1.0))
    assert [each.labels["arousal"] for each in listed(corpus, tmp_path)] == [-0.5, 1.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,label:valence[1-5]\na.wav,2\n", r"csv:1: the column 'label:valence\[1-5\]' is not a column of labels"),
        ("file,label:\na.wav,2\n", r"foo\.csv:1: the column 'label:' is not a column of labels\. Expected label:NAME"),
        ("file,label:x[5..1]\na.wav,2\n", r"foo\.csv:1: the column 'label:x\[5\.\.1\]' has a range without length"),
        ("file,label:x[1..5]\na.wav,6\n", r"foo\.csv:2: x is 6\.0, outside its range 1\.0 to 5\.0"),
        ("file,label:x[1..5]\na.wav,high\n", r"foo\.csv:2: 'high' is not a number, but 'x' is dimensional"),
        ("file,label:x[1..5]\na.wav,nan\n", r"foo\.csv: no row has a label in 'label:x\[1\.\.5\]'\. Fill the column"),
        ("file,label,label:x[1..5]\na.wav,,\n", r"foo\.csv: no row has a label in 'label' and 'label:x\[1\.\.5\]'"),
        ("file,label:x\na.wav,one\nb.wav,one\n", r"foo\.csv: all rows carry the label 'one' of 'x'"),
        ("file,label:x[1..5],label:x\na.wav,2,3\n", r"the column 'label:x' is 'label:x\[1\.\.5\]' in foo\.csv"),
    ],
)
def test_what_is_wrong_with_a_column_is_said_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=message):
        read(tmp_path, text)


def test_the_tables_of_the_splits_need_one_form_of_a_target(tmp_path: Path) -> None:
    for split, high in (("train", 5), ("test", 7)):
        (tmp_path / f"{split}.csv").write_text(f"file,label:x[1..{high}]\n{split}.wav,2\n")
    with pytest.raises(CorpusError, match=r"test\.csv:1: the column .* is 'label:x\[1\.\.5\]' in train\.csv"):
        manifest_corpus(tmp_path)
