"""openSMILE's functionals as an extractor."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import opensmile
import pytest
from numpy.typing import NDArray

from emonet.audio.decode import rounded
from emonet.model.contracts import Extractor
from emonet.plugin.component import traits_of
from emonet_plugins import factories

CASES = [(factories.egemaps, "eGeMAPSv02", 88), (factories.compare2016, "ComParE_2016", 6373)]


def a_voice(seconds: float = 0.5, *, pitch: float = 150.0) -> NDArray[np.float32]:
    time = np.arange(int(seconds * 16_000)) / 16_000
    harmonics = sum(np.sin(2 * np.pi * pitch * n * time) / n for n in range(1, 8))
    noise = np.random.default_rng(0).standard_normal(len(time))
    return (0.1 * harmonics + 0.005 * noise).astype(np.float32)


@pytest.mark.parametrize(("factory", "feature_set", "dim"), CASES)
def test_it_gives_what_opensmile_gives_for_16_bits(factory: type, feature_set: str, dim: int) -> None:
    extractor = factory()
    direct = opensmile.Smile(
        feature_set=opensmile.FeatureSet[feature_set], feature_level=opensmile.FeatureLevel.Functionals
    )
    voice = rounded(a_voice())
    frame = direct.process_signal(voice, 16_000)
    values = extractor.extract(voice)
    assert extractor.dim == dim == len(values)
    assert extractor.names == tuple(frame.columns)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, frame.to_numpy()[0].astype(np.float32))


def test_it_is_an_extractor_of_vectors() -> None:
    assert isinstance(factories.egemaps(), Extractor)
    assert traits_of(factories.egemaps).yields == traits_of(factories.compare2016).yields == "vector"


@pytest.mark.parametrize(("factory", "dim"), [(case[0], case[2]) for case in CASES])
@pytest.mark.parametrize("samples", [0, 1, 400, 959, 960])
def test_a_clip_shorter_than_the_longest_window_still_has_features(factory: type, dim: int, samples: int) -> None:
    values = factory().extract(a_voice()[:samples])
    assert values.shape == (dim,)
    assert np.isfinite(values).all()


@pytest.mark.parametrize(("factory", "dim"), [(case[0], case[2]) for case in CASES])
def test_silence_has_finite_features(factory: type, dim: int) -> None:
    values = factory().extract(np.zeros(8000, dtype=np.float32))
    assert values.shape == (dim,)
    assert np.isfinite(values).all()


def test_a_feature_that_cannot_be_computed_has_its_value_for_silence() -> None:
    extractor = factories.compare2016()
    almost_silent = np.zeros(960, dtype=np.float32)
    almost_silent[0] = 1 / 32768
    direct = opensmile.Smile(opensmile.FeatureSet.ComParE_2016, opensmile.FeatureLevel.Functionals)
    undefined = np.isnan(direct.process_signal(almost_silent, 16_000).to_numpy()[0])
    assert undefined.any()
    assert not extractor.extract(almost_silent)[undefined].any()
    assert not extractor.extract(np.zeros(960, dtype=np.float32))[undefined].any()


def test_a_full_scale_sample_does_not_wrap_round() -> None:
    extractor = factories.egemaps()
    loud = np.clip(20 * a_voice(), -1.0, 1.0)
    assert loud.max() == 1.0
    softer = np.clip(loud, -1.0, 32767 / 32768).astype(np.float32)
    np.testing.assert_array_equal(extractor.extract(loud), extractor.extract(softer))


def test_samples_are_rounded_to_16_bits_and_not_cut_off_towards_zero() -> None:
    extractor = factories.egemaps()
    steps = np.rint(a_voice() * 32768).astype(np.float32)
    finer = steps + np.float32(0.375)
    np.testing.assert_array_equal(extractor.extract(finer / 32768), extractor.extract(steps / 32768))
    np.testing.assert_array_equal(extractor.extract((steps - 0.375) / 32768), extractor.extract(steps / 32768))


def test_several_threads_may_extract_at_once() -> None:
    extractor = factories.egemaps()
    voices = [a_voice(pitch=pitch) for pitch in (90.0, 120.0, 160.0, 210.0, 280.0, 330.0)]
    one_by_one = [extractor.extract(voice) for voice in voices]
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(extractor.extract, voices))
    np.testing.assert_array_equal(np.stack(at_once), np.stack(one_by_one))
    assert len({values.tobytes() for values in at_once}) == len(voices)


def test_the_wave_is_left_as_it_was() -> None:
    wave = a_voice()
    before = wave.copy()
    factories.egemaps().extract(wave)
    np.testing.assert_array_equal(wave, before)
