"""Log-mel spectrograms: right values, and no trace of what a batch is padded with."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torchaudio.transforms import MelSpectrogram

from emonet.plugin.component import traits_of
from emonet_plugins import factories


def tone(samples: int, frequency: float = 440.0) -> Tensor:
    time = torch.arange(samples) / 16_000
    return 0.5 * torch.sin(2 * math.pi * frequency * time)


def alone(frontend: torch.nn.Module, wave: Tensor) -> Tensor:
    features, _ = frontend(wave[None], torch.tensor([len(wave)]))
    return features


@pytest.mark.parametrize("options", [{}, {"bands": 40, "window": 400, "hop": 160, "low": 60.0, "high": 7600.0}])
def test_it_agrees_with_torchaudio(options: dict[str, float]) -> None:
    wave = tone(9000) + 0.01 * torch.randn(9000)
    reference = MelSpectrogram(
        n_fft=int(options.get("window", 512)),
        hop_length=int(options.get("hop", 256)),
        n_mels=int(options.get("bands", 64)),
        f_min=options.get("low", 0.0),
        f_max=options.get("high", 8000.0),
        center=True,
        pad_mode="constant",
    )
    torch.testing.assert_close(alone(factories.logmel(**options), wave)[0, 0], (reference(wave) + 1e-6).log())


def test_a_tone_is_loudest_in_the_band_that_holds_it() -> None:
    frontend = factories.logmel()
    loudest = alone(frontend, tone(8000, 1000.0))[0, 0].mean(dim=1).argmax()
    hertz = torch.linspace(0, 8000, 257)[frontend.filters[loudest] > 0]
    assert hertz.min() <= 1000 <= hertz.max()


def test_what_it_says_of_itself_is_true() -> None:
    frontend = factories.logmel(bands=20)
    assert frontend.yields == traits_of(factories.logmel).yields == "image"
    assert frontend.shape == (1, 20)
    assert alone(frontend, tone(4000)).shape == (1, 1, 20, 4000 // 256 + 1)


@pytest.mark.parametrize("length", [0, 1, 100, 255, 256, 257, 511, 512, 513, 3000])
def test_a_clip_in_a_padded_batch_has_the_frames_it_has_alone(length: int) -> None:
    frontend = factories.logmel()
    wave = tone(length)
    batch = torch.ones(2, 3000)
    batch[0, :length] = wave
    features, frames = frontend(batch, torch.tensor([length, 3000]))
    count = length // 256 + 1
    assert frames.tolist() == [count, 12]
    # A matrix product may be split differently for another shape, hence the last digits.
    torch.testing.assert_close(features[:1, :, :, :count], alone(frontend, wave), atol=1e-5, rtol=1e-5)
    assert not features[0, :, :, count:].any()


def test_silence_is_the_logarithm_of_the_floor() -> None:
    features = alone(factories.logmel(floor=1e-3), torch.zeros(1000))
    torch.testing.assert_close(features, torch.full_like(features, math.log(1e-3)))


def test_it_computes_in_float32_under_autocast() -> None:
    frontend = factories.logmel()
    with torch.autocast("cpu", torch.bfloat16):
        features = alone(frontend, tone(2000))
    assert features.dtype == torch.float32
    assert torch.equal(features, alone(frontend, tone(2000)))


def test_its_state_is_empty_since_everything_follows_from_the_options() -> None:
    assert not factories.logmel().state_dict()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bands": 0}, "bands=0 is too small. It must be 1 or more"),
        ({"window": 1}, "window=1 is too small. It must be 2 or more"),
        ({"hop": 0}, "hop=0 is too small"),
        ({"window": 256, "hop": 257}, "hop=257 is longer than window=256"),
        ({"low": 4000.0, "high": 300.0}, "low=4000 and high=300 must hold 0 <= low < high <= 8000 Hz"),
        ({"high": 9000.0}, "low=0 and high=9000"),
        ({"floor": 0.0}, "floor=0 must be above 0"),
        ({"bands": 200}, "bands=200 is too many for window=512 between 0 and 8000 Hz"),
    ],
)
def test_an_option_out_of_range_is_refused_with_its_value(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        factories.logmel(**options)
