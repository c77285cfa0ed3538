"""Split lists: the formats, what tells them apart, and how their names find utterances."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from emonet.corpus.corpus import Utterance
from emonet.errors import CorpusError, UnknownName
from emonet.protocols.list_formats import FORMATS
from emonet.protocols.lists import read_lists
from emonet.protocols.matching import check_match, match
from emonet.protocols.split_list import ListEntry, SplitList
from tests.helpers.split_lists import emobox, superb


def seen(listed: SplitList) -> list[tuple[str, str, str]]:
    return [(entry.fold, entry.split, entry.names[0]) for entry in listed.entries]


def csv(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_emobox_files_give_fold_and_part_by_their_names(tmp_path: Path) -> None:
    emobox(tmp_path, "foo", {"test": ["s1_joy_1"], "train": ["s2_joy_1", "s2_fear_1"]})
    folder = emobox(tmp_path, "foo", {"test": ["s2_joy_1"], "valid": ["s1_joy_1"]}, fold=10)
    emobox(tmp_path, "foo", {"test": ["s3_joy_1"]}, fold=2)
    listed = read_lists([folder])
    assert (listed.name, listed.form, listed.data) == ("foo", "emobox", "foo")
    assert seen(listed) == [
        ("1", "test", "downloads/foo/s1_joy_1.wav"),
        ("1", "train", "downloads/foo/s2_joy_1.wav"),
        ("1", "train", "downloads/foo/s2_fear_1.wav"),
        ("2", "test", "downloads/foo/s3_joy_1.wav"),
        ("10", "test", "downloads/foo/s2_joy_1.wav"),
        ("10", "dev", "downloads/foo/s1_joy_1.wav"),
    ]
    assert listed.entries[2].names == ("downloads/foo/s2_fear_1.wav", "foo-s2_fear_1")
    assert listed.entries[2].facts["label"] == "fear"


def test_files_of_one_fold_that_say_the_same_twice_count_once(tmp_path: Path) -> None:
    folder = emobox(tmp_path, "foo", {"test": ["s1_joy_1"]})
    (folder / "fold_1" / "foo_test_fold1.jsonl").write_text((folder / "fold_1" / "foo_test_fold_1.jsonl").read_text())
    assert len(read_lists([folder]).entries) == 1


def test_of_files_that_differ_in_their_suffix_the_lines_count(tmp_path: Path) -> None:
    folder = emobox(tmp_path, "foo", {"test": ["s1_joy_1"]})
    (folder / "fold_1" / "foo_test_fold_1.json").write_text('{"other": {}}')
    assert len(read_lists([folder]).entries) == 1


def test_superb_sessions_are_folds(tmp_path: Path) -> None:
    superb(tmp_path, "Session1", {"test": ["Session1/wav/a.wav"], "train": ["Session2/wav/b.wav"]})
    superb(tmp_path, "Session2", {"test": ["Session2/wav/b.wav"], "train": ["Session1/wav/a.wav"]})
    listed = read_lists([tmp_path])
    assert listed.form == "superb"
    assert [each[:2] for each in seen(listed)] == [("1", "test"), ("1", "train"), ("2", "test"), ("2", "train")]
    assert "speaker" not in listed.entries[0].facts, "s3prl's speaker is the beginning of the dialogue's name"


def test_csv_files_have_columns_of_several_names(tmp_path: Path) -> None:
    path = csv(
        tmp_path, "mine.csv", "File;Partition;fold;speaker;emotion\na.wav;devel;2;s1;joy\nb.wav;test;1;s2;fear\n"
    )
    listed = read_lists([path])
    assert seen(listed) == [("1", "test", "b.wav"), ("2", "dev", "a.wav")]
    assert listed.entries[1].facts == {"speaker": "s1", "label": "joy"}
    assert listed.entries[1].place == f"{path}:2"


def test_csv_files_named_after_their_part_need_no_column_for_it(tmp_path: Path) -> None:
    csv(tmp_path, "train.csv", "id\na\n")
    csv(tmp_path, "test.csv", "id\nb\n")
    assert seen(read_lists([tmp_path])) == [("1", "test", "b"), ("1", "train", "a")]


def test_a_fold_without_parts_tests_its_own_and_trains_on_the_others(tmp_path: Path) -> None:
    listed = read_lists([csv(tmp_path, "folds.csv", "id,fold\na,1\nb,2\n")])
    assert seen(listed) == [("1", "test", "a"), ("1", "train", "b"), ("2", "train", "a"), ("2", "test", "b")]


def test_there_are_as_many_formats_as_the_texts_say() -> None:
    assert list(FORMATS) == ["emonet", "emobox", "superb", "csv"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "speaker,split\ns1,test\n", r"a\.csv: not a split list that is known\. Known: EmoNet's own"),
        ("a.json", '{"other": 1}', r"a\.json: not a split list that is known"),
        ("a.csv", "id,split\na,tset\n", r"a\.csv:2: the split is 'tset'\. Did you mean 'test'\? Known: train"),
        ("a.csv", "id,split\n,test\n", r"a\.csv:2: the cell 'id' is empty"),
        ("a.csv", "id\na\n", r"a\.csv: neither its rows nor its name say which split this is"),
        ("a.csv", "id,split\n", r"a\.csv: no utterance is listed"),
        ("foo_test.jsonl", '{"key": "a", "wav": "a.wav"}\nmore\n', r"foo_test\.jsonl:2: not an EmoBox entry"),
        ("test_meta.json", '{"meta_data": [{"label": "neu"}]}', r"test_meta\.json, entry 1: it has no path"),
    ],
)
def test_files_that_cannot_be_read_are_explained(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read_lists([csv(tmp_path, name, text)])


def test_a_named_format_is_taken_at_its_word(tmp_path: Path) -> None:
    path = csv(tmp_path, "a.csv", "speaker,split\ns1,test\n")
    with pytest.raises(CorpusError, match=r"no column names the utterances\. Its header must hold one of id, file"):
        read_lists([path], "csv")
    with pytest.raises(UnknownName, match=r"Unknown format of split lists 'emobx'\. Did you mean 'emobox'\?"):
        read_lists([path], "emobx")


def test_what_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"nowhere: there is no such file or folder"):
        read_lists([tmp_path / "nowhere"])
    with pytest.raises(CorpusError, match=r"there is no file named after train, dev or test in it"):
        read_lists([tmp_path])
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CorpusError, match=r"bad\.csv: not UTF-8 text"):
        read_lists([tmp_path / "bad.csv"])


def utterances(*paths: str) -> list[Utterance]:
    return [Utterance(path.rpartition(".")[0], path, {"emotion": "joy"}) for path in paths]


def entries(*names: str) -> Iterable[ListEntry]:
    return [ListEntry("1", "test", (name,), f"list:{number}") for number, name in enumerate(names, 1)]


@pytest.mark.parametrize(
    "name",
    ["wav/s1/a.b_1", "wav/s1/a.b_1.wav", "downloads/foo/wav/s1/a.b_1.wav", "a.b_1", "a.b_1.avi", "wav\\s1\\a.b_1.wav"],
)
def test_names_find_an_utterance_by_id_path_or_file(name: str) -> None:
    found = match(entries(name), utterances("wav/s1/a.b_1.wav", "wav/s1/c.wav"))
    assert [id_ for id_, _ in found.found] == ["wav/s1/a.b_1"]


def test_folders_tell_files_of_one_name_apart() -> None:
    said = utterances("subject 1/joy/a.avi", "subject 2/joy/a.avi")
    found = match(entries("downloads/subject 2/joy/a.wav", "a.avi", "b.avi"), said)
    assert [id_ for id_, _ in found.found] == ["subject 2/joy/a"]
    assert [(entry.names[0], ids) for entry, ids in found.ambiguous] == [
        ("a.avi", ("subject 1/joy/a", "subject 2/joy/a"))
    ]
    assert [entry.names[0] for entry in found.unmatched] == ["b.avi"]
    with pytest.raises(CorpusError, match=r"mine: 1 of 3 names fit more than one utterance of 'foo', such as 'a\.avi'"):
        check_match(found, "mine", "foo", partial=True)


def test_a_second_name_counts_where_the_first_finds_nothing() -> None:
    said = utterances("a.wav")
    found = match([ListEntry("1", "test", ("elsewhere.flac", "a"), "list:1")], said)
    assert [id_ for id_, _ in found.found] == ["a"]


def test_names_that_fit_nothing_are_counted_with_examples() -> None:
    said = utterances("a.wav")
    found = match(entries("a", "b", "c", "d", "e"), said)
    with pytest.raises(
        CorpusError, match=r"4 of 5 names fit no utterance of 'foo', such as 'b', 'c', 'd'\. .*--partial"
    ):
        check_match(found, "mine", "foo", partial=False)
    check_match(found, "mine", "foo", partial=True)
    with pytest.raises(CorpusError, match=r"1 of 1 names fit no utterance"):
        check_match(match(entries("b"), said), "mine", "foo", partial=True)


def test_segments_of_one_file_need_their_ids() -> None:
    said = [Utterance(f"a@{start}", "a.wav", {}, start=float(start)) for start in (0, 1)]
    found = match(entries("a.wav", "a@1"), said)
    assert [id_ for id_, _ in found.found] == ["a@1"]
    assert len(found.ambiguous) == 1
