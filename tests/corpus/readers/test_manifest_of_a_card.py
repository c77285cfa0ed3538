"""Cards whose corpus has no public layout: the user's CSV file says where labels stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from emonet.corpus.corpus import Target, Utterance
from emonet.corpus.readers.manifest import scan_manifest
from emonet.errors import CorpusError

TARGETS = (
    Target("emotion", ("anger", "neutral"), {"A": "anger", "N": "neutral", "X": None}),
    Target("valence", range=(1.0, 5.0)),
)


def scanned(root: Path, text: str, name: str = "manifest.csv") -> list[Utterance]:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return list(scan_manifest(TARGETS, "foo", {"bad.wav": "broken"}, root))


def test_codes_of_the_card_translate_the_column_label(tmp_path: Path) -> None:
    found = scanned(tmp_path, "file,label,speaker\na.wav,A,s1\nb.wav,X,s1\nbad.wav,A,s2\n")
    assert found == [Utterance("a", "a.wav", {"emotion": "anger"}, "s1")]


def test_a_column_may_carry_the_name_of_a_target(tmp_path: Path) -> None:
    found = scanned(tmp_path, "file,emotion,valence\na.wav,N,2.5\nb.wav,,4\n")
    assert [dict(each.labels) for each in found] == [{"emotion": "neutral", "valence": 2.5}, {"valence": 4.0}]


def test_the_manifest_may_lie_below_a_further_folder(tmp_path: Path) -> None:
    (found,) = scanned(tmp_path, "file,label\nwav/a.wav,A\n", "release/manifest.csv")
    assert (found.id, found.path) == ("wav/a", "release/wav/a.wav")


def test_tables_of_the_splits_give_the_split(tmp_path: Path) -> None:
    scanned(tmp_path, "file,label\na.wav,A\n", "train.csv")
    found = scanned(tmp_path, "file,label\nb.wav,N\n", "devel.csv")
    assert [(each.path, each.split) for each in found] == [("a.wav", "train"), ("b.wav", "dev")]


def test_a_code_that_the_card_does_not_know_names_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"manifest\.csv:2: the card maps no code 'a'.* Known codes: A, N, X"):
        scanned(tmp_path, "file,label\na.wav,a\n")


@pytest.mark.parametrize(("name", "there"), [("other.csv", "; there is other.csv"), ("a.txt", "file and label.")])
def test_a_folder_without_a_manifest_is_told_what_to_write(name: str, there: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"not public.*manifest\.csv .*file and label") as caught:
        scanned(tmp_path, "file,label\n", name)
    assert there in str(caught.value)
    assert "emonet corpora info foo" in str(caught.value)


def test_a_header_without_any_label_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no column 'label'.*file and label or emotion or valence"):
        scanned(tmp_path, "file,speaker\na.wav,s1\n")


def test_columns_are_known_by_their_usual_names(tmp_path: Path) -> None:
    found = scanned(tmp_path, "# mine\nwav;class;SpkrID;offset;duration\na.wav;A;s1;0.4;0.4\na.wav;N;nan;0.8;0.4\n")
    assert found == [
        Utterance("a@0.4", "a.wav", {"emotion": "anger"}, "s1", start=0.4, end=0.8),
        Utterance("a@0.8", "a.wav", {"emotion": "neutral"}, start=0.8, end=1.2),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,label,utt_start\na.wav,A,0\n", r"'utt_start' looks like a time\. Rename the column that is meant"),
        ("file,label,speaker,spk\na.wav,A,s,s\n", r"both called as the speaker is\. Rename the column that is meant"),
        ("file,label,start\na.wav,A,0\na.wav,N,1\n", r"the pieces of 'a\.wav' have a start each, but no column says"),
    ],
)
def test_columns_in_doubt_are_refused_with_what_the_user_of_a_card_can_do(
    text: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(CorpusError, match=message):
        scanned(tmp_path, text)
