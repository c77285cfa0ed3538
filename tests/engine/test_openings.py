"""Test stays shut: training has none of it, and whoever opens it has said so before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
import torch

from emonet.engine import runner
from emonet.engine.openings import read_ledger
from emonet.files import home, stages_folder
from emonet.learn.checkpoint import load_checkpoint
from emonet.learn.clips import Clips, clips_of
from emonet.report.results import OpeningCount
from tests.helpers.cli_run import call

RECIPE = """\
corpora: [{manifest: tones/labels.csv}]
protocol: leave-one-speaker-out
systems:
  svm: {strategy: svm, extractor: egemaps, normalisation: speaker, svm: {c: [0.1, 0.01]}}
  net:
    strategy: scratch
    frontend: {logmel: {bands: 16}}
    backbone: {wide_resnet: {width: 4, blocks: 1}}
    normalisation: speaker
    training: {batch: 8, epochs: 1, crop: 0.2}
"""


@pytest.fixture
def recipe(tones: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tones.parent.parent
    monkeypatch.chdir(folder)
    (folder / "shut.yaml").write_text(RECIPE, encoding="utf-8")
    return folder / "shut.yaml"


def test_clips_of_test_are_looked_up_after_the_opening_is_noted_and_never_beside_train(
    recipe: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, set[str], int]] = []

    def watched(task: Any, split: str, *rest: Any) -> Clips:
        seen.append((split, set(task.items), len(list(stages_folder().rglob("test_opened.json")))))
        return clips_of(task, split, *rest)

    monkeypatch.setattr(runner, "clips_of", watched)
    run, known = runner.StageRunner.run, set()

    def ran_one(self: runner.StageRunner, stage: Any) -> None:
        known.update(split for each in self.stages.values() for task in each.tasks for split in task.items)
        run(self, stage)

    monkeypatch.setattr(runner.StageRunner, "run", ran_one)
    assert call(capsys, "run", recipe.name, "--quiet")[0] == 0
    assert known == {"train", "dev"}
    assert {split for split, _, _ in seen} == {"train", "dev", "test"}
    before = 0
    for split, splits, noted in seen:
        assert splits == ({"test"} if split == "test" else {"train", "dev"})
        assert split != "test" or noted == before + 1
        before = before if split == "test" else noted
    assert seen[-1][2] == 8


SVM = ("--set", "systems={svm: {strategy: svm, extractor: egemaps, svm: {c: [0.1]}}}")


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code, out, err = call(capsys, "run", "shut.yaml", "--json", *words)
    assert code == 0, err
    return json.loads(out)


def test_every_opening_of_a_protocol_is_counted_over_all_runs_of_a_home(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = ran(capsys, *SVM)
    (store,) = (home() / "store" / "labels").glob("*/meta.json")
    assert result["content"] == {"labels": json.loads(store.read_text(encoding="utf-8"))["content"]}
    (first,) = result["openings"]
    assert (first["times"], first["fewest"], first["systems"], first["repeats"]) == (1, 1, 1, 0)
    again = ran(capsys, "--set", SVM[1].replace("svm: {strategy", "other-name: {strategy"))["openings"]
    assert again == [first], "nothing was opened, and a name makes no other system"
    (seeds,) = ran(capsys, *SVM, "--set", "seeds=[1, 2]")["openings"]
    assert (seeds["times"], seeds["systems"]) == (2, 1)
    (other,) = ran(capsys, "--set", SVM[1].replace("0.1", "0.01"))["openings"]
    assert (other["times"], other["systems"]) == (3, 2)
    (elsewhere,) = ran(capsys, *SVM, "--set", "protocol={grouped-k-fold: {k: 3}}")["openings"]
    assert (elsewhere["times"], elsewhere["systems"]) == (1, 1)


def test_a_run_killed_after_an_opening_has_opened_test_twice(
    recipe: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    predict = runner.StageRunner._predict

    def die(self: Any, stage: Any, split: Any, folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner.StageRunner, "_predict", die)
    assert call(capsys, "run", recipe.name, "--quiet", *SVM)[0] == 130
    monkeypatch.setattr(runner.StageRunner, "_predict", predict)
    result = ran(capsys, *SVM)
    (count,) = result["openings"]
    assert (count["times"], count["fewest"], count["systems"], count["repeats"]) == (2, 1, 1, 1)
    state = json.loads((Path(result["run"]) / "run.json").read_text(encoding="utf-8"))
    assert sorted(state["tests_opened"].values()) == [1, 1, 1, 2]
    for form in ("terminal", "markdown", "latex", "html"):
        _, out, _ = call(capsys, "runs", "show", Path(result["run"]).name, "--format", form)
        text = " ".join(out.split())
        assert "was opened 2 times by 1 system (1 to 2 times a fold)" in text
        assert text.count("over all runs of this") == 1
        assert "; 1 time by a stage that had opened it before (a kill, lost results)" in text


def test_a_dev_only_run_leaves_test_shut_and_a_whole_one_only_opens_it(
    recipe: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = ran(capsys, "--dev-only", "--set", "baseline=svm")
    assert {score["split"] for score in result["scores"]} == {"dev"}
    rows = pyarrow.parquet.read_table(Path(result["run"]) / "predictions.parquet").to_pylist()
    assert {row["split"] for row in rows} == {"dev"}
    assert "comparisons" not in result
    (count,) = result["openings"]
    assert (count["times"], count["by_run"]) == (0, False)
    assert not list(stages_folder().rglob("predictions-test.parquet"))
    for form in ("terminal", "markdown", "latex", "html"):
        _, out, _ = call(capsys, "runs", "show", Path(result["run"]).name, "--format", form)
        text = " ".join(out.split())
        assert "was never opened, over all runs" in text.replace("\\_", "_")
        assert f"Dev only: {Path(result['run']).name} did not open test" in text
        assert "No system was tested against the baseline 'svm'" in text.replace("&#39;", "'")
        assert "of test" not in text.replace("did not open test", "")

    monkeypatch.setattr(runner.StageRunner, "_learn", None)  # whoever learns again calls None
    whole = ran(capsys)
    assert {score["split"] for score in whole["scores"]} == {"dev", "test"}
    assert [score for score in whole["scores"] if score["split"] == "dev"] == result["scores"]
    assert ran(capsys, "--set", "selects=dev")["scores"] == result["scores"]


def test_a_dev_only_run_is_not_compared_on_test(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shut, whole = (Path(ran(capsys, *SVM, *words)["run"]).name for words in (("--dev-only",), ()))
    code, _, err = call(capsys, "runs", "compare", shut, whole)
    assert code == 2
    assert "has no score on test, and runs are compared on test." in err
    code, out, _ = call(capsys, "report", shut, "--baseline", "svm", "--format", "markdown")
    assert code == 0
    assert "No system was tested against the baseline 'svm', which has scores on dev only." in out


def test_damaged_lines_of_the_ledger_are_skipped_and_said(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home() / "openings.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b'\xff\xfe\n{"protocol": 1}\n[]\n{"protocol": "cut sho')
    (count,) = ran(capsys, *SVM)["openings"]
    assert (count["times"], count["unreadable"]) == (1, 4)
    assert len(read_ledger().openings) == 4
    _, out, _ = call(capsys, "runs", "show", sorted(Path("runs").iterdir())[0].name)
    assert "4 lines of its ledger cannot be read, so it may be more" in " ".join(out.split())


@pytest.mark.parametrize("without_notes", [False, True])
def test_a_lost_ledger_does_not_make_a_test_split_unopened(
    recipe: Path, capsys: pytest.CaptureFixture[str], without_notes: bool
) -> None:
    ran(capsys, *SVM)
    (home() / "openings.jsonl").unlink()
    for note in stages_folder().rglob("test_opened.json"):
        if without_notes:
            note.unlink()
    for words in (SVM, (*SVM, "--dev-only")):
        (count,) = ran(capsys, *words)["openings"]
        assert (count["times"], count["systems"], count["repeats"], count["unlisted"]) == (1, 1, 0, 4)
    again = ran(capsys, *SVM, "--set", "systems.svm.svm.c=[0.01]")
    (count,) = again["openings"]
    assert (count["times"], count["unlisted"]) == (1, 0), "other runs' openings are lost with the ledger"
    _, out, _ = call(capsys, "run", recipe.name, *SVM)
    text = " ".join(out.split())
    assert "was opened 2 times by 2 systems, over all runs" in text
    assert "; its ledger lacks 4 openings of these results, so it may be more." in text


def test_one_sentence_says_how_often_and_by_how_many() -> None:
    count = OpeningCount(protocol="foo/official", hash="1a2b3c4d5e", times=7, fewest=7, systems=5)
    assert count.line == (
        "Test of foo/official #1a2b3c4d was opened 7 times by 5 systems, over all runs of this EMONET_HOME until "
        "this report."
    )


def test_what_is_trained_does_not_change_with_what_test_says(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, split = Path("tones/labels.csv"), {"s0": "train", "s1": "train", "s2": "dev", "s3": "test"}
    lines = table.read_text(encoding="utf-8").splitlines()
    told = [f"{line},{split[line.rpartition(',')[2]]}" for line in lines[1:]]
    turned = {"anger": "neutral", "neutral": "sadness", "sadness": "anger"}
    swapped = [_relabelled(line, turned) if line.endswith("test") else line for line in told]
    trained = []
    for rows in (told, swapped):
        table.write_text("\n".join([f"{lines[0]},split", *rows]) + "\n", encoding="utf-8")
        folder = Path(ran(capsys, "--set", "protocol=official")["run"])
        weights = sorted((folder / "checkpoints").rglob("*.safetensors"))
        trained.append({path.relative_to(folder): load_checkpoint(path)[0] for path in weights})
    assert len(trained[0]) >= 4
    for path, tensors in trained[0].items():
        assert tensors.keys() == trained[1][path].keys()
        assert all(torch.equal(tensor, trained[1][path][name]) for name, tensor in tensors.items())


def _relabelled(line: str, turned: dict[str, str]) -> str:
    file, label, *rest = line.split(",")
    return ",".join([file, turned[label], *rest])
