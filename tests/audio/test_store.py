"""The store: waves are views of one mapped file, and the table is read without them."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emonet import Corpus, CorpusError, Utterance
from emonet.audio import shards
from emonet.audio.prepare import prepare
from emonet.audio.store import open_store, read_content, read_utterances
from emonet.errors import Damaged
from tests.helpers.audio_tones import Heard


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
    ("name", "damaged", "reason"),
    [
        ("meta.json", b'{"bytes": 1', r"not JSON: .*"),
        ("meta.json", b"{}", r"it has no 'seal', or an earlier EmoNet wrote it"),
        ("meta.json", b"[]", r"it has no 'seal', or an earlier EmoNet wrote it"),
        ("store.arrow", b"ARROW1", r"it has 6 bytes, expected \d{4,}"),
        ("store.arrow", None, "it is missing"),
        ("problems.json", b"", "it is not what was written"),
    ],
)
def test_a_damaged_store_is_reported_and_made_anew_by_the_next_prepare(
    corpus: Corpus, root: Path, heard: Heard, name: str, damaged: bytes | None, reason: str
) -> None:
    whole = prepare(corpus, root)
    path = whole.folder / name
    path.unlink()
    if damaged is not None:
        path.write_bytes(damaged)
    advice = r"Make the store anew from the corpus' own files: a run does, and so does: emonet corpora prepare tones"
    for read in (open_store, read_utterances, read_content):
        with pytest.raises(Damaged, match=rf"{name}: this file is damaged \({reason}\)\. {advice}"):
            read(whole.folder)
    assert replace(prepare(corpus, root, listen=heard), reused=False) == whole
    (notice,) = heard.notices
    assert re.fullmatch(rf"{path} is damaged \({reason}\)\. The store is made anew\.", notice)
    assert len(open_store(whole.folder)) == 10


def flip(path: Path, place: int, bit: int = 0) -> None:
    """Turn one bit of a file."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.write_bytes(content)


def test_a_flipped_bit_of_a_sample_is_noticed_when_its_clip_is_read_and_by_a_prepare_that_verifies(
    corpus: Corpus, root: Path, heard: Heard
) -> None:
    folder = prepare(corpus, root).folder
    wave = open_store(folder).wave(3).copy()
    flip(folder / "store.arrow", (folder / "store.arrow").read_bytes().index(wave.tobytes()) + 100)
    store = open_store(folder)
    assert len(store.wave(2)) == len(store.wave(2))
    for _ in range(2):
        with pytest.raises(Damaged, match=rf"store\.arrow: .*the samples of '{store.utterances[3].id}' are not those"):
            store.wave(3)
    assert prepare(corpus, root).reused
    assert not prepare(corpus, root, listen=heard, verify=True).reused
    assert "The store is made anew." in heard.notices[0]
    np.testing.assert_array_equal(open_store(folder).wave(3), wave)


def test_no_bit_of_a_table_turns_without_a_word_and_none_crashes_the_interpreter(corpus: Corpus, root: Path) -> None:
    folder = prepare(corpus, root).folder
    path, whole = folder / "store.arrow", (folder / "store.arrow").read_bytes()
    before = open_store(folder)
    waves = [before.wave(row).copy() for row in range(10)]
    first = whole.index(waves[0].tobytes())
    places = [*range(0, first, 7), *range(first + sum(wave.nbytes for wave in waves), len(whole))]
    code = (
        "import sys; from pathlib import Path\n"
        "from emonet.audio.store import open_store; from emonet.errors import Damaged\n"
        "folder, whole, same = Path(sys.argv[1]), Path(sys.argv[2]).read_bytes(), 0\n"
        "def held():\n"
        "    store = open_store(folder)\n"
        "    return store.utterances, [store.wave(row).tobytes() for row in range(len(store))]\n"
        "before = held()\n"
        "for place in map(int, sys.argv[3].split(',')):\n"
        "    content = bytearray(whole); content[place] ^= 1 << place % 8\n"
        "    (folder / 'store.arrow').write_bytes(content)\n"
        "    try: after = held()\n"
        "    except Damaged: continue\n"
        "    same += 1\n"
        "    assert after == before, place\n"
        "print(same)"
    )
    copy = root.parent / "copy.arrow"
    copy.write_bytes(whole)
    words = [sys.executable, "-c", code, str(folder), str(copy), ",".join(map(str, places))]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    path.write_bytes(whole)
    # Padding between buffers is nobody's.
    assert int(done.stdout) < len(places) / 2


def test_the_table_is_read_without_torch_or_datasets(corpus: Corpus, root: Path) -> None:
    folder = prepare(corpus, root).folder
    code = (
        "import sys; from pathlib import Path; from emonet.audio.roots import current, recorded_root\n"
        "assert current('tones') == Path(sys.argv[1]), current('tones')\n"
        "assert recorded_root('tones') == Path(sys.argv[2])\n"
        "import emonet.audio.decode, emonet.audio.store\n"
        "assert not {'numpy', 'pyarrow', 'torch', 'datasets'} & set(sys.modules)\n"
        "assert len(emonet.audio.store.read_utterances(Path(sys.argv[1]))) == 10\n"
        "assert not {'torch', 'datasets', 'soundfile'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, folder, root], check=True)
