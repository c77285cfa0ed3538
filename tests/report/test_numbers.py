"""Reports of numbers: CCC never in per cent, no confusion, randomisation instead of McNemar, units that are said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emonet.evaluate.baseline import compare_with_baseline
from emonet.evaluate.predictions import Pass, Predictions
from emonet.evaluate.score import Setting, score_predictions
from emonet.report import cells, paper
from emonet.report.compare import compare, comparison_table
from emonet.report.curves import Curve
from emonet.report.results import Report
from emonet.report.rows import by_task_and_system, rows_of
from emonet.report.table import report_sections, report_table
from emonet.report.text import table_as_text
from emonet_plugins.formats import html, latex, markdown, terminal
from emonet_plugins.html_report import heat_map, whiskers
from tests.helpers.whole import whole

HEAD = "foo/valence+arousal"
OFF = {"net": 2.0, "svm": 0.2}


def rows(system: str, target: str, seed: int) -> Predictions:
    truth = np.linspace(1, 5, 40)
    said = truth + OFF[system] * np.random.default_rng(seed).normal(0, 1, 40)
    ids, speakers = [f"u{number}" for number in range(40)], [f"s{number % 8}" for number in range(40)]
    texts = [[f"{value:.9g}" for value in column] for column in (truth, said)]
    return Pass("foo", target, "test", "1", seed, system, "best").predictions(ids, *texts, speakers=speakers)


def numbers(seeds: tuple[int, ...] = (1,), metric: str = "ccc") -> Report:
    """Return a report of two systems on the two dimensions of one head."""
    found = [rows(system, target, seed) for target in ("valence", "arousal") for system in OFF for seed in seeds]
    settings = {
        "net": Setting(strategy="scratch", protocol_id="foo/p", protocol_hash="1a2b3c4d", best_epochs={"1": 3}),
        "svm": Setting(strategy="svm", protocol_id="foo/p", protocol_hash="1a2b3c4d", chosen={"1": 0.1}),
    }
    scores = tuple(
        score_predictions(
            each,
            replace(settings[each.rows[0].system], metric=metric, head=HEAD, range=(1.0, 5.0), unit="rating"),
        )
        for each in found
    )
    series = {f"dev_{metric}": (0.1, 0.4), f"dev_{metric}_valence": (0.2, 0.5)}
    return Report(
        name="numbers",
        folder="runs/numbers",
        created="2026-01-02T03:04:05+00:00",
        version="0.1.0",
        scores=scores,
        notes=("foo/valence: left out",),
        comparisons=compare_with_baseline(found, scores, "net", compare_from=1),
        curves=(Curve("net", HEAD, "1", 1, "epoch", (1.0, 2.0), series),),
    )


def test_sections_say_range_and_unit_and_show_ccc_with_correlation_and_error() -> None:
    report = numbers()
    first, second = report_sections(report)
    assert first.title.startswith("foo/valence: 40 test utterances of 8 speakers; CCC of numbers from 1 to 5 rating; ")
    row = dict(zip(first.header, first.rows[1], strict=True))
    metrics = next(score.metrics for score in report.scores if score.system == "svm")
    assert row["test"] == f"{metrics['ccc']:.3f}"
    assert (row["test r"], row["test MAE"]) == (f"{metrics['pearson']:.3f}", f"{metrics['mae']:.3f}")
    assert [cells_[0] for cells_ in first.rows] == ["net (1)", "svm"]
    assert any("one head learns valence+arousal together" in note for note in second.footnotes)
    assert any(note.startswith("Scores of numbers") for note in second.footnotes)
    assert not any("in %" in note for note in second.footnotes)
    assert "foo/valence: left out" in second.footnotes


def test_classes_alone_have_no_column_for_numbers() -> None:
    assert not {"test r", "test MAE"} & set(report_table(whole()).header)
    assert all(cells.on_test(row, "pearson") == "-" for row in rows_of(whole().scores))
    assert {"test r", "test MAE"} <= set(report_table(numbers()).header)


@pytest.mark.parametrize(("width", "shown"), [(80, slice(0, None)), (60, slice(1, -1))])
def test_the_header_over_numbers_of_several_seeds_is_on_one_line(width: int, shown: slice) -> None:
    sections = report_sections(numbers((1, 2, 3)))
    assert len(sections) == 2
    for table in sections:
        lines = table_as_text(table, width=width).splitlines()
        assert max(map(len, lines[2:8])) <= width
        head = next(line for line in lines if "test MAE" in line)
        assert head.split() == " ".join(table.header[shown]).split()


def test_tests_of_numbers_are_over_speakers_and_none_is_of_clips() -> None:
    report = numbers()
    table = paper.tests_table(report)
    valence = dict(zip(table.header, table.rows[0], strict=True))
    assert valence["p"] == "0.008"
    assert any("sign flip test of the difference" in note for note in table.footnotes)
    assert paper.clips_table(report) is None
    assert any("no mark from one seed" in note for note in table.footnotes)
    assert paper.strategies_table(report).rows[0][-1][-1].isdigit()


def test_classes_and_numbers_stand_in_one_table_of_tests() -> None:
    classes, report = whole(), numbers()
    mixed = replace(
        report, scores=(*classes.scores, *report.scores), comparisons=(*classes.comparisons, *report.comparisons)
    )
    assert len(paper.tests_table(mixed).rows) == len(classes.comparisons) + len(report.comparisons)
    clips = paper.clips_table(mixed)
    assert clips is not None
    assert len(clips.rows) == len(classes.comparisons)
    assert "UAR or CCC" in " ".join(report_table(mixed).header) or "CCC or UAR" in " ".join(report_table(mixed).header)


def test_curves_of_numbers_are_not_in_per_cent() -> None:
    (row,) = paper.curves_table(numbers()).rows
    assert row[:4] == ("net", HEAD, "2 epochs", "0.100 to 0.400")


@pytest.mark.parametrize("write", [terminal, markdown, latex, html])
def test_every_format_shows_numbers_of_several_seeds(write: object) -> None:
    text = write(numbers((1, 2)))  # type: ignore[operator]
    assert "CCC" in text
    assert "±" in text or r"\pm" in text
    assert "truth \\ said" not in text
    assert "Confusion matrices" not in text


def test_bars_of_ccc_go_from_minus_one_to_one_with_a_line_at_zero() -> None:
    report = numbers()
    (net, svm), _ = (whiskers(line) for line in by_task_and_system(report.scores).tasks)
    value = next(score.value for score in report.scores if score.system == "svm")
    assert svm.value == pytest.approx(50 * (value + 1), abs=0.1)
    assert svm.chance == net.chance == 50.0
    assert net.low < net.value < net.high
    assert whiskers(by_task_and_system(numbers(metric="mae").scores).tasks[0]) == []


def test_the_heat_map_has_a_full_colour_for_each_metric() -> None:
    classes, report = whole(), numbers()
    heat = heat_map(by_task_and_system((*classes.scores, *report.scores)), "net")
    points, ccc = heat["strongest"].split(", ")
    assert points.endswith(" points")
    assert ccc.endswith(" CCC")
    assert 0 < float(ccc.split()[0]) < 2


def test_a_lower_error_is_blue_in_the_heat_map() -> None:
    heat = heat_map(by_task_and_system(numbers(metric="mae").scores), "net")
    assert [cell.colour for cell in heat["rows"][0][1]] == ["", "", "", "up"]


def test_runs_of_numbers_are_compared_without_per_cent() -> None:
    one = numbers()
    table = comparison_table(compare([one, replace(one, name="again")]))
    assert table.rows[0][-1] == "+0.000"


def test_a_report_of_numbers_survives_json() -> None:
    report = numbers()
    again = Report.from_json(report.to_json())
    assert again.comparisons == report.comparisons
    assert again.scores == report.scores
