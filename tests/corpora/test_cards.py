"""Every first-party card, tried on a fake release that is built from the card alone."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath

import pytest

import emonet_corpora
from emonet.corpus.corpus import Corpus
from emonet.corpus.protocol import make_protocol
from emonet.corpus.walk import is_listed
from emonet.errors import CorpusError

CORPORA = {corpus.id: corpus for corpus in emonet_corpora.emonet_corpora()}
IDS = [
    "casia",
    "crema_d",
    "emodb",
    "enterface",
    "iemocap",
    "meld",
    "polish_speech_emotions",
    "ravdess",
    "savee",
    "tess",
]

LOW_NEGATIVE, LOW_NEUTRAL, LOW_POSITIVE = ("low", "negative"), ("low", "neutral"), ("low", "positive")
HIGH_NEGATIVE, HIGH_NEUTRAL, HIGH_POSITIVE = ("high", "negative"), ("high", "neutral"), ("high", "positive")
CELLS = {
    "anger": HIGH_NEGATIVE,
    "boredom": LOW_NEUTRAL,
    "calm": LOW_POSITIVE,
    "disgust": LOW_NEGATIVE,
    "fear": HIGH_NEGATIVE,
    "happiness": HIGH_POSITIVE,
    "joy": HIGH_POSITIVE,
    "neutral": LOW_NEUTRAL,
    "sadness": LOW_NEGATIVE,
    "surprise": HIGH_NEUTRAL,
}

# Paths as the owners' copies have them, with label and speaker; None: no utterance of this corpus.
KNOWN_PATHS = [
    ("casia", "wangzhe/neutral/239.wav", "neutral", "wangzhe"),
    ("casia", "copy/ZhaoZuoxiang/surprise/213.wav", "surprise", "zhaozuoxiang"),
    ("casia", "wangzhe/neutral/251.wav", None, None),
    ("crema_d", "AudioWAV/1001_DFA_ANG_XX.wav", "anger", "1001"),
    ("crema_d", "CREMA-D/AudioWAV/1064_IEO_DIS_MD.wav", "disgust", "1064"),
    ("crema_d", "AudioMP3/1001_DFA_ANG_XX.mp3", None, None),
    ("crema_d", "AudioMP3/1001_DFA_ANG_XX.wav", None, None),
    ("crema_d", "AudioWAV/1076_MTI_SAD_XX.wav", None, None),
    ("emodb", "wav/03a01Wa.wav", "anger", "03"),
    ("emodb", "wav/15a05Eb.wav", "disgust", "15"),
    ("emodb", "wav/04a01Wa.wav", None, None),
    ("enterface", "subject 11/anger/sentence 4/s12_an_4.avi", "anger", "11"),
    ("enterface", "subject 3/surprise/sentence 4/s_3_su_4.avi", "surprise", "3"),
    ("enterface", "subject 6/anger/s6_an.avi", None, None),
    ("iemocap", "Session1/sentences/wav/Ses01F_impro04/Ses01F_impro04_M000.wav", None, "Ses01M"),
    ("meld", "train/train_splits/dia0_utt0.mp4", "neutral", "Chandler"),
    ("meld", "dev_splits_complete/dia18_utt7.mp4", "joy", "Chandler"),
    ("polish_speech_emotions", "m1.a_nie_2.wav", "anger", "m1"),
    ("polish_speech_emotions", "POLISH/m5.s_oddaj_4.wav", "fear", "m5"),
    ("polish_speech_emotions", "m6.s_oddaj_4.wav", None, None),
    ("ravdess", "Actor_01/03-01-01-01-01-01-01.wav", "neutral", "01"),
    ("ravdess", "audio/Audio_Speech_Actors_01-24/Actor_06/03-01-06-01-01-02-06.wav", "fear", "06"),
    ("ravdess", "Actor_02/03-02-03-01-01-02-02.wav", None, None),
    ("ravdess", "Actor_02/01-01-03-01-01-02-02.wav", None, None),
    ("savee", "AudioData/KL/su15.wav", "surprise", "KL"),
    ("savee", "ALL/JE_sa06.wav", "sadness", "JE"),
    ("savee", "AudioData/Info.txt", None, None),
    ("tess", "OAF_Pleasant_surprise/OAF_long_ps.wav", "surprise", "OAF"),
    ("tess", "OA_bite_neutral.wav", "neutral", "OAF"),
    ("tess", "YAF_perch_ps.wav", "surprise", "YAF"),
]

GENERIC = {
    "tess": ("leave-one-speaker-out", {"dev": 0.2}),
    "iemocap": ("leave-one-session-out", {}),
    "meld": ("official", {}),
}


def build(corpus: Corpus, root: Path) -> Path:
    """Lay out empty files at the examples' paths, and the annotation files that go with them."""
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


def test_all_cards_are_registered() -> None:
    assert sorted(CORPORA) == IDS


@pytest.mark.parametrize("name", IDS)
def test_a_fake_release_scans_to_exactly_its_examples(name: str, tmp_path: Path) -> None:
    corpus = CORPORA[name]
    found = list(corpus.scan(build(corpus, tmp_path)))
    stated = {
        (example.path, *sorted(example.labels.items()), example.speaker, example.session, example.text, example.split)
        for example in corpus.examples
    }
    read = {(u.path, *sorted(u.labels.items()), u.speaker, u.session, u.text, u.split) for u in found}
    assert read == stated
    assert len(found) == len(corpus.examples)
    assert len({utterance.id for utterance in found}) == len(found)
    assert found == list(corpus.scan(tmp_path))


@pytest.mark.parametrize(("name", "path", "label", "speaker"), KNOWN_PATHS)
def test_known_paths_are_read_as_documented(
    name: str, path: str, label: str | None, speaker: str | None, tmp_path: Path
) -> None:
    corpus = CORPORA[name]
    touch(build(corpus, tmp_path), path)
    found = {utterance.path: utterance for utterance in corpus.scan(tmp_path)}
    if speaker is None:
        assert path not in found
    else:
        assert found[path].speaker == speaker
        assert found[path].labels.get("emotion") == label


@pytest.mark.parametrize("name", IDS)
def test_a_further_folder_above_the_release_changes_nothing_but_paths(name: str, tmp_path: Path) -> None:
    corpus = CORPORA[name]
    build(corpus, tmp_path / "release" / "inner")
    found = list(corpus.scan(tmp_path))
    assert {PurePosixPath(u.path).parts[:2] for u in found} == {("release", "inner")}
    assert sorted(str(u.speaker) for u in found) == sorted(str(example.speaker) for example in corpus.examples)


@pytest.mark.parametrize("name", IDS)
def test_every_class_lies_in_its_cell_of_the_plane(name: str) -> None:
    target = CORPORA[name].target("emotion")
    assert {label: (cell.arousal, cell.valence) for label, cell in target.affect.items()} == {
        label: CELLS[label] for label in target.classes
    }
    own = {label for label, cell in target.affect.items() if cell.reason}
    assert own == ({"calm"} if name == "ravdess" else set())


@pytest.mark.parametrize("name", IDS)
def test_expected_counts_add_up(name: str) -> None:
    corpus = CORPORA[name]
    counts = corpus.expected.per_class["emotion"]
    assert set(counts) == set(corpus.target("emotion").classes)
    whole = 5531 if name == "iemocap" else corpus.expected.utterances  # the paper's Table 1
    assert sum(counts.values()) == whole


@pytest.mark.parametrize("name", IDS)
def test_every_class_has_an_example(name: str) -> None:
    corpus = CORPORA[name]
    assert {example.labels.get("emotion") for example in corpus.examples} - {None} == set(
        corpus.target("emotion").classes
    )


@pytest.mark.parametrize("name", IDS)
def test_protocols_can_be_made_and_keep_speakers_apart(name: str, tmp_path: Path) -> None:
    corpus = CORPORA[name]
    utterances = list(corpus.scan(build(corpus, tmp_path)))
    speakers = {utterance.id: utterance.speaker for utterance in utterances}
    generic, options = GENERIC.get(name, ("leave-one-speaker-out", {}))
    wanted = [(declared.name, {}) for declared in corpus.protocols] + [(generic, options)]
    for protocol_name, chosen in wanted:
        protocol = make_protocol(protocol_name, chosen, corpus, utterances)
        for fold in protocol.folds:
            assert set(fold.parts) == {utterance.id for utterance in utterances}
            in_test = {speakers[id_] for id_, part in fold.parts.items() if part == "test"}
            in_train = {speakers[id_] for id_, part in fold.parts.items() if part == "train"}
            assert name == "meld" or not in_test & in_train
        assert bool(protocol.overlap) == (name == "meld" or "dev" in chosen)


def test_declared_folds_test_every_speaker_once() -> None:
    folds = next(each for each in CORPORA["ravdess"].protocols if each.name == "emobox-6fold").folds
    tested = [actor for fold in folds for actor in fold["test"]]
    assert sorted(tested) == [f"{actor:02d}" for actor in range(1, 25)]
    sessions = CORPORA["iemocap"].protocols[0].folds
    assert sorted(session for fold in sessions for session in fold["test"]) == ["01", "02", "03", "04", "05"]


@pytest.mark.parametrize(("name", "sizes", "speakers"), [("crema_d", (56, 18, 17), 91), ("ravdess", (16, 4, 4), 24)])
def test_the_unofficial_partitions_name_every_speaker(name: str, sizes: tuple[int, ...], speakers: int) -> None:
    parts = next(each for each in CORPORA[name].protocols if each.name == "audeering-1.1.0").folds[0]
    assert tuple(len(parts[part]) for part in ("train", "dev", "test")) == sizes
    assert len({speaker for listed in parts.values() for speaker in listed}) == speakers


@pytest.mark.parametrize("name", IDS)
def test_a_folder_without_the_corpus_is_refused_with_a_file_to_look_for(name: str, tmp_path: Path) -> None:
    touch(tmp_path, "something/else.txt")
    with pytest.raises(CorpusError, match=rf"does not look like the corpus '{name}'.*\.(wav|avi|txt|csv).*--root"):
        list(CORPORA[name].scan(tmp_path))


@pytest.mark.parametrize("name", IDS)
def test_only_what_has_a_checksum_is_offered_for_fetching(name: str) -> None:
    corpus = CORPORA[name]
    assert corpus.fetchable == bool(corpus.sources) == (name == "polish_speech_emotions")
    assert all(len(source.sha256) == len(source.member_sha256) == 64 for source in corpus.sources)
    assert corpus.how_to_get


@pytest.mark.parametrize("name", IDS)
def test_cards_are_cited_with_a_licence_and_a_page(name: str) -> None:
    corpus = CORPORA[name]
    assert corpus.licence
    assert corpus.homepage.startswith("http")
    assert str(corpus.citation.year) in str(corpus.citation)


def test_known_bad_files_stand_in_the_tables_and_are_left_out(tmp_path: Path) -> None:
    corpus = CORPORA["meld"]
    assert "125,3," in corpus.fixtures["train/train_sent_emo.csv"]
    touch(build(corpus, tmp_path), "train/train_splits/dia125_utt3.mp4")
    assert not any(is_listed(utterance.path, corpus.known_bad) for utterance in corpus.scan(tmp_path))


def test_meld_ids_and_sessions_carry_the_part(tmp_path: Path) -> None:
    found = {utterance.id: utterance for utterance in CORPORA["meld"].scan(build(CORPORA["meld"], tmp_path))}
    assert {"train_dia0_utt0", "dev_dia0_utt0", "test_dia0_utt0"} <= set(found)
    assert {found[f"{part}_dia0_utt0"].session for part in ("train", "dev", "test")} == {"train_0", "dev_0", "test_0"}


def test_a_meld_clip_that_is_not_there_is_kept_to_be_reported(tmp_path: Path) -> None:
    corpus = CORPORA["meld"]
    shutil.rmtree(build(corpus, tmp_path) / "output_repeated_splits_test")
    found = {utterance.id: utterance.path for utterance in corpus.scan(tmp_path)}
    assert found["test_dia0_utt0"] == "output_repeated_splits_test/dia0_utt0.mp4"


def test_a_meld_release_without_its_table_is_refused(tmp_path: Path) -> None:
    (build(CORPORA["meld"], tmp_path) / "dev_sent_emo.csv").unlink()
    with pytest.raises(CorpusError, match=r"there is no 'dev_sent_emo.csv'"):
        list(CORPORA["meld"].scan(tmp_path))
