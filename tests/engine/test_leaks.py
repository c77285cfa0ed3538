"""Leaks through weights and between corpora, end to end on tones: each is refused, or named below the scores."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import soundfile

from tests.helpers.cli_run import call
from tests.helpers.tones import make_tones

TOP = """\
protocol: {grouped-k-fold: {k: 3}}
frontend: {logmel: {bands: 16}}
backbone: {wide_resnet: {width: 4, blocks: 1}}
training: {batch: 8, epochs: 1, learning_rates: [0.01], crop: 0.2}
shared: {rounds: 2, learning_rates: [0.01]}
"""
ONE, TWO = "{manifest: one/labels.csv}", "{manifest: two/more.csv}"
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make two corpora of three speakers with other sounds, under the same names."""
    monkeypatch.chdir(tmp_path)
    make_tones(tmp_path / "one", takes=1, speakers=3)
    make_tones(tmp_path / "two", takes=1, speakers=3, first=3).rename(tmp_path / "two" / "more.csv")
    rename(Path("two/more.csv"), "s", 3)


def rename(table: Path, letter: str, first: int = 0) -> None:
    """Give the speakers of a table other names: a letter, and numbers less ``first``."""
    text = re.sub(r",s(\d)$", lambda found: f",{letter}{int(found[1]) - first}", table.read_text(), flags=re.MULTILINE)
    table.write_text(text)


def recipe(corpora: str, system: str, top: str = TOP) -> str:
    name = f"r{len(list(Path().glob('*.yaml')))}.yaml"
    Path(name).write_text(f"corpora: [{corpora}]\n{top}systems:\n  s: {system}\n")
    return name


def ran(capsys: Capture, name: str, *words: str) -> dict[str, Any]:
    code, out, err = call(capsys, "run", name, "--json", *words)
    assert code == 0, err
    return json.loads(out)


def refused(capsys: Capture, name: str, *words: str) -> str:
    code, out, err = call(capsys, "run", name, "--quiet", *words)
    assert (code, out) == (2, ""), err
    return err


def judged(result: dict[str, Any]) -> dict[str, Any]:
    (verdict,) = [each for each in result["audits"] if each["subject"] == "what 's' learned before"]
    return verdict


def by_fold(result: dict[str, Any], what: str) -> dict[str, str]:
    """Return what was found of one thing in each fold; what of a run's audit stands in its folder alone."""
    verdicts = json.loads((Path(result["run"]) / "audit.json").read_text())
    return {each["fold"]: each["seen"] for each in verdicts[-1]["findings"] if each["what"] == what}


def checkpoint(result: dict[str, Any], fold: str = "1", name: str = "best") -> str:
    (path,) = Path(result["run"]).glob(f"checkpoints/s/*/fold-{fold}-seed-1/{name}.safetensors")
    return f"{{checkpoint: {path.resolve()}}}"


def trained(capsys: Capture) -> dict[str, Any]:
    """Return a run on the first corpus, whose checkpoints are sources."""
    return ran(capsys, recipe(ONE, "{strategy: scratch}"))


def test_a_checkpoint_that_has_heard_test_is_refused_or_named_below_the_scores(capsys: Capture) -> None:
    source = checkpoint(trained(capsys))
    asked = recipe(ONE, f"{{strategy: full, source: {source}}}")
    err = refused(capsys, asked)
    assert "what 's' learned before: utterances of labels/label: 3 of 3 test utterances were" in err
    assert "speakers of labels/label: 1 of 1 test speakers were" in err
    result = ran(capsys, asked, "--set", "audit=report")
    verdict = judged(result)
    found = {each["what"]: each for each in verdict["findings"]}
    assert verdict["level"] == "problem"
    assert {what: each["level"] for what, each in found.items() if each["count"]} == {
        f"{what} of labels/label": "problem" for what in ("utterances", "speakers", "clips")
    }
    assert all("2 of 3 folds" in each["seen"] for each in found.values() if each["count"]), "its own fold is clean"
    assert sorted(by_fold(result, "utterances of labels/label").values()) == [
        "3 of 3 test utterances were learned from before (in labels), e.g. s0/anger_0",
        "3 of 3 test utterances were selected on before (in labels), e.g. s2/anger_0",
        "none in test was heard before",
    ]
    code, out, err = call(capsys, "run", asked, "--set", "audit=report")
    assert code == 0, err
    told = "Audit of what 's' learned before: problem: labels/label: 3 of 3 test utterances"
    assert told in " ".join(out.split())
    assert call(capsys, "pack", "export", result["run"], "--system", "s", "--out", "pack")[0] == 0
    code, out, _ = call(capsys, "pack", "info", "pack")
    assert f"labels/label, of its score: {told}" in " ".join(out.split()), "a score goes nowhere without its verdict"


def test_a_plan_says_what_a_run_would_stop_at(capsys: Capture) -> None:
    asked = recipe(ONE, f"{{strategy: full, source: {checkpoint(trained(capsys))}}}")
    code, out, _ = call(capsys, "run", asked, "--plan")
    assert code == 0
    shown = " ".join(out.split())
    assert "Audit of labels/grouped-k-fold k=3 #" in shown
    assert "Audit of what 's' learned before: problem: labels/label: 3 of 3 test utterances were" in shown
    code, out, _ = call(capsys, "run", asked, "--plan", "--json")
    assert [each["level"] for each in json.loads(out)["audits"]] == ["ok", "problem"]


def test_audio_that_is_not_prepared_is_not_called_compared(capsys: Capture) -> None:
    asked = recipe(ONE, f"{{strategy: full, source: {{corpus: {TWO.replace('}', ', speakers: own}')}}}}}")
    unprepared = json.loads(call(capsys, "audit", asked, "--json")[1])[-1]
    assert unprepared["summary"] == "no speaker or utterance of a test split, audio not compared"
    assert not [each for each in unprepared["findings"] if each["what"].startswith("clips")]
    for door in ("one/labels.csv", "two/more.csv"):
        assert call(capsys, "corpora", "prepare", "--manifest", door)[0] == 0
    prepared = json.loads(call(capsys, "audit", asked, "--json")[1])[-1]
    assert prepared["summary"] == "no speaker or utterance of a test split, and none of its audio"
    assert [each["level"] for each in prepared["findings"] if each["what"].startswith("clips")] == ["ok"] * 3


def test_what_a_checkpoint_of_a_checkpoint_has_heard_comes_along(capsys: Capture) -> None:
    source = checkpoint(trained(capsys))
    second = ran(capsys, recipe(TWO, f"{{strategy: full, source: {source}}}"))
    asked = recipe(ONE, f"{{strategy: full, source: {checkpoint(second)}}}")
    assert "what 's' learned before: utterances of labels/label: 3 of 3 test utterances" in refused(capsys, asked)


@pytest.mark.parametrize("system", ["{strategy: scratch}", "{strategy: multi-domain, adapter: residual}"])
def test_a_checkpoint_says_whose_its_speakers_are_by_the_recipe_that_kept_it(capsys: Capture, system: str) -> None:
    """Whatever an earlier recipe said of them: its training is reused."""
    rename(Path("two/more.csv"), "t")
    corpora = [f"{ONE[:-1]}, speakers: {each}}}, {TWO[:-1]}, speakers: own}}" for each in ("own", "shared", "own")]
    runs = [ran(capsys, recipe(each, system)) for each in corpora]
    assert len({Path(run["run"]).name.rpartition("-")[2] for run in runs}) == 1, "one training"
    assert sum(run["openings"][0]["times"] for run in runs) == 3, "nothing was done again"
    Path("two/more.csv").write_text(Path("two/more.csv").read_text().replace(",t", ",s"))
    found = []
    for run in runs:
        (path,) = Path(run["run"]).glob("checkpoints/s/labels?*label/fold-1-seed-1/best.safetensors")
        asked = recipe(
            f"{TWO[:-1]}, speakers: shared}}", f"{{strategy: full, source: {{checkpoint: {path.resolve()}}}}}"
        )
        findings = json.loads(call(capsys, "audit", asked, "--json")[1])[-1]["findings"]
        found.append([each["level"] for each in findings if each["what"].startswith("speakers")])
    assert ["problem" in levels for levels in found] == [False, True, False]


def test_a_shared_model_as_a_checkpoint_brings_what_its_corpora_taught_it(capsys: Capture) -> None:
    rename(Path("two/more.csv"), "t")
    first = ran(capsys, recipe(f"{ONE}, {TWO}", "{strategy: multi-domain, adapter: residual}"))
    (path,) = Path(first["run"]).glob("checkpoints/s/labels?*label/fold-1-seed-1/best.safetensors")
    source = f"{{checkpoint: {path.resolve()}}}"
    asked = recipe(TWO, f"{{strategy: adapters, adapter: residual, source: {source}}}")
    assert "what 's' learned before: utterances of more/label: 3 of 3 test utterances" in refused(capsys, asked)


def test_copies_under_other_names_are_found_in_a_checkpoint(capsys: Capture) -> None:
    source = checkpoint(trained(capsys))
    Path("one").rename("copied")
    Path("copied/labels.csv").rename("copied/copied.csv")
    rename(Path("copied/copied.csv"), "p")
    err = refused(capsys, recipe("{manifest: copied/copied.csv}", f"{{strategy: full, source: {source}}}"))
    assert "clips of copied/label: 3 of 3 test clips were" in err
    assert "before (in labels), e.g. s" in err
    assert "test utterances" not in err, "the names are others"


def test_of_a_checkpoint_without_a_copy_only_exact_ones_are_ruled_out(capsys: Capture) -> None:
    asked = recipe(TWO.replace("}", ", speakers: own}"), f"{{strategy: full, source: {checkpoint(trained(capsys))}}}")
    verdict = judged(ran(capsys, asked))
    told = "no speaker or utterance of a test split, and no exact copy of its audio"
    assert (verdict["level"], verdict["summary"]) == ("ok", told)
    (audio,) = [each["seen"] for each in verdict["findings"] if each["what"].startswith("clips")]
    assert audio == "no exact copy of one in test was heard before; all 3 folds"


def test_weights_that_do_not_say_what_they_heard_are_unknown_never_ok(capsys: Capture) -> None:
    from emonet.learn.checkpoint import load_checkpoint, save_checkpoint

    first = trained(capsys)
    (path,) = Path(first["run"]).glob("checkpoints/s/*/fold-1-seed-1/best.safetensors")
    tensors, facts = load_checkpoint(path)
    del facts["learned"]
    save_checkpoint(Path("silent.safetensors"), tensors, facts)
    second = ran(capsys, recipe(TWO, "{strategy: full, source: {checkpoint: silent.safetensors}}"))
    verdict = judged(second)
    assert verdict["level"] == "warning"
    assert "It is unknown what the weights in silent.safetensors learned from" in verdict["summary"]
    third = ran(capsys, recipe(TWO, f"{{strategy: full, source: {checkpoint(second)}}}"), "--set", "audit=report")
    assert "unknown what the weights in silent.safetensors" in judged(third)["summary"], "weights of weights, too"


def test_names_that_two_corpora_have_are_a_warning_until_the_recipe_says_whose_they_are(capsys: Capture) -> None:
    system = "{strategy: multi-domain, adapter: residual}"
    two = "{manifest: two/more.csv, protocol: {grouped-k-fold: {k: 3, seed: 5}}}"
    result = ran(capsys, recipe(f"{ONE}, {two}", system))
    assert judged(result)["level"] == "warning"
    for mine, other, way in (("labels", "more", "selected on"), ("more", "labels", "learned from")):
        said = by_fold(result, f"speakers' names of {mine}/label").values()
        told = f"1 of 1 test speakers' names are names that {other} has, too, which was {way}, e.g."
        assert {each.rpartition(" ")[0] for each in said} == {told}
    own = two.replace("}}}", "}}, speakers: own}")
    assert judged(ran(capsys, recipe(f"{ONE}, {own}", system)))["level"] == "ok"
    shared = (ONE.replace("}", ", speakers: shared}"), two.replace("}}}", "}}, speakers: shared}"))
    err = refused(capsys, recipe(", ".join(shared), system))
    assert "its shared model learns from speaker more/s" in err
    assert "which 'labels/label' is tested on" in err
    named = judged(ran(capsys, recipe(", ".join(shared), system), "--set", "audit=report"))
    assert named["level"] == "problem"
    assert "1 of 1 test speakers were" in named["summary"]


def test_names_in_a_checkpoint_are_compared_in_the_same_way(capsys: Capture) -> None:
    source = checkpoint(trained(capsys))
    system = f"{{strategy: full, source: {source}}}"
    assert "are names that labels has, too" in judged(ran(capsys, recipe(TWO, system)))["summary"]
    own = TWO.replace("}", ", speakers: own}")
    assert judged(ran(capsys, recipe(own, system)))["level"] == "ok"
    shared = TWO.replace("}", ", speakers: shared}")
    assert "speakers of more/label: 1 of 1 test speakers were" in refused(capsys, recipe(shared, system))


@pytest.mark.parametrize("split", ["train", "dev"])
def test_copies_in_a_sources_train_or_dev_are_refused(capsys: Capture, split: str) -> None:
    rename(Path("two/more.csv"), "t")
    folds = {"train": ("train", "dev", "test"), "dev": ("dev", "train", "test")}[split]
    Path("two/copy.wav").write_bytes(Path("one/s0/anger_0.wav").read_bytes())
    Path("two/more.csv").write_text(Path("two/more.csv").read_text() + "copy.wav,anger,t0\n")
    for table, prefix, splits in (("one/labels.csv", ",s", ("test", "train", "dev")), ("two/more.csv", ",t", folds)):
        lines = Path(table).read_text().splitlines()
        said = {f"{prefix}{number}": splits[number] for number in range(3)}
        rows = [f"{line},{next(value for key, value in said.items() if line.endswith(key))}" for line in lines[1:]]
        Path(table).write_text("\n".join([f"{lines[0]},split", *rows]) + "\n")
    top = TOP.replace("{grouped-k-fold: {k: 3}}", "official")
    asked = recipe(ONE, f"{{strategy: full, source: {{corpus: {TWO}}}}}", top)
    way = {"train": "learned from", "dev": "selected on"}[split]
    assert f"1 of 3 test clips were {way} before (in more), e.g. s0/anger_0" in refused(capsys, asked)


def test_sources_of_systems_that_never_meet_are_no_problem(capsys: Capture) -> None:
    make_tones(Path("three"), takes=1, speakers=3, first=6).rename("three/third.csv")
    rename(Path("three/third.csv"), "u")
    Path("copy").mkdir()
    for name in ("one", "two", "three"):
        assert Path(name).is_dir()
    Path("one/labels.csv").rename("one/same.csv")
    for file in Path("one").rglob("*.wav"):
        target = Path("copy") / file.relative_to("one")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    Path("copy/other.csv").write_text(Path("one/same.csv").read_text())
    name = recipe(
        "{manifest: three/third.csv}",
        "{strategy: full, source: {corpus: {manifest: one/same.csv}}}\n"
        "  t: {strategy: full, source: {corpus: {manifest: copy/other.csv}}}",
    )
    result = ran(capsys, name)
    levels = {each["subject"]: each["level"] for each in result["audits"] if each["subject"].startswith("what")}
    assert levels == {"what 's' learned before": "ok", "what 't' learned before": "ok"}
    assert not [each for each in result["audits"] if each["level"] == "problem"]


def test_a_source_that_shares_nothing_serves_all_folds_of_its_target(capsys: Capture) -> None:
    rename(Path("two/more.csv"), "t")
    make_tones(Path("four"), takes=1, speakers=4, first=6).rename("four/fourth.csv")
    source = "{corpus: {manifest: four/fourth.csv, protocol: {grouped-k-fold: {k: 4}}}}"
    result = ran(capsys, recipe(TWO, f"{{strategy: full, source: {source}}}"))
    plan = json.loads((Path(result["run"]) / "plan.json").read_text())
    shared = [stage for stage in plan["stages"] if not stage["scored"]]
    tuned = [stage for stage in plan["stages"] if stage["scored"]]
    assert [stage["fold"] for stage in shared] == ["1"]
    assert [(stage["fold"], stage["parents"]) for stage in tuned] == [
        (fold, [shared[0]["key"]]) for fold in ("1", "2", "3")
    ]


def test_a_source_with_the_targets_people_needs_as_many_folds(capsys: Capture) -> None:
    make_tones(Path("four"), takes=1, speakers=4, first=6).rename("four/fourth.csv")
    rename(Path("four/fourth.csv"), "s", 6)
    said = "speakers: shared"
    source = f"{{corpus: {{manifest: four/fourth.csv, protocol: {{grouped-k-fold: {{k: 4}}}}, {said}}}}}"
    asked = recipe(f"{{manifest: one/labels.csv, {said}}}", f"{{strategy: full, source: {source}}}")
    assert "need one number of folds: labels has 3, fourth has 4" in refused(capsys, asked)


def test_one_corpus_cannot_be_said_to_be_two_things(capsys: Capture) -> None:
    asked = recipe(ONE, "{strategy: full, source: {corpus: {manifest: one/labels.csv, speakers: own}}}")
    assert "The speakers of the corpus 'labels' are 'open' in one place and 'own' in another" in refused(capsys, asked)


def test_speakers_that_nobody_knows_are_a_warning_of_the_run(capsys: Capture) -> None:
    lines = [line.rpartition(",")[0] for line in Path("one/labels.csv").read_text().splitlines()]
    splits = ["split", *(("train", "dev", "test")[int(line[1])] for line in lines[1:])]
    Path("one/labels.csv").write_text("\n".join(f"{line},{split}" for line, split in zip(lines, splits, strict=True)))
    top = TOP.replace("{grouped-k-fold: {k: 3}}", "official")
    result = ran(capsys, recipe(ONE, "{strategy: scratch}", top))
    (verdict,) = result["audits"]
    found = {each["what"]: each for each in verdict["findings"]}
    assert (verdict["level"], found["speakers"]["level"]) == ("warning", "warning")
    assert "unknown" in found["speakers"]["seen"]
    source = checkpoint(ran(capsys, recipe(TWO, "{strategy: scratch}")))
    before = judged(ran(capsys, recipe(ONE, f"{{strategy: full, source: {source}}}", top)))
    assert before["level"] == "warning"
    assert "3 of 3 test utterances have no known speaker" in before["summary"]


def test_overlapping_windows_of_one_recording_stop_a_run(capsys: Capture) -> None:
    rows = ["file,label,speaker,split,start,end"]
    for number, split in enumerate(("train", "dev", "test")):
        for label in ("anger", "neutral", "sadness"):
            rows.append(f"s{number}/{label}_0.wav,{label},s{number},{split},0,0.2")
    rows.append("s0/anger_0.wav,anger,s2,test,0.09,0.28")
    Path("one/labels.csv").write_text("\n".join(rows) + "\n")
    top = TOP.replace("{grouped-k-fold: {k: 3}}", "official")
    asked = recipe(ONE, "{strategy: scratch}", top)
    assert "windows: 1 test clips overlap in time with clips of train" in refused(capsys, asked)


def test_corpora_learned_together_at_different_rates_are_named_once(capsys: Capture) -> None:
    for path in Path("two").rglob("*.wav"):
        wave, rate = soundfile.read(path)
        soundfile.write(path, wave[::2], rate // 2)
    rename(Path("two/more.csv"), "t")
    both = f"{ONE}, {TWO}"
    together = recipe(
        both, "{strategy: multi-domain, adapter: residual}\n  t: {strategy: full, source: {corpus: " + ONE + "}}"
    )
    lines = [each for each in ran(capsys, together)["audits"] if each["subject"] == "file rates"]
    assert [(each["level"], each["summary"]) for each in lines] == [
        ("warning", "learned together: labels 16000 Hz or more, more 8000 Hz")
    ]
    apart = ran(capsys, recipe(both, "{strategy: scratch}"))
    assert not [each for each in apart["audits"] if each["subject"] == "file rates"]
