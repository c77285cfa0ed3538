"""Folders of ComParE challenges, read with no card; their test labels may be kept back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emonet.cli.app import run_command
from emonet.corpus.readers.challenge import challenge_folder
from emonet.corpus.readers.manifest import manifest_corpus
from emonet.errors import CorpusError
from emonet.protocols.protocol import make_protocol
from tests.helpers.tones import write_tone

LEVELS = ("high", "low", "medium")


def challenge(folder: Path, *, test: str = "low", clips: int = 6, tones: bool = False) -> Path:
    """Lay out ``dist`` with three levels of escalation; a ``test`` that is none of them labels the whole test split."""
    for number, split in enumerate(("train", "devel", "test")):
        lines = []
        for clip in range(clips):
            name = f"{split}_{clip:03d}.wav"
            label = LEVELS[clip % 3] if split != "test" or test in LEVELS else test
            lines.append(f"{name},{label}")
            if tones:
                write_tone(folder / "dist" / "wav" / name, 110.0 * 2 ** (clip % 3), 0.3, seed=10 * clip + number)
        write(folder / "dist" / "lab" / f"{split}.csv", "filename,label\n" + "\n".join(lines) + "\n")
    (folder / "dist" / "wav").mkdir(exist_ok=True)
    return folder / "dist"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_classes_and_splits_come_from_the_tables(tmp_path: Path) -> None:
    corpus = manifest_corpus(challenge(tmp_path / "ESS"))
    first, *_ = listed = list(corpus.scan(tmp_path / "ESS" / "dist"))
    assert (corpus.id, corpus.targets[0].classes, corpus.targets[0].affect, corpus.notes) == ("ess", LEVELS, {}, ())
    assert (first.id, first.path, first.labels, first.split) == (
        "train_000",
        "wav/train_000.wav",
        {"label": "high"},
        "train",
    )
    assert [each.split for each in listed].count("dev") == 6
    (fold,) = make_protocol("official", {}, corpus, listed).folds
    assert {fold.splits[each.id] for each in listed} == {"train", "dev", "test"}


def test_the_folder_above_dist_will_do(tmp_path: Path) -> None:
    challenge(tmp_path / "ESS")
    corpus = manifest_corpus(tmp_path / "ESS")
    assert corpus.id == "ess"
    assert next(iter(corpus.scan(tmp_path / "ESS"))).path == "dist/wav/train_000.wav"


@pytest.mark.parametrize("placeholder", ["?", "", "x", "high"])
def test_labels_that_are_kept_back_are_left_out_and_counted(tmp_path: Path, placeholder: str) -> None:
    folder = challenge(tmp_path)
    write(folder / "lab" / "test.csv", "filename,label\n" + "".join(f"test_{n}.wav,{placeholder}\n" for n in range(4)))
    corpus = manifest_corpus(folder)
    listed = list(corpus.scan(folder))
    assert {each.split for each in listed} == {"train", "dev"}
    assert corpus.targets[0].classes == LEVELS
    assert corpus.notes == ("The labels of 4 clips are kept back by the organisers; those clips are left out.",)
    with pytest.raises(CorpusError, match="nothing is in test"):
        make_protocol("official", {}, corpus, listed)


def test_without_test_labels_the_dev_split_is_test_and_dev_is_cut_from_train(tmp_path: Path) -> None:
    folder = challenge(tmp_path, test="?", clips=10)
    corpus = manifest_corpus(folder)
    listed = list(corpus.scan(folder))
    protocol = make_protocol("hidden-test", {"dev": 0.3}, corpus, listed)
    (fold,) = protocol.folds
    splits = {split: {id_ for id_, of in fold.splits.items() if of == split} for split in ("train", "dev", "test")}
    assert splits["test"] == {f"devel_{n:03d}" for n in range(10)}
    assert (len(splits["train"]), len(splits["dev"])) == (7, 3)
    assert "random 30%" in protocol.overlap
    assert make_protocol("hidden-test", {}, corpus, listed).hash != protocol.hash


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "filename,label",
            "file_name,label",
            r"train\.csv:1: there is no column 'filename'\. Did you mean 'file_name'\?",
        ),
        ("filename,label", "filename,Label", r"there is no column 'label'\. Did you mean 'Label'\?"),
        ("train_000.wav,high", ",high", r"train\.csv:2: the cell 'filename' is empty"),
        ("train_000.wav,high", "../a.wav,high\nb.wav,c,d", r"train\.csv:3: this row does not have 2 cells"),
        ("train_000.wav,high", "../../../a.wav,high", r"train\.csv:2: .*lies outside of the folder"),
    ],
)
def test_tables_that_cannot_be_read_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    table = challenge(tmp_path) / "lab" / "train.csv"
    write(table, table.read_text(encoding="utf-8").replace(old, new))
    with pytest.raises(CorpusError, match=message):
        manifest_corpus(tmp_path)


def test_a_challenge_whose_labels_are_all_kept_back_says_so(tmp_path: Path) -> None:
    folder = challenge(tmp_path)
    for name in ("train", "devel", "test"):
        write(folder / "lab" / f"{name}.csv", "filename,label\na.wav,?\nb.wav,?\n")
    with pytest.raises(CorpusError, match="A challenge needs rows with two labels at least"):
        manifest_corpus(folder)


def test_a_folder_without_both_halves_is_no_challenge(tmp_path: Path) -> None:
    folder = challenge(tmp_path)
    assert challenge_folder(tmp_path) == challenge_folder(folder) == folder
    (folder / "wav").rmdir()
    assert challenge_folder(tmp_path) is None
    with pytest.raises(CorpusError, match=r"there is no train\.csv"):
        manifest_corpus(tmp_path)


@pytest.mark.slow
def test_a_blind_challenge_goes_from_its_folder_to_a_score(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    challenge(tmp_path / "ESS", test="?", clips=15, tones=True)
    recipe = tmp_path / "recipe.yaml"
    write(
        recipe,
        "corpora: [{manifest: ESS/dist}]\nprotocol: {hidden-test: {dev: 0.4}}\n"
        "systems: {svm: {strategy: svm, extractor: egemaps}}\n",
    )
    assert run_command(["run", str(recipe), "--runs", str(tmp_path / "runs"), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    (score,) = [each for each in scores if each["split"] == "test"]
    assert (score["task"], score["n"], score["metric"]) == ("ess/label", 15, "uar")
