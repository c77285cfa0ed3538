"""Resampling: nothing folds back, no image stays, the passband is flat, and every sample is where it belongs."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emonet.audio.decode import SAMPLE_RATE, read_wave

SILENT = -120.0
"""dB below the tone that may be left of it where it does not belong; torchaudio's default kernel leaves -7 to -26."""
FLAT = 0.1
"""dB that a tone in the passband may lose; torchaudio's default kernel takes 1.8 dB at 7 kHz."""


def sounded(folder: Path, frequency: float, rate: int, *, seconds: float = 1.0) -> np.ndarray:
    """Write a tone of amplitude 0.5 as floats, and return it as it is read."""
    time = np.arange(round(seconds * rate)) / rate
    soundfile.write(folder / "a.wav", 0.5 * np.sin(2 * np.pi * frequency * time), rate, subtype="FLOAT")
    return read_wave(folder / "a.wav")


def levels(wave: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies in Hz, and levels in dB relative to a tone of amplitude 0.5."""
    middle = wave[1600:-1600].astype(np.float64)
    taper = np.kaiser(len(middle), 25)
    spectrum = np.abs(np.fft.rfft(middle * taper)) / taper.sum() * 4
    return np.fft.rfftfreq(len(middle), 1 / SAMPLE_RATE), 20 * np.log10(spectrum + 1e-12)


@pytest.mark.parametrize("rate", [22_050, 32_000, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("frequency", [8_050, 8_200, 9_000, 9_500, 10_500])
def test_a_tone_above_8_khz_does_not_fold_back(tmp_path: Path, rate: int, frequency: int) -> None:
    _, found = levels(sounded(tmp_path, frequency, rate))
    assert found.max() < SILENT


@pytest.mark.parametrize("rate", [8_000, 11_025, 12_000])
@pytest.mark.parametrize("share", [0.5, 0.75, 0.85, 0.95, 0.99])
def test_a_tone_leaves_no_image_above_the_files_own_band(tmp_path: Path, rate: int, share: float) -> None:
    frequencies, found = levels(sounded(tmp_path, share * rate / 2, rate))
    assert found[frequencies > rate / 2].max() < SILENT


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("share", [0.025, 0.5, 0.85, 0.92])
def test_a_tone_in_the_band_of_both_keeps_its_level_and_nothing_else_sounds(
    tmp_path: Path, rate: int, share: float
) -> None:
    frequency = share * min(rate, SAMPLE_RATE) / 2
    frequencies, found = levels(sounded(tmp_path, frequency, rate))
    assert found[np.abs(frequencies - frequency) > 60].max() < SILENT
    wave = read_wave(tmp_path / "a.wav")[1600:-1600].astype(np.float64)
    phase = 2 * np.pi * frequency * np.arange(len(wave)) / SAMPLE_RATE
    fitted, *_ = np.linalg.lstsq(np.stack([np.sin(phase), np.cos(phase)], axis=1), wave)
    assert abs(20 * np.log10(np.hypot(*fitted) / 0.5)) < FLAT


@pytest.mark.parametrize("rate", [1_000, 8_000, 11_025, 16_001, 22_050, 44_100, 44_101, 48_000, 192_000, 768_000])
@pytest.mark.parametrize("frames", [1, 7, 100, 441, 44_101])
def test_length_is_that_of_the_file_rounded_up(tmp_path: Path, rate: int, frames: int) -> None:
    soundfile.write(tmp_path / "a.wav", np.full(frames, 0.5), rate)
    assert len(read_wave(tmp_path / "a.wav")) == -(-frames * SAMPLE_RATE // rate)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 44_101, 48_000])
def test_every_sample_is_where_it_belongs(tmp_path: Path, rate: int) -> None:
    wave = sounded(tmp_path, 440.0, rate, seconds=2.0)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE)
    assert np.abs(wave - expected)[400:-400].max() < 1e-5  # a delay of a hundredth of a sample would be 9e-4


@pytest.mark.parametrize(("rate", "reach"), [(44_100, 0.006), (48_000, 0.006), (8_000, 0.012)])
def test_a_piece_is_that_of_the_whole_but_for_its_ends(tmp_path: Path, rate: int, reach: float) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 2 * rate)
    soundfile.write(tmp_path / "a.wav", noise, rate, subtype="FLOAT")
    whole, piece = read_wave(tmp_path / "a.wav")[8_000:24_000], read_wave(tmp_path / "a.wav", 0.5, 1.5)
    edge = round(reach * SAMPLE_RATE)
    assert len(piece) == len(whole)
    assert np.abs(piece - whole)[edge:-edge].max() < 2e-5
    assert np.abs(piece - whole).max() > 1e-4


def test_a_piece_knows_nothing_of_its_neighbours(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 44_100)
    soundfile.write(tmp_path / "a.wav", noise, 44_100, subtype="FLOAT")
    noise[:11_025] = noise[33_075:] = 0.9
    soundfile.write(tmp_path / "b.wav", noise, 44_100, subtype="FLOAT")
    one, other = (read_wave(tmp_path / f"{name}.wav", 0.25, 0.75) for name in "ab")
    np.testing.assert_array_equal(one, other)


def test_threads_resample_to_the_same_samples(tmp_path: Path) -> None:
    for number in range(8):
        noise = np.random.default_rng(number).normal(0, 0.1, 44_100)
        soundfile.write(tmp_path / f"{number}.wav", noise, 44_100, subtype="FLOAT")
    paths = sorted(tmp_path.glob("*.wav"))
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(read_wave, paths))
    for path, wave in zip(paths, at_once, strict=True):
        np.testing.assert_array_equal(wave, read_wave(path))


def test_resampling_loads_no_torch(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.full(800, 0.5), 8_000)
    code = (
        "import sys; from pathlib import Path; from emonet.audio.decode import read_wave\n"
        "assert len(read_wave(Path(sys.argv[1]))) == 1600\n"
        "assert not {'torch', 'torchaudio'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "a.wav"], check=True)
