"""The paper's tables: their cells, marks, and the paper's own values beside ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from emonet.corpus.corpus import Published, PublishedResult
from emonet.errors import EmonetError
from emonet.report import paper
from emonet.report.results import Report
from emonet.report.rows import by_task_and_system, difference_of, mean_of
from tests.helpers.whole import PUBLISHED, whole


@pytest.fixture(scope="module")
def full() -> Report:
    return whole()


def test_table_3_has_best_and_final_and_the_papers_values_below(full: Report) -> None:
    table = paper.systems_table(full)
    assert table.header[:4] == ("task", "chance", "net dev", "net test")
    assert table.rows[0] == (
        "foo/emotion",
        "50.0",
        "65.0 / 65.0",
        "67.5 / 67.5",
        "50.0",
        "52.5",
        "90.0 / 90.0",
        "92.5 / 92.5",
    )
    assert table.rows[1] == ("  paper", "50.0", "68.8 / 63.5", "59.2 / 61.6", "71.9", "48.4", "-", "72.6")
    assert [row[0] for row in table.rows] == ["foo/emotion", "  paper", "bar_corpus/emotion"]
    assert any("on partitions of its own" in note for note in table.footnotes)


def test_several_systems_of_the_paper_go_by_name_where_ours_is_named_after_none(full: Report) -> None:
    scores = tuple(replace(score, system="mine") if score.system == "linear-svm" else score for score in full.scores)
    table = paper.systems_table(replace(full, scores=scores))
    assert table.rows[1][5] == "Linear + SVM 48.4; Other + SVM 61.3"


def test_another_chance_level_of_the_paper_is_said(full: Report) -> None:
    assert not any("chance level differs" in note for note in paper.systems_table(full).footnotes)
    other = replace(full, published={"foo/emotion": replace(PUBLISHED, chance=25.0)})
    assert "foo/emotion: the paper's chance level differs, so that its classes are not the same." in (
        paper.systems_table(other).footnotes
    )


def test_table_4_puts_the_baseline_first_and_marks_what_differs(full: Report) -> None:
    table = paper.strategies_table(full)
    assert table.header == ("task", "chance", "net (baseline)", "linear-svm", "all_corpora")
    # Six of eight speakers lose to the SVM by one error each: 2 x 2^2 of 256 swaps, 0.03125 for each of four tests.
    assert table.rows[0] == ("foo/emotion", "50.0", "67.5", "52.5", "92.5 +")
    assert table.rows[1] == ("  paper", "50.0", "59.2", "48.4", "72.6 +")
    assert any("sign flip test over speakers, after Holm's correction over all systems and tasks here" in note
               for note in table.footnotes)  # fmt: skip
    assert "The paper's marks are McNemar's, over clips and without correction." in table.footnotes


def test_the_tests_are_listed_with_p_over_speakers_and_intervals(full: Report) -> None:
    table = paper.tests_table(full)
    assert table.title == "Tests against net, over speakers"
    assert len(table.rows) == 4
    first = dict(zip(table.header, table.rows[0], strict=True))
    comparison = full.comparisons[0]
    assert comparison.p is not None
    assert comparison.p_holm is not None
    assert comparison.detectable is not None
    assert (first["task"], first["system"]) == ("foo/emotion", "linear-svm")
    assert (first["p"], first["p (Holm)"]) == (paper.p_value(comparison.p), paper.p_value(comparison.p_holm))
    assert (first["difference"], first["ASO"]) == ("-15.0", "-")
    assert first["95 % CI"].startswith("[-")
    assert first["could find"] == f"{100 * comparison.detectable:.1f}"
    better = dict(zip(table.header, table.rows[2], strict=True))
    assert better["difference"] == "+25.0 +"
    assert "8 speakers: p cannot be below 0.007812, nor below 0.03125 after Holm's correction." in table.footnotes
    assert any("corrected over the 4 tests here" in note for note in table.footnotes)


def test_each_test_names_its_baseline_where_there_are_several(full: Report) -> None:
    first, second, *_ = full.comparisons
    report = replace(full, comparisons=(first, replace(second, baseline="other")))
    table, clips = paper.tests_table(report), paper.clips_table(report)
    assert clips is not None
    assert (
        [row[1] for row in table.rows] == [row[1] for row in clips.rows] == ["linear-svm - net", "linear-svm - other"]
    )
    assert table.title == "Tests against net and other, over speakers"


def test_one_task_stands_in_the_title(full: Report) -> None:
    table = paper.tests_table(replace(full, comparisons=full.comparisons[:1]))
    assert table.title == "Tests against net, over speakers: foo/emotion"
    assert table.header[:2] == ("system", "difference")
    assert table.rows[0][0] == "linear-svm"


def test_mcnemars_tests_of_all_seeds_stand_beside_as_tests_of_clips() -> None:
    table = paper.clips_table(whole((1, 2, 3)))
    assert table is not None
    assert table.rows[0] == (
        "foo/emotion", "linear-svm", "6/0, 6/0, 6/0", "0.031, 0.031, 0.031", "0.016, 0.016, 0.016"
    )  # fmt: skip
    assert any("treats clips as independent" in note and "No mark is given by it" in note for note in table.footnotes)
    assert paper.clips_table(replace(whole(), comparisons=())) is None


def test_almost_stochastic_order_has_a_column_and_says_what_it_is_not_about() -> None:
    report = whole((1, 2, 3))
    first, *rest = report.comparisons
    table = paper.tests_table(replace(report, comparisons=(replace(first, epsilon=0.123), *rest)))
    assert table.rows[0][-1] == "0.12"
    assert any("It is about seeds, not about other speakers" in note for note in table.footnotes)
    assert "ASO, Almost Stochastic Order over seeds, needs a network and 3 seeds or more." in (
        paper.tests_table(report).footnotes
    )


def test_what_was_not_compared_is_said_with_what_to_do(full: Report) -> None:
    first = replace(full.comparisons[0], interval=None, p=None, p_holm=None, limit="not compared: too few seeds")
    table = paper.tests_table(replace(full, comparisons=(first,)))
    assert table.rows == (("linear-svm (1)", "not compared", "-", "-", "-", "-", "-"),)
    assert table.footnotes == ("(1) not compared: too few seeds.",)


def test_so_few_speakers_that_there_can_be_no_mark_are_said(full: Report) -> None:
    few = replace(full.comparisons[0], speakers=5, least_p=2 / 32)
    notes = paper.tests_table(replace(full, comparisons=(few,))).footnotes
    assert "5 speakers: p cannot be below 0.0625, so that there can be no mark." in notes


def test_so_many_tests_that_there_can_be_no_mark_are_said(full: Report) -> None:
    six = replace(full.comparisons[0], speakers=6, least_p=2 / 64)
    many = replace(full.comparisons[0], speakers=40, least_p=1 / 10_001)
    alone = paper.tests_table(replace(full, comparisons=(six,))).footnotes
    assert "6 speakers: p cannot be below 0.03125." in alone
    pair = paper.tests_table(replace(full, comparisons=(six, six, many))).footnotes
    assert (
        "6 speakers: p cannot be below 0.03125, nor below 0.0625 after Holm's correction, so that there can be no mark."
    ) in pair
    # A test that may be called first leaves the correction to it.
    assert "6 speakers: p cannot be below 0.03125." in (
        paper.tests_table(replace(full, comparisons=(six, many))).footnotes
    )
    assert not any("40 speakers" in note for note in pair)


def test_a_caution_is_a_numbered_footnote(full: Report) -> None:
    first, *rest = full.comparisons
    table = paper.tests_table(replace(full, comparisons=(replace(first, caution="only one is x"), *rest)))
    assert table.rows[0][1] == "linear-svm (1)"
    assert "(1) only one is x." in table.footnotes


def test_few_speakers_are_named_under_the_tests(full: Report) -> None:
    first = full.comparisons[0]
    assert first.interval is not None
    without = replace(first.interval, level=None, note="3 speakers only")
    few = replace(first, interval=without, p=None, p_holm=None, detectable=None, limit="no mark: 3 speakers only")
    table = paper.tests_table(replace(full, comparisons=(few,)))
    assert table.rows[0] == ("linear-svm (1)", "-15.0", "-", "-", "-", "-", "-")
    assert "Difference: system - baseline; no interval." in table.footnotes
    assert "(1) no mark: 3 speakers only." in table.footnotes


def test_what_limits_one_interval_of_several_is_said_of_its_row_alone(full: Report) -> None:
    first, second, *_ = full.comparisons
    assert first.interval is not None
    limited = replace(first, interval=replace(first.interval, note="some are unknown"))
    table = paper.tests_table(replace(full, comparisons=(limited, second)))
    assert [row[1].endswith(" (1)") for row in table.rows] == [True, False]
    assert "(1) some are unknown." in table.footnotes
    assert sum(note.startswith("Difference:") for note in table.footnotes) == 1


def test_how_many_seeds_a_difference_is_from_is_said_of_each_row_where_they_differ(full: Report) -> None:
    first, second, *_ = full.comparisons
    three = [replace(each, seeds=(1, 2, 3)) for each in (first, second)]
    alike = paper.tests_table(replace(full, comparisons=tuple(three)))
    assert alike.footnotes[0].startswith("Difference: system - baseline, the mean over the 3 seeds; 95 % interval:")
    two = replace(second, seeds=(1, 2))
    mixed = paper.tests_table(replace(full, comparisons=(three[0], two)))
    assert mixed.footnotes[0].startswith("Difference: system - baseline, the mean over its seeds; 95 % interval:")
    assert {"(1) from 3 seeds.", "(2) from 2 seeds."} <= set(mixed.footnotes)
    assert [row[1][-4:] for row in mixed.rows] == [" (1)", " (2)"]


def test_parameters_are_a_range_over_tasks(full: Report) -> None:
    scores = tuple(
        replace(score, parameters=2_500_000) if score.task == "foo/emotion" and score.system == "net" else score
        for score in full.scores
    )
    rows = paper.parameters_table(replace(full, scores=scores)).rows
    assert rows[0] == ("net", "scratch", "3,000 to 2,500,000")
    assert rows[1] == ("linear-svm", "svm", "10,000")
    none = tuple(replace(score, parameters=None) for score in full.scores)
    assert {row[2] for row in paper.parameters_table(replace(full, scores=none)).rows} == {"-"}


def test_curves_are_a_row_for_each_system_and_task_that_watched_dev(full: Report) -> None:
    rows = paper.curves_table(full).rows
    assert rows[0] == ("net", "foo/emotion", "3 epochs", "45.0 to 70.0", "▁▅█")
    assert rows[1][:3] == ("linear-svm", "foo/emotion", "3 values of C")
    assert len(rows) == 2


def test_confusion_matrices_are_summed_over_seeds() -> None:
    tables = paper.confusion_tables(whole((1, 2)))
    assert [table.title for table in tables][:2] == ["foo/emotion: net", "foo/emotion: linear-svm"]
    counts = [[int(cell) for cell in row[1:]] for row in tables[0].rows]
    assert sum(map(sum, counts)) == 80
    assert counts[0][1] + counts[1][0] == 13 + 14


def test_dimensional_scores_have_no_confusion_matrix(full: Report) -> None:
    bare = replace(full, scores=tuple(replace(score, confusion=()) for score in full.scores))
    assert paper.confusion_tables(bare) == ()


def test_one_task_under_two_protocols_is_two_lines(make_score: Any) -> None:
    table = by_task_and_system([make_score(8), make_score(4, protocol_hash="ffff00001111")])
    assert [line.label for line in table.tasks] == ["foo_corpus/emotion #1a2b3c4d", "foo_corpus/emotion #ffff0000"]


def test_a_difference_follows_the_metrics_direction(make_score: Any) -> None:
    (line,) = by_task_and_system([make_score(8, system="old"), make_score(4, system="new")]).tasks
    assert difference_of(line, "new", "old", "test") == pytest.approx(0.1)
    assert difference_of(line, "new", "other", "test") is None
    assert mean_of(line.rows["new"], "dev") is None


def test_a_report_with_everything_comes_back_from_json(full: Report) -> None:
    assert Report.from_json(full.to_json()) == full
    assert isinstance(Report.from_json(full.to_json()).published["foo/emotion"], Published)
    assert isinstance(PUBLISHED.results[0], PublishedResult)


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("comparisons", [{"task": "foo/emotion"}], "comparisons.0"),
        ("curves", 3, "curves"),
        ("published", [], "published"),
    ],
)
def test_parts_of_a_report_that_are_wrong_are_named(full: Report, key: str, value: object, place: str) -> None:
    with pytest.raises(EmonetError, match=rf"Not a report: '{place}.*another version of EmoNet"):
        Report.from_json({**full.to_json(), key: value})
