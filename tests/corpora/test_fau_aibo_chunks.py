"""FAU Aibo's lists of labels, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

import emonet_corpora
from emonet.corpus.corpus import Utterance
from emonet.errors import CorpusError
from emonet.protocols.protocol import make_protocol

AIBO = next(corpus for corpus in emonet_corpora.emonet_corpora() if corpus.id == "fau_aibo")
FOLDER = "labels/IS2009EmotionChallenge"
FIVE, TWO = f"{FOLDER}/chunk_labels_5cl_corpus.txt", f"{FOLDER}/chunk_labels_2cl_corpus.txt"


def scanned(root: Path, five: str, two: str | None = None, *, wavs: tuple[str, ...] = ()) -> list[Utterance]:
    for name, text in {FIVE: five, TWO: two, **dict.fromkeys(wavs, "")}.items():
        if text is not None:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(text.encode("latin-1"))
    return list(AIBO.scan(root))


def test_both_lists_give_their_labels(tmp_path: Path) -> None:
    (chunk,) = scanned(tmp_path, "Ohm_01_000_00 A 0.6\n", "Ohm_01_000_00 NEG 1\n")
    assert chunk.labels == {"emotion": "anger", "negativity": "negative"}
    assert (chunk.id, chunk.path) == ("Ohm_01_000_00", "wav/Ohm_01_000_00.wav")


def test_the_two_class_list_may_be_missing_or_shorter(tmp_path: Path) -> None:
    assert scanned(tmp_path, "Ohm_01_000_00 A 0.6")[0].labels == {"emotion": "anger"}
    found = scanned(tmp_path, "Ohm_01_000_00 A 0.6\nOhm_01_001_00 N .5\n", "Ohm_01_001_00 IDL 0.5\n")
    assert [chunk.labels.get("negativity") for chunk in found] == [None, "idle"]


def test_children_of_two_schools_share_numbers_but_not_names(tmp_path: Path) -> None:
    found = scanned(tmp_path, "Ohm_01_000_00 N 1.0\r\nMont_01_000_00 N 1.0\r\n\r\n")
    assert [(chunk.speaker, chunk.session) for chunk in found] == [("Ohm_01", "Ohm"), ("Mont_01", "Mont")]


def test_audio_is_found_where_older_copies_keep_it(tmp_path: Path) -> None:
    (chunk,) = scanned(tmp_path, "Ohm_01_000_00 N 1.0", wavs=("default/Ohm_01_000_00.wav",))
    assert chunk.path == "default/Ohm_01_000_00.wav"


@pytest.mark.parametrize("line", ["Ohm_01_000_00 N", "Ohm_01_000 N 0.5", "Berg_01_000_00 N 0.5", "Ohm_01_000_00 N 2.5"])
def test_a_broken_line_is_named_with_file_and_number(line: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"5cl_corpus\.txt:2: '.*' is not a chunk's label.*Mend the line"):
        scanned(tmp_path, f"Ohm_01_009_00 N 1.0\n{line}\n")


def test_an_unknown_class_is_named_with_file_and_number(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"5cl_corpus\.txt:1: the card maps no code 'X' for target 'emotion'"):
        scanned(tmp_path, "Ohm_01_000_00 X 1.0\n")


def test_a_chunk_listed_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"5cl_corpus\.txt:2: the chunk 'Ohm_01_000_00' is listed twice"):
        scanned(tmp_path, "Ohm_01_000_00 N 1.0\nOhm_01_000_00 A 1.0\n")


def test_an_empty_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"there is no label in this list.*cut off"):
        scanned(tmp_path, "\n")


def test_the_challenge_trains_on_ohm_and_tests_on_mont(tmp_path: Path) -> None:
    found = scanned(tmp_path, "".join(f"{child}_000_00 N 1.0\n" for child in ("Ohm_01", "Ohm_31", "Mont_25")))
    (fold,) = make_protocol("challenge", {}, AIBO, found).folds
    assert list(fold.splits.values()) == ["train", "dev", "test"]
    assert len(AIBO.protocols[0].folds[0]["test"]) == 25
