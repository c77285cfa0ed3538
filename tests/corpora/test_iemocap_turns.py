"""IEMOCAP's evaluation files, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

import emonet_corpora
from emonet.corpus.corpus import Utterance
from emonet.errors import CorpusError

IEMOCAP = next(corpus for corpus in emonet_corpora.emonet_corpora() if corpus.id == "iemocap")
FOLDER = "Session1/dialog/EmoEvaluation"
LINE = "[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 3.0000]"


def scanned(root: Path, text: str, *, name: str = f"{FOLDER}/Ses01F_impro01.txt") -> list[Utterance]:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("latin-1"))
    return list(IEMOCAP.scan(root))


def test_a_turn_without_an_agreed_class_keeps_its_dimensions(tmp_path: Path) -> None:
    (turn,) = scanned(tmp_path, LINE.replace("neu", "xxx"))
    assert turn.labels == {"valence": 2.5, "arousal": 2.5, "dominance": 3.0, "sex": "female"}


def test_the_numbers_are_valence_activation_dominance(tmp_path: Path) -> None:
    (turn,) = scanned(tmp_path, LINE.replace("[2.5000, 2.5000, 3.0000]", "[1.0000, 4.5000, 2.0000]"))
    assert turn.labels == {
        "emotion": "neutral",
        "all_emotions": "neutral",
        "valence": 1.0,
        "arousal": 4.5,
        "dominance": 2.0,
        "sex": "female",
    }


def test_the_speaker_is_the_letter_of_the_turn_not_of_the_markers(tmp_path: Path) -> None:
    (turn,) = scanned(tmp_path, LINE.replace("_F000", "_M000"))
    assert (turn.speaker, turn.session) == ("Ses01M", "01")
    assert turn.path == "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M000.wav"


def test_improvisations_have_no_text_and_scripts_have_their_scene(tmp_path: Path) -> None:
    lines = f"{LINE}\n{LINE.replace('impro01', 'script01_1')}"
    assert [turn.text for turn in scanned(tmp_path, lines)] == [None, "script01_1"]


def test_the_second_take_of_a_script_has_the_text_of_the_first(tmp_path: Path) -> None:
    (turn,) = scanned(tmp_path, LINE.replace("impro01", "script01_1b"))
    assert (turn.text, turn.path) == (
        "script01_1",
        "Session1/sentences/wav/Ses01F_script01_1b/Ses01F_script01_1b_F000.wav",
    )


def test_a_mean_outside_the_scale_is_left_out_alone(tmp_path: Path) -> None:
    (turn,) = scanned(tmp_path, LINE.replace("[2.5000,", "[5.5000,"))
    assert turn.labels == {
        "emotion": "neutral",
        "all_emotions": "neutral",
        "arousal": 2.5,
        "dominance": 3.0,
        "sex": "female",
    }


def test_ratings_headers_and_odd_bytes_are_passed_over(tmp_path: Path) -> None:
    lines = ["% [START_TIME - END_TIME] TURN_NAME", "", LINE, "C-E2:\tNeutral;\t(caf\xe9)", "A-E3:\tval 3; dom ;\t()"]
    assert [turn.id for turn in scanned(tmp_path, "\r\n".join(lines))] == ["Ses01F_impro01_F000"]


def test_files_of_single_raters_and_hidden_files_are_passed_over(tmp_path: Path) -> None:
    for name in (f"{FOLDER}/Categorical/Ses01F_impro01_e2_cat.txt", f"{FOLDER}/._Ses01F_impro01.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("[no turn]\n")
    assert len(scanned(tmp_path, LINE)) == 1


def test_an_unreadable_turn_line_is_named_with_file_and_number(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"Ses01F_impro01\.txt:3: '\[6\.29.*is not a turn line.*Mend the line"):
        scanned(tmp_path, f"% header\n{LINE}\n[6.29 - oops\n")


def test_an_unknown_class_is_named_with_file_and_number(tmp_path: Path) -> None:
    with pytest.raises(
        CorpusError, match=r"txt:1: the card maps no code 'neo' for target 'emotion'.*Did you mean 'neu'"
    ):
        scanned(tmp_path, LINE.replace("neu", "neo"))


def test_frustration_is_a_class_of_the_second_target_alone(tmp_path: Path) -> None:
    (turn,) = scanned(tmp_path, LINE.replace("neu", "fru"))
    assert "emotion" not in turn.labels
    assert turn.labels["all_emotions"] == "frustration"


def test_excitement_is_happiness_in_the_first_target_alone(tmp_path: Path) -> None:
    (turn,) = scanned(tmp_path, LINE.replace("neu", "exc"))
    assert (turn.labels["emotion"], turn.labels["all_emotions"]) == ("happiness", "excitement")
