"""What all tests share: a home of their own, no third-party plugins, and a small corpus of generated tones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.tones import make_tones

# Networks of width 4 gain nothing from threads, and lose a lot where several processes share two cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMONET_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("EMONET_PLUGINS", "")
    monkeypatch.delenv("EMONET_DATA", raising=False)


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMONET_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def tones(tmp_path: Path) -> Path:
    """The manifest of a small corpus of tones: 4 speakers, 3 classes, 24 clips."""
    return make_tones(tmp_path / "tones")
