"""What cannot be used: in which splits it would stand, whatever the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from emonet import Utterance
from emonet.audio.arrow import row_of
from emonet.audio.shards import Problem
from emonet.corpus.corpus import NamedProtocol
from emonet.engine.left_out import NONE, UNKNOWN, counted_by_split, dropped_of, named
from emonet.errors import CorpusError
from emonet.protocols.protocol import Protocol, make_protocol
from tests.helpers.made import make_corpus

HEARD = [
    Utterance(f"{speaker}-{take}", f"{speaker}-{take}.wav", {"emotion": "anger"}, speaker=speaker)
    for speaker in ("a", "b", "c", "d")
    for take in range(3)
]
LOST = [
    Utterance("a-9", "a-9.wav", {"emotion": "anger"}, speaker="a"),
    Utterance("e-9", "e-9.wav", {"emotion": "anger"}, speaker="e"),
    Utterance("b-8", "b-8.wav", {}, speaker="b"),
]
PROBLEMS = [
    Problem(each.id, each.path, "truncated: header promises 5 frames, 3 are there", row_of(each)) for each in LOST
]
OFFICIAL = NamedProtocol("official", "speaker", ({"train": ("a", "b"), "dev": ("c",), "test": ("d",)},))


def made(name: str, utterances: Sequence[Utterance]) -> Protocol:
    return make_protocol(name, {}, replace(make_corpus(), protocols=(OFFICIAL,)), utterances)


def splits(name: str, problems: Sequence[Problem] = PROBLEMS) -> dict[str, dict[str, str]]:
    found = dropped_of(
        problems, lambda each: "emotion" in each.labels, made(name, HEARD), HEARD, lambda every: made(name, every)
    )
    return {each.id: dict(each.splits) for each in found}


def test_an_utterance_without_what_is_learned_is_nobody_s_loss() -> None:
    assert "b-8" not in splits("official", PROBLEMS[:1] + PROBLEMS[2:])


def test_the_protocol_itself_says_where_an_utterance_would_stand() -> None:
    assert splits("official", PROBLEMS[:1]) == {"a-9": {"official": "train"}}
    found = splits("leave-one-speaker-out", PROBLEMS[:1])["a-9"]
    assert sorted(found.values()) == ["dev", "test", "train", "train"]


def test_where_the_protocol_cannot_be_made_anew_the_speaker_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Sequence[Utterance]) -> Protocol:
        raise CorpusError("this list names other utterances")

    found = dropped_of(PROBLEMS, lambda each: bool(each.labels), made("official", HEARD), HEARD, refuse)
    assert {each.id: dict(each.splits) for each in found} == {
        "a-9": {"official": "train"},
        "e-9": {"official": UNKNOWN},
    }


def test_where_more_utterances_move_the_bounds_the_speaker_tells() -> None:
    # a speaker more makes a fold more, and other neighbours
    found = splits("leave-one-speaker-out")
    assert sorted(found["a-9"].values()) == ["dev", "test", "train", "train"]
    assert set(found["e-9"].values()) == {UNKNOWN}


def test_what_a_protocol_takes_into_no_split_is_counted_so() -> None:
    other = NamedProtocol("official", "speaker", OFFICIAL.folds, left_out=("e",))
    corpus = replace(make_corpus(), protocols=(other,))
    protocol = make_protocol("official", {}, corpus, HEARD)
    found = dropped_of(
        PROBLEMS[:2],
        lambda _: True,
        protocol,
        HEARD,
        lambda every: make_protocol("official", {}, corpus, every),
    )
    assert [dict(each.splits) for each in found] == [{"official": "train"}, {"official": NONE}]
    report = counted_by_split(corpus.id, protocol, found)
    assert report.line == (
        f"Left out of foo/official #{protocol.hash[:8]}: 2 utterances; truncated 2; train 1, none 1. "
        "The run's left_out.json names them."
    )
    assert named(corpus.id, protocol, found)[0] == {
        "corpus": "foo",
        "protocol": "foo/official",
        "id": "a-9",
        "path": "a-9.wav",
        "reason": "truncated: header promises 5 frames, 3 are there",
        "splits": {"official": "train"},
    }
