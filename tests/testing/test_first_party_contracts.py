"""EmoNet's own corpora and components keep the promises that everybody's do."""

from __future__ import annotations

import emonet_corpora
import emonet_plugins
from emonet.testing import parametrize_checks, run_checks
from emonet.testing.subjects import subjects_of

TINY = {"wide_resnet": {"width": 4}}


def test_all_of_ours_are_checked():
    kinds = {subject.kind for subject in subjects_of([emonet_corpora, emonet_plugins])}
    assert kinds == {"package", "corpora", "extractors", "frontends", "backbones", "adapters", "executors"}


@parametrize_checks(emonet_corpora)
def test_our_corpora_keep_their_promises(check):
    check()


@parametrize_checks(emonet_plugins, TINY)
def test_our_components_keep_their_promises(check):
    check()


def test_the_papers_attention_without_a_mask_fails_the_padding_check_as_it_declares():
    subjects = subjects_of(emonet_plugins, {"wide_resnet": {"width": 4, "mask": False}})
    results = run_checks([subject for subject in subjects if subject.name == "wide_resnet"])
    assert [result.message for result in results if not result.passed] == []
    expected = [result.check for result in results if result.expected_failure]
    assert expected == ["check_padding_does_not_change_the_embedding"]
