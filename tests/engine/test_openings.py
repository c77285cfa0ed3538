"""Test stays shut: training has none of it, and whoever opens it has said so before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_run import call

from emonet import stages
from emonet.home import stages_folder
from emonet.learn.clips import Clips, clips_of

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

    def watched(task: Any, part: str, *rest: Any) -> Clips:
        seen.append((part, set(task.items), len(list(stages_folder().rglob("test_opened.json")))))
        return clips_of(task, part, *rest)

    monkeypatch.setattr(stages, "clips_of", watched)
    assert call(capsys, "run", recipe.name, "--quiet")[0] == 0
    assert {part for part, _, _ in seen} == {"train", "dev", "test"}
    before = 0
    for part, parts, noted in seen:
        assert parts == ({"test"} if part == "test" else {"train", "dev"})
        assert part != "test" or noted == before + 1
        before = before if part == "test" else noted
    assert seen[-1][2] == 8
