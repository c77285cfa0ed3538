"""The vocabulary of columns: what others call them, and what is refused until somebody tells."""

from __future__ import annotations

import pytest

from emonet.corpus.columns import (
    NAMES,
    ColumnMap,
    Question,
    columns_of_table,
    field_of,
    label_column,
)
from emonet.errors import CorpusError


def mapped(header: str, labels: str = "label", told: dict[str, str] | None = None, **cells: list[str]) -> ColumnMap:
    asked = Question("t.csv:1", header.split(","), told or {}, (labels,), lambda column: cells.get(column, []))
    return columns_of_table(asked)


def test_no_name_stands_for_two_fields() -> None:
    names = [name for listed in NAMES.values() for name in listed]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ("file audio path wav filename file_name wav_filename audio_filepath AudioPath FileName", "file"),
        ("label emotion class emo EmoClass Emotion_Label", "label"),
        ("speaker spk speaker_id SpkrID Speaker-ID actor", "speaker"),
        ("split subset partition set Split_Set part", "split"),
        ("start begin offset onset start_time start_s StartTime start_ms", "start"),
        ("end finish stop end_time EndTime end_sec", "end"),
        ("duration dur length duration_s duration_ms", "duration"),
        ("session dialogue_id Dialogue_ID", "session"),
        ("text sentence transcript transcription", "text"),
        ("language lang locale", "language"),
        ("sex gender", "sex"),
        ("age", "age"),
    ],
)
def test_columns_are_known_by_the_names_that_the_field_gives_them(columns: str, field: str) -> None:
    assert {column: field_of(column) for column in columns.split()} == dict.fromkeys(columns.split(), field)


@pytest.mark.parametrize("column", ["notes", "rater", "speaker_notes", "label_ms", "take", "emotional"])
def test_other_columns_are_called_after_nothing(column: str) -> None:
    assert field_of(column) == ""


@pytest.mark.parametrize(
    ("header", "row", "segment"),
    [
        ("file,label,start,end", ("0.4", "0.8"), (0.4, 0.8)),
        ("file,label,start,duration", ("0.8", "0.4"), (0.8, 1.2)),
        ("file,label,offset,duration", ("0.4", "0.4"), (0.4, 0.8)),
        ("file,label,begin,finish", ("0.4", "0.8"), (0.4, 0.8)),
        ("file,label,onset,offset", ("0.4", "0.8"), (0.4, 0.8)),
        ("file,label,start_ms,end_ms", ("400", "800"), (0.4, 0.8)),
        ("file,label,start_ms,duration (s)", ("400", "0.4"), (0.4, 0.8)),
        ("file,label,StartTime,EndTime", ("00:00:00.4", "00:00:00.8"), (0.4, 0.8)),
        ("file,label,xmin,xmax", ("0.4", "0.8"), (0.4, 0.8)),
        ("file,label,end", ("0.8",), (None, 0.8)),
        ("file,label,start", ("0.4",), (0.4, None)),
    ],
)
def test_a_segment_is_the_same_in_all_conventions(
    header: str, row: tuple[str, ...], segment: tuple[float | None, float | None]
) -> None:
    cells = dict(zip(header.split(","), ("a.wav", "joy", *row), strict=True))
    assert mapped(header).segment(cells, "t.csv:2") == segment


def test_a_duration_beside_start_and_end_must_lead_from_one_to_the_other() -> None:
    found = mapped("file,label,start,end,duration")
    cells = {"start": "0.4", "end": "0.8"}
    assert found.segment({**cells, "duration": "0.401"}, "t.csv:2") == (0.4, 0.8)
    with pytest.raises(
        CorpusError, match=r"from 0\.4 to 0\.8 s are not 1\.6 s, the 'duration'\..*\{duration: ignore\}"
    ):
        found.segment({**cells, "duration": "1.6"}, "t.csv:2")
    passed_over = mapped("file,label,start,end,duration", told={"duration": "ignore"})
    assert passed_over.segment({**cells, "duration": "1.6"}, "t.csv:2") == (0.4, 0.8)


def test_a_duration_alone_is_a_question() -> None:
    message = r"'duration' has no start .* columns: \{duration: ignore\} .*, or columns: \{duration: duration\}"
    with pytest.raises(CorpusError, match=message):
        mapped("file,label,duration")
    assert "duration" not in mapped("file,label,duration", told={"duration": "ignore"}).columns
    piece = mapped("file,label,duration", told={"duration": "duration"})
    assert piece.segment({"duration": "0.4"}, "t.csv:2") == (None, 0.4)


def test_an_offset_alone_is_a_question() -> None:
    with pytest.raises(
        CorpusError, match=r"'offset' may be a start or an end\. Say which: columns: \{start: offset\} or"
    ):
        mapped("file,label,offset")
    assert mapped("file,label,offset", told={"end": "offset"}).columns["end"] == "offset"


@pytest.mark.parametrize(
    ("header", "cells", "looks"),
    [
        ("file,label,utt_start", [], "'utt_start' looks like a time"),
        ("file,label,start,seg_dur", [], "'seg_dur' looks like a time"),
        ("file,label,where", ["00:00:01.5", "0 days 00:00:02"], "'where' looks like a time"),
        ("file,label,part_of_file", ["0.0-0.4", "0.4 - 0.8"], "'part_of_file' looks like a time"),
        ("file,label,years", ["20-29", "30-39"], ""),
        ("file,label,start_sample,end_sample", [], "'end_sample' looks like a time"),
        ("file,label,emotion_2", [], "'emotion_2' looks like a label"),
        ("file,label,valence", [], "'valence' looks like a label"),
        ("file,label,perceived", ["anger", "joy", "sadness"], "'perceived' looks like a label"),
        ("file,label,spk_number_in_room", [], ""),
        ("file,label,speaker_code", [], "'speaker_code' looks like a speaker"),
        ("file,label,who", ["s01", "s02", "s01", "s02"], "'who' looks like a speaker"),
        ("file,label,who", ["s01", "s02", "s03", "s04"], ""),
        ("file,label,speaker,who", ["s01", "s02", "s01", "s02"], ""),
        ("file,label,speaker,speaker_age", [], ""),
        ("file,label,start,end,file_duration", [], ""),
        ("file,label,gender,age,notes", [], ""),
        ("file,label,subset", ["a", "b"], ""),
    ],
)
def test_a_column_that_seems_to_matter_is_refused_until_told(header: str, cells: list[str], looks: str) -> None:
    last = header.rsplit(",", maxsplit=1)[-1]
    if not looks:
        assert last in mapped(header, **{last: cells}).unused
        return
    with pytest.raises(CorpusError, match=rf"{looks}\. Say .*, or pass them over: columns: \{{.*{last}: ignore\}}\."):
        mapped(header, **{last: cells})
    others = {column: "ignore" for column in header.split(",")[2:] if column not in NAMES}
    assert last not in mapped(header, told=others, **{last: cells}).unused


def test_two_columns_for_one_thing_are_refused_until_told() -> None:
    with pytest.raises(
        CorpusError, match=r"'speaker' and 'spk' are both called as the speaker is\. Say .*\{speaker: speaker\}"
    ):
        mapped("file,label,speaker,spk")
    found = mapped("file,label,speaker,spk", told={"speaker": "spk"})
    assert (found.columns["speaker"], found.unused) == ("spk", ("speaker",))
    with pytest.raises(CorpusError, match="'label' and 'emotion' are both called as the label is"):
        label_column(Question("t.csv:1", ("file", "label", "emotion"), {}))


def test_a_label_that_is_told_leaves_no_doubt_about_others() -> None:
    assert mapped("file,label,emotion", "emotion", {"label": "emotion"}).unused == ("label",)


def test_a_column_called_set_is_that_of_splits_where_its_cells_are() -> None:
    assert mapped("file,label,set", set=["train", "dev", "tset", ""]).columns["split"] == "set"
    assert "split" not in mapped("file,label,set", set=["A", "B"]).columns
    assert mapped("file,label,split", split=["A", "B"]).columns["split"] == "split"


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (
            {"label": "emotoin"},
            r"there is no column 'emotoin', which columns names as label\. Did you mean 'emotion'\?",
        ),
        (
            {"spaeker": "ignore"},
            r"there is no column 'spaeker'\. Did you mean 'speaker'\? Columns: file, emotion, speaker",
        ),
    ],
)
def test_a_map_of_columns_that_are_not_there_is_refused(told: dict[str, str], message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        mapped("file,emotion,speaker", "emotion", told)


def test_a_field_may_be_passed_over_whatever_its_column_is_called() -> None:
    found = mapped("file,label,spk", told={"speaker": "ignore"})
    assert (found.columns, found.unused) == ({"file": "file"}, ())


def test_a_column_called_ignore_can_be_read() -> None:
    assert mapped("file,label,ignore", told={"speaker": "ignore"}).columns["speaker"] == "ignore"
