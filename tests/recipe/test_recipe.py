from __future__ import annotations

import re
from pathlib import Path

import pytest

from emonet.errors import RecipeError
from emonet.recipe.recipe import SVM, Recipe, read_recipe, recipe_schema

RECIPE = """\
corpora: [foo, {bar: {root: data/bar}}, {manifest: lists/}]
protocol: {grouped-k-fold: {k: 5}}
strategy: scratch
frontend: some_frontend
backbone: {some_backbone: {width: 4}}
training:
  weight_decay: 2e-5
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "first.yaml"
    file.write_text(RECIPE, encoding="utf-8")
    return file


def refusal(path: Path, text: str, changes: tuple[str, ...] = ()) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        read_recipe(path, changes)
    return str(caught.value)


def test_intervals_are_not_drawn_so_that_no_recipe_asks_for_draws(path: Path) -> None:
    assert "unknown key 'bootstrap'." in refusal(path, RECIPE + "bootstrap: 1000\n")


def test_keys_at_the_top_make_one_system_named_by_its_strategy(path: Path) -> None:
    recipe, document = read_recipe(path)
    assert list(recipe.systems) == ["scratch"]
    assert recipe.systems["scratch"].training.weight_decay == 2e-5
    assert recipe.systems["scratch"].backbone is not None
    assert recipe.systems["scratch"].backbone.options == {"width": 4}
    assert (recipe.name, document.text) == ("first", RECIPE)


def test_l2_of_former_recipes_is_half_of_the_weight_decay(path: Path) -> None:
    path.write_text(RECIPE.replace("weight_decay: 2e-5", "l2: 1e-5"), encoding="utf-8")
    former = read_recipe(path)[0].systems["scratch"].training
    path.write_text(RECIPE, encoding="utf-8")
    assert former == read_recipe(path)[0].systems["scratch"].training
    assert former.identity()["l2"] == 1e-5
    both = refusal(path, RECIPE.replace("weight_decay", "l2: 1e-5\n  weight_decay"))
    assert "l2 and weight_decay are both given. Keep weight_decay; of l2 it is 2e-05." in both
    assert "unknown key 'systems.scratch.training.l2'" in refusal(
        path, RECIPE.replace("weight_decay: 2e-5", "l2: small")
    )


def test_corpora_are_given_by_id_with_options_or_as_a_manifest(path: Path) -> None:
    foo, bar, manifest = read_recipe(path)[0].corpora
    assert (foo.id, bar.id, bar.root, manifest.manifest) == ("foo", "bar", "data/bar", "lists/")


def test_a_target_is_named_behind_a_slash(path: Path) -> None:
    entry = read_recipe(path, ["corpora=[foo/valence]"])[0].corpora[0]
    assert (entry.id, entry.target) == ("foo", "valence")


@pytest.mark.parametrize(
    ("written", "folds"),
    [("dev", None), ("inner", 5), ("{inner: {folds: 3}}", 3), ("{inner: {}}", 5), ("{inner: }", 5)],
)
def test_c_is_chosen_on_dev_or_by_inner_folds(path: Path, written: str, folds: int | None) -> None:
    (system,) = read_recipe(path, [f"svm.select={written}"])[0].systems.values()
    assert (system.svm.select.inner and system.svm.select.inner.folds) == folds
    assert SVM.model_validate(system.svm.model_dump()) == system.svm
    assert read_recipe(path)[0].systems["scratch"].svm.select.inner is None


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("iner", "expected dev, inner or {inner: {folds: 5}}, found 'iner'"),
        ("{inner: {folds: 1}}", "greater than or equal to 2"),
        ("{inner: {fold: 3}}", "svm.select.inner.fold'. Did you mean 'folds'?"),
    ],
)
def test_what_cannot_choose_c_is_refused_in_words(path: Path, written: str, message: str) -> None:
    assert message in refusal(path, RECIPE, (f"svm.select={written}",))


def test_a_crop_too_short_to_cut_a_clip_by_is_refused(path: Path) -> None:
    (system,) = read_recipe(path, ["training.crop=0.1"])[0].systems.values()
    assert system.training.crop == 0.1
    assert "training.crop' is 1e-05: input should be greater than or equal to 0.1" in (
        refusal(path, RECIPE, ("training.crop=0.00001",))
    )


def test_keys_beside_systems_are_defaults_for_each_of_them(path: Path) -> None:
    text = RECIPE + "systems:\n  a: {}\n  b: {training: {batch: 8}}\n"
    path.write_text(text, encoding="utf-8")
    recipe, _ = read_recipe(path)
    assert recipe.systems["a"].training.weight_decay == 2e-5
    assert recipe.systems["b"].training.batch == 8


def test_an_unknown_key_is_refused_with_its_line_and_the_nearest_key(path: Path) -> None:
    text = refusal(path, RECIPE.replace("weight_decay: 2e-5", "weight_decay: 2e-5\n  pateince: 3"))
    assert f"{path}:8: unknown key 'systems.scratch.training.pateince'. Did you mean 'patience'?" in text


def test_an_unknown_key_at_the_top_is_refused_with_the_nearest_key(path: Path) -> None:
    assert "unknown key 'protocl'. Did you mean 'protocol'?" in refusal(path, RECIPE + "protocl: x\n")


def test_a_key_given_twice_is_refused(path: Path) -> None:
    assert f"{path}:8: the key 'strategy' is given twice" in refusal(path, RECIPE + "strategy: svm\n")


def test_a_missing_key_is_named(path: Path) -> None:
    assert "the key 'protocol' is missing" in refusal(path, RECIPE.replace("protocol: {grouped-k-fold: {k: 5}}\n", ""))


def test_a_recipe_that_is_no_mapping_is_refused(path: Path) -> None:
    assert "a recipe is a mapping of keys" in refusal(path, "- foo\n")


def test_broken_yaml_is_refused_with_its_line(path: Path) -> None:
    assert f"{path}:2: not valid YAML" in refusal(path, "corpora: [foo\nprotocol: x\nb: ]]\n")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="there is no such file"):
        read_recipe(tmp_path / "nothing.yaml")


def test_a_corpus_with_both_id_and_manifest_is_refused(path: Path) -> None:
    text = refusal(path, RECIPE, ("corpora=[{id: a, manifest: b}]",))
    assert "give a corpus id, or {manifest: path}" in text


def test_an_unknown_device_is_refused(path: Path) -> None:
    assert "'gpu' is not a device. Expected auto, cpu" in refusal(path, RECIPE, ("device=gpu",))


def test_an_unknown_normalisation_is_refused_with_the_nearest(path: Path) -> None:
    assert "Did you mean 'speaker'?" in refusal(path, RECIPE, ("normalisation=speakers",))


def test_a_name_of_a_system_with_a_slash_is_refused(path: Path) -> None:
    assert "the system name 'a/b' may hold" in refusal(path, RECIPE, ("systems={a/b: {}}",))


def test_a_name_that_would_lead_out_of_its_folder_is_refused(path: Path) -> None:
    assert "the system name '..' may hold" in refusal(path, RECIPE, ("systems={..: {}}",))
    assert "the name '..' may hold" in refusal(path, RECIPE, ("name=..",))


def test_a_name_too_long_for_a_folder_is_refused(path: Path) -> None:
    assert "longer than 100 bytes. Shorten it" in refusal(path, RECIPE, (f"systems={{{'s' * 101}: {{}}}}",))


def test_set_changes_values_deep_in_the_recipe(path: Path) -> None:
    changes = ["seeds=[1, 2]", "backbone.some_backbone.width=8", "corpora.0=other", "frontend.some_frontend.bands=32"]
    recipe, _ = read_recipe(path, changes)
    system = recipe.systems["scratch"]
    assert recipe.seeds == (1, 2)
    assert system.backbone is not None
    assert system.frontend is not None
    assert (system.backbone.options, system.frontend.options) == ({"width": 8}, {"bands": 32})
    assert recipe.corpora[0].id == "other"


@pytest.mark.parametrize(
    ("change", "message"),
    [("seeds", "is not key=value, as in"), ("corpora.9=x", "'9' is not a position of a list with 3 entries")],
)
def test_a_change_that_cannot_be_made_is_refused(path: Path, change: str, message: str) -> None:
    assert message in refusal(path, RECIPE, (change,))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "systems.net=null",
            "'systems.net' is nothing (null), expected keys with values, as in {key: value}. Known keys",
        ),
        (
            "training=3",
            "'systems.net.training' is 3, expected keys with values, as in {key: value}. Known keys here: ba",
        ),
        ("systems=3", "'systems' is 3, expected keys with values, as in {key: value}."),
    ],
)
def test_what_must_have_keys_is_said_in_plain_words(tmp_path: Path, change: str, message: str) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("corpora: [foo]\nprotocol: by-speaker\nsystems: {net: {strategy: scratch}}\n", encoding="utf-8")
    with pytest.raises(RecipeError, match=re.escape(message)):
        read_recipe(path, [change])


def test_defaults_are_the_papers(path: Path) -> None:
    recipe, _ = read_recipe(path, ["training={}"])
    training, svm = recipe.systems["scratch"].training, recipe.systems["scratch"].svm
    assert (training.batch, training.patience, training.momentum) == (64, 50, 0.9)
    assert (training.weight_decay, training.decay, training.crop) == (2e-6, 1e-6, 5.0)
    assert svm.c == tuple(10.0**-power for power in range(10))


def test_the_schema_knows_every_key_and_the_short_forms() -> None:
    schema = recipe_schema()
    assert set(Recipe.model_fields) <= set(schema["properties"])
    assert {"strategy", "extractor", "normalisation"} <= set(schema["properties"])
    assert "systems" not in schema["required"]
    assert {"type": "string"} in schema["$defs"]["Choice"]["anyOf"]
