"""A corpus that keeps every promise, and for each check one that breaks this promise alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from emonet.affect import Affect
from emonet.corpus.corpus import Citation, Corpus, Example, Expected, NamedProtocol, Target, Utterance
from emonet.corpus.readers.folders import files_below
from emonet.errors import CorpusError

LABELS = ("anger", "sadness")


def scan(root: Path) -> Iterator[Utterance]:
    """Read ``session1/s1_anger.wav``; ``noise`` files are bad."""
    paths = [path for path in files_below(root) if path.endswith(".wav") and path.count("_") == 1]
    if not paths:
        raise CorpusError(f"{root}: no files like 'session1/s1_anger.wav'. Give the corpus folder with --root.")
    for path in paths:
        session, name = path.split("/")
        speaker, label = name.removesuffix(".wav").split("_")
        if label in LABELS:
            yield Utterance(path, path, {"emotion": label}, speaker=speaker, session=session)


def _examples() -> tuple[Example, ...]:
    placed = [("s1", "session1"), ("s2", "session1"), ("s3", "session2"), ("s4", "session3")]
    return tuple(
        Example(f"{session}/{speaker}_{label}.wav", {"emotion": label}, speaker, session)
        for speaker, session in placed
        for label in LABELS
    )


EMOTION = Target(
    "emotion",
    LABELS,
    {label: label for label in LABELS},
    {"anger": Affect("high", "negative"), "sadness": Affect("low", "negative")},
)

GOOD = Corpus(
    id="foo",
    title="Foo: acted emotions",
    languages=("de", "en-GB"),
    access="request",
    licence="CC BY 4.0",
    spdx="CC-BY-4.0",
    citation=Citation("A. Foo", "Foo", 2020),
    targets=(EMOTION, Target("arousal", range=(1.0, 5.0))),
    scan=scan,
    homepage="https://example.org/foo",
    protocols=(
        NamedProtocol("own", "speaker", ({"dev": ("s3",), "test": ("s4",)},)),
        NamedProtocol("sessions", "session", ({"dev": ("session2",), "test": ("session3",)},)),
    ),
    expected=Expected(utterances=8, speakers=4, per_class={"emotion": {"anger": 4, "sadness": 4}}),
    examples=_examples(),
    known_bad={"s9_noise.wav": "nothing but noise"},
    how_to_get="Ask A. Foo.",
)


def _reversed_every_other_time() -> Callable[[Path], list[Utterance]]:
    calls: list[Path] = []

    def shuffled(root: Path) -> list[Utterance]:
        calls.append(root)
        found = list(scan(root))
        return found if len(calls) % 2 else found[::-1]

    return shuffled


def _one_id(root: Path) -> list[Utterance]:
    return [replace(utterance, id="s1") for utterance in scan(root)]


def _speakers_in_capitals(root: Path) -> list[Utterance]:
    return [replace(utterance, session=(utterance.session or "").title()) for utterance in scan(root)]


def _silent_when_empty(root: Path) -> Iterator[Utterance]:
    if any(files_below(root)):
        yield from scan(root)


def _capital_protocol() -> tuple[NamedProtocol, ...]:
    return (NamedProtocol("own", "speaker", ({"dev": ("S3",), "test": ("S4",)},)),)


def _by_text(root: Path) -> list[Utterance]:
    return [replace(utterance, text=str(utterance.labels["emotion"])) for utterance in scan(root)]


BROKEN: dict[str, Corpus] = {
    "check_the_card_is_complete": replace(GOOD, licence=""),
    "check_the_licence_has_its_identifier": replace(GOOD, spdx="CC-BY 4.0"),
    "check_every_class_has_affect_or_none_has": replace(
        GOOD, targets=(replace(EMOTION, affect={"anger": Affect("high", "negative")}),)
    ),
    "check_targets_have_two_classes_or_a_range": replace(
        GOOD, targets=(EMOTION, Target("kind", ("acted",), {"acted": "acted"}))
    ),
    "check_codes_cover_all_classes": replace(GOOD, targets=(replace(EMOTION, codes={"a": "anger"}),)),
    "check_expected_counts_add_up": replace(
        GOOD, expected=Expected(utterances=8, per_class={"emotion": {"anger": 5, "sadness": 4}})
    ),
    "check_counts_by_class_leave_no_utterance_out": replace(
        GOOD, expected=Expected(utterances=9, per_class={"emotion": {"anger": 4, "sadness": 4}})
    ),
    "check_high_confidence_has_evidence": replace(
        GOOD, confidence="high", tested="made-up", evidence=("the owner's page",)
    ),
    "check_the_corpus_is_listed_and_cited_without_data": replace(
        GOOD, citation=Citation("A. Foo,\nB. Foo", "Foo", 2020)
    ),
    "check_the_way_to_the_data_is_given": replace(GOOD, how_to_get=""),
    "check_a_scan_finds_exactly_the_examples": replace(GOOD, scan=_speakers_in_capitals, protocols=()),
    "check_names_say_what_the_scan_says": replace(
        GOOD, read_name=lambda path: Utterance(path, path, {}, speaker=path.partition("_")[0])
    ),
    "check_a_scan_keeps_its_order": replace(GOOD, scan=_reversed_every_other_time()),
    "check_ids_and_paths_are_unique_and_below_the_root": replace(GOOD, scan=_one_id),
    "check_known_bad_files_are_left_out": replace(GOOD, known_bad={"s8_anger.wav": "clipped"}),
    "check_an_empty_folder_is_refused_with_a_hint": replace(GOOD, scan=_silent_when_empty),
    "check_protocols_name_values_that_occur": replace(GOOD, protocols=_capital_protocol()),
    "check_no_speaker_stands_in_two_splits": replace(
        GOOD, scan=_by_text, protocols=(NamedProtocol("texts", "text", ({"dev": ("anger",), "test": ()},)),)
    ),
}
