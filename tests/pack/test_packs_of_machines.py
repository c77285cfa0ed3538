"""Packs of SVMs: what they say of the clips of test is what the run said of them, by class, speaker and number."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

import emonet as package
from emonet.cli.app import run_command
from emonet.errors import EmonetError
from emonet.learn.checkpoint import load_checkpoint, save_checkpoint
from emonet.pack.pack import SHARED, read_pack
from tests.helpers.packs import Emonet, file_of, labels_of, run_of
from tests.helpers.tones import make_rated_tones, make_tones, write_tone

RECIPE = """\
corpora: [{manifest: one/labels.csv}, {manifest: two/more.csv}, {manifest: rated/rated.csv, target: valence+dominance}]
protocol: by-speaker
svm: {c: [0.1, 0.01]}
systems:
  plain: {strategy: svm, extractor: egemaps}
  bare: {strategy: svm, extractor: egemaps, normalisation: none}
  spoken: {strategy: svm, extractor: egemaps, normalisation: speaker}
"""
TASKS = ("labels/label", "more/label", "rated/valence+dominance")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of three SVMs, the packs of all their tasks, and its corpora."""
    folder = tmp_path_factory.mktemp("machines")
    make_tones(folder / "one", takes=1)
    make_tones(folder / "two", takes=1, speakers=3, first=4).rename(folder / "two" / "more.csv")
    make_rated_tones(folder / "rated", speakers=4, takes=3)
    (folder / "all.yaml").write_text(RECIPE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("EMONET_HOME", str(folder / "home"))
        patch.setenv("EMONET_PLUGINS", "")
        assert run_command(["run", "all.yaml", "--quiet"]) == 0
        for system in ("plain", "bare", "spoken"):
            assert run_command(["pack", "export", run_of(folder), "--system", system, "--out", system]) == 0
    return folder


def rows_of(made: Path, system: str, task: str) -> list[dict[str, Any]]:
    """Return what the run predicted of the clips of test."""
    rows = [
        row for path in Path(run_of(made)).rglob("*.parquet") for row in pyarrow.parquet.read_table(path).to_pylist()
    ]
    wanted = {"system": system, "corpus": task.partition("/")[0], "split": "test"}
    found = [row for row in rows if wanted.items() <= row.items()]
    assert found
    return found


def listed(made: Path, task: str) -> Path:
    return {"labels": made / "one/labels.csv", "more": made / "two/more.csv", "rated": made / "rated/rated.csv"}[
        task.partition("/")[0]
    ]


@pytest.mark.parametrize("system", ["plain", "bare", "spoken"])
@pytest.mark.parametrize("task", TASKS)
def test_a_pack_decides_as_the_run_did(made: Path, emonet: Emonet, system: str, task: str) -> None:
    table = listed(made, task)
    grouped = ("--group-by", "speaker") if system == "spoken" else ()
    said = {row["file"]: row for row in labels_of(emonet, made / system, table, "--task", task, *grouped)}
    for row in rows_of(made, system, task):
        found = said[str(table.parent / f"{row['id']}.wav")]
        if task.startswith("rated"):
            assert found["numbers"][row["target"]] == pytest.approx(float(row["predicted"]), rel=1e-6)
            assert found["decisions"] == {}
        else:
            assert found["label"] == row["predicted"]
            assert found["label"] == max(found["decisions"], key=lambda label: found["decisions"][label])
        assert found["probabilities"] == {}
        assert found["evaluation"] == "the whole clip"


def test_a_pack_of_an_svm_holds_one_extractor_and_a_small_file_a_task(made: Path, emonet: Emonet) -> None:
    pack = read_pack(made / "plain")
    assert pack.has_machines
    assert set(pack.tasks) == set(TASKS)
    assert pack.shared.facts["components"]["extractor"]["name"] == "egemaps"
    assert dict(pack.shared.tensors) == {}
    part = pack.task(TASKS[0])
    assert set(part.tensors) == {"coefficients", "intercepts", "scaling.mean", "scaling.scale"}
    assert set(read_pack(made / "bare").task(TASKS[0]).tensors) == {"coefficients", "intercepts"}
    assert part.facts["provenance"]["checkpoint"] == "best"
    code, out, _ = emonet("pack", "info", made / "plain")
    assert code == 0
    assert "egemaps" in out
    assert "(1 fold)" in out


def test_python_gives_decision_values_and_no_probabilities(made: Path) -> None:
    pack = package.load_pack(made / "plain", tasks=[TASKS[0]])
    frame = pack.predict(made / "one/s0/anger_0.wav", progress=False)
    assert list(frame.columns)[-4:] == ["d_anger", "d_neutral", "d_sadness", "problem"]
    assert frame.loc[0, ["d_anger", "d_neutral", "d_sadness"]].astype(float).idxmax() == f"d_{frame.loc[0, 'label']}"


def test_windows_of_a_long_file_are_decided_by_themselves(made: Path, emonet: Emonet, tmp_path: Path) -> None:
    write_tone(tmp_path / "long.wav", 220.0, 2.0, seed=3)
    words = (made / "plain", tmp_path / "long.wav", "--task", TASKS[0], "--window", 1)
    whole, *parts = labels_of(emonet, *words)
    assert [row["end"] for row in (whole, *parts)] == [2.0, 1.0, 2.0]
    for label, value in whole["decisions"].items():
        assert value == pytest.approx(sum(row["decisions"][label] for row in parts) / 2)
    code, out, err = emonet("predict", *words)
    assert code == 0
    assert "files are judged by windows of 1 s, but its scores by the whole clip of each clip" in err
    assert "probabilities, decision values or numbers" in out


def test_a_speakers_own_statistics_are_asked_for(made: Path, emonet: Emonet) -> None:
    code, _, err = emonet("predict", made / "spoken", made / "one/s0")
    assert code == 2
    assert "--group-by folder" in err


def test_a_class_that_was_never_met_has_no_decision_value(made: Path, emonet: Emonet, tmp_path: Path) -> None:
    folder = shutil.copytree(made / "plain", tmp_path / "plain")
    path = file_of(folder, TASKS[0])
    tensors, facts = load_checkpoint(path)
    tensors["intercepts"][0] = -math.inf
    save_checkpoint(path, tensors, facts)
    code, out, err = emonet("predict", folder, made / "one/s0/anger_0.wav", "--task", TASKS[0], "--json")
    assert code == 0, err
    (row,) = json.loads(out)["labels"]
    assert set(row["decisions"]) == {"neutral", "sadness"}
    assert "Infinity" not in out


def test_an_svm_of_other_features_is_refused(made: Path, emonet: Emonet, tmp_path: Path) -> None:
    folder = shutil.copytree(made / "plain", tmp_path / "plain")
    path = file_of(folder, TASKS[0])
    tensors, facts = load_checkpoint(path)
    save_checkpoint(path, {**tensors, "coefficients": tensors["coefficients"][:, :-1].contiguous()}, facts)
    code, _, err = emonet("predict", folder, made / "one/s0/anger_0.wav")
    assert code == 2
    assert "coefficients (3, 88) and intercepts (3,)" in err
    assert "coefficients (3, 87), intercepts (3,). Export it again, or install the extractor it was made with." in err


def test_a_flipped_bit_in_a_pack_of_an_svm_is_refused(made: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(made / "plain", tmp_path / "plain")
    for path in (folder / SHARED, file_of(folder, TASKS[0])):
        whole = path.read_bytes()
        for place in range(0, len(whole), max(1, len(whole) // 40)):
            path.write_bytes(bytes([*whole[:place], whole[place] ^ 1 << place % 8, *whole[place + 1 :]]))
            with pytest.raises(EmonetError, match="damaged"):
                read_pack(folder)
        path.write_bytes(whole)
    assert set(read_pack(folder).tasks) == set(TASKS)


def test_a_task_of_an_svm_is_added_to_a_pack_of_the_same_extractor(made: Path, emonet: Emonet, tmp_path: Path) -> None:
    folder = shutil.copytree(made / "plain", tmp_path / "plain")
    alone = tmp_path / "alone.safetensors"
    file_of(folder, TASKS[0]).rename(alone)
    assert set(read_pack(folder).tasks) == set(TASKS[1:])
    code, out, err = emonet("pack", "import", folder, alone)
    assert code == 0, err
    assert "Added: task 'labels/label'" in out
    assert set(read_pack(folder).tasks) == set(TASKS)
