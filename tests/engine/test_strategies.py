"""Every strategy, end to end on tones: two corpora, three folds, the real command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open
from safetensors.torch import load_file
from torch.nn import functional

from emonet.cli.app import run_command
from emonet.files import stages_folder
from tests.helpers.tones import make_tones

RECIPE = """\
corpora: [{manifest: one/labels.csv}, {manifest: two/more.csv}]
protocol: {grouped-k-fold: {k: 3}}
frontend: {logmel: {bands: 16}}
backbone: {wide_resnet: {width: 4, blocks: 1}}
training: {batch: 8, epochs: 1, crop: 0.2}
shared: {rounds: 2}
systems:
"""
ADAPTED = "adapter: residual"
SYSTEMS = {
    "scratch": "{strategy: scratch}",
    "head": "{strategy: head, source: {corpus: {manifest: one/labels.csv}}}",
    "full": "{strategy: full, source: {corpus: {manifest: one/labels.csv}}}",
    "adapters": f"{{strategy: adapters, source: {{corpus: {{manifest: one/labels.csv}}}}, {ADAPTED}}}",
    "multi-domain": f"{{strategy: multi-domain, {ADAPTED}}}",
    "arousal": f"{{strategy: arousal, {ADAPTED}}}",
    "valence": f"{{strategy: valence, {ADAPTED}}}",
    "both": f"{{strategy: arousal+valence, {ADAPTED}}}",
    "shared": f"{{strategy: aggregate, map: shared, {ADAPTED}}}",
    "mapped": f"{{strategy: aggregate, map: {{anger: bad, sadness: bad, neutral: fine}}, {ADAPTED}}}",
}


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_tones(tmp_path / "one", takes=1)
    make_tones(tmp_path / "two", takes=1, speakers=3, first=4).rename(tmp_path / "two" / "more.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "strategies.yaml"


def ran(recipe: Path, capsys: pytest.CaptureFixture[str], systems: dict[str, str], *words: str) -> dict[str, Any]:
    lines = "".join(f"  {name}: {system}\n" for name, system in systems.items())
    recipe.write_text(RECIPE + lines, encoding="utf-8")
    code = run_command(["run", recipe.name, "--json", *words])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return json.loads(captured.out)


@pytest.mark.slow
@pytest.mark.parametrize("name", SYSTEMS)
def test_the_strategy_runs_on_two_corpora(name: str, recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = ran(recipe, capsys, {name: SYSTEMS[name]})
    found = {(score["task"], score["split"], score["checkpoint"]) for score in result["scores"]}
    tasks = ("labels/label", "more/label")
    assert found == {(task, split, name) for task in tasks for split in ("dev", "test") for name in ("best", "final")}
    state = json.loads((Path(result["run"]) / "run.json").read_text(encoding="utf-8"))
    plan = json.loads((Path(result["run"]) / "plan.json").read_text(encoding="utf-8"))
    scored = {stage["key"] for stage in plan["stages"] if stage["scored"]}
    assert set(state["tests_opened"]) == scored
    for stage in plan["stages"]:
        for split in ("dev", "test"):
            predictions = stages_folder() / stage["key"] / f"predictions-{split}.parquet"
            assert predictions.is_file() == (stage["key"] in scored)


def other_labels(recipe: Path, top: str, system: str) -> None:
    """Give the second corpus labels of its own, one of which the first one lacks."""
    table = recipe.parent / "two" / "more.csv"
    text = table.read_text(encoding="utf-8").replace(",anger,", ",Wut,").replace(",sadness,", ",boredom,")
    table.write_text(text, encoding="utf-8")
    recipe.write_text(f"{top}\n{RECIPE}  one: {system}\n", encoding="utf-8")


def test_a_shared_map_leads_labels_of_two_languages_into_one_task(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other_labels(recipe, "", f"{{strategy: aggregate, map: shared, {ADAPTED}}}")
    assert run_command(["run", recipe.name, "--plan", "--json"]) == 0
    stages = json.loads(capsys.readouterr().out)["stages"]
    together = [stage for stage in stages if not stage["scored"]]
    assert {tuple(stage["classes"][0]) for stage in together} == {("anger", "neutral")}
    alone = {stage["tasks"][0]: tuple(stage["classes"][0]) for stage in stages if stage["scored"]}
    assert alone == {"labels/label": ("anger", "neutral", "sadness"), "more/label": ("Wut", "boredom", "neutral")}


def test_corpora_can_be_narrowed_to_the_labels_that_all_have(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other_labels(recipe, "classes: shared", "{strategy: scratch}")
    assert run_command(["run", recipe.name, "--plan", "--json"]) == 0
    stages = json.loads(capsys.readouterr().out)["stages"]
    alone = {stage["tasks"][0]: tuple(stage["classes"][0]) for stage in stages}
    assert alone == {"labels/label": ("anger", "neutral"), "more/label": ("Wut", "neutral")}


@pytest.mark.slow
def test_corpora_narrowed_to_what_they_share_run_to_the_end(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other_labels(recipe, "classes: shared", f"{{strategy: aggregate, map: shared, {ADAPTED}}}")
    assert run_command(["run", recipe.name, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert {each["corpus"]: each["samples"] for each in result["corpora"]} == {"labels": 12, "more": 9}
    scores = result["scores"]
    assert {tuple(score["classes"]) for score in scores} == {("anger", "neutral"), ("Wut", "neutral")}


@pytest.mark.slow
def test_shared_weights_do_not_move_while_adapters_are_tuned(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = ran(recipe, capsys, {"multi": SYSTEMS["multi-domain"]})
    plan = json.loads((Path(result["run"]) / "plan.json").read_text(encoding="utf-8"))
    for stage in plan["stages"]:
        for parent in stage["parents"]:
            _check_frozen(
                stages_folder() / parent / "final.safetensors", stages_folder() / stage["key"], stage["tasks"]
            )


def _check_frozen(parent: Path, folder: Path, tasks: list[str]) -> None:
    for name in ("best", "final"):
        with safe_open(parent, "pt") as before, safe_open(folder / f"{name}.safetensors", "pt") as after:
            shared = [key for key in after.keys() if key.startswith("backbone.")]  # noqa: SIM118 - no mapping
            private = [key for key in after.keys() if key.startswith(("private.", "heads."))]  # noqa: SIM118
            assert shared
            assert private
            assert all(before.get_tensor(key).equal(after.get_tensor(key)) for key in shared)
            assert not all(before.get_tensor(key).equal(after.get_tensor(key)) for key in private)
            assert all(tasks[0] in key for key in private)


@pytest.mark.slow
def test_adapters_are_dropped_or_folded_and_norms_are_the_firsts_or_the_mean(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ways = {"plain": "", "folded": "adapters: fold", "mean": "norms: mean"}
    systems = {
        name: f"{{strategy: arousal+valence, shared: {{rounds: 2, {way}}}, {ADAPTED}}}" for name, way in ways.items()
    }
    plan = json.loads((Path(ran(recipe, capsys, systems)["run"]) / "plan.json").read_text(encoding="utf-8"))
    assert len({stage["key"] for stage in plan["stages"] if not stage["scored"]}) == 3, "one a fold serves all systems"
    tuned = {name: next(s for s in plan["stages"] if s["scored"] and s["system"] == name) for name in ways}
    weights = {name: load_file(stages_folder() / stage["key"] / "final.safetensors") for name, stage in tuned.items()}
    before = load_file(stages_folder() / tuned["plain"]["parents"][0] / "final.safetensors")
    kernel, task = "backbone.stages.0.0.first.conv.weight", "private.aggregate/{}."
    branch = before[task.format("arousal") + "beside.stages/0/0/first/conv.weight"]
    assert weights["plain"][kernel].equal(before[kernel])
    assert weights["folded"][kernel].equal(before[kernel] + functional.pad(branch, (1, 1, 1, 1)))
    norm = "copies.stages/0/0/first/norm.weight"
    own = [before[task.format(name) + norm] for name in ("arousal", "valence")]
    assert weights["plain"]["backbone.stages.0.0.first.norm.weight"].equal(own[0])
    assert weights["folded"]["backbone.stages.0.0.first.norm.weight"].equal(own[0])
    assert weights["mean"]["backbone.stages.0.0.first.norm.weight"].equal((own[0] + own[1]) / 2)
    assert not own[0].equal(own[1])


@pytest.mark.slow
def test_what_each_task_received_is_logged(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = ran(recipe, capsys, {"multi": SYSTEMS["multi-domain"], "arousal": SYSTEMS["arousal"]})
    plan = json.loads((Path(result["run"]) / "plan.json").read_text(encoding="utf-8"))
    for stage in plan["stages"]:
        if not stage["scored"]:
            facts = json.loads((stages_folder() / stage["key"] / "stage.json").read_text(encoding="utf-8"))
            if stage["kind"] == "rounds":
                assert {counts["steps"] for counts in facts["received"].values()} == {6}
            else:
                assert set(facts["exposure"]["aggregate/arousal"]) == {"labels", "more"}


@pytest.mark.slow
def test_a_checkpoint_is_a_source_too(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = ran(recipe, capsys, {"scratch": SYSTEMS["scratch"]})
    path = next((Path(first["run"]) / "checkpoints").rglob("best.safetensors")).resolve()
    full = {"full": f"{{strategy: full, source: {{checkpoint: {path}}}}}"}
    result = ran(recipe, capsys, full, "--set", "audit=report")
    assert {score["strategy"] for score in result["scores"]} == {"full"}


@pytest.mark.slow
def test_a_head_cannot_be_tuned_on_norms_that_are_all_private(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = ran(recipe, capsys, {"multi": SYSTEMS["multi-domain"]})
    plan = json.loads((Path(result["run"]) / "plan.json").read_text(encoding="utf-8"))
    shared = next(stage["key"] for stage in plan["stages"] if not stage["scored"])
    path = stages_folder() / shared / "final.safetensors"
    text = f"  head: {{strategy: head, source: {{checkpoint: {path}}}}}\n"
    recipe.write_text(RECIPE + text, encoding="utf-8")
    assert run_command(["run", recipe.name, "--quiet", "--set", "audit=report"]) == 2
    assert "a head alone cannot be tuned on it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere", "Unknown corpus 'nowhere'"),
        ("{checkpoint: gone.safetensors}", "there is no checkpoint"),
        ("{checkpoint: .}", "is a folder, not a checkpoint. Name a .safetensors file, under source"),
    ],
)
def test_a_source_that_is_not_there_is_refused(
    recipe: Path, capsys: pytest.CaptureFixture[str], source: str, message: str
) -> None:
    recipe.write_text(f"{RECIPE}  full: {{strategy: full, source: {source}}}\n", encoding="utf-8")
    assert run_command(["run", recipe.name, "--quiet"]) == 2
    assert message in capsys.readouterr().err


def test_a_folder_in_place_of_a_checkpoint_is_refused_with_a_file_that_is_in_it(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = recipe.parent / "pack"
    folder.mkdir()
    (folder / "shared.safetensors").touch()
    recipe.write_text(f"{RECIPE}  full: {{strategy: full, source: {{checkpoint: pack}}}}\n", encoding="utf-8")
    assert run_command(["run", recipe.name, "--quiet"]) == 2
    assert "Name a .safetensors file, such as shared.safetensors in it" in capsys.readouterr().err
