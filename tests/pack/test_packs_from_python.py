"""A pack from Python says what ``emonet predict`` says, of files and of arrays alike."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

import emonet as package
from emonet.api.packs import LoadedPack
from emonet.events import Event, Notice
from tests.helpers.packs import ONE, TWO, Emonet
from tests.helpers.tones import write_tone

SAID = ["label", "p_anger", "p_neutral", "p_sadness", "begin", "end", "evaluation"]


@pytest.fixture
def pack(place: Path) -> LoadedPack:
    return package.load_pack(place / "scratch")


def said(frame: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in frame[SAID].itertuples(index=False)]


def write_stereo(path: Path, *, rate: int, subtype: str) -> np.ndarray:
    noise = np.random.default_rng(3).normal(0, 0.1, (2 * rate, 2))
    soundfile.write(path, noise, rate, subtype=subtype)
    return soundfile.read(path)[0]


def test_a_folder_is_labelled_as_on_the_command_line(place: Path, emonet: Emonet, made: Path) -> None:
    frame = package.load_pack(place / "multi").predict(made / "one", progress=False)
    code, out, _ = emonet("predict", place / "multi", made / "one", "--csv")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == len(frame) == 24
    assert list(frame.columns) == [*rows[0]]
    for row, (_, own) in zip(rows, frame.iterrows(), strict=True):
        assert (row["file"], row["task"], row["label"]) == (own["file"], own["task"], own["label"])
        assert float(row["p_anger"]) == own["p_anger"]
        assert (row["arousal"], row["valence"]) == (own["arousal"], own["valence"])
    assert set(frame["task"]) == {ONE, TWO}
    assert package.load_pack(place / "multi", tasks=[TWO]).tasks == (TWO,)


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_an_array_is_judged_as_the_file_that_it_was_read_from(
    pack: LoadedPack, tmp_path: Path, rate: int, subtype: str
) -> None:
    samples = write_stereo(tmp_path / "a.wav", rate=rate, subtype=subtype)
    of_file = said(pack.predict(tmp_path / "a.wav", progress=False))
    assert len(of_file) > 1, "windows are wanted, too"
    assert said(pack.predict(samples.T, rate=rate)) == of_file
    assert said(pack.predict(samples.T.astype(np.float32), rate=rate)) == of_file
    assert said(pack.predict(torch.from_numpy(samples.T), rate=rate)) == of_file
    assert said(pack.predict(samples.T, rate=rate - 1)) != of_file


def test_whole_numbers_are_judged_as_the_file_of_them(pack: LoadedPack, tmp_path: Path) -> None:
    write_stereo(tmp_path / "a.wav", rate=16_000, subtype="PCM_16")
    samples = soundfile.read(tmp_path / "a.wav", dtype="int16")[0]
    assert said(pack.predict(samples.T, rate=16_000)) == said(pack.predict(tmp_path / "a.wav", progress=False))


def test_lists_are_of_files_or_of_waves(pack: LoadedPack, tmp_path: Path) -> None:
    for number in range(2):
        write_tone(tmp_path / f"{number}.wav", 220, 0.3, seed=number)
    paths = [tmp_path / "0.wav", str(tmp_path / "1.wav")]
    of_files = pack.predict(paths, progress=False)
    assert list(of_files["file"]) == [str(path) for path in paths]
    of_waves = pack.predict([soundfile.read(path)[0] for path in paths], rate=16_000)
    assert said(of_waves) == said(of_files)
    assert list(of_waves["file"]) == ["wave 0", "wave 1"]


WRONG = [
    (np.zeros(100), None, "An array does not say how fast it was sampled. Give rate="),
    (
        np.zeros((1000, 2)),
        16_000,
        r"wave: an array of shape \(1000, 2\), expected \(T,\) or \(channels, T\); transpose",
    ),
    (np.zeros((2, 2, 9)), 16_000, r"wave: an array of shape \(2, 2, 9\)"),
    (np.zeros(0), 16_000, "wave: no frames"),
    (np.full(9000, np.nan), 16_000, "wave: not finite"),
    (np.full(9000, 32_000.0), 16_000, "wave: out of range: samples reach 3.2e"),
    (np.zeros(9000, dtype=np.uint8), 16_000, "wave: an array of uint8, expected samples in"),
    (np.zeros(9000), 10, "wave: a sampling rate of 10 Hz, expected a whole number from 1000 to 768000"),
    ([0.0, 0.5], 16_000, "wave 0: float 0.0, expected samples in"),
    ([], 16_000, "An empty list holds no audio"),
    ("a.wav", 16_000, "rate=16000 goes with arrays"),
    ("missing", None, "missing"),
]


@pytest.mark.parametrize(("audio", "rate", "text"), WRONG)
def test_what_cannot_be_labelled_is_refused(pack: LoadedPack, audio: Any, rate: int | None, text: str) -> None:
    with pytest.raises(package.EmonetError, match=text):
        pack.predict(audio, rate=rate, strict=True, progress=False)


def test_a_file_that_cannot_be_read_has_a_row_with_its_problem(pack: LoadedPack, made: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    shutil.copyfile(made / "one" / "s0" / "anger_0.wav", tmp_path / "in" / "a.wav")
    (tmp_path / "in" / "b.wav").write_bytes(b"")
    events: list[Event] = []
    frame = pack.predict(tmp_path / "in", progress=events.append)
    assert list(frame["problem"].fillna("")) == ["", "empty"]
    assert frame["label"].notna().tolist() == [True, False]
    assert [event.text for event in events if isinstance(event, Notice)] == [
        f"Not labelled: {tmp_path / 'in' / 'b.wav'}: empty"
    ]
    with pytest.raises(package.EmonetError, match="empty"):
        pack.predict(tmp_path / "in", strict=True, progress=False)


def test_speakers_own_statistics_come_from_groups_of_files(place: Path, made: Path) -> None:
    spoken = package.load_pack(place / "spoken")
    with pytest.raises(package.EmonetError, match="trained with each speaker's own statistics"):
        spoken.predict(np.sin(np.arange(9000)), rate=16_000)
    assert len(spoken.predict(made / "one", group_by="folder", progress=False)) == 12
    with pytest.raises(package.EmonetError, match="nothing to group by"):
        package.load_pack(place / "scratch").predict(made / "one", group_by="folder", progress=False)


def test_what_a_pack_judges_may_be_chosen(place: Path, tmp_path: Path) -> None:
    write_tone(tmp_path / "long.wav", 220, 2.0, seed=1)
    usual = package.load_pack(place / "scratch").predict(tmp_path / "long.wav", progress=False)
    whole = package.load_pack(place / "scratch", evaluate="full").predict(tmp_path / "long.wav", progress=False)
    assert (usual["evaluation"][0], whole["evaluation"][0]) == ("the centre 0.6 s", "the whole clip")
    assert usual["p_anger"][0] != whole["p_anger"][0]
    assert package.load_pack(place / "scratch").info()["tasks"][ONE]["labels"] == ["anger", "neutral", "sadness"]
