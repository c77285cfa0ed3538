"""Corpora that are about sounds and health go through the whole program, by their cards alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emonet.cli.app import run_command
from tests.helpers.tones import write_tone

NETWORK = "frontend: {logmel: {bands: 16}}, backbone: {wide_resnet: {width: 4, blocks: 1}}"
JOINT = "strategy: multi-domain, adapter: residual, shared: {rounds: 2}"
TRAINING = "training: {batch: 8, epochs: 1, crop: 0.2, learning_rates: [0.01]}"
SPEAKERS = 9


def vocalsound(root: Path) -> Path:
    sounds = ("laughter", "sigh", "cough", "throatclearing", "sneeze", "sniff")
    for speaker in range(SPEAKERS):
        for number, sound in enumerate(sounds):
            name = f"{'fm'[speaker % 2]}{speaker:04d}_0_{sound}.wav"
            write_tone(root / "audio_16k" / name, 100.0 * (number + 1), 0.3, seed=10 * speaker + number)
    return root


def daic_woz(root: Path) -> Path:
    """Interviews whose pitch rises with the score; the participant speaks twice in each."""
    tables: dict[str, list[str]] = {"train": [], "dev": [], "test": []}
    for number in range(8):
        id_, score = 300 + number, 3 * number
        write_tone(root / f"{id_}_P" / f"{id_}_AUDIO.wav", 150.0 + 40 * score, 1.2, seed=number)
        turns = "start_time\tstop_time\tspeaker\tvalue\n0.0\t0.2\tEllie\thi\n0.2\t0.6\tParticipant\ta\n0.7\t1.1\t"
        (root / f"{id_}_P" / f"{id_}_TRANSCRIPT.csv").write_text(f"{turns}Participant\tb\n")
        split = ("train", "train", "dev", "test")[number // 2 if number % 2 else (number + 4) // 2 % 4]
        tables[split].append(f"{id_},{int(score >= 10)},{score},{number % 2}")
    for split, lines in tables.items():
        table = root / f"{split}_split_Depression_AVEC2017.csv"
        table.write_text("Participant_ID,PHQ8_Binary,PHQ8_Score,Gender\n" + "\n".join(lines) + "\n")
    return root


def ran(folder: Path, recipe: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    path = folder / "recipe.yaml"
    path.write_text(recipe, encoding="utf-8")
    code = run_command(["run", str(path), "--runs", str(folder / "runs"), "--json"])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return [score for score in json.loads(captured.out)["scores"] if score["split"] == "test"]


@pytest.mark.slow
def test_sounds_and_the_sex_of_speakers_are_learned_like_anything_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = vocalsound(tmp_path / "vocalsound")
    recipe = (
        f"corpora: [{{id: vocalsound, root: {root}}}, {{id: vocalsound, target: sex, root: {root}}}]\n"
        "protocol: {grouped-k-fold: {k: 3}}\n"
        f"systems:\n  net: {{{JOINT}, {NETWORK}, {TRAINING}}}\n"
    )
    scores = ran(tmp_path, recipe, capsys)
    assert {score["task"] for score in scores} == {"vocalsound/sound", "vocalsound/sex"}
    assert {score["n"] for score in scores} == {6 * SPEAKERS}


@pytest.mark.slow
def test_interviews_give_a_class_and_a_number_in_one_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = daic_woz(tmp_path / "daic_woz")
    recipe = (
        f"corpora: [{{id: daic_woz, root: {root}}}, {{id: daic_woz, target: phq8, root: {root}}}]\n"
        "protocol: official\n"
        f"systems:\n  net: {{{JOINT}, {NETWORK}, {TRAINING}}}\n"
        "  svm: {strategy: svm, extractor: egemaps}\n"
    )
    scores = {(score["system"], score["task"]): score for score in ran(tmp_path, recipe, capsys)}
    assert set(scores) == {
        (system, f"daic_woz/{target}") for system in ("net", "svm") for target in ("depression", "phq8")
    }
    assert scores["svm", "daic_woz/phq8"]["metric"] == "ccc"
    assert scores["svm", "daic_woz/depression"]["metric"] == "uar"
    assert scores["svm", "daic_woz/phq8"]["protocol_id"] == "daic_woz/official"


def test_a_mapping_onto_arousal_says_that_a_sound_has_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = vocalsound(tmp_path / "vocalsound")
    path = tmp_path / "recipe.yaml"
    text = f"corpora: [{{id: vocalsound, root: {root}}}]\nprotocol: {{grouped-k-fold: {{k: 3}}}}\nadapter: residual\n"
    path.write_text(f"{text}strategy: arousal\nfrontend: logmel\nbackbone: wide_resnet\n", encoding="utf-8")
    assert run_command(["run", str(path), "--plan"]) == 2
    assert "the label 'laughter' of target 'sound' has no arousal" in capsys.readouterr().err
