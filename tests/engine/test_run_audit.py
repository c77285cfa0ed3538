"""A run audits its partitions and keeps the verdict with its scores."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import soundfile

from tests.helpers.babble import RATE, babble
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


def babbled(folder: Path) -> Path:
    """Replace the tones of a corpus by sounds of which none is like another."""
    for number, path in enumerate(sorted(folder.rglob("*.wav"))):
        soundfile.write(path, 0.3 * babble(number, 0.5), RATE, subtype="PCM_16")
    return folder


def test_a_run_stops_where_a_speaker_of_test_is_in_train_under_another_spelling_until_somebody_says_what_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = babbled(folder).joinpath("labels.csv").read_text()
    for speaker, spelling in (("s1", "S0"), ("s3", "s02")):  # so that there are two people in four spellings
        text = text.replace(f",{speaker}\n", f",{spelling}\n")
    (folder / "labels.csv").write_text(text)
    Path("a.yaml").write_text(RECIPE.replace("PROTOCOL", "leave-one-speaker-out"))
    code, _, err = call(capsys, "run", "a.yaml")
    assert code == 2
    assert "speakers' names: speakers: 1 of test in another spelling in train" in err
    assert not Path("runs").exists()
    entry = "corpora: [{manifest: tones/labels.csv, speaker: {alike: ANSWER}}]"
    recipe = RECIPE.replace("corpora: [{manifest: tones/labels.csv}]", entry)
    Path("b.yaml").write_text(recipe.replace("ANSWER", "differ").replace("PROTOCOL", "leave-one-speaker-out"))
    code, out, err = call(capsys, "run", "b.yaml")
    assert code == 0, err
    assert "leave-one-speaker-out #" in out
    Path("c.yaml").write_text(
        recipe.replace("ANSWER", "one").replace("PROTOCOL", "{leave-one-speaker-out: {dev: 0.2}}")
    )
    code, out, err = call(capsys, "run", "c.yaml", "--json")
    assert code == 0, err
    assert {score["speakers"] for score in json.loads(out)["scores"] if score["split"] == "test"} == {2}


def test_a_corpus_without_speakers_runs_at_random_and_says_so_under_its_scores(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = babbled(folder).joinpath("labels.csv").read_text().splitlines()
    (folder / "labels.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines) + "\n")
    Path("a.yaml").write_text(RECIPE.replace("PROTOCOL", "leave-one-speaker-out"))
    code, _, err = call(capsys, "run", "a.yaml")
    assert (code, "`protocol: {random: {overlap: REASON}}`" in err, "`speaker: REGEX`" in err) == (2, True, True)
    Path("b.yaml").write_text(RECIPE.replace("PROTOCOL", "{random: {k: 3, overlap: nobody knows the speakers}}"))
    code, out, err = call(capsys, "run", "b.yaml")
    assert code == 0, err
    shown = " ".join(out.split())
    stamp = "speaker-dependent, since utterances are dealt out at random: nobody knows the speakers"
    assert f"speakers stand in two splits: {stamp}" in shown
    assert f"speakers unknown ({stamp})" in shown
    named = RECIPE.replace("tones/labels.csv", r"tones/labels.csv, speaker: '^(s\d)/'")
    Path("c.yaml").write_text(named.replace("PROTOCOL", "leave-one-speaker-out"))
    code, out, err = call(capsys, "run", "c.yaml")
    assert code == 0, err
    assert "speaker-independent" in out
