"""Audits of partitions: what is shared, what is missing, and the verdict in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from emonet.auditing.partition import Partition, audit_partition, partition_of
from emonet.auditing.shared import FoldRows, Placed, Spellings
from emonet.corpus.corpus import Utterance
from emonet.findings import Finding, Verdict, over_folds, worst
from emonet.protocols.protocol import make_protocol
from tests.helpers.made import make_corpus, make_utterances

CLASSES = ("anger", "neutral", "sadness")


def verdict(said: Sequence[Utterance], name: str, **options: Any) -> Verdict:
    protocol = make_protocol(name, options, make_corpus(said), said)
    return audit_partition(partition_of(protocol, said, CLASSES, "emotion"))


def finding(verdict_: Verdict, what: str, fold: str = "") -> Finding:
    return next(each for each in verdict_.findings if each.what == what and (not fold or each.fold == fold))


def scripted(speakers: int = 5, texts: int = 5) -> list[Utterance]:
    return [
        replace(utterance, id=f"{utterance.id}_t{text}", path=f"{utterance.id}_t{text}.wav", text=f"t{text}")
        for utterance in make_utterances(speakers=speakers, takes=1)
        for text in range(texts)
    ]


def by_hand(splits: dict[str, Sequence[Utterance]], **facts: Any) -> Verdict:
    rows = tuple(Placed(split, utterance) for split, listed in splits.items() for utterance in listed)
    partition = Partition(
        subject="mine", folds=(FoldRows("1", rows),), label=lambda each: str(each.labels["emotion"]), **facts
    )
    return audit_partition(partition)


def test_leave_one_speaker_out_is_speaker_independent() -> None:
    found = verdict(make_utterances(), "leave-one-speaker-out")
    assert (found.level, found.summary) == ("ok", "speaker-independent, texts unknown")
    assert finding(found, "speakers", "s0").seen == "none in two splits"
    assert found.line.startswith(f"Audit of foo/leave-one-speaker-out #{found.hash[:8]}: ok: speaker-independent")


def test_texts_that_test_shares_with_train_are_a_warning_with_counts() -> None:
    found = verdict(scripted(), "leave-one-speaker-out")
    assert (found.level, found.summary) == (
        "warning",
        "speaker-independent, text-dependent (5 of 5 test texts also in train)",
    )
    assert "5 of 5 test texts also in train; 5 of 5 test texts also in dev" in finding(found, "texts").seen


def test_a_declared_overlap_is_a_warning_with_its_reason() -> None:
    found = verdict(scripted(), "text-independent")
    assert found.summary == "speaker-dependent (5 of 5 test speakers also in train), text-independent"
    speakers = finding(found, "speakers")
    assert (speakers.level, speakers.advice) == (
        "warning",
        "Declared: folds go by text, so that no sentence is in two splits; speakers may be.",
    )


def test_what_is_left_out_of_folds_is_counted() -> None:
    found = verdict(scripted(), "speaker-text-independent")
    assert found.level == "ok"
    assert found.summary == (
        "speaker-independent, text-independent, up to 42 of 75 utterances are in no split of a fold"
    )


def test_an_undeclared_overlap_is_a_problem() -> None:
    said = make_utterances()
    found = by_hand({"train": said[::3], "dev": said[1::3], "test": said[2::3]}, classes=CLASSES)
    assert found.level == "problem"
    assert found.summary.startswith("speaker-dependent (4 of 4 test speakers also in train), texts unknown")


def test_speakers_that_only_dev_and_train_share_are_a_warning() -> None:
    said = make_utterances()
    splits = {"train": said[0:12:2], "dev": said[1:12:2], "test": said[12:]}
    found = by_hand(splits)
    assert (finding(found, "speakers").level, found.level) == ("warning", "warning")
    assert found.summary == "speaker-independent (dev shares speakers with train), texts unknown"


def test_an_utterance_in_two_splits_is_a_problem_that_the_summary_names() -> None:
    said = make_utterances()
    found = by_hand({"train": said[:12], "dev": said[12:18], "test": [*said[18:], said[0]]})
    twice = finding(found, "utterances")
    assert (twice.level, twice.seen) == ("problem", "1 of 7 test utterances also in train, e.g. s0_anger_0")
    assert "1 of 7 test utterances also in train" in found.summary


def spelt(said: Sequence[Utterance], field: str, names: dict[str, str]) -> list[Utterance]:
    """Return utterances with other names; those of the dictionary's keys."""
    return [replace(each, **{field: names.get(getattr(each, field), getattr(each, field))}) for each in said]


@pytest.mark.parametrize(
    ("name", "again"),
    [("S1", "s1"), ("spk_01", "Spk 1"), ("7", "007"), ("12", "12.0"), ("Jos\u00e9", "Jose\u0301"), ("A-1", "a.1")],
)
def test_a_speaker_of_test_in_another_spelling_in_train_is_a_problem(name: str, again: str) -> None:
    said = spelt(make_utterances(speakers=4), "speaker", {"s0": name, "s1": again})
    found = verdict(said, "leave-one-speaker-out")
    told = next(each for each in over_folds(found.findings) if each.what == "speakers' names")
    assert (told.level, told.count) == ("problem", 1)
    assert told.seen.startswith("speakers: 1 of test in another spelling in train, e.g. ")
    assert told.seen.endswith("; 1 of 4 folds"), "of others, one shares it with dev, one has both in dev and train"
    assert found.level == "problem"
    assert found.summary.startswith("speaker-independent as names are spelt, ")
    assert found.summary.endswith(told.seen)


def test_spellings_of_speakers_are_no_problem_where_somebody_says_what_they_are() -> None:
    said = spelt(make_utterances(speakers=4), "speaker", {"s0": "S1"})
    protocol = make_protocol("leave-one-speaker-out", {}, make_corpus(said), said)
    apart = partition_of(protocol, said, CLASSES, "emotion", names=Spellings(apart=("speaker",)))
    assert audit_partition(apart).level == "ok"
    entry = partition_of(protocol, said, CLASSES, "emotion", names=Spellings(in_entry=True))
    told = finding(audit_partition(entry), "speakers' names")
    assert "`speaker: {alike: one}`" in told.advice
    assert "`speaker: {alike: differ}`" in told.advice
    assert "give it one name" in finding(audit_partition(replace(entry, names=Spellings())), "speakers' names").advice
    declared = audit_partition(replace(entry, overlap="by dialogue"))
    assert finding(declared, "speakers' names").level == "warning"


def test_a_split_at_random_is_called_speaker_dependent() -> None:
    said = [replace(each, speaker=None) for each in make_utterances()]
    found = verdict(said, "random", overlap="nobody knows the speakers")
    assert found.level == "warning"
    assert found.summary.startswith("speakers unknown (speaker-dependent, since utterances are dealt out at random: ")
    assert finding(found, "speakers").advice.startswith("Declared: speaker-dependent, since utterances")
    known = verdict(make_utterances(), "random", overlap="as peers do")
    assert known.level == "warning"
    assert known.summary.startswith("speaker-dependent (4 of 4 test speakers also in train)")


@pytest.mark.parametrize(("name", "other"), [("s1", "s10"), ("1-11", "11-1"), ("+", "-"), ("a0", "a"), ("1.5", "15")])
def test_names_that_are_not_one_in_two_spellings_are_two(name: str, other: str) -> None:
    said = spelt(make_utterances(speakers=4), "speaker", {"s0": name, "s1": other})
    assert not [each for each in verdict(said, "leave-one-speaker-out").findings if "names" in each.what]


def test_speakers_none_of_whom_speaks_twice_may_be_clips() -> None:
    said = [replace(each, speaker=each.id) for each in make_utterances()]
    found = by_hand({"train": said[:12], "dev": said[12:18], "test": said[18:]})
    kind = "speaker-independent if no two names are one person (each utterance has a speaker of its own)"
    assert (found.level, kind in found.summary) == ("warning", True)
    assert "are these names of clips?" in finding(found, "speakers").seen
    assert not [each for each in found.findings if each.what == "classes of a speaker"]
    two = [*said[:23], replace(said[23], speaker=said[22].id)]
    assert finding(by_hand({"train": two[:12], "dev": two[12:18], "test": two[18:]}), "speakers").level == "ok"


def test_texts_and_sessions_in_two_spellings_are_a_warning_too() -> None:
    said = spelt(scripted(), "text", {"t0": "I'm here.", "t1": "I\u2019m here"})
    assert finding(verdict(said, "text-independent"), "texts' names").level == "warning"
    sessions = [replace(each, session=f"S{each.speaker}") for each in make_utterances()]
    found = verdict(spelt(sessions, "session", {"Ss0": "ss1"}), "leave-one-session-out")
    assert finding(found, "sessions' names").level == "warning"


def test_speakers_that_nobody_knows_are_a_warning_never_ok() -> None:
    said = [replace(each, speaker=None) for each in make_utterances()]
    found = finding(by_hand({"train": said[:12], "dev": said[12:18], "test": said[18:]}), "speakers")
    assert (found.level, found.seen) == ("warning", "unknown: no utterance has one")
    some = [*make_utterances()[:23], said[23]]
    partly = by_hand({"train": some[:12], "dev": some[12:18], "test": some[18:]})
    assert finding(partly, "speakers").seen == "none in two splits, but 1 of 24 utterances have no known speaker"
    assert partly.level == "warning"
    assert "speaker-independent as far as known (1 of 24 utterances have no speaker)" in partly.summary


def window(id_: str, start: float, end: float | None, path: str = "a.wav") -> Utterance:
    return Utterance(id_, path, {"emotion": "anger"}, speaker=id_, start=start, end=end)


@pytest.mark.parametrize(
    ("test", "level"),
    [
        (window("t", 1.5, 2.5), "problem"),
        (window("t", 0.2, None), "problem"),
        (window("t", 1.95, 3), ""),
        (window("t", 2, 3), ""),
        (window("t", 1.5, 2.5, "b.wav"), ""),
    ],
    ids=["overlapping", "to the end", "by less than a tenth of a second", "beside", "another file"],
)
def test_windows_of_one_recording_that_overlap_share_audio(test: Utterance, level: str) -> None:
    found = by_hand({"train": [window("a", 1, 2)], "dev": [window("d", 0, 1, "c.wav")], "test": [test]})
    told = [each for each in found.findings if each.what == "windows"]
    assert [each.level for each in told] == ([level] if level else [])
    assert found.level == (level or ("warning" if test.path == "a.wav" else "ok"))
    if level:
        assert "1 test clips overlap in time with clips of train, e.g. t and a" in found.summary


def test_windows_that_dev_and_train_share_are_a_warning() -> None:
    found = by_hand({"train": [window("a", 1, 2)], "dev": [window("d", 1, 2)], "test": [window("t", 0, 1, "c.wav")]})
    assert finding(found, "windows").level == "warning"


def test_pieces_of_one_recording_in_two_splits_are_a_warning() -> None:
    said = [
        Utterance(f"a@{start}", "a.wav", {"emotion": "anger"}, speaker=f"s{start}", session="d", start=float(start))
        for start in range(1, 4)
    ]
    found = by_hand(dict(zip(("train", "dev", "test"), ([each] for each in said), strict=True)))
    assert finding(found, "recordings").level == "warning"
    assert finding(found, "sessions").level == "warning"
    assert "session-dependent (1 of 1 test sessions also in train)" in found.summary


def test_missing_splits_and_classes_are_told() -> None:
    said = make_utterances()
    no_dev = by_hand({"train": said[:12], "test": said[12:]}, classes=CLASSES)
    assert "no dev: 12 train, 0 dev, 12 test" in no_dev.summary
    no_test = by_hand({"train": said}, classes=CLASSES)
    assert (finding(no_test, "splits").level, no_test.level) == ("problem", "problem")
    anger = [each for each in said if each.labels["emotion"] == "anger"]
    untested = by_hand({"train": said[:12], "dev": said[12:18], "test": anger[-2:]}, classes=CLASSES)
    assert (finding(untested, "classes").level, finding(untested, "classes").seen) == (
        "warning",
        "test has no neutral, sadness",
    )
    unlearned = by_hand({"train": anger[:4], "dev": said[12:18], "test": said[18:]}, classes=CLASSES)
    assert finding(unlearned, "classes").seen == "train has no neutral, sadness"
    assert unlearned.level == "problem"


def test_notes_of_a_protocol_are_in_its_verdict() -> None:
    said = make_utterances()
    found = by_hand({"train": said[:12], "dev": said[12:18], "test": said[18:]}, notes=("3 lines are left out",))
    assert found.summary.endswith("3 lines are left out")


def test_over_folds_keeps_the_worst_fold_and_says_how_many_are_like_it() -> None:
    levels = ("ok", "warning", "warning")
    found = [
        Finding(level=level, what="texts", fold=str(number), seen=f"{number} shared", count=number)  # type: ignore[arg-type]
        for number, level in enumerate(levels)
    ]
    (texts,) = over_folds(found)
    assert (texts.level, texts.seen, texts.fold) == ("warning", "2 shared (fold 2); 2 of 3 folds", "")
    assert (worst(found), worst([])) == ("warning", "ok")


def folds_by_hand(*folds: dict[str, Sequence[Utterance]]) -> Verdict:
    rows = tuple(
        FoldRows(str(number), tuple(Placed(split, each) for split, listed in splits.items() for each in listed))
        for number, splits in enumerate(folds, 1)
    )
    return audit_partition(Partition(subject="mine", folds=rows, label=lambda each: str(each.labels["emotion"])))


def test_the_worst_fold_is_one_that_shares_test_with_train_however_many_share_it_with_dev() -> None:
    by = {
        name: [each for each in make_utterances(speakers=6) if each.speaker == name]
        for name in map("s{}".format, range(6))
    }
    with_dev = {"train": by["s0"], "dev": [*by["s1"], *by["s2"]], "test": [*by["s1"][3:], *by["s2"][3:]]}
    with_train = {"train": [*by["s0"][:3], *by["s3"]], "dev": by["s1"], "test": by["s0"][3:]}
    apart = {"train": by["s0"], "dev": by["s1"], "test": by["s2"]}
    found = folds_by_hand(with_dev, with_dev, with_train, apart)
    told = next(each for each in over_folds(found.findings) if each.what == "speakers")
    assert told.seen == "1 of 1 test speakers also in train (fold 3); 1 of 4 folds"
    assert found.summary.startswith("speaker-dependent (1 of 1 test speakers also in train; 1 of 4 folds), ")
    dev = folds_by_hand(with_dev, with_dev, apart)
    assert dev.summary.startswith("speaker-dependent (2 of 2 test speakers also in dev; 2 of 3 folds), ")
