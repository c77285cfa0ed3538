"""Whole reports over runs: merged, told apart, tested against a baseline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from emonet.errors import EmonetError, UnknownName
from emonet.evaluate.predictions import Predictions, concat
from emonet.evaluate.score import score_predictions, seed_means
from emonet.files import write_json
from emonet.findings import Level, Verdict, about_system
from emonet.plugin.registry import load_registry
from emonet.report.folder import RunFolder
from emonet.report.loading import published_results, whole_report
from emonet.report.results import LeftOut, OpeningCount, Report
from emonet.report.table import report_table
from tests.helpers.whole import PUBLISHED, predictions, setting, tables


def run(folder: Path, found: list[Predictions], *, one_file: bool = True) -> tuple[Path, Report]:
    """Write a run's predictions and a history, and return its folder with its report."""
    if one_file:
        concat(found).write_parquet(folder / "predictions.parquet")
    else:
        for number, each in enumerate(found):
            each.write_parquet(folder / "predictions" / f"{number}.parquet")
    system = found[0].rows[0].system
    write_json(folder / "history" / system / "foo%2Femotion" / "fold-1-seed-1.json", [{"epoch": 1, "dev_uar": 0.5}])
    scores = tuple(score_predictions(each, setting(each.rows[0].system, each.rows[0].corpus)) for each in found)
    return folder, Report(folder.name, str(folder), "2026-01-02T03:04:05+00:00", "0.1.0", scores, ("A note.",))


@pytest.mark.parametrize("one_file", [True, False])
def test_one_run_gains_curves_tests_and_published_values(tmp_path: Path, one_file: bool) -> None:
    made = run(tmp_path / "first", tables(), one_file=one_file)
    published = {"foo/emotion": PUBLISHED, "other/emotion": PUBLISHED}
    report = whole_report([made], baseline="net", published=published)
    assert [(each.task, each.system) for each in report.comparisons] == [
        ("foo/emotion", "linear-svm"),
        ("bar_corpus/emotion", "linear-svm"),
        ("foo/emotion", "all_corpora"),
        ("bar_corpus/emotion", "all_corpora"),
    ]
    assert [curve.task for curve in report.curves] == ["foo/emotion"]
    assert list(report.published) == ["foo/emotion"]
    assert (report.name, report.notes) == ("first", ("A note.",))


def test_without_a_baseline_no_predictions_are_needed(tmp_path: Path) -> None:
    folder, report = run(tmp_path / "first", tables())
    (folder / "predictions.parquet").unlink()
    assert whole_report([(folder, report)]).comparisons == ()
    with pytest.raises(EmonetError, match="there are no predictions in this run"):
        whole_report([(folder, report)], baseline="net")


def test_runs_are_merged_and_systems_of_different_runs_tested(tmp_path: Path) -> None:
    first = run(tmp_path / "first", [predictions("net", 15)])
    second = run(tmp_path / "second", [predictions("all_corpora", 2)])
    report = whole_report([first, second], baseline="net")
    assert (report.name, report.notes) == ("first, second", ("A note.",))
    (found,) = report.comparisons
    assert (found.system, found.baseline, found.mark) == ("all_corpora", "net", "+")


def test_systems_of_one_name_are_told_apart_by_their_runs(tmp_path: Path) -> None:
    runs = [run(tmp_path / name, [predictions("net", wrong)]) for name, wrong in (("first", 15), ("second", 2))]
    report = whole_report(runs, baseline="net (first)")
    assert {score.system for score in report.scores} == {"net (first)", "net (second)"}
    assert {curve.system for curve in report.curves} == {"net (first)", "net (second)"}
    assert [(each.system, each.baseline) for each in report.comparisons] == [("net (second)", "net (first)")]


def test_systems_of_one_name_with_other_settings_are_no_seeds_of_one_system(tmp_path: Path) -> None:
    runs = []
    for name, seed, method in (("first", 1, "a"), ("more", 2, "a"), ("other", 3, "b")):
        folder, report = run(tmp_path / name, [predictions("net", 9 + seed, seed=seed)])
        runs.append((folder, replace(report, scores=tuple(replace(each, method=method) for each in report.scores))))
    assert {score.system for score in whole_report(runs[:2]).scores} == {"net"}
    report = whole_report(runs, baseline="net (first)", compare_from=1)
    assert [(score.system, score.seed) for score in report.scores] == [
        ("net (first)", 1),
        ("net (first)", 2),
        ("net (other)", 3),
    ]
    assert [(mean.system, mean.seeds) for mean in report.means] == [("net (first)", (1, 2))]


def test_what_a_system_learned_before_is_told_of_the_run_that_it_is_true_of(tmp_path: Path) -> None:
    runs, levels = [], dict[str, Level](first="problem", second="ok")
    for name, level in levels.items():
        folder, report = run(tmp_path / name, [predictions("net", 15)])
        verdict = Verdict(subject=about_system("net"), hash="", level=level, summary=level, findings=())
        runs.append((folder, replace(report, audits=(verdict,))))
    assert [each.line for each in whole_report(runs).audits] == [
        "Audit of what 'net (first)' learned before: problem: problem.",
        "Audit of what 'net (second)' learned before: ok: ok.",
    ]
    assert [each.line for each in whole_report(runs[:1]).audits] == [
        "Audit of what 'net' learned before: problem: problem."
    ]


def test_seeds_of_several_runs_have_an_interval_of_their_mean_where_predictions_are_there(tmp_path: Path) -> None:
    runs = [run(tmp_path / f"seed-{seed}", [predictions("net", 9 + seed, seed=seed)]) for seed in (1, 2)]
    (mean,) = whole_report(runs).means
    assert (mean.system, mean.seeds, mean.interval.seeds) == ("net", (1, 2), 2)
    (tmp_path / "seed-2" / "predictions.parquet").unlink()
    assert whole_report(runs).means == ()


def test_means_over_seeds_are_kept_and_renamed_with_their_systems(tmp_path: Path) -> None:
    found = [predictions("net", 9 + seed, seed=seed) for seed in (1, 2)]
    folder, report = run(tmp_path / "first", found)
    report = replace(report, means=seed_means(report.scores, found))
    assert whole_report([(folder, report)]).means == report.means
    other = run(tmp_path / "second", [predictions("net", 1)])
    (mean,) = whole_report([(folder, report), other]).means
    assert (mean.system, mean.interval) == ("net (first)", report.means[0].interval)


def test_one_system_over_a_run_for_each_corpus_keeps_its_name(tmp_path: Path) -> None:
    runs = [run(tmp_path / corpus, [predictions("net", 5, corpus=corpus)]) for corpus in ("foo", "bar")]
    assert {score.system for score in whole_report(runs).scores} == {"net"}


def test_the_tests_of_several_runs_in_one_table_are_corrected_together(tmp_path: Path) -> None:
    runs = []
    for corpus in ("foo", "bar"):
        found = [predictions("net", 15, corpus=corpus), predictions("all_corpora", 2, corpus=corpus)]
        folder, report = run(tmp_path / corpus, found)
        runs.append((folder, replace(report, comparisons=whole_report([(folder, report)], baseline="net").comparisons)))
    alone = [report.comparisons[0] for _, report in runs]
    merged = whole_report(runs).comparisons
    assert [each.p_holm for each in alone] == [each.p for each in alone]
    assert [each.p_holm for each in merged] == [2 * each.p for each in alone if each.p is not None]


def test_seeds_of_several_runs_are_tested_together_where_each_run_named_one_baseline(tmp_path: Path) -> None:
    runs = []
    for seed in (1, 2, 3):
        found = [predictions("net", 12 + seed, seed=seed), predictions("all_corpora", seed, seed=seed)]
        folder, report = run(tmp_path / f"seed-{seed}", found)
        runs.append((folder, replace(report, comparisons=whole_report([(folder, report)], baseline="net").comparisons)))
    (together,) = whole_report(runs).comparisons
    assert together.seeds == (1, 2, 3)
    assert together == whole_report(runs, baseline="net").comparisons[0]
    # Without all predictions, what each run found on its own is all there is.
    (tmp_path / "seed-2" / "predictions.parquet").unlink()
    assert [each.seeds for each in whole_report(runs).comparisons] == [(1,), (2,), (3,)]


def test_comparisons_of_a_run_are_kept_and_renamed_with_its_systems(tmp_path: Path) -> None:
    folder, report = run(tmp_path / "first", [predictions("net", 15), predictions("all_corpora", 2)])
    compared = replace(report, comparisons=whole_report([(folder, report)], baseline="net").comparisons)
    assert whole_report([(folder, compared)]).comparisons == compared.comparisons
    other = run(tmp_path / "second", [predictions("net", 1)])
    (found,) = whole_report([(folder, compared), other]).comparisons
    assert (found.system, found.baseline) == ("all_corpora", "net (first)")


def test_what_cannot_be_reported_is_refused(tmp_path: Path) -> None:
    made = run(tmp_path / "first", [predictions("net", 15)])
    with pytest.raises(EmonetError, match="There is nothing to report"):
        whole_report([])
    with pytest.raises(EmonetError, match=r"The run .*first is given twice\. Give each run once"):
        whole_report([made, made])
    with pytest.raises(UnknownName, match=r"Unknown baseline 'nett'\. Did you mean 'net'"):
        whole_report([made], baseline="nett")


def test_predictions_in_many_files_are_read_in_order(tmp_path: Path) -> None:
    folder, _ = run(tmp_path / "first", tables(), one_file=False)
    assert len(RunFolder(folder).predictions()) == len(tables())


def test_published_results_come_from_the_cards_for_their_first_targets() -> None:
    found = published_results(load_registry().corpora.values())
    assert len(found) >= 5
    assert all(task.endswith("/emotion") for task in found)


def test_runs_that_heard_other_audio_are_told_apart(tmp_path: Path) -> None:
    (folder, one), (other_folder, other) = (
        run(tmp_path / name, [predictions(name, 2)]) for name in ("net", "linear-svm")
    )
    heard = [(folder, replace(one, content={"foo": "1"})), (other_folder, replace(other, content={"foo": "2"}))]
    note = "The prepared data of 'foo' (its audio, or its table) are not the same in all of these runs."
    assert whole_report(heard).notes == ("A note.", note)
    assert whole_report([heard[0], (other_folder, replace(other, content={"foo": "1"}))]).notes == ("A note.",)


def test_of_runs_under_one_protocol_the_latest_count_of_openings_is_told(tmp_path: Path) -> None:
    count = OpeningCount(protocol="foo/p", hash="1a2b3c4d", times=7, fewest=7, systems=5, by_run=False)
    fewer = replace(count, times=2, systems=2, by_run=True)
    (folder, one), (other_folder, other) = (
        run(tmp_path / name, [predictions(name, 2)]) for name in ("net", "linear-svm")
    )
    report = whole_report(
        [(folder, replace(one, openings=(count,))), (other_folder, replace(other, openings=(fewer,)))]
    )
    assert report.openings == (replace(count, by_run=True),)
    assert Report.from_json(report.to_json()).openings == report.openings


def test_what_each_run_lacks_is_told_once_of_all_of_them(tmp_path: Path) -> None:
    lost = LeftOut(
        corpus="foo",
        protocol="foo/p",
        hash="1a2b3c4d5e",
        count=3,
        folds=1,
        splits={"train": 1, "test": 2},
        reasons={"silent": 2, "empty": 1},
    )
    more = replace(lost, corpus="bar", protocol="bar/p", folds=2)
    (folder, one), (other_folder, other) = (
        run(tmp_path / name, [predictions(name, 2)]) for name in ("net", "linear-svm")
    )
    report = whole_report(
        [(folder, replace(one, left_out=(lost,))), (other_folder, replace(other, left_out=(lost, more)))]
    )
    assert report.left_out == (lost, more)
    assert Report.from_json(report.to_json()).left_out == report.left_out
    said = "3 utterances; silent 2, empty 1; test 2, train 1"
    notes = report_table(report).footnotes
    assert f"Left out of foo/p #1a2b3c4d: {said}. The run's left_out.json names them." in notes
    assert f"Left out of bar/p #1a2b3c4d: {said} (in some fold). The run's left_out.json names them." in notes
