"""The check of a copy: every finding has a copy that shows it."""

from __future__ import annotations

import wave
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emonet.audio.doctor import Finding, check
from emonet.corpus.corpus import Citation, Corpus, Expected, Target, Utterance
from emonet.events import Event, Progress

CLASSES = ("joy", "anger")


def scan(root: Path) -> Iterable[Utterance]:
    for path in sorted(root.glob("[!x]*.wav")):
        speaker, label, *_ = path.stem.split("-")
        yield Utterance(path.stem, path.name, {"emotion": label}, speaker=speaker or None)


FOO = Corpus(
    id="foo",
    title="Foo",
    languages=("pl",),
    access="public",
    licence="free",
    citation=Citation("A. Foo", "Foo", 2020),
    targets=(Target("emotion", CLASSES),),
    scan=scan,
    expected=Expected(4, 2, None, {"emotion": {"joy": 2, "anger": 2}}),
)


def write(path: Path, seconds: float = 0.5, level: float = 0.5) -> None:
    samples = (level * 32767 * np.sin(2 * np.pi * 220 / 16000 * np.arange(int(16000 * seconds)))).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, len(samples), "NONE", ""))
        file.writeframes(samples.tobytes())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for speaker in ("a", "b"):
        for label in CLASSES:
            write(tmp_path / f"{speaker}-{label}.wav")
    return tmp_path


def named(findings: Iterable[Finding], what: str) -> Finding:
    return next(finding for finding in findings if finding.what.startswith(what))


def whats(findings: Iterable[Finding]) -> list[str]:
    return [finding.what for finding in findings if finding.level != "ok"]


def test_a_whole_copy_has_no_complaint(copy: Path) -> None:
    findings = check(FOO, copy)
    assert {finding.level for finding in findings} == {"ok"}
    assert named(findings, "utterances") == Finding("ok", "utterances", "4", "4")
    assert named(findings, "speakers").seen == "2"
    assert named(findings, "emotion: joy").seen == "2"
    assert named(findings, "readable files").seen == "4"
    assert named(findings, "lengths").seen == "0.50 to 0.50 s, median 0.50 s"
    assert named(findings, "hours") == Finding("ok", "hours", "0.00", "not documented")


def test_too_few_files_are_a_problem_and_too_many_a_warning(copy: Path) -> None:
    write(copy / "a-joy-2.wav")
    (copy / "b-anger.wav").unlink()
    (copy / "b-joy.wav").unlink()
    findings = check(FOO, copy, quick=True)
    assert whats(findings) == ["utterances", "speakers", "emotion: anger"]
    assert named(findings, "speakers").level == "problem"
    assert "get the whole corpus again" in named(findings, "speakers").advice
    write(copy / "c-joy-2.wav")
    write(copy / "c-joy-3.wav")
    more = named(check(FOO, copy, quick=True), "speakers")
    assert more.level == "ok"
    extra = named(check(FOO, copy, quick=True), "emotion: joy")
    assert (extra.level, extra.seen, extra.expected) == ("warning", "4", "2")
    assert "another release" in extra.advice


def test_a_class_that_nobody_counted_must_still_occur(copy: Path) -> None:
    undocumented = replace(FOO, expected=Expected(), targets=(Target("emotion", (*CLASSES, "fear")),))
    findings = check(undocumented, copy, quick=True)
    assert whats(findings) == ["emotion: fear"]
    assert named(findings, "utterances").expected == "not documented"
    assert named(findings, "emotion: fear").advice == "Check whether a part of the corpus is missing."


def test_utterances_without_a_speaker_or_with_one_id_are_named(copy: Path) -> None:
    def odd(root: Path) -> Iterable[Utterance]:
        yield from (replace(each, speaker=None, id="same") for each in scan(root))

    findings = check(replace(FOO, scan=odd, expected=Expected()), copy, quick=True)
    assert named(findings, "ids that stand twice").seen == "1: same"
    assert named(findings, "ids that stand twice").level == "problem"
    assert named(findings, "utterances without a speaker").seen == "4: same, same, same, ..."


def test_files_that_a_table_names_but_nobody_has_are_missing(copy: Path) -> None:
    def table(root: Path) -> Iterable[Utterance]:
        yield from scan(root)
        yield Utterance("gone", "gone.wav", {"emotion": "joy"}, speaker="a")

    findings = check(replace(FOO, scan=table, expected=Expected()), copy)
    missing = named(findings, "missing files")
    assert (missing.level, missing.seen) == ("problem", "1: gone.wav")
    assert named(findings, "readable files").seen == "4"


def test_known_bad_files_are_named_with_their_reason(copy: Path) -> None:
    write(copy / "xcough.wav")
    bad = replace(FOO, known_bad={"xcough.wav": "a cough", "xgone.wav": "a sneeze"})
    finding = named(check(bad, copy, quick=True), "known bad files")
    assert (finding.level, finding.seen, finding.advice) == ("ok", "1: xcough.wav", "Nothing to do: a cough.")
    similar = replace(FOO, known_bad={"xcough.wav": "a cough", "cough.wav": "another cough"})
    assert named(check(similar, copy, quick=True), "known bad files").advice == "Nothing to do: a cough."
    (copy / "xcough.wav").unlink()
    assert not [each for each in check(bad, copy, quick=True) if each.what.startswith("known bad")]


def test_files_that_cannot_be_read_are_a_problem_by_reason(copy: Path) -> None:
    (copy / "a-joy.wav").write_bytes(b"")
    (copy / "a-anger.wav").write_bytes(b"RIFFnonsense")
    findings = check(FOO, copy)
    broken = [finding for finding in findings if finding.what.startswith("unreadable: ")]
    assert {name for finding in broken for name in finding.seen.split(": ")[1].split(", ")} == {
        "a-joy.wav",
        "a-anger.wav",
    }
    assert {finding.level for finding in broken} == {"problem"}
    assert not [finding for finding in findings if finding.what == "readable files"]
    assert named(findings, "lengths").seen.startswith("0.50")


def test_silent_and_very_short_files_are_warned_of(copy: Path) -> None:
    write(copy / "a-joy.wav", level=0.0)
    write(copy / "a-anger.wav", seconds=0.05)
    findings = check(FOO, copy)
    assert {"very short files"} <= set(whats(findings))
    assert any("silent" in what for what in whats(findings))
    assert named(findings, "very short files").seen == "1: a-anger.wav"


def test_hours_far_from_the_card_are_a_warning(copy: Path) -> None:
    finding = named(check(replace(FOO, expected=Expected(hours=2.0)), copy), "hours")
    assert (finding.level, finding.seen, finding.expected) == ("warning", "0.00", "2.00")
    assert finding.advice == "Check whether this is the release that the card describes."


def test_listening_is_told_and_quick_opens_nothing(copy: Path) -> None:
    seen: list[Event] = []
    check(FOO, copy, listen=seen.append)
    assert [(each.done, each.total) for each in seen if isinstance(each, Progress)] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    for path in copy.iterdir():
        path.write_bytes(b"")
    seen.clear()
    assert whats(check(FOO, copy, quick=True, listen=seen.append)) == []
    assert seen == []
