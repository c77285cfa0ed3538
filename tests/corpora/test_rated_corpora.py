"""Corpora whose listeners' votes, ratings or texts stand in tables beside the clips, in the form of their releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from emonet.errors import CorpusError
from emonet.protocols.protocol import make_protocol
from tests.helpers.releases import CORPORA, check_damage_is_named, release, scanned, write

HEARD = "Audio/json/G00003/G00003_56/G00003_56_13/G00003_56_13_002.json"
SENTS = "PORTUGUESE/Castro_2010_AppxB_Sents.txt"


@pytest.mark.parametrize(
    ("name", "path", "old", "new", "message"),
    [
        (
            "crema_d_perceived",
            "processedResults/tabulatedVotes.csv",
            '"100002"',
            '"400002"',
            r"csv:2: the row's number",
        ),
        ("crema_d_perceived", "processedResults/tabulatedVotes.csv", ",0,0,0,3,6", ",0,0,0,x,6", r"csv:2: not votes"),
        (
            "crema_d_perceived",
            "processedResults/tabulatedVotes.csv",
            ",0,0,0,3,6",
            ",0,0,0,0,0",
            r"csv:2: nobody voted",
        ),
        ("crema_d_perceived", "processedResults/tabulatedVotes.csv", '"fileName"', '"file"', "no column 'fileName'"),
        ("emodb_2", "db.emotion.csv", "emotion.naturalness", "natural", r"no column 'emotion\.naturalness'"),
        ("emodb_2", "db.emotion.csv", ",0.9,", ",90,", r"csv:2: recognised is 90\.0, outside its range"),
        ("emotale", "annotations.csv", "DK_001_A_1.wav,4.0", "DK_001_A_1.wav,high", r"csv:2: not a rating"),
        ("emotale", "annotations.csv", "a3_cat", "a3_emotion", "no column 'a3_cat'"),
        ("emotiontalk", HEARD, '": "surprised', '": "suprised', "Did you mean 'surprised'"),
        ("emotiontalk", HEARD, "emotion_result", "emotion", r"002\.json: not an annotation \(KeyError"),
        ("emotiontalk", HEARD, "{", "[", r"002\.json: not an annotation \(JSONDecodeError"),
        ("emozionalmente", "metadata/samples.csv", ",disgust", ",disgusto", "Did you mean 'disgust'"),
        (
            "emozionalmente",
            "metadata/users.csv",
            "d4bbc504",
            "00000000",
            r"csv:2: the actor 'd4bbc504\w+' is not in users",
        ),
        ("mer2023", "mer2023train/train-label.csv", "worried", "worry", r"csv:5: .*Did you mean 'worried'"),
        ("mer2023", "mer2023train/train-label.csv", "discrete", "emotion", "no column 'discrete'"),
        ("nnime", "labels_consensus_1.csv", "0.95", "most", r"csv:10: not shares of votes"),
        ("nnime", "labels_consensus_1.csv", "SpkrID", "Speaker", "no column 'SpkrID'"),
        ("eesc", "EKORPUS/121176.TextGrid", '"emotion"', '"words"', r"121176\.TextGrid: there is no tier 'emotion'"),
        ("eesc", "EKORPUS/121176.TextGrid", '"anger"', '"angry"', r"Did you mean 'anger'"),
        ("pavoque", "pavoque-angry.yaml", "end: 28.92", "end: 1.0", r"angry\.yaml: .*goes from 27\.0 to 1\.0 s"),
        ("pavoque", "pavoque-angry.yaml", "style: angry", "style: [", r"angry\.yaml:\d+: not valid YAML"),
        ("pavoque", "pavoque-angry.yaml", "  text:", "  words:", r"not a list of utterances \(KeyError"),
        ("portuguese_castro_lima", SENTS, "Content", "Words", r"Sents\.txt: there are no columns 'Stimulus' and"),
    ],
)
def test_a_table_that_cannot_be_read_is_named(
    name: str, path: str, old: str, new: str, message: str, tmp_path: Path
) -> None:
    check_damage_is_named(name, tmp_path, path, (old, new), message)


class TestVotes:
    """A majority is a label; a tie is none, and what else is known of the clip stays."""

    def test_clips_whose_voice_has_a_tie_keep_the_other_labels_and_the_shares(self, tmp_path: Path) -> None:
        found = {each.id: each.labels for each in scanned("crema_d_perceived", release("crema_d_perceived", tmp_path))}
        tied = found["1020_TIE_ANG_XX"]
        assert "emotion" not in tied
        assert (tied["both"], tied["seen"], tied["share_anger"], tied["share_disgust"]) == ("anger", "anger", 0.5, 0.5)
        shares = ("anger", "disgust", "fear", "happiness", "neutral", "sadness")
        assert all(
            sum(float(labels[f"share_{word}"]) for word in shares) == pytest.approx(1) for labels in found.values()
        )

    def test_a_copy_whose_name_ends_in_a_single_x_finds_its_votes(self, tmp_path: Path) -> None:
        root = release("crema_d_perceived", tmp_path)
        (root / "AudioWAV/1001_DFA_ANG_XX.wav").rename(root / "AudioWAV/1001_DFA_ANG_X.wav")
        found = {each.path: each for each in scanned("crema_d_perceived", root)}
        assert found["AudioWAV/1001_DFA_ANG_X.wav"].id == "1001_DFA_ANG_XX"

    def test_what_three_raters_call_three_things_has_no_majority(self, tmp_path: Path) -> None:
        root = release("emotale", tmp_path)
        labels = next(each.labels for each in scanned("emotale", root) if each.id == "DK_001_A_1")
        assert labels["heard"] == "anger"
        table = root / "annotations.csv"
        text = table.read_text(encoding="utf-8")
        changed = text.replace(
            "4.0,1.5,4.5,A,4.0,2.5,5.0,A,5.0,1.0,4.5,A,A", "4.0,1.5,4.5,A,4.0,2.5,5.0,B,5.0,1.0,4.5,N,A"
        )
        assert changed != text
        write(table, changed)
        without = next(each.labels for each in scanned("emotale", root) if each.id == "DK_001_A_1")
        assert without == {target: label for target, label in labels.items() if target != "heard"}

    def test_a_tie_among_five_listeners_leaves_what_was_acted(self, tmp_path: Path) -> None:
        found = scanned("emozionalmente", release("emozionalmente", tmp_path))
        assert [each for each in found if "heard" not in each.labels]
        assert all("emotion" in each.labels for each in found)

    def test_the_scenes_word_is_not_the_turns_label(self, tmp_path: Path) -> None:
        found = {each.id: each.labels for each in scanned("nnime", release("nnime", tmp_path))}
        assert found["sad_14_A_015"]["emotion"] == "neutral"
        assert [id_ for id_, labels in found.items() if "emotion" not in labels and "arousal" in labels]


class TestEmodb2:
    """Laryngograms lie under the names of the recordings."""

    def test_laryngograms_are_no_speech_wherever_the_release_lies(self, tmp_path: Path) -> None:
        root = release("emodb_2", tmp_path / "emodb_2.0")
        before = scanned("emodb_2", tmp_path)
        for example in CORPORA["emodb_2"].examples:
            write(root / example.path.replace("wav/", "laryngo/", 1), "")
        assert scanned("emodb_2", tmp_path) == before
        assert {each.labels.get("naturalness") for each in before} == {0.8, 0.55, None}

    def test_without_the_table_names_say_all_but_the_ratings(self, tmp_path: Path) -> None:
        (release("emodb_2", tmp_path) / "db.emotion.csv").unlink()
        found = scanned("emodb_2", tmp_path)
        assert len(found) == len(CORPORA["emodb_2"].examples)
        assert all(set(each.labels) == {"emotion", "sex"} for each in found)


class TestEmotionTalk:
    """A sound and its video are one clip; labels are JSON files or tables; dev and test of the owners share actors."""

    def test_a_sound_is_read_and_the_video_beside_it_is_not(self, tmp_path: Path) -> None:
        root = release("emotiontalk", tmp_path)
        before = scanned("emotiontalk", root)
        for example in CORPORA["emotiontalk"].examples:
            write(root / example.path.replace("Audio/wav", "Multimodal/mp4").replace(".wav", ".mp4"), "")
        assert scanned("emotiontalk", root) == before
        for example in CORPORA["emotiontalk"].examples:
            (root / example.path).unlink()
        assert [each.id for each in scanned("emotiontalk", root)] == [each.id for each in before]

    def test_the_owners_tables_are_read_where_the_files_are_not_there(self, tmp_path: Path) -> None:
        root = release("emotiontalk", tmp_path)
        before = {each.id: dict(each.labels) for each in scanned("emotiontalk", root)}
        words = {"fear": "fearful", "anger": "angry", "happiness": "happy", "sadness": "sad", "surprise": "surprised"}
        for path in root.rglob("*.json"):
            path.unlink()
        for table, target in (("audio", "emotion"), ("mm", "both"), ("video", "seen")):
            lines = [
                f"{name.replace('_', '/')}/{name}.mp4,{words.get(str(labels[target]), labels[target])}"
                for name, labels in before.items()
                if target in labels
            ]
            write(root / f"{table}.csv", "\n".join(["file_name,emotion", *lines]))
        assert {each.id: dict(each.labels) for each in scanned("emotiontalk", root)} == before

    def test_without_what_was_heard_it_is_asked_for(self, tmp_path: Path) -> None:
        for path in (release("emotiontalk", tmp_path) / "Audio").rglob("*.json"):
            path.unlink()
        with pytest.raises(CorpusError, match=r"nothing says what was heard.*no 'audio\.csv'.*--root"):
            scanned("emotiontalk", tmp_path)

    def test_the_owners_dev_and_test_share_an_actor_and_train_shares_none(self, tmp_path: Path) -> None:
        found = scanned("emotiontalk", release("emotiontalk", tmp_path))
        protocol = make_protocol("official", {}, CORPORA["emotiontalk"], found)
        (splits,) = [fold.splits for fold in protocol.folds]
        people = {
            split: {each.speaker for each in found if splits[each.id] == split} for split in ("train", "dev", "test")
        }
        assert "13" in people["dev"] & people["test"]
        assert not people["train"] & (people["dev"] | people["test"])


class TestMer2023:
    """A table a split; tests are published later than the rest."""

    def test_each_track_tests_on_its_own_part(self, tmp_path: Path) -> None:
        corpus, found = CORPORA["mer2023"], scanned("mer2023", release("mer2023", tmp_path))
        splits = {each.id: each.split for each in found}
        for name, test in (("multi", "test1"), ("noise", "test2"), ("semi", "test3")):
            (fold,) = make_protocol(name, {}, corpus, found).folds
            assert {splits[id_] for id_, split in fold.splits.items() if split == "test"} == {test}
            assert {splits[id_] for id_ in fold.splits} == {"train", test}

    def test_a_test_without_its_table_is_left_out(self, tmp_path: Path) -> None:
        (release("mer2023", tmp_path) / "test-labels/test3-label.csv").unlink()
        assert {each.split for each in scanned("mer2023", tmp_path)} == {"train", "test1", "test2"}

    def test_without_the_table_of_train_it_is_asked_for(self, tmp_path: Path) -> None:
        (release("mer2023", tmp_path) / "mer2023train/train-label.csv").unlink()
        with pytest.raises(CorpusError, match=r"no 'train-label\.csv' of the corpus 'mer2023'.*--root"):
            scanned("mer2023", tmp_path)


class TestEesc:
    """TextGrids in the encodings that Praat writes."""

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
    def test_a_textgrid_is_read_in_any_of_praats_encodings(self, encoding: str, tmp_path: Path) -> None:
        root = release("eesc", tmp_path)
        before = scanned("eesc", root)
        for path in (root / "EKORPUS").glob("*.TextGrid"):
            write(path, path.read_text(encoding="utf-8").replace("A sentence", "Õhtul"), encoding)
        assert scanned("eesc", root) == before

    def test_an_empty_mark_is_passed_over_and_another_tiers_is_not_taken(self, tmp_path: Path) -> None:
        path = release("eesc", tmp_path) / "EKORPUS/121176.TextGrid"
        tier = 'class = "IntervalTier"\nname = "emotion"\n'
        rest = 'class = "IntervalTier"\nname = "words"\ntext = "joy"\n'
        write(path, f'{tier}text = ""\ntext = "Sadness "\n{rest}')
        assert {each.id: each.labels for each in scanned("eesc", tmp_path)}["121176"] == {"emotion": "sadness"}
        write(path, f'{tier}text = ""\n{rest}')
        with pytest.raises(CorpusError, match="no tier 'emotion' with a label"):
            scanned("eesc", tmp_path)

    def test_the_second_speaker_is_told_by_the_clips_number(self, tmp_path: Path) -> None:
        root = release("eesc", tmp_path)
        (root / "EKORPUS/121176.TextGrid").rename(root / "EKORPUS/521.TextGrid")
        write(root / "EKORPUS/521.wav", "")
        assert {each.speaker for each in scanned("eesc", root) if each.id == "521"} == {"marit"}


class TestPavoque:
    """Pieces of one recording a style."""

    def test_the_sounds_of_an_utterance_do_not_count_as_its_end(self, tmp_path: Path) -> None:
        found = {each.id: each for each in scanned("pavoque", release("pavoque", tmp_path))}
        assert (found["spike0008-angry"].start, found["spike0008-angry"].end) == (27.0, 28.92)

    def test_outtakes_are_not_read_though_their_list_is_there(self, tmp_path: Path) -> None:
        root = release("pavoque", tmp_path)
        write(root / "pavoque-outtakes.flac", "")
        assert {each.path for each in scanned("pavoque", root)} == {e.path for e in CORPORA["pavoque"].examples}


class TestPortuguese:
    """Sentences are named in two tables, whose names begin with a space within the archives."""

    def test_tables_are_found_under_the_archives_names_too(self, tmp_path: Path) -> None:
        root = release("portuguese_castro_lima", tmp_path)
        before = scanned("portuguese_castro_lima", root)
        (root / SENTS).rename(root / "PORTUGUESE/ Castro_2010_AppxB_Sents.txt")
        assert scanned("portuguese_castro_lima", root) == before
        assert {each.text for each in before} == {"oLao", "estaMesa", "oRadio", None}

    def test_without_the_tables_there_are_no_texts(self, tmp_path: Path) -> None:
        root = release("portuguese_castro_lima", tmp_path)
        for path in (root / "PORTUGUESE").glob("*.txt"):
            path.unlink()
        found = scanned("portuguese_castro_lima", root)
        assert len(found) == len(CORPORA["portuguese_castro_lima"].examples)
        assert {each.text for each in found} == {None}


@pytest.mark.parametrize(("name", "other"), [("emodb_2", "emodb"), ("crema_d_perceived", "crema_d")])
def test_two_cards_of_the_same_people_call_them_by_the_same_names_and_say_so(
    name: str, other: str, tmp_path: Path
) -> None:
    people = [{each.speaker for each in scanned(each, release(each, tmp_path / each))} for each in (name, other)]
    assert len(people[0] & people[1]) >= len(people[1]) - 1
    assert {CORPORA[name].speakers, CORPORA[other].speakers} == {"shared"}


@pytest.mark.parametrize(
    "name",
    ["crema_d_perceived", "emodb_2", "emotale", "emotiontalk", "nnime", "eesc", "mer2023", "portuguese_castro_lima"],
)
def test_what_a_name_says_by_itself_is_what_the_scan_says(name: str, tmp_path: Path) -> None:
    read_name = CORPORA[name].read_name
    assert read_name is not None
    for each in scanned(name, release(name, tmp_path)):
        alone = read_name(each.path)
        assert alone is not None
        assert (alone.id, alone.speaker, alone.session, alone.split) == (
            each.id,
            each.speaker,
            each.session,
            each.split,
        )
        assert alone.labels.items() <= each.labels.items()
        assert alone.text in {each.text, None}
    assert read_name("something/else.txt") is None


def test_a_recording_that_no_table_names_is_left_out_or_has_no_ratings(tmp_path: Path) -> None:
    for name, stranger in (
        ("crema_d_perceived", "AudioWAV/1003_DFA_ANG_XX.wav"),
        ("emozionalmente", "audio/1613646342154.wav"),
        ("emotiontalk", "Audio/wav/G00009/G00009_42/G00009_42_14/G00009_42_14_099.wav"),
        ("mer2023", "mer2023train/train/sample_00009999.avi"),
        ("nnime", "sad_14_A_999.wav"),
        ("eesc", "EKORPUS/999.wav"),
    ):
        root = release(name, tmp_path / name)
        before = scanned(name, root)
        write(root / stranger, "")
        assert scanned(name, root) == before, name


def test_people_who_speak_two_languages_are_one_speaker_each(tmp_path: Path) -> None:
    found = scanned("emotale", release("emotale", tmp_path))
    write(tmp_path / "wav/EN_001_A_1.wav", "")
    again = scanned("emotale", tmp_path)
    assert len(again) == len(found) + 1
    assert {each.language for each in again if each.speaker == "001"} == {"da", "en"}
