"""Split lists: the formats, what tells them apart, and how their names find utterances."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from emonet.corpus.corpus import Example, Utterance
from emonet.errors import CorpusError, UnknownName
from emonet.plugin.registry import load_registry
from emonet.protocols.list_formats import FORMATS
from emonet.protocols.lists import read_lists, told_split
from emonet.protocols.matching import check_match, match
from emonet.protocols.split_list import ListEntry, SplitList
from tests.helpers.made import make_corpus, make_utterances
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


NEWER = {"wav": "downloads/foo/{}.wav", "emo": "joy", "dataset": "foo", "channel": 1}
OLDER = {"audio": "downloads/foo/{}.wav", "label": "joy", "dataset": "foo", "num_frame": 16000.0}


def entries_in(form: Mapping[str, object], *stems: str) -> dict[str, dict[str, object]]:
    """Return EmoBox's entries by their keys, in its newer or its older form."""
    return {
        f"foo-{stem}": {key: value.format(stem) if isinstance(value, str) else value for key, value in form.items()}
        for stem in stems
    }


def lines_of(found: Mapping[str, Mapping[str, object]]) -> str:
    return "".join(json.dumps({"key": key, **row}) + "\n" for key, row in found.items())


def test_emobox_folders_are_read_as_they_are_with_both_forms_side_by_side_and_twins(tmp_path: Path) -> None:
    fold = tmp_path / "foo" / "fold_1"
    fold.mkdir(parents=True)
    for split, stems in {"train": ("s1_a", "s2_a"), "test": ("s3_a",)}.items():
        csv(fold, f"foo_{split}_fold1.jsonl", lines_of(entries_in(OLDER, *stems)))
        csv(fold, f"foo_{split}_fold_1.jsonl", lines_of(entries_in(NEWER, *stems)))
        for name in (f"foo_{split}_fold1.json", f"foo_{split}_fold_1.json"):
            csv(fold, name, json.dumps(entries_in(NEWER, *stems), indent=4))
    csv(tmp_path / "foo", "label_map.json", '{"joy": "Joy"}')
    csv(tmp_path / "foo", "foo.jsonl", lines_of(entries_in(NEWER, "s1_a")))
    listed = read_lists([tmp_path / "foo"])
    names = [("1", "test", "downloads/foo/s3_a.wav"), *(("1", "train", f"downloads/foo/s{n}_a.wav") for n in (1, 2))]
    assert (listed.form, listed.data, seen(listed)) == ("emobox", "foo", names)
    assert {entry.facts["label"] for entry in listed.entries} == {"joy"}


@pytest.mark.parametrize("form", [NEWER, OLDER])
def test_emobox_lists_by_key_are_read_where_they_are_all_that_is_left(tmp_path: Path, form: dict[str, object]) -> None:
    for split, stems in {"train": ("s1_a", "s2_a"), "test": ("s3_a",)}.items():
        csv(tmp_path, f"foo_{split}_fold_2.json", json.dumps(entries_in(form, *stems), indent=4))
    listed = read_lists([tmp_path])
    assert [(entry.fold, entry.split, entry.names) for entry in listed.entries] == [
        ("2", "test", ("downloads/foo/s3_a.wav", "foo-s3_a")),
        ("2", "train", ("downloads/foo/s1_a.wav", "foo-s1_a")),
        ("2", "train", ("downloads/foo/s2_a.wav", "foo-s2_a")),
    ]
    assert listed.entries[0].place.endswith("foo_test_fold_2.json, entry 'foo-s3_a'")


def test_the_split_of_a_file_that_does_not_say_it_may_be_said_before_its_path(tmp_path: Path) -> None:
    rows = [{"wav_filename": f"happy/Ses0{n}F_impro03_F019.wav", "label": "happy", "speaker": f"0{n}F"} for n in (1, 2)]
    path = csv(tmp_path, "IEMOCAP_selected_balenced.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(CorpusError, match=r"or say it before the path: test=IEMOCAP_selected_balenced\.jsonl"):
        read_lists([path])
    assert told_split(f"test={path}") == ("test", str(path))
    assert told_split("a=b.csv") == ("", "a=b.csv")
    listed = read_lists([path], told={path: "test"})
    assert seen(listed) == [("1", "test", row["wav_filename"]) for row in rows]
    assert listed.entries[0].facts == {"label": "happy", "speaker": "01F"}


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("FileName,angry,sad,SpkrID,Gender,Split_Set\na.wav,0.1,0.9,1037,Female,{}\n", {"speaker": "1037"}),
        (
            "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set\na.wav,A,4.2,2.2,4,97,Male,{}\n",
            {"label": "A", "speaker": "97"},
        ),
        ("FileName,EmoClass,SpkrID,Split_Set\na.wav,A,Unknown,{}\n", {"label": "A"}),
        (",file_name,label,speaker_id,split\n0,a.wav,joy,7,{}\n", {"label": "joy", "speaker": "7"}),
        ("audio_path;emotion;Speaker ID;subset\na.wav;joy;7;{}\n", {"label": "joy", "speaker": "7"}),
        ("wav\tclass\tspk\tpartition\na.wav\tjoy\tnan\t{}\n", {"label": "joy"}),
        ("index,filename,emotion,dialogue_id,set\n3,a.wav,joy,d1,{}\n", {"label": "joy", "session": "d1"}),
    ],
)
@pytest.mark.parametrize(
    ("word", "split"), [("Train", "train"), ("Development", "dev"), ("Test1", "test"), ("val", "dev")]
)
def test_tables_of_others_are_read_by_the_names_of_their_columns(
    tmp_path: Path, text: str, facts: dict[str, str], word: str, split: str
) -> None:
    listed = read_lists([csv(tmp_path, "labels.csv", text.format(word))])
    assert seen(listed) == [("1", split, "a.wav")]
    assert listed.entries[0].facts == facts


MSP = "FileName,EmoClass,SpkrID,Split_Set\na.wav,A,1,Train\nb.wav,A,2,Development\nc.wav,A,3,Test1\nd.wav,A,4,Test2\n"


def test_of_several_test_sets_one_is_asked_for_and_the_others_are_left_out(tmp_path: Path) -> None:
    path = csv(tmp_path, "labels_consensus.csv", MSP)
    with pytest.raises(
        CorpusError, match=r"there are several test sets: Test1, Test2\. Say which one: --test Test1, in"
    ):
        read_lists([path])
    for name, file in (("Test1", "c.wav"), ("Test2", "d.wav")):
        listed = read_lists([path], test=name)
        assert seen(listed) == [("1", "train", "a.wav"), ("1", "dev", "b.wav"), ("1", "test", file)]
    with pytest.raises(
        CorpusError, match=r"there is no test set 'Test3'\. Did you mean 'Test.'\? There are Test1, Test2"
    ):
        read_lists([path], test="Test3")
    only = csv(tmp_path, "one.csv", MSP.rpartition("d.wav")[0])
    assert len(read_lists([only]).entries) == 3, "a single one needs no asking"
    spelt = csv(tmp_path, "spelt.csv", "file,split\na.wav,train\nb.wav,Test\nc.wav,test\n")
    assert [entry.split for entry in read_lists([spelt]).entries] == ["train", "test", "test"], "two spellings of one"
    both = csv(tmp_path, "eval.csv", "file,split\na.wav,train\nb.wav,eval\nc.wav,test\n")
    assert [entry.split for entry in read_lists([both]).entries] == ["train", "dev", "test"]


def test_tables_that_name_their_fold_and_splits_are_read_from_a_folder(tmp_path: Path) -> None:
    for fold, split in (("1", "Train"), ("2", "Test"), ("10", "Development")):
        csv(tmp_path, f"labels_consensus_{fold}.csv", f"FileName,SpkrID,Split_Set\na.wav,1,{split}\n")
    csv(tmp_path, "notes.csv", "who,what\n1,2\n")
    assert seen(read_lists([tmp_path])) == [("1", "train", "a.wav"), ("2", "test", "a.wav"), ("10", "dev", "a.wav")]


def test_a_file_and_an_id_are_both_names(tmp_path: Path) -> None:
    listed = read_lists([csv(tmp_path, "a.csv", "id,file,split\nu1,wav/a.wav,test\n")])
    assert listed.entries[0].names == ("wav/a.wav", "u1")


def test_lists_of_json_objects_are_read_whatever_holds_them(tmp_path: Path) -> None:
    rows = [{"path": "a.wav", "emotion": "joy", "split": "train"}, {"path": "b.wav", "emotion": "joy", "split": "test"}]
    for name, text in (("list.json", json.dumps(rows)), ("list.jsonl", "\n".join(map(json.dumps, rows)))):
        assert seen(read_lists([csv(tmp_path, name, text)])) == [("1", "train", "a.wav"), ("1", "test", "b.wav")]


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


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\nfilename;Split_Set;SpkrID\na.wav;Train;s1\nb.wav;Test1;s2\n",
        "\n# mine\n\nwav|subset|spk\na.wav|train|s1\nb.wav|test|s2\n",
        '"sep=;"\nfilename;Split_Set;SpkrID\n\na.wav;Train;s1\nb.wav;Test1;s2\n',
    ],
)
def test_csv_files_are_read_in_the_dialects_of_manifests(text: str, tmp_path: Path) -> None:
    listed = read_lists([csv(tmp_path, "mine.csv", text)])
    assert [(each.split, each.names[0], each.facts.get("speaker")) for each in listed.entries] == [
        ("train", "a.wav", "s1"),
        ("test", "b.wav", "s2"),
    ]


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
    with pytest.raises(
        CorpusError,
        match=r"no column names the utterances\. Its header must hold one of id, utterance, key, name, file",
    ):
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


def test_what_a_card_leaves_out_is_said_to_be_left_out_by_it() -> None:
    corpus = load_registry().corpus("crema_d")
    said = [Utterance("AudioWAV/1001_DFA_ANG_XX", "AudioWAV/1001_DFA_ANG_XX.wav", {"emotion": "anger"})]
    named = entries("1001_DFA_ANG_XX.wav", "downloads/cremad/AudioWAV/1076_MTI_SAD_XX.wav", "1076_MTI_SAD_XX", "other")
    found = match(named, said, corpus)
    assert [id_ for id_, _ in found.found] == ["AudioWAV/1001_DFA_ANG_XX"]
    assert [(entry.names[0], reason) for entry, reason in found.left_out] == [
        ("downloads/cremad/AudioWAV/1076_MTI_SAD_XX.wav", "known bad: holds no usable audio"),
        ("1076_MTI_SAD_XX", "known bad: holds no usable audio"),
    ]
    assert [entry.names[0] for entry in found.unmatched] == ["other"]
    with pytest.raises(CorpusError, match=r"1 of 4 names fit no utterance"):
        check_match(found, "mine", "crema_d", partial=False)
    check_match(replace(found, unmatched=()), "mine", "crema_d", partial=False)


def test_names_without_a_label_that_a_card_takes_are_left_out_by_it() -> None:
    corpus = replace(make_corpus(), examples=(Example("a_joy.wav", {"emotion": "joy"}),), read_name=labelled)
    found = match(entries("b_other.wav", "c.wav"), make_utterances(), corpus)
    assert [(entry.names[0], reason) for entry, reason in found.left_out] == [
        ("b_other.wav", "without a label that the card takes")
    ]
    silent = replace(corpus, read_name=lambda path: Utterance(path, path, {}))
    assert not match(entries("b_other.wav"), make_utterances(), silent).left_out, "its names never tell labels"


def labelled(path: str) -> Utterance | None:
    name, _, label = path.removesuffix(".wav").partition("_")
    return Utterance(name, path, {"emotion": label} if label == "joy" else {}) if label else None
