"""Protocols: each kind, what it keeps apart, and the hash that tells two of them apart."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from emonet.corpus.corpus import Citation, Corpus, NamedProtocol, Target, Utterance
from emonet.errors import CorpusError, UnknownName
from emonet.protocols.protocol import Fold, make_protocol

OWN = {"train": ("s0", "s1"), "dev": ("s2",), "test": ("s3",)}


def corpus(*protocols: NamedProtocol) -> Corpus:
    return Corpus(
        id="foo",
        title="Foo",
        languages=("en",),
        access="public",
        licence="free",
        citation=Citation("A. Author", "Foo", 2020),
        targets=(Target("emotion", ("anger", "neutral"), {"A": "anger", "N": "neutral"}),),
        scan=lambda root: (),
        protocols=protocols,
    )


def spoken(speakers: int = 4, *, sessions: int = 0, split: Sequence[str | None] = (None,)) -> list[Utterance]:
    """Return ten utterances of each speaker; sessions and splits go round by speaker."""
    return [
        Utterance(
            f"s{speaker}_{take}",
            f"s{speaker}_{take}.wav",
            {"emotion": ("anger", "neutral")[take % 2]},
            speaker=f"s{speaker}",
            session=f"d{speaker % sessions}" if sessions else None,
            text=f"t{take}",
            split=split[speaker % len(split)],
        )
        for speaker in range(speakers)
        for take in range(10)
    ]


def folds_of(name: str, utterances: Sequence[Utterance], *protocols: NamedProtocol, **options: Any) -> tuple[Fold, ...]:
    return make_protocol(name, options, corpus(*protocols), utterances).folds


def values(fold: Fold, split: str, utterances: Iterable[Utterance], field: str = "speaker") -> set[str]:
    return {getattr(utterance, field) for utterance in utterances if fold.splits[utterance.id] == split}


def refused(
    name: str, utterances: Sequence[Utterance], message: str, *protocols: NamedProtocol, **options: Any
) -> None:
    with pytest.raises(CorpusError, match=message):
        folds_of(name, utterances, *protocols, **options)


def test_by_speaker_keeps_speakers_apart_and_depends_on_the_seed_alone() -> None:
    said = spoken(10)
    (fold,) = folds_of("by-speaker", said, dev=0.3, test=0.2)
    splits = [values(fold, split, said) for split in ("train", "dev", "test")]
    assert [len(split) for split in splits] == [5, 3, 2]
    assert len(set.union(*splits)) == 10
    assert folds_of("by-speaker", said[::-1], dev=0.3, test=0.2)[0].splits == fold.splits
    assert folds_of("by-speaker", said, dev=0.3, test=0.2, seed=2)[0].splits != fold.splits


def test_leave_one_speaker_out_tests_each_once_with_the_next_as_dev() -> None:
    said = spoken(4)
    folds = folds_of("leave-one-speaker-out", said)
    assert [(values(fold, "test", said), values(fold, "dev", said)) for fold in folds] == [
        ({f"s{i}"}, {f"s{(i + 1) % 4}"}) for i in range(4)
    ]
    assert [fold.name for fold in folds] == ["s0", "s1", "s2", "s3"]


def test_a_card_may_cut_a_random_dev_from_train_with_a_reason() -> None:
    said = spoken(4, split=["train", "test"])
    splits = {"train": ("train",), "test": ("test",)}
    own = NamedProtocol("own", "split", (splits,), overlap="dev is a random fifth of train", random_dev=0.2)
    (fold,) = folds_of("own", said, own)
    assert Counter(fold.splits.values()) == {"train": 16, "dev": 4, "test": 20}
    assert values(fold, "test", said) == {"s1", "s3"}
    assert folds_of("own", said[::-1], own)[0].splits == fold.splits
    stray = spoken(4, split=["train", "test", "dev"])
    refused("own", stray, r"protocol 'own': split 'dev' is in no split\. Known: test, train", own)


def test_leave_one_session_out_keeps_sessions_whole() -> None:
    said = spoken(6, sessions=3)
    for i, fold in enumerate(folds_of("leave-one-session-out", said)):
        assert values(fold, "test", said, "session") == {f"d{i}"}
        assert values(fold, "test", said) == {f"s{i}", f"s{i + 3}"}


def test_two_speakers_can_be_left_out_with_dev_cut_from_train() -> None:
    said = spoken(2)
    protocol = make_protocol("leave-one-speaker-out", {"dev": 0.2}, corpus(), said)
    assert protocol.id == "foo/leave-one-speaker-out dev=0.2"
    assert "dev is a random 20% of the train utterances" in protocol.overlap
    for i, fold in enumerate(protocol.folds):
        assert Counter(fold.splits.values()) == {"test": 10, "train": 8, "dev": 2}
        assert values(fold, "test", said) == {f"s{i}"}


def test_cutting_dev_from_train_never_lets_a_speaker_of_test_into_train() -> None:
    said = [dataclasses.replace(each, session=f"d{each.text}") for each in spoken(3)]
    refused("leave-one-session-out", said, r"speaker 's0' is in train and test", dev=0.2)


def test_grouped_k_fold_tests_every_group_once() -> None:
    said = spoken(7)
    folds = folds_of("grouped-k-fold", said, k=3)
    tested = [speaker for fold in folds for speaker in values(fold, "test", said)]
    assert sorted(tested) == [f"s{i}" for i in range(7)]
    for i, fold in enumerate(folds):
        assert values(fold, "dev", said) == values(folds[(i + 1) % 3], "test", said)
        assert not values(fold, "train", said) & (values(fold, "test", said) | values(fold, "dev", said))


def test_grouped_k_fold_goes_by_another_field() -> None:
    said = spoken(6, sessions=3)
    folds = folds_of("grouped-k-fold", said, k=3, by="session")
    assert all(len(values(fold, "test", said, "session")) == 1 for fold in folds)


def test_official_takes_the_split_of_each_utterance() -> None:
    said = spoken(3, split=("train", "dev", "test"))
    (fold,) = folds_of("official", said)
    assert [values(fold, split, said) for split in ("train", "dev", "test")] == [{"s0"}, {"s1"}, {"s2"}]


def test_official_may_declare_an_overlap_of_speakers() -> None:
    said = [dataclasses.replace(each, speaker="same") for each in spoken(3, split=("train", "dev", "test"))]
    assert make_protocol("official", {"overlap": "by dialogue"}, corpus(), said).overlap == "by dialogue"


def test_official_cuts_dev_from_train_by_whole_speakers() -> None:
    said = spoken(6, split=("train", "train", "test"))
    (fold,) = folds_of("official", said, dev=0.25)
    assert values(fold, "test", said) == {"s2", "s5"}
    dev, train = values(fold, "dev", said), values(fold, "train", said)
    assert (len(dev), len(train), dev & train) == (1, 3, set())
    made = make_protocol("official", {"dev": 0.25}, corpus(), said)
    assert (made.id, made.overlap) == ("foo/official dev=0.25", "")
    assert made.hash != make_protocol("official", {"dev": 0.5}, corpus(), said).hash, "the hash holds what is dev"
    seeds = {frozenset(values(folds_of("official", said, dev=0.25, seed=seed)[0], "dev", said)) for seed in range(9)}
    assert len(seeds) > 1, "the seed chooses the speakers of dev"
    assert folds_of("official", said[::-1], dev=0.25)[0].splits == fold.splits


def test_official_cuts_dev_by_utterances_where_there_are_no_speakers_and_a_reason() -> None:
    known = spoken(4, split=("train", "train", "test"))
    said = [dataclasses.replace(each, speaker=None) for each in known]
    refused(
        "official",
        said,
        r"30 of 30 train utterances have no speaker, .* official: \{dev: 0\.2, overlap: REASON\}",
        dev=0.2,
    )
    made = make_protocol("official", {"dev": 0.2, "overlap": "nobody knows the speakers"}, corpus(), said)
    assert Counter(made.folds[0].splits.values()) == {"train": 24, "dev": 6, "test": 10}
    assert made.overlap == "nobody knows the speakers. dev is a random 20% of the train utterances"
    alone = [each for each in known if each.speaker in {"s0", "s2"}]
    refused("official", alone, r"train has one speaker alone, so that dev cannot be cut", dev=0.2)
    both = make_protocol("official", {"dev": 0.5, "overlap": "one voice"}, corpus(), alone)
    assert Counter(both.folds[0].splits.values()) == {"train": 5, "dev": 5, "test": 10}


def test_official_says_how_dev_is_cut_and_cuts_none_where_there_is_one() -> None:
    two = spoken(4, split=("train", "test"))
    refused("official", two, r"nothing is in dev, and what is chosen is chosen there\. .*\{official: \{dev: 0\.2\}\}")
    whole = spoken(3, split=("train", "dev", "test"))
    refused("official", whole, r"here is train and dev and test\. Leave out the option dev", dev=0.2)
    refused("official", spoken(2, split=("train",)), r"nothing is in dev and test")


def nameless(count: int = 30, *, a_file: int = 1) -> list[Utterance]:
    """Return utterances that nobody knows the speakers of; a third are anger."""
    return [
        Utterance(
            f"u{n:02}", f"f{n // a_file:02}.wav", {"emotion": "neutral" if n % 3 else "anger"}, start=float(n % a_file)
        )
        for n in range(count)
    ]


REASON = {"overlap": "nobody knows the speakers"}


def shares(fold: Fold, utterances: Sequence[Utterance]) -> dict[tuple[str, object], int]:
    return dict(Counter((fold.splits[each.id], each.labels["emotion"]) for each in utterances))


def test_random_deals_out_every_class_alike_and_says_that_it_is_speaker_dependent() -> None:
    said = nameless()
    made = make_protocol("random", REASON, corpus(), said)
    (fold,) = made.folds
    assert shares(fold, said) == {
        ("train", "anger"): 6, ("dev", "anger"): 2, ("test", "anger"): 2,
        ("train", "neutral"): 12, ("dev", "neutral"): 4, ("test", "neutral"): 4,
    }  # fmt: skip
    assert made.overlap == "speaker-dependent, since utterances are dealt out at random: nobody knows the speakers"
    assert make_protocol("random", REASON, corpus(), said[::-1]).hash == made.hash
    assert make_protocol("random", {**REASON, "seed": 2}, corpus(), said).hash != made.hash
    more = folds_of("random", said, **REASON, dev=0.1, test=0.5)[0]
    assert Counter(more.splits.values()) == {"train": 12, "dev": 3, "test": 15}


def test_random_folds_test_every_utterance_once() -> None:
    said = nameless()
    folds = folds_of("random", said, **REASON, k=5)
    tested = [id_ for fold in folds for id_, split in fold.splits.items() if split == "test"]
    assert sorted(tested) == [each.id for each in said]
    for fold in folds:
        assert shares(fold, said)["test", "anger"] == 2
        assert set(fold.splits.values()) == {"train", "dev", "test"}


def test_random_keeps_pieces_of_one_file_together() -> None:
    said = nameless(a_file=3)
    (fold,) = folds_of("random", said, **REASON)
    assert all(
        len({fold.splits[each.id] for each in said if each.path == path}) == 1 for path in {e.path for e in said}
    )


def test_random_splits_numbers_by_their_size() -> None:
    said = [Utterance(f"u{n}", f"u{n}.wav", {"valence": float(n)}) for n in range(50)]
    numbers = dataclasses.replace(corpus(), targets=(Target("valence", range=(0, 50)),))
    (fold,) = make_protocol("random", REASON, numbers, said).folds
    for low in range(0, 50, 10):
        assert Counter(fold.splits[f"u{n}"] for n in range(low, low + 10)) == {"train": 6, "dev": 2, "test": 2}


def test_random_needs_a_reason_and_enough_files() -> None:
    said = nameless()
    refused("random", said, r"keeps no speakers apart.* Say why it is taken: random: \{overlap: nobody knows")
    refused("random", said, r"keeps no speakers apart", overlap=" ")
    refused("random", said, r"k is 2, but train, dev and test need 3", **REASON, k=2)
    refused("random", said, r"dev=0\.5 and test=0\.5 leave nothing for train", **REASON, dev=0.5, test=0.5)
    refused("random", nameless(4), r"random needs at least 5 files, here are 4", **REASON, k=5)
    refused("random", nameless(9, a_file=9), r"random needs at least 3 files, here are 1", **REASON)


def test_a_protocol_by_speaker_without_speakers_names_both_ways_on() -> None:
    said = nameless()
    own = dataclasses.replace(corpus(), speakers="open")
    with pytest.raises(
        CorpusError,
        match=r"30 of 30 have none., .*`speaker: REGEX`.*`protocol: \{random: \{overlap: REASON\}\}`",
    ):
        make_protocol("by-speaker", {}, own, said)
    with pytest.raises(CorpusError) as found:
        make_protocol("by-speaker", {}, corpus(), said)
    assert "REGEX" not in str(found.value), "the speakers of a card are the card's business"
    assert "random" in str(found.value)
    refused("leave-one-session-out", said, r"has no session .* Add the session, or choose another protocol")


@pytest.mark.parametrize(
    "change", [{"end": 3.0}, {"start": 0.5}, {"end": None}, {"speaker": "s9"}, {"labels": {"emotion": "neutral"}}]
)
def test_the_hash_holds_where_segments_begin_and_end(change: dict[str, Any]) -> None:
    said = [dataclasses.replace(each, end=2.0) for each in spoken(3, split=("train", "dev", "test"))]
    changed = [dataclasses.replace(said[0], **change), *said[1:]]
    assert make_protocol("official", {}, corpus(), said).hash != make_protocol("official", {}, corpus(), changed).hash


def test_declared_splits_are_taken_and_a_split_left_out_takes_the_rest() -> None:
    said = spoken(5)
    whole = NamedProtocol("own", "speaker", (OWN | {"train": ("s0", "s1", "s4")},))
    rest = NamedProtocol("own", "speaker", ({"dev": ("s2",), "test": ("s3",)},))
    assert folds_of("own", said, whole) == folds_of("own", said, rest)
    assert folds_of("own", said, rest)[0].name == "own"


def test_declared_folds_are_numbered() -> None:
    folds = ({"dev": ("s2",), "test": ("s3",)}, {"dev": ("s3",), "test": ("s2",)})
    assert [fold.name for fold in folds_of("own", spoken(4), NamedProtocol("own", "speaker", folds))] == ["1", "2"]


def test_a_declared_protocol_goes_before_a_generic_one_of_its_name() -> None:
    own = NamedProtocol("official", "speaker", (OWN,))
    assert values(folds_of("official", spoken(4), own)[0], "test", spoken(4)) == {"s3"}


def test_a_declared_overlap_is_carried_and_an_undeclared_one_refused() -> None:
    said = spoken(3)
    splits = {"train": tuple(f"t{i}" for i in range(8)), "dev": ("t8",), "test": ("t9",)}
    allowed = NamedProtocol("by-text", "text", (splits,), overlap="texts, not speakers, are kept apart")
    assert make_protocol("by-text", {}, corpus(allowed), said).overlap == "texts, not speakers, are kept apart"
    message = (
        r"Corpus 'foo', fold 'by-text': speaker 's0' is in train and dev and test \(3 of 3 speakers stand in two "
        r"splits\)\. Scores would be speaker-dependent\. Choose a protocol by speaker, or declare the overlap"
    )
    refused("by-text", said, message, dataclasses.replace(allowed, overlap=""))


def test_the_hash_follows_labels_and_splits_and_not_the_order() -> None:
    said = spoken(4)
    first = make_protocol("leave-one-speaker-out", {}, corpus(), said).hash
    assert make_protocol("leave-one-speaker-out", {}, corpus(), said[::-1]).hash == first
    relabelled = [dataclasses.replace(said[0], labels={"emotion": "neutral"}), *said[1:]]
    assert make_protocol("leave-one-speaker-out", {}, corpus(), relabelled).hash != first
    cut = [dataclasses.replace(said[0], end=1.5), *said[1:]]
    assert make_protocol("leave-one-speaker-out", {}, corpus(), cut).hash != first
    begun = [dataclasses.replace(said[0], start=0.5), *said[1:]]
    assert make_protocol("leave-one-speaker-out", {}, corpus(), begun).hash != first
    assert make_protocol("by-speaker", {}, corpus(), said).hash != first
    assert make_protocol("leave-one-speaker-out", {}, corpus(), said[1:]).hash != first
    moved = [dataclasses.replace(each, path=f"else/{each.path}") for each in said]
    assert make_protocol("leave-one-speaker-out", {}, corpus(), moved).hash == first


def test_the_hash_is_the_same_for_whole_seconds_however_they_are_written() -> None:
    whole = [dataclasses.replace(each, start=1, end=2) for each in spoken()]
    floating = [dataclasses.replace(each, start=1.0, end=2.0) for each in spoken()]
    one, other = (make_protocol("by-speaker", {}, corpus(), said).hash for said in (whole, floating))
    assert one == other


def test_the_hash_follows_who_speaks_where_splits_stay_the_same() -> None:
    said = [
        dataclasses.replace(each, split=("train", "dev", "test")[number % 3]) for number, each in enumerate(spoken(3))
    ]
    own = NamedProtocol("own", "split", ({split: (split,) for split in ("train", "dev", "test")},), overlap="mixed")
    made = [
        make_protocol("own", {}, corpus(own), each)
        for each in (said, [dataclasses.replace(said[0], speaker="x"), *said[1:]])
    ]
    assert made[0].folds == made[1].folds
    assert made[0].hash != made[1].hash


def test_an_unknown_protocol_is_named_with_the_known_ones() -> None:
    own = NamedProtocol("own", "speaker", (OWN,))
    message = r"Unknown protocol of corpus 'foo' 'offical'\. Did you mean 'official'\? Known: by-speaker, .*own"
    with pytest.raises(UnknownName, match=message):
        folds_of("offical", spoken(), own)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("by-speaker", {"sed": 1}, r"'by-speaker' has no option 'sed'\. Did you mean 'seed'\? Its options: dev, test,"),
        ("own", {"dev": 0.2}, r"Protocol 'own' has no option 'dev'\. Its options: none"),
        ("by-speaker", {"dev": 1.5}, r"the option 'dev' is 1.5\. Give a share between 0 and 1, e\.g\. 0\.2"),
        ("by-speaker", {"dev": "much"}, r"the option 'dev' is 'much'\. Give a share"),
        ("leave-one-speaker-out", {"dev": 0}, r"the option 'dev' is 0\. Give a share"),
        ("grouped-k-fold", {"k": 2.5}, r"the option 'k' is 2.5\. Give a whole number"),
        ("grouped-k-fold", {"by": 3}, r"the option 'by' is 3\. Give text"),
        ("grouped-k-fold", {"k": 2}, r"k is 2, but train, dev and test need 3 folds"),
        ("by-speaker", {"dev": 0.5, "test": 0.5}, r"dev=0.5 and test=0.5 leave none of 4 speakers for train\. Give sm"),
    ],
)
def test_wrong_options_are_explained(name: str, options: dict[str, Any], message: str) -> None:
    refused(name, spoken(4), message, NamedProtocol("own", "speaker", (OWN,)), **options)


def test_an_unknown_field_to_group_by_is_named() -> None:
    with pytest.raises(UnknownName, match=r"Unknown field to group by 'speeker'\. Did you mean 'speaker'\?"):
        folds_of("grouped-k-fold", spoken(4), k=3, by="speeker")


@pytest.mark.parametrize(
    ("name", "speakers", "options", "message"),
    [
        (
            "leave-one-speaker-out",
            2,
            {},
            r"needs at least 3 speakers, here are 2\. .*Or cut dev from train: leave-one-",
        ),
        ("leave-one-speaker-out", 1, {"dev": 0.2}, r"needs at least 2 speakers, here are 1\. Choose another protocol"),
        ("by-speaker", 2, {}, r"by-speaker needs at least 3 speakers, here are 2"),
        ("grouped-k-fold", 4, {"k": 5}, r"grouped-k-fold with k=5 needs at least 5 speakers, here are 4"),
    ],
)
def test_too_few_speakers_are_counted(name: str, speakers: int, options: dict[str, Any], message: str) -> None:
    refused(name, spoken(speakers), message, **options)


def test_an_utterance_without_the_field_is_named() -> None:
    said = [dataclasses.replace(spoken()[0], speaker=None), *spoken()[1:]]
    message = r"utterance 's0_0' has no speaker, so a protocol by speaker cannot be made\. Where nobody"
    refused("leave-one-speaker-out", said, message)


def test_a_strange_split_is_named() -> None:
    said = spoken(3, split=("train", "devel", "test"))
    refused("official", said, r"unknown split 'devel'\. Did you mean 'dev'\? Expected train, dev or test")


def test_an_empty_split_is_named() -> None:
    said = spoken(2, split=("train", "test"))
    refused(
        "official",
        said,
        r"fold 'official': nothing is in dev, .* Check that the copy is complete\. Where",
    )


def test_a_corpus_without_utterances_is_refused() -> None:
    refused("by-speaker", [], r"Corpus 'foo' has no utterances to split")


def test_a_speaker_in_no_split_is_named() -> None:
    own = NamedProtocol("own", "speaker", (OWN,))
    refused("own", spoken(5), r"protocol 'own': speaker 's4' is in no split\. Known: s0, s1, s2, s3", own)


def test_values_that_a_protocol_leaves_out_are_in_no_split() -> None:
    utterances = spoken(5)
    own = NamedProtocol("own", "speaker", (OWN,), left_out=("s4",))
    (fold,) = folds_of("own", utterances, own)
    assert len(fold.splits) == 40
    assert not any(id_.startswith("s4") for id_ in fold.splits)
    refused("own", utterances, "speaker 's4' is in no split", dataclasses.replace(own, left_out=()))
