"""A normalisation is one entry of a table: what is added there can be asked for, is learned with and is told of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emonet.learn.normalisation import TABLE, load_table
from emonet.recipe.normalisation import NORMALISATIONS, Normalisation
from tests.helpers.cli_run import call
from tests.helpers.tones import make_tones

RECIPE = """\
corpora: [{manifest: tones/labels.csv}]
protocol: by-speaker
systems:
  svm: {strategy: svm, extractor: egemaps, normalisation: added, svm: {c: [0.1]}}
  net:
    strategy: scratch
    normalisation: added
    frontend: {logmel: {bands: 16}}
    backbone: {wide_resnet: {width: 2, blocks: 1}}
    training: {batch: 8, epochs: 1, crop: 0.2}
"""
TAKES = Normalisation(lambda item, task: item.id[-1])
CLIPS = Normalisation(lambda item, task: item.id, asks="clip")
NOBODY = Normalisation(lambda item, task: None, asks="microphone")


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_tones(tmp_path / "tones")
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "r.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[Path, list[dict[str, Any]]]:
    code, out, err = call(capsys, "run", "r.yaml", "--json", *words)
    assert code == 0, err
    result = json.loads(out)
    return Path(result["run"]), result["scores"]


@pytest.mark.slow
def test_groups_that_training_knows_keep_its_statistics(
    recipe: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(NORMALISATIONS, "added", TAKES)
    run, scores = ran(capsys)
    tables = [load_table(path) for path in run.glob(f"checkpoints/*/*/*/{TABLE}")]
    assert [set(table.means) for table in tables] == [{"0", "1"}, {"0", "1"}]
    assert {(score["normalisation"], score["transductive"]) for score in scores} == {("added", False)}
    code, _, err = call(capsys, "pack", "export", run.name, "--system", "net", "--out", "pack")
    assert code == 2
    assert "'labels/label' is normalised in 2 groups of clips (added), and a pack holds mean and scale of one" in err


@pytest.mark.slow
def test_groups_that_training_has_not_heard_take_their_own_and_the_scores_say_so(
    recipe: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(NORMALISATIONS, "added", CLIPS)
    run, scores = ran(capsys)
    protocol = next(iter(json.loads((run / "protocols.json").read_text(encoding="utf-8")).values()))
    ((_, splits),) = protocol["folds"].items()
    learned = {id_ for id_, split in splits.items() if split != "test"}
    tables = [load_table(path) for path in run.glob(f"checkpoints/*/*/*/{TABLE}")]
    assert [set(table.means) for table in tables] == [learned, learned]
    assert {score["transductive"] for score in scores} == {True}
    assert any(score["split"] == "test" for score in scores)
    code, _, err = call(capsys, "pack", "export", run.name, "--system", "net", "--out", "pack")
    assert code == 2
    assert "'labels/label' was trained with each clip's own statistics (normalisation: added), and a prediction" in err
    _, out, _ = call(capsys, "runs", "show", run.name)
    assert "transductive: features normalised with each added's own clips" in " ".join(out.split())


def test_a_group_that_nobody_knows_is_refused_before_anything_is_decoded(
    recipe: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(NORMALISATIONS, "added", NOBODY)
    monkeypatch.setenv("EMONET_HOME", str(tmp_path / "home"))
    code, _, err = call(capsys, "run", "r.yaml")
    assert code == 2
    assert "'labels/label' does not say the microphone of every utterance, so that normalisation: added cannot" in err
    assert "Choose global, none or corpus." in err
    assert not (tmp_path / "home" / "store").exists()


def test_an_added_normalisation_is_in_the_schema_and_a_typo_finds_it(
    recipe: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(NORMALISATIONS, "added", TAKES)
    code, _, err = call(capsys, "run", "r.yaml", "--set", "systems.svm.normalisation=aded")
    assert code == 2
    assert "is 'aded', expected 'global', 'none', 'corpus', 'speaker' or 'added'. Did you mean 'added'?" in err
    _, out, _ = call(capsys, "recipe", "schema")
    assert json.loads(out)["$defs"]["System"]["properties"]["normalisation"]["anyOf"][0]["enum"][-1] == "added"
