"""Datasets of the Hugging Face kind on the disk: Parquet files, saved datasets, audio folders."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emonet.affect import TABLE_2
from emonet.corpus.corpus import Target, Utterance
from emonet.corpus.readers.hub import hub_corpus, scan_hub
from emonet.corpus.readers.members import open_arrow
from emonet.errors import CorpusError
from tests.helpers.hub_datasets import clip, dataset_of, rows, save_parquet, save_splits
from tests.helpers.tones import write_tone


def listed(place: Path, **columns: str) -> list[Utterance]:
    corpus, root = hub_corpus(place, columns)
    return list(corpus.scan(root))


def plain(path: Path, **columns: list[object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def clips(count: int) -> list[object]:
    return [{"bytes": clip(), "path": f"{number}.wav"} for number in range(count)]


def test_parquet_files_give_splits_by_their_names_and_classes_by_their_features(tmp_path: Path) -> None:
    save_parquet(tmp_path / "set/data/train-00000-of-00001.parquet", dataset_of(rows(4, "a")))
    save_parquet(tmp_path / "set/data/validation-00000-of-00001.parquet", dataset_of(rows(2, "b")))
    corpus, root = hub_corpus(tmp_path / "set", {})
    found = list(corpus.scan(root))
    assert (corpus.id, corpus.target().classes) == ("set", ("anger", "neutral"))
    assert corpus.target().affect == {label: TABLE_2[label] for label in ("anger", "neutral")}
    assert corpus.notes == ("Columns read: label: emotion, speaker: speaker_id.",)
    assert found[0] == Utterance(
        "a0", "data/train-00000-of-00001.parquet/audio/00000000.wav", {"label": "anger"}, "0", split="train"
    )
    assert [each.split for each in found] == ["train"] * 4 + ["dev"] * 2


def test_a_saved_dataset_gives_the_same_as_the_parquet_file(tmp_path: Path) -> None:
    dataset = dataset_of(rows(4))
    one = listed(save_parquet(tmp_path / "one.parquet", dataset))
    saved = listed(save_splits(tmp_path / "saved", test=dataset))
    assert [(each.id, each.labels, each.speaker, each.split) for each in one] == [
        (each.id, each.labels, each.speaker, each.split) for each in saved
    ]
    assert saved[0].path == "test/data-00000-of-00001.arrow/audio/00000000.wav"


def test_one_split_is_no_partition(tmp_path: Path) -> None:
    assert {each.split for each in listed(save_splits(tmp_path / "foo", train=dataset_of(rows(4))))} == {None}


def test_the_map_of_columns_goes_first(tmp_path: Path) -> None:
    path = plain(
        tmp_path / "x.parquet",
        sound=clips(2),
        label=["x", "y"],
        mood=["joy", "fear"],
        who=[3, 4],
        key=["k 1", "é"],
        begin=[0.5, 0.0],
        end=[1.0, None],
        part=["validation", "train"],
    )
    columns = {"label": "mood", "speaker": "who", "id": "key", "start": "begin", "split": "part", "audio": "sound"}
    assert listed(path, **columns) == [
        Utterance("k 1", "x.parquet/sound/00000000.wav", {"label": "joy"}, "3", split="dev", start=0.5, end=1.0),
        Utterance("é", "x.parquet/sound/00000001.wav", {"label": "fear"}, "4", split="train"),
    ]


@pytest.mark.parametrize(
    ("kind", "empty"), [("parquet", None), ("parquet", {"bytes": None, "path": None}), ("saved", None)]
)
@pytest.mark.parametrize("count", [2, 40])
def test_a_first_clip_without_bytes_costs_no_other(
    tmp_path: Path, kind: str, empty: dict[str, None] | None, count: int
) -> None:
    listed = rows(count)
    listed[0]["audio"] = empty
    path = tmp_path / "data.parquet"
    dataset = dataset_of(listed)
    place = save_parquet(path, dataset) if kind == "parquet" else save_splits(tmp_path / "saved", train=dataset)
    corpus, root = hub_corpus(place, {})
    found = list(corpus.scan(root))
    table = "data.parquet" if kind == "parquet" else "train/data-00000-of-00001.arrow"
    assert [each.path for each in found][1] == f"{table}/audio/00000001.wav"
    assert len(found) == count


def test_a_table_of_paths_alone_stays_one(tmp_path: Path) -> None:
    clips = pa.array(
        [{"bytes": None, "path": f"{number}.wav"} for number in range(40)],
        pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
    )
    pq.write_table(pa.table({"audio": clips, "emotion": ["joy", "fear"] * 20}), tmp_path / "data.parquet")
    corpus, root = hub_corpus(tmp_path / "data.parquet", {})
    assert [each.path for each in corpus.scan(root)][:2] == ["0.wav", "1.wav"]


def test_rows_without_a_label_are_left_out_and_counted(tmp_path: Path) -> None:
    listed_rows = rows(5)
    listed_rows[3]["emotion"] = -1
    corpus, root = hub_corpus(save_parquet(tmp_path / "x.parquet", dataset_of(listed_rows)), {})
    assert [each.id for each in corpus.scan(root)] == ["c0", "c1", "c2", "c4"]
    assert corpus.notes[-1] == "1 rows without a label are left out."


def test_names_that_come_twice_are_no_ids(tmp_path: Path) -> None:
    path = plain(tmp_path / "x.parquet", audio=[{"bytes": clip(), "path": "a.wav"}] * 2, label=["joy", "fear"])
    assert [each.id for each in listed(path)] == ["x.parquet/audio/00000000", "x.parquet/audio/00000001"]


def test_clips_that_differ_by_suffix_only_keep_apart(tmp_path: Path) -> None:
    audio = [{"bytes": clip(), "path": "a.wav"}, {"bytes": clip(kind="FLAC"), "path": "a.flac"}]
    path = plain(tmp_path / "x.parquet", audio=audio, label=["joy", "fear"])
    assert [each.path for each in listed(path)] == [
        "x.parquet/audio/00000000.wav",
        "x.parquet/audio/00000001.flac",
    ]


def test_bytes_alone_are_clips_too(tmp_path: Path) -> None:
    (first, _) = listed(plain(tmp_path / "x.parquet", wav=[clip(), clip()], label=["joy", "fear"]))
    assert (first.id, first.path) == ("x.parquet/wav/00000000", "x.parquet/wav/00000000")


@pytest.mark.parametrize("kind", ["text", "struct"])
def test_paths_are_relative_to_the_root_or_to_the_table(kind: str, tmp_path: Path) -> None:
    write_tone(tmp_path / "x/a b.wav", 200, 0.1, seed=1)
    write_tone(tmp_path / "x/tables/é.wav", 200, 0.1, seed=1)
    names = ["a b.wav", "é.wav"]
    audio = names if kind == "text" else [{"bytes": None, "path": name} for name in names]
    plain(tmp_path / "x/tables/train.parquet", audio=audio, label=["joy", "fear"])
    assert [(each.id, each.path) for each in listed(tmp_path / "x")] == [
        ("a b", "a b.wav"),
        ("tables/é", "tables/é.wav"),
    ]


def test_an_audio_folder_is_read_by_its_metadata(tmp_path: Path) -> None:
    text = "file_name,emotion,speaker\ntrain/a.wav,joy,s1\ntest/b.wav,fear,s2\n"
    (tmp_path / "metadata.csv").write_text(text, encoding="utf-8")
    assert listed(tmp_path) == [
        Utterance("train/a", "train/a.wav", {"label": "joy"}, "s1", split="train"),
        Utterance("test/b", "test/b.wav", {"label": "fear"}, "s2", split="test"),
    ]


def test_an_audio_folder_follows_links_and_says_what_it_passed_over(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "a.WAV").touch()
    (tmp_path / "in" / "fear").mkdir(parents=True)
    (tmp_path / "in" / "joy").symlink_to(tmp_path / "far", target_is_directory=True)
    for name in ("b.weba", "c.sph", "notes.txt", "more.TXT", "thumbs"):
        (tmp_path / "in" / "fear" / name).touch()
    assert [(each.path, each.labels["label"]) for each in listed(tmp_path / "in")] == [
        ("fear/b.weba", "fear"),
        ("fear/c.sph", "fear"),
        ("joy/a.WAV", "joy"),
    ]
    corpus, _ = hub_corpus(tmp_path / "in", {})
    assert corpus.notes[-1] == "Passed over: 2 .txt, 1 without a suffix."


def test_metadata_may_stand_in_the_folder_of_each_split(tmp_path: Path) -> None:
    for split, label in (("train", "joy"), ("dev", "fear")):
        (tmp_path / split).mkdir()
        line = json.dumps({"file_name": "a.wav", "label": label, "speaker": None})
        (tmp_path / split / "metadata.jsonl").write_text(f"{line}\n\n", encoding="utf-8")
    assert listed(tmp_path) == [
        Utterance("dev/a", "dev/a.wav", {"label": "fear"}, split="dev"),
        Utterance("train/a", "train/a.wav", {"label": "joy"}, split="train"),
    ]


def test_folders_are_labels_where_there_is_no_metadata(tmp_path: Path) -> None:
    for name in ("train/joy/a b.wav", "test/fear/é.flac", "test/joy/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert listed(tmp_path) == [
        Utterance("test/fear/é", "test/fear/é.flac", {"label": "fear"}, split="test"),
        Utterance("train/joy/a b", "train/joy/a b.wav", {"label": "joy"}, split="train"),
    ]


TARGETS = (
    Target("emotion", ("anger", "neutral"), {"A": "anger", "N": "neutral", "X": None}),
    Target("arousal", range=(0.0, 1.0)),
)


def test_a_card_translates_codes_and_takes_dimensions_by_their_names(tmp_path: Path) -> None:
    plain(
        tmp_path / "x.parquet",
        audio=clips(4),
        code=["A", "X", "N", "A"],
        arousal=[0.25, None, 1.0, 0.0],
    )
    known_bad = {"x.parquet/audio/00000003.wav": "a cough"}
    found = list(scan_hub({"label": "code"}, TARGETS, "foo", known_bad, (), tmp_path))
    assert [(each.id, dict(each.labels)) for each in found] == [
        ("0", {"emotion": "anger", "arousal": 0.25}),
        ("2", {"emotion": "neutral", "arousal": 1.0}),
    ]


def test_a_code_that_the_card_does_not_know_names_file_and_row(tmp_path: Path) -> None:
    plain(tmp_path / "x.parquet", audio=clips(1), label=["B"])
    with pytest.raises(CorpusError, match=r"x\.parquet, row 0: the card maps no code 'B'"):
        list(scan_hub({}, TARGETS, "foo", {}, (), tmp_path))


def test_an_empty_folder_is_not_the_corpus(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"not look like the corpus 'foo'.*it is empty\. Expected .*\*\.parquet"):
        list(scan_hub({}, TARGETS, "foo", {}, (), tmp_path))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"label": "emotoin"},
            r"x\.parquet: there is no column 'emotoin', which columns names as label\. Did you mean 'em",
        ),
        ({"audio": "audoi"}, r"there is no column 'audoi', which columns names as audio\. Did you mean 'audio'\?"),
        ({"speeker": "who"}, r"columns has no field 'speeker'\. Did you mean 'speaker'\? Fields: label, audio, id, sp"),
        ({"label": "emotion", "split": "where"}, r"row 0: the split is 'trian'\. Did you mean 'train'\? Known: tr"),
        ({"label": "none"}, r"no row has a label in the column 'none'"),
        ({"label": "same"}, r"all rows carry the label 'joy'\. A dataset needs rows with two labels"),
    ],
)
def test_a_wrong_map_is_explained(columns: dict[str, str], message: str, tmp_path: Path) -> None:
    empty = pa.array([None, None], pa.string())
    path = plain(
        tmp_path / "x.parquet",
        audio=clips(2),
        emotion=["joy", "fear"],
        where=["trian", ""],
        none=empty,
        same=["joy", "joy"],
    )
    with pytest.raises(CorpusError, match=message):
        hub_corpus(path, columns)


def test_a_dataset_without_a_known_label_lists_its_columns(tmp_path: Path) -> None:
    path = plain(tmp_path / "x.parquet", audio=clips(2), mood=["joy", "fear"])
    with pytest.raises(CorpusError, match=r"no column is called label or emotion\. Say which .* Columns: mood"):
        hub_corpus(path, {})


def test_the_only_column_of_classes_is_the_label(tmp_path: Path) -> None:
    dataset = dataset_of(rows(2)).rename_column("emotion", "feeling")
    corpus, _ = hub_corpus(save_parquet(tmp_path / "x.parquet", dataset), {})
    assert corpus.notes == ("Columns read: label: feeling, speaker: speaker_id.",)


def test_two_columns_of_classes_are_a_question(tmp_path: Path) -> None:
    from datasets import ClassLabel

    dataset = dataset_of(rows(2)).rename_column("emotion", "feeling")
    dataset = dataset.add_column("sex", [0, 1]).cast_column("sex", ClassLabel(names=["f", "m"]))
    with pytest.raises(CorpusError, match=r"the columns feeling, sex all hold classes"):
        hub_corpus(save_parquet(tmp_path / "x.parquet", dataset), {})


def test_a_damaged_parquet_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(CorpusError, match=r"x\.parquet: cannot be read as a file in Parquet \(.*\)\. Get it again"):
        hub_corpus(tmp_path, {})


def test_an_offset_that_leads_out_of_an_arrow_file_is_refused_before_anything_is_read_through_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "texts.arrow"
    table = pa.table({"text": ["anger", "joy", "fear"]})
    for new in (pa.ipc.new_stream, pa.ipc.new_file):
        with pa.OSFile(str(path), "wb") as sink, new(sink, table.schema) as writer:
            writer.write_table(table)
        whole = path.read_bytes()
        assert open_arrow(path).column("text").to_pylist() == ["anger", "joy", "fear"]
        place = whole.index(b"\x05\x00\x00\x00\x08\x00\x00\x00") + 2
        path.write_bytes(bytes([*whole[:place], 255, *whole[place + 1 :]]))
        with pytest.raises(pa.ArrowInvalid, match="offset for slot 1 out of bounds"):
            open_arrow(path)


def test_a_damaged_arrow_file_is_named(tmp_path: Path) -> None:
    save_splits(tmp_path / "foo", train=dataset_of(rows(2)))
    (tmp_path / "foo/train/data-00000-of-00001.arrow").write_bytes(b"no")
    with pytest.raises(CorpusError, match=r"00001\.arrow: cannot be read as a file in Arrow"):
        hub_corpus(tmp_path / "foo", {})


def test_a_table_without_clips_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no column holds clips or their paths\. Name one.*Columns: label"):
        hub_corpus(plain(tmp_path / "x.parquet", label=["joy", "fear"]), {})


def test_two_columns_of_clips_are_a_question(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"the columns near, far all hold clips\. Name one: columns: \{audio"):
        hub_corpus(plain(tmp_path / "x.parquet", near=clips(1), far=clips(1), label=["joy"]), {})


def test_a_table_that_is_empty_has_no_labels(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"audio": pa.array([], pa.binary()), "label": pa.array([], pa.string())}), path)
    with pytest.raises(CorpusError, match=r"no row has a label in the column 'label'"):
        hub_corpus(path, {})


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("metadata.csv", "name,label\na.wav,joy\n", r"there is no column 'file_name', .*Columns: name, label"),
        ("metadata.csv", "file_name,label\n,joy\n", r"metadata\.csv:2: the cell 'file_name' is empty"),
        ("metadata.jsonl", '{"label": "joy"}\n{"file_name": "a.wav"}\n', r"jsonl:1: the cell 'file_name' is empty"),
        ("metadata.jsonl", "{no\n", r"metadata\.jsonl:1: not JSON"),
        ("metadata.jsonl", "[1]\n", r"metadata\.jsonl:1: expected an object, a key a column, found '\[1\]'"),
        ("metadata.jsonl", "\xff", r"metadata\.jsonl: not UTF-8 text"),
        ("a.wav", "", r"'a\.wav' lies in no folder that could be its label"),
        ("train/a.wav", "", r"'train/a\.wav' lies in no folder that could be its label"),
        ("notes.txt", "", r"there is no dataset here; there is notes\.txt\. Expected Parquet files"),
    ],
)
def test_a_folder_that_cannot_be_read_says_why(name: str, text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(CorpusError, match=message):
        hub_corpus(tmp_path, {})


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    with pytest.raises(CorpusError, match=r"a\.csv: this file is not in Parquet\. Expected Parquet files"):
        hub_corpus(tmp_path / "a.csv", {})


def test_durations_of_whole_clips_are_named_and_not_read(tmp_path: Path) -> None:
    path = plain(tmp_path / "x.parquet", audio=clips(2), label=["joy", "fear"], duration=[1.0, 2.0], gender=["f", "m"])
    corpus, root = hub_corpus(path, {})
    assert [(each.start, each.end) for each in corpus.scan(root)] == [(0.0, None)] * 2
    assert corpus.notes == ("Columns read: label: label.", "Columns not used: gender, duration.")


@pytest.mark.parametrize("columns", [("start", "duration"), ("offset", "duration"), ("begin", "finish")])
def test_segments_of_listed_files_are_read_in_every_convention(columns: tuple[str, str], tmp_path: Path) -> None:
    last = [0.4, 0.8] if columns[1] == "finish" else [0.4, 0.4]
    path = plain(
        tmp_path / "x.parquet",
        file=["r.wav", "r.wav"],
        label=["joy", "fear"],
        **{columns[0]: [0.0, 0.4], columns[1]: last},
    )
    assert [(each.start, each.end) for each in listed(path)] == [(0.0, 0.4), (0.4, 0.8)]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"emotion": ["joy", "fear"]}, r"'label' and 'emotion' are both called as the label is\. .*\{label: label\}"),
        ({"speaker": ["a", "b"], "spk": ["a", "b"]}, "'speaker' and 'spk' are both called as the speaker is"),
        ({"utt_start": [0.0, 1.0]}, r"'utt_start' looks like a time\. Say .*columns: \{utt_start: ignore\}"),
        ({"valence": [0.5, 1.5]}, "'valence' looks like a label"),
    ],
)
def test_columns_in_doubt_are_refused_until_told(more: dict[str, list[object]], message: str, tmp_path: Path) -> None:
    path = plain(tmp_path / "x.parquet", audio=clips(2), label=["joy", "fear"], **more)
    with pytest.raises(CorpusError, match=message):
        hub_corpus(path, {})
    told = {name: "ignore" for name in more if name not in {"speaker"}}
    assert hub_corpus(path, told)[0].target().classes == ("fear", "joy")


def test_a_column_of_numbers_is_a_target_with_its_range(tmp_path: Path) -> None:
    path = plain(tmp_path / "x.parquet", audio=clips(2), valence=[1.5, 2.25])
    corpus, root = hub_corpus(path, {"label:valence[1..5]": "valence"})
    assert corpus.target() == Target("valence", range=(1.0, 5.0))
    assert [each.labels["valence"] for each in corpus.scan(root)] == [1.5, 2.25]
    numbers = plain(tmp_path / "y.parquet", audio=clips(2), label=[1.5, 2.25])
    with pytest.raises(
        CorpusError, match=r"the labels of 'label' are 2 numbers \(1\.5, 2\.25\), not words\. Call the column"
    ):
        hub_corpus(numbers, {})


def test_words_that_mean_missing_are_missing_in_datasets_too(tmp_path: Path) -> None:
    path = plain(tmp_path / "x.parquet", audio=clips(3), label=["joy", "None", "fear"], speaker=["nan", "s1", "s1"])
    assert [(each.labels["label"], each.speaker) for each in listed(path)] == [("joy", None), ("fear", "s1")]
    assert hub_corpus(path, {})[0].notes[-1] == "1 rows without a label are left out (1 with 'None')."
