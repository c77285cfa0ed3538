"""Packs of normalised systems, and the device that labels."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
import torch

from emonet.learn.checkpoint import load_checkpoint, save_checkpoint
from emonet.pack.audio_files import AudioFile
from emonet.pack.pack import read_pack
from emonet.pack.predict import Labelled, Unread, _frames, open_predictor
from emonet.plugin.registry import load_registry
from tests.helpers.packs import ONE, Emonet, file_of, labels_of, path_of, rows_of, run_of
from tests.helpers.tones import write_tone


def test_with_each_speakers_files_a_pack_says_what_the_run_said(made: Path, emonet: Emonet) -> None:
    table = made / "one" / "labels.csv"
    labels = labels_of(emonet, made / "spoken", table, "--group-by", "speaker", "--batch", 3)
    found = {Path(label["file"]).stem + Path(label["file"]).parent.name: label["probabilities"] for label in labels}
    for row in rows_of(made, "spoken", ONE):
        path = Path(path_of(row))
        assert list(found[path.stem + path.parent.name].values()) == pytest.approx(row["probabilities"], abs=1e-4)


def test_speaker_normalisation_asks_for_the_speakers_and_says_that_it_is_transductive(
    place: Path, emonet: Emonet
) -> None:
    for speaker, pitch in (("a", 150.0), ("b", 300.0)):
        write_tone(place / "in" / speaker / "x.wav", pitch, 0.5, seed=1)
        write_tone(place / "in" / speaker / "y.wav", 2 * pitch, 0.5, seed=2)
    (place / "in" / "a" / "bad.wav").write_bytes(b"no sound")
    code, _, err = emonet("predict", "spoken", "in")
    assert code == 2
    assert "was trained with each speaker's own statistics" in err
    assert "--group-by folder" in err
    code, out, err = emonet("predict", "spoken", "in", "--group-by", "folder", "--json")
    assert code == 1
    assert "Transductive: the labels of labels/label rest on all files of a speaker" in err
    together = {row["file"]: row["probabilities"] for row in json.loads(out)["labels"]}
    assert len(together) == 4
    (place / "in" / "a" / "bad.wav").unlink()
    of_a = labels_of(emonet, "spoken", "in/a", "--group-by", "folder")
    assert [row["probabilities"] for row in of_a] == [pytest.approx(together[row["file"]], abs=1e-6) for row in of_a]
    alone = labels_of(emonet, "spoken", "in/a/x.wav", "--group-by", "folder")
    assert alone[0]["probabilities"] != pytest.approx(together["in/a/x.wav"], abs=1e-4)
    code, out, _ = emonet("pack", "info", "spoken")
    assert code == 0
    assert "transductive" in out


def test_what_cannot_be_grouped_is_refused_in_words(place: Path, emonet: Emonet) -> None:
    write_tone(place / "in" / "x.wav", 150.0, 0.5, seed=1)
    (place / "in" / "list.csv").write_text("file,speaker\nx.wav,\n", encoding="utf-8")
    code, _, err = emonet("predict", "spoken", "in/list.csv", "--group-by", "speaker")
    assert code == 2
    assert "in/x.wav: nothing says who speaks." in err
    code, _, err = emonet("predict", "scratch", "in/x.wav", "--group-by", "folder")
    assert code == 2
    assert "there is nothing to group by. Leave it out." in err


def test_a_speaker_without_statistics_is_reported(place: Path) -> None:
    write_tone(place / "x.wav", 150.0, 0.5, seed=1)
    opened = open_predictor(read_pack(place / "spoken"), load_registry(), device="cpu")
    predictor = opened.fit_speakers([AudioFile(place / "x.wav")], ["a"])
    (row,) = predictor.label_all([AudioFile(place / "x.wav")], ["a"])
    assert isinstance(row, Labelled)
    (unread,) = predictor.label_all([AudioFile(place / "x.wav")], ["b"])
    assert isinstance(unread, Unread)
    assert unread.problem == "there are no statistics of the speaker 'b'"


def test_a_file_that_the_frontend_refuses_is_left_out_of_the_statistics(place: Path) -> None:
    def refuses(wave: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("too short")

    write_tone(place / "x.wav", 150.0, 0.5, seed=1)
    opened = open_predictor(read_pack(place / "spoken"), load_registry(), device="cpu")
    describe = partial(_frames, cast("Any", refuses), torch.device("cpu"))
    fitted = replace(opened, describe=describe).fit_speakers([AudioFile(place / "x.wav")], ["a"])
    assert fitted.speakers is not None
    assert not fitted.speakers.means


def test_scaling_that_does_not_fit_is_refused(place: Path, emonet: Emonet) -> None:
    write_tone(place / "x.wav", 150.0, 0.5, seed=1)
    file = file_of(place / "spread", ONE)
    tensors, facts = load_checkpoint(file)
    save_checkpoint(file, {**tensors, "scaling.mean": torch.zeros(3)}, facts)
    code, _, err = emonet("predict", "spread", "x.wav")
    assert code == 2
    assert "its mean and scale should have the shape (1, 16) each, but there is (3,), (1, 16)." in err
    save_checkpoint(file, {key: value for key, value in tensors.items() if "scaling" not in key}, facts)
    code, _, err = emonet("predict", "spread", "x.wav")
    assert code == 2
    assert "but there is nothing. Export it again." in err


def test_a_run_whose_table_is_gone_says_so(made: Path, place: Path, emonet: Emonet) -> None:
    run = shutil.copytree(run_of(made), place / "run")
    for path in run.rglob("normalisation.safetensors"):
        path.unlink()
    code, _, err = emonet("pack", "export", run, "--system", "spread", "--task", ONE, "--out", "new")
    assert code == 2
    assert "normalisation.safetensors: this file is damaged (it is missing)" in err
    assert not (place / "new").exists()


@pytest.mark.parametrize(
    ("device", "message"), [("gpu", "'gpu' is not a device. Expected auto, cpu"), ("cuda:99", "'cuda:99' is not there")]
)
def test_a_device_that_is_not_there_is_refused(place: Path, emonet: Emonet, device: str, message: str) -> None:
    write_tone(place / "x.wav", 150.0, 0.5, seed=1)
    code, _, err = emonet("predict", "scratch", "x.wav", "--device", device)
    assert code == 2
    assert message in err
    assert labels_of(emonet, "scratch", "x.wav", "--device", "cpu")
