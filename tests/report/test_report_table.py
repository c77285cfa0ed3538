"""The main table: its cells, its footnotes, and its sections."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from emonet.report.paper import systems_table
from emonet.report.results import Report
from emonet.report.rows import rows_of
from emonet.report.table import _of_seeds, report_sections, report_table
from tests.helpers.whole import whole


def only_row(report: Report) -> dict[str, str]:
    table = report_table(report)
    assert len(table.rows) == 1
    return dict(zip(table.header, table.rows[0], strict=True))


def test_the_main_table_has_everything_that_a_score_must_not_go_without(usual: Report) -> None:
    table = report_table(usual)
    assert table.header == (
        "system",
        "task",
        "dev UAR best / final",
        "test UAR best / final",
        "95 % interval of test",
        "chance",
        "n (speakers)",
        "epochs best / final",
        "protocol",
    )
    interval = usual.scores[4].interval
    assert table.rows[1] == (
        "net",
        "foo_corpus/emotion",
        "90.0 / 85.0",
        "80.0 / 77.5",
        f"[{100 * interval.low:.1f}, {100 * interval.high:.1f}]",
        "50.0",
        "40 (5)",
        "8 to 31 / 60",
        "foo_corpus/leave-one-speaker-out #1a2b3c4d",
    )
    assert table.rows[0][2:4] == ("75.0", "70.0")
    assert table.rows[0][7] == "C 0.0001 to 0.001"
    assert table.footnotes == (
        "Scores of classes in %, pooled over folds; best: the epoch best on dev, final: the last one.",
        "95 % intervals, of the best epoch on test: delete-one-speaker jackknife, t with 4 degrees of freedom; they "
        "hold the noise of speakers.",
        "A network's score of one seed is one draw: its interval knows no noise of training.",
        "3 files could not be read.",
    )


def test_seeds_make_a_mean_and_a_deviation(make_score: Any, make_report: Any) -> None:
    report = make_report(make_score(8, seed=1), make_score(12, seed=2))
    assert only_row(report)["test UAR best / final"] == "75.0 ± 7.1"
    assert any("Mean ± standard deviation over seeds" in note for note in report_table(report).footnotes)
    apart = make_report(make_score(8, seed=1), make_score(12, seed=2, system="other"))
    assert not any("over seeds" in note for note in report_table(apart).footnotes)


def test_over_seeds_the_interval_is_that_of_the_mean_or_unknown() -> None:
    report = whole((1, 2, 3))
    table = report_table(report)
    at = table.header.index("95 % interval of test")
    shown = {(row[0], row[1]): row[at] for row in table.rows}
    best = [mean for mean in report.means if mean.checkpoint == "best"]
    assert len(shown) == len(best) == 6
    for mean in best:
        low, high = 100 * mean.interval.low, 100 * mean.interval.high
        assert shown[mean.system, mean.task] == f"[{low:.1f}, {high:.1f}]"
    assert any("they hold the noise of speakers and of 3 seeds." in note for note in table.footnotes)
    unknown = report_table(replace(report, means=()))
    assert {row[at] for row in unknown.rows} == {"-"}
    assert any(note.startswith("(1) the interval of the mean over seeds is unknown") for note in unknown.footnotes)


def test_a_network_of_one_seed_is_called_one_draw(make_score: Any, make_report: Any) -> None:
    net = {"best_epochs": {"1": 8}}
    one, two = make_report(make_score(8, **net)), make_report(make_score(8, **net), make_score(9, seed=2, **net))
    svm = make_report(make_score(8, chosen={"1": 0.1}))
    drawn = [any("is one draw" in note for note in report_table(report).footnotes) for report in (one, two, svm)]
    assert drawn == [True, False, False]


@pytest.mark.parametrize(
    ("how", "footnote"),
    [
        (
            {"speakers": 3},
            "(1) 3 speakers only: 2 standard errors over clips of the same 3 speakers; it says nothing of new "
            "speakers.",
        ),
        ({"truth": "a"}, "(1) UAR over the 1 class present: test has no fear."),
        (
            {"truth": "a", "metric": "macro_f1_all"},
            "(1) macro F1 (classes of truth and prediction): test has no fear, which counts as 0 where it is "
            "predicted.",
        ),
        (
            {"normalisation": "speaker", "transductive": True},
            "(1) transductive: features normalised with each speaker's own clips, those of test included (no labels).",
        ),
        ({"protocol_overlap": "official split"}, "(1) speakers stand in two splits: official split."),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_limits_a_score_is_a_footnote_on_its_row(
    make_score: Any, make_report: Any, how: dict[str, Any], footnote: str
) -> None:
    plain, limited = make_score(8, system="plain"), make_score(8, system="limited", **how)
    table = report_table(make_report(plain, limited))
    assert [row[0] for row in table.rows] == ["plain", "limited (1)"]
    assert footnote in table.footnotes
    assert not any(note.startswith("(2)") for note in table.footnotes)


def test_brackets_are_said_to_hold_95_percent_where_other_rows_have_none(make_score: Any, make_report: Any) -> None:
    plain, few = make_score(8, system="plain"), make_score(8, system="few", speakers=3)
    says = [
        any(note.startswith("95 % intervals (in brackets), of the best") for note in report_table(given).footnotes)
        for given in (make_report(plain), make_report(plain, few))
    ]
    assert says == [False, True]


def test_a_value_that_nothing_moves_stands_alone(make_score: Any, make_report: Any) -> None:
    row = only_row(make_report(make_score(0)))
    assert row["interval of test"] == "100.0"
    assert only_row(make_report(make_score(8, speakers=3)))["interval of test"].count(" to ") == 1


def test_seeds_are_in_the_intervals_of_those_systems_that_have_several(make_score: Any) -> None:
    of_one = make_score(8).interval
    several = replace(of_one, seeds=3)
    assert _of_seeds([of_one]) == ""
    assert _of_seeds([several]) == " and of 3 seeds"
    assert _of_seeds([of_one, several]) == " and, where there are several, of 3 seeds"


def test_what_each_network_judges_goes_by_name_where_they_differ(make_score: Any, make_report: Any) -> None:
    centre = make_score(8, system="a", evaluation="the centre 5 s")
    full = make_score(8, system="b", evaluation="the whole clip")
    alike = report_table(make_report(centre, replace(centre, system="c"))).footnotes
    assert "Networks judge the centre 5 s of each clip in dev and test." in alike
    apart = report_table(make_report(centre, full)).footnotes
    assert "Networks judge the centre 5 s (a) or the whole clip (b) of each clip in dev and test." in apart


def test_a_report_on_dev_alone_speaks_of_no_interval_and_no_test(make_score: Any, make_report: Any) -> None:
    scores = [make_score(8, split="dev", seed=seed, evaluation="the whole clip") for seed in (1, 2)]
    assert report_table(make_report(*scores)).footnotes[1:] == (
        "Mean ± standard deviation over seeds.",
        "Networks judge the whole clip of each clip in dev.",
    )


def test_one_footnote_serves_all_rows_that_it_concerns(make_score: Any, make_report: Any) -> None:
    scores = [make_score(8, system=name, speakers=3) for name in ("a", "b")]
    table = report_table(make_report(*scores))
    assert [row[0] for row in table.rows] == ["a (1)", "b (1)"]


def test_what_is_not_there_is_a_dash(make_score: Any, make_report: Any) -> None:
    tested = make_score(8, system="tested")
    table = report_table(make_report(make_score(8, split="dev"), tested))
    row = dict(zip(table.header, table.rows[0], strict=True))
    assert row["test UAR best / final"] == row["95 % interval of test"] == row["epochs best / final"] == "-"
    assert row["dev UAR best / final"] == "80.0"


def test_a_report_without_scores_on_test_has_no_column_of_it(make_score: Any, make_report: Any) -> None:
    given = make_report(make_score(8, split="dev", normalisation="speaker", transductive=True))
    table = report_table(given)
    assert not [name for name in table.header if "test" in name]
    assert systems_table(given).header == ("task", "chance", "net dev")
    assert any("those of dev included" in note for note in table.footnotes)


def test_a_final_epoch_alone_is_shown(make_score: Any, make_report: Any) -> None:
    row = only_row(make_report(make_score(8, checkpoint="final", final_epochs={"1": 60})))
    assert row["test UAR best / final"] == "80.0"
    assert row["95 % interval of test"] != "-"
    assert row["epochs best / final"] == "- / 60"


def test_scores_under_other_protocols_and_normalisations_have_rows_of_their_own(make_score: Any) -> None:
    scores = [make_score(), make_score(protocol_hash="ff"), make_score(normalisation="speaker"), make_score(seed=2)]
    assert [len(list(row.all())) for row in rows_of(scores)] == [2, 1, 1]


def test_sections_cut_the_table_by_task_and_keep_the_footnotes_last(make_score: Any, make_report: Any) -> None:
    scores = [make_score(8, corpus=corpus, system=system) for system in ("a", "b") for corpus in ("foo", "bar")]
    first, second = report_sections(make_report(*scores))
    assert first.title == (
        "foo/emotion: 40 test utterances of 5 speakers; UAR in %, chance 50.0; "
        "foo_corpus/leave-one-speaker-out #1a2b3c4d"
    )
    assert second.title.startswith("bar/emotion: ")
    assert [row[0] for row in first.rows] == [row[0] for row in second.rows] == ["a", "b"]
    assert (first.footnotes, bool(second.footnotes)) == ((), True)


def test_the_mean_over_folds_stands_beside_the_pooled_score(make_report: Any, make_score: Any) -> None:
    single = make_score(4)
    folded = replace(single, per_fold={"1": 0.5, "2": 0.7}, fold_mean=0.6, fold_sd=0.1414)
    other = replace(folded, seed=2, per_fold={"1": 0.7, "2": 0.9})
    table = report_table(make_report(folded, other))
    at = table.header.index("test, mean of folds ± sd")
    assert table.rows[0][at] == "70.0 ± 14.1"
    assert any(note.startswith("Mean over folds ± sd: every fold counts alike") for note in table.footnotes)
    assert "test, mean of folds ± sd" not in report_table(make_report(single)).header
    (section,) = report_sections(make_report(folded, other))
    assert dict(zip(section.header, section.rows[0], strict=True))["over folds"] == "70.0 ± 14.1"


def test_a_section_has_short_names_and_says_which_epochs_its_two_values_are_of(usual: Report) -> None:
    (section,) = report_sections(usual)
    assert section.header == ("system", "dev", "test", "95 % interval", "epochs or C")
    svm, net = (dict(zip(section.header, row, strict=True)) for row in section.rows)
    assert (net["dev"], net["test"], net["epochs or C"]) == ("90.0 / 85.0", "80.0 / 77.5", "best 8 to 31 / final 60")
    assert (svm["test"], svm["epochs or C"]) == ("70.0", "C 0.0001 to 0.001")


def test_a_section_names_the_final_epoch_alone_and_an_interval_that_claims_no_level(
    make_score: Any, make_report: Any
) -> None:
    final = make_score(8, checkpoint="final", final_epochs={"1": 60}, speakers=3)
    (section,) = report_sections(make_report(final))
    assert section.header == ("system", "dev", "test", "interval", "epochs or C")
    assert (section.rows[0][1], section.rows[0][-1]) == ("-", "final 60")
    (bare,) = report_sections(make_report(make_score(8)))
    assert bare.rows[0][-1] == "-"
