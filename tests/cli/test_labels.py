"""``emonet labels``: words, coverage and shared spaces, for people and as JSON."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.helpers.cli_terminal import Emonet, write_tone


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A recipe with two manifests whose labels differ in language."""
    for name, labels in (("de", ("Wut", "Freude", "Langeweile")), ("en", ("angry", "happy", "bored-ish"))):
        folder = tmp_path / name
        folder.mkdir()
        for label in labels:
            write_tone(folder / f"{label}.wav")
        rows = "".join(f"{label}.wav,{label},s1\n" for label in labels)
        (folder / f"{name}.csv").write_text(f"file,label,speaker\n{rows}", encoding="utf-8")
    path = tmp_path / "recipe.yaml"
    path.write_text(
        "corpora: [{manifest: de/de.csv}, {manifest: en/en.csv}]\nprotocol: by-speaker\nstrategy: aggregate\n"
        "map: shared\n",
        encoding="utf-8",
    )
    return path


def test_words_are_listed_with_cells_users_and_contests(emonet: Emonet) -> None:
    shown = emonet("labels")
    assert shown.code == 0
    assert "Russell (1980), astonished at 70 degrees" in shown.out
    assert "labels of" in shown.out
    listed = emonet("labels", "--json").json
    words = {word["name"]: word for word in listed["words"]}
    assert words["anger"]["source"] == "Table 2"
    assert "emodb" in words["anger"]["corpora"]
    assert listed["coverage"]["Table 2"] > 50


def test_a_word_is_shown_by_any_spelling(emonet: Emonet) -> None:
    shown = emonet("labels", "show", "Freude")
    assert shown.out.startswith("joy\n")
    assert "same as     happiness" in shown.out
    assert "misspelt    joyfull" in shown.out
    assert "contested   low/positive" in emonet("labels", "show", "interest").out
    assert "family      fear" in emonet("labels", "show", "worry").out
    assert emonet("labels", "show", "rabbia", "--json").json["name"] == "anger"
    unknown = emonet("labels", "show", "angre")
    assert (unknown.code, "Did you mean 'anger'?" in unknown.err) == (2, True)


def test_coverage_of_a_corpus_and_of_a_recipe(emonet: Emonet, recipe: Path) -> None:
    shown = emonet("labels", "coverage", "ravdess")
    assert "10 labels: 7 by Table 2, 1 by a card's own reason, 2 no emotion." in shown.out
    assert {each["corpus"] for each in emonet("labels", "coverage", "--json").json} > {"emodb", "ravdess"}
    own = emonet("labels", "coverage", "--recipe", recipe)
    assert "Not mapped: " in own.out
    listed = emonet("labels", "coverage", "--recipe", recipe, "--json").json
    assert {each["status"] for each in listed} == {"Table 2", "unmapped"}
    assert {each["word"] for each in listed} == {"anger", "joy", "boredom", "happiness", ""}


def test_a_shared_space_is_a_table_and_a_piece_of_a_recipe(emonet: Emonet) -> None:
    shown = emonet("labels", "shared", "emodb", "enterface")
    assert shown.code == 0
    assert "5 classes shared by 2 of 2" in shown.out
    assert "emodb/emotion as its card documents" in shown.out
    piece = yaml.safe_load(shown.out.split("For a recipe:\n")[1])
    assert piece["corpora"][0]["id"] == "emodb"
    assert "boredom" not in piece["corpora"][0]["classes"]
    assert piece["map"]["anger"] == "anger"


def test_a_shared_space_as_data_has_counts_of_what_is_lost(emonet: Emonet) -> None:
    found = emonet("labels", "shared", "emodb", "ravdess", "--json").json
    assert found["classes"] == ["anger", "disgust", "fear", "happiness", "neutral", "sadness"]
    assert found["tasks"]["emodb/emotion"] == {
        "kept": {"anger": 127, "disgust": 46, "fear": 69, "happiness": 71, "neutral": 79, "sadness": 62},
        "lost": {"boredom": 81},
        "counts": "card",
    }


def test_a_shared_space_of_a_recipe_s_manifests(emonet: Emonet, recipe: Path) -> None:
    found = emonet("labels", "shared", "--recipe", recipe, "--json").json
    assert found["merged"] == {"anger": ["Wut", "angry"], "happiness": ["Freude", "happy"]}
    assert found["tasks"]["de/label"]["counts"] == "unknown"
    assert "without counts" in emonet("labels", "shared", "--recipe", recipe).out


def test_counts_come_from_what_is_prepared(emonet: Emonet, tones: Path, plugin: Path) -> None:
    assert emonet("corpora", "prepare", "tones", "--root", tones, "--plugin", plugin).code == 0
    found = emonet("labels", "shared", "tones", "emodb", "--plugin", plugin, "--json").json
    assert found["tasks"]["tones/emotion"]["counts"] == "prepared"
    assert found["tasks"]["tones/emotion"]["kept"] == {"joy": 3, "anger": 3, "neutral": 3}


def test_too_little_in_common_is_a_finding_and_too_few_corpora_an_error(emonet: Emonet, recipe: Path) -> None:
    lone = emonet("labels", "shared", "casia", "polish_speech_emotions", "--least", "3")
    assert (lone.code, "no task can be made of them" in lone.out) == (1, True)
    assert "two corpora at least" in emonet("labels", "shared", "emodb").err
    both = emonet("labels", "shared", "emodb", "--recipe", recipe)
    assert (both.code, "not both" in both.err) == (2, True)
    assert "Did you mean 'emodb'?" in emonet("labels", "shared", "emodbb", "ravdess").err
