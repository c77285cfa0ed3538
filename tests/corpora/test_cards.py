"""Every first-party card, tried on a fake release that is built from the card alone."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

import emonet_corpora
from emonet.affect import TABLE_2
from emonet.corpus.corpus import Corpus
from emonet.corpus.readers.folders import is_listed
from emonet.document import read_document
from emonet.errors import CorpusError
from emonet.protocols.protocol import make_protocol
from emonet.testing.fake import fake_release

CORPORA = {corpus.id: corpus for corpus in emonet_corpora.emonet_corpora()}
IDS = sorted(CORPORA)
FOLDER = Path(__file__).with_name("known_paths")


def known_paths() -> list[Any]:
    """Return corpus id and entry for each path of ``known_paths/ID.yaml``: as the owners' copies have them."""
    return [
        pytest.param(path.stem, entry, id=f"{path.stem}-{entry['path']}")
        for path in sorted(FOLDER.glob("*.yaml"))
        for entry in read_document(path, CorpusError).data
    ]


def build(corpus: Corpus, root: Path) -> Path:
    """Lay out empty files at the examples' paths, and annotation files and tables of clips that go with them."""
    if any(name.endswith(".parquet") for name in corpus.fixtures):
        return fake_release(corpus, root, seconds=0.01)
    for example in corpus.examples:
        touch(root, example.path)
    for name, text in corpus.fixtures.items():
        touch(root, name).write_bytes(text.encode())
    return root


def touch(root: Path, name: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_every_card_has_its_test_and_every_test_its_card() -> None:
    assert len(IDS) >= 10
    assert {path.stem for path in FOLDER.glob("*.yaml")} <= set(IDS)


@pytest.mark.parametrize("name", IDS)
def test_examples_state_all_that_a_scan_reads_of_them(name: str, tmp_path: Path) -> None:
    # The contract kit compares what an example states; ours state everything, one utterance each.
    corpus = CORPORA[name]
    found = list(corpus.scan(build(corpus, tmp_path)))
    fields = ("speaker", "session", "text", "split")
    stated = {example.path: [getattr(example, field) for field in fields] for example in corpus.examples}
    assert {each.path: [getattr(each, field) for field in fields] for each in found} == stated
    assert len(found) == len(corpus.examples)


@pytest.mark.parametrize(("name", "entry"), known_paths())
def test_known_paths_are_read_as_documented(name: str, entry: dict[str, Any], tmp_path: Path) -> None:
    corpus = CORPORA[name]
    path = entry["path"]
    touch(build(corpus, tmp_path), path)
    found = {utterance.path: utterance for utterance in corpus.scan(tmp_path)}
    if entry.get("absent"):
        assert path not in found
        return
    utterance = found[path]
    labels = entry.get("labels", {}) | ({corpus.targets[0].name: entry["label"]} if "label" in entry else {})
    fields = {key: value for key, value in entry.items() if key not in {"path", "label", "labels", "literal"}}
    assert {key: getattr(utterance, key) for key in fields} == fields
    assert {target: utterance.labels.get(target) for target in labels} == labels


@pytest.mark.parametrize("name", IDS)
def test_a_further_folder_above_the_release_changes_nothing_but_paths(name: str, tmp_path: Path) -> None:
    corpus = CORPORA[name]
    build(corpus, tmp_path / "release" / "inner")
    found = list(corpus.scan(tmp_path))
    assert {PurePosixPath(u.path).parts[:2] for u in found} == {("release", "inner")}
    assert sorted(str(u.speaker) for u in found) == sorted(str(example.speaker) for example in corpus.examples)


@pytest.mark.parametrize("name", IDS)
def test_classes_lie_where_table_2_puts_them_or_the_card_says_why(name: str) -> None:
    for target in CORPORA[name].targets:
        for label, cell in target.affect.items():
            if not cell.reason:
                assert cell == TABLE_2[label]


@pytest.mark.parametrize("name", IDS)
def test_every_class_of_the_first_target_has_an_example(name: str) -> None:
    target = CORPORA[name].targets[0]
    assert target.open or set(target.classes) <= {example.labels.get(target.name) for example in CORPORA[name].examples}


@pytest.mark.parametrize("name", [name for name in IDS if CORPORA[name].protocols])
def test_declared_protocols_can_be_made_and_keep_speakers_apart(name: str, tmp_path: Path) -> None:
    corpus = CORPORA[name]
    utterances = list(corpus.scan(build(corpus, tmp_path)))
    speakers = {utterance.id: utterance.speaker for utterance in utterances}
    for declared in corpus.protocols:
        protocol = make_protocol(declared.name, {}, corpus, utterances)
        assert protocol.overlap == declared.overlap
        for fold in protocol.folds:
            in_test = {speakers[id_] for id_, split in fold.splits.items() if split == "test"} - {None}
            in_train = {speakers[id_] for id_, split in fold.splits.items() if split == "train"}
            assert declared.overlap or not in_test & in_train


def test_declared_folds_test_every_speaker_once() -> None:
    folds = next(each for each in CORPORA["ravdess"].protocols if each.name == "emobox-6fold").folds
    tested = [actor for fold in folds for actor in fold["test"]]
    assert sorted(tested) == [f"{actor:02d}" for actor in range(1, 25)]
    sessions = CORPORA["iemocap"].protocols[0].folds
    assert sorted(session for fold in sessions for session in fold["test"]) == ["01", "02", "03", "04", "05"]


@pytest.mark.parametrize(("name", "sizes", "speakers"), [("crema_d", (56, 18, 17), 91), ("ravdess", (16, 4, 4), 24)])
def test_the_unofficial_partitions_name_every_speaker(name: str, sizes: tuple[int, ...], speakers: int) -> None:
    splits = next(each for each in CORPORA[name].protocols if each.name == "audeering-1.1.0").folds[0]
    assert tuple(len(splits[split]) for split in ("train", "dev", "test")) == sizes
    assert len({speaker for listed in splits.values() for speaker in listed}) == speakers


def test_every_source_says_how_sure_it_is_and_which_one_has_been_tried() -> None:
    sources = {name: CORPORA[name].sources for name in IDS if CORPORA[name].sources}
    assert {name for name, given in sources.items() if any(source.tried for source in given)} == {
        "polish_speech_emotions"
    }
    assert all(source.confidence and source.evidence for given in sources.values() for source in given)


@pytest.mark.parametrize("name", IDS)
def test_each_card_says_how_sure_it_is_and_what_it_was_tried_on(name: str) -> None:
    corpus = CORPORA[name]
    assert corpus.confidence
    assert corpus.tested
    assert corpus.evidence


def test_known_bad_files_stand_in_the_tables_and_are_left_out(tmp_path: Path) -> None:
    corpus = CORPORA["meld"]
    assert "125,3," in corpus.fixtures["train/train_sent_emo.csv"]
    touch(build(corpus, tmp_path), "train/train_splits/dia125_utt3.mp4")
    assert not any(is_listed(utterance.path, corpus.known_bad) for utterance in corpus.scan(tmp_path))


def test_meld_ids_and_sessions_carry_the_split(tmp_path: Path) -> None:
    found = {utterance.id: utterance for utterance in CORPORA["meld"].scan(build(CORPORA["meld"], tmp_path))}
    assert {"train_dia0_utt0", "dev_dia0_utt0", "test_dia0_utt0"} <= set(found)
    assert {found[f"{split}_dia0_utt0"].session for split in ("train", "dev", "test")} == {"train_0", "dev_0", "test_0"}


def test_a_meld_clip_that_is_not_there_is_kept_to_be_reported(tmp_path: Path) -> None:
    corpus = CORPORA["meld"]
    shutil.rmtree(build(corpus, tmp_path) / "output_repeated_splits_test")
    found = {utterance.id: utterance.path for utterance in corpus.scan(tmp_path)}
    assert found["test_dia0_utt0"] == "output_repeated_splits_test/dia0_utt0.mp4"


def test_a_meld_release_without_its_table_is_refused(tmp_path: Path) -> None:
    (build(CORPORA["meld"], tmp_path) / "dev_sent_emo.csv").unlink()
    with pytest.raises(CorpusError, match=r"there is no 'dev_sent_emo.csv'"):
        list(CORPORA["meld"].scan(tmp_path))
