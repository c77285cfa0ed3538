"""What the kit says of a broken promise, and of a plugin that it cannot check."""

from __future__ import annotations

import re
from dataclasses import replace
from types import ModuleType

import pytest

import emonet
from emonet.corpus.corpus import Citation, Example, Expected, NamedProtocol, Source, Target, Utterance
from emonet.errors import ContractError, CorpusError, UnknownName
from emonet.plugin.registry import load_registry
from emonet.testing import all_checks, check_plugin, fake_release, run_checks
from emonet.testing.subjects import Candidate, Subject
from tests.testing import specimens_adapters as adapters
from tests.testing import specimens_components as components
from tests.testing import specimens_corpora as corpora
from tests.testing.specimens_corpora import EMOTION, GOOD

URL = "https://example.org/foo.zip"
MANY = (NamedProtocol("own", "speaker", ({"dev": ("s3", "s5"), "test": ("s4", "s6", "s7")},)),)
TWICE = (NamedProtocol("own", "speaker", ({"dev": ("s3",), "test": ("s3", "s4")},)),)
HOMELESS = (NamedProtocol("own", "speaker", ({"train": ("s1",), "dev": ("s3",), "test": ("s4",)},)),)
NO_REST = (NamedProtocol("own", "speaker", ({"train": (), "test": ("s4",)},), overlap="dev", random_dev=0.2),)


def _refuse(text):
    def scan(root):
        raise CorpusError(text)

    return scan


def _at(path, **fields):
    return lambda root: [Utterance(path, path, {"emotion": "anger"}, **fields)]


def _with_splits(root):
    return [
        replace(utterance, split="dev" if "anger" in utterance.path else "test") for utterance in corpora.scan(root)
    ]


CASES = [
    ("check_the_card_is_complete", replace(GOOD, title=""), "leaves title empty"),
    ("check_the_card_is_complete", replace(GOOD, languages=("German",)), "the language is 'German'.*BCP-47"),
    (
        "check_the_licence_has_its_identifier",
        None,
        "spdx is 'CC-BY 4.0', and 'CC-BY' is not an identifier that is known",
    ),
    (
        "check_the_licence_has_its_identifier",
        replace(GOOD, spdx="MIT OR (CC-BY-40 AND LicenseRef-own)"),
        r"'CC-BY-40' is not .*Did you mean 'CC-BY-4\.0'",
    ),
    ("check_the_card_is_complete", replace(GOOD, access="open"), "access is 'open'.*public"),
    ("check_every_class_has_affect_or_none_has", None, "target 'emotion'.*odd ones: sadness"),
    (
        "check_targets_have_two_classes_or_a_range",
        replace(GOOD, targets=(Target("a", range=(5, 1)),)),
        r"the range \(5, 1\)",
    ),
    ("check_targets_have_two_classes_or_a_range", None, r"target 'kind' has the classes \['acted'\]"),
    ("check_codes_cover_all_classes", None, "differ by sadness"),
    ("check_expected_counts_add_up", None, "add up to 9, the utterances are 8"),
    ("check_names_say_what_the_scan_says", None, "speaker 's1' instead of 'session1/s1'"),
    ("check_counts_by_class_leave_no_utterance_out", None, "add up to 8, the utterances are 9"),
    (
        "check_expected_counts_add_up",
        replace(GOOD, expected=Expected(per_class={"emotion": {"angry": 4}})),
        "the card counts 'angry'",
    ),
    (
        "check_expected_counts_add_up",
        replace(GOOD, expected=Expected(per_class={"mood": {"anger": 4}})),
        "the card counts 'mood'",
    ),
    ("check_high_confidence_has_evidence", None, "high, but the card was tested on a made-up release"),
    (
        "check_high_confidence_has_evidence",
        replace(GOOD, confidence="high", evidence=("a list",)),
        "high, but the card was tested on nothing that the card names",
    ),
    (
        "check_high_confidence_has_evidence",
        replace(GOOD, confidence="high", tested="lists"),
        "the confidence is high, and there is no evidence",
    ),
    ("check_the_corpus_is_listed_and_cited_without_data", replace(GOOD, id="Foo"), "the id is 'Foo'"),
    ("check_the_corpus_is_listed_and_cited_without_data", None, "do not fit on a line"),
    (
        "check_the_corpus_is_listed_and_cited_without_data",
        replace(GOOD, targets=(EMOTION, EMOTION)),
        r"the targets are \['emotion', 'emotion'\]",
    ),
    ("check_the_way_to_the_data_is_given", None, "how_to_get is empty"),
    ("check_the_way_to_the_data_is_given", replace(GOOD, fetchable=True, access="public"), "fetchable from no source"),
    ("check_the_way_to_the_data_is_given", replace(GOOD, fetchable=True), "fetchable, though its access is 'request'"),
    (
        "check_the_way_to_the_data_is_given",
        replace(GOOD, fetchable=True, access="public", sources=(Source(url=URL, sha256="md5:12"),)),
        f"source {URL} has the checksums .*md5:12.*SHA-256",
    ),
    ("check_a_scan_finds_exactly_the_examples", None, "'session1/s1_anger.wav' is read with session 'Session1'"),
    (
        "check_a_scan_finds_exactly_the_examples",
        replace(GOOD, examples=(Example("session1/s1_anger.wav", {"emotion": "sadness"}),)),
        "with emotion 'anger' instead of 'sadness'",
    ),
    (
        "check_a_scan_finds_exactly_the_examples",
        replace(GOOD, scan=_at("x.wav"), examples=(Example("x.wav", {}), Example("y.wav", {}))),
        "example 'y.wav' is not found",
    ),
    (
        "check_a_scan_finds_exactly_the_examples",
        replace(GOOD, scan=_at("x.wav"), examples=()),
        "also finds 'x.wav' .1 more",
    ),
    ("check_a_scan_keeps_its_order", None, "differ from utterance 1 on"),
    ("check_ids_and_paths_are_unique_and_below_the_root", None, "'s1' .*is listed twice"),
    (
        "check_ids_and_paths_are_unique_and_below_the_root",
        replace(GOOD, scan=_at("../x.wav")),
        "the path is '../x.wav'",
    ),
    ("check_known_bad_files_are_left_out", None, "session1/s8_anger.wav' is listed, though the card calls"),
    ("check_an_empty_folder_is_refused_with_a_hint", None, "an empty folder gives 0 utterances"),
    ("check_an_empty_folder_is_refused_with_a_hint", replace(GOOD, scan=_refuse("no")), "the error says 'no'"),
    ("check_protocols_name_values_that_occur", None, r"none of \['S3', 'S4'\] is the speaker of an example"),
    ("check_protocols_name_values_that_occur", replace(GOOD, protocols=MANY), "5 speakers are named, the corpus has 4"),
    ("check_protocols_name_values_that_occur", replace(GOOD, protocols=TWICE), "'s3' is named twice"),
    ("check_protocols_name_values_that_occur", replace(GOOD, protocols=HOMELESS), "'s2' is in no split"),
    ("check_protocols_name_values_that_occur", replace(GOOD, protocols=NO_REST), "'s1' is in no split"),
    (
        "check_protocols_name_values_that_occur",
        replace(GOOD, protocols=(NamedProtocol("own", "text", ()),)),
        "an example has no text",
    ),
    ("check_no_speaker_stands_in_two_splits", None, "protocol 'texts' puts speaker 's1' in dev and train"),
    (
        "check_no_speaker_stands_in_two_splits",
        replace(GOOD, scan=_with_splits),
        "protocol 'official' puts speaker 's1' in dev and test",
    ),
]


def test_every_corpus_check_has_its_message_tested():
    assert {check for check, _, _ in CASES} == set(all_checks()["corpora"])


@pytest.mark.parametrize(("check", "corpus", "text"), CASES, ids=[f"{i}-{case[0]}" for i, case in enumerate(CASES)])
def test_a_broken_corpus_is_told_what_was_seen_and_promised(check, corpus, text):
    corpus = corpora.BROKEN[check] if corpus is None else corpus
    with pytest.raises(ContractError, match=f"^corpus '{corpus.id}': .*{text}") as caught:
        all_checks()["corpora"][check](corpus)
    assert re.search(r"\. Promised: .+\. Likely cause: .+\.$", str(caught.value), re.DOTALL)


def test_a_reason_lifts_the_ban_on_shared_speakers():
    reason = "the owners' split shares its speakers"
    protocol = replace(corpora.BROKEN["check_no_speaker_stands_in_two_splits"].protocols[0], overlap=reason)
    broken = replace(corpora.BROKEN["check_no_speaker_stands_in_two_splits"], protocols=(protocol,))
    assert all(result.passed for result in run_checks(broken))


def test_fetchable_corpora_with_checksums_pass():
    source = Source(package="foo", file="foo.tar.gz", sha256="0" * 64, member="foo.zip", member_sha256="1" * 64)
    fetched = replace(GOOD, fetchable=True, access="public", sources=(source,))
    assert all(result.passed for result in run_checks(fetched))


WORDS = {
    "check_dim_and_names_agree": "dim is 2, the names are 3",
    "check_vectors_have_dim_values": "a tone becomes (2,) float64",
    "check_values_are_finite": "silence gives 2 values that are not finite",
    "check_a_clip_gives_the_same_vector_again": "the same tone gives other values",
    "check_threads_give_the_same_vectors": "four threads get other vectors",
    "check_the_declared_kind_is_a_vector": "the factory declares 'frames'",
    "check_the_declared_shape_is_kept": "9001 samples become (2, 1, 2, 22) torch.float32. Promised: float32 image",
    "check_a_batch_equals_its_clips_alone": "9001 samples differ by",
    "check_lengths_count_the_valid_frames": "have the lengths [22.0, 2.0, 10.0], of 22 frames",
    "check_silence_is_finite": "8000 silent samples",
    "check_eval_gives_the_same_features_twice": "two passes in eval differ by",
    "check_invalid_frames_are_zero": "values beyond frame 2 are not 0",
    "check_the_state_makes_an_equal_frontend": "after loading the state",
    "check_a_clip_becomes_one_embedding": "become (2, 3). Promised: (2, 4)",
    "check_every_parameter_gets_a_gradient": "2 parameters get no gradient, 'idle.weight'",
    "check_padding_does_not_change_the_embedding": "an item of length 12 moves by",
    "check_bf16_is_near_fp32_for_very_short_clips": "of (6, 4) frames the embedding moves by 1, gradients by 1",
    "check_eval_gives_the_same_embedding_twice": "two passes in eval differ",
    "check_a_deep_copy_is_equal": "a deep copy gives another embedding",
    "check_the_state_makes_an_equal_backbone": "another after loading the state",
    "check_declared_and_built_kinds_agree": "the factory declares '",
    "check_declared_layers_are_there": "declares the layers ['linear', 'norm'], the backbone has ['linear']",
    "check_declared_and_built_traits_agree": "the factory declares private_norms=True, the object has False",
    "check_layers_of_each_declared_kind_are_taken": "declared are ['convolution', 'norm']; odd: norm",
    "check_effective_tensors_fit_their_layer": "Conv2d gets 'wieght' (4, 1, 3, 3)",
    "check_the_shared_network_keeps_its_names": "'first.conv.note' came or went",
    "check_tuning_moves_private_tensors_and_nothing_else": "no private tensor moves",
    "check_training_one_task_leaves_another_as_it_is": "training task b changes task a by",
    "check_adding_a_task_leaves_another_as_it_is": "adding task b changes task a by",
    "check_the_state_makes_an_equal_task": "the outputs are others after loading the state",
    "check_padding_does_not_change_a_tasks_outputs": "an item of 96 samples moves by",
    "check_every_job_is_done_once": "of 5 jobs, 'joined' was begun 2 times",
    "check_parents_come_first": "'joined' was begun before its parent 'tuned' was done",
    "check_an_error_comes_through": "a job failed, and run returned as if nothing were",
    "check_children_of_a_failure_are_not_begun": "'joined' was begun after its parent 'tuned' had failed",
    "check_jobs_may_be_copies": "run raises RuntimeError: the parents of tuned are not done",
    "check_no_jobs_are_no_work": "run raises IndexError: list index out of range",
}


@pytest.mark.parametrize(("kind", "check"), sorted(components.BROKEN), ids=str)
def test_a_broken_component_is_told_what_was_seen_and_promised(kind, check):
    subject = components.BROKEN[kind, check]
    result = next(result for result in run_checks(subject) if result.check == check)
    assert result.message.startswith(f"{kind[:-1]} '{subject.name}': ")
    assert WORDS[check] in result.message
    assert re.search(r"\. Promised: .+\. Likely cause: .+\.$", result.message)


def test_an_error_inside_a_component_is_a_failed_check_with_its_text():
    def factory():
        raise OSError("no weights")

    results = run_checks(Subject("backbones", "foo", Candidate("backbones", "foo", factory)))
    assert {result.passed for result in results} == {False}
    assert results[0].message == "foo: OSError: no weights"


def test_a_fake_release_never_leaves_its_folder(tmp_path):
    for path in ("../x.wav", "/x.wav", "a\\x.wav", ""):
        corpus = replace(GOOD, examples=(Example(path, {}),), citation=Citation("A", "B", 2000))
        with pytest.raises(ContractError, match=r"corpus 'foo': the card's path .* lies outside the corpus folder"):
            fake_release(corpus, tmp_path / "release")
    assert not (tmp_path / "x.wav").exists()


def test_a_plugin_without_hooks_is_told_of_the_marker():
    module = ModuleType("foo")
    module.emonet_corpora = list
    with pytest.raises(ContractError, match=r"brings nothing that can be checked.*@emonet.hookimpl"):
        run_checks(module)


def test_a_hook_that_raises_is_named_with_its_error():
    module = ModuleType("foo")

    @emonet.hookimpl
    def emonet_backbones():
        raise ValueError("no such card")

    module.emonet_backbones = emonet_backbones
    text = "plugin 'foo': its hook emonet_backbones raised ValueError: no such card"
    with pytest.raises(ContractError, match=text):
        run_checks(module)


def test_options_for_an_unknown_component_are_an_error():
    with pytest.raises(UnknownName, match=r"Unknown component with options 'pooled'. Did you mean 'Pooled'"):
        run_checks(components.GOOD, {"pooled": {"width": 4}})


def test_an_unknown_name_cannot_be_checked():
    with pytest.raises(UnknownName, match="Unknown plugin, corpus or component 'no_such_thing'"):
        check_plugin(load_registry(), "no_such_thing")


def test_an_adapter_that_holds_the_layers_own_tensors_moves_shared_ones():
    class Holder(adapters.Louder):
        def private(self, layer):
            module = super().private(layer)
            module.weight = layer.weight
            return module

    check = all_checks()["adapters"]["check_tuning_moves_private_tensors_and_nothing_else"]
    with pytest.raises(ContractError, match=r"adapter 'Holder': shared 'first\.conv\.weight' moves\. Promised:"):
        check(adapters.adapter(Holder).thing)
