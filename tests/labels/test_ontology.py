"""Canonical words: found by any spelling, told apart where two claim one, and extended by plugins."""

from __future__ import annotations

from pathlib import Path

import pytest

import emonet
from emonet.affect import TABLE_2, Affect
from emonet.errors import PluginError, UnknownName
from emonet.labels.ontology import Ontology, ontology_of
from emonet.labels.words import Contest, Word
from emonet.plugin.registry import load_registry

CELL = Affect("high", "negative", "loud")


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return load_registry().ontology


def write(folder: Path, text: str) -> Path:
    path = folder / "words.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("label", "word"),
    [
        ("Anger", "anger"),
        ("ANG", "anger"),
        ("Wut", "anger"),
        ("Ärger", "anger"),
        ("colère", "anger"),
        ("rabbia", "anger"),
        ("złość", "anger"),
        ("k\u0131zg\u0131n", "anger"),
        ("生气", "anger"),
        ("shengqi", "anger"),
        ("Pleasant_Surprise", "surprise"),
        ("Dusgusted", "disgust"),
        ("Superised", "surprise"),
        ("Angray", "anger"),
        ("neutrual", "neutral"),
        ("gioia", "joy"),
        ("high stress", "high-stress"),
    ],
)
def test_a_label_is_found_in_any_spelling(ontology: Ontology, label: str, word: str) -> None:
    assert ontology.canonical(label) == word


def test_an_unknown_label_has_no_word_but_the_nearest_one_is_proposed(ontology: Ontology) -> None:
    assert (ontology.canonical("happpy"), ontology.nearest("happpy")) == (None, "happiness")
    assert (ontology.canonical("qzx"), ontology.nearest("qzx"), ontology.cell("qzx")) == (None, None, None)
    with pytest.raises(UnknownName, match=r"Unknown label 'angre'. Did you mean 'anger'"):
        ontology.word("angre")


def test_words_of_table_2_keep_its_cell_and_all_others_have_a_reason(ontology: Ontology) -> None:
    assert set(TABLE_2) < set(ontology.words)
    assert len(ontology.words) > 60
    for name, word in ontology.words.items():
        assert word.affect is not None, name
        assert word.affect == TABLE_2.get(name, word.affect), name
        assert bool(word.affect.reason) == (name not in TABLE_2), name
        assert word.source == (word.affect.reason or "Table 2"), name
    assert ontology.cell("Wut") == TABLE_2["anger"]


def test_contested_words_say_who_puts_them_where(ontology: Ontology) -> None:
    contested = {name for name, word in ontology.words.items() if word.contested}
    assert {"surprise", "interest", "anxiety", "calm", "pride", "boredom"} <= contested
    for name in contested:
        word = ontology.words[name]
        assert word.affect is not None
        own = (word.affect.arousal, word.affect.valence)
        for contest in word.contested:
            assert (contest.arousal or own[0], contest.valence or own[1]) != own, name


def test_one_sense_and_one_family_stand_for_many_words(ontology: Ontology) -> None:
    assert (ontology.sense("joy"), ontology.family("joy"), ontology.family("amusement")) == ("happiness",) * 3
    assert (ontology.sense("anxiety"), ontology.family("anxiety")) == ("anxiety", "fear")
    assert ontology.sense("unheard-of") == ontology.family("unheard-of") == "unheard-of"
    assert "shengqi" in ontology.aliases("anger")


def test_a_second_plugin_may_add_spellings() -> None:
    joined = ontology_of([(Word("anger", CELL), "one"), (Word("anger", aliases={"sw": ("hasira",)}), "two")])
    assert joined.canonical("Hasira") == "anger"
    assert joined.cell("hasira") == CELL


def test_two_plugins_that_disagree_are_named() -> None:
    with pytest.raises(PluginError, match=r"disagree on affect of the word 'anger': one says .*, two says"):
        ontology_of([(Word("anger", CELL), "one"), (Word("anger", Affect("low", "neutral", "calm")), "two")])


def test_a_spelling_belongs_to_one_word() -> None:
    words = [(Word("anger", aliases={"es": ("ira",)}), "one"), (Word("wrath", aliases={"la": ("IRA",)}), "two")]
    with pytest.raises(PluginError, match=r"'IRA' stands for 'anger' \(one\) and for 'wrath' \(two\)"):
        ontology_of(words)


def test_words_lead_to_words_that_exist_and_never_in_a_circle() -> None:
    with pytest.raises(
        PluginError, match=r"one: family of the word 'rage': Unknown word 'angre'. Did you mean 'anger'"
    ):
        ontology_of([(Word("rage", family="angre"), "one"), (Word("anger"), "one")])
    with pytest.raises(PluginError, match="the words joy, bliss lead in a circle"):
        ontology_of([(Word("joy", same_as="bliss"), "one"), (Word("bliss", family="joy"), "one")])


def test_a_file_of_words_is_read_strictly(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "anger: {aliases: {sw: [hasira]}}\n"
        "awe: {affect: {arousal: high, valence: neutral, reason: r}, contested: [{by: me, valence: positive}]}\n",
    )
    anger, awe = emonet.words_in(path)
    assert anger == Word("anger", TABLE_2["anger"], {"sw": ("hasira",)})
    assert awe.contested == (Contest("me", None, "positive"),)
    assert (awe.source, Word("x").source) == ("r", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("anger: {alias: {}}", r"words.yaml:1: unknown key 'anger.alias'. Did you mean 'aliases'"),
        ("Anger: {}", r"words.yaml:1: the word 'Anger' is not plain. Write it 'anger'"),
        ("\nanger: {affect: {arousal: low, valence: neutral, reason: r}}", r"words.yaml:2: .*from the paper's Table 2"),
        ("awe: {contested: [{by: me}]}", "say where the word is put instead"),
        ("awe: {}\nawe: {}", "words.yaml:2: the key 'awe' is given twice"),
    ],
)
def test_a_wrong_file_is_refused_in_words(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(PluginError, match=message):
        emonet.words_in(write(tmp_path, text))


def test_a_plugin_file_brings_words(tmp_path: Path) -> None:
    plugin = tmp_path / "swahili.py"
    plugin.write_text(
        "import emonet\n\n@emonet.hookimpl\ndef emonet_words():\n"
        "    return [emonet.Word('anger', aliases={'sw': ('hasira',)})]\n",
        encoding="utf-8",
    )
    assert load_registry([plugin]).ontology.canonical("hasira") == "anger"


def test_a_plugin_that_brings_something_else_is_broken(tmp_path: Path) -> None:
    plugin = tmp_path / "strange.py"
    plugin.write_text(
        "import emonet\n\n@emonet.hookimpl\ndef emonet_words():\n    return ['anger']\n", encoding="utf-8"
    )
    registry = load_registry([plugin])
    assert registry.ontology.canonical("anger") == "anger"
    assert "expected Word objects only" in registry.broken()[0].error
