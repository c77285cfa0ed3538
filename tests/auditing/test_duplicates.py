"""Fingerprints: copies at other levels, rates and lengths are found, other sounds are not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torchaudio.functional

from emonet.auditing.duplicates import ALIKE, Clip, clip_of, find_pairs, from_arrays, to_arrays
from emonet.auditing.fingerprint import fingerprint
from tests.helpers.babble import RATE, Wave, as_int16, babble


def resampled(wave: Wave, rate: int) -> Wave:
    there = torchaudio.functional.resample(torch.from_numpy(wave), RATE, rate)
    return torchaudio.functional.resample(there, rate, RATE).numpy()


CHANGES: dict[str, Callable[[Wave], Wave]] = {
    "12 dB lower": lambda wave: wave / 4,
    "clipped": lambda wave: np.clip(3 * wave, -1, 1),
    "telephone rate": lambda wave: resampled(wave, 8000),
    "another rate": lambda wave: resampled(wave, 44_100),
    "trimmed": lambda wave: wave[1777:-2500],
    "half of it": lambda wave: wave[: len(wave) * 6 // 10],
    "with silence before and after": lambda wave: np.pad(wave, (4801, 3000)),
}


@pytest.fixture(scope="module")
def voices() -> list[Clip]:
    return [clip_of(as_int16(babble(seed))) for seed in range(12)]


def test_different_sounds_are_no_copies(voices: list[Clip]) -> None:
    assert find_pairs(voices) == ()


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found_and_nothing_else(voices: list[Clip], change: str) -> None:
    copies = [clip_of(as_int16(CHANGES[change](babble(seed)))) for seed in (3, 7)]
    pairs = find_pairs([*voices, *copies])
    assert [(pair.one, pair.other, pair.exact) for pair in pairs] == [(3, 12, False), (7, 13, False)]
    assert all(pair.error <= ALIKE for pair in pairs)


def test_exact_copies_are_a_chain_and_silence_is_no_copy() -> None:
    silence = clip_of(np.zeros(RATE, np.int16))
    voice = clip_of(as_int16(babble(1)))
    pairs = find_pairs([voice, silence, voice, silence, voice])
    assert [(pair.one, pair.other, pair.exact, pair.error) for pair in pairs] == [(0, 2, True, 0.0), (2, 4, True, 0.0)]
    assert pairs[0].seconds == pytest.approx(1.0, abs=0.02)


def test_too_little_in_common_is_no_copy(voices: list[Clip]) -> None:
    piece = clip_of(as_int16(babble(3)[:4000]))
    assert find_pairs([*voices, piece]) == ()


def test_of_many_words_a_part_is_enough(voices: list[Clip]) -> None:
    copy = clip_of(as_int16(babble(5) / 3))
    budget = sum(len(clip.print.bits) for clip in voices) // 3
    assert [(pair.one, pair.other) for pair in find_pairs([*voices, copy], budget=budget)] == [(5, 12)]


def hum(pitch: float, level: float, seconds: float = 1.0) -> Wave:
    """Return a tone with an overtone, as in a recording of nothing."""
    time = np.arange(round(seconds * RATE)) / RATE
    return (level * (np.sin(2 * np.pi * pitch * time) + 0.3 * np.sin(6 * np.pi * pitch * time))).astype(np.float32)


def test_steady_tones_are_not_comparable_and_no_copies() -> None:
    tones = [hum(pitch, level, 1 + level) for pitch in (62.5, 125, 187.5, 220, 250, 440, 500) for level in (0.3, 0.5)]
    clips = [clip_of(as_int16(tone)) for tone in tones]
    assert not any(clip.is_comparable for clip in clips)
    assert find_pairs(clips) == ()


def test_of_steady_tones_exact_copies_are_found() -> None:
    clips = [clip_of(as_int16(hum(pitch, 0.5))) for pitch in (125, 250, 125)]
    assert [(pair.one, pair.other, pair.exact) for pair in find_pairs(clips)] == [(0, 2, True)]


VOICES = {
    "a man": (110.0, (640, 1190, 2390)),
    "a woman": (205.0, (850, 1220, 2810)),
    "a child": (260.0, (1030, 1370, 3170)),
}
"""Fundamental frequency and formants in Hz of /a/, after Peterson and Barney (JASA 24, 1952, table II: /ae/ to /a/)."""
HELD = [(0.0, 0.0, 0.0), (0.005, 0.0, 0.0), (0.005, 0.02, 0.0), (0.005, 0.03, 0.3), (0.0, 0.03, 0.0)]
"""Jitter, depth of vibrato, and depth of a tremor in level."""


def vowel(voice: str, seed: int, held: tuple[float, float, float], *, pitch: float = 0.0, seconds: float = 1.5) -> Wave:
    """Return a vowel that is held: pulses with jitter and vibrato through resonances."""
    from scipy.signal import lfilter

    random, (own, formants), (jitter, vibrato, tremor) = np.random.default_rng(seed), VOICES[voice], held
    time = np.arange(round(seconds * RATE)) / RATE
    pitches = (pitch or own * random.uniform(0.9, 1.1)) * (1 + vibrato * np.sin(2 * np.pi * 5.5 * time))
    wave, place = np.zeros(len(time)), 0.0
    while place < len(time) - 1:
        at = int(place)
        wave[at : at + 2] += [at + 1 - place, place - at]
        place += RATE / pitches[at] * (1 + jitter * random.standard_normal())
    wave = lfilter([1], [1, -0.97], wave)
    for formant in formants:
        radius, angle = np.exp(-np.pi * 100 / RATE), 2 * np.pi * formant * random.uniform(0.98, 1.02) / RATE
        wave = lfilter([1], [1, -2 * radius * np.cos(angle), radius**2], wave)
    wave = np.diff(wave, prepend=0) * (1 + tremor * np.sin(2 * np.pi * 4 * time))
    return (0.5 * wave / np.abs(wave).max()).astype(np.float32)


@pytest.mark.parametrize("pitch", [0.0, 150.0])
def test_vowels_that_are_held_by_different_voices_are_no_copies(pitch: float) -> None:
    waves = [vowel(voice, 10 * take + number, held, pitch=pitch)
             for held in HELD for take, voice in enumerate(VOICES) for number in range(1 if pitch else 3)]  # fmt: skip
    clips = [clip_of(as_int16(wave)) for wave in waves]
    assert not any(clip.tells_all for clip in clips)
    assert find_pairs(clips) == ()


@pytest.mark.parametrize("change", ["12 dB lower", "telephone rate", "another rate", "half of it"])
def test_a_changed_copy_of_a_vowel_that_is_held_is_found(change: str) -> None:
    waves = [vowel(voice, seed, (0.01, 0.03, 0.0)) for seed, voice in enumerate(VOICES)]
    copy = CHANGES[change](waves[1])
    pairs = find_pairs([clip_of(as_int16(wave)) for wave in (*waves, copy)])
    assert [(pair.one, pair.other, pair.exact) for pair in pairs] == [(1, 3, False)]


def test_a_voice_is_comparable_and_a_short_one_is_not(voices: list[Clip]) -> None:
    assert all(clip.is_comparable for clip in voices)
    assert not clip_of(as_int16(babble(3)[:4000])).is_comparable


def test_many_chance_words_are_thinned_by_the_budget() -> None:
    noises = [np.random.default_rng(seed).normal(0, 0.1, RATE).astype(np.float32) for seed in range(4)]
    clips = [clip_of(as_int16(noise)) for noise in noises]
    assert find_pairs(clips, budget=10) == find_pairs(clips) == ()


def test_one_sound_in_16_bits_and_in_floats_is_an_exact_copy() -> None:
    steps = as_int16(babble(1))
    clips = [clip_of(steps), clip_of(steps / np.float32(32768))]
    assert [(pair.one, pair.other, pair.exact) for pair in find_pairs(clips)] == [(0, 1, True)]


@pytest.mark.parametrize("length", [0, 10, 62, 63, 500])
def test_very_short_waves_have_fingerprints_and_no_copies(length: int) -> None:
    clip = clip_of(as_int16(babble(1)[:length]))
    assert len(clip.print.bits) == len(clip.print.loud)
    assert find_pairs([clip]) == ()
    assert find_pairs([]) == ()


def test_a_long_wave_is_cut_into_the_same_frames() -> None:
    wave = as_int16(babble(2, seconds=20.0))
    whole, half = fingerprint(wave), fingerprint(wave[: len(wave) // 2])
    kept = len(half.bits) - 8
    assert np.array_equal(whole.bits[:kept], half.bits[:kept])


def test_clips_come_back_from_arrays(voices: list[Clip]) -> None:
    again = from_arrays(to_arrays(voices))
    assert [clip.exact for clip in again] == [clip.exact for clip in voices]
    for one, other in zip(again, voices, strict=True):
        assert np.array_equal(one.print.bits, other.print.bits)
        assert np.array_equal(one.print.loud, other.print.loud)
        assert (one.print.change, one.print.swing) == (other.print.change, other.print.swing)
        assert np.array_equal(one.print.shape, other.print.shape)
    assert from_arrays(to_arrays([])) == []
