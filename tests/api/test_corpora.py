"""Corpora from Python: as the command line lists them, their utterances as a frame, their clips as a data set."""

from __future__ import annotations

import json
import subprocess
import sys
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from torch.utils.data import DataLoader

import emonet
from emonet.api.corpora import CorpusHandle
from emonet.cli.app import run_command
from tests.helpers.tones import PITCH, make_tones

CARD = """\
id: tones
title: Tones <not speech>
languages: [eo]
access: public
licence: CC0
homepage: https://tones.example
citation: {authors: A. Tone, title: Tones, year: 2020, venue: Nowhere, doi: 10.1/2}
targets:
  emotion: {classes: [neutral, anger, sadness], codes: {anger: anger, neutral: neutral, sadness: sadness}}
scan: {pattern: {regex: "(?:^|/)(?P<speaker>s\\\\d)/(?P<label>[a-z]+)_\\\\d\\\\.wav$"}}
protocols:
  by-hand: {by: speaker, splits: {train: [s0, s1], dev: [s2], test: [s3]}, source: made up}
examples: [{path: s1/anger_0.wav, label: anger, speaker: s1}]
"""
PLUGIN = """\
from pathlib import Path
import emonet

@emonet.hookimpl
def emonet_corpora():
    return emonet.corpora_in(Path(__file__).parent / "cards")
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_tones(tmp_path / "tones")
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "tones.yaml").write_text(CARD, encoding="utf-8")
    (tmp_path / "plugin.py").write_text(PLUGIN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "plugin.py"


@pytest.fixture
def handle(plugin: Path) -> CorpusHandle:
    return emonet.corpora(plugins=[plugin])["tones"]


def test_corpora_are_those_of_the_command_line(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = emonet.corpora(plugins=[plugin])
    assert run_command(["corpora", "list", "--plugin", str(plugin), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(found.to_json()))
    assert list(found.to_frame()["id"]) == list(found)
    assert "tones" in found
    assert "&lt;not speech&gt;" in found._repr_html_()
    assert run_command(["corpora", "info", "tones", "--plugin", str(plugin), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(found["tones"].info()))
    assert "<not" not in found["tones"]._repr_html_()


def test_an_unknown_corpus_is_named_with_the_nearest_one(plugin: Path) -> None:
    found = emonet.corpora(plugins=[plugin])
    with pytest.raises(emonet.UnknownName, match=r"Unknown corpus 'tonse'\. Did you mean 'tones'\?"):
        found["tonse"]
    assert found.get("tonse") is None
    assert "tonse" not in found


def test_listing_corpora_loads_neither_torch_nor_numpy() -> None:
    code = "import sys, emonet; len(emonet.corpora()); heavy = {'torch', 'numpy', 'pandas'} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; assert not heavy, heavy"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_utterances_are_a_frame_with_a_column_a_target(handle: CorpusHandle, tmp_path: Path) -> None:
    with pytest.raises(emonet.CorpusError, match="'tones' is not on this machine"):
        handle.utterances()
    frame = handle.utterances(tmp_path / "tones")
    assert len(frame) == 24
    assert dict(frame.groupby("emotion").size()) == dict.fromkeys(PITCH, 8)
    assert set(frame["speaker"]) == {"s0", "s1", "s2", "s3"}
    assert (tmp_path / "tones" / frame["path"][0]).is_file()
    assert frame.attrs["root"] == str(tmp_path / "tones")


def test_utterances_of_a_prepared_corpus_need_no_files(handle: CorpusHandle, tmp_path: Path) -> None:
    before = handle.utterances(tmp_path / "tones")
    handle.dataset(root="tones", progress=False)
    (tmp_path / "tones").rename(tmp_path / "elsewhere")
    after = handle.utterances()
    assert sorted(after["id"]) == sorted(before["id"])
    assert after.attrs["root"] is None


def test_a_data_set_has_the_clips_of_a_split_with_their_labels(handle: CorpusHandle, tmp_path: Path) -> None:
    clips = handle.dataset("dev", root="tones", progress=False)
    assert clips.classes == ("neutral", "anger", "sadness")
    assert {each.speaker for each in clips.utterances} == {"s2"}
    assert clips.protocol.id == "tones/by-hand"
    for (wave, label), utterance in zip(clips, clips.utterances, strict=True):  # type: ignore[call-overload]
        samples = soundfile.read(tmp_path / "tones" / utterance.path, dtype="float32")[0]
        assert np.array_equal(wave.numpy(), samples)
        assert clips.classes[label] == utterance.labels["emotion"]
    sizes = {split: len(handle.dataset(split, progress=False)) for split in ("train", "dev", "test")}
    assert sizes == {"train": 12, "dev": 6, "test": 6}


def test_a_data_set_makes_padded_batches(handle: CorpusHandle) -> None:
    clips = handle.dataset(root="tones", progress=False)
    waves, lengths, labels = next(iter(DataLoader(clips, batch_size=12, collate_fn=clips.collate)))
    assert waves.shape == (12, int(lengths.max()))
    assert lengths.min() < lengths.max()
    assert labels.tolist() == list(clips.labels)
    shortest = int(lengths.argmin())
    assert not waves[shortest, int(lengths[shortest]) :].any()


def test_no_audio_travels_to_the_workers_of_a_loader(handle: CorpusHandle) -> None:
    clips = handle.dataset(root="tones", progress=False)
    first = clips[0][0]
    sent = bytes(ForkingPickler.dumps(clips))
    assert first.numpy().tobytes() not in sent
    assert len(sent) < sum(len(wave) for wave, _ in clips)  # type: ignore[attr-defined]
    assert torch.equal(ForkingPickler.loads(sent)[0][0], first)


def test_protocol_fold_classes_and_split_are_chosen_or_refused_by_name(handle: CorpusHandle) -> None:
    handle.dataset(root="tones", progress=False)
    with pytest.raises(emonet.EmonetError, match=r"has 4 folds\. Name one with fold=: "):
        handle.dataset(protocol="leave-one-speaker-out", progress=False)
    one = handle.dataset("test", protocol="leave-one-speaker-out", fold="s1", progress=False)
    assert {each.speaker for each in one.utterances} == {"s1"}
    assert len(handle.dataset(protocol="grouped-k-fold", options={"k": 3}, fold="1", progress=False)) > 0
    two = handle.dataset(classes=["anger", "sadness"], progress=False)
    assert (len(two), two.classes) == (8, ("anger", "sadness"))
    with pytest.raises(emonet.UnknownName, match="Unknown split 'eval'"):
        handle.dataset("eval", progress=False)
    with pytest.raises(emonet.UnknownName, match=r"Unknown fold of tones/leave-one-speaker-out 's9'"):
        handle.dataset(protocol="leave-one-speaker-out", fold="s9", progress=False)
    with pytest.raises(emonet.UnknownName, match="target of corpus 'tones' 'valenz'"):
        handle.dataset(target="valenz", progress=False)


def test_numbers_are_tensors_in_the_corpus_own_unit(tmp_path: Path) -> None:
    from emonet.api.clips import split_of
    from emonet.engine.gather import gather_corpus
    from emonet.plugin.registry import load_registry
    from emonet.recipe.choice import Choice
    from emonet.recipe.recipe import CorpusEntry
    from tests.helpers.tones import make_rated_tones

    make_rated_tones(tmp_path / "rated", takes=3, speakers=4)
    entry = CorpusEntry.model_validate({"manifest": "rated/rated.csv", "target": ["valence", "dominance"]})
    choice = Choice.model_validate("by-speaker")
    clips = split_of(gather_corpus(entry, choice, tmp_path, load_registry(), decode=True), "train")
    _, label = clips[0]
    assert isinstance(label, torch.Tensor)
    wanted = clips.utterances[0].labels
    assert label.tolist() == pytest.approx([float(wanted["valence"]), float(wanted["dominance"])])
    assert (clips.classes, clips.dimensions) == ((), ("valence", "dominance"))


def test_a_corpus_without_a_card_is_asked_for_as_in_a_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tones(tmp_path / "tones")
    monkeypatch.chdir(tmp_path)
    found = emonet.corpora()[{"manifest": Path("tones/labels.csv"), "speakers": "shared"}]
    monkeypatch.chdir("/")
    assert found.info()["root"] == str(tmp_path / "tones")
    frame = found.utterances()
    assert frame.attrs["root"] == str(tmp_path / "tones")
    assert set(frame["speaker"]) == {"s0", "s1", "s2", "s3"}
    train = found.dataset("train", target="label", progress=False)
    assert train.protocol.id == "labels/by-speaker"
    assert (len(train), train.classes) == (sum(frame["id"].isin({each.id for each in train.utterances})), train.classes)
    assert train[0][0].dtype == torch.float32
    assert {"manifest": "tones/labels.csv"} not in emonet.corpora()


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"manifest": "tones/lables.csv"}, "Did you mean 'labels.csv'?"),
        ({"manifst": "tones/labels.csv"}, "Did you mean 'manifest'?"),
        ({"id": "tones"}, r"Ask for it by its id: corpora\(\)\['tones'\]"),
        (
            {"manifest": "tones/labels.csv", "columns": {"label": "lable"}},
            "there is no column 'lable'.*Did you mean 'label'?",
        ),
    ],
)
def test_a_corpus_without_a_card_that_cannot_be_read_is_refused(plugin: Path, asked: dict[str, Any], text: str) -> None:
    with pytest.raises(emonet.EmonetError, match=text):
        emonet.corpora()[asked]
