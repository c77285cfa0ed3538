"""Fields that are not clear are asked for, and taken where they are: names as eight real corpora have them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from emonet.errors import CorpusError, UnknownName
from emonet.plugin.registry import load_registry
from emonet.propose.labels import meaning_in
from emonet.propose.package import new_package
from emonet.propose.proposal import Proposal, Unsure, field_json, proposed
from emonet.propose.roles import UNSAID, Chosen
from emonet.testing.runner import run_checks
from tests.helpers.trees import (
    ASED,
    CREMA_D,
    EMOGATOR,
    EMOTALE,
    EMOV_DB,
    MESS,
    PORTUGUESE,
    VIVAE,
    make_rated,
    make_tree,
)

meaning = meaning_in(load_registry().ontology)


def read(folder: Path, chosen: Chosen = UNSAID) -> Proposal:
    return proposed(folder, meaning, chosen)


@pytest.mark.parametrize(
    ("names", "asked", "first", "chosen", "right"),
    [
        (EMOTALE, {"speaker"}, "name.2 (18 values: 001, 003, 004, 005, ...)", ("", "name.2"), (5, 18)),
        (PORTUGUESE, {"speaker"}, "name:3 (2 values: A, B)", ("", "name:3"), (7, 2)),
        (EMOGATOR, {"label"}, "name.2 (30 values: 01, 02, 03, 04, ...)", ("name.2", "name.1"), (30, 12)),
        (ASED, {"speaker"}, "name.5 (19 values: 01, 02, 03, 04, ...)", ("", "name.5"), (5, 19)),
    ],
)
def test_a_field_that_is_not_clear_is_asked_for_and_taken_when_it_is_named(
    tmp_path: Path,
    names: Sequence[str],
    asked: set[str],
    first: str,
    chosen: tuple[str, str],
    right: tuple[int, int],
) -> None:
    folder = make_tree(tmp_path, names)
    with pytest.raises(Unsure) as caught:
        read(folder)
    assert asked <= {doubt.field for doubt in caught.value.doubts}
    assert first in str(caught.value)
    assert {"label", "speaker"} & asked == asked
    written = new_package("foo", folder, tmp_path, load_registry().ontology, chosen=Chosen(*chosen))
    assert (len(written.codes), written.counts["speakers"]) == right
    assert written.counts["utterances"] == len(names)
    assert any("as you said" in sentence for sentence in written.assumed)


def test_label_and_speaker_that_no_separator_tells_are_asked_for_and_cut_by_a_regex(tmp_path: Path) -> None:
    folder = make_tree(tmp_path, MESS)
    with pytest.raises(Unsure, match="which field is the label and which the speaker") as caught:
        read(folder)
    assert "name:1 (8 values: AF, AM, CF, CM, ...), name:3 (3 values: M, T, V)." in str(caught.value)
    regex = r"(?P<label>[ACHS])(?P<speaker>[FM][123])(?P<text>[MTV]\d{2})_SCR\.wav$"
    written = new_package("foo", folder, tmp_path, load_registry().ontology, chosen=Chosen(regex=regex))
    assert (written.counts["utterances"], written.counts["speakers"], len(written.codes)) == (len(MESS), 6, 4)
    assert written.scan == {"pattern": {"regex": regex}}


def test_a_speaker_in_a_folder_and_signs_that_differ_are_no_question(tmp_path: Path) -> None:
    folder = make_tree(tmp_path, EMOV_DB)
    written = new_package("foo", folder, tmp_path, load_registry().ontology)
    assert written.counts == {"utterances": len(EMOV_DB), "speakers": 4, "passed_over": 0}
    assert set(written.codes.values()) == {"amusement", "anger", "disgust", "sleepiness"}


def test_a_strength_is_neither_a_speaker_nor_a_text(tmp_path: Path) -> None:
    found = read(make_tree(tmp_path, VIVAE))
    assert "(?P<speaker>" in found.scan["pattern"]["regex"]
    assert "(?P<text>" not in found.scan["pattern"]["regex"]
    assert not any("moderate" in sentence for sentence in found.check)


def test_what_else_could_be_the_speaker_is_to_be_checked(tmp_path: Path) -> None:
    found = read(make_tree(tmp_path, CREMA_D))
    assert any(each.startswith("speaker was found by its place; these may be it, too: name.2") for each in found.check)


def test_the_table_with_a_row_a_file_is_read_and_not_that_of_votes(tmp_path: Path) -> None:
    folder = make_rated(tmp_path / "rated")
    written = new_package("foo", folder, tmp_path, load_registry().ontology)
    assert written.scan["table"] == {  # type: ignore[comparison-overlap]
        "files": "metadata/samples.csv",
        "path": "{file_name}",
        "label": "{emotion_expressed}",
        "speaker": "{actor}",
        "text": "{sentence}",
    }
    assert written.counts == {"utterances": 120, "speakers": 10, "passed_over": 0}


def test_a_column_that_is_named_decides_which_table_is_read(tmp_path: Path) -> None:
    folder = make_rated(tmp_path / "rated")
    found = read(folder, Chosen(label="emotion_recognized", speaker="none"))
    assert found.scan["table"]["files"] == "metadata/evaluations.csv"
    with pytest.raises(UnknownName, match=r"Unknown field 'emotion_expresed'\. Did you mean 'emotion_expressed'"):
        read(folder, Chosen(label="emotion_expresed"))


def test_a_table_without_a_column_of_speakers_is_asked_about(tmp_path: Path) -> None:
    folder = make_rated(tmp_path / "rated")
    table = folder / "metadata/samples.csv"
    table.write_text(table.read_text("utf-8").replace("actor", "who"), encoding="utf-8")
    with pytest.raises(Unsure, match=r"some have values that may count something, or people: who \(10 values"):
        read(folder)
    assert read(folder, Chosen(speaker="who")).scan["table"]["speaker"] == "{who}"


def test_two_columns_of_emotions_that_differ_are_asked_about(tmp_path: Path) -> None:
    make_tree(tmp_path, [f"{number}.wav" for number in range(40)])
    words = ("joy", "fear", "anger", "sadness")
    rows = [f"{n}.wav,{words[n % 4]},{words[n // 4 % 4]},s{n // 10}" for n in range(40)]
    (tmp_path / "a.csv").write_text("\n".join(["file,meant,heard,speaker", *rows]) + "\n", encoding="utf-8")
    with pytest.raises(Unsure, match=r"several fields may be the label .* meant \(4 values.*, heard \(4 values"):
        read(tmp_path)
    found = read(tmp_path, Chosen(label="heard"))
    assert found.scan["table"]["label"] == "{heard}"


def test_nobody_is_asked_for_a_speaker_again(tmp_path: Path) -> None:
    found = read(make_tree(tmp_path, EMOTALE), Chosen(speaker="none"))
    assert "(?P<speaker>" not in found.scan["pattern"]["regex"]
    assert any("no speaker was found" in sentence for sentence in found.check)


def test_fields_are_told_with_values_counts_and_a_place(tmp_path: Path) -> None:
    with pytest.raises(Unsure) as caught:
        read(make_tree(tmp_path, EMOTALE))
    told = {each["field"]: each for each in map(field_json, caught.value.fields)}
    assert list(told) == ["name.1", "name.2", "name.3", "name.4"]
    assert told["name.1"] == {"field": "name.1", "values": 2, "counts": {"DK": 450, "EN": 450}, "where": "[DK]_001_A_1"}


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (Chosen(label="nam.3"), r"Unknown field 'nam\.3'\. Did you mean 'name\.\d'\? Known: name\.1, name\.2"),
        (Chosen(label="name.3", speaker="name"), r"name\.3 and name overlap .* Say with --regex"),
        (Chosen(regex="(?P<speaker>x)"), r"--regex has no group \(\?P<label>\.\.\.\)\. Its groups: speaker"),
        (Chosen(regex="(?P<label>"), r"is not a regular expression: missing \)"),
        (Chosen(regex="(?P<label>Q)"), r"matches none of 900 paths below .*, such as 'wav/DK_001_A_1\.wav'"),
        (Chosen(label="name.3", regex="(?P<label>A)"), r"Leave out --label and --speaker"),
    ],
)
def test_what_a_user_says_wrongly_is_explained(tmp_path: Path, chosen: Chosen, message: str) -> None:
    with pytest.raises((CorpusError, UnknownName), match=message):
        read(make_tree(tmp_path, EMOTALE), chosen)


@pytest.mark.slow
def test_cards_of_named_fields_keep_the_contract(tmp_path: Path) -> None:
    from emonet.corpus.card import read_card

    folder = make_tree(tmp_path, EMOTALE)
    written = new_package("foo", folder, tmp_path, load_registry().ontology, chosen=Chosen(speaker="name.2"))
    corpus = read_card(written.folder / "emonet_corpus_foo/foo.yaml")
    assert [result.message for result in run_checks(corpus) if not result.passed] == []
