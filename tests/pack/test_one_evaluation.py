"""A pack judges a file as the run judged the clips that its score is of, whatever the recipe chose."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
import soundfile

from emonet.cli.app import run_command
from tests.helpers.packs import NET, Emonet, labels_of, run_of
from tests.helpers.tones import PITCH

KINDS, NORMALISATIONS = ("centre", "full", "windows"), ("none", "global", "speaker")
SYSTEMS = [f"{kind}-{normalisation}" for kind, normalisation in product(KINDS, NORMALISATIONS)]
CLASSES, NUMBERS = "clips/label", "clips/loudness+height"
RECIPE = """\
corpora: [{manifest: sound/clips.csv}, {manifest: sound/clips.csv, target: loudness+height}]
protocol: by-speaker
systems:
"""
SECONDS = (0.4, 1.3, 1.7)
"""Shorter than the crop; two windows, the last one longer; three."""


def make_clips(folder: Path) -> None:
    """Write clips whose beginning, middle and end sound unlike each other."""
    random, lines = np.random.default_rng(5), ["file,label,label:loudness[0..1],label:height[100..500 Hz],speaker"]
    for speaker, (label, pitch), seconds in product(range(3), PITCH.items(), SECONDS):
        time = np.arange(round(seconds * 16_000)) / 16_000
        height, level = pitch * (1 + 2 * (time / seconds) ** 2 + 0.1 * speaker), 0.05 + 0.5 * (time / seconds)
        name = f"s{speaker}/{label}_{seconds}.wav"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        wave = level * np.sin(2 * np.pi * np.cumsum(height) / 16_000) + random.normal(0, 0.02, len(time))
        soundfile.write(folder / name, wave, 16_000)
        lines.append(f"{name},{label},{random.uniform():.3f},{pitch:.1f},s{speaker}")
    (folder / "clips.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of one network under every evaluation and normalisation, and the packs of all."""
    folder = tmp_path_factory.mktemp("evaluations")
    make_clips(folder / "sound")
    systems = "".join(
        f"  {kind}-{normalisation}: {{strategy: scratch, {NET}, normalisation: {normalisation}, "
        f"training: {{batch: 5, epochs: 1, learning_rates: [0.05], crop: 0.5, evaluate: {kind}}}}}\n"
        for kind, normalisation in product(KINDS, NORMALISATIONS)
    )
    (folder / "all.yaml").write_text(RECIPE + systems, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("EMONET_HOME", str(folder / "home"))
        patch.setenv("EMONET_PLUGINS", "")
        assert run_command(["run", "all.yaml", "--quiet"]) == 0
        for system, task in product(SYSTEMS, (CLASSES, NUMBERS)):
            words = ["--system", system, "--task", task, "--out", place_of(system, task)]
            assert run_command(["pack", "export", run_of(folder), *words]) == 0
    return folder


def place_of(system: str, task: str) -> str:
    return f"{system}-{'classes' if task == CLASSES else 'numbers'}"


def said_by_the_run(made: Path, system: str, targets: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Return what a run predicted of its test clips: id -> target -> row."""
    found: dict[str, dict[str, Any]] = {}
    for path in Path(run_of(made)).rglob("*.parquet"):
        for row in pyarrow.parquet.read_table(path).to_pylist():
            if (row["system"], row["split"], row["checkpoint"]) == (system, "test", "best") and row[
                "target"
            ] in targets:
                found.setdefault(row["id"], {})[row["target"]] = row
    assert len(found) == 9
    return found


def said_by_the_pack(made: Path, emonet: Emonet, system: str, task: str, *words: str) -> dict[str, dict[str, Any]]:
    """Return what a pack says of whole files: id -> row."""
    grouped = ["--group-by", "speaker"] if system.endswith("speaker") else []
    rows = labels_of(emonet, made / place_of(system, task), made / "sound" / "clips.csv", *grouped, *words)
    return {f"{Path(row['file']).parent.name}/{Path(row['file']).stem}": row for row in rows if not row["window"]}


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_pack_says_of_long_clips_what_the_run_said(made: Path, emonet: Emonet, system: str) -> None:
    pack = said_by_the_pack(made, emonet, system, CLASSES)
    for id_, rows in said_by_the_run(made, system, ("label",)).items():
        shares = list(pack[id_]["probabilities"].values())
        assert shares == pytest.approx(rows["label"]["probabilities"], abs=1e-4)
    pack = said_by_the_pack(made, emonet, system, NUMBERS)
    for id_, rows in said_by_the_run(made, system, ("loudness", "height")).items():
        for target, span in (("loudness", 1), ("height", 400)):
            assert pack[id_]["numbers"][target] == pytest.approx(float(rows[target]["predicted"]), abs=1e-4 * span)


@pytest.mark.parametrize("system", ["centre-none", "full-none", "windows-none"])
def test_the_three_ways_to_judge_a_clip_differ(made: Path, emonet: Emonet, system: str) -> None:
    kind = system.partition("-")[0]
    own = said_by_the_pack(made, emonet, system, CLASSES)
    for other in KINDS:
        found = said_by_the_pack(made, emonet, system, CLASSES, "--evaluate", other)
        for id_, row in own.items():
            same = list(found[id_]["probabilities"].values()) == pytest.approx(
                list(row["probabilities"].values()), abs=1e-5
            )
            assert same == (kind == other or "_0.4" in id_)


def test_a_whole_file_says_what_of_it_was_judged_and_windows_still_have_rows(made: Path, emonet: Emonet) -> None:
    clip = made / "sound" / "s0" / "anger_1.7.wav"
    for system, words in (("centre", "the centre 0.5 s"), ("full", "the whole clip"), ("windows", "windows of 0.5 s")):
        whole, *windows = labels_of(emonet, made / f"{system}-none-classes", clip)
        assert whole["evaluation"] == words
        assert [(part["begin"], part["end"]) for part in windows] == [(0.0, 0.5), (0.5, 1.0), (1.0, 1.7)]
        assert {part["evaluation"] for part in windows} == {""}


def test_another_evaluation_than_the_scores_is_said(made: Path, emonet: Emonet) -> None:
    clip, pack = made / "sound" / "s0" / "anger_1.7.wav", made / "centre-none-classes"
    _, _, err = emonet("predict", pack, clip)
    assert "judged" not in err
    whole, *_ = labels_of(emonet, pack, clip, "--window", "0.8")
    assert whole["evaluation"] == "windows of 0.8 s"
    _, _, err = emonet("predict", pack, clip, "--window", "0.8")
    said = f"Task '{CLASSES}': files are judged by windows of 0.8 s, but its scores by the centre 0.5 s of each clip."
    assert said in " ".join(err.split())
    _, _, err = emonet("predict", pack, clip, "--evaluate", "full")
    assert "judged by the whole clip" in " ".join(err.split())


def test_a_score_says_what_of_each_clip_was_judged(made: Path, emonet: Emonet) -> None:
    scores = json.loads((Path(run_of(made)) / "scores.json").read_text(encoding="utf-8"))["scores"]
    said = {(score["system"].partition("-")[0], score["evaluation"]) for score in scores}
    assert said == {("centre", "the centre 0.5 s"), ("full", "the whole clip"), ("windows", "windows of 0.5 s")}
    methods = {(score["system"], score["method"]) for score in scores}
    assert len({method for _, method in methods} - {""}) == len(methods) == len({system for system, _ in methods})
    _, out, _ = emonet("report", run_of(made), "--format", "terminal")
    shown = " ".join(out.split())
    for system, what in {(score["system"], score["evaluation"]) for score in scores}:
        assert re.search(rf"{what} \([^)]*{system}[,)]", shown)
