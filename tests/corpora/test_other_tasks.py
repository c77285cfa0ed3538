"""Scans of corpora that are about health, sounds and speakers rather than emotions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emonet.corpus.corpus import Utterance
from emonet.errors import CorpusError
from tests.helpers.releases import CORPORA, check_damage_is_named, release, scanned, write

OTHERS = ("common_voice", "compare2021_ccs", "coswara", "daic_woz", "svd", "torgo", "vocalsound")


@pytest.mark.parametrize("name", OTHERS)
def test_their_classes_have_no_arousal_and_valence(name: str) -> None:
    assert not any(target.affect for target in CORPORA[name].targets)


@pytest.mark.parametrize(
    ("name", "path", "old", "new", "message"),
    [
        (
            "daic_woz",
            "303_P/303_TRANSCRIPT.csv",
            "0.2",
            "soon",
            r"TRANSCRIPT\.csv:3: start_time and stop_time are not",
        ),
        ("daic_woz", "303_P/303_TRANSCRIPT.csv", "stop_time", "stop", r"no column 'stop_time'.*Columns: start_time"),
        ("daic_woz", "dev_split_Depression_AVEC2017.csv", "Participant_ID", "id", "no column 'Participant_ID'"),
        (
            "daic_woz",
            "train_split_Depression_AVEC2017.csv",
            "320,1,11",
            "320,1,25",
            r"phq8 is 25\.0, outside",
        ),
        ("coswara", "combined_data.csv", "healthy", "helthy", r"no code 'helthy'.*Did you mean 'healthy'"),
        ("coswara", "combined_data.csv", "covid_status", "status", "no column 'covid_status'"),
        ("svd", "export/overview.lst", "1862,p", "1862,q", r"overview\.lst:2: '1862,q.*cannot be read.*Mend the line"),
        ("vocalsound", "datafiles/val.json", "data", "date", r"val\.json: not a list of clips"),
        ("compare2021_ccs", "dist/lab/train.csv", "positive", "postive", "Did you mean 'positive'"),
    ],
)
def test_annotation_that_cannot_be_read_is_named(
    name: str, path: str, old: str, new: str, message: str, tmp_path: Path
) -> None:
    check_damage_is_named(name, tmp_path, path, (old, new), message)


@pytest.mark.parametrize("name", OTHERS)
def test_half_a_copy_names_what_is_missing(name: str, tmp_path: Path) -> None:
    release(name, tmp_path)
    for path in tmp_path.rglob("*.wav"):
        path.unlink()
    if name in {"common_voice", "compare2021_ccs"}:  # the table's rows stay, and preparing reports them
        assert scanned(name, tmp_path)
    else:
        with pytest.raises(CorpusError, match=rf"'{name}'.*\.wav'.*--root"):
            scanned(name, tmp_path)


def test_a_table_of_an_interview_without_its_transcript_says_what_to_do(tmp_path: Path) -> None:
    (release("daic_woz", tmp_path) / "303_P" / "303_TRANSCRIPT.csv").unlink()
    with pytest.raises(CorpusError, match=r"303_TRANSCRIPT\.csv: there is no such transcript.*Unpack"):
        scanned("daic_woz", tmp_path)


def test_only_the_participants_turns_are_cut_from_an_interview(tmp_path: Path) -> None:
    turns = [
        (each.start, each.end) for each in scanned("daic_woz", release("daic_woz", tmp_path)) if each.speaker == "303"
    ]
    assert turns == [(0.2, 0.4)]


def test_a_blind_test_split_of_interviews_has_no_depression_labels(tmp_path: Path) -> None:
    (release("daic_woz", tmp_path) / "full_test_split.csv").unlink()
    blind = [dict(each.labels) for each in scanned("daic_woz", tmp_path) if each.split == "test"]
    assert blind == [{"sex": "female"}]


def test_a_participant_that_no_table_names_is_left_out(tmp_path: Path) -> None:
    write(release("daic_woz", tmp_path) / "301_P" / "301_AUDIO.wav", "")
    assert "301" not in {each.speaker for each in scanned("daic_woz", tmp_path)}


def interviews(root: Path, train: str, transcripts: dict[str, str]) -> list[Utterance]:
    """Return the turns of sessions in the form of the release: tabs, and comments in angle or square brackets."""
    write(root / "train_split_Depression_AVEC2017.csv", f"Participant_ID,PHQ8_Binary,PHQ8_Score,Gender\n{train}\n")
    for session, lines in transcripts.items():
        write(root / f"{session}_P" / f"{session}_AUDIO.wav", "")
        turns = lines.replace(" ", "\t")
        write(root / f"{session}_P" / f"{session}_TRANSCRIPT.csv", f"start_time\tstop_time\tspeaker\tvalue\n{turns}\n")
    return scanned("daic_woz", root)


def test_recordings_that_run_behind_their_transcript_are_cut_where_the_turn_is_heard(tmp_path: Path) -> None:
    said = dict.fromkeys(("318", "321", "341", "362", "363"), "10.0 12.5 Participant yes")
    turns = interviews(tmp_path, "\n".join(f"{each},0,4,1" for each in said), said)
    assert {each.speaker: (round(each.start, 3), round(each.end or 0, 3)) for each in turns} == {
        "318": (44.32, 46.82),
        "321": (13.838, 16.338),
        "341": (16.189, 18.689),
        "362": (26.858, 29.358),
        "363": (10.0, 12.5),
    }


def test_what_is_said_while_an_interview_is_interrupted_is_left_out(tmp_path: Path) -> None:
    lines = "390.0 397.0 Participant a\n400.0 410.0 Participant b\n427.0 430.0 Participant c\n394.0 429.5 Participant d"
    turns = interviews(tmp_path, "373,0,4,1\n374,0,4,1", {"373": lines, "374": lines})
    assert [(each.start, each.end) for each in turns if each.speaker == "373"] == [
        (390.0, 395.0),
        (428.0, 430.0),
        (394.0, 395.0),
        (428.0, 429.5),
    ]
    assert len({each.id for each in turns if each.speaker == "373"}) == 4
    assert len([each for each in turns if each.speaker == "374"]) == 4


@pytest.mark.parametrize("mark", ["<sync>", "<synch>", "<sync.", "[sync]", "[syncing]", "[synching]"])
def test_marks_of_synchronisation_are_not_turns(mark: str, tmp_path: Path) -> None:
    lines = f"1.0 2.0 Participant {mark}\n3.0 4.0 Participant <laughter>\n5.0 6.0 Participant synchronised"
    turns = interviews(tmp_path, "303,0,0,0", {"303": lines})
    assert [each.start for each in turns] == [3.0, 5.0]


def test_the_score_decides_where_a_split_file_contradicts_it(tmp_path: Path) -> None:
    said = dict.fromkeys(("409", "410"), "1.0 2.0 Participant yes")
    turns = interviews(tmp_path, "409,0,10,1\n410,0,9,1", said)
    assert {each.speaker: each.labels["depression"] for each in turns} == {"409": "depression", "410": "no-depression"}


def test_two_copies_of_coswara_in_one_folder_are_refused(tmp_path: Path) -> None:
    release("coswara", tmp_path / "one")
    release("coswara", tmp_path / "two")
    with pytest.raises(CorpusError, match=r"two copies of the corpus, 'one/combined_data\.csv' and 'two/"):
        scanned("coswara", tmp_path)


def test_a_clone_of_coswara_has_its_table_twice_and_is_one_copy(tmp_path: Path) -> None:
    table = release("coswara", tmp_path) / "combined_data.csv"
    before = scanned("coswara", tmp_path)
    text = table.read_text(encoding="utf-8").replace("healthy", "positive_mild")
    write(tmp_path / "technical_validation/gender_classification/metadata_files/combined_data.csv", text)
    assert scanned("coswara", tmp_path) == before


def test_coswara_without_quality_lists_keeps_all_recordings(tmp_path: Path) -> None:
    rated = release("coswara", tmp_path) / "annotations" / "cough-heavy_labels.csv"
    write(tmp_path / "Extracted_data/20220116/mev4bO5F6hRBNtrI48oKNk6XApn2/cough-heavy.wav", "")
    before = len(scanned("coswara", tmp_path))
    rated.unlink()
    assert len(scanned("coswara", tmp_path)) == before + 1


def test_a_speaker_of_svd_may_be_healthy_and_pathological(tmp_path: Path) -> None:
    found = {
        (each.labels["voice"], each.session) for each in scanned("svd", release("svd", tmp_path)) if each.speaker == "1"
    }
    assert found == {("healthy", "1"), ("pathological", "1862")}


def test_a_list_in_latin_1_is_read(tmp_path: Path) -> None:
    path = release("svd", tmp_path) / "export" / "overview.lst"
    text = path.read_text(encoding="utf-8").replace("HormonelleKomponente", "Lähmung")
    write(path, text, "latin-1")
    assert len(scanned("svd", tmp_path)) == 4


def test_torgo_reads_one_microphone_for_each_utterance(tmp_path: Path) -> None:
    release("torgo", tmp_path)
    write(tmp_path / "F04/Session1/wav_headMic/0002.wav", "")
    found = [each.path for each in scanned("torgo", tmp_path) if each.speaker == "F04"]
    assert found == ["F04/Session1/wav_headMic/0002.wav"]


def test_a_prompt_that_is_no_text_is_named(tmp_path: Path) -> None:
    write(release("torgo", tmp_path) / "F01/Session1/prompts/0006.txt", "ä", "latin-1")
    with pytest.raises(CorpusError, match=re.escape("0006.txt: not UTF-8 text")):
        scanned("torgo", tmp_path)


def test_vocalsound_without_lists_has_no_splits(tmp_path: Path) -> None:
    for path in (release("vocalsound", tmp_path) / "datafiles").iterdir():
        path.unlink()
    assert {each.split for each in scanned("vocalsound", tmp_path)} == {None}


def test_words_of_other_releases_of_common_voice_are_left_out(tmp_path: Path) -> None:
    path = release("common_voice", tmp_path) / "train.tsv"
    write(path, path.read_text(encoding="utf-8").replace("male_masculine", "a new word"))
    assert "clips/common_voice_en_100038.mp3" not in {each.path for each in scanned("common_voice", tmp_path)}
