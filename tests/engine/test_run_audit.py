"""A run audits its partitions and keeps the verdict with its scores."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.helpers.cli_run import call

RECIPE = """\
corpora: [{manifest: tones/labels.csv}]
protocol: PROTOCOL
strategy: svm
extractor: egemaps
svm: {c: [0.1]}
"""


@pytest.fixture
def folder(tones: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tones.parent.parent)
    return tones.parent


def test_the_verdict_is_in_the_run_folder_and_below_its_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.yaml").write_text(RECIPE.replace("PROTOCOL", "leave-one-speaker-out"))
    code, out, err = call(capsys, "run", "a.yaml")
    assert code == 0, err
    assert "Audit of labels/leave-one-speaker-out #" in out
    text = (
        "speaker-independent, texts unknown, no duplicate audio across splits, see also copies of some clips unknown."
    )
    assert text in " ".join(out.split()), "steady tones tell nothing"
    (run,) = Path("runs").iterdir()
    (verdict,) = json.loads((run / "audit.json").read_text())
    (shown,) = json.loads((run / "scores.json").read_text())["audits"]
    assert (shown["summary"], shown["level"]) == (verdict["summary"], verdict["level"])
    assert [finding["fold"] for finding in verdict["findings"] if finding["what"] == "audio"] == [
        "s0",
        "s1",
        "s2",
        "s3",
    ]
    assert [finding["seen"] for finding in shown["findings"] if finding["what"] == "audio"] == [
        "no copies in two splits; all 4 folds"
    ]
    assert {finding["what"] for finding in verdict["findings"]} >= {"speakers", "audio", "class x speaker"}


def test_a_copied_file_stops_a_run_unless_its_recipe_says_report(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = folder / "labels.csv"
    shutil.copyfile(folder / "s0" / "anger_0.wav", folder / "s3" / "copy.wav")
    manifest.write_text(manifest.read_text() + "s3/copy.wav,anger,s3\n")
    code, _, err = call(
        capsys, "protocol", "export", "{manifest: tones/labels.csv}", "leave-one-speaker-out", "--out", "f.csv"
    )
    assert code == 0, err
    Path("b.yaml").write_text(RECIPE.replace("PROTOCOL", "{imported: {file: f.csv}}"))
    code, out, err = call(capsys, "run", "b.yaml")
    assert (code, out) == (2, "")
    assert "audio: 1 of 6 test clips have a copy in train, e.g. s0/anger_0 = s3/copy (fold s0)" in err
    assert "write audit: report into the recipe" in err
    assert not Path("runs").exists(), "nothing was started"
    code, out, err = call(capsys, "run", "b.yaml", "--json", "--set", "audit=report")
    assert code == 0, err
    report = json.loads(out)
    (verdict,) = report["audits"]
    assert verdict["level"] == "problem"
    assert (
        "duplicate audio across splits (1 of 6 test clips have a copy in train, e.g. s0/anger_0 = s3/copy "
        "(fold s0); 1 of 4 folds)" in (verdict["summary"])
    )
    score = next(score for score in report["scores"] if score["split"] == "test")
    assert score["protocol_id"] == "labels/imported leave-one-speaker-out"
    assert score["fold_mean"] is not None
    assert call(capsys, "audit", "b.yaml")[0] == 1
