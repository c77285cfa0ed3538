"""The check of a copy: every finding has a copy that shows it."""

from __future__ import annotations

import os
import shutil
import unicodedata
import wave
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from emonet.affect import Affect
from emonet.corpus.codes import labels_from
from emonet.corpus.corpus import Citation, Corpus, Expected, NamedProtocol, SpeakerNames, Target, Utterance
from emonet.corpus.readers.folders import files_below
from emonet.doctor import listen, survey
from emonet.doctor.check import Finding, check
from emonet.errors import CorpusError
from emonet.events import Event, Progress
from emonet.labels.ontology import ontology_of
from emonet.labels.words import Word

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


def test_a_further_target_that_nothing_is_labelled_with_is_one_warning_of_a_missing_table(copy: Path) -> None:
    sex = Target("sex", ("female", "male"))
    counted = Expected(4, 2, None, {"sex": {"female": 2, "male": 2}})
    findings = check(replace(FOO, targets=(*FOO.targets, sex), expected=counted), copy, quick=True)
    assert whats(findings) == ["sex"]
    assert named(findings, "sex").level == "warning"
    assert named(findings, "sex").advice.endswith("look whether the table that it stands in is missing.")


def test_utterances_without_a_speaker_or_with_one_id_are_named(copy: Path) -> None:
    def odd(root: Path) -> Iterable[Utterance]:
        yield from (replace(each, speaker=None, id="same") for each in scan(root))

    findings = check(replace(FOO, scan=odd, expected=Expected()), copy, quick=True)
    assert named(findings, "ids that stand twice").seen == "1: same"
    assert named(findings, "ids that stand twice").level == "problem"
    nobody = named(findings, "utterances without a speaker")
    assert nobody.seen == "4: same, same, same, ..."
    assert "name their speakers, or choose one that does not go by speaker" in nobody.advice
    own = check(replace(FOO, scan=odd, speakers="open"), copy, quick=True)
    assert "`speaker: REGEX`" in named(own, "utterances without a speaker").advice, "an entry without a card reads them"


def test_segments_that_overlap_with_other_labels_are_warned_of(copy: Path) -> None:
    def listed(root: Path, *, shift: float = 0.0, other: str = "anger") -> Iterable[Utterance]:
        for name, start, end, label in (
            ("one", 0.2 + shift, 0.4, other),
            ("two", 0.0, 0.21, "joy"),
            ("three", 0.3, None, "anger"),
        ):
            yield Utterance(name, "a-joy.wav", {"emotion": label}, speaker="a", start=start, end=end)
        yield Utterance("whole", "b-joy.wav", {"emotion": "joy"}, speaker="b")

    def found(**how: Any) -> list[Finding]:
        corpus = replace(FOO, scan=partial(listed, **how), expected=Expected())
        return [each for each in check(corpus, copy, quick=True) if each.what.startswith("segments that")]

    assert found() == []  # 10 ms are within what annotators round by
    assert found(shift=-0.1, other="joy") == [replace(found(shift=-0.1)[0], seen="1: three")]
    (one,) = found(shift=-0.1)
    assert (one.level, one.seen) == ("warning", "1: one")
    assert "What they share has several labels" in one.advice


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
    broken = [finding for finding in findings if finding.what.startswith("left out: ")]
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
    assert whats(findings) == ["left out: silent", "very short files"]
    assert named(findings, "left out: silent").seen == "1: a-joy.wav"
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
        path.write_bytes(b"no sound")
    seen.clear()
    assert whats(check(FOO, copy, quick=True, listen=seen.append)) == []
    assert seen == []


def test_codes_that_nobody_mapped_are_counted_all_at_once(copy: Path) -> None:
    entries = {"joy": "joy", "anger": "anger"}
    target = Target("emotion", CLASSES, entries)

    def coded(targets: tuple[Target, ...], root: Path) -> Iterable[Utterance]:
        for path in sorted(root.glob("*.wav")):
            speaker, code, *_ = path.stem.split("-")
            labels = labels_from({"emotion": code}, targets, path.name)
            if labels:
                yield Utterance(path.stem, path.name, labels, speaker=speaker)

    for name in ("a-angr", "b-angr", "a-bliss"):
        write(copy / f"{name}.wav")
    alone = replace(FOO, scan=partial(coded, (target,)), targets=(target,))
    findings = check(replace(alone, scan_for=lambda targets: partial(coded, targets)), copy, quick=True)
    found = named(findings, "emotion: unmapped labels")
    assert (found.level, found.seen, found.expected) == ("problem", "2: 'angr' (2), 'bliss' (1)", "anger, joy")
    assert found.advice.startswith("First at a-angr.wav. Did you mean 'anger'? Add codes to the card")
    with pytest.raises(CorpusError, match="the card maps no code 'angr'"):
        list(alone.scan(copy))
    with pytest.raises(CorpusError, match="the card maps no code 'angr'"):
        check(alone, copy, quick=True)


def test_labels_that_differ_in_spelling_alone_are_warned_of(copy: Path) -> None:
    alike = replace(FOO, targets=(Target("emotion", (*CLASSES, "Joy")),), expected=Expected())
    finding = named(check(alike, copy, quick=True), "emotion: labels alike")
    assert (finding.level, finding.seen) == ("warning", "joy, Joy")


def test_labels_without_a_card_that_are_one_word_or_may_be_none_are_warned_of(copy: Path) -> None:
    def labelled(root: Path) -> Iterable[Utterance]:
        labels = ("joy", "happy", "Happy", "No_Agreement")
        return (replace(each, labels={"emotion": label}) for each, label in zip(scan(root), labels, strict=True))

    target = Target("emotion", ("joy", "happy", "Happy", "No_Agreement"))
    own = replace(FOO, scan=labelled, targets=(target,), expected=Expected(), speakers="open")
    word = Word("happiness", Affect(arousal="high", valence="positive"), {"en": ("joy", "happy")})
    findings = check(own, copy, quick=True, ontology=ontology_of([(word, "a test")]))
    assert named(findings, "emotion: labels of one word").seen == "joy, happy"
    assert named(findings, "emotion: labels that may mean none").seen == "No_Agreement (1)"
    carded = check(replace(own, speakers="own"), copy, quick=True, ontology=ontology_of([(word, "a test")]))
    assert not [each for each in carded if "one word" in each.what or "mean none" in each.what]


def test_speakers_without_a_card_none_of_whom_speaks_twice_may_be_clips(copy: Path) -> None:
    def apart(root: Path) -> Iterable[Utterance]:
        return (replace(each, speaker=each.id) for each in scan(root))

    own = replace(FOO, scan=apart, expected=Expected(), speakers="open")
    found = named(check(own, copy, quick=True), "speakers that may be clips")
    assert (found.level, found.seen) == ("warning", "4 speakers, none of whom has a second utterance")
    for other in (replace(own, scan=scan), replace(own, speakers="own")):
        assert "speakers that may be clips" not in whats(check(other, copy, quick=True))


@pytest.mark.parametrize(
    ("listed", "there"),
    [
        ("B-joy.WAV", "b-joy.wav"),
        ("b-joy", "b-joy.wav"),
        ("b-joy.mp3", "b-joy.wav"),
        (r"Deep\c-joy.wav", "deep/c-joy.wav"),
    ],
)
def test_a_missing_file_that_is_there_under_another_name_is_named(copy: Path, listed: str, there: str) -> None:
    (copy / "deep").mkdir()
    write(copy / "deep" / "c-joy.wav")

    def names(root: Path) -> Iterable[Utterance]:
        yield Utterance("one", listed, {"emotion": "joy"}, "a")

    advice = named(check(replace(FOO, scan=names, expected=Expected()), copy, quick=True), "missing files").advice
    assert advice == f"There is '{there}', and not '{listed}': write names as the files have them, or rename the files."


def test_speakers_sessions_and_texts_that_differ_in_spelling_alone_are_warned_of(copy: Path) -> None:
    def spelt(root: Path) -> Iterable[Utterance]:
        for each in scan(root):
            name = each.path[0]
            yield replace(each, speaker=f"s_{name}" if "joy" in each.path else f"S {name}", session="d1", text="Hi!")
            yield replace(each, id=f"{each.id}2", session="D01", text="hi")

    findings = check(replace(FOO, scan=spelt), copy, quick=True)
    for what, seen in (
        ("speakers", "2: S a and s_a, S b and s_b"),
        ("sessions", "1: D01 and d1"),
        ("texts", "1: Hi! and hi"),
    ):
        found = named(findings, f"{what} alike")
        assert (found.level, found.seen) == ("warning", seen)
    assert "give it one name: it counts as several now" in named(findings, "speakers alike").advice
    own = named(check(replace(FOO, scan=spelt, speakers="open"), copy, quick=True), "speakers alike")
    assert "`speaker: {map: {S a: s_a}}`" in own.advice, "an entry of a corpus without a card can join them"
    differ = check(replace(FOO, scan=spelt, names_apart=("speaker",)), copy, quick=True)
    assert [each.what for each in differ if "alike" in each.what] == ["sessions alike", "texts alike"]


def test_speakers_splits_and_the_card_s_protocols_are_counted(copy: Path) -> None:
    for number in range(8):
        write(copy / f"c-joy-{number}.wav")
        write(copy / f"d-joy-{number}.wav")
        write(copy / f"e-joy-{number}.wav")
    write(copy / "f-joy.wav")

    def with_splits(root: Path) -> Iterable[Utterance]:
        yield from (replace(each, split="train" if each.speaker == "a" else "test") for each in scan(root))

    protocol = NamedProtocol("official", "speaker", ({"train": ("a", "z"), "test": ("b",)},))
    findings = check(replace(FOO, scan=with_splits, protocols=(protocol,), expected=Expected()), copy, quick=True)
    assert named(findings, "utterances per split").seen == "test 27, train 2"
    assert named(findings, "protocol official: absent speakers").seen == "1: z"
    assert named(findings, "utterances per speaker").level == "ok"  # half of the speakers have few: so it is here
    (copy / "a-joy.wav").unlink()
    for name in ("a-anger", "b-joy", "b-anger"):
        (copy / f"{name}.wav").unlink()
    few = named(check(replace(FOO, expected=Expected()), copy, quick=True), "utterances per speaker")
    assert (few.level, few.seen) == ("warning", "1 to 8, median 8; few: 1: f (1)")


def test_git_lfs_pointers_and_empty_files_are_found_without_listening(copy: Path) -> None:
    (copy / "a-joy.wav").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    (copy / "a-anger.wav").write_bytes(b"")
    findings = check(FOO, copy, quick=True)
    assert whats(findings) == ["Git LFS pointers, no audio", "empty files"]
    assert named(findings, "Git LFS").seen == "1: a-joy.wav"
    assert "git lfs pull" in named(findings, "Git LFS").advice


def test_links_that_lead_nowhere_and_in_circles_end(copy: Path) -> None:
    def listed(root: Path) -> Iterable[Utterance]:
        for path in files_below(root):
            speaker, label, *_ = Path(path).stem.split("-")
            yield Utterance(path, path, {"emotion": label}, speaker=speaker)

    (copy / "a-joy.wav").unlink()
    (copy / "a-joy.wav").symlink_to(copy / ".annex" / "gone")
    (copy / "loop").symlink_to(copy)
    (copy / "c-joy.wav").symlink_to("c-joy.wav")
    findings = check(replace(FOO, scan=listed), copy)
    assert named(findings, "links without a file").seen == "2: a-joy.wav, c-joy.wav"
    assert "git annex get" in named(findings, "links without a file").advice
    assert named(findings, "readable files").seen == "3"


def test_two_copies_of_a_corpus_are_told_by_their_bytes(copy: Path) -> None:
    def deep(root: Path) -> Iterable[Utterance]:
        for path in sorted(root.rglob("*.wav")):
            speaker, label, *_ = path.stem.split("-")
            name = path.relative_to(root).as_posix()
            yield Utterance(name, name, {"emotion": label}, speaker=speaker)

    for level, name in enumerate(("a-joy", "a-anger", "b-joy", "b-anger")):
        write(copy / f"{name}.wav", level=0.1 + 0.2 * level)
    shutil.copytree(copy, copy / "backup of it" / "wav")
    findings = check(replace(FOO, scan=deep), copy, quick=True)
    found = named(findings, "two copies")
    assert (found.level, found.expected) == ("problem", "one")
    assert found.advice == "Remove 'backup of it/wav', or keep it elsewhere."
    both = copy / "both"
    both.mkdir()
    for name in ("one", "two"):
        shutil.copytree(copy / "backup of it", both / name)
    sides = named(check(replace(FOO, scan=deep), both, quick=True), "two copies")
    assert sides.advice == "Keep one of 'one' and 'two', or give one of them with --root."
    shutil.rmtree(both)
    for path in (copy / "backup of it" / "wav").glob("*.wav"):
        write(path, level=0.05)  # the same names and sizes, but other recordings
    assert not [each for each in check(replace(FOO, scan=deep), copy, quick=True) if "copies" in each.what]
    shutil.copy(copy / "a-joy.wav", copy / "backup of it" / "wav" / "a-joy.wav")
    for name in ("a-anger", "b-joy", "b-anger"):
        (copy / "backup of it" / "wav" / f"{name}.wav").unlink()
    once = named(check(replace(FOO, scan=deep), copy, quick=True), "files that stand twice")
    assert (once.level, once.seen) == ("warning", "such as a-joy.wav and backup of it/wav/a-joy.wav")


def test_a_part_of_a_corpus_is_told_from_the_folder_above(tmp_path: Path) -> None:
    def deep(root: Path) -> Iterable[Utterance]:
        for path in sorted(root.rglob("*.wav")):
            yield Utterance(path.name, path.relative_to(root).as_posix(), {"emotion": path.stem.split("-")[1]}, "a")

    for speaker in ("a", "b"):
        (tmp_path / speaker).mkdir()
        for label in CLASSES:
            write(tmp_path / speaker / f"{speaker}-{label}.wav")
    found = named(check(replace(FOO, scan=deep), tmp_path / "a", quick=True), "only a part")
    assert (found.level, found.seen, found.expected) == ("problem", "2", f"4 below {tmp_path}")
    assert found.advice == f"Give that folder: --root {tmp_path}"
    assert not [each for each in check(FOO, tmp_path / "a", quick=True) if each.what == "only a part of the corpus"]


def test_names_with_spaces_and_decomposed_accents_are_no_problem(tmp_path: Path) -> None:
    root = tmp_path / "my cörpus (1)"
    root.mkdir()
    for speaker in ("a b", unicodedata.normalize("NFD", "é")):
        for label in CLASSES:
            write(root / f"{speaker}-{label}.wav")
    findings = check(FOO, root)
    assert {finding.level for finding in findings} == {"ok"}
    assert named(findings, "names with decomposed accents").seen.startswith("2: ")


def test_names_that_are_not_utf_8_are_a_problem_and_can_be_shown(copy: Path) -> None:
    odd = os.fsencode(copy) + b"/b-joy-\xe9.wav"
    Path(os.fsdecode(odd)).write_bytes((copy / "b-joy.wav").read_bytes())
    finding = named(check(FOO, copy, quick=True), "names that are not UTF-8")
    assert (finding.level, finding.seen) == ("problem", r"1: b-joy-\udce9.wav")


def test_a_root_is_only_read(copy: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in [copy, *copy.iterdir()]}
    copy.chmod(0o555)
    try:
        assert {finding.level for finding in check(FOO, copy)} == {"ok"}
    finally:
        copy.chmod(0o755)
    assert {path: path.stat().st_mtime_ns for path in [copy, *copy.iterdir()]} == before


def test_clipping_rates_and_channels_are_those_of_the_files(copy: Path) -> None:
    loud = np.clip(2 * np.sin(2 * np.pi * 220 / 44100 * np.arange(22050)), -1, 1)
    soundfile.write(copy / "a-joy.wav", np.stack([loud, loud], axis=1), 44100)
    soundfile.write(copy / "a-anger.wav", 0.5 * loud, 8000)
    findings = check(FOO, copy)
    assert named(findings, "clipped files").seen == "25.0%, 1: a-joy.wav"
    rates = named(findings, "sampling rates")
    assert (rates.level, rates.seen) == ("warning", "16000 Hz (2), 8000 Hz (1), 44100 Hz (1)")
    assert named(findings, "channels") == Finding("ok", "channels", "1 (3), 2 (1)", "", "Their mean is taken.")


def test_rates_below_16_khz_beside_others_are_a_warning(copy: Path) -> None:
    for label in CLASSES:
        soundfile.write(copy / f"a-{label}.wav", 0.5 * np.sin(np.arange(4000)), 8000)
    rates = named(check(FOO, copy), "sampling rates")
    assert (rates.level, rates.seen) == ("warning", "8000 Hz (2), 16000 Hz (2)")
    assert not [each for each in check(FOO, copy) if each.what.startswith("emotion: files below")]


def test_classes_that_the_rate_of_files_gives_away_are_named(copy: Path) -> None:
    for speaker in ("a", "b"):
        soundfile.write(copy / f"{speaker}-anger.wav", 0.5 * np.sin(np.arange(4000)), 8000)
    found = named(check(FOO, copy), "emotion: files below 16000 Hz")
    assert (found.level, found.seen) == ("warning", "100% of anger, 0% of joy")
    assert found.advice.startswith("A model can tell these classes by the empty upper band")


def test_files_of_more_than_16_bits_are_counted_and_kept_whole(copy: Path) -> None:
    found = named(check(FOO, copy), "files of more than 16 bits")
    assert (found.level, found.seen, found.advice) == ("ok", "none", "The store keeps 16 bits.")
    for subtype, name in (("FLOAT", "a-joy"), ("PCM_24", "b-joy")):
        soundfile.write(copy / f"{name}.wav", np.linspace(-0.3, 0.3, 8000), 16_000, subtype=subtype)
    found = named(check(FOO, copy), "files of more than 16 bits")
    assert (found.level, found.seen) == ("ok", "2: a-joy.wav, b-joy.wav")
    assert found.advice == "The store keeps all of it, in 32 bits a sample."


def test_reasons_that_differ_in_numbers_alone_are_one_finding(copy: Path) -> None:
    for number, name in enumerate(("a-joy", "a-anger", "b-joy")):
        path = copy / f"{name}.wav"
        path.write_bytes(path.read_bytes()[: 4000 + 500 * number])
    broken = [each for each in check(FOO, copy) if each.what.startswith("left out")]
    first = "truncated: header promises 8000 frames, 2228 are there"
    assert [each.seen for each in broken] == [f"3: a-anger.wav, a-joy.wav, b-joy.wav; the first {first}"]
    assert "header promises # " in broken[0].what


def test_many_reasons_are_gathered(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listen, "_MOST_REASONS", 1)
    (copy / "a-joy.wav").write_bytes(b"")
    (copy / "a-anger.wav").write_bytes(b"RIFFnonsense")
    broken = [each.what for each in check(FOO, copy) if each.what.startswith("left out")]
    assert len(broken) == 2
    assert named(check(FOO, copy), "left out: other reasons" if "other" in broken[1] else broken[0]).level == "problem"


def test_a_long_list_tells_how_far_it_is(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "_OFTEN", 2)
    seen: list[Event] = []
    check(FOO, copy, quick=True, listen=seen.append)
    assert [(each.done, each.total) for each in seen if isinstance(each, Progress)] == [(2, None), (4, None), (4, 4)]


def test_a_manifest_whose_files_lie_elsewhere_is_told_where(copy: Path) -> None:
    def listed(root: Path) -> Iterable[Utterance]:
        yield from (Utterance(name, f"{name}.wav", {"emotion": "joy"}, "a") for name in ("a-joy", "b-joy"))

    elsewhere = copy / "lists"
    elsewhere.mkdir()
    missing = named(check(replace(FOO, scan=listed, expected=Expected()), elsewhere, quick=True), "missing files")
    assert missing.advice == f"The folder {copy} holds them: --root {copy}"


@pytest.mark.parametrize("speakers", ["own", "open"])
def test_a_folder_that_holds_none_of_the_missing_files_is_not_named(copy: Path, speakers: SpeakerNames) -> None:
    def listed(root: Path) -> Iterable[Utterance]:
        yield from (Utterance(name, f"{name}.flac", {"emotion": "joy"}, "a") for name in ("a-joy", "b-joy"))

    elsewhere = copy / "lists"
    elsewhere.mkdir()
    foo = replace(FOO, scan=listed, expected=Expected(), speakers=speakers)
    assert named(check(foo, elsewhere, quick=True), "missing files").advice == "Get the whole corpus again."
    (copy / "b-joy.flac").write_bytes(b"fLaC")
    advice = named(check(foo, elsewhere, quick=True), "missing files").advice
    assert advice.startswith(f"The folder {copy} holds them: ")
    assert ("--root" in advice) == (speakers == "own")


def test_few_clipped_files_are_no_warning(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loud = np.clip(2 * np.sin(2 * np.pi * 220 / 16000 * np.arange(8000)), -1, 1)
    soundfile.write(copy / "a-joy.wav", loud, 16000)
    assert named(check(FOO, copy), "clipped files").level == "warning"
    monkeypatch.setattr(listen, "_MANY_CLIPPED", 0.5)
    few = named(check(FOO, copy), "clipped files")
    assert (few.level, few.seen, few.expected) == ("ok", "25.0%, 1: a-joy.wav", "below 50% of files")
