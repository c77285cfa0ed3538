"""What a run says on stderr when a plugin fails it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emonet.cli.app import run_command

RECIPE = """\
corpora: [{manifest: labels.csv}]
protocol: leave-one-speaker-out
strategy: svm
extractor: length
svm: {c: [0.1]}
"""
PLUGIN = """\
import emonet
import numpy as np

class Length:
    dim, names = 1, ("length",)

    def extract(self, wave):
        return np.array([len(wave)], dtype=np.float32)

@emonet.component(yields="vector")
def length():
    return Length()

@emonet.hookimpl
def emonet_extractors():
    return {"length": length}

@emonet.hookimpl
def emonet_event(event):
    raise OSError("no tracker")
"""


def test_an_observer_that_fails_is_named_and_the_run_goes_on(
    tones: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tones.parent)
    Path("recipe.yaml").write_text(RECIPE, encoding="utf-8")
    Path("mine.py").write_text(PLUGIN, encoding="utf-8")
    code = run_command(["run", "recipe.yaml", "--plugin", "mine.py", "--json"])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "Warning: plugin 'mine.py' (mine.py) failed during the run: OSError: no tracker\n")
    assert json.loads(out)["scores"]
