"""Arousal and valence of corpora without a card: from the canonical words, or from the recipe."""

from __future__ import annotations

from pathlib import Path

import pytest

from emonet.affect import TABLE_2, Affect, OwnCell
from emonet.cli.app import run_command
from emonet.corpus.corpus import Corpus
from emonet.corpus.readers.manifest import manifest_corpus
from emonet.errors import CorpusError
from emonet.labels.ontology import Ontology, with_cells
from emonet.plugin.registry import load_registry
from tests.helpers.tones import make_tones


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return load_registry().ontology


def corpus_of(folder: Path, *labels: str) -> Corpus:
    rows = "".join(f"{number}.wav,{label}\n" for number, label in enumerate(labels))
    (folder / "labels.csv").write_text(f"file,label\n{rows}", encoding="utf-8")
    return manifest_corpus(folder / "labels.csv")


def test_labels_in_any_known_spelling_get_their_cells(ontology: Ontology, tmp_path: Path) -> None:
    found = with_cells(corpus_of(tmp_path, "angry", "sad", "Freude"), ontology, {})
    assert found.target().affect == {"angry": TABLE_2["anger"], "sad": TABLE_2["sadness"], "Freude": TABLE_2["joy"]}
    assert found.notes == ()


def test_labels_that_nobody_knows_are_named_and_may_be_given(ontology: Ontology, tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, "angry", "zorgle")
    found = with_cells(corpus, ontology, {})
    assert list(found.target().affect) == ["angry"]
    (note,) = found.notes
    assert note.startswith("Arousal and valence of zorgle are not known; affect: {zorgle: {arousal: ..., valence:")
    told = with_cells(corpus, ontology, {"zorgle": OwnCell("low", "neutral", "heard")})
    assert told.target().affect["zorgle"] == Affect("low", "neutral", "heard") or told.target().affect["zorgle"].reason
    assert told.notes == ()


def test_what_is_given_goes_before_the_words(ontology: Ontology, tmp_path: Path) -> None:
    given = {"sad": OwnCell("high", "negative", "they cry")}
    cell = with_cells(corpus_of(tmp_path, "angry", "sad"), ontology, given).target().affect["sad"]
    assert (cell.arousal, cell.valence, cell.reason) == ("high", "negative", "they cry")


def test_a_target_without_any_emotion_has_no_cells_and_no_note(ontology: Ontology, tmp_path: Path) -> None:
    found = with_cells(corpus_of(tmp_path, "yes_1", "no_1"), ontology, {})
    assert (dict(found.target().affect), found.notes) == ({}, ())


def test_a_cell_for_a_label_that_is_not_there_is_refused(ontology: Ontology, tmp_path: Path) -> None:
    given = {"angri": OwnCell("high", "negative", "x")}
    with pytest.raises(CorpusError, match=r"affect for 'angri', which is not a label of it\. Did you mean 'angry'\?"):
        with_cells(corpus_of(tmp_path, "angry", "sad"), ontology, given)


RECIPE = """\
corpora: [{manifest: tones/labels.csv ENTRY}]
protocol: {grouped-k-fold: {k: 3}}
strategy: arousal
frontend: {logmel: {bands: 16}}
backbone: {wide_resnet: {width: 4, blocks: 1}}
adapter: residual
shared: {rounds: 2}
"""


def planned(folder: Path, entry: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    (folder / "recipe.yaml").write_text(RECIPE.replace("ENTRY", entry), encoding="utf-8")
    code = run_command(["run", "recipe.yaml", "--plan"])
    return code, capsys.readouterr().err


def test_a_manifest_is_mapped_to_arousal_by_the_words_or_by_the_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = make_tones(tmp_path / "tones", takes=1)
    text = table.read_text().replace(",anger,", ",angry,").replace(",sadness,", ",sad,")
    table.write_text(text.replace(",neutral,", ",calm,"))
    monkeypatch.chdir(tmp_path)
    code, err = planned(tmp_path, "", capsys)
    assert code == 0, err
    table.write_text(text.replace(",neutral,", ",zorgle,"))
    code, err = planned(tmp_path, "", capsys)
    assert code == 2
    assert "the label 'zorgle' of target 'label' has no arousal. Add affect: {zorgle: {arousal: ..., valence:" in err
    assert "or to its entry in the recipe where it has no card" in err
    cell = ", affect: {zorgle: {arousal: low, valence: neutral, reason: heard so}}"
    code, err = planned(tmp_path, cell, capsys)
    assert code == 0, err
