"""SmartKom's annotation files: turns, states, and which state a turn takes."""

from __future__ import annotations

from pathlib import Path

import pytest

import emonet_corpora
from emonet.corpus.corpus import Utterance
from emonet.errors import CorpusError

SMARTKOM = next(corpus for corpus in emonet_corpora.emonet_corpora() if corpus.id == "smartkom")
FILE = "SK-Public/w001_pk/w001_pk_AAA.par"
TURN = "TRN:\t16000\t15999\t0,1\tw001_pkd_001"
WHOLE = 'USH:\t0\t99999\t"Neutral"\t"-"'


def scanned(root: Path, *lines: str, name: str = FILE, wavs: tuple[str, ...] = ()) -> list[Utterance]:
    for wav in wavs:
        (root / wav).parent.mkdir(parents=True, exist_ok=True)
        (root / wav).touch()
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("\r\n".join(["LHD: Partitur 1.2", "ORT: 0 gr\xfc\xdfe", *lines]).encode("latin-1"))
    return list(SMARTKOM.scan(root))


def state(start: int, duration: int, label: str) -> str:
    return f'USH:\t{start}\t{duration}\t"{label}"\t"-"'


def test_a_turn_is_a_piece_of_the_recording_with_its_last_sample(tmp_path: Path) -> None:
    (turn,) = scanned(tmp_path, TURN, WHOLE)
    assert (turn.start, turn.end) == (1.0, 2.0)
    assert (turn.path, turn.speaker, turn.session) == ("SK-Public/w001_pk/w001_pkd.wav", "AAA", "w001_pk")
    assert turn.id == "SK-Public/w001_pk/w001_pk_AAA_001"


def test_a_turn_takes_the_state_that_fills_most_of_it(tmp_path: Path) -> None:
    lines = (state(0, 18999, "Neutral"), state(19000, 9999, "Ratlosigkeit"), state(29000, 99999, "Neutral"))
    assert scanned(tmp_path, TURN, *lines)[0].labels == {"emotion": "helplessness"}


def test_pieces_of_one_state_add_up(tmp_path: Path) -> None:
    lines = (state(16000, 5999, "Neutral"), state(22000, 4999, "Ratlosigkeit"), state(27000, 4999, "Ratlosigkeit"))
    assert scanned(tmp_path, TURN, *lines)[0].labels == {"emotion": "helplessness"}


def test_of_two_states_with_equal_shares_the_first_is_taken(tmp_path: Path) -> None:
    lines = (state(16000, 7999, "Freude/Erfolg"), state(24000, 7999, "Neutral"))
    assert scanned(tmp_path, TURN, *lines)[0].labels == {"emotion": "joy"}


def test_a_turn_without_a_state_is_left_out(tmp_path: Path) -> None:
    assert scanned(tmp_path, TURN, state(0, 15999, "Neutral"), state(32000, 5, "Neutral")) == []


@pytest.mark.parametrize("line", [TURN, WHOLE])
def test_a_session_without_turns_or_states_is_passed_over(line: str, tmp_path: Path) -> None:
    assert scanned(tmp_path, line) == []


def test_the_voice_of_the_system_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE.replace("AAA", "SMA")).write_text(f"{TURN}\n{WHOLE}\n", encoding="utf-8")
    assert len(scanned(tmp_path, TURN, WHOLE)) == 1


def test_another_microphone_serves_where_the_named_one_is_missing(tmp_path: Path) -> None:
    (turn,) = scanned(tmp_path, TURN, WHOLE, wavs=("SK-Public/w001_pk/w001_pkk.wav",))
    assert turn.path == "SK-Public/w001_pk/w001_pkk.wav"


@pytest.mark.parametrize("line", ["TRN:\t16000\tlong\t0,1\tw001_pkd_001", "USH:\t0\t5"])
def test_a_broken_line_is_named_with_file_and_number(line: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"w001_pk_AAA\.par:3: '.*' cannot be read\. Expected start, duration"):
        scanned(tmp_path, line)


def test_an_unknown_state_is_named_with_file_and_number(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"par:4: the card maps no code 'Neutrl'.*Did you mean 'Neutral'"):
        scanned(tmp_path, TURN, WHOLE.replace("Neutral", "Neutrl"))


def test_only_files_of_the_systems_voice_are_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"does not look like the corpus 'smartkom'.*w001_pk_AAA\.par"):
        scanned(tmp_path, TURN, WHOLE, name=FILE.replace("AAA", "SMA"))


def test_sessions_of_the_other_settings_are_read_as_well(tmp_path: Path) -> None:
    (turn,) = scanned(tmp_path, TURN.replace("w001_pkd", "w157_mnd"), WHOLE, name="SK-Mobil/w157_mn/w157_mn_ADA.par")
    assert (turn.path, turn.speaker, turn.session) == ("SK-Mobil/w157_mn/w157_mnd.wav", "ADA", "w157_mn")
