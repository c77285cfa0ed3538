"""The scripts beside the audit's example: what they make and measure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from emonet.audio.prepare import prepare
from emonet.audio.store import Store, open_store
from emonet.auditing.copies import copies_in
from emonet.corpus.readers.manifest import manifest_corpus
from tests.helpers.made import load_script
from tests.helpers.tones import make_tones

FOLDER = Path(__file__).parents[2] / "examples" / "audit"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    manifest = make_tones(tmp_path / "long", seconds=1.0)
    return open_store(prepare(manifest_corpus(manifest), manifest.parent).folder)


def test_the_leak_holds_changed_copies_under_other_speakers_and_they_are_found(store: Store, tmp_path: Path) -> None:
    leak = load_script(FOLDER / "leak.py")
    leak.EVERY = 5
    leak.write_leak(store, tmp_path / "leaky")
    corpus = manifest_corpus(tmp_path / "leaky" / "labels.csv")
    leaky = open_store(prepare(corpus, tmp_path / "leaky").folder)
    speaker = {utterance.id: utterance.speaker for utterance in leaky.utterances}
    made = [id_ for id_ in speaker if id_.partition("_")[0] in leak.CHANGES]
    assert len(made) == 5
    for id_ in made:
        assert speaker[id_] != speaker[id_.partition("_")[2]]
    quiet = [id_ for id_ in made if id_.startswith("quieter")]
    found = copies_in([leaky]).group_of
    assert quiet
    assert all((corpus.id, id_) in found for id_ in quiet)


def test_recall_is_counted_for_each_change(store: Store) -> None:
    recall = load_script(FOLDER / "recall.py")
    rows = {row.change: row for row in recall.measured(store, 4)}
    assert list(rows) == list(recall.CHANGES)
    assert rows["12 dB lower"].found == rows["12 dB lower"].copies == 4


def test_sustained_vowels_of_people_are_no_copies_and_steadier_ones_are_unknown() -> None:
    vowels = load_script(FOLDER / "vowels.py")
    speakers = list(vowels.voices(3))
    assert vowels.counted(vowels.said(speakers)) == (27, 0, 0)
    fixed = [replace(voice, **vowels.KINDS["at a fixed pitch, without breath"]) for voice in speakers]
    assert vowels.counted(vowels.said(fixed)) == (27, 0, 27)
