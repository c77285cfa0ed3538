"""``emonet corpora new``: what is written, what is said of it, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.cli_terminal import Emonet
from tests.helpers.trees import (
    ASED,
    EMOGATOR,
    EMOTALE,
    EMOV_DB,
    MESS,
    PORTUGUESE,
    VIVAE,
    make_rated,
    make_tree,
)


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Two speakers, three labels, two takes, and a class that nobody knows."""
    for speaker in ("s1", "s2"):
        for label in ("Angry", "Happy", "Sad", "Zorgle"):
            for take in (1, 2):
                path = tmp_path / f"recordings/{speaker}/{label}_{take}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
    return tmp_path / "recordings"


def test_a_package_is_written_and_told_of(emonet: Emonet, recordings: Path, tmp_path: Path) -> None:
    ran = emonet("corpora", "new", "foo", "--from", recordings, "--out", tmp_path)
    assert ran.code == 0, ran.err
    assert "16 utterances, 2 speakers" in ran.out
    assert "Check: affect is off, since arousal and valence of zorgle are not known" in ran.out
    assert f"emonet corpora check foo --root {recordings}" in ran.out
    assert (tmp_path / "emonet-corpus-foo/emonet_corpus_foo/foo.yaml").is_file()


def test_the_same_is_said_as_json(emonet: Emonet, recordings: Path, tmp_path: Path) -> None:
    told = emonet("corpora", "new", "foo", "--from", recordings, "--out", tmp_path, "--json").json
    assert told["folder"] == str(tmp_path / "emonet-corpus-foo")
    assert told["counts"] == {"utterances": 16, "speakers": 2, "passed_over": 0}
    assert told["codes"]["Happy"] == "happiness"


def test_a_known_id_and_a_second_writing_are_refused(emonet: Emonet, recordings: Path, tmp_path: Path) -> None:
    known = emonet("corpora", "list", "--json").json[0]["id"]
    assert "There is a corpus with the id" in emonet("corpora", "new", known, "--from", recordings).err
    arguments = ("corpora", "new", "foo", "--from", recordings, "--out", tmp_path)
    assert emonet(*arguments).code == 0
    again = emonet(*arguments)
    assert again.code == 2
    assert "there is something already" in again.err


def test_a_field_that_is_not_clear_is_asked_for_and_nothing_written(emonet: Emonet, tmp_path: Path) -> None:
    source = make_tree(tmp_path / "emotale", EMOTALE)
    words = ("corpora", "new", "foo", "--from", source, "--out", tmp_path)
    ran = emonet(*words)
    assert ran.code == 2
    assert f"Error: {source}: it is not clear which field is the speaker." in ran.err
    assert "Say it with --speaker FIELD (--speaker none where nothing tells it), or with --regex" in ran.err
    assert "name.1   2        DK 450, EN 450" in ran.out
    told = emonet(*words, "--json")
    assert told.code == 2
    assert told.json["asked"] == {"speaker": ["name.2", "name.4", "name.1"]}
    assert told.json["fields"][0]["counts"] == {"DK": 450, "EN": 450}
    assert [path.name for path in tmp_path.glob("emonet-*")] == []
    ran = emonet(*words, "--speaker", "name.2")
    assert ran.code == 0
    assert "900 utterances, 18 speakers" in ran.out
    assert "Taken: speaker stands in the file's name: 18 values (001, 003, 004, 005, ...); as you said" in ran.out


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        (EMOTALE, "speaker"),
        (PORTUGUESE, "speaker"),
        (MESS, "label and which the speaker"),
        (EMOGATOR, "label and which the speaker"),
        (ASED, "speaker"),
    ],
    ids=["emotale", "portuguese", "mess", "emogator", "ased"],
)
def test_names_of_real_corpora_that_leave_a_field_open_end_in_a_question(
    emonet: Emonet, tmp_path: Path, names: list[str], asked: str
) -> None:
    ran = emonet("corpora", "new", "foo", "--from", make_tree(tmp_path / "x", names), "--out", tmp_path)
    assert ran.code == 2
    assert f"it is not clear which field is the {asked}." in ran.err
    assert [path.name for path in tmp_path.glob("emonet-*")] == []


@pytest.mark.parametrize(("names", "speakers"), [(EMOV_DB, 4), (VIVAE, 11)], ids=["emov_db", "vivae"])
def test_names_of_real_corpora_that_say_enough_become_a_package(
    emonet: Emonet, tmp_path: Path, names: list[str], speakers: int
) -> None:
    ran = emonet("corpora", "new", "foo", "--from", make_tree(tmp_path / "x", names), "--out", tmp_path)
    assert ran.code == 0, ran.err
    assert f"{len(names)} utterances, {speakers} speakers" in ran.out


def test_tables_of_a_real_corpus_become_a_package(emonet: Emonet, tmp_path: Path) -> None:
    ran = emonet("corpora", "new", "foo", "--from", make_rated(tmp_path / "x"), "--out", tmp_path)
    assert ran.code == 0, ran.err
    assert "120 utterances, 10 speakers" in ran.out
