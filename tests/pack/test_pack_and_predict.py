"""Packs and predictions, from real runs on tones through the real command line."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from emonet.learn.batches import windows
from emonet.learn.checkpoint import load_checkpoint, save_checkpoint
from emonet.pack.audio_files import AudioFile
from emonet.pack.export import cells_in
from emonet.pack.pack import build_model, fingerprint, read_pack
from emonet.pack.predict import Predictor, Unread, open_predictor
from emonet.plugin.registry import load_registry
from tests.helpers.made_statistics import FOO
from tests.helpers.packs import NET, ONE, RECIPE, TWO, Emonet, file_of, labels_of, path_of, rows_of, run_of
from tests.helpers.tones import write_tone


def test_a_pack_holds_the_shared_model_once_and_says_where_each_task_comes_from(made: Path, emonet: Emonet) -> None:
    code, out, _ = emonet("pack", "info", made / "multi", "--json")
    assert code == 0
    facts = json.loads(out)
    assert set(facts["tasks"]) == {ONE, TWO}
    assert {path.name for path in (made / "multi").iterdir()} == {
        "shared.safetensors",
        "labels%2Flabel.safetensors",
        "more%2Flabel.safetensors",
    }
    task = facts["tasks"][ONE]
    assert task["labels"] == ["anger", "neutral", "sadness"]
    assert task["affect"]["anger"] == {"arousal": "high", "valence": "negative", "reason": ""}
    assert task["adapter"]["name"] == "residual"
    assert (task["evaluate"], task["window"]) == ("centre", 0.6)
    assert task["score"]["evaluation"] == "the centre 0.6 s"
    assert {task["provenance"][key] for key in ("system", "checkpoint")} == {"multi", "best"}
    assert task["fingerprint"] == facts["shared"]["fingerprint"]
    run = Path(run_of(made))
    protocols = json.loads((run / "protocols.json").read_text(encoding="utf-8"))
    assert task["protocol"]["hash"] == protocols[task["protocol"]["id"]]["hash"]
    scores = json.loads((run / "scores.json").read_text(encoding="utf-8"))["scores"]
    wanted = {"system": "multi", "task": ONE, "split": "test", "checkpoint": "best"}
    (score,) = [each for each in scores if wanted.items() <= each.items()]
    assert task["score"]["all_folds"] == score["metrics"]["uar"]
    assert [each.partition(": ")[0] for each in task["audits"]] == [
        f"Audit of {task['protocol']['id']} #{task['protocol']['hash'][:8]}",
        "Audit of what 'multi' learned before",
    ]
    code, out, _ = emonet("pack", "info", made / "multi")
    assert code == 0
    assert "residual" not in out
    assert "anger, neutral, sadness" in out
    assert "(1 fold, the" in out
    assert "labels/label learned from: labels (6 utterances to learn from, 3 to select on, 3 speakers); more (" in out


def test_a_pack_says_what_its_weights_learned_from_as_a_source_too(made: Path, emonet: Emonet) -> None:
    code, out, _ = emonet("predict", made / "multi", made / "one" / "s0" / "anger_0.wav", "--task", ONE)
    assert code == 0
    learned = "labels (6 utterances to learn from, 3 to select on, 3 speakers); more (3 utterances to learn from"
    assert f"{ONE} learned from: {learned}" in " ".join(out.split())
    text = RECIPE.partition("systems:")[0].replace(", {manifest: two/more.csv}", "")
    source = f"{{checkpoint: {made / 'multi' / 'shared.safetensors'}}}"
    system = f"  full: {{strategy: adapters, adapter: residual, source: {source}, {NET}}}\n"
    (made / "again.yaml").write_text(text.replace("by-speaker", "leave-one-speaker-out") + "systems:\n" + system)
    code, _, err = emonet("run", made / "again.yaml", "--quiet")
    assert code == 2
    assert "what 'full' learned before: utterances of labels/label: 3 of 3 test utterances were" in err


PACKS = [("multi", ONE), ("multi", TWO), ("scratch", ONE), ("spread", ONE), ("apart", ONE), ("apart", TWO)]


@pytest.mark.parametrize(("pack", "task"), PACKS)
def test_a_pack_says_of_test_clips_what_the_run_said(made: Path, emonet: Emonet, pack: str, task: str) -> None:
    folder = made / ("one" if task == ONE else "two")
    for row in rows_of(made, pack, task):
        (label,) = labels_of(emonet, made / pack, folder / path_of(row), "--task", task)
        assert list(label["probabilities"].values()) == pytest.approx(row["probabilities"], abs=1e-4)


@pytest.mark.parametrize("pack", ["multi", "apart"])
def test_batches_and_single_windows_give_the_same_answers(made: Path, place: Path, emonet: Emonet, pack: str) -> None:
    write_tone(place / "long.wav", 300.0, 3.1, seed=1)
    together = labels_of(emonet, made / pack, "long.wav", made / "one", "--batch", 5)
    alone = labels_of(emonet, made / pack, "long.wav", made / "one", "--batch", 1)
    assert len(together) == len(alone) == 2 * (1 + 5 + 12)
    for one, other in zip(together, alone, strict=True):
        assert one["label"] == other["label"]
        assert list(one["probabilities"].values()) == pytest.approx(list(other["probabilities"].values()), abs=1e-5)


def test_a_folded_network_says_what_the_unfolded_one_says(made: Path) -> None:
    model = build_model(read_pack(made / "multi"), [ONE], load_registry())
    wave = torch.from_numpy(np.random.default_rng(1).normal(0, 0.1, (2, 8000)).astype(np.float32))
    lengths = torch.tensor([8000, 8000])
    with torch.inference_mode():
        assert torch.allclose(model(wave, lengths, ONE), model.merged(ONE)(wave, lengths), atol=1e-5)


def test_a_long_file_is_labelled_by_windows_and_as_their_mean(place: Path, emonet: Emonet) -> None:
    write_tone(place / "long.wav", 300.0, 2.5, seed=1, rate=22_050)
    whole, *windows = labels_of(emonet, "scratch", "long.wav", "--window", 1)
    assert [(part["begin"], part["end"]) for part in windows] == [(0.0, 1.0), (1.0, 2.0), (2.0, 2.5)]
    assert (whole["window"], whole["end"]) == (False, 2.5)
    for label, share in whole["probabilities"].items():
        assert share == pytest.approx(np.average([part["probabilities"][label] for part in windows], weights=[2, 2, 1]))
    assert sum(whole["probabilities"].values()) == pytest.approx(1)
    assert whole["affect"]["arousal"] in {"low", "high"}


def test_windows_cover_a_wave_once() -> None:
    for samples in (1, 15_999, 16_000, 23_999, 24_000, 100_001):
        found = windows(samples, 1.0)
        assert found[0][0] == 0
        assert found[-1][1] == samples
        assert all(one[1] == other[0] for one, other in pairwise(found))
        assert all(end - begin >= 8_000 for begin, end in found) or len(found) == 1


def test_what_cannot_be_read_is_reported_and_the_rest_goes_on(place: Path, emonet: Emonet) -> None:
    write_tone(place / "in" / "good.wav", 220.0, 0.3, seed=1)
    (place / "in" / "bad.wav").write_bytes(b"no sound")
    (place / "in" / "notes.txt").write_text("not audio", encoding="utf-8")
    code, out, err = emonet("predict", "scratch", "in", "gone.wav", "--json")
    assert code == 1
    found = json.loads(out)
    assert [row["file"] for row in found["labels"]] == ["in/good.wav"]
    assert [row["file"] for row in found["unread"]] == ["in/bad.wav", "gone.wav"]
    assert "Not labelled: gone.wav: missing" in err
    assert "in: passed over 1 .txt." in err
    code, out, _ = emonet("predict", "scratch", "in", "gone.wav", "--csv")
    assert code == 1
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["file"], bool(row["label"]), row["problem"]) for row in rows] == [
        ("in/good.wav", True, ""),
        ("in/bad.wav", False, "unreadable: Format not recognised"),
        ("gone.wav", False, "missing"),
    ]
    code, out, err = emonet("predict", "scratch", "in", "--strict")
    assert code == 2
    assert out == ""
    assert "in/bad.wav" in err
    assert "do without 'strict'" in err


def test_linked_folders_and_suffixes_in_capital_letters_are_labelled(place: Path, emonet: Emonet) -> None:
    write_tone(place / "far" / "sound.wav", 220.0, 0.3, seed=1)
    (place / "far" / "sound.wav").rename(place / "far" / "sound.WAV")
    (place / "in").mkdir()
    (place / "in" / "link").symlink_to(place / "far", target_is_directory=True)
    (place / "far" / "round").symlink_to(place / "in", target_is_directory=True)
    assert [row["file"] for row in labels_of(emonet, "scratch", "in")] == ["in/link/sound.WAV"]


@pytest.mark.parametrize("name", ["a\0b.wav", f"{'a' * 300}.wav"])
def test_a_name_that_no_file_can_have_is_one_file_that_is_refused(name: str, place: Path, emonet: Emonet) -> None:
    write_tone(place / "good.wav", 220.0, 0.3, seed=1)
    (place / "list.csv").write_text(f"file\ngood.wav\n{name}\n", encoding="utf-8")
    code, out, _ = emonet("predict", "scratch", "list.csv", "--json")
    found = json.loads(out)
    assert (code, len(found["labels"]), len(found["unread"])) == (1, 1, 1)
    assert found["unread"][0]["problem"] in {"unreadable: its name holds a NUL", "unreadable: File name too long"}
    if "\0" not in name:
        code, _, err = emonet("predict", "scratch", name)
        assert (code, "File name too long" in err) == (1, True)


@pytest.mark.parametrize("samples", [1, 100, 600])
def test_a_very_short_file_is_labelled_or_reported(samples: int, place: Path, emonet: Emonet) -> None:
    soundfile.write(place / "short.wav", np.full(samples, 0.1), 16_000)
    code, out, err = emonet("predict", "scratch", "short.wav", "--json")
    assert code in {0, 1}, err
    found = json.loads(out)
    assert len(found["labels"]) + len(found["unread"]) == 1


def test_a_table_of_files_gives_a_table_of_labels(place: Path, emonet: Emonet) -> None:
    write_tone(place / "in" / "good.wav", 220.0, 0.3, seed=1)
    (place / "in" / "list.csv").write_text("speaker,file\ns1,good.wav\n", encoding="utf-8")
    code, out, _ = emonet("predict", "multi", "in/list.csv", "--csv")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["file"], row["task"], row["window"]) for row in rows] == [
        ("in/good.wav", ONE, "no"),
        ("in/good.wav", TWO, "no"),
    ]
    for row in rows:
        shares = {label: float(row[f"p_{label}"]) for label in ("anger", "neutral", "sadness")}
        assert row["label"] == max(shares, key=lambda label: shares[label])
    code, out, _ = emonet("predict", "multi", "in/good.wav", "--task", TWO)
    assert code == 0
    assert TWO in out
    assert ONE not in out


def test_a_task_moves_between_packs_of_one_shared_model(place: Path, emonet: Emonet) -> None:
    file = file_of(place / "multi", TWO)
    moved = file.rename(place / "two.safetensors")
    code, _, err = emonet("predict", "multi", "x.wav", "--task", TWO)
    assert code == 2
    assert "Unknown task of the pack multi 'more/label'" in err
    code, out, err = emonet("pack", "import", "multi", moved)
    assert code == 0, err
    assert "Added: task 'more/label'" in out
    assert file.read_bytes() == moved.read_bytes()
    code, _, err = emonet("pack", "import", "multi", moved)
    assert code == 2
    assert "has a task 'more/label' already" in err


def test_a_task_of_another_shared_model_is_refused_by_fingerprint(place: Path, emonet: Emonet) -> None:
    before = sorted((place / "scratch").iterdir())
    code, _, err = emonet("pack", "import", "scratch", file_of(place / "multi", TWO))
    assert code == 2
    assert "task 'more/label' was made for another shared model: fingerprint" in err
    assert sorted((place / "scratch").iterdir()) == before
    shutil.copy(file_of(place / "multi", TWO), place / "scratch")
    code, _, err = emonet("pack", "info", "scratch")
    assert code == 2
    assert "was made for another shared model" in err


def test_tensors_that_do_not_match_are_listed_and_nothing_is_added(place: Path, emonet: Emonet) -> None:
    file = file_of(place / "multi", TWO)
    tensors, facts = load_checkpoint(file)
    file.unlink()
    name = next(name for name in tensors if name.startswith("private."))
    save_checkpoint(place / "cut.safetensors", {key: value for key, value in tensors.items() if key != name}, facts)
    code, _, err = emonet("pack", "import", "multi", "cut.safetensors")
    assert code == 2
    assert f"missing ['{name}']" in err
    assert not file.exists()
    save_checkpoint(place / "wide.safetensors", tensors, {**facts, "labels": ["a", "b"]})
    code, _, err = emonet("pack", "import", "multi", "wide.safetensors")
    assert code == 2
    assert "of another shape ['head.4.bias', 'head.4.weight']" in err


def test_a_changed_shared_model_is_noticed(place: Path, emonet: Emonet) -> None:
    path = place / "multi" / "shared.safetensors"
    tensors, facts = load_checkpoint(path)
    name = next(name for name, value in tensors.items() if value.is_floating_point())
    save_checkpoint(path, {**tensors, name: tensors[name] + 1}, facts)
    code, _, err = emonet("pack", "info", "multi")
    assert code == 2
    assert "its tensors are not those it was written with" in err


def test_components_of_another_version_are_refused(place: Path, emonet: Emonet) -> None:
    path = place / "scratch" / "shared.safetensors"
    tensors, facts = load_checkpoint(path)
    facts["components"]["frontend"]["version"] = "0"
    facts["fingerprint"] = fingerprint(facts["components"], tensors)
    save_checkpoint(path, tensors, facts)
    own, told = load_checkpoint(file_of(place / "scratch", ONE))
    save_checkpoint(file_of(place / "scratch", ONE), own, {**told, "fingerprint": facts["fingerprint"]})
    code, _, err = emonet("predict", "scratch", "x.wav")
    assert code == 2
    assert "made with version 0 of the frontend 'logmel'" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--system", "mutli"), "Unknown system of the run 'mutli'. Did you mean 'multi'?"),
        (("--system", "multi", "--fold", "9"), "Unknown fold of the run '9'."),
        (("--system", "multi", "--seed", "9"), "Unknown seed of the run '9'."),
        (("--system", "multi", "--task", "more/lable"), "Did you mean 'more/label'?"),
        (("--system", "scratch"), "its 2 tasks have 2 different shared models"),
        (("--system", "svm", "--checkpoint", "final"), "Unknown checkpoint of the run 'final'. Known: best."),
    ],
)
def test_what_cannot_be_exported_is_refused_in_words(
    made: Path, place: Path, emonet: Emonet, words: tuple[str, ...], message: str
) -> None:
    code, _, err = emonet("pack", "export", run_of(made), *words, "--out", "new")
    assert code == 2
    assert message in err
    assert not (place / "new").exists()


def test_a_pack_is_never_written_over_and_a_checkpoint_must_be_there(made: Path, place: Path, emonet: Emonet) -> None:
    code, _, err = emonet("pack", "export", run_of(made), "--system", "multi", "--out", "multi")
    assert code == 2
    assert "multi: there is a pack already." in err
    run = shutil.copytree(run_of(made), place / "run")
    for path in run.rglob("final.safetensors"):
        path.unlink()
    code, _, err = emonet("pack", "export", run, "--system", "multi", "--checkpoint", "final", "--out", "new")
    assert code == 2
    assert "Unknown checkpoint of the run" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("gone", "x.wav"), "gone: this is not a pack, it has no shared.safetensors."),
        (("scratch", "empty"), "empty: there is no audio in it."),
        (("scratch", "other.csv"), "this table has no column 'file' (its columns: a, b)"),
        (("scratch", "latin.csv"), "latin.csv:2: not UTF-8 text. Save the file as UTF-8"),
        (("scratch", "x.wav", "--window", "0.1"), "A window of 0.1 s is too short"),
        (("scratch", "x.wav", "--batch", "0"), "A batch of 0 holds nothing."),
        (("scratch", "x.wav", "--csv", "--json"), "Both --csv and --json are given."),
        (("bare", "x.wav"), "bare: this pack has no task yet."),
        (("wrong", "x.wav"), "this is a task of a pack (format 2), expected the shared model of a pack (format 2)"),
    ],
)
def test_what_cannot_be_predicted_is_refused_in_words(
    place: Path, emonet: Emonet, words: tuple[str, ...], message: str
) -> None:
    (place / "empty").mkdir()
    (place / "other.csv").write_text("a,b\n", encoding="utf-8")
    (place / "latin.csv").write_bytes("file\nä.wav\n".encode("latin-1"))
    (place / "bare").mkdir()
    shutil.copy(place / "scratch" / "shared.safetensors", place / "bare")
    (place / "wrong").mkdir()
    shutil.copy(file_of(place / "scratch", ONE), place / "wrong" / "shared.safetensors")
    code, _, err = emonet("predict", *words)
    assert code == 2
    assert message in err


def test_a_file_that_is_not_there_cannot_be_imported(place: Path, emonet: Emonet) -> None:
    code, _, err = emonet("pack", "import", "multi", "gone.safetensors")
    assert code == 2
    assert "gone.safetensors: there is no such file." in err


def _fails(wave: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    raise RuntimeError("too short")


def _is_nan(wave: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    return torch.full((len(wave), 3), float("nan"))


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (_fails, "the network does not take a piece of 0.300 s (too short)"),
        (_is_nan, "task 'labels/label' gives no finite probabilities for it"),
    ],
)
def test_a_network_that_fails_on_a_file_is_reported(place: Path, network: Any, message: str) -> None:
    write_tone(place / "x.wav", 220.0, 0.3, seed=1)
    pack = read_pack(place / "scratch")
    describe = open_predictor(pack, load_registry()).describe
    (found,) = Predictor(pack, {ONE: network}, describe).label_all([AudioFile(place / "x.wav")])
    assert isinstance(found, Unread)
    assert found.problem == message


def test_a_task_whose_adapter_does_not_fold_is_labelled_unfolded(place: Path, emonet: Emonet) -> None:
    registry, pack = load_registry(), read_pack(place / "scratch")
    model = build_model(pack, [], registry)
    model.add_task("new/label", 3, adapter=registry.build("adapters", "bottleneck", {}))
    facts = {**pack.task(ONE).facts, "task": "new/label"}
    facts["adapter"] = {"name": "bottleneck", "options": {}, "version": "1"}
    save_checkpoint(place / "new.safetensors", model.task_state("new/label"), facts)
    code, _, err = emonet("pack", "import", "scratch", "new.safetensors")
    assert code == 0, err
    write_tone(place / "x.wav", 220.0, 0.3, seed=1)
    (label,) = labels_of(emonet, "scratch", "x.wav", "--task", "new/label")
    assert sum(label["probabilities"].values()) == pytest.approx(1)


def test_a_pack_has_the_cells_that_the_run_had_for_a_corpus_without_a_card() -> None:
    stage = {"tasks": ["foo/label"], "classes": [["Wut", "zorgle"]]}
    about = replace(FOO, corpus="foo", cells={"label": {"Wut": "high/negative"}})
    assert cells_in(stage, load_registry(), [about]) == {
        "Wut": {"arousal": "high", "valence": "negative", "reason": ""}
    }
