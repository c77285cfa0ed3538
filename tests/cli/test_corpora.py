"""``emonet corpora``: lists, cards, fetching, checking and preparing, with their exit codes."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from emonet.cli.console import load_plugins
from tests.helpers.cli_terminal import Emonet, write_tone


def pack(tones: Path, plugin: Path) -> Path:
    """Put the tones into the archive that the card names, and write its checksum into the card."""
    archive = plugin.parent / "tones.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in sorted(tones.iterdir()):
            zipped.write(path, f"TONES/{path.name}")
    card = plugin.parent / "cards" / "tones.yaml"
    card.write_text(card.read_text().replace("0" * 64, hashlib.sha256(archive.read_bytes()).hexdigest()))
    return archive


def test_the_list_shows_first_party_and_plugin_corpora(emonet: Emonet, plugin: Path) -> None:
    ran = emonet("corpora", "list", "--plugin", plugin)
    assert (ran.code, ran.err) == (0, "")
    line = next(line for line in ran.out.splitlines() if " tones " in line)
    assert line.split() == ["tones", "Tones", "[not", "speech]", "eo,", "de-AT", "3", "3", "public", "fetchable"]
    assert len(ran.out.splitlines()) > 5


def test_the_list_as_json_is_nothing_but_json(emonet: Emonet, plugin: Path) -> None:
    rows = emonet("corpora", "list", "--plugin", plugin, "--json").json
    row = next(row for row in rows if row["id"] == "tones")
    assert row == {
        "id": "tones",
        "title": "Tones [not speech]",
        "languages": ["eo", "de-AT"],
        "targets": {"emotion": ["joy", "anger", "neutral"]},
        "speakers": 3,
        "utterances": 9,
        "access": "public",
        "data": "fetchable",
    }


def test_the_list_as_markdown_says_nothing_of_this_machine(emonet: Emonet, plugin: Path) -> None:
    ran = emonet("corpora", "list", "--plugin", plugin, "--markdown", "--language", "eo")
    title = "[Tones [not speech]](https://tones.example)"
    assert ran.out.splitlines() == [
        "| id | corpus | languages | learnt of it | utterances | speakers | access | layout known | tested on |",
        "|---|---|---|---|---|---|---|---|---|",
        f"| `tones` | {title} | eo de-AT | emotion (3 classes) | 9 | 3 | public, fetched (path, untried) | - | - |",
    ]


@pytest.mark.parametrize(
    ("language", "found"), [("eo", True), ("de", True), ("DE-at", True), ("e", None), ("la", None)]
)
def test_the_list_is_filtered_by_language(emonet: Emonet, plugin: Path, language: str, found: bool | None) -> None:
    ran = emonet("corpora", "list", "--plugin", plugin, "--language", language, "--json")
    if found:
        assert "tones" in [row["id"] for row in ran.json]
    else:
        assert ran.code == 2
        assert ran.err.startswith(f"Error: Unknown language '{language}'.")


def test_the_state_of_the_data_is_shown(
    emonet: Emonet, plugin: Path, tones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def state() -> str:
        rows = emonet("corpora", "list", "--plugin", plugin, "--json").json
        return next(row["data"] for row in rows if row["id"] == "tones")

    assert state() == "fetchable"
    monkeypatch.setenv("EMONET_DATA", str(tones.parent))
    assert state() == "present"
    assert emonet("corpora", "prepare", "tones", "--plugin", plugin).code == 0
    assert state() == "prepared"


def test_info_shows_the_whole_card(emonet: Emonet, plugin: Path) -> None:
    ran = emonet("corpora", "info", "tones", "--plugin", plugin)
    assert ran.code == 0
    for text in (
        "Tones [not speech]",
        "9 utterances, 3 speakers, 0.00125 hours",
        "CC0 (access: public)",
        "The licence is the corpus owner's",
        "A. Tone (2020): Tones. Nowhere. doi:10.1/2",
        "by-hand: by speaker, 1 fold (made up)",
        "s9_j_1.wav: a cough",
        "Hums at 220 Hz.",
        "emonet corpora fetch tones",
    ):
        assert text in ran.out
    cells = [line.split() for line in ran.out.splitlines()]
    assert ["anger", "a", "3", "high", "negative"] in cells
    assert ["neutral", "n", "3", "low", "neutral", "a", "hum"] in cells


def test_info_as_json_holds_affect_with_reasons_protocols_and_licence(emonet: Emonet, plugin: Path) -> None:
    facts = emonet("corpora", "info", "tones", "--plugin", plugin, "--json").json
    assert facts["targets"][0]["affect"]["neutral"] == {"arousal": "low", "valence": "neutral", "reason": "a hum"}
    assert facts["protocols"][0]["folds"] == [{"train": ["s1"], "dev": ["s2"], "test": ["s3"]}]
    assert facts["licence"] == "CC0"
    assert "owner's" in facts["licence_note"]
    assert facts["root"] is None
    assert facts["expected"]["per_class"] == {"emotion": {"joy": 3, "anger": 3, "neutral": 3}}


def test_info_says_what_a_card_was_tried_on(emonet: Emonet) -> None:
    assert "tested on   public lists" in emonet("corpora", "info", "emodb").out
    assert emonet("corpora", "info", "emodb", "--json").json["tested"] == "lists"


def test_a_mistyped_corpus_is_answered_with_the_nearest(emonet: Emonet, plugin: Path) -> None:
    ran = emonet("corpora", "info", "tonse", "--plugin", plugin)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Error: Unknown corpus 'tonse'. Did you mean 'tones'? Known: ")


def test_fetch_unpacks_and_says_what_is_next(emonet: Emonet, plugin: Path, tones: Path, house: Path) -> None:
    archive = pack(tones, plugin)
    ran = emonet("corpora", "fetch", "tones", "--plugin", plugin)
    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"tones is in {house / 'corpora' / 'tones'}",
        "Next: emonet corpora prepare tones",
    ]
    facts = emonet("corpora", "info", "tones", "--plugin", plugin, "--json").json
    assert (facts["fetched_from"], facts["data"]) == (str(archive), "present")
    shown = emonet("corpora", "info", "tones", "--plugin", plugin).out
    assert f"{house / 'corpora' / 'tones'} (from {archive})" in shown


def test_fetch_as_json_names_the_folder(emonet: Emonet, plugin: Path, tones: Path, house: Path) -> None:
    pack(tones, plugin)
    ran = emonet("corpora", "fetch", "tones", "--plugin", plugin, "--json")
    assert ran.json == {"corpus": "tones", "folder": str(house / "corpora" / "tones")}
    assert ran.err == ""


def test_what_would_be_fetched_is_listed_with_its_place_and_nothing_is_done(
    emonet: Emonet, plugin: Path, tones: Path, house: Path
) -> None:
    archive = pack(tones, plugin)
    ran = emonet("corpora", "fetch", "tones", "--dry-run", "--plugin", plugin, "--json")
    folder = str(house / "corpora" / "tones")
    assert ran.json == [
        {"corpus": "tones", "state": "to fetch", "source": str(archive), "size": 0, "folder": folder, "reason": ""}
    ]
    listed = emonet("corpora", "fetch", "--all-public", "--dry-run", "--plugin", plugin)
    assert listed.code == 0
    assert ["tones", "to", "fetch", "unknown", str(archive)] in [line.split() for line in listed.out.splitlines()]
    assert "iemocap" not in listed.out  # it must be asked for
    assert not (house / "corpora").exists()


def test_all_that_failed_is_told_at_the_end(emonet: Emonet, plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emonet.plugin.registry.Registry.corpora", {"tones": load_plugins([plugin]).corpus("tones")})
    ran = emonet("corpora", "fetch", "--all-public", "--plugin", plugin)
    assert ran.code == 1
    assert "Corpus 'tones' could not be fetched. Every source failed:" in ran.out
    assert ran.out.splitlines()[-1] == "1 corpus, 1 failure. Sizes known: 0.0 GB; unknown: 1."


@pytest.mark.parametrize("words", [(), ("tones", "--all-public")])
def test_either_one_corpus_or_all_are_fetched(emonet: Emonet, plugin: Path, words: tuple[str, ...]) -> None:
    ran = emonet("corpora", "fetch", *words, "--plugin", plugin)
    assert (ran.code, ran.err.splitlines()[0][:62]) == (
        2,
        "Error: Give either the id of a corpus or --all-public, e.g. em",
    )


def test_what_must_be_asked_for_is_not_fetched_in_a_dry_run_either(emonet: Emonet) -> None:
    ran = emonet("corpora", "fetch", "iemocap", "--dry-run")
    assert (ran.code, "its owner gives it on request" in ran.err) == (2, True)


def test_a_fetch_that_fails_names_every_source(emonet: Emonet, plugin: Path) -> None:
    ran = emonet("corpora", "fetch", "tones", "--plugin", plugin)
    assert ran.code == 2
    assert "Error: Corpus 'tones' could not be fetched. Every source failed:" in ran.err
    assert "tones.zip: there is no file" in ran.err


def test_a_whole_copy_passes_the_check(emonet: Emonet, plugin: Path, tones: Path) -> None:
    ran = emonet("corpora", "check", "tones", "--plugin", plugin, "--root", tones, "--json")
    assert ran.code == 0
    assert {finding["level"] for finding in ran.json} == {"ok"}
    seen = {finding["what"]: finding["seen"] for finding in ran.json}
    assert (seen["utterances"], seen["readable files"]) == ("9", "9")


def test_a_copy_with_a_missing_file_fails_the_check_with_advice(emonet: Emonet, plugin: Path, tones: Path) -> None:
    (tones / "s1_j_1.wav").unlink()
    ran = emonet("corpora", "check", "tones", "--plugin", plugin, "--root", tones, "--quick")
    assert ran.code == 1
    assert "Files are missing: get the whole corpus again." in ran.out
    assert "readable" not in ran.out


@pytest.mark.parametrize("command", ["check", "prepare"])
def test_without_data_the_way_to_them_is_told(emonet: Emonet, plugin: Path, command: str) -> None:
    ran = emonet("corpora", command, "tones", "--plugin", plugin)
    assert ran.code == 2
    assert "Corpus 'tones' is not on this machine. Fetch it: emonet corpora fetch tones." in ran.err
    assert "--root" in ran.err


@pytest.mark.parametrize("command", ["check", "prepare"])
def test_a_root_that_is_not_the_corpus_is_refused(emonet: Emonet, plugin: Path, tmp_path: Path, command: str) -> None:
    (tmp_path / "other").mkdir()
    ran = emonet("corpora", command, "tones", "--plugin", plugin, "--root", tmp_path / "other")
    assert ran.code == 2
    assert "this does not look like the corpus 'tones': 0 files, none like 's1_j_1.wav'" in ran.err
    gone = emonet("corpora", command, "tones", "--plugin", plugin, "--root", tmp_path / "gone")
    assert gone.code == 2
    assert "there is no such folder. Give the folder of the corpus 'tones' with --root" in gone.err


def test_prepare_reports_counts_and_problems_by_reason(emonet: Emonet, plugin: Path, tones: Path) -> None:
    for name in ("s1_j_2.wav", "s2_j_2.wav"):
        (tones / name).write_bytes(b"")
    ran = emonet("corpora", "prepare", "tones", "--plugin", plugin, "--root", tones)
    assert ran.code == 0
    assert "tones is prepared: 9 utterances, 0.00 h, 16 bits a sample, in " in ran.out
    assert "Left out" in ran.out
    assert "s1_j_2.wav, s2_j_2.wav" in ran.out
    again = emonet("corpora", "prepare", "tones", "--plugin", plugin, "--root", tones, "--json").json
    assert (again["utterances"], again["reused"], len(again["problems"])) == (9, True, 2)


def test_strict_turns_problems_into_an_error(emonet: Emonet, plugin: Path, tones: Path) -> None:
    (tones / "s1_j_2.wav").write_bytes(b"")
    ran = emonet("corpora", "prepare", "tones", "--plugin", plugin, "--root", tones, "--strict")
    assert ran.code == 2
    assert "s1_j_2.wav" in ran.err


def test_a_narrow_terminal_keeps_ids_whole(emonet: Emonet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emonet.cli.console.WIDE", 60)
    lines = emonet("corpora", "list").out.splitlines()
    known = {row["id"] for row in emonet("corpora", "list", "--json").json}
    assert len(known) >= 10
    assert known <= {word for line in lines for word in line.split()[:1]}
    assert max(map(len, lines)) <= 60


def test_a_manifest_is_checked_without_a_card(emonet: Emonet, tmp_path: Path) -> None:
    write_tone(tmp_path / "a.wav")
    write_tone(tmp_path / "c.wav", level=0.0)
    (tmp_path / "all.csv").write_text("file,label,speaker\na.wav,joy,s1\nb.wav,anger,s2\nc.wav,anger,s2\n")
    ran = emonet("corpora", "check", "--manifest", tmp_path / "all.csv", "--json")
    found = {finding["what"]: (finding["level"], finding["seen"]) for finding in ran.json}
    assert ran.code == 1
    assert found["utterances"] == ("ok", "3")
    assert found["missing files"] == ("problem", "1: b.wav")
    assert found["left out: silent"] == ("warning", "1: c.wav")


@pytest.mark.parametrize("command", ["check", "prepare"])
def test_a_command_takes_an_id_or_a_manifest_but_not_both(emonet: Emonet, tmp_path: Path, command: str) -> None:
    for arguments in ((), ("tones", "--manifest", tmp_path)):
        ran = emonet("corpora", command, *arguments)
        assert ran.code == 2
        assert "Give either the id of a corpus or one of --manifest, --hub, --audformat" in ran.err
        assert f"e.g. emonet corpora {command} my_corpus" in ran.err


def test_a_manifest_is_prepared_without_a_card(emonet: Emonet, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    rows = ["file,label,speaker"]
    for number, label in enumerate(("joy", "anger", "joy", "anger")):
        write_tone(folder / f"{number}.wav")
        rows.append(f"{number}.wav,{label},s{number}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    ran = emonet("corpora", "prepare", "--manifest", folder / "labels.csv", "--json")
    assert ran.code == 0
    assert (ran.json["utterances"], ran.json["problems"]) == (4, [])


def test_a_dimensional_target_is_shown_with_its_range(emonet: Emonet, plugin: Path) -> None:
    card = plugin.parent / "cards" / "tones.yaml"
    text = card.read_text()
    begin, end = text.index("targets:"), text.index("scan:")
    text = f"{text[:begin]}targets:\n  arousal: {{range: [1, 5], unit: points}}\n{text[end:]}"
    text = text.replace("per_class: {emotion: {joy: 3, anger: 3, neutral: 3}}", "per_class: {}")
    card.write_text(text.replace("label: joy", "label: 3"))
    shown = emonet("corpora", "info", "tones", "--plugin", plugin)
    assert "target      arousal: 1 to 5 points" in shown.out
    listed = emonet("corpora", "list", "--plugin", plugin)
    assert "arousal 1 to 5" in listed.out


def test_info_shows_arousal_and_valence_only_where_the_classes_have_them(emonet: Emonet) -> None:
    sounds = emonet("corpora", "info", "vocalsound").out
    assert "laughter" in sounds
    assert not {"arousal", "valence", "emotion"} & set(sounds.lower().split())
    assert {"arousal", "valence"} <= set(emonet("corpora", "info", "emodb").out.split())


def test_prepare_says_which_segments_their_files_cut(emonet: Emonet, tmp_path: Path) -> None:
    for name in "ab":
        write_tone(tmp_path / f"{name}.wav")
    rows = "file,label,speaker,end\na.wav,joy,s1,300\nb.wav,anger,s2,\n"
    (tmp_path / "labels.csv").write_text(rows, encoding="utf-8")
    command = ("corpora", "prepare", "--manifest", tmp_path / "labels.csv")
    assert "a.wav is to end at 300 s, and ends after " in emonet(*command).out
    assert emonet(*command, "--json").json["cut"].startswith("1 segment cut where the file ends")
