"""What weights have heard, as digests; what of a test split is met in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emonet.corpus.corpus import SpeakerNames
from emonet.recipe.provenance import Met, Provenance, comparable, digests_of, met_before, stated
from emonet.recipe.task import Item


def items(corpus: str, *speakers: str, take: int = 0) -> tuple[Item, ...]:
    return tuple(Item(corpus, f"{speaker}_{take}", 0, speaker) for speaker in speakers)


def sound(corpus: str, id_: str) -> str:
    return f"{corpus} {id_}"


def silence(corpus: str, id_: str) -> None:
    return None


def heard(corpus: str, *speakers: str, names: SpeakerNames = "own", split: str = "train") -> Provenance:
    return Provenance({(corpus, split): digests_of(items(corpus, *speakers), names, sound)}, sounds="1")


def met(provenance: Provenance, names: SpeakerNames, *speakers: str, own: tuple[Item, ...] = ()) -> list[Met]:
    splits = {"train": own, "dev": (), "test": items("mine", *speakers)}
    return met_before(provenance, splits, {"mine": names}, sound)


def kinds(found: list[Met]) -> set[str]:
    return {each.kind for each in found}


def test_it_comes_back_from_json_as_it_was() -> None:
    both = heard("foo", "a", "b") | heard("bar", "c", names="shared", split="dev") | Provenance(unknown=("Who knows.",))
    assert Provenance.from_json(json.loads(json.dumps(both.to_json()))) == both
    assert both.summary == (
        "bar (0 utterances to learn from, 1 to select on, 1 speaker); "
        "foo (2 utterances to learn from, 0 to select on, 2 speakers); Who knows"
    )
    assert Provenance().summary == "nothing"


def test_a_hundred_thousand_clips_stay_small() -> None:
    many = tuple(Item("foo", str(number), 0, str(number // 100)) for number in range(100_000))
    whole = Provenance({("foo", "train"): digests_of(many, "own", sound)})
    assert len(json.dumps(whole.to_json())) < 2_200_000
    assert len(whole.heard["foo", "train"]["utterances"]) == len(whole.heard["foo", "train"]["audio"]) == len(many)


@pytest.mark.parametrize(
    ("theirs", "mine", "found"),
    [
        ("own", "own", set()),
        ("own", "shared", set()),
        ("shared", "own", set()),
        ("open", "own", set()),
        ("own", "open", set()),
        ("open", "open", {"names"}),
        ("shared", "open", {"people"}),
        ("open", "shared", {"people"}),
        ("shared", "shared", {"people"}),
    ],
)
def test_one_name_in_two_corpora_is_whose_the_corpora_say(
    theirs: SpeakerNames, mine: SpeakerNames, found: set[str]
) -> None:
    assert kinds(met(heard("foo", "S01", names=theirs), mine, "s01 ")) == found, "case and spaces make no name"


def test_in_one_corpus_a_name_is_a_person_whatever_is_said() -> None:
    for names in ("own", "shared", "open"):
        found = met(heard("mine", "a", names=names), names, "a", "b")
        assert kinds(found) == {"utterances", "speakers", "audio"}
        assert all((each.names, each.total) in {(("a_0",), 2), (("a",), 2)} for each in found)


def test_what_was_selected_on_is_met_as_well_and_said_apart() -> None:
    found = met(heard("mine", "a", split="dev"), "own", "a")
    assert {(each.kind, each.split) for each in found} == {
        (kind, "dev") for kind in ("utterances", "speakers", "audio")
    }


def test_speakers_that_the_task_itself_has_in_train_are_not_told_again() -> None:
    found = met(heard("mine", "a", "b"), "own", "a", "b", own=items("mine", "a", take=1))
    assert {each.kind: each.names for each in found}["speakers"] == ("b",), "the partition declares that of a"
    assert {each.kind: each.names for each in found}["utterances"] == ("a_0", "b_0")


def test_hashes_of_audio_of_another_version_are_not_compared_and_that_is_said() -> None:
    other = comparable(heard("mine", "a"), "2", Path("x.safetensors"))
    assert kinds(met(other, "own", "a")) == {"utterances", "speakers"}
    assert other.unknown == (
        "Whether x.safetensors has heard copies of audio is unknown: another EmoNet prepared what it learned from.",
    )
    assert comparable(heard("mine", "a"), "1", Path("x.safetensors")) == heard("mine", "a")


@pytest.mark.parametrize(
    "facts",
    [{}, {"learned": 3}, {"learned": {"format": 0}}, {"learned": {"format": 2, "heard": {"foo": {"train": 1}}}}],
)
def test_a_file_that_does_not_say_is_unknown(facts: dict[str, object]) -> None:
    (text,) = stated(facts, "x.safetensors").unknown
    assert text.startswith("It is unknown what the weights in x.safetensors learned from: ")


def test_digests_that_are_cut_off_are_unknown_too() -> None:
    data = heard("foo", "a").to_json()
    data["heard"]["foo"]["train"]["utterances"] = "AAAA"
    assert stated({"learned": data}, "x").unknown
