"""Folders of clips without a table: which of them are labels, which are splits, and which are people."""

from __future__ import annotations

from pathlib import Path

import pytest

from emonet.corpus.readers.hub import hub_corpus
from emonet.errors import CorpusError

TREES = {
    "splits below labels, as in ESD": (
        "s01/angry/train/a.wav s01/sad/evaluation/b.wav s02/angry/test/c.wav s02/sad/train/d.wav",
        {"a": ("angry", "train"), "b": ("sad", "dev"), "c": ("angry", "test"), "d": ("sad", "train")},
    ),
    "splits between speakers and labels": (
        "s01/train/angry/a.wav s01/test/sad/b.wav s02/train/sad/c.wav",
        {"a": ("angry", "train"), "b": ("sad", "test"), "c": ("sad", "train")},
    ),
    "splits on top": (
        "Training/angry/a.wav Validation/sad/b.wav Testing/sad/c.wav",
        {"a": ("angry", "train"), "b": ("sad", "dev"), "c": ("sad", "test")},
    ),
    "splits with a word more": (
        "audio_train/angry/a.wav audio_test/sad/b.wav",
        {"a": ("angry", "train"), "b": ("sad", "test")},
    ),
    "splits of some labels only": (
        "s01/angry/train/a.wav s01/angry/test/b.wav s02/sad/c.wav",
        {"a": ("angry", "train"), "b": ("angry", "test"), "c": ("sad", None)},
    ),
    "a speaker called Val": (
        "s03/angry/a.wav Val/sad/b.wav Dev/angry/c.wav",
        {"a": ("angry", None), "b": ("sad", None), "c": ("angry", None)},
    ),
    "a speaker called Test below splits": (
        "train/Test/angry/a.wav train/Ben/sad/b.wav test/Ann/sad/c.wav",
        {"a": ("angry", "train"), "b": ("sad", "train"), "c": ("sad", "test")},
    ),
    "one split": ("train/angry/a.wav train/sad/b.wav", {"a": ("angry", None), "b": ("sad", None)}),
    "labels alone": ("angry/a.wav sad/b.wav", {"a": ("angry", None), "b": ("sad", None)}),
}


def make(folder: Path, names: str) -> Path:
    for name in names.split():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


@pytest.mark.parametrize("tree", TREES)
def test_a_folder_named_after_a_split_is_one_where_its_whole_level_is(tree: str, tmp_path: Path) -> None:
    names, expected = TREES[tree]
    corpus, root = hub_corpus(make(tmp_path / "foo", names), {})
    found = {Path(each.path).stem: (each.labels["label"], each.split) for each in corpus.scan(root)}
    assert found == expected


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("Actor_01/a.wav Actor_02/b.wav", r"look like people, or like numbers: Actor_01, Actor_02\. Say which folder"),
        (
            "joy/s1/a.wav joy/s2/b.wav",
            r"like numbers: s1, s2\. .* \{label: folder1\}\. Folders: folder1 \(s1, s2\)",
        ),
        ("0011/train/a.wav 0012/test/b.wav", r"or like numbers: 0011, 0012\."),
        (
            "sad/a.wav train/b.wav angry/c.wav",
            r"among the folders of the labels \(angry, sad, train\) is 'train', the",
        ),
        ("train/a.wav test/b.wav", r"'test/b\.wav' lies in no folder that could be its label"),
    ],
)
def test_folders_that_seem_to_be_no_labels_are_asked_for(names: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=message):
        hub_corpus(make(tmp_path, names), {})


def test_the_user_says_which_folder_is_what(tmp_path: Path) -> None:
    place = make(tmp_path, "joy/s1/a.wav joy/s2/b.wav fear/s1/c.wav")
    corpus, root = hub_corpus(place, {"label": "folder2", "speaker": "folder1"})
    assert [(each.path, each.labels["label"], each.speaker) for each in corpus.scan(root)] == [
        ("fear/s1/c.wav", "fear", "s1"),
        ("joy/s1/a.wav", "joy", "s1"),
        ("joy/s2/b.wav", "joy", "s2"),
    ]
    assert corpus.notes == ("Columns read: label: folder2, speaker: folder1.",)
    assert hub_corpus(place, {"label": "folder1"})[0].target().classes == ("s1", "s2")


def test_a_level_of_folders_that_nothing_reads_is_named_with_what_takes_it(tmp_path: Path) -> None:
    place = make(tmp_path, "joy/anna/a.wav joy/bert/b.wav fear/anna/c.wav")
    (note,) = [note for note in hub_corpus(place, {})[0].notes if note.startswith("The label")]
    assert note == (
        "The label is anna, bert, and not the folders above, fear, joy: columns: {label: folder2} takes them for "
        "labels, columns: {speaker: folder2} for speakers."
    )
    for told in ({"label": "folder1"}, {"speaker": "folder2"}):
        assert not [note for note in hub_corpus(place, told)[0].notes if note.startswith("The label")]


@pytest.mark.parametrize(
    "tree",
    ["joy/wav/a.wav fear/wav/b.wav", "joy/x/wav/a.wav fear/x/wav/b.wav", "joy/wav/train/a.wav fear/wav/test/b.wav"],
)
def test_folders_of_one_name_just_above_all_clips_are_no_labels(tree: str, tmp_path: Path) -> None:
    assert hub_corpus(make(tmp_path, tree), {})[0].target().classes == ("fear", "joy")


def test_folders_that_look_like_people_are_said_so(tmp_path: Path) -> None:
    corpus, _ = hub_corpus(make(tmp_path, "s1/joy/a.wav s2/fear/b.wav"), {})
    (note,) = [note for note in corpus.notes if "people" in note]
    assert note == "The folders s1, s2 look like people: columns: {speaker: folder2} takes them so."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("filename;emo;spk\na.wav;joy;s1\nb.wav;fear;s2\n", [("joy", "s1"), ("fear", "s2")]),
        ("# mine\naudio,class\na.wav,joy\nb.wav,fear\n", [("joy", None), ("fear", None)]),
        ("file_name,path,label\na.wav,x,joy\nb.wav,y,fear\n", [("joy", None), ("fear", None)]),
        ("file_name,label,speaker\na.wav,joy,nan\nb.wav,fear,s2\nc.wav,None,s2\n", [("joy", None), ("fear", "s2")]),
    ],
)
def test_metadata_is_read_as_manifests_are(text: str, expected: list[tuple[str, str | None]], tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text(text)
    corpus, root = hub_corpus(tmp_path, {})
    assert [(each.labels["label"], each.speaker) for each in corpus.scan(root)] == expected


def test_metadata_with_two_columns_of_clips_is_a_question(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text("wav,path,label\na.wav,x,joy\nb.wav,y,fear\n")
    with pytest.raises(CorpusError, match=r"several columns name the clips\. Columns: wav, path, label\. Say which"):
        hub_corpus(tmp_path, {})
    corpus, root = hub_corpus(tmp_path, {"audio": "path"})
    assert [each.path for each in corpus.scan(root)] == ["x", "y"]
