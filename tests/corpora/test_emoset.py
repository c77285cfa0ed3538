"""The corpora of EMOSET in recipes: classes that are not public, and protocols after the paper."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import emonet_corpora
from emonet.corpus.corpus import Corpus
from emonet.engine.gather import Gathered, gather
from emonet.errors import CorpusError, RecipeError
from emonet.plugin.registry import load_registry
from emonet.protocols.protocol import make_protocol
from emonet.recipe.recipe import Recipe
from emonet.testing.fake import fake_release

CORPORA = {corpus.id: corpus for corpus in emonet_corpora.emonet_corpora()}
NOT_PUBLIC = sorted(id_ for id_, corpus in CORPORA.items() if corpus.target().open and corpus.access == "unpublished")


def listed(folder: Path, rows: list[tuple[str, ...]], header: str = "file,label,speaker") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{','.join(row)}\n" for row in rows)
    (folder / "manifest.csv").write_text(f"{header}\n{lines}", encoding="utf-8")
    return folder


def gathered(id_: str, root: Path) -> Gathered:
    recipe = {
        "corpora": [{"id": id_, "root": str(root)}],
        "protocol": "leave-one-speaker-out",
        "systems": {"s": {"strategy": "svm"}},
    }
    return gather(Recipe.model_validate(recipe), root, load_registry()).corpora[0]


def test_three_corpora_keep_their_classes_to_themselves() -> None:
    assert NOT_PUBLIC == ["ea_act", "ea_bmw", "ea_wsj"]


@pytest.mark.parametrize("id_", NOT_PUBLIC)
def test_the_words_of_the_manifest_are_the_classes(id_: str, tmp_path: Path) -> None:
    rows = [(f"{who}_{word}.wav", word, who) for who in ("a", "b", "c") for word in ("joy", "irritation")]
    facts = gathered(id_, listed(tmp_path, rows)).facts
    assert facts.outputs.classes == ("irritation", "joy")
    assert facts.task(0).classes == ("irritation", "joy")


def test_a_word_outside_table_2_is_refused_with_its_line(tmp_path: Path) -> None:
    root = listed(tmp_path, [("a.wav", "joy", "a"), ("b.wav", "joyy", "b")])
    with pytest.raises(CorpusError, match=r"manifest\.csv:3: the card maps no code 'joyy'.*Did you mean 'joy'"):
        gathered("ea_bmw", root)


def test_one_word_alone_is_no_task(tmp_path: Path) -> None:
    root = listed(tmp_path, [(f"{who}.wav", "joy", who) for who in ("a", "b", "c")])
    with pytest.raises(RecipeError, match=r"'ea_bmw': only 'joy' occurs .* not known"):
        gathered("ea_bmw", root)


@pytest.mark.parametrize("id_", sorted(id_ for id_, corpus in CORPORA.items() if "manifest.csv" in corpus.fixtures))
def test_a_corpus_without_a_public_layout_says_what_to_write(id_: str) -> None:
    corpus = CORPORA[id_]
    assert corpus.confidence == "low"
    for word in ("manifest.csv", "file", "label"):
        assert word in corpus.how_to_get


def splits_of(corpus: Corpus, name: str, root: Path) -> dict[str, Counter[str | None]]:
    """Return speakers and how often they stand in each split."""
    said = [each for each in corpus.scan(root) if corpus.target().name in each.labels]
    (fold,) = make_protocol(name, {}, corpus, said).folds
    return {
        split: Counter(each.speaker for each in said if fold.splits[each.id] == split)
        for split in ("train", "dev", "test")
    }


def test_ppmmk_tests_on_speakers_of_its_own_and_draws_dev_from_train(tmp_path: Path) -> None:
    rows = [
        (f"{who}_{take}.wav", word, f"s{who}", "test" if who > 5 else "train")
        for who in range(8)
        for word in ("angry", "sad")
        for take in (word, f"{word}2")
    ]
    root = listed(tmp_path, rows, "file,label,speaker,split")
    splits = splits_of(CORPORA["ppmmk"], "section-3.2", root)
    assert set(splits["test"]) == {"s6", "s7"}
    assert sum(splits["dev"].values()) == round(0.2 * 24)
    assert not set(splits["dev"]) & set(splits["test"])


def test_demos_tests_prototypical_portrayals_of_its_speakers(tmp_path: Path) -> None:
    corpus = CORPORA["demos"]
    root = fake_release(corpus, tmp_path, seconds=0.01)
    splits = splits_of(corpus, "prototypicality", root)
    assert set(splits["test"]) == {"23", "01", "68"}
    assert sum(splits["dev"].values()) == 1
    speakers = {speaker for fold in corpus.protocols[1].folds for listed in fold.values() for speaker in listed}
    assert speakers == {f"{number:02d}" for number in range(46, 70)}
