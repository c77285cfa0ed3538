"""Tables of segments and of files, as manifests and toolkits write them, labelled by a pack."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import soundfile

from emonet.errors import EmonetError
from emonet.pack.audio_files import AudioFile, audio_files
from tests.helpers.packs import Emonet
from tests.helpers.tones import write_tone

RATE = 16000
CONVENTIONS = {
    "file,start,end": ("0.0,0.5", "0.5,1.0", "1.0,1.5"),
    "path,start,duration": ("0,0.5", "0.5,0.5", "1,0.5"),
    "audio_filepath,offset,duration": ("0,0.5", "0.5,0.5", "1.0,0.5"),
    "wav,begin,finish": ("0,.5", ".5,1", "1,1.5"),
    "file,start_ms,end_ms": ("0,500", "500,1000", "1000,1500"),
    "file,start_time,end_time": ("00:00:00,00:00:00.5", "0 days 00:00:00.5,00:00:01", "00:00:01,00:00:01.5"),
}


@pytest.fixture
def long(place: Path) -> Path:
    """A file of three pieces of half a second, each another tone, and each piece as a file of its own."""
    for number, pitch in enumerate((200, 500, 900)):
        write_tone(place / f"{number}.wav", pitch, 0.5, seed=number)
    pieces = [soundfile.read(place / f"{number}.wav", dtype="int16")[0] for number in range(3)]
    soundfile.write(place / "long.wav", [sample for piece in pieces for sample in piece], RATE, subtype="PCM_16")
    return place


def labels(emonet: Emonet, *words: object) -> list[dict[str, str]]:
    code, out, err = emonet("predict", "scratch", *words, "--csv")
    assert code == 0, err
    return list(csv.DictReader(io.StringIO(out)))


@pytest.mark.parametrize("columns", CONVENTIONS)
def test_segments_are_labelled_as_files_of_their_own_are(columns: str, long: Path, emonet: Emonet) -> None:
    rows = "".join(f"long.wav,{times}\n" for times in CONVENTIONS[columns])
    (long / "segments.csv").write_text(f"{columns}\n{rows}", encoding="utf-8")
    found = labels(emonet, "segments.csv")
    alone = labels(emonet, *(f"{number}.wav" for number in range(3)))
    shares = [name for name in alone[0] if name.startswith("p_")]
    assert [(row["begin"], row["end"]) for row in found] == [("0.0", "0.5"), ("0.5", "1.0"), ("1.0", "1.5")]
    assert [[row[name] for name in shares] for row in found] == [[row[name] for name in shares] for row in alone]
    assert len({row[shares[0]] for row in found}) == 3, "the pieces are told apart"


def test_a_segment_that_is_not_there_is_named_with_its_place(long: Path, emonet: Emonet) -> None:
    (long / "segments.csv").write_text("file,start,end\nlong.wav,0,0.5\nlong.wav,3.5,4.0\n", encoding="utf-8")
    code, out, err = emonet("predict", "scratch", "segments.csv", "--json")
    assert code == 1
    assert "Not labelled: long.wav from 3.5 to 4.0 s: " in err
    (unread,) = json.loads(out)["unread"]
    assert (unread["begin"], unread["end"]) == (3.5, 4.0)


def test_a_segment_that_is_to_end_long_after_its_file_is_told_of(long: Path, emonet: Emonet) -> None:
    (long / "segments.csv").write_text("file,start,end\nlong.wav,0,1500\nlong.wav,1,1.6\n", encoding="utf-8")
    code, _, err = emonet("predict", "scratch", "segments.csv", "--csv")
    assert code == 0
    assert "1 segment cut where the file ends" in err
    assert "long.wav is to end at 1500 s, and ends after 1.50 s" in err


def test_windows_of_a_segment_lie_within_it(long: Path, emonet: Emonet) -> None:
    (long / "segments.csv").write_text("file,start,end\nlong.wav,0.5,1.5\n", encoding="utf-8")
    whole, *windows = labels(emonet, "segments.csv", "--window", "0.5")
    assert (whole["begin"], whole["end"]) == ("0.5", "1.5")
    assert [(row["begin"], row["end"]) for row in windows] == [("0.5", "1.0"), ("1.0", "1.5")]


DIALECTS = {
    "semicolons": "file;speaker\nx.wav;s01\ny z.wav;s02\n",
    "tabs": "file\tspeaker\nx.wav\ts01\ny z.wav\ts02\n",
    "mark": "\ufefffile,speaker\nx.wav,s01\ny z.wav,s02\n",
    "sep": "sep=;\nfile;speaker\nx.wav;s01\ny z.wav;s02\n",
    "comment": "# mine\n\nfile,speaker\nx.wav,s01\ny z.wav,s02\n",
    "blanks": " file , speaker \n x.wav , s01 \n y z.wav , s02 \n",
    "names": "audio,emotion,spk\nx.wav,joy,s01\ny z.wav,fear,s02\n",
    "durations of whole files": "file,speaker,duration\nx.wav,s01,1.0\ny z.wav,s02,1.5\n",
    "a row without a file": "file,speaker\nx.wav,s01\n,s03\ny z.wav,s02\n",
    "address": "file,speaker\nfile://localhost{folder}/x.wav,s01\ny z.wav,s02\n",
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_lists_of_files_are_read_as_manifests_are(dialect: str, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(DIALECTS[dialect].replace("{folder}", str(tmp_path)), encoding="utf-8")
    assert audio_files([tmp_path / "list.csv"]) == [
        AudioFile(tmp_path / "x.wav", "s01"),
        AudioFile(tmp_path / "y z.wav", "s02"),
    ]


def test_a_list_may_be_json_lines(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text('{"audio_filepath": "x.wav", "offset": 0.5, "duration": 1}\n')
    assert audio_files([tmp_path / "list.json"]) == [AudioFile(tmp_path / "x.wav", "", 0.5, 1.5)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "file,duration\nx.wav,1\nx.wav,2\n",
            r"csv:1: the column 'duration' has no start beside it\. Rename the",
        ),
        (
            "file,start,extent\nx.wav,0,1\nx.wav,1,1\n",
            r"the pieces of '.*x\.wav' have a start each, but no",
        ),
        (
            "file,utt_start\nx.wav,0\n",
            r"'utt_start' looks like a time\. Rename the column that is meant",
        ),
        (
            "file,path\nx.wav,y.wav\n",
            r"the columns 'file' and 'path' are both called as the file is\. Rename the",
        ),
        ("file,start,end\nx.wav,2,1\n", r"list\.csv:2: the end 1\.0 s is not after the start 2\.0 s"),
    ],
)
def test_a_table_in_doubt_is_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(EmonetError, match=message):
        audio_files([tmp_path / "list.csv"])


def test_who_speaks_is_asked_only_where_it_matters(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("file,speaker,actor\nx.wav,s1,a1\n")
    assert audio_files([tmp_path / "list.csv"], with_speakers=False) == [AudioFile(tmp_path / "x.wav")]
    with pytest.raises(EmonetError, match="'speaker' and 'actor' are both called as the speaker is"):
        audio_files([tmp_path / "list.csv"])
