"""Copies in prepared corpora: within a fold, within a corpus, between corpora."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from emonet.audio.prepare import prepare
from emonet.audio.store import Store, open_store
from emonet.auditing.copies import Copies, copies_between, copies_in, copies_in_corpus, copies_in_fold
from emonet.auditing.shared import FoldRows, Placed
from emonet.corpus.corpus import Utterance
from emonet.corpus.readers.manifest import manifest_corpus
from emonet.events import Event, Notice, Progress
from tests.helpers.babble import RATE, babble

SECONDS = 1.0


def store(folder: Path, sounds: dict[str, tuple[int, float]]) -> Store:
    """Prepare a corpus of sounds: name -> seed and level."""
    folder.mkdir()
    for name, (seed, level) in sounds.items():
        soundfile.write(folder / f"{name}.wav", level * babble(seed, SECONDS), RATE, subtype="PCM_16")
    rows = [f"{name}.wav,{'joy' if name.startswith('j') else 'fear'},s" for name in sounds]
    (folder / f"{folder.name}.csv").write_text("\n".join(["file,label,speaker", *rows]) + "\n")
    corpus = manifest_corpus(folder / f"{folder.name}.csv")
    return open_store(prepare(corpus, folder).folder)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Store]:
    base = tmp_path_factory.mktemp("stores")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMONET_HOME", str(base / "home"))
        one = store(base / "one", {"a": (1, 1.0), "b": (1, 0.4), "c": (2, 1.0), "d": (3, 1.0), "j": (3, 1.0)})
        other = store(base / "other", {"x": (2, 0.3), "jy": (9, 1.0)})
    return one, other


@pytest.fixture(scope="module")
def copies(stores: tuple[Store, Store]) -> Copies:
    return copies_in(stores)


def fold(name: str, **splits: str) -> FoldRows:
    rows = [
        Placed(split, Utterance(id_, f"{id_}.wav", {"label": "joy"})) for split, ids in splits.items() for id_ in ids
    ]
    return FoldRows(name, tuple(rows))


def test_copies_are_groups_within_and_between_corpora(stores: tuple[Store, Store], copies: Copies) -> None:
    one, other = (store.corpus for store in stores)
    assert copies.groups == (((one, "a"), (one, "b")), ((one, "c"), (other, "x")), ((one, "d"), (one, "j")))
    assert copies.exact == {2}


def test_a_copy_in_train_and_test_is_a_problem_with_an_example(stores: tuple[Store, Store], copies: Copies) -> None:
    found = copies_in_fold(fold("1", train="bc", dev="j", test="ad"), stores[0].corpus, copies)
    assert (found.level, found.count) == ("problem", 1)
    assert found.seen == (
        "1 of 2 test clips have a copy in train, e.g. a = b; 1 of 2 test clips have a copy in dev, e.g. d = j"
    )
    assert "--json lists all of them" in found.advice


def test_a_copy_in_dev_and_train_is_a_warning_and_in_one_split_it_is_right(
    stores: tuple[Store, Store], copies: Copies
) -> None:
    corpus = stores[0].corpus
    assert copies_in_fold(fold("1", train="a", dev="b", test="c"), corpus, copies).level == "warning"
    assert copies_in_fold(fold("1", train="ab", dev="c", test="dj"), corpus, copies).level == "ok"


def test_copies_in_a_corpus_are_counted_and_their_labels_compared(stores: tuple[Store, Store], copies: Copies) -> None:
    labels = dict.fromkeys("abcd", "fear") | {"j": "joy"}
    first, torn = copies_in_corpus(stores[0].corpus, labels, copies)
    assert first.seen == "4 clips in 2 groups (1 sample by sample), e.g. a = b"
    assert first.items == ("a = b", "d = j")
    assert torn.seen == "1 groups of copies have more than one label, e.g. d (fear), j (joy)"
    (none,) = copies_in_corpus(stores[1].corpus, {"x": "fear", "jy": "joy"}, copies)
    assert none.level == "ok"


def test_a_copy_in_train_or_dev_of_another_corpus_is_a_warning(stores: tuple[Store, Store], copies: Copies) -> None:
    one, other = (store.corpus for store in stores)
    mine = (one, [fold("1", train="ab", test="c"), fold("2", train="c", test="a")])
    theirs = [fold("1", train="x", test="y"), fold("2", train="y", test="x")]
    (found,) = copies_between(mine, [(other, theirs)], copies)
    assert (found.level, found.what) == ("warning", f"audio of {other}")
    assert found.seen == f"1 test clips have a copy in train or dev of {other}, e.g. c = x"
    assert found.items == ("c = x",)
    (clean,) = copies_between(mine, [(other, theirs[::-1])], copies)
    assert clean.level == "ok", "fold 1 is learned together with their fold 1 only"
    (dev,) = copies_between(mine, [(other, [fold("1", dev="x", test="y"), theirs[1]])], copies)
    assert dev.count == 1, "what is selected on has been heard, too"
    (single,) = copies_between(mine, [(other, theirs[:1])], copies)
    assert single.level == "warning", "another number of folds: all of their train splits count"


@pytest.mark.parametrize("damage", ["junk", "empty", "cut", "a flipped bit"])
def test_fingerprints_are_kept_beside_the_store_and_made_anew_when_damaged(
    stores: tuple[Store, Store], damage: str
) -> None:
    told: list[Event] = []
    first = copies_in(stores, told.append)
    assert told == [], "they are there already"
    (kept,) = stores[0].folder.glob("fingerprints-*.npz")
    whole = kept.read_bytes()
    flipped = bytes([*whole[:80], whole[80] ^ 1, *whole[81:]])
    kept.write_bytes({"junk": b"not an archive", "empty": b"", "cut": whole[:-9], "a flipped bit": flipped}[damage])
    assert copies_in(stores, told.append) == first
    notice = Notice(f"{kept} is damaged. The fingerprints are made again.")
    assert told == [notice, Progress(f"fingerprinting {stores[0].corpus}", 5, 5)]
    with np.load(kept) as arrays:
        assert str(arrays["content"]) == stores[0].content


def test_clips_that_no_fingerprint_tells_of_are_unknown(stores: tuple[Store, Store], tmp_path: Path) -> None:
    (tmp_path / "some").mkdir()
    time = np.arange(RATE) / RATE
    for name, sound in {"a": babble(1), "hum": 0.5 * np.sin(880 * np.pi * time), "k": babble(2, 0.2)}.items():
        soundfile.write(tmp_path / "some" / f"{name}.wav", sound, RATE, subtype="PCM_16")
    table = tmp_path / "some" / "some.csv"
    table.write_text("file,label\na.wav,joy\nhum.wav,joy\nk.wav,fear\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMONET_HOME", str(tmp_path / "home"))
        some = open_store(prepare(manifest_corpus(table), table.parent).folder)
    copies = copies_in([some, *stores])
    assert copies.untold == {(some.corpus, "hum"), (some.corpus, "k")}
    labels = {"a": "joy", "hum": "joy", "k": "fear"}
    none, unknown = copies_in_corpus(some.corpus, labels, copies)
    assert (none.level, unknown.level, unknown.count, unknown.items) == ("ok", "warning", 2, ("hum", "k"))
    assert unknown.seen == "2 of 3 clips are too short, too steady or one sound that is held, e.g. hum"
    assert copies_in_corpus(some.corpus, {"a": "joy"}, copies) == [none]


def test_a_fold_says_how_many_of_its_clips_were_compared(stores: tuple[Store, Store], copies: Copies) -> None:
    corpus, rows = stores[0].corpus, fold("1", train="ab", dev="c", test="d")
    none = copies_in_fold(rows, corpus, copies, heard=set())
    assert (none.level, none.seen) == ("warning", "unknown: 0 of 4 clips were compared")
    some = copies_in_fold(rows, corpus, copies, heard={"a", "c"})
    assert (some.level, some.seen) == ("warning", "no copies in two splits, compared 2 of 4 clips")
    assert copies_in_fold(rows, corpus, copies, heard=set("abcd")).level == "ok"
    met = copies_in_fold(fold("1", train="a", dev="c", test="bz"), corpus, copies, heard=set("abcd"))
    assert (met.level, met.count) == ("problem", 1)
    assert met.seen == "1 of 2 test clips have a copy in train, e.g. b = a; compared 3 of 4 clips"
