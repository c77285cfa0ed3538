"""Files that EmoNet wrote before its tree was regrouped: run folders, a pack, a split list and recipes still read.

``written_before`` was made from tones by the version of commit 25eea98, with two systems and one thread.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import emonet
from tests.helpers.cli_run import call
from tests.helpers.tones import make_tones

BEFORE = Path(__file__).parent / "written_before"
RUNS = sorted((BEFORE / "finished").iterdir())


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the corpora and recipes of then."""
    manifest = make_tones(tmp_path / "tones")
    names = {"anger": "high", "neutral": "low", "sadness": "low"}
    cells = [line.split(",") for line in manifest.read_text(encoding="utf-8").splitlines()]
    lines = [",".join((file, names.get(label, label), speaker)) for file, label, speaker in cells]
    manifest.with_name("sexes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for path in (*BEFORE.glob("*.yaml"), BEFORE / "protocol.csv"):
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_are_files_of_both_layouts_of_predictions() -> None:
    assert [path.name for path in RUNS] == ["one-4329c19f", "two-76dd12f7"]
    assert (RUNS[0] / "predictions.parquet").is_file()
    assert (RUNS[1] / "predictions").is_dir()


@pytest.mark.parametrize("run", RUNS, ids=lambda path: path.name[:3])
@pytest.mark.parametrize("shape", ["terminal", "markdown", "latex", "html"])
def test_a_finished_run_is_reported(run: Path, shape: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "report", str(run), "--format", shape)
    assert code == 0, err
    assert "100.0" in out


def test_the_scores_and_predictions_of_a_finished_run_are_those_of_then() -> None:
    finished = emonet.runs(BEFORE / "finished")
    frame = finished["one-4329c19f"].to_frame()
    said = finished["one-4329c19f"].predictions()
    assert len(frame) == 6
    assert len(said) == len(said.drop_duplicates()) == 36
    network = said[(said.system == "net") & (said.checkpoint == "best") & said.isin(["test"]).any(axis=1)]
    assert len(network) == 6
    assert (network.truth == network.predicted).sum() == 2
    assert len(finished["two-76dd12f7"].predictions()) == 24


@pytest.mark.parametrize("run", RUNS, ids=lambda path: path.name[:3])
def test_a_damaged_file_of_the_predictions_of_then_is_named(run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(run, tmp_path / run.name))
    path = sorted(copy.rglob("*.parquet"))[-1]
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(emonet.EmonetError) as caught:
        emonet.runs(tmp_path)[run.name].predictions()
    assert str(path) in str(caught.value)


def test_a_finished_run_is_compared_with_one_of_today(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = emonet.run("two.yaml", runs=work / "runs")
    code, out, err = call(capsys, "runs", "compare", str(RUNS[1]), str(report.path))
    assert code == 0, err
    assert "100.0" in out


@pytest.mark.parametrize("name", ["one", "two"])
@pytest.mark.usefixtures("work")
def test_the_stages_of_a_recipe_of_then_have_the_keys_of_then(name: str) -> None:
    (run,) = (path for path in RUNS if path.name.startswith(name))
    before = json.loads((run / "plan.json").read_text(encoding="utf-8"))["stages"]
    emonet.run(f"{name}.yaml", runs="runs")
    now = emonet.plan(f"{name}.yaml").stages
    assert [stage["key"] for stage in now] == [stage["key"] for stage in before]


@pytest.mark.usefixtures("work")
def test_a_pack_of_then_gives_the_answers_of_then() -> None:
    before = json.loads((BEFORE / "answers.json").read_text(encoding="utf-8"))
    pack = emonet.load_pack(BEFORE / "pack")
    answers = pack.predict([Path("tones") / row["file"] for row in before])
    for (_, now), then in zip(answers.iterrows(), before, strict=True):
        assert now["label"] == then["label"]
        names, wanted = zip(*then["probabilities"].items(), strict=True)
        assert [now[f"p_{name}"] for name in names] == pytest.approx(wanted, abs=1e-4)


@pytest.mark.usefixtures("work")
def test_a_split_list_of_then_is_the_protocol_of_then(capsys: pytest.CaptureFixture[str]) -> None:
    recipe = Path("two.yaml").read_text(encoding="utf-8").replace(", {manifest: tones/sexes.csv}", "")
    recipe = recipe.replace("by-speaker", "{imported: {file: protocol.csv}}")
    Path("imported.yaml").write_text(recipe, encoding="utf-8")
    code, out, err = call(capsys, "run", "imported.yaml", "--plan", "--json")
    assert code == 0, err
    (stage,) = json.loads(out)["stages"]
    assert next(iter(stage["protocols"].values())).startswith("bbf11345")
