"""Packs whose tasks have numbers: said in the corpus' own unit, for whole files and for windows."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet
import pytest
import torch

from emonet.cli.app import run_command
from emonet.errors import EmonetError
from emonet.pack.audio_files import AudioFile
from emonet.pack.pack import read_pack, task_of
from emonet.pack.predict import open_predictor
from emonet.plugin.registry import load_registry
from tests.helpers.packs import NET, Emonet, file_of, labels_of, run_of
from tests.helpers.tones import make_rated_tones, make_tones, write_tone

RATED = "rated/valence+dominance"
RECIPE = f"""\
corpora: [{{manifest: rated/rated.csv, target: valence+dominance}}, {{manifest: one/labels.csv}}]
protocol: by-speaker
training: {{batch: 8, epochs: 2, learning_rates: [0.05], crop: 0.6}}
systems:
  multi: {{strategy: multi-domain, adapter: residual, {NET}, shared: {{rounds: 2}}}}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("numbers")
    make_rated_tones(folder / "rated", speakers=4, takes=3)
    make_tones(folder / "one", takes=1)
    (folder / "both.yaml").write_text(RECIPE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("EMONET_HOME", str(folder / "home"))
        patch.setenv("EMONET_PLUGINS", "")
        assert run_command(["run", "both.yaml", "--quiet"]) == 0
        assert run_command(["pack", "export", run_of(folder), "--system", "multi", "--out", "multi"]) == 0
    return folder


def test_a_pack_says_of_test_clips_what_the_run_said(made: Path, emonet: Emonet) -> None:
    paths = Path(run_of(made)).rglob("*.parquet")
    rows = [row for path in paths for row in pyarrow.parquet.read_table(path).to_pylist()]
    wanted = [row for row in rows if (row["corpus"], row["split"], row["checkpoint"]) == ("rated", "test", "best")]
    assert {row["target"] for row in wanted} == {"valence", "dominance"}
    for row in wanted:
        (said,) = labels_of(emonet, made / "multi", made / "rated" / f"{row['id']}.wav", "--task", RATED)
        assert said["numbers"][row["target"]] == pytest.approx(float(row["predicted"]), abs=2e-3)
        assert (said["label"], said["probabilities"], said["affect"]) == ("", {}, None)
        assert said["units"] == {"valence": "", "dominance": "%"}


def test_a_long_file_gives_numbers_for_windows_and_their_mean(made: Path, emonet: Emonet, tmp_path: Path) -> None:
    write_tone(tmp_path / "long.wav", 200.0, 1.8, seed=3)
    words = [made / "multi", tmp_path / "long.wav", "--task", RATED]
    whole, *windows = labels_of(emonet, *words, "--evaluate", "windows")
    assert [part["window"] for part in (whole, *windows)] == [False, True, True, True]
    mean = sum(part["numbers"]["valence"] for part in windows) / 3
    assert whole["numbers"]["valence"] == pytest.approx(mean)


def test_classes_and_numbers_stand_in_one_table(made: Path, emonet: Emonet, tmp_path: Path) -> None:
    write_tone(tmp_path / "a.wav", 200.0, 0.3, seed=3)
    code, out, err = emonet("predict", made / "multi", tmp_path / "a.wav", "--csv")
    assert code == 0, err
    rows = {row["task"]: row for row in csv.DictReader(io.StringIO(out))}
    numbers, classes = rows[RATED], rows["labels/label"]
    assert (numbers["label"], numbers["p_anger"]) == ("", "")
    assert float(numbers["n_dominance"])
    assert (classes["n_valence"], classes["n_dominance"]) == ("", "")
    assert float(classes["p_anger"]) > 0
    code, out, err = emonet("predict", made / "multi", tmp_path / "a.wav")
    assert code == 0, err
    shown = " ".join(out.split())
    assert "valence" in shown
    assert "%" in shown


def test_a_pack_names_its_dimensions_and_their_scores(made: Path, emonet: Emonet) -> None:
    _, out, _ = emonet("pack", "info", made / "multi", "--json")
    task = json.loads(out)["tasks"][RATED]
    assert task["labels"] == []
    assert task["dimensions"][1] == {"name": "dominance", "range": [0.0, 100.0], "unit": "%"}
    assert task["score"] is None
    scores = json.loads((Path(run_of(made)) / "scores.json").read_text(encoding="utf-8"))["scores"]
    for name in ("valence", "dominance"):
        wanted = {"task": f"rated/{name}", "split": "test", "checkpoint": "best"}
        (score,) = [each for each in scores if wanted.items() <= each.items()]
        assert task["scores"][name]["all_folds"] == score["metrics"]["ccc"]
    code, out, _ = emonet("pack", "info", made / "multi")
    assert code == 0
    assert "dominance 0 to 100 %" in " ".join(out.split()) or "dominance" in out


def test_a_task_with_neither_labels_nor_dimensions_is_refused(made: Path) -> None:
    part = read_pack(made / "multi").task(RATED)
    with pytest.raises(EmonetError, match="neither labels nor dimensions"):
        task_of(replace(part, facts={**part.facts, "dimensions": []}))
    assert part.path == file_of(made / "multi", RATED.replace("+", "%2B"))


def test_numbers_that_are_none_are_a_reported_file(made: Path) -> None:
    predictor = open_predictor(read_pack(made / "multi"), load_registry(), [RATED])
    broken = replace(predictor, networks={RATED: lambda wave, lengths: torch.full((len(wave), 2), torch.inf)})
    (found,) = broken.label_all([AudioFile(made / "rated" / "s0" / "0.wav")])
    assert found.problem == f"task '{RATED}' gives no finite numbers for it"  # type: ignore[union-attr]
