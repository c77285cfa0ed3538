"""Tables as spreadsheets, pandas, R and toolkits write them: each is read for what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from emonet.corpus.readers.dialect import text_table
from emonet.corpus.readers.manifest import manifest_corpus
from emonet.errors import CorpusError

ROWS = [("wav/a.wav", "angry", "s01"), ("wav/b.wav", "sad", "s02")]
DIALECTS = {
    "Excel, sep=": "sep=;\r\nfile;label;speaker\r\nwav/a.wav;angry;s01\r\nwav/b.wav;sad;s02\r\n",
    "Excel, quoted sep=": '"sep=;"\nfile;label;speaker\nwav/a.wav;angry;s01\nwav/b.wav;sad;s02\n',
    "Excel, empty columns and rows": "file;label;speaker;;\nwav/a.wav;angry;s01;;\n;;;;\nwav/b.wav;sad;s02;;\n",
    "Excel, cells beyond the header": "file;label;speaker\nwav/a.wav;angry;s01;;\nwav/b.wav;sad;s02\n",
    "blank line first": "\nfile,label,speaker\nwav/a.wav,angry,s01\nwav/b.wav,sad,s02\n",
    "comments first": "# mine, of 2024\n\n# two\nfile,label,speaker\nwav/a.wav,angry,s01\nwav/b.wav,sad,s02\n",
    "mark, then comment": "\ufeff# mine\nfile,label,speaker\nwav/a.wav,angry,s01\nwav/b.wav,sad,s02\n",
    "other names": "path,emotion,speaker_id\nwav/a.wav,angry,s01\nwav/b.wav,sad,s02\n",
    "pandas, with its index": ",file,label,speaker\n0,wav/a.wav,angry,s01\n1,wav/b.wav,sad,s02\n",
    "R, write.csv": '"","file","label","speaker"\n"1","wav/a.wav","angry","s01"\n"2","wav/b.wav","sad","s02"\n',
    "R, write.table": '"file","label","speaker"\n"1","wav/a.wav","angry","s01"\n"2","wav/b.wav","sad","s02"\n',
    "SpeechBrain": "ID, duration, wav, spk_id, emo\n0, 1.6, wav/a.wav, s01, angry\n1, 1.6, wav/b.wav, s02, sad\n",
    "nkululeko": "file,speaker,gender,emotion\nwav/a.wav,s01,male,angry\nwav/b.wav,s02,female,sad\n",
    "audformat": (
        "file,start,end,emotion,speaker\nwav/a.wav,0 days,NaT,angry,s01\nwav/b.wav,0 days 00:00:00,NaT,sad,s02\n"
    ),
    "bars": "file|label|speaker\nwav/a.wav|angry|s01\nwav/b.wav|sad|s02\n",
    "blanks around": " file , label , speaker \n wav/a.wav , angry , s01 \n wav/b.wav , sad , s02 \n",
    "blanks before quotes": 'file, label, speaker\n"wav/a.wav", "angry", "s01"\n"wav/b.wav", "sad", "s02"\n',
    "joined files": "file,label,speaker\nwav/a.wav,angry,s01\nfile,label,speaker\nwav/b.wav,sad,s02\n",
    "Kaldi-like tabs": "wav\tclass\tspk\nwav/a.wav\tangry\ts01\nwav/b.wav\tsad\ts02\n",
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_table_is_read_whatever_wrote_it(dialect: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(DIALECTS[dialect].encode())
    told = {"duration": "ignore"} if dialect == "SpeechBrain" else {}
    found = list(manifest_corpus(path, columns=told).scan(tmp_path))
    assert [(each.path, each.labels["label"], each.speaker) for each in found] == ROWS
    assert all((each.start, each.end) == (0.0, None) for each in found)


def test_text_in_unicode_as_excel_saves_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    path.write_bytes("file\tlabel\nwav/ä.wav\tangry\nwav/b.wav\tsad\n".encode("utf-16"))
    assert [each.path for each in manifest_corpus(path).scan(tmp_path)] == ["wav/ä.wav", "wav/b.wav"]


def test_nemo_manifests_are_read(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(
        '{"audio_filepath": "a.wav", "offset": 0.4, "duration": 0.4, "text": "t1", "label": "angry", "speaker": null}\n'
        '{"audio_filepath": "a.wav", "offset": 0.8, "duration": 0.4, "text": "t1", "label": "sad", "lang": "de"}\n'
    )
    found = list(manifest_corpus(path).scan(tmp_path))
    assert [(each.id, each.start, each.end, each.text, each.language) for each in found] == [
        ("a@0.4", 0.4, 0.8, "t1", None),
        ("a@0.8", 0.8, 1.2, "t1", "de"),
    ]


def test_a_place_is_the_line_of_the_file_whatever_stands_before_the_header(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("# one\n\nfile,label,start\na.wav,angry,0\n\nb.wav,sad,soon\n")
    with pytest.raises(CorpusError, match=r"table\.csv:6: start is 'soon'"):
        manifest_corpus(path)
    assert text_table(path).place == f"{path}:3"


def test_a_row_with_a_comma_too_many_is_not_taken_for_a_named_one(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("file,label,text\na.wav,angry,one, two\nb.wav,sad,three\n")
    with pytest.raises(CorpusError, match=r"table\.csv:2: this row does not have 3 cells as the header has"):
        manifest_corpus(path)


PIECES = {
    "start,end": ("0.0,0.4", "0.4,0.8"),
    "start,duration": ("0.0,0.4", "0.4,0.4"),
    "offset,duration": ("0.0,0.4", "0.4,0.4"),
    "begin,finish": ("0.0,0.4", "0.4,0.8"),
    "start_time,end_time": ("00:00:00,00:00:00.4", "00:00:00.4,00:00:00.8"),
    "start_ms,duration_ms": ("0,400", "400,400"),
}


@pytest.mark.parametrize("columns", PIECES)
def test_pieces_are_the_same_in_every_convention(columns: str, tmp_path: Path) -> None:
    first, second = PIECES[columns]
    path = tmp_path / "table.csv"
    path.write_text(f"file,label,speaker,{columns}\nr.wav,angry,s1,{first}\nr.wav,sad,s1,{second}\n")
    found = list(manifest_corpus(path).scan(tmp_path))
    assert [(each.id, each.start, each.end) for each in found] == [("r@0", 0.0, 0.4), ("r@0.4", 0.4, 0.8)]


def test_pieces_whose_ends_no_column_tells_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("file,label,start,extent\nr.wav,angry,0,0.4\nr.wav,sad,0.4,0.4\n")
    with pytest.raises(
        CorpusError, match=r"the pieces of 'r\.wav' have a start each, but no column says where they end"
    ):
        manifest_corpus(path)
    found = list(manifest_corpus(path, columns={"duration": "extent"}).scan(tmp_path))
    assert [each.end for each in found] == [0.4, 0.8]


def test_columns_that_are_read_and_not_read_are_named_once(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("path,emo,spk,gender,notes\na.wav,angry,s1,f,\nb.wav,sad,s2,m,\n")
    assert manifest_corpus(path).notes == (
        "Columns read: label: emo, file: path, speaker: spk.",
        "Columns not used: gender, notes.",
    )
