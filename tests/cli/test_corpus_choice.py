"""Commands on corpora that come in by a door, from check to a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.cli_terminal import Emonet
from tests.helpers.hub_datasets import clip, dataset_of, rows, save_parquet


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A folder with a Parquet file of six clips."""
    save_parquet(tmp_path / "my set/all.parquet", dataset_of(rows(6)))
    return tmp_path / "my set"


def test_a_dataset_is_checked_and_prepared_without_a_card(emonet: Emonet, dataset: Path) -> None:
    checked = emonet("corpora", "check", "--hub", dataset)
    assert checked.code == 0
    assert "my_set" in checked.out
    assert "Note: Columns read: label: emotion, speaker: speaker_id." in checked.err
    prepared = emonet("corpora", "prepare", "--hub", dataset, "--json")
    assert json.loads(prepared.out)["utterances"] == 6


def test_what_the_door_must_know_is_set_as_in_a_recipe(emonet: Emonet, dataset: Path) -> None:
    wrong = emonet("corpora", "check", "--hub", dataset, "--quick", "--set", "columns.label=emotoin")
    assert wrong.code == 2
    assert "Did you mean 'emotion'?" in wrong.err
    assert emonet("corpora", "check", "--hub", dataset, "--quick", "--set", "columns={label: emotion}").code == 0
    twice = ("--set", "columns={label: emotion}", "--set", "columns={speaker: who}")
    refused = emonet("corpora", "check", "--hub", dataset, "--quick", *twice)
    assert (refused.code, "would replace the former" in refused.err) == (2, True)
    apart = ("--set", "columns.label=emotion", "--set", "columns.label2=x")
    assert "is given twice" not in emonet("corpora", "check", "--hub", dataset, "--quick", *apart).err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tones", "--set", "columns.label=x"], "--set goes with --manifest or --hub or --audformat"),
        (["--hub", "none"], "there is no such file or folder"),
        (["--hub", ".", "--set", "colums.label=x"], "--set: unknown key 'colums'. Did you mean 'columns'?"),
        (["--hub", ".", "--set", "columns"], "The change 'columns' is not key=value"),
        (["--manifest", "a.csv", "--set", "table=x"], "--set: table belongs to audformat"),
    ],
)
def test_doors_that_cannot_be_entered_are_explained(emonet: Emonet, arguments: list[str], message: str) -> None:
    ran = emonet("corpora", "check", *arguments)
    assert ran.code == 2
    assert message in ran.err


@pytest.mark.slow
def test_a_recipe_names_a_dataset(emonet: Emonet, tmp_path: Path) -> None:
    listed = rows(12)
    for number, row in enumerate(listed):
        row["speaker_id"] = number % 3
        row["emotion"] = number // 6
        row["audio"]["bytes"] = clip(150 + 300 * row["emotion"] + number, seconds=0.4)
    save_parquet(tmp_path / "foo.parquet", dataset_of(listed))
    text = (
        "corpora: [{hub: foo.parquet, columns: {label: emotion, speaker: speaker_id}}]\n"
        "protocol: leave-one-speaker-out\nstrategy: svm\nextractor: egemaps\n"
    )
    (tmp_path / "svm.yaml").write_text(text, encoding="utf-8")
    ran = emonet("run", tmp_path / "svm.yaml", "--runs", tmp_path / "runs", "--json", "--quiet")
    assert ran.code == 0, ran.err
    (score,) = [score for score in json.loads(ran.out)["scores"] if score["split"] == "test"][:1]
    assert score["n"] == 12


def test_a_column_that_seems_to_matter_is_asked_for_with_words_for_the_command_line(
    emonet: Emonet, tmp_path: Path
) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("file,label,seg_dur,notes\na.wav,anger,1.0,x\nb.wav,fear,1.0,y\n")
    asked = emonet("corpora", "check", "--manifest", table, "--quick")
    assert asked.code == 2
    assert "'seg_dur' looks like a time. Say what they are (--set 'columns={FIELD: COLUMN}')" in asked.err
    assert "pass them over: --set 'columns={seg_dur: ignore}'." in asked.err
    told = emonet("corpora", "check", "--manifest", table, "--quick", "--set", "columns={seg_dur: ignore}")
    assert "Note: Columns not used: notes." in told.err


def test_numbers_are_told_apart_from_classes_with_words_for_the_command_line(emonet: Emonet, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("file,label\na.wav,1.5\nb.wav,3.25\n")
    asked = emonet("corpora", "check", "--manifest", table, "--quick")
    assert """or say --set 'columns={"label:NAME[LOW..HIGH]": COLUMN}'.""" in asked.err
    for form in ("label:valence[1..5]", "label:valence[classes]"):
        told = emonet("corpora", "check", "--manifest", table, "--quick", "--set", f'columns={{"{form}": label}}')
        assert told.err == ("Note: Columns read: valence: label, file: file.\n")
