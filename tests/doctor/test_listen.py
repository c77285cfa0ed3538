"""What a check says of segments, of files beside the utterances, and of paths that no file can have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emonet.corpus.corpus import Expected, Utterance
from emonet.corpus.readers.hub import hub_corpus
from emonet.doctor.check import Finding, check
from tests.doctor.test_check import FOO, copy, named, scan
from tests.helpers.hub_datasets import dataset_of, rows, save_parquet

__all__ = ["copy"]


def segmented(copy: Path, *times: tuple[float, float]) -> list[Finding]:
    """Return what is found of segments of one file of half a second."""
    listed = [
        Utterance(f"u{number}", "a-joy.wav", {"emotion": "joy"}, "a", start=start, end=end)
        for number, (start, end) in enumerate(times)
    ]
    return check(replace(FOO, scan=lambda _: listed, expected=Expected()), copy)


def test_times_in_milliseconds_are_shown_and_asked_for(copy: Path) -> None:
    findings = segmented(copy, (0.0, 200.0), (200.0, 400.0), (400.0, 450.0))
    late = named(findings, "left out: starts at")
    reason = "starts at 200 s, but the file ends after 0.50 s: are these milliseconds?"
    assert (late.level, late.seen) == ("problem", f"2: a-joy.wav, a-joy.wav; the first {reason}")
    assert "Times are in s" in late.advice
    assert "again" not in late.advice
    beyond = named(findings, "ends beyond")
    assert (beyond.level, beyond.seen) == ("warning", "1: a-joy.wav")
    text = "a-joy.wav is to end at 200 s, and the file ends after 0.50 s: are these milliseconds?"
    assert beyond.advice.startswith(text)


def test_an_end_that_is_missed_by_seconds_is_warned_of_and_one_by_milliseconds_is_not(copy: Path) -> None:
    assert not [each for each in segmented(copy, (0.0, 0.51)) if each.what.startswith("ends beyond")]
    beyond = named(segmented(copy, (0.0, 5.1)), "ends beyond")
    assert beyond.advice.startswith("a-joy.wav is to end at 5.1 s, and the file ends after 0.50 s. The segment is cut")


def test_what_lies_beside_the_utterances_is_counted_by_suffix(copy: Path) -> None:
    for name in ("readme.txt", "notes.TXT", "licence", "sub/xother.wav"):
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text("x")
    passed_over = named(check(FOO, copy, quick=True), "files passed over")
    assert (passed_over.level, passed_over.seen) == ("ok", "2 .txt, 1 without a suffix, 1 .wav")


def test_files_beside_few_utterances_are_not_counted_without_end(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emonet.doctor.check._MOST_ABOVE", 1)
    for number in range(20):
        (copy / f"{number}.txt").touch()
    passed_over = named(check(FOO, copy, quick=True), "files passed over")
    assert passed_over.seen == "not counted: more than 16 files lie there"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("a\0b.wav", "holds a NUL"), (f"{'a' * 300}.wav", "File name too long"), ("a\ud800.wav", "is not UTF-8")],
)
def test_a_path_that_no_file_can_have_is_one_row_that_is_refused(copy: Path, name: str, reason: str) -> None:
    def table(root: Path) -> Iterable[Utterance]:
        yield from scan(root)
        yield Utterance("odd", name, {"emotion": "joy"}, speaker="a")

    findings = check(replace(FOO, scan=table, expected=Expected()), copy)
    refused = named(findings, "paths that no file can have")
    assert refused.level == "problem"
    assert refused.seen.isprintable()
    assert reason in refused.seen
    assert named(findings, "readable files").seen == "4"


@pytest.mark.parametrize(("other", "is_weak"), [(-0.9, True), (-0.5, False), (0.0, False), (1.0, False)])
def test_channels_that_nearly_cancel_are_warned_of(copy: Path, other: float, *, is_weak: bool) -> None:
    sound = 0.5 * np.sin(np.arange(8000) / 5)
    soundfile.write(copy / "a-joy.wav", np.stack([sound, other * sound], axis=1), 16_000)
    found = [each for each in check(FOO, copy) if each.what == "channels that nearly cancel"]
    assert [(each.level, each.seen) for each in found] == ([("warning", "1: a-joy.wav")] if is_weak else [])


def test_a_table_that_holds_the_clips_is_not_passed_over(tmp_path: Path) -> None:
    hub, root = hub_corpus(save_parquet(tmp_path / "in" / "x.parquet", dataset_of(rows(4))), {})
    (tmp_path / "in" / "readme.md").touch()
    assert named(check(hub, root, quick=True), "files passed over").seen == "1 .md"
