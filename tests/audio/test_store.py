"""The store: waves are views of one mapped file, and the table is read without them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from audio_tones import Heard

from emonet import Corpus, CorpusError, Utterance
from emonet.audio import shards
from emonet.audio.prepare import prepare
from emonet.audio.store import open_store, read_content, read_utterances


def test_waves_are_views_of_one_mapped_file(corpus: Corpus, root: Path) -> None:
    store = open_store(prepare(corpus, root).folder)
    first, again, second = store.wave(0), store.wave(0), store.wave(1)
    assert np.shares_memory(first, again)
    assert first.dtype == np.int16
    assert not first.flags.owndata
    assert not first.flags.writeable
    begin = [wave.__array_interface__["data"][0] for wave in (first, second)]
    assert begin[1] - begin[0] == first.nbytes


def test_waves_of_all_shards_are_found(corpus: Corpus, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = open_store(prepare(corpus, root).folder)
    monkeypatch.setenv("EMONET_HOME", str(root.parent / "other"))
    monkeypatch.setattr(shards, "SHARD", 4)
    # The fourth to seventh file, a whole shard, give no wave.
    for name in ("a8", "n1", "n3", "n5"):
        (root / f"{name}.wav").write_bytes(b"")
    store = open_store(prepare(corpus, root).folder)
    assert [one.id for one in store.utterances] == ["a0", "a2", "a4", "a6", "n7", "n9"]
    for one in store.utterances:
        np.testing.assert_array_equal(store.wave(store.row_of[one.id]), whole.wave(whole.row_of[one.id]))
    assert store.samples.tolist() == [len(store.wave(row)) for row in range(6)]


def test_everything_known_of_an_utterance_comes_back(corpus: Corpus, root: Path) -> None:
    known = Utterance(
        id="ä/1",
        path="a0.wav",
        labels={"emotion": "a", "arousal": 0.1},
        speaker="s1",
        session="3",
        text="t",
        split="dev",
        language="de-AT",
        start=0.01,
        end=0.04,
    )
    unknown = Utterance(id="z", path="a0.wav", labels={})
    folder = prepare(replace(corpus, scan=lambda _: [unknown, known]), root).folder
    assert read_utterances(folder) == (unknown, known)
    store = open_store(folder)
    assert store.utterances == (unknown, known)
    assert len(store.wave(1)) == 480
    np.testing.assert_array_equal(store.wave(1), store.wave(0)[160:640])


def test_a_folder_without_a_complete_store_is_an_error(corpus: Corpus, root: Path) -> None:
    folder = prepare(corpus, root).folder
    (folder / "meta.json").unlink()
    text = r"there is no complete store \(meta\.json is missing\)\. Run: emonet corpora prepare tones"
    for read in (open_store, read_utterances, read_content):
        with pytest.raises(CorpusError, match=text):
            read(folder)


@pytest.mark.parametrize(
    ("name", "damaged", "text"),
    [
        (
            "meta.json",
            b'{"bytes": 1',
            r"damaged \(meta\.json is not JSON: .*\)\. Make it anew: emonet corpora prepare tones",
        ),
        ("meta.json", b"{}", r"damaged \(meta\.json lacks bytes, content, corpus, count, key, samples\)"),
        ("meta.json", b"[]", r"damaged \(meta\.json is no mapping\)"),
        ("store.arrow", b"ARROW1", r"damaged \(store\.arrow has 6 bytes, expected \d{4,}\)"),
        ("store.arrow", None, r"damaged \(store\.arrow is missing\)"),
        ("problems.json", b"", None),
    ],
)
def test_a_damaged_store_is_reported_and_made_anew_by_the_next_prepare(
    corpus: Corpus, root: Path, heard: Heard, name: str, damaged: bytes | None, text: str | None
) -> None:
    whole = prepare(corpus, root)
    (whole.folder / name).unlink()
    if damaged is not None:
        (whole.folder / name).write_bytes(damaged)
    for read in (open_store, read_utterances, read_content) if text else ():
        with pytest.raises(CorpusError, match=text):
            read(whole.folder)
    assert prepare(corpus, root, listen=heard) == whole
    assert heard.notices == [f"{whole.folder}: this store is damaged. It is made anew."]
    assert len(open_store(whole.folder)) == 10


def test_the_table_is_read_without_torch_or_datasets(corpus: Corpus, root: Path) -> None:
    folder = prepare(corpus, root).folder
    code = (
        "import sys; from pathlib import Path; from emonet.audio.current import current, recorded_root\n"
        "assert current('tones') == Path(sys.argv[1]), current('tones')\n"
        "assert recorded_root('tones') == Path(sys.argv[2])\n"
        "import emonet.audio.decode, emonet.audio.store\n"
        "assert not {'numpy', 'pyarrow', 'torch', 'datasets'} & set(sys.modules)\n"
        "assert len(emonet.audio.store.read_utterances(Path(sys.argv[1]))) == 10\n"
        "assert not {'torch', 'datasets', 'soundfile'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, folder, root], check=True)
