"""Whole runs on generated tones, through the real command line and the real components."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from safetensors import safe_open
from sklearn.metrics import balanced_accuracy_score

from emonet.cli.app import run_command

RECIPE = """\
# two systems on tones
corpora: [{manifest: tones/labels.csv}]
protocol: leave-one-speaker-out
systems:
  svm: {strategy: svm, extractor: egemaps, svm: {c: [0.1, 0.01]}}
  net:
    strategy: scratch
    frontend: {logmel: {bands: 16}}
    backbone: {wide_resnet: {width: 4, blocks: 1}}
    training: {batch: 8, epochs: 1, crop: 0.2}
"""


@pytest.fixture
def recipe(tones: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tones.parent.parent
    monkeypatch.chdir(folder)
    (folder / "first.yaml").write_text(RECIPE, encoding="utf-8")
    return folder / "first.yaml"


@pytest.fixture
def emonet(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*words: str) -> tuple[int, str, str]:
        code = run_command([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


Emonet = Callable[..., tuple[int, str, str]]


def ran(emonet: Emonet, *words: str) -> dict[str, Any]:
    code, out, err = emonet("run", "first.yaml", "--json", *words)
    assert code == 0, err
    return json.loads(out)


def test_a_run_leaves_everything_its_scores_came_from(recipe: Path, emonet: Emonet) -> None:
    result = ran(emonet)
    folder = Path(result["run"])
    assert (folder / "recipe.yaml").read_text(encoding="utf-8") == RECIPE
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert len(plan["stages"]) == 8
    environment = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
    assert {"torch", "emonet", "scikit-learn"} <= set(environment["packages"])
    protocols = json.loads((folder / "protocols.json").read_text(encoding="utf-8"))
    (protocol,) = protocols.values()
    assert {score["protocol_hash"] for score in result["scores"]} == {protocol["hash"]}
    assert {value for stage in plan["stages"] for value in stage["protocols"].values()} == {protocol["hash"]}
    state = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert state["state"] == "complete"
    assert set(state["tests_opened"].values()) == {1}
    assert len(list((folder / "history").rglob("*.json"))) == 8
    names = sorted(path.name for path in (folder / "checkpoints").rglob("*"))
    assert names.count("best.safetensors") == 8
    assert names.count("final.safetensors") == 4
    assert (folder / "events.jsonl").is_file()


def test_scores_agree_with_the_predictions_on_disk(recipe: Path, emonet: Emonet) -> None:
    result = ran(emonet)
    rows = pyarrow.parquet.read_table(Path(result["run"]) / "predictions.parquet").to_pylist()
    for score in result["scores"]:
        wanted = [row for row in rows if all(row[key] == score[key] for key in ("system", "split", "checkpoint"))]
        assert len(wanted) == 24 == score["n"]
        truth, predicted = [row["truth"] for row in wanted], [row["predicted"] for row in wanted]
        assert score["metrics"]["uar"] == pytest.approx(balanced_accuracy_score(truth, predicted))
        assert score["chance"] == pytest.approx(1 / 3)
        assert score["interval"]["low"] <= score["metrics"]["uar"] <= score["interval"]["high"]
        assert score["interval"]["kind"] == "speakers"
    found = {(score["system"], score["split"], score["checkpoint"]) for score in result["scores"]}
    assert found == {
        *(("net", split, name) for split in ("dev", "test") for name in ("best", "final")),
        ("svm", "dev", "best"),
        ("svm", "test", "best"),
    }


def test_checkpoints_are_safetensors_that_name_their_classes(recipe: Path, emonet: Emonet) -> None:
    folder = Path(ran(emonet)["run"])
    with safe_open(next((folder / "checkpoints" / "net").rglob("best.safetensors")), framework="pt") as file:
        facts = json.loads(file.metadata()["emonet"])
    assert facts["tasks"] == {"labels/label": ["anger", "neutral", "sadness"]}


def test_the_svm_hears_the_pitch(recipe: Path, emonet: Emonet) -> None:
    scores = ran(emonet)["scores"]
    (svm,) = [score for score in scores if score["system"] == "svm" and score["split"] == "test"]
    assert svm["metrics"]["uar"] > 0.9


def test_the_same_run_again_does_nothing_twice(recipe: Path, emonet: Emonet) -> None:
    first = ran(emonet)
    code, out, _ = emonet("run", "first.yaml", "--plan", "--json")
    assert code == 0
    assert all(stage["done"] for stage in json.loads(out)["stages"])
    before = {path: path.stat().st_mtime_ns for path in _stage_files()}
    assert ran(emonet) == first
    assert {path: path.stat().st_mtime_ns for path in _stage_files()} == before


def _stage_files() -> list[Path]:
    from emonet.files import stages_folder

    files = sorted(stages_folder().rglob("stage.json"))
    assert len(files) == 8
    return files


def test_another_recipe_that_shares_stages_reuses_them_under_its_own_names(recipe: Path, emonet: Emonet) -> None:
    ran(emonet)
    text = RECIPE.replace("  svm: {", "  baseline: {").replace("width: 4", "width: 5")
    recipe.write_text(text, encoding="utf-8")
    _, out, _ = emonet("run", "first.yaml", "--plan", "--json")
    done = {(stage["system"], stage["done"]) for stage in json.loads(out)["stages"]}
    assert done == {("baseline", True), ("net", False)}
    scores = ran(emonet)["scores"]
    assert {score["system"] for score in scores} == {"baseline", "net"}


def test_a_run_killed_between_stages_goes_on(
    recipe: Path, emonet: Emonet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from emonet.engine import runner

    train, calls = runner.StageRunner._train, []

    def die_at_the_third(self: Any, stage: Any, folder: Path) -> Any:
        calls.append(stage.key)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return train(self, stage, folder)

    monkeypatch.setattr(runner.StageRunner, "_train", die_at_the_third)
    code, _, err = emonet("run", "first.yaml", "--quiet", "--runs", "my runs")
    assert code == 130
    assert err.endswith("Finished stages are kept. Go on with: emonet run first.yaml --runs 'my runs'\n")
    _, out, _ = emonet("runs", "list", "--json", "--runs", "my runs")
    assert [run["state"] for run in json.loads(out)] == ["running"]
    run_name = json.loads(out)[0]["run"]
    events = (Path("my runs") / run_name / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(events[-1]) | {"time": ""} == {
        "event": "RunStopped",
        "time": "",
        "folder": f"my runs/{run_name}",
        "reason": "KeyboardInterrupt",
    }
    code, _, err = emonet("runs", "show", run_name, "--runs", "my runs")
    assert code == 2
    assert "this run is not complete" in err
    ran(emonet)
    # Two stages were done, the third was begun twice, and the fourth came after it.
    assert len(calls) == 5
    assert calls[3] == calls[2]
    assert len(set(calls)) == 4


def test_the_plan_needs_no_torch_and_prepares_nothing(recipe: Path, emonet: Emonet) -> None:
    script = (
        "import sys; from emonet.cli.app import run_command; "
        "code = run_command(['run', 'first.yaml', '--plan', '--json']); "
        "assert not {'torch', 'datasets'} & set(sys.modules), 'heavy'; sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["stages"]) == 8
    from emonet.files import home

    assert not (home() / "store").exists()


def test_the_table_and_the_formats_show_a_run(recipe: Path, emonet: Emonet) -> None:
    code, out, _ = emonet("run", "first.yaml", "--quiet", "--set", "seeds=[1, 2]")
    assert code == 0
    assert "leave-one-speaker-out" in out
    assert "±" in out
    _, listed, _ = emonet("runs", "list", "--json")
    name = json.loads(listed)[0]["run"]
    code, out, _ = emonet("runs", "show", name, "--format", "markdown")
    assert code == 0
    assert "| svm" in out
    means = json.loads(emonet("runs", "show", name, "--format", "json")[1])["means"]
    assert {(mean["system"], tuple(mean["seeds"]), mean["interval"]["seeds"]) for mean in means} == {
        ("svm", (1, 2), 2),
        ("net", (1, 2), 2),
    }
    code, _, err = emonet("runs", "show", name, "--format", "markdwon")
    assert code == 2
    assert "Did you mean 'markdown'?" in err
    code, _, err = emonet("runs", "show", "first-0")
    assert code == 2
    assert "There is no run 'first-0'" in err


def test_runs_under_different_protocols_are_not_compared(recipe: Path, emonet: Emonet) -> None:
    ran(emonet)
    ran(emonet, "--set", "protocol={grouped-k-fold: {k: 3}}")
    ran(emonet, "--set", "systems.svm.svm.c=[1.0]")
    _, out, _ = emonet("runs", "list", "--json")
    one, other, third = (run["run"] for run in json.loads(out))
    code, out, _ = emonet("runs", "compare", one, other)
    assert code == 1
    assert "protocol" in out
    code, out, _ = emonet("runs", "compare", one, third, "--json")
    assert code == 0
    assert {row["system"] for row in json.loads(out)["rows"]} == {"svm", "net"}


def test_events_and_progress_go_to_stderr_only(recipe: Path, emonet: Emonet) -> None:
    code, out, err = emonet("run", "first.yaml", "--json")
    assert code == 0
    assert json.loads(out)
    assert err == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("corpora=[emodbb]", "Unknown corpus 'emodbb'. Did you mean 'emodb'?"),
        ("corpora=[emodb]", "Corpus 'emodb' is not on this machine."),
        ("corpora=[{emodb: {root: tones}}]", "this does not look like the corpus 'emodb'"),
        ("corpora=[{manifest: tones/lables.csv}]", "tones/lables.csv"),
        ("protocol=leave-one-speker-out", "Did you mean 'leave-one-speaker-out'?"),
        ("systems.net.frontend=logmal", "Unknown frontend 'logmal'. Did you mean 'logmel'?"),
        ("device=cuda:9", "The device 'cuda:9' is not there."),
    ],
)
def test_what_cannot_be_run_is_refused_in_words(recipe: Path, emonet: Emonet, change: str, message: str) -> None:
    code, _, err = emonet("run", "first.yaml", "--quiet", "--set", change)
    assert code == 2
    assert message in err
    assert "Traceback" not in err


def test_a_class_missing_from_test_is_said(recipe: Path, emonet: Emonet) -> None:
    table = recipe.parent / "tones" / "labels.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    split = {"s0": "train", "s1": "train", "s2": "dev", "s3": "test"}
    rows = [f"{line},{split[line.split(',')[2]]}" for line in lines[1:] if not ("s3" in line and "sadness" in line)]
    table.write_text("\n".join([lines[0] + ",split", *rows]) + "\n", encoding="utf-8")
    result = ran(emonet, "--set", "protocol=official")
    tests = [score for score in result["scores"] if score["split"] == "test"]
    assert {tuple(score["missing_classes"]) for score in tests} == {("sadness",)}
    assert {score["chance"] for score in tests} == {0.5}
    _, out, _ = emonet("runs", "show", Path(result["run"]).name)
    assert "sadness" in out


def test_speaker_normalisation_is_said_to_be_transductive(recipe: Path, emonet: Emonet) -> None:
    changes = ("--set", "systems.svm.normalisation=speaker", "--set", "systems.net.normalisation=speaker")
    result = ran(emonet, *changes)
    assert {score["transductive"] for score in result["scores"]} == {True}
    _, out, _ = emonet("runs", "show", Path(result["run"]).name)
    assert "transductive" in out


def test_a_recipe_may_name_a_single_file_plugin(recipe: Path, emonet: Emonet) -> None:
    plugin = recipe.parent / "loudness.py"
    plugin.write_text(
        "import emonet\nimport numpy as np\n\n"
        "class Loudness:\n    dim = 2\n    names = ('rms', 'peak')\n"
        "    def extract(self, wave):\n"
        "        return np.array([np.sqrt((wave**2).mean()), np.abs(wave).max()], dtype=np.float32)\n\n"
        "@emonet.component(yields='vector')\ndef loudness():\n    return Loudness()\n\n"
        "@emonet.hookimpl\ndef emonet_extractors():\n    return {'loudness': loudness}\n",
        encoding="utf-8",
    )
    changes = ("--set", "systems={loud: {strategy: svm, extractor: loudness}}")
    result = ran(emonet, *changes, "--plugin", str(plugin))
    assert {score["parameters"] for score in result["scores"]} == {9}


def test_the_store_is_enough_when_the_files_are_gone(recipe: Path, emonet: Emonet, tmp_path: Path) -> None:
    card = recipe.parent / "mine.py"
    card.write_text(
        "from pathlib import Path\nimport emonet\n\n"
        "@emonet.hookimpl\ndef emonet_corpora():\n"
        "    return emonet.corpora_in(Path(__file__).parent / 'cards')\n",
        encoding="utf-8",
    )
    (recipe.parent / "cards").mkdir()
    (recipe.parent / "cards" / "mine.yaml").write_text(CARD, encoding="utf-8")
    first = ran(emonet, "--set", "corpora=[{mine: {root: tones}}]", "--plugin", str(card))
    shutil.rmtree(recipe.parent / "tones")
    again = ran(emonet, "--set", "corpora=[mine]", "--plugin", str(card))
    assert again["scores"] == first["scores"]
    code, _, err = emonet("run", "first.yaml", "--set", "corpora=[mine/valence]", "--plugin", str(card))
    assert code == 2
    assert "Unknown target of corpus 'mine' 'valence'" in err


def test_a_task_named_twice_is_refused(recipe: Path, emonet: Emonet) -> None:
    twice = "corpora=[{manifest: tones/labels.csv}, {manifest: tones/labels.csv}]"
    code, _, err = emonet("run", "first.yaml", "--quiet", "--set", twice)
    assert code == 2
    assert "The recipe names 'labels/label' twice" in err


def test_labels_that_are_nowhere_are_refused(recipe: Path, emonet: Emonet) -> None:
    code, _, err = emonet("run", "first.yaml", "--quiet", "--set", "corpora.0.classes=[anger, joy]")
    assert code == 2
    assert "has no class 'joy'" in err


CARD = r"""
id: mine
title: Tones
languages: [en]
access: public
licence: CC0
citation: {authors: A. Author, title: Tones, year: 2020}
how_to_get: Make them.
targets:
  emotion: {classes: [anger, neutral, sadness]}
scan:
  pattern:
    regex: '(?P<speaker>s\d)/(?P<label>[a-z]+)_\d\.wav$'
examples:
  - {path: s0/anger_0.wav, label: anger, speaker: s0}
"""


@pytest.mark.parametrize(
    ("name", "damage"),
    [("stage.json", b"{"), ("stage.json", b"{}"), ("predictions-*.parquet", b"PAR1"), ("best.safetensors", b"cut")],
)
def test_a_damaged_stage_is_done_again_to_the_same_scores(
    recipe: Path, emonet: Emonet, name: str, damage: bytes
) -> None:
    from emonet.files import stages_folder

    first = ran(emonet)
    for path in stages_folder().rglob(name):
        path.unlink()
        path.write_bytes(damage)
    _, out, _ = emonet("run", "first.yaml", "--plan", "--json")
    assert not any(stage["done"] for stage in json.loads(out)["stages"])
    assert ran(emonet)["scores"] == first["scores"]


def test_what_is_not_there_is_refused_before_a_run_begins(recipe: Path, emonet: Emonet) -> None:
    for change in ("device=cuda:9", "executor=rays", "systems.net.backbone.wide_resnet.width=four"):
        code, _, _ = emonet("run", "first.yaml", "--quiet", "--set", change)
        assert code == 2
    assert not Path("runs").exists()


def test_a_plan_of_what_is_not_prepared_says_that_its_keys_will_change(recipe: Path, emonet: Emonet) -> None:
    _, out, _ = emonet("run", "first.yaml", "--plan")
    assert "not prepared yet" in out
    ran(emonet)
    _, out, _ = emonet("run", "first.yaml", "--plan")
    assert "not prepared yet" not in out


def test_a_baseline_is_tested_against_in_the_run(recipe: Path, emonet: Emonet) -> None:
    result = ran(emonet, "--set", "baseline=svm", "--set", "compare_from=1")
    (comparison,) = result["comparisons"]
    assert (comparison["system"], comparison["baseline"], comparison["n"]) == ("net", "svm", 24)
    assert 0 < comparison["p_holm"] <= 1
    (left_out,) = ran(emonet, "--set", "baseline=svm")["comparisons"]
    assert (left_out["p"], left_out["interval"]) == (None, None)
    assert left_out["limit"].startswith("not compared: a network's score from 1 seed is luck in part")
    _, plan, _ = emonet("run", "first.yaml", "--plan", "--set", "baseline=svm")
    assert "Not compared with 'svm': net. A network's score from 1 seed is luck in part" in plan
    (note,) = json.loads(emonet("run", "first.yaml", "--plan", "--json", "--set", "baseline=svm")[1])["notes"]
    assert note in " ".join(plan.split())
    for enough in ("compare_from=1", "seeds=[1,2,3]"):
        assert "Not compared" not in emonet("run", "first.yaml", "--plan", "--set", "baseline=svm", "--set", enough)[1]
    code, _, err = emonet("run", "first.yaml", "--quiet", "--set", "baseline=smv")
    assert code == 2
    assert "the baseline 'smv' is not a system. Did you mean 'svm'?" in err


def test_what_was_left_out_stands_under_the_score_of_every_run(emonet: Emonet, recipe: Path, tones: Path) -> None:
    first = tones.parent / "s0" / "anger_0.wav"
    first.write_bytes(b"")
    for number in range(2):  # the second run finds the store there
        report = ran(emonet, "--set", "systems={svm: {strategy: svm, extractor: egemaps, svm: {c: [0.1]}}}")
        (left_out,) = report["left_out"]
        assert (left_out["count"], left_out["reasons"]) == (1, {"empty": 1})
        assert left_out["splits"] == {"train": 1, "dev": 1, "test": 1}
        (rows,) = [json.loads(path.read_text()) for path in Path("runs").glob("*/left_out.json")]
        assert [(row["id"], row["path"], row["reason"]) for row in rows] == [("s0/anger_0", "s0/anger_0.wav", "empty")]
        assert sorted(rows[0]["splits"].values()) == ["dev", "test", *["train"] * (left_out["folds"] - 2)]
        code, _, err = emonet("run", "first.yaml", "--set", f"seeds=[{number}]", "--plan")
        assert code == 0, err
    (run,) = Path("runs").iterdir()
    assert "left_out.json" in (run / "SHA256SUMS").read_text()
    line = "1 utterance; empty 1; test 1, dev 1, train 1 (in some fold). The run's left_out.json names them."
    for form in ("terminal", "markdown", "html", "latex"):
        _, out, _ = emonet("runs", "show", run.name, "--format", form)
        plain = " ".join(out.replace("\\_", "_").replace("&#39;", "'").split())
        assert line in plain, form


def test_how_a_table_was_read_stands_below_the_scores_of_every_run(emonet: Emonet, recipe: Path, tones: Path) -> None:
    lines = tones.read_text().replace(",anger,", ",Wut,").splitlines()
    lines = [f"{line},{'notes' if number == 0 else 'x'}" for number, line in enumerate(lines)]
    tones.write_text("\n".join([*lines, "s0/none.wav,nan,s0,x"]) + "\n", encoding="utf-8")
    net = RECIPE.index("  net:")
    recipe.write_text(RECIPE[:net], encoding="utf-8")
    for _ in range(2):
        report = ran(emonet)
        assert "labels: Columns not used: notes." in report["notes"]
        assert "labels: 1 rows without a label are left out (1 with 'nan')." in report["notes"]
        (about,) = report["corpora"]
        assert about["cells"]["label"]["Wut"] == "high/negative"
