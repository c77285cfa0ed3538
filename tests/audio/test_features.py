"""The feature cache: extracted once, aligned with the store, resumed, and never silently wrong."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emonet import ContractError, Corpus, CorpusError, EmonetError
from emonet.audio import features
from emonet.audio.features import extract_features
from emonet.audio.prepare import prepare
from emonet.audio.store import Store, open_store
from tests.helpers.audio_tones import Heard


class Loudness:
    """Gives peak, energy and length of a wave, and keeps count."""

    dim = 3
    names = ("peak", "energy", "length")

    def __init__(self) -> None:
        self.calls = 0

    def extract(self, wave: np.ndarray) -> np.ndarray:
        self.calls += 1
        assert wave.dtype == np.float32
        return np.array([np.abs(wave).max(), np.square(wave).mean(), len(wave)], dtype=np.float32)


class Failing(Loudness):
    """Breaks down at the ninth call or later, in the way it is told."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def extract(self, wave: np.ndarray) -> np.ndarray:
        vector = super().extract(wave)
        if self.calls > 8:
            raise self.error
        return vector


@pytest.fixture
def store(corpus: Corpus, root: Path) -> Store:
    return open_store(prepare(corpus, root).folder)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "BLOCK", 4)


def extract(store: Store, extractor: Any, **changes: Any) -> np.ndarray:
    return extract_features(store, extractor, **{"name": "loud", "version": "1", "options": {"a": 1}, **changes})


def cached(store: Store) -> list[str]:
    return sorted(path.name for path in (store.folder / "features").iterdir() if not path.name.endswith(".lock"))


def test_features_are_aligned_and_extracted_once(store: Store, heard: Heard) -> None:
    extractor = Loudness()
    first = extract(store, extractor, listen=heard)
    assert first.shape == (10, 3)
    assert first.dtype == np.float32
    for row in range(10):
        wave = store.wave(row) / np.float32(32768)
        np.testing.assert_array_equal(first[row], Loudness().extract(wave))
    assert extractor.calls == 10
    assert (heard.done[0], heard.done[-1], heard.notices) == (0, 10, [])
    np.testing.assert_array_equal(extract(store, extractor), first)
    assert extractor.calls == 10
    assert len(cached(store)) == 1


@pytest.mark.parametrize("change", [{"name": "b"}, {"version": "2"}, {"options": {"a": 2}}])
def test_name_version_and_options_tell_features_apart(store: Store, change: dict[str, Any]) -> None:
    extractor = Loudness()
    extract(store, extractor)
    extract(store, extractor, **change)
    assert extractor.calls == 20
    assert len(cached(store)) == 2


def test_features_of_other_utterances_are_never_taken(store: Store) -> None:
    extract(store, Loudness())
    (name,) = cached(store)
    path = store.folder / "features" / name
    table = features.read_table(path)
    turned = table.set_column(0, table.schema.field("id"), table.column("id").take(list(range(9, -1, -1))))
    batches = turned.combine_chunks().to_batches()
    path.unlink()
    features.write_batches(path, batches, turned.schema)
    extractor = Loudness()
    extract(store, extractor)
    assert extractor.calls == 10


@pytest.mark.parametrize("content", [b"", b"half a file"])
def test_a_broken_cache_is_named_and_made_again(store: Store, content: bytes, heard: Heard) -> None:
    first = extract(store, Loudness())
    (name,) = cached(store)
    (store.folder / "features" / name).write_bytes(content)
    extractor = Loudness()
    np.testing.assert_array_equal(extract(store, extractor, listen=heard), first)
    assert extractor.calls == 10
    (notice,) = heard.notices
    assert notice.startswith(f"{store.folder / 'features' / name} is damaged (")
    assert notice.endswith("Its features are extracted again.")


def test_no_bit_of_a_cache_turns_without_being_noticed(store: Store, heard: Heard) -> None:
    first = extract(store, Loudness())
    (name,) = cached(store)
    path = store.folder / "features" / name
    whole = path.read_bytes()
    made_again = 0
    for place in range(0, len(whole), 3):
        path.write_bytes(bytes([*whole[:place], whole[place] ^ 64, *whole[place + 1 :]]))
        extractor = Loudness()
        np.testing.assert_array_equal(extract(store, extractor, listen=heard), first, err_msg=str(place))
        made_again += extractor.calls == 10
    assert made_again == len(heard.notices) > len(whole) / 6


def test_features_with_other_names_are_made_again(store: Store) -> None:
    extract(store, Loudness())
    extractor = Loudness()
    extractor.names = ("peak", "power", "length")
    extract(store, extractor)
    assert extractor.calls == 10


def test_a_killed_extraction_goes_on_where_it_was(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt):
        extract(store, Failing(KeyboardInterrupt()), workers=1)
    assert len(cached(store)) == 2
    extractor, heard = Loudness(), Heard()
    resumed = extract(store, extractor, listen=heard)
    assert extractor.calls == 2
    assert heard.done == [4, 8, 8, 9, 10]
    assert len(cached(store)) == 1
    np.testing.assert_array_equal(resumed, extract(store, Loudness(), version="2"))


def test_an_extractor_that_fails_names_the_utterance(store: Store) -> None:
    text = r"Extractor 'loud' fails on 'n7' \(0\.12 s\): ValueError: no pitch\. Leave the utterance out"
    with pytest.raises(EmonetError, match=text):
        extract(store, Failing(ValueError("no pitch")), workers=1)
    with pytest.raises(CorpusError, match=r"^own words$"):
        extract(store, Failing(CorpusError("own words")), version="2", workers=1)


def test_a_vector_of_another_size_is_refused(store: Store) -> None:
    extractor = Loudness()
    extractor.dim = 4
    with pytest.raises(ContractError, match=r"gives the shape \(3,\) for 'a0', expected \(4,\), its own `dim`"):
        extract(store, extractor)


def test_values_that_are_not_finite_count_as_zero_and_are_told(store: Store, heard: Heard) -> None:
    class Odd(Loudness):
        def extract(self, wave: np.ndarray) -> np.ndarray:
            vector = super().extract(wave)
            return np.array([np.inf, np.nan, len(wave)], dtype=np.float32) if len(wave) > 2000 else vector

    values = extract(store, Odd(), listen=heard)
    assert np.isfinite(values).all()
    assert (values[:, 1] == 0).sum() == 2
    text = "loud: 4 values in 2 utterances of tones are not finite and count as 0; the first is 'peak' of 'a8'."
    assert heard.notices == [text]


def test_a_full_disk_is_explained(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(features, "write_batches", fail)
        with pytest.raises(CorpusError, match=r"the disk is full \(\d+ MiB free\) while writing the features 'loud'"):
            extract(store, Loudness())
    assert cached(store) == []
    assert extract(store, Loudness()).shape == (10, 3)
