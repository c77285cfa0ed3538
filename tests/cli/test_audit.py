"""``emonet audit``: recipes, corpora and split lists; its exit code."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import soundfile

from tests.helpers.babble import RATE, babble
from tests.helpers.cli_terminal import Emonet


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    rows = [f"down/s{who}_{label}_{take}.wav,{split}" for who in (1, 2, 3) for label in "jan"
            for take, split in enumerate(("train", "dev", "test"), 1)]  # fmt: skip
    (tmp_path / "lists.csv").write_text("\n".join(["file,split", *rows]) + "\n")
    return tmp_path / "lists.csv"


def test_a_list_with_speakers_in_two_splits_is_a_problem(emonet: Emonet, plugin: Path, lists: Path) -> None:
    ran = emonet("audit", lists, "--corpus", "tones", "--plugin", plugin)
    assert ran.code == 1
    assert "Audit of lists: problem: speaker-dependent (3 of 3 test speakers also in train)" in ran.out
    found = emonet("audit", lists, "--speaker", "(s\\d)", "--json").json
    assert [verdict["level"] for verdict in found] == ["problem"]
    speakers = next(each for each in found[0]["findings"] if each["what"] == "speakers")
    assert (speakers["level"], speakers["count"]) == ("problem", 3)


def test_a_list_that_nothing_reads_is_refused(emonet: Emonet, lists: Path) -> None:
    ran = emonet("audit", lists)
    assert ran.code == 2
    assert "lists: nothing tells the speakers of this list. Give the id of its corpus (corpus), or" in ran.err
    silent = emonet("audit", lists, "--corpus", "iemocap")
    assert silent.code == 2
    assert "(the names of 'iemocap' do not say them, and its data are not here)" in silent.err
    named = lists.with_name("foo_test_fold_1.jsonl")
    named.write_text('{"key": "a", "wav": "a.wav", "dataset": "nowhere"}\n')
    assert "(it calls its data 'nowhere', which is not a corpus here)" in emonet("audit", named).err


def test_a_list_whose_names_tell_dialogues_alone_is_audited_by_them(emonet: Emonet, tmp_path: Path) -> None:
    rows = [
        f"train/12_anger_fear/12_anger_fear_a_00{number}.wav,{split}"
        for number, split in enumerate(("train", "dev", "test"))
    ]
    (tmp_path / "lists.csv").write_text("\n".join(["file,split", *rows]) + "\n")
    ran = emonet("audit", tmp_path / "lists.csv", "--corpus", "resd")
    assert "speakers unknown, session-dependent (1 of 1 test sessions also in train)" in ran.out


def test_a_corpus_is_audited_by_its_own_protocols(emonet: Emonet, plugin: Path, tones: Path) -> None:
    ran = emonet("audit", "tones", "--root", tones, "--plugin", plugin)
    assert ran.code == 0, ran.err
    assert "Audit of tones/by-hand #" in ran.out
    assert "audio not compared" in ran.out, "it is not prepared"
    assert "class x speaker" in ran.out


def test_protocols_may_be_chosen_and_every_fold_shown(emonet: Emonet, plugin: Path, tones: Path) -> None:
    options = ("--protocol", "leave-one-speaker-out", "--set", "dev=0.2", "--folds")
    ran = emonet("audit", "tones", *options, "--root", tones, "--plugin", plugin)
    assert ran.code == 0
    assert "speaker-independent (dev shares speakers with train)" in ran.out
    assert "Declared" not in ran.out
    rows = [line for line in ran.out.splitlines() if " speakers " in line and " also in " in line]
    assert len(rows) == 3


def test_copies_in_two_splits_are_found_once_the_corpus_is_prepared(emonet: Emonet, plugin: Path, tones: Path) -> None:
    assert emonet("corpora", "prepare", "tones", "--root", tones, "--plugin", plugin).code == 0
    ran = emonet("audit", "tones", "--plugin", plugin)
    assert ran.code == 1, "all tones are the same sound"
    assert "test clips have a copy in train, e.g. s3_a_1 = " in ran.out
    quiet = emonet("audit", "tones", "--no-audio", "--plugin", plugin)
    assert quiet.code == 0
    shown = emonet("protocol", "show", "tones", "by-hand", "--plugin", plugin)
    assert "duplicate audio across splits" in shown.out


def test_a_list_is_matched_with_a_prepared_corpus(emonet: Emonet, plugin: Path, tones: Path, tmp_path: Path) -> None:
    assert emonet("corpora", "prepare", "tones", "--root", tones, "--plugin", plugin).code == 0
    rows = [
        f"s{who}_{label}_1.wav,{split}" for who, split in ((1, "train"), (2, "dev"), (3, "test")) for label in "jan"
    ]
    (tmp_path / "mine.csv").write_text("\n".join(["file,split", *rows]) + "\n")
    ran = emonet("audit", tmp_path / "mine.csv", "--corpus", "tones", "--plugin", plugin)
    assert ran.code == 1
    assert "Audit of mine: problem: speaker-independent, texts unknown, duplicate audio across splits" in ran.out
    without = emonet("audit", tmp_path / "mine.csv", "--corpus", "tones", "--plugin", plugin, "--no-audio")
    assert without.code == 0


def test_a_recipe_is_audited_corpus_by_corpus(emonet: Emonet, plugin: Path, tones: Path, tmp_path: Path) -> None:
    shutil.copytree(tones, tmp_path / "again")
    rows = [f"s{who}_{label}_1.wav,{label},s{who}" for who in (1, 2, 3) for label in "jan"]
    (tmp_path / "again" / "labels.csv").write_text("\n".join(["file,label,speaker", *rows]) + "\n")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        f"corpora: [{{id: tones, root: {tones}}}, {{manifest: again/labels.csv}}]\n"
        "protocol: leave-one-speaker-out\nstrategy: multi-domain\nfrontend: logmel\nbackbone: wide_resnet\n"
        "adapter: residual\n"
    )
    assert emonet("corpora", "prepare", "tones", "--root", tones, "--plugin", plugin).code == 0
    assert emonet("corpora", "prepare", "--manifest", tmp_path / "again" / "labels.csv").code == 0
    found = emonet("audit", recipe, "--plugin", plugin, "--json").json
    assert [verdict["subject"].partition("/")[0] for verdict in found] == [
        "tones",
        "labels",
        "what 'multi-domain' learned before",
    ]
    levels = {(each["what"], each["level"]) for each in found[-1]["findings"]}
    assert ("speakers' names of labels/label", "ok") in levels, "a card speaks of people of its own"
    assert ("clips of labels/label", "ok") in levels, "that they are copies is said of each partition"
    alone = recipe.read_text().replace("multi-domain", "scratch").replace("adapter: residual\n", "")
    recipe.write_text(alone)
    assert len(emonet("audit", recipe, "--plugin", plugin, "--json").json) == 2, "these never meet"


def apart(folder: str = "") -> list[str]:
    """Return rows of a list that keeps the speakers of the tiny corpus apart."""
    splits = ((1, "train"), (2, "dev"), (3, "test"))
    return [f"{folder}s{who}_{label}_1.wav,{split}" for who, split in splits for label in "jan"]


def noise(folder: Path) -> Path:
    """Replace the tones of a corpus by sounds that are not alike."""
    for number, path in enumerate(sorted(folder.rglob("*.wav"))):
        soundfile.write(path, 0.3 * babble(number, 0.5), RATE, subtype="PCM_16")
    return folder


def test_an_audit_says_how_much_audio_of_a_list_it_compared(
    emonet: Emonet, plugin: Path, tones: Path, tmp_path: Path
) -> None:
    tones = noise(tones)
    assert emonet("corpora", "prepare", "tones", "--root", tones, "--plugin", plugin).code == 0
    asked = ("audit", tmp_path / "a.csv", "--corpus", "tones", "--plugin", plugin)
    rows = apart("down/")
    (tmp_path / "a.csv").write_text("\n".join(["file,split", *rows]) + "\n")
    whole = emonet(*asked)
    assert "Audit of a: ok: speaker-independent, texts unknown, no duplicate audio across splits." in whole.out
    (tmp_path / "a.csv").write_text("\n".join(["file,split", *rows, "s4_j_1.wav,test", "s9_j_1.wav,test"]) + "\n")
    partly = emonet(*asked)
    assert "warning: " in partly.out
    assert "audio no copies in two splits, compared 9 of 11 clips" in partly.out
    assert "9 of 11 names fit one utterance of 'tones' here" in partly.out
    names = next(each for each in emonet(*asked, "--json").json[0]["findings"] if each["what"] == "names")
    assert names["seen"].endswith("1 fit none, such as 's4_j_1.wav'; 1 are left out by the card (known bad: a cough)")
    moved = [row.replace("_1.wav", "_7.wav") for row in rows]
    (tmp_path / "a.csv").write_text("\n".join(["file,split", *moved]) + "\n")
    nothing = emonet(*asked)
    assert "audio unknown: 0 of 9 clips were compared" in nothing.out
    assert "no duplicate audio" not in nothing.out


def test_of_a_tree_that_stands_twice_an_audit_compares_nothing_and_says_so(
    emonet: Emonet, plugin: Path, tones: Path, tmp_path: Path
) -> None:
    noise(tones)
    shutil.copytree(tones, tmp_path / "kag" / "X")
    shutil.copytree(tones, tmp_path / "kag" / "X" / "X")
    rows = apart("down/")
    (tmp_path / "a.csv").write_text("\n".join(["file,split", *rows]) + "\n")
    asked = ("audit", tmp_path / "a.csv", "--corpus", "tones", "--plugin", plugin)
    ran = emonet(*asked, "--root", tmp_path / "kag")
    assert "audio not compared" in ran.out, "it is not prepared"
    assert (
        "9 fit several, such as 'down/s1_j_1.wav': X/X/s1_j_1 and X/s1_j_1"
        in emonet(*asked, "--root", tmp_path / "kag", "--json").out
    )


def test_an_audit_of_a_list_reads_the_root_and_says_which_store_it_took(
    emonet: Emonet, plugin: Path, tones: Path, tmp_path: Path
) -> None:
    noise(tones)
    shutil.copytree(tones, tmp_path / "other")
    shutil.copyfile(tones / "s1_j_1.wav", tmp_path / "other" / "s3_j_1.wav")
    rows = apart()
    (tmp_path / "a.csv").write_text("\n".join(["file,split", *rows]) + "\n")
    asked = ("audit", tmp_path / "a.csv", "--corpus", "tones", "--plugin", plugin)
    assert emonet("corpora", "prepare", "tones", "--root", tmp_path / "other", "--plugin", plugin).code == 0
    assert emonet("corpora", "prepare", "tones", "--root", tones, "--plugin", plugin).code == 0
    last = emonet(*asked)
    assert last.code == 0, last.out
    stores = [each for each in emonet(*asked, "--json").json[0]["findings"] if each["what"] == "store"]
    assert f"of 2 of this corpus, the one prepared last, from {tones}" in stores[0]["seen"]
    other = emonet(*asked, "--root", tmp_path / "other")
    assert other.code == 1
    assert "duplicate audio across splits (1 of 3 test clips have a copy in train, e.g. s3_j_1 = s1_j_1)" in other.out
    assert "nothing tells the speakers" not in emonet(*asked, "--root", tmp_path / "other").err


def test_a_root_needs_a_corpus_and_files_must_be_there(emonet: Emonet, lists: Path, tmp_path: Path) -> None:
    ran = emonet("audit", lists, "--root", tmp_path)
    assert (ran.code, "of which corpus is" in ran.err) == (2, True)
    gone = emonet("audit", lists.with_name("list.csv"))
    assert "list.csv: there is no such file. Did you mean 'lists.csv'?" in gone.err
    both = emonet("audit", lists, "emodb")
    assert "split lists and corpora are audited one after the other" in both.err


def test_the_split_of_a_file_may_be_said_before_its_path(emonet: Emonet, tmp_path: Path) -> None:
    for name, who in (("one", 1), ("two", 2)):
        row = f'{{"wav_filename": "happy/Ses0{who}F_impro03_F019.wav", "label": "happy", "speaker": "0{who}F"}}\n'
        (tmp_path / f"{name}.jsonl").write_text(row)
    ran = emonet("audit", f"train={tmp_path / 'one.jsonl'}", f"test={tmp_path / 'two.jsonl'}", "--corpus", "iemocap")
    assert "no dev: 1 train, 0 dev, 1 test" in ran.out
    assert "speaker-independent" in ran.out
    gone = emonet("audit", f"test={tmp_path / 'three.jsonl'}")
    assert "three.jsonl: there is no such file" in gone.err
