"""Scans of corpora whose labels stand in annotation files: what each reads, and how it tells of damage."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emonet.errors import CorpusError, MissingExtra
from emonet.protocols.protocol import make_protocol
from tests.helpers.releases import CORPORA, check_damage_is_named, release, scanned, write

ANNOTATED = (
    "cmu_mosei",
    "dusha",
    "emns",
    "emorynlp",
    "m3ed",
    "msp_improv",
    "msp_podcast",
    "omg_emotion",
    "quechua_collao",
)


@pytest.mark.parametrize(
    ("name", "path", "old", "new", "message"),
    [
        ("cmu_mosei", "CMU_MOSEI_Labels.csv", "82.753", "soon", r"Labels\.csv:2: could not convert .*Expected numbers"),
        ("cmu_mosei", "CMU_MOSEI_Labels.csv", "sentiment", "mood", r"no column 'sentiment'\. Columns: video"),
        ("dusha", "crowd_test/raw_crowd_test.jsonl", "hash_id", "hash", r"raw_crowd_test\.jsonl:1: .*KeyError"),
        ("dusha", "crowd_test/raw_crowd_test.jsonl", "{", "[", r"raw_crowd_test\.jsonl:1: not an annotation"),
        ("dusha", "crowd_test/raw_crowd_test.jsonl", '"positive", "g', '"postive", "g', "Did you mean 'positive'"),
        (
            "emns",
            "metadata.csv",
            "wavs/recorded_audio_a.webm",
            "",
            r"metadata\.csv:5: the cell audio_recording is",
        ),
        ("emns", "metadata.csv", "|status|", "|state|", "no column 'status'"),
        ("emorynlp", "emorynlp_dev_final.csv", "['Ross Geller']", "Ross Geller", r"final\.csv:2: the speaker is 'Ross"),
        ("emorynlp", "emorynlp_dev_final.csv", "Powerful", "Powerfull", "Did you mean 'Powerful'"),
        (
            "m3ed",
            "annotation.json",
            "final_main_emo",
            "main_emo",
            r"annotation\.json: \w+: there is no 'final_",
        ),
        ("m3ed", "annotation.json", "SpeakerInfo", "Speakers", "there is no 'SpeakerInfo'"),
        ("m3ed", "annotation.json", "{", "[", r"annotation\.json: not JSON"),
        ("msp_improv", "Evaluation.txt", "FM01.avi; A", "FM01.avi; Q", r"txt:1: 'UTD-.*' is not a consensus line"),
        ("msp_podcast", "Labels/labels_consensus.csv", "Development", "Develoment", "Did you mean 'Development'"),
        ("msp_podcast", "Labels/labels_consensus.csv", "SpkrID", "Speaker", "no column 'SpkrID'"),
        (
            "msp_podcast",
            "Labels/labels_consensus.csv",
            "4.8,4.2",
            "4.8,8",
            r"csv:3: valence is 8\.0, outside its",
        ),
        ("omg_emotion", "omg_TrainVideos.csv", "EmotionMaxVote", "Emotion", "no column 'EmotionMaxVote'"),
        ("quechua_collao", "Data/Data/map.csv", "sleepy", "sleeply", "Did you mean 'sleepy'"),
    ],
)
def test_annotation_that_cannot_be_read_is_named(
    name: str, path: str, old: str, new: str, message: str, tmp_path: Path
) -> None:
    check_damage_is_named(name, tmp_path, path, (old, new), message)


@pytest.mark.parametrize("name", ANNOTATED)
def test_recordings_that_no_annotation_names_are_left_out(name: str, tmp_path: Path) -> None:
    release(name, tmp_path)
    before = scanned(name, tmp_path)
    example = tmp_path / CORPORA[name].examples[0].path
    stranger = example.with_name(example.name.replace(example.stem[-2:], "77"))
    assert not stranger.exists()
    write(stranger, "")
    assert scanned(name, tmp_path) == before


class TestDusha:
    """Votes of several annotators become one label."""

    def test_a_tie_gives_no_emotion_but_what_was_asked_for_stays(self, tmp_path: Path) -> None:
        found = {each.id: dict(each.labels) for each in scanned("dusha", release("dusha", tmp_path))}
        assert found["00000000000000000000000000000001"] == {"asked": "positive"}
        assert found["0a1b2c3d4e5f60718293a4b5c6d7e8f9"]["emotion"] == "sadness"

    def test_owners_splits_are_offered_with_a_dev_split_from_train(self, tmp_path: Path) -> None:
        corpus, found = CORPORA["dusha"], scanned("dusha", release("dusha", tmp_path))
        protocol = make_protocol("official", {}, corpus, found)
        (fold,) = protocol.folds
        assert {each.split for each in found if fold.splits[each.id] == "test"} == {"test"}
        assert {each.split for each in found if fold.splits[each.id] in {"train", "dev"}} == {"train"}
        assert "not known" in protocol.overlap

    def table(self, root: Path, split: str) -> Path:
        """Write a split's list as the table that the release has beside it."""
        lists = root / f"crowd_{split}"
        rows = [json.loads(line) for line in (lists / f"raw_crowd_{split}.jsonl").read_text("utf-8").splitlines()]
        columns = ("hash_id", "annotator_emo", "golden_emo", "speaker_text", "speaker_emo", "source_id")
        cells = [[str(row.get(column, "")).replace("nan", "") for column in columns] for row in rows]
        lines = ("\t".join(line) for line in [list(columns), *cells])
        return write(lists / f"raw_crowd_{split}.tsv", "\n".join(lines))

    def test_tables_say_what_lists_say_and_are_not_counted_beside_them(self, tmp_path: Path) -> None:
        before = scanned("dusha", release("dusha", tmp_path))
        for split in ("train", "test"):
            self.table(tmp_path, split)
        assert scanned("dusha", tmp_path) == before
        for split in ("train", "test"):
            (tmp_path / f"crowd_{split}/raw_crowd_{split}.jsonl").unlink()
        labels = {each.id: (each.labels, each.speaker, each.text, each.split) for each in before}
        assert {each.id: (each.labels, each.speaker, each.text, each.split) for each in scanned("dusha", tmp_path)} == (
            labels
        )

    def test_what_is_not_a_number_is_neither_a_control_task_nor_a_speaker(self, tmp_path: Path) -> None:
        clip = release("dusha", tmp_path) / "crowd_test/wavs/ffee0011223344556677889900aabbcc.wav"
        row = {"hash_id": clip.stem, "annotator_emo": "positive", "golden_emo": float("nan"), "speaker_emo": "sad"}
        for source, speaker in ((float("nan"), None), (901.0, "901"), (901, "901"), ("901", "901"), (None, None)):
            write(clip.parent.with_name("raw_crowd_test.jsonl"), json.dumps({**row, "source_id": source}) + "\n")
            found = {each.id: each for each in scanned("dusha", tmp_path)}[clip.stem]
            assert (found.labels["emotion"], found.speaker, found.text) == ("positive", speaker, None)

    def test_bytes_that_are_not_utf_8_are_named_with_their_line(self, tmp_path: Path) -> None:
        path = release("dusha", tmp_path) / "crowd_train/raw_crowd_train.jsonl"
        path.write_bytes(path.read_bytes() + b'{"hash_id": "\xff"}\n')
        with pytest.raises(CorpusError, match=r"raw_crowd_train\.jsonl:8: not an annotation \(UnicodeDecodeError"):
            scanned("dusha", tmp_path)


class TestM3ed:
    """Files of the release that are damaged."""

    def test_a_list_of_series_that_is_not_utf_8_is_named(self, tmp_path: Path) -> None:
        (release("m3ed", tmp_path) / "splitInfo/movie_list_val.txt").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(CorpusError, match=r"movie_list_val\.txt: not UTF-8 text"):
            scanned("m3ed", tmp_path)

    def test_an_annotation_that_is_no_object_is_named(self, tmp_path: Path) -> None:
        write(release("m3ed", tmp_path) / "annotation.json", "[]")
        with pytest.raises(CorpusError, match=r"annotation\.json: a list\. Expected an object"):
            scanned("m3ed", tmp_path)


class TestMspImprov:
    """The scale of arousal, and what is not a rating."""

    def test_a_scale_on_which_angry_turns_are_calm_is_turned_round(self, tmp_path: Path) -> None:
        found = {each.id: each.labels for each in scanned("msp_improv", release("msp_improv", tmp_path))}
        assert found["IMPROV-S01A-F01-P-FM01"]["arousal"] == 4.0
        assert "naturalness" not in found["IMPROV-S01A-M01-S-MF02"]

    def test_a_scale_that_is_right_stays(self, tmp_path: Path) -> None:
        path = release("msp_improv", tmp_path) / "Evaluation.txt"
        text = path.read_text(encoding="utf-8").replace("A:2.000000", "A:4.000000").replace("S; A:4", "S; A:2")
        write(path, text.replace("A:1.666666", "A:4.333334"))
        found = {each.id: each.labels for each in scanned("msp_improv", tmp_path)}
        assert found["IMPROV-S01A-F01-P-FM01"]["arousal"] == 4.0
        assert found["IMPROV-S01A-M03-R-MM01"]["arousal"] == 2.0

    def test_the_release_may_spell_its_table_in_another_way(self, tmp_path: Path) -> None:
        path = release("msp_improv", tmp_path) / "Evaluation.txt"
        before = scanned("msp_improv", tmp_path)
        path.rename(path.with_name("Evalution.txt"))
        assert scanned("msp_improv", tmp_path) == before

    def test_any_bytes_in_raters_comments_are_passed_over(self, tmp_path: Path) -> None:
        path = release("msp_improv", tmp_path) / "Evaluation.txt"
        path.write_bytes(b"WORKER1; \xe4\xff; A:1;\r\n" + path.read_bytes())
        assert len(scanned("msp_improv", tmp_path)) == 7


class TestMspPodcast:
    """Partitions of releases, and three tests."""

    def test_each_test_has_a_protocol_that_leaves_the_others_out(self, tmp_path: Path) -> None:
        corpus, found = CORPORA["msp_podcast"], scanned("msp_podcast", release("msp_podcast", tmp_path))
        splits = {each.id: each.split for each in found}
        for number, name in enumerate(("official", "official-test2", "official-test3"), start=1):
            (fold,) = make_protocol(name, {}, corpus, found).folds
            assert {splits[id_] for id_, split in fold.splits.items() if split == "test"} == {f"test{number}"}
            assert {splits[id_] for id_ in fold.splits} == {"train", "dev", f"test{number}"}

    def test_older_releases_are_read_as_well(self, tmp_path: Path) -> None:
        path = release("msp_podcast", tmp_path) / "Labels" / "labels_consensus.csv"
        before = scanned("msp_podcast", tmp_path)
        text = path.read_text(encoding="utf-8").replace("Development", "Validation")
        path.unlink()
        write(path.with_name("labels_concensus.csv"), text)
        assert scanned("msp_podcast", tmp_path) == before

    def test_two_tables_in_one_folder_are_refused(self, tmp_path: Path) -> None:
        path = release("msp_podcast", tmp_path) / "Labels" / "labels_consensus.csv"
        write(tmp_path / "old" / "labels_concensus.csv", path.read_text(encoding="utf-8"))
        with pytest.raises(CorpusError, match="two consensus tables"):
            scanned("msp_podcast", tmp_path)


class TestCmuMosei:
    """Segments of videos, from HDF5 or from its export."""

    def test_without_the_owners_lists_a_video_has_no_split(self, tmp_path: Path) -> None:
        (release("cmu_mosei", tmp_path) / "cmu_mosei_std_folds.py").unlink()
        assert {each.split for each in scanned("cmu_mosei", tmp_path)} == {None}

    def test_segments_that_start_together_are_two_and_videos_in_no_fold_are_in_no_part(self, tmp_path: Path) -> None:
        corpus, found = CORPORA["cmu_mosei"], scanned("cmu_mosei", release("cmu_mosei", tmp_path))
        both = [each for each in found if each.session == "180971"]
        assert [(each.start, each.end) for each in both] == [(0.0, 0.572), (0.0, 6.16)]
        assert len({each.id for each in found}) == len(found)
        (fold,) = make_protocol("official", {}, corpus, found).folds
        assert {each.id for each in found} - set(fold.splits) == {
            each.id for each in found if each.session == "-9YyBTjo1zo"
        }

    @pytest.mark.parametrize("text", ["standard_train_fold=[", "standard_train_fold=open('a')", "a, b = 1, 2\n"])
    def test_lists_that_are_none_are_named_and_never_run(self, text: str, tmp_path: Path) -> None:
        write(release("cmu_mosei", tmp_path) / "cmu_mosei_std_folds.py", text)
        with pytest.raises(CorpusError, match=r"std_folds\.py: not the lists standard_train_fold.*Get the file again"):
            scanned("cmu_mosei", tmp_path)

    def hdf5(self, root: Path, **changes: Any) -> Path:
        import h5py

        (release("cmu_mosei", root) / "CMU_MOSEI_Labels.csv").unlink()
        names = changes.get("names", ["sentiment", "happy", "sad", "anger", "surprise", "disgust", "fear"])
        path = root / "CMU_MOSEI_Labels.csd"
        with h5py.File(path, "w") as file:
            file["All Labels/metadata/dimension names"] = [json.dumps(names)]
            file["All Labels/data/-3g5yACwYnA/intervals"] = np.array([[82.753, 100.555], [119.919, 125.299]])
            rated = [[1, 0.667, 0.333, 0, 0, 0, 0], [0.5, *[np.nan] * 6]]
            file["All Labels/data/-3g5yACwYnA/features"] = np.array(rated, dtype=np.float32)
        return path

    def test_the_owners_file_gives_what_its_export_gives(self, tmp_path: Path) -> None:
        of_csv = scanned("cmu_mosei", release("cmu_mosei", tmp_path / "csv"))
        self.hdf5(tmp_path / "csd")
        (found,) = scanned("cmu_mosei", tmp_path / "csd")
        assert found == next(each for each in of_csv if each.id == found.id)

    @pytest.mark.parametrize(
        "names", [["sentiment"], ["sentiment", "happy", "sad", "anger", "surprise", "disgust", "x"]]
    )
    def test_other_ratings_are_refused(self, names: list[str], tmp_path: Path) -> None:
        self.hdf5(tmp_path, names=names)
        with pytest.raises(CorpusError, match=r"csd: not the labels of CMU-MOSEI \(its ratings are sentiment"):
            scanned("cmu_mosei", tmp_path)

    def test_a_damaged_file_is_named(self, tmp_path: Path) -> None:
        self.hdf5(tmp_path).write_bytes(b"no HDF5")
        with pytest.raises(CorpusError, match=r"CMU_MOSEI_Labels\.csd: not the labels"):
            scanned("cmu_mosei", tmp_path)

    def test_without_h5py_the_extra_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hdf5(tmp_path)
        found = builtins.__import__

        def without(name: str, *rest: Any) -> Any:
            if name == "h5py":
                raise ImportError(name)
            return found(name, *rest)

        monkeypatch.setattr(builtins, "__import__", without)
        with pytest.raises(MissingExtra, match=r"needs the extra 'hdf5'"):
            scanned("cmu_mosei", tmp_path)

    def test_a_segment_starts_at_the_beginning_at_the_earliest_and_has_a_length(self, tmp_path: Path) -> None:
        found = scanned("cmu_mosei", release("cmu_mosei", tmp_path))
        assert [each.start for each in found if each.session == "286943"] == [0.0]
        assert len([each for each in found if each.session == "286946"]) == 1


def test_a_row_of_emorynlp_whose_clip_is_not_there_is_kept_to_be_reported(tmp_path: Path) -> None:
    (release("emorynlp", tmp_path) / "emorynlp_dev_splits/sea1_ep15_sc1_utt1.mp4").unlink()
    assert "emorynlp_dev_splits/sea1_ep15_sc1_utt1.mp4" in {each.path for each in scanned("emorynlp", tmp_path)}


def test_rows_of_emns_whose_recording_is_not_there_keep_the_tables_path(tmp_path: Path) -> None:
    (release("emns", tmp_path) / "cleaned_webm/recorded_audio_a.webm").unlink()
    assert "wavs/recorded_audio_a.webm" in {each.path for each in scanned("emns", tmp_path)}


class TestResd:
    """Clips as files, as older copies have them, or as bytes in Parquet files, as the hub has them now."""

    def table(self, root: Path, split: str, names: dict[str, str], **columns: list[str]) -> Path:
        """Write the clips of a split in the form of the hub: name, path, speech, emotion."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = root / f"data/{split}-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        cells: dict[str, Any] = {
            "name": list(names),
            "path": [f"happiness_enthusiasm_32/{name}.wav" for name in names],
            "speech": [{"bytes": b"RIFF", "path": f"{name}.wav"} for name in names],
            "emotion": list(names.values()),
        }
        pq.write_table(pa.table(cells | columns), path)
        return path

    def test_the_files_of_the_hub_are_read_where_they_are(self, tmp_path: Path) -> None:
        named = {"32_happiness_enthusiasm_h_120": "happiness", "06_happiness_enthusiasm e_002": "enthusiasm"}
        self.table(tmp_path, "train", named, text=["Да.", " Нет \n"])
        self.table(tmp_path, "test", {"34_anger_fear_a_010": "anger"})
        found = {each.id: each for each in scanned("resd", tmp_path)}
        assert [(each.labels["emotion"], each.session, each.split, each.text) for each in found.values()] == [
            ("anger", "34", "test", None),
            ("happiness", "32", "train", "Да."),
            ("enthusiasm", "06", "train", "Нет"),
        ]
        path = "data/train-00000-of-00001.parquet/speech/00000000.wav"
        assert found["32_happiness_enthusiasm_h_120"].path == path
        (fold,) = make_protocol("official", {}, CORPORA["resd"], list(found.values())).folds
        assert sorted(fold.splits.values()) == ["dev", "test", "train"]

    def test_clips_that_lie_beside_as_files_are_not_read_a_second_time(self, tmp_path: Path) -> None:
        self.table(tmp_path, "train", {"06_happiness_enthusiasm a_002": "anger"})
        both = scanned("resd", release("resd", tmp_path))
        assert len(both) == len(CORPORA["resd"].examples)
        assert [each.path for each in both if each.labels["emotion"] == "anger"] == [
            "data/train-00000-of-00001.parquet/speech/00000000.wav"
        ]

    def test_a_word_that_the_card_does_not_know_is_named_with_its_row(self, tmp_path: Path) -> None:
        self.table(tmp_path, "train", {"06_happiness_enthusiasm a_002": "angre"})
        with pytest.raises(CorpusError, match=r"parquet, row 0: .*no code 'angre'.*Did you mean 'anger'"):
            scanned("resd", tmp_path)


class TestCremaD:
    """What was acted stands in names; who acted, in a table that may be missing."""

    def test_without_the_table_what_was_acted_is_still_there(self, tmp_path: Path) -> None:
        (release("crema_d", tmp_path) / "VideoDemographics.csv").unlink()
        found = [dict(each.labels) for each in scanned("crema_d", tmp_path)]
        assert len(found) == 8
        assert {name for labels in found for name in labels} == {"emotion"}

    @pytest.mark.parametrize(("old", "new"), [('"Sex"', '"Gender"'), ('"Male"', '"M"'), (",51,", ",5l,")])
    def test_a_table_of_actors_that_cannot_be_read_is_named(self, old: str, new: str, tmp_path: Path) -> None:
        check_damage_is_named("crema_d", tmp_path, "VideoDemographics.csv", (old, new), r"VideoDemographics\.csv:\d: ")
