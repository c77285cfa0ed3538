"""``emonet protocol``: show, export, import."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.cli_terminal import Emonet

LOSO = "leave-one-speaker-out"


def test_show_counts_every_split_of_every_fold(emonet: Emonet, plugin: Path, tones: Path) -> None:
    ran = emonet("protocol", "show", "tones", LOSO, "--root", tones, "--plugin", plugin)
    assert ran.code == 0, ran.err
    assert "tones/leave-one-speaker-out  #" in ran.out
    first = ran.out.splitlines()[4].split()
    assert first == ["s1", "train", "3", "1", "0", "1", "1", "1"]
    data = emonet("protocol", "show", "tones/emotion", LOSO, "--root", tones, "--plugin", plugin, "--json").json
    assert data["utterances"] == 9
    assert [fold["fold"] for fold in data["folds"]] == ["s1", "s2", "s3"]
    assert data["folds"][0]["splits"]["test"] == {
        "utterances": 3,
        "speakers": 1,
        "texts": 0,
        "classes": {"joy": 1, "anger": 1, "neutral": 1},
    }
    assert data["folds"][0]["left_out"] == 0


def test_show_takes_options_and_says_what_is_declared(emonet: Emonet, plugin: Path, tones: Path) -> None:
    ran = emonet("protocol", "show", "tones", LOSO, "--set", "dev=0.5", "--root", tones, "--plugin", plugin)
    assert "Speakers stand in two splits: dev is a random 50% of the train utterances" in ran.out


def test_an_export_is_imported_under_its_hash(emonet: Emonet, plugin: Path, tones: Path, tmp_path: Path) -> None:
    known = ("--root", tones, "--plugin", plugin)
    out, again = tmp_path / "folds.csv", tmp_path / "again.csv"
    ran = emonet("protocol", "export", "tones", LOSO, "--out", out, *known)
    assert ran.code == 0, ran.err
    assert f"In a recipe: protocol: {{imported: {{file: {out}}}}}" in ran.out
    data = emonet("protocol", "import", out, "--corpus", "tones", "--out", again, "--json", *known).json
    shown = emonet("protocol", "show", "tones", LOSO, "--json", *known).json
    assert (data["hash"], data["folds"]) == (shown["hash"], shown["folds"])
    assert again.read_text() == out.read_text()


def test_lists_of_others_get_a_name_and_a_dev(emonet: Emonet, plugin: Path, tones: Path, tmp_path: Path) -> None:
    lists = tmp_path / "lists.csv"
    rows = [f"down/s{who}_{label}_1.wav,{'test' if who == 3 else 'train'}" for who in (1, 2, 3) for label in "jan"]
    lists.write_text("\n".join(["path,split", *rows]) + "\n")
    command = ("protocol", "import", lists, "--corpus", "tones", "--out", tmp_path / "mine.csv", "--root", tones)
    failed = emonet(*command, "--plugin", plugin)
    assert failed.code == 2
    assert "fold '1' has no dev split" in failed.err
    ran = emonet(*command, "--plugin", plugin, "--dev", "0.5", "--name", "theirs")
    assert ran.code == 0, ran.err
    assert "# protocol: theirs" in (tmp_path / "mine.csv").read_text()
    assert "tones/imported theirs  #" in ran.out
    assert "Audit of tones/imported theirs #" in ran.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tones", "by-speeker"), "Unknown protocol of corpus 'tones' 'by-speeker'. Did you mean 'by-speaker'?"),
        (("tones", LOSO, "--set", "dev"), "--set dev: expected key=value"),
        (("{id: tones, manifest: a}", LOSO), "CORPUS:"),
        (("tnes", LOSO), "Did you mean 'tones'?"),
    ],
)
def test_wrong_words_are_explained(
    emonet: Emonet, plugin: Path, tones: Path, arguments: tuple[str, ...], message: str
) -> None:
    ran = emonet("protocol", "show", *arguments, "--root", tones, "--plugin", plugin)
    assert ran.code == 2
    assert message in ran.err
