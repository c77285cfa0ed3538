"""Fake releases hold real audio at the examples' paths, and the fixtures' exact text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from emonet.corpus.corpus import Example
from emonet.testing import fake_release
from tests.testing.specimens_corpora import GOOD


@pytest.mark.parametrize("name", ["a/b/x.wav", "x.flac", "x.OGG", "x.mp3"])
def test_each_audio_format_gets_a_tone_of_half_a_second(name, tmp_path):
    fake_release(replace(GOOD, examples=(Example(name, {}),)), tmp_path)
    wave, rate = soundfile.read(tmp_path / name)
    assert rate == 16_000
    assert wave.shape[0] == pytest.approx(8_000, abs=1_200)
    assert 0.2 < np.abs(wave).max() < 0.4


def test_a_video_suffix_gets_wav_bytes(tmp_path):
    fake_release(replace(GOOD, examples=(Example("x.mp4", {}),)), tmp_path)
    assert (tmp_path / "x.mp4").read_bytes()[:4] == b"RIFF"


def test_two_files_sound_different_and_a_file_always_the_same(tmp_path):
    one, two = (fake_release(GOOD, tmp_path / name, seconds=0.1) for name in ("one", "two"))
    first, second = (one / GOOD.examples[i].path for i in (0, 1))
    assert first.read_bytes() != second.read_bytes()
    assert first.read_bytes() == (two / GOOD.examples[0].path).read_bytes()


def test_fixtures_keep_their_line_ends(tmp_path):
    fake_release(replace(GOOD, fixtures={"labels/a.csv": "file,label\r\nä,b\r\n"}), tmp_path)
    assert (tmp_path / "labels/a.csv").read_bytes() == "file,label\r\nä,b\r\n".encode()


def test_clips_of_one_name_in_two_folders_are_two_recordings(tmp_path):
    corpus = replace(GOOD, examples=(Example("s1/a.wav"), Example("s2/a.wav")))
    fake_release(corpus, tmp_path)
    assert (tmp_path / "s1" / "a.wav").read_bytes() != (tmp_path / "s2" / "a.wav").read_bytes()
