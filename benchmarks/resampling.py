"""Resampling to 16 kHz: what folds back, what images stay, what the passband loses, and the time it takes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np
import soxr
import torch
from measure import Case, in_turn, options, print_machine, print_ratios, rounds_of, speech_like
from numpy.typing import NDArray
from torchaudio.transforms import Resample

from emonet.audio.decode import SAMPLE_RATE, Recording, wave_of

Wave = NDArray[np.float32]
Resampler = Callable[[Wave, int], Wave]


def from_torchaudio(**kernel: object) -> Resampler:
    """Return torchaudio's resampler with the given kernel, made once a rate."""
    made = cache(lambda rate: Resample(rate, SAMPLE_RATE, **kernel))
    return lambda wave, rate: made(rate)(torch.from_numpy(wave)).numpy()


def from_soxr(quality: str) -> Resampler:
    """Return soxr's resampler of a quality."""
    return lambda wave, rate: soxr.resample(wave, rate, SAMPLE_RATE, quality=quality)


KAISER = {"resampling_method": "sinc_interp_kaiser"}
CANDIDATES: dict[str, Resampler] = {
    "torchaudio, default": from_torchaudio(),
    "torchaudio, 64 lobes": from_torchaudio(lowpass_filter_width=64, rolloff=0.9476, beta=14.77, **KAISER),
    "torchaudio, 128 lobes": from_torchaudio(lowpass_filter_width=128, rolloff=0.968, beta=12.3, **KAISER),
    "soxr HQ": from_soxr("HQ"),
    "emonet (soxr VHQ)": lambda wave, rate: wave_of(Recording(wave[None], rate, is_deep=True)),
}
"""64 lobes are librosa's `kaiser_best`; 128 were fitted to 7.5 and 8 kHz by hand."""
ABOVE = (8050, 8200, 8500, 9000, 9500)
"""Tones in Hz at 44.1 kHz that 16 kHz cannot hold."""
NARROW = (3400, 3600, 3750, 3900)
"""Tones in Hz at 8 kHz, whose images lie above 4 kHz."""
WITHIN = (6000, 7000, 7360, 7500)
"""Tones in Hz at 44.1 kHz that 16 kHz holds."""


def main() -> None:
    """Print levels of tones, and times."""
    parser = options(__doc__ or "")
    parser.add_argument("--clips", type=int, default=20, help="clips of 3 s that are timed")
    given = parser.parse_args()
    torch.set_num_threads(1)
    print_machine()
    print_levels("Tones from 44.1 kHz that fold back, dB", 44_100, ABOVE, _loudest)
    print_levels("Tones from 8 kHz: their images above 4 kHz, dB", 8_000, NARROW, _loudest_above_4_khz)
    print_levels("Tones from 44.1 kHz within the band: what they lose, dB", 44_100, WITHIN, _loss)
    clips = 2 if given.quick else given.clips
    for rate in (44_100, 8_000):
        waves = [speech_like(3.0, rate, seed) for seed in range(clips)]
        cases = {name: Case(partial(_all_of, each, waves, rate)) for name, each in CANDIDATES.items()}
        seconds = in_turn(cases, rounds_of(given, 11))
        print_ratios(f"{clips} clips of 3 s from {rate / 1000:g} kHz, one thread", seconds, items=(clips, "clips"))


def _all_of(resample: Resampler, waves: list[Wave], rate: int) -> None:
    for wave in waves:
        resample(wave, rate)


def print_levels(title: str, rate: int, tones: tuple[int, ...], level: Callable[[Wave, int], float]) -> None:
    """Print one level a candidate and tone, relative to the tone itself."""
    width = max(map(len, CANDIDATES))
    print(f"\n{title}\n{'':{width}}" + "".join(f"{tone / 1000:>8g} kHz" for tone in tones))
    time = np.arange(2 * rate) / rate
    for name, resample in CANDIDATES.items():
        levels = [level(resample(np.sin(2 * np.pi * tone * time).astype(np.float32), rate), tone) for tone in tones]
        print(f"{name:{width}}" + "".join(f"{each:>12.{2 if level is _loss else 0}f}" for each in levels))


def _spectrum(wave: Wave) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return frequencies in Hz and levels in dB, a tone of amplitude 1 being 0."""
    middle = wave[1600:-1600].astype(np.float64)
    taper = np.kaiser(len(middle), 25)
    levels = np.abs(np.fft.rfft(middle * taper)) / taper.sum() * 2
    return np.fft.rfftfreq(len(middle), 1 / SAMPLE_RATE), 20 * np.log10(levels + 1e-12)


def _loudest(wave: Wave, _: int) -> float:
    return float(_spectrum(wave)[1].max())


def _loudest_above_4_khz(wave: Wave, _: int) -> float:
    frequencies, levels = _spectrum(wave)
    return float(levels[frequencies > 4000].max())


def _loss(wave: Wave, tone: int) -> float:
    phase = 2 * np.pi * tone * np.arange(1600, len(wave) - 1600) / SAMPLE_RATE
    fitted, *_ = np.linalg.lstsq(np.stack([np.sin(phase), np.cos(phase)], axis=1), wave[1600:-1600])
    return abs(float(20 * np.log10(np.hypot(*fitted))))


if __name__ == "__main__":
    main()
