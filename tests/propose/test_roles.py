"""What paths of real corpora say: which piece is the label, who speaks, what is said."""

from __future__ import annotations

import re

import pytest

from emonet.plugin.registry import load_registry
from emonet.propose.labels import initials_in, meaning_in
from emonet.propose.proposal import regex_of
from emonet.propose.roles import roles_of
from emonet.propose.slots import parts_of
from tests.helpers.trees import CLASSES, CREMA_D, EMODB, PARTED, RAVDESS, SAVEE, SESSIONS, TESS, TREES, UNICODE

meaning = meaning_in(load_registry().ontology)


def read(names: list[str], path: str) -> dict[str, str]:
    """Return what the proposed regex reads of a path, unnamed pieces left out."""
    roles = roles_of(parts_of(names), meaning)
    assert roles is not None
    match = re.search(regex_of(roles, [path[path.rindex(".") :]]), path)
    assert match is not None
    return {name: value for name, value in match.groupdict().items() if not name.startswith("part")}


@pytest.mark.parametrize(
    ("names", "path", "fields"),
    [
        (EMODB, "wav/16b10Td.wav", {"speaker": "16", "text": "b10", "label": "T"}),
        (RAVDESS, "Actor_24/03-01-05-02-01-02-24.wav", {"label": "05", "speaker": "24"}),
        (CREMA_D, "AudioWAV/1091_WSI_SAD_XX.wav", {"speaker": "1091", "text": "WSI", "label": "SAD"}),
        (SAVEE, "KL/su15.wav", {"speaker": "KL", "label": "su"}),
        (TESS, "YAF_Sad/YAF_youth_sad.wav", {"speaker": "YAF", "text": "youth", "label": "sad"}),
        (PARTED, "0020/Sad/test/0020_001234.wav", {"label": "Sad", "split": "test", "speaker": "0020"}),
        (SESSIONS, "Session5/wav/Ses05F_impro03_ang.wav", {"session": "Session5", "speaker": "Ses05F", "label": "ang"}),
        (CLASSES, "sad/999.wav", {"label": "sad"}),
        (UNICODE, "Dégoût/s2/clip 2.flac", {"label": "Dégoût", "speaker": "s2"}),
    ],
)
def test_labels_and_speakers_of_real_layouts_are_recovered(names: list[str], path: str, fields: dict[str, str]) -> None:
    found = read(names, path)
    # where texts are proposed they must be right, but numbers that only count are none
    assert {name: found[name] for name in fields} == fields
    assert set(found) - set(fields) <= {"text"}


def test_every_name_of_a_tree_is_read_by_its_own_pattern() -> None:
    assert len(TREES) >= 9
    for names in TREES.values():
        roles = roles_of(parts_of(names), meaning)
        assert roles is not None
        regex = re.compile(regex_of(roles, [".wav", ".flac"]))
        assert [name for name in names if not regex.search(name)] == []


def test_a_few_strange_names_do_not_spoil_the_rest() -> None:
    names = [*CREMA_D, "AudioWAV/readme_2.wav", "stray.wav"]
    assert read(names, "1001_DFA_ANG_XX.wav")["label"] == "ANG"


def test_unknown_letters_are_labels_sooner_than_unknown_words() -> None:
    names = [
        f"m{s}.{label}_{word}_{n}.wav"
        for s in (1, 2)
        for label in "ans"
        for word in ("nie", "oddaj", "tak", "stop")
        for n in (1, 2)
    ]
    assert read(names, "m3.s_tak_2.wav") == {"speaker": "m3", "label": "s", "text": "tak"}


def test_a_sex_is_no_speaker_and_no_label() -> None:
    names = [f"{sex}/{label}_{number}.wav" for sex in "fm" for label in ("joy", "fear") for number in range(4)]
    assert read(names, "f/joy_1.wav") == {"label": "joy"}


def test_a_sex_with_a_number_is_called_a_speaker() -> None:
    names = [
        f"{speaker}_{label}_{text}a_{take}.wav"
        for speaker in ("female1", "female2", "male1", "male2")
        for label in ("angry", "sad", "happy")
        for text in range(1, 16)
        for take in (1, 2)
    ]
    roles = roles_of(parts_of(names), meaning)
    assert roles is not None
    assert roles.fields["speaker"].name == "name.1"
    assert roles.doubts == ()


def test_a_speaker_that_is_called_so_need_not_be_crossed_with_labels() -> None:
    names = [f"speaker{n}_{label}_{n}.wav" for n in range(6) for label in [("joy", "fear", "anger")[n % 3]]]
    assert read(names, "speaker1_fear_1.wav") == {"speaker": "speaker1", "label": "fear"}


@pytest.mark.parametrize(
    "names",
    [
        ["a.wav", "b.wav", "c.wav"],
        ["x/a.wav"] * 1,
        [f"f/{number}.wav" for number in range(20)],
        [f"{split}/{number}.wav" for split in ("train", "test") for number in range(5)],
    ],
)
def test_names_without_a_label_suggest_none(names: list[str]) -> None:
    assert roles_of(parts_of(names), meaning) is None


def test_letters_that_could_be_two_words_are_no_initials() -> None:
    assert initials_in(["a", "h", "n", "s"]) == {}
    assert initials_in(["a", "h", "n"]) == {}


def test_a_word_that_begins_two_classes_is_none() -> None:
    assert meaning("con") == ""
    assert meaning("ne") == ""
    assert meaning("Überraschung") == "surprise"
