"""Audits of split lists without their corpus: by what names say."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from emonet.auditing.lists import corpus_called, name_rules, partition_of_list
from emonet.auditing.partition import audit_partition
from emonet.corpus.corpus import Corpus
from emonet.errors import CorpusError
from emonet.plugin.registry import load_registry
from emonet.protocols.lists import read_lists
from tests.helpers.split_lists import emobox, superb

# Names as EMO-DB (speaker, text, emotion, take), CREMA-D and eNTERFACE'05 form them.
EMODB = {"train": ["03a01Wa", "08a02Fb", "16b10Ta"], "test": ["03a02Wb", "08a01Na"]}
CREMAD = {"train": ["1001_IEO_ANG_LO", "1002_DFA_SAD_XX"], "test": ["1003_IEO_ANG_LO"]}


def registry_of() -> Iterable[Corpus]:
    return load_registry().corpora.values()


@pytest.mark.parametrize(
    ("name", "id_"),
    [("emodb", "emodb"), ("CREMA-D", "crema_d"), ("cremad", "crema_d"), ("polish", "polish_speech_emotions")],
)
def test_a_list_may_call_its_corpus_by_another_spelling(name: str, id_: str) -> None:
    corpus = corpus_called(name, registry_of())
    assert corpus is not None
    assert corpus.id == id_
    assert corpus_called("", registry_of()) is None
    assert corpus_called("nothing like it", registry_of()) is None


def test_a_card_reads_speakers_and_texts_from_names(tmp_path: Path) -> None:
    listed = read_lists([emobox(tmp_path, "emodb", EMODB)])
    corpus = corpus_called(listed.data, registry_of())
    found = audit_partition(partition_of_list(listed, name_rules({}), corpus))
    assert found.level == "problem"
    assert found.summary.startswith("speaker-dependent (2 of 2 test speakers also in train), text-dependent (2 of 2")
    assert "no dev: 3 train, 0 dev, 2 test" in found.summary


def test_the_ending_of_names_does_not_matter(tmp_path: Path) -> None:
    splits = {
        split: [f"subject {who}/anger/sentence 1/s{who}_an_1" for who in speakers]
        for split, speakers in {"train": (1, 2), "test": (2,)}.items()
    }
    listed = read_lists([emobox(tmp_path, "enterface", splits, end="wav")])
    found = partition_of_list(listed, name_rules({}), corpus_called("enterface", registry_of()))
    assert [row.utterance.speaker for fold in found.folds for row in fold.rows] == ["2", "1", "2"]


def test_names_of_a_corpus_that_is_read_by_a_module_tell_speakers_and_texts(tmp_path: Path) -> None:
    paths = {
        "train": ["Session1/sentences/wav/Ses01F_script01_1/Ses01F_script01_1_F000.wav"],
        "test": [
            "Session1/sentences/wav/Ses01M_impro02/Ses01M_impro02_F003.wav",
            "Session5/sentences/wav/Ses05M_script01_1b/Ses05M_script01_1b_M000.wav",
        ],
    }
    listed = read_lists([superb(tmp_path, "Session1", paths)])
    found = audit_partition(partition_of_list(listed, name_rules({}), corpus_called("iemocap", registry_of())))
    assert "speaker-dependent (1 of 2 test speakers also in train)" in found.summary
    assert "text-dependent (1 of 1 test texts also in train)" in found.summary


def test_paths_of_a_corpus_that_is_read_by_its_tables_tell_dialogues(tmp_path: Path) -> None:
    splits = {"train": ["train/train_splits/dia0_utt0"], "test": ["output_repeated_splits_test/dia0_utt0"]}
    listed = read_lists([emobox(tmp_path, "meld", splits, end="mp4")])
    found = partition_of_list(listed, name_rules({}), corpus_called("meld", registry_of()))
    assert {row.utterance.id for fold in found.folds for row in fold.rows} == {"train_dia0_utt0", "test_dia0_utt0"}
    assert {row.utterance.session for fold in found.folds for row in fold.rows} == {"train_0", "test_0"}


def test_regular_expressions_read_names_where_no_card_does(tmp_path: Path) -> None:
    listed = read_lists([emobox(tmp_path, "mine", CREMAD)])
    rules = name_rules({"speaker": r"/(\d{4})_", "text": r"_(IEO|DFA)_", "session": ""})
    found = audit_partition(partition_of_list(listed, rules))
    assert found.summary.startswith("speaker-independent, text-dependent (1 of 1 test texts also in train)")


def test_all_groups_of_an_expression_make_the_value(tmp_path: Path) -> None:
    paths = {
        "train": ["Session2/sentences/wav/Ses02F_impro01/Ses02F_impro01_M000.wav"],
        "test": ["Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav"],
    }
    listed = read_lists([superb(tmp_path, "Session1", paths)])
    rules = name_rules({"speaker": r"(Ses\d\d)[FM]_.*_([FM])\d+\."})
    found = partition_of_list(listed, rules)
    assert {row.utterance.speaker for fold in found.folds for row in fold.rows} == {"Ses01-F", "Ses02-M"}


def test_what_the_list_says_goes_before_the_card(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("file,split,speaker\nwav/03a01Wa.wav,train,x\nwav/03a02Wb.wav,test,y\n")
    found = partition_of_list(read_lists([tmp_path / "a.csv"]), name_rules({}), corpus_called("emodb", registry_of()))
    assert [row.utterance.speaker for fold in found.folds for row in fold.rows] == ["x", "y"]
    assert found.classes == ("anger",), "the card tells the label that the list does not"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("(", r"--speaker '\(': not a regular expression"),
        ("Ses", r"--speaker 'Ses': it has no group\. Put the speaker"),
    ],
)
def test_wrong_expressions_are_explained(given: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        name_rules({"speaker": given})
