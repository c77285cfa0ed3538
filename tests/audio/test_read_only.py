"""A store that may only be read: used as it is, without a lock, and nothing written beside it."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from emonet import Corpus, CorpusError
from emonet.audio.features import extract_features
from emonet.audio.prepare import prepare
from emonet.audio.store import open_store
from emonet.auditing.copies import copies_in
from emonet.errors import Damaged


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what makes all that is kept read-only from then on; whoever runs the tests may write everywhere."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    def shut() -> None:
        for module in ("prepare", "features"):
            monkeypatch.setattr(f"emonet.audio.{module}.can_write", lambda _: False)
        monkeypatch.setattr("emonet.auditing.copies.can_write", lambda _: False)
        monkeypatch.setattr("filelock.FileLock.acquire", refuse)
        monkeypatch.setattr("emonet.files.tempfile.mkstemp", refuse)

    return shut


def test_a_store_that_may_only_be_read_is_used_without_a_lock(
    corpus: Corpus, root: Path, read_only: Callable[[], None]
) -> None:
    made = prepare(corpus, root)
    read_only()
    found = prepare(corpus, root, verify=True)
    assert (found.reused, found.content) == (True, made.content)
    (root / "n1.wav").unlink()
    with pytest.raises(CorpusError, match=r"store/tones: corpus 'tones' is not prepared there, and this may not be"):
        prepare(corpus, root)


def test_a_store_that_may_only_be_read_and_is_damaged_is_named(
    corpus: Corpus, root: Path, read_only: Callable[[], None]
) -> None:
    made = prepare(corpus, root)
    (made.folder / "problems.json").write_text("[1]")
    read_only()
    with pytest.raises(Damaged, match=r"problems\.json: this file is damaged"):
        prepare(corpus, root)


def test_features_and_fingerprints_of_a_store_that_may_only_be_read_are_not_kept(
    corpus: Corpus, root: Path, read_only: Callable[[], None]
) -> None:
    store = open_store(prepare(corpus, root).folder)
    before = sorted(store.folder.rglob("*"))
    read_only()

    class Length:
        dim, names = 1, ("samples",)

        def extract(self, wave: np.ndarray) -> np.ndarray:
            return np.array([len(wave)])

    found = extract_features(store, cast(Any, Length()), name="length", version="1", options={})
    np.testing.assert_array_equal(found[:, 0], store.samples)
    assert copies_in([store]).untold
    assert sorted(store.folder.rglob("*")) == before
