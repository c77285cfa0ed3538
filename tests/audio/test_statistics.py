"""What a store says of its corpus, read without decoding."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from emonet.audio.prepare import prepare
from emonet.audio.statistics import CELLS, bins, statistics_of
from emonet.corpus.corpus import Published, Table1, Target
from emonet.corpus.readers.manifest import manifest_corpus
from emonet.errors import CorpusError
from tests.helpers.tones import make_tones, write_tone


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four speakers, three labels, two takes of 0.3 and 0.32 s, and one clip that is much longer."""
    monkeypatch.setenv("EMONET_HOME", str(tmp_path / "home"))
    path = make_tones(tmp_path / "tones")
    write_tone(tmp_path / "tones" / "long.wav", 200, 10.5, seed=1)
    path.write_text(path.read_text() + "long.wav,anger,\n")
    return path


def test_sizes_durations_and_splits_come_from_the_store_alone(manifest: Path) -> None:
    corpus = manifest_corpus(manifest)
    store = prepare(corpus, manifest.parent, remember=False).folder
    shutil.rmtree(manifest.parent)
    found = statistics_of(corpus, store)
    assert (found.corpus, found.samples, found.languages) == ("labels", 25, ("und",))
    assert found.mean == pytest.approx((12 * 0.3 + 12 * 0.32 + 10.5) / 25)
    assert found.hours == pytest.approx((12 * 0.3 + 12 * 0.32 + 10.5) / 3600)
    assert found.speakers == {f"s{number}": 6 for number in range(4)}
    assert found.classes == {"label": {"anger": 9, "neutral": 8, "sadness": 8}}
    assert (found.splits, found.table1) == ({}, None)
    assert (found.box.low, found.box.median, found.box.high) == pytest.approx((0.3, 0.32, 0.32))
    assert (found.box.outliers, found.box.longest, found.beyond) == (1, 10.5, 1)
    assert (len(found.histogram), found.histogram[0], sum(found.histogram)) == (20, 24, 24)
    assert (bins()[0], bins()[-1]) == ((0.0, 0.5), (9.5, 10.0))


def test_cells_are_counted_where_the_target_has_them(manifest: Path) -> None:
    corpus = manifest_corpus(manifest)
    store = prepare(corpus, manifest.parent, remember=False).folder
    found = statistics_of(corpus, store)
    assert {cell: count for cell, count in found.affect.items() if count} == {
        "low/neutral": 8,
        "low/negative": 8,
        "high/negative": 9,
    }
    assert set(found.affect) == set(CELLS)
    assert found.cells["label"]["anger"] == "high/negative"
    bare = replace(corpus, targets=(replace(corpus.targets[0], affect={}), Target("pleasure", range=(0.0, 1.0))))
    none = statistics_of(bare, store)
    assert (none.affect, none.cells, list(none.classes)) == ({}, {}, ["label"])


def test_the_paper_s_row_goes_along(manifest: Path) -> None:
    row = Table1(10, 3, 4, 1.0, 0.5, 0.1)
    corpus = replace(manifest_corpus(manifest), paper=Published(33.3, (), row))
    assert statistics_of(corpus, prepare(corpus, manifest.parent, remember=False).folder).table1 == row


def test_a_folder_without_a_store_is_refused(manifest: Path) -> None:
    with pytest.raises(CorpusError, match="there is no complete store"):
        statistics_of(manifest_corpus(manifest), manifest.parent)
