"""What a run keeps and finds damaged: it is named and made again, or named and refused, and never used."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emonet.cli.app import run_command
from emonet.home import home

RECIPE = """\
corpora: [{manifest: tones/labels.csv}]
protocol: by-speaker
systems:
  svm: {strategy: svm, extractor: egemaps, svm: {c: [0.1]}}
  net:
    strategy: scratch
    frontend: {logmel: {bands: 16}}
    backbone: {wide_resnet: {width: 4, blocks: 1}}
    training: {batch: 8, epochs: 1, crop: 0.2}
"""
Emonet = Callable[..., tuple[int, str, str]]


@pytest.fixture
def emonet(tones: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Emonet:
    folder = tones.parent.parent
    monkeypatch.chdir(folder)
    (folder / "r.yaml").write_text(RECIPE, encoding="utf-8")

    def call(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run_command([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def scores_of(emonet: Emonet) -> tuple[list[dict[str, Any]], str]:
    """Run the recipe; return its scores and what was said."""
    code, _, err = emonet("run", "r.yaml")
    assert code == 0, err
    (path,) = Path("runs").glob("*/scores.json")
    return json.loads(path.read_text(encoding="utf-8"))["scores"], err


def flip(path: Path, place: int) -> None:
    """Turn one bit of a file in place."""
    mode = path.stat().st_mode
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ 64]))
    path.chmod(mode)


def test_a_store_whose_samples_are_damaged_is_made_anew_and_the_run_goes_on(emonet: Emonet) -> None:
    assert emonet("corpora", "prepare", "--manifest", "tones/labels.csv")[0] == 0
    (store,) = home().glob("store/*/*/store.arrow")
    whole = store.read_bytes()
    flip(store, len(whole) // 2)
    scores, said = scores_of(emonet)
    assert f"{store} is damaged (the samples of 's" in said
    assert "The store is made anew, and the run goes on." in said
    assert store.read_bytes() == whole
    assert scores_of(emonet)[0] == scores
