"""A home of its own for every test, a plugin file with a tiny corpus, and the command line run in this process."""

from __future__ import annotations

from pathlib import Path

import pytest

from emonet.cli.app import run_command
from tests.helpers.cli_terminal import Emonet, Ran, write_tone

CARD = """\
id: tones
title: Tones [not speech]
languages: [eo, de-AT]
access: public
fetchable: true
licence: CC0
homepage: https://tones.example
citation: {{authors: A. Tone, title: Tones, year: 2020, venue: Nowhere, doi: 10.1/2}}
sources:
  - {{path: {archive}, sha256: "{sha256}", inside: TONES}}
targets:
  emotion:
    classes: [joy, anger, neutral]
    codes: {{j: joy, a: anger, n: neutral}}
    affect:
      neutral: {{arousal: low, valence: neutral, reason: a hum}}
scan:
  pattern:
    regex: (?:^|/)(?P<speaker>s\\d)_(?P<label>[jan])_\\d\\.wav$
protocols:
  by-hand:
    by: speaker
    splits: {{train: [s1], dev: [s2], test: [s3]}}
    source: made up
expected:
  utterances: 9
  speakers: 3
  hours: 0.00125
  per_class: {{emotion: {{joy: 3, anger: 3, neutral: 3}}}}
known_bad: {{s9_j_1.wav: a cough}}
examples:
  - {{path: s1_j_1.wav, label: joy, speaker: s1}}
notes: [Hums at 220 Hz.]
"""

PLUGIN = """\
from pathlib import Path
import emonet

@emonet.hookimpl
def emonet_corpora():
    return emonet.corpora_in(Path(__file__).parent / "cards")
"""


@pytest.fixture(autouse=True)
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep EmoNet's own files within the test."""
    monkeypatch.setenv("EMONET_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("EMONET_DATA", raising=False)
    return tmp_path / "home"


@pytest.fixture
def tones(tmp_path: Path) -> Path:
    """Write the tiny corpus: three speakers, three classes, half a second each."""
    root = tmp_path / "tones"
    root.mkdir()
    for speaker in (1, 2, 3):
        for label in "jan":
            write_tone(root / f"s{speaker}_{label}_1.wav")
    return root


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """Write a single-file plugin that brings the tiny corpus; its archive does not exist yet."""
    (tmp_path / "cards").mkdir()
    card = CARD.format(archive=tmp_path / "tones.zip", sha256="0" * 64)
    (tmp_path / "cards" / "tones.yaml").write_text(card)
    (tmp_path / "tones_plugin.py").write_text(PLUGIN)
    return tmp_path / "tones_plugin.py"


@pytest.fixture
def emonet(capsys: pytest.CaptureFixture[str]) -> Emonet:
    """Run a command line and return its exit code, stdout and stderr."""

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        code = run_command([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run
