"""Recipes from Python: plan, run, runs and audit say what the command line says."""

from __future__ import annotations

import json
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

import emonet
from emonet.api.recipes import read_any
from emonet.cli.app import run_command
from emonet.events import Event, Notice, RunEnded
from emonet.progress import told
from emonet.recipe.recipe import Recipe
from tests.helpers.tones import make_tones

SVM: dict[str, Any] = {
    "name": "tones",
    "corpora": [{"manifest": "tones/labels.csv"}],
    "protocol": "by-speaker",
    "systems": {"svm": {"strategy": "svm", "extractor": "egemaps", "svm": {"c": [0.1]}}},
}
NET = {
    "strategy": "scratch",
    "frontend": {"logmel": {"bands": 16}},
    "backbone": {"wide_resnet": {"width": 4, "blocks": 1}},
    "training": {"batch": 8, "epochs": 1, "learning_rates": [0.01], "crop": 0.2},
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a small corpus of tones and a recipe."""
    make_tones(tmp_path / "tones", takes=1)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tones.yaml").write_text(yaml.safe_dump(SVM), encoding="utf-8")
    return tmp_path


def call(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert run_command(words) in (0, 1)
    return json.loads(capsys.readouterr().out)


def test_importing_emonet_loads_no_heavy_library_and_the_verbs_are_there() -> None:
    code = (
        "import sys, emonet; heavy = {'torch', 'pydantic', 'pandas', 'numpy', 'rich'} & set(sys.modules); "
        "assert not heavy, heavy; assert set(emonet.__all__) <= set(dir(emonet)); print(emonet.__version__); "
        "emonet.runs; emonet.plan; emonet.audit; emonet.run; assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_no_module_has_the_name_of_a_verb() -> None:
    modules = {module.name for module in pkgutil.iter_modules(emonet.__path__)}
    assert {"engine", "auditing", "nn"} <= modules
    assert modules & set(emonet.__all__) == {"nn"}


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'rum'"):
        emonet.rum  # type: ignore[attr-defined]  # noqa: B018


def test_nn_has_what_backbones_are_built_of() -> None:
    import torch

    block = emonet.nn.ConvBlock(1, 4)
    mask = emonet.nn.image_mask(torch.tensor([2]), 3)
    assert isinstance(block.norm, emonet.nn.MaskedBatchNorm2d)
    assert emonet.nn.Attention2d(4)(block(torch.zeros(1, 1, 4, 3), mask), mask).shape == (1, 4)
    assert emonet.nn.masked_mean(torch.ones(1, 4, 2, 3), None).tolist() == [[1.0] * 4]


def test_a_path_a_mapping_and_a_recipe_are_the_same_recipe(place: Path) -> None:
    from_file, document = read_any("tones.yaml")
    assert document.name == "tones.yaml"
    assert read_any(place / "tones.yaml")[0] == from_file
    assert read_any(SVM)[0] == from_file
    again, written = read_any(from_file)
    assert again == from_file
    assert Recipe.model_validate(yaml.safe_load(written.text)) == from_file


def test_texts_that_look_like_numbers_come_through_a_mapping_as_they_are() -> None:
    data = {**SVM, "corpora": [{"id": "foo", "classes": ["no", "1e-6", "03"]}]}
    assert read_any(data)[0].corpora[0].classes == ("no", "1e-6", "03")


def test_changes_are_a_mapping_or_words(place: Path) -> None:
    assert read_any("tones.yaml", {"seeds": (2, 3)})[0].seeds == (2, 3)
    assert read_any("tones.yaml", ["seeds=[2,3]"])[0].seeds == (2, 3)
    assert read_any("tones.yaml", {"systems.svm.svm.c": [0.5]})[0].systems["svm"].svm.c == (0.5,)
    with pytest.raises(emonet.RecipeError, match=r"changes is 'seeds=1'\. Give a mapping, or a list"):
        read_any("tones.yaml", "seeds=1")


def test_what_is_wrong_reads_as_on_the_command_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes = {"systems.svm.strateggy": "svm"}
    with pytest.raises(emonet.RecipeError) as caught:
        emonet.run("tones.yaml", changes=changes, progress=False)
    assert run_command(["run", "tones.yaml", "--set", 'systems.svm.strateggy="svm"']) == 2
    assert capsys.readouterr().err.strip() == f"Error: {caught.value}"
    with pytest.raises(emonet.RecipeError, match=r"recipe:\d+: unknown key 'protocoll'. Did you mean 'protocol'"):
        emonet.plan({**SVM, "protocoll": "x"}, progress=False)
    with pytest.raises(emonet.RecipeError, match="A recipe holds a object"):
        emonet.plan({**SVM, "device": object()}, progress=False)


def test_a_run_from_python_says_what_the_command_line_says(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = emonet.plan("tones.yaml", progress=False)
    assert list(before.to_frame()["done"]) == [False]
    assert before.unprepared == ("labels",)
    done = emonet.run("tones.yaml", progress=False)
    assert capsys.readouterr().err == ""
    assert done.report == emonet.runs()["tones-" + done.name.rpartition("-")[2]].report
    said = call(capsys, "run", "tones.yaml", "--json")
    assert Path(said["run"]).name == done.name
    assert said["scores"] == json.loads(json.dumps(done.to_json()))["scores"]
    after = emonet.plan(SVM, progress=False)
    assert call(capsys, "run", "tones.yaml", "--plan", "--json") == json.loads(json.dumps(after.to_json()))
    row = after.to_frame().iloc[0]
    assert (row["system"], row["train"], row["dev"], row["test"], row["done"]) == ("svm", 6, 3, 3, True)
    assert row["key"] in after._repr_html_()
    assert call(capsys, "runs", "list", "--json") == json.loads(json.dumps(emonet.runs().to_json()))
    assert call(capsys, "audit", "tones.yaml", "--json") == json.loads(json.dumps(emonet.audit(SVM).to_json()))


def test_a_frame_has_a_row_a_score_with_interval_seeds_and_protocol_hash(place: Path) -> None:
    recipe = {**SVM, "systems": {"net": NET}, "seeds": [1, 2], "protocol": "leave-one-speaker-out"}
    done = emonet.run(recipe, progress=False)
    frame = done.to_frame()
    assert len(frame) == len(done.report.scores) + len(done.report.means)
    (mean,) = (each for each in done.report.means if each.checkpoint == "best")
    tested = frame[(frame["split"] == "test") & (frame["checkpoint"] == "best")]
    assert list(tested["seeds"]) == [(1,), (2,), (1, 2)]
    assert set(tested["protocol_hash"]) == {mean.protocol_hash}
    last = tested.iloc[-1]
    assert (last["value"], last["low"], last["high"]) == (mean.value, mean.interval.low, mean.interval.high)
    score = next(each for each in done.report.scores if each.split == "test" and each.checkpoint == "best")
    first = tested.iloc[0]
    assert (first["value"], first["uar"], first["low"]) == (score.value, score.metrics["uar"], score.interval.low)
    judged = done.predictions()
    chosen = judged[(judged["split"] == "test") & (judged["checkpoint"] == "best") & (judged["seed"] == 1)]
    assert len(chosen) == 12
    assert chosen[["p_anger", "p_neutral", "p_sadness"]].sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)
    right = chosen["truth"] == chosen["predicted"]
    assert right.groupby(chosen["truth"]).mean().mean() == pytest.approx(score.value)


def test_numbers_are_numbers_in_a_frame_of_predictions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.helpers.tones import make_rated_tones

    make_rated_tones(tmp_path / "rated", takes=3, speakers=4)
    monkeypatch.chdir(tmp_path)
    entry = {"manifest": "rated/rated.csv", "target": "valence"}
    judged = emonet.run({**SVM, "corpora": [entry]}, progress=False).predictions()
    assert judged["truth"].between(1, 5).all()
    assert judged["predicted"].dtype == float


def test_an_unfinished_run_shows_its_state_and_refuses_its_scores(place: Path) -> None:
    done = emonet.run("tones.yaml", progress=False)
    state = done.path / "run.json"
    state.write_text(state.read_text(encoding="utf-8").replace("complete", "runnning"), encoding="utf-8")
    (found,) = emonet.runs()
    assert "damaged" in found._repr_html_()
    with pytest.raises(emonet.EmonetError, match="damaged"):
        found.to_frame()


def test_predictions_that_were_changed_are_refused(place: Path) -> None:
    done = emonet.run("tones.yaml", progress=False)
    with (done.path / "predictions.parquet").open("ab") as file:
        file.write(b"more")
    with pytest.raises(emonet.EmonetError, match=r"predictions\.parquet: this file is damaged"):
        done.predictions()


def test_html_holds_no_tag_of_a_name(place: Path) -> None:
    table = place / "tones" / "labels.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",s1", ",<img src=x>"), encoding="utf-8")
    recipe = {**SVM, "protocol": "leave-one-speaker-out"}
    made = emonet.plan(recipe, progress=False)._repr_html_()
    assert "&lt;img src=x&gt;" in made
    shown = [emonet.run(recipe, progress=False), emonet.runs(), emonet.audit(recipe, progress=False)]
    assert not any("<img" in html for html in (made, *(each._repr_html_() for each in shown)))


def test_progress_is_shown_on_stderr_or_told_to_a_function(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events: list[Event] = []
    emonet.run("tones.yaml", progress=events.append)
    assert isinstance(events[-1], RunEnded)
    assert capsys.readouterr().err == ""
    emonet.run("tones.yaml", runs="others")
    captured = capsys.readouterr()
    assert "run: done, results in others" in captured.err
    assert captured.out == ""
    assert len(emonet.runs("others")) == 1


def test_progress_in_a_notebook_is_plain_lines(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    with told(True) as listen:
        listen(Notice("a [b] word"))
    assert capsys.readouterr().err == "a [b] word\n"


def test_without_pandas_a_frame_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(emonet.EmonetError, match="Frames need pandas, which comes with datasets"):
        emonet.runs("none").to_frame()


def test_runs_are_found_by_number_by_name_and_by_slice(place: Path) -> None:
    done = emonet.run("tones.yaml", progress=False)
    found = emonet.runs()
    assert found[0] == found[done.name] == done
    assert found[:1] == (done,)
    assert list(found.to_frame()["state"]) == ["complete"]
    assert list(emonet.runs("none").to_frame().columns) == ["run", "state", "started", "ended"]
    with pytest.raises(emonet.EmonetError, match="There is no run 'tone' in runs"):
        found["tone"]


def test_nothing_is_decoded_for_a_plan_or_for_a_recipe_that_is_wrong(place: Path) -> None:
    home = Path(os.environ["EMONET_HOME"])
    emonet.plan("tones.yaml", progress=False)
    with pytest.raises(emonet.EmonetError, match="Did you mean 'egemaps'"):
        emonet.run("tones.yaml", changes={"systems.svm.extractor": "egemap"}, progress=False)
    assert not list(home.rglob("*.arrow"))


def test_an_audit_from_python_has_a_level_and_a_row_a_finding(place: Path) -> None:
    found = emonet.audit("{manifest: tones/labels.csv}", protocols=["by-speaker"], progress=False)
    assert found.level == max((each.level for each in found), key=["ok", "warning", "problem"].index)
    assert "speakers" in set(found.to_frame()["what"])
    with pytest.raises(emonet.EmonetError, match="There is nothing to audit"):
        emonet.audit()


def test_a_plugin_that_cannot_be_loaded_is_named_in_a_warning(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "bad.py").write_text(
        "import emonet\n@emonet.hookimpl\ndef emonet_corpora():\n    raise ValueError('no cards')\n", encoding="utf-8"
    )
    with pytest.warns(UserWarning, match=r"could not be loaded: ValueError: no cards"):
        emonet.plan("tones.yaml", plugins=["bad.py"], progress=False)


def test_a_report_over_runs_and_a_comparison_are_those_of_the_command_line(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two = {"strong": {"strategy": "svm", "extractor": "egemaps", "svm": {"c": [1.0]}}}
    first = emonet.run(SVM, progress=False)
    second = emonet.run({**SVM, "name": "more", "systems": {**SVM["systems"], **two}}, progress=False)
    runs = emonet.runs()
    assert json.loads(json.dumps(runs.report(first.name).to_json())) == call(capsys, "report", first.name, "--json")
    made = runs.report(second, baseline="svm")
    assert json.loads(json.dumps(made.to_json())) == call(capsys, "report", second.name, "--baseline", "svm", "--json")
    assert list(made.comparisons()["system"]) == ["strong"]
    assert list(second.comparisons()) == []
    both = runs.report(first, second.name)
    assert set(both.to_frame()["system"]) == {f"svm ({first.name})", f"svm ({second.name})", "strong"}
    assert "strong" in both._repr_html_()
    assert "strong" in both.to_text("markdown")
    capsys.readouterr()
    assert run_command(["runs", "show", second.name]) == 0
    assert capsys.readouterr().out == second.to_text("terminal") + "\n" == second.to_text() + "\n"
    comparison = runs.compare(first, second.name)
    assert comparison.is_sound
    assert json.loads(json.dumps(asdict(comparison))) == call(
        capsys, "runs", "compare", first.name, second.name, "--json"
    )


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (lambda runs: runs.report(), "There is nothing to report. Give one run or more."),
        (lambda runs: runs.report("tonse"), "tonse"),
        (lambda runs: runs.report(runs[0], baseline="svn"), "Did you mean 'svm'?"),
        (lambda runs: runs.report(runs[0], runs[0].name), "is given twice"),
        (lambda runs: runs.compare(runs[0]), "Give two runs or more."),
        (lambda runs: runs[0].to_text("htlm"), "Did you mean 'html'?"),
        (lambda runs: runs[0].export("my-pack", system="svm", fold="f9"), "Unknown fold of the run 'f9'"),
        (lambda runs: runs[0].export("my-pack", system="svn"), "Did you mean 'svm'?"),
    ],
)
def test_what_cannot_be_reported_compared_or_exported_is_refused(
    place: Path, ask: Callable[[Any], Any], text: str
) -> None:
    emonet.run(SVM, progress=False)
    with pytest.raises(emonet.EmonetError, match=re.escape(text)):
        ask(emonet.runs())


def test_a_pack_is_exported_as_on_the_command_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = emonet.run({**SVM, "systems": {"net": NET}, "seeds": [1, 2]}, progress=False)
    pack = done.export("python", system="net", seed=2, checkpoint="final")
    said = call(capsys, "pack", "export", done.name, "--system", "net", "--seed", "2", "--checkpoint", "final",
                "--out", "shell", "--json")  # fmt: skip
    assert json.loads(json.dumps(pack.to_json())) | {"pack": "shell"} == said
    (task,) = said["tasks"].values()
    assert (task["provenance"]["seed"], task["provenance"]["checkpoint"]) == (2, "final")
    frame = emonet.load_pack("python").predict("tones", progress=False)
    assert len(frame) == 12
