"""Paths as recipes give them: the user's folder, and variables of the environment, which clusters need."""

from __future__ import annotations

from pathlib import Path

import pytest

import emonet
from emonet.errors import EmonetError, RecipeError
from emonet.files import path_in
from tests.helpers.tones import make_tones

PLAIN = {"plain": {"strategy": "svm", "extractor": "egemaps"}}


def test_variables_and_the_users_folder_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORPORA", "/data/x")
    monkeypatch.setenv("HOME", "/home/me")
    assert path_in("${CORPORA}/emodb") == Path("/data/x/emodb")
    assert path_in("~/${CORPORA}") == Path("/home/me//data/x")
    assert path_in("a$b/{c}") == Path("a$b/{c}")


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORPORA", "/data/x")
    with pytest.raises(EmonetError, match=r"\$\{CORPRA\}/emodb: .* no variable 'CORPRA'\. Did you mean 'CORPORA'"):
        path_in("${CORPRA}/emodb")


def test_a_recipe_finds_its_corpora_by_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tones(tmp_path / "tones")
    monkeypatch.setenv("SOUNDS", str(tmp_path / "tones"))
    listed = {"imported": {"file": "${SOUNDS}/folds.csv"}}
    (tmp_path / "tones/folds.csv").write_text("file,split\n", encoding="utf-8")
    recipe = {"corpora": [{"manifest": "${SOUNDS}/labels.csv"}], "protocol": "by-speaker", "systems": PLAIN}
    assert emonet.plan(recipe, progress=False).stages
    with pytest.raises(EmonetError, match=r"folds\.csv"):
        emonet.plan({**recipe, "protocol": listed}, progress=False)
    monkeypatch.delenv("SOUNDS")
    with pytest.raises(EmonetError, match="no variable 'SOUNDS'"):
        emonet.plan(recipe, progress=False)


def test_a_recipe_whose_braces_yaml_takes_for_its_own_says_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("corpora: [{manifest: ${DATA}/l.csv}]\n", encoding="utf-8")
    with pytest.raises(RecipeError, match=r"r\.yaml:1: not valid YAML: .* Within .* stands in quotes: '\$\{NAME\}/"):
        emonet.plan(tmp_path / "r.yaml", progress=False)
