"""Runs side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from emonet.errors import EmonetError
from emonet.report.compare import compare, comparison_table


def test_systems_of_one_name_are_set_against_each_other(make_score: Any, make_report: Any) -> None:
    first = make_report(make_score(8, system="a"), make_score(4, system="b"), make_score(0, split="dev", system="a"))
    second = make_report(make_score(2, system="b"), make_score(10, system="a"), name="second")
    comparison = compare([first, second])
    assert comparison.is_sound
    assert [(row.system, row.values) for row in comparison.rows] == [("a", (0.8, 0.75)), ("b", (0.9, 0.95))]
    assert [row.differences[1] for row in comparison.rows] == pytest.approx([-0.05, 0.05])
    table = comparison_table(comparison)
    assert table.header == ("task", "system", "first", "second", "second - first")
    assert table.rows == (
        ("foo_corpus/emotion", "a", "80.0", "75.0", "-5.0"),
        ("foo_corpus/emotion", "b", "90.0", "95.0", "+5.0"),
    )


def test_single_systems_are_compared_whatever_their_names(make_score: Any, make_report: Any) -> None:
    reports = [make_report(make_score(8, system="svm")), make_report(make_score(4, system="net"), name="second")]
    (row,) = compare(reports).rows
    assert (row.system, row.values) == ("svm / net", (0.8, 0.9))
    assert row.differences == pytest.approx((0, 0.1))


def test_scores_under_different_protocols_are_not_subtracted(make_score: Any, make_report: Any) -> None:
    second = make_score(4, protocol_hash="ffffffff00000000", protocol_id="foo_corpus/official")
    comparison = compare([make_report(make_score(8)), make_report(second, name="second")])
    (row,) = comparison.rows
    assert not comparison.is_sound
    assert row.values == (0.8, 0.9)
    assert row.differences == (None, None)
    assert row.problem == (
        "cannot be compared: 'first' was scored under foo_corpus/leave-one-speaker-out #1a2b3c4d, "
        "'second' under foo_corpus/official #ffffffff, so that utterances, labels, speakers or splits differ. "
        "Run both under one protocol."
    )
    table = comparison_table(comparison)
    assert table.rows == (("foo_corpus/emotion", "net (1)", "80.0", "90.0", "-"),)
    assert table.footnotes[1] == f"(1) {row.problem}"
    assert "may be luck with speakers or seeds: emonet report RUN... --baseline SYSTEM tests it." in table.footnotes[0]


def test_different_metrics_are_not_subtracted(make_score: Any, make_report: Any) -> None:
    reports = [make_report(make_score(8)), make_report(make_score(8, metric="wa"), name="second")]
    (row,) = compare(reports).rows
    assert row.problem == ("cannot be compared: 'first' has UAR, 'second' has WA. Run both with one metric.")


def test_a_transductive_score_against_another_is_cautioned(make_score: Any, make_report: Any) -> None:
    second = make_report(make_score(4, normalisation="speaker", transductive=True), name="second")
    (row,) = compare([make_report(make_score(8)), second]).rows
    assert row.caution == "only 'second' normalised with the test speakers' own clips (transductive)."
    assert row.differences[1] == pytest.approx(0.1)
    assert comparison_table(compare([make_report(make_score(8)), second])).rows[0][1] == "net (1)"
    assert compare([second, second]).rows[0].caution == ""


def test_scores_on_other_audio_under_one_protocol_are_a_finding(make_score: Any, make_report: Any) -> None:
    first = make_report(make_score(8))
    second = replace(make_report(make_score(4), name="second"), content={"foo_corpus": "badc0de5a1", "bar": "c0ffee"})
    comparison = compare([first, second])
    assert not comparison.is_sound
    assert comparison.rows[0].differences[1] == pytest.approx(0.1)
    assert comparison.rows[0].finding == (
        "the prepared data of 'foo_corpus' (its audio, or what its table says beside the protocol) are not the same: "
        "#c0ffee in 'first', #badc0de5 in 'second'. Run both on one copy of the corpus, prepared by one version of "
        "EmoNet."
    )
    assert comparison_table(comparison).footnotes[1] == f"(1) {comparison.rows[0].finding}"
    (row,) = compare([first, replace(second, content={})]).rows
    assert row.finding == "unknown whether the audio is the same: 'second' does not say what audio it heard."


def test_other_audio_of_a_corpus_that_was_only_learned_from_is_a_finding(make_score: Any, make_report: Any) -> None:
    first = replace(make_report(make_score(8)), content={"foo_corpus": "a", "bar": "1a2b3c4d5e", "only_here": "a"})
    second = replace(make_report(make_score(4), name="second"), content={"foo_corpus": "a", "bar": "badc0de5a1"})
    comparison = compare([first, second])
    assert not comparison.is_sound
    assert comparison_table(comparison).footnotes[1] == (
        "Beside what is compared, the prepared data of 'bar', which systems may have learned from, differ: #1a2b3c4d "
        "in 'first', #badc0de5 in 'second'."
    )
    assert compare([first, replace(second, content=first.content)]).is_sound


def test_a_run_without_a_task_has_a_gap_there(make_score: Any, make_report: Any) -> None:
    full = make_report(make_score(8), make_score(8, corpus="bar"), name="full")
    reports = [full, make_report(make_score(4), name="second"), make_report(make_score(2, corpus="bar"), name="third")]
    table = comparison_table(compare(reports))
    assert [row[2:] for row in table.rows] == [("80.0", "90.0", "-", "+10.0", "-"), ("80.0", "-", "95.0", "-", "+15.0")]


def test_seeds_are_compared_by_their_means(make_score: Any, make_report: Any) -> None:
    seeds = make_report(make_score(4, seed=1), make_score(8, seed=2), name="seeds")
    assert compare([make_report(make_score(8)), seeds]).rows[0].values == pytest.approx((0.8, 0.85))


def test_two_normalisations_of_one_system_are_told_apart(make_score: Any, make_report: Any) -> None:
    both = make_report(make_score(8), make_score(4, normalisation="speaker", transductive=True))
    comparison = compare([both, both])
    assert [row.system for row in comparison.rows] == ["net", "net, normalisation speaker"]
    assert comparison.names == ("first (runs/first)", "first (runs/first)")


def test_what_cannot_be_compared_at_all_is_refused(make_score: Any, make_report: Any) -> None:
    with pytest.raises(EmonetError, match=r"Cannot compare 1 run\. Give two runs or more"):
        compare([make_report(make_score())])
    other = make_report(make_score(corpus="bar"), name="second")
    with pytest.raises(EmonetError, match="no task in common: first has foo_corpus/emotion; second has bar/emotion"):
        compare([make_report(make_score()), other])


def test_runs_that_different_machines_trained_say_so_and_may_be_compared(make_score: Any, make_report: Any) -> None:
    one = {"threads": "1", "torch": "2.9"}
    first, second = make_report(make_score(8)), make_report(make_score(4), name="second")
    alike = compare([replace(first, machines=(one,)), replace(second, machines=(dict(one),))])
    assert alike.machines == ""
    other = compare([replace(first, machines=(one,)), replace(second, machines=({**one, "threads": "8"},))])
    assert other.is_sound
    text = (
        "'first' and 'second' were trained on different machines (threads 1 and 8), where the same recipe may give "
        "other numbers."
    )
    assert comparison_table(other).footnotes[-1] == text
    mixed = compare([replace(first, machines=(one, {**one, "torch": "3"})), replace(second, machines=(one,))])
    assert mixed.machines.startswith("Parts of 'first' were trained on different machines (torch 2.9 and 3)")
    unknown = compare([first, replace(second, machines=(one,))])
    assert unknown.machines.startswith("It is unknown which machine trained 'first'")
