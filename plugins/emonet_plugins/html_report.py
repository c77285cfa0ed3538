"""A report as one HTML file that needs no script, no font and no other file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from emonet.audio.statistics import CorpusStatistics
from emonet.errors import counted
from emonet.evaluate.metrics import METRICS, Metric
from emonet.evaluate.predictions import ScoredSplit
from emonet.report import cells, paper
from emonet.report.curves import Curve, mean_curve
from emonet.report.figures import corpora_table
from emonet.report.results import Report
from emonet.report.rows import ByTaskAndSystem, Row, TaskRows, by_task_and_system, difference_of, mean_of
from emonet.report.table import report_sections
from emonet_plugins import charts, corpus_charts

if TYPE_CHECKING:
    from markupsafe import Markup

SPLITS: tuple[ScoredSplit, ScoredSplit] = ("dev", "test")
STRONGEST = 72
"""Share of a colour, in per cent, behind the largest difference; text stays readable on it."""

_X_TITLES = {"epoch": "epoch", "round": "round", "c": "C"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A coloured cell: its text, the colour's class, and its share in per cent."""

    text: str
    colour: str = ""
    share: int = 0


def report_as_html(report: Report) -> str:
    """Return a whole page: scores, the paper's tables, heat map, curves, confusion matrices, parameters."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["breakable"] = breakable
    template = environment.from_string(files("emonet_plugins").joinpath("report.html.j2").read_text(encoding="utf-8"))
    return template.render(report=report, size=charts, **_sections(report)) + "\n"


def breakable(text: str) -> Markup:
    """Return a name, escaped, that may be broken after a slash, a hyphen or an underscore."""
    from markupsafe import Markup, escape

    broken = escape(text)
    for sign in "/_-":
        broken = broken.replace(sign, Markup(f"{sign}<wbr>"))  # noqa: S704 - three fixed signs, nothing of the user's
    return broken


def _sections(report: Report) -> dict[str, Any]:
    table = by_task_and_system(report.scores, report.means)
    compared = bool(report.comparisons)
    return {
        "scores": report_sections(report),
        "corpora": corpora_section(report),
        "whiskers": [(line.label, found) for line in table.tasks if (found := whiskers(line))],
        "systems": paper.systems_table(report),
        "strategies": paper.strategies_table(report) if compared else None,
        "tests": paper.tests_table(report) if compared else None,
        "clips": paper.clips_table(report) if compared else None,
        "heat": heat_map(table, report.comparisons[0].baseline) if compared else None,
        "curves": curve_charts(report),
        "confusions": [each for line in table.tasks for each in _confusions(line)],
        "parameters": paper.parameters_table(report),
    }


def corpora_section(report: Report) -> dict[str, Any] | None:
    """Return Table 1 of the run's corpora and their durations (paper, 3.4), None where the run says nothing of them."""
    if not report.corpora:
        return None
    return {
        "table": replace(corpora_table(report.corpora), title=""),
        "boxes": corpus_charts.box_chart(report.corpora),
        "histogram": corpus_charts.histogram(report.corpora),
        "beyond": sum(each.beyond for each in report.corpora),
        "makeup": [found for each in report.corpora for found in _makeup(each)],
    }


def _makeup(corpus: CorpusStatistics) -> Iterable[dict[str, Any]]:
    """Yield the classes of each target with their cells and counts, and how many samples a speaker has."""
    counts = corpus.speakers.values()
    known = "speakers unknown"
    if counts:
        span = str(max(counts)) if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
        known = f"{counted(len(counts), 'speaker')}, {span} samples each"
    for target, classes in corpus.classes.items():
        most = max(classes.values(), default=0)
        if most:
            cells_of = corpus.cells.get(target, {})
            rows = [
                (label, cells_of.get(label, cells.NOTHING), Cell(str(count), "hit", round(STRONGEST * count / most)))
                for label, count in classes.items()
            ]
            yield {"title": f"{corpus.corpus}/{target}", "rows": rows, "speakers": known}


def whiskers(line: TaskRows) -> list[charts.Whisker]:
    """Return the test score of every system on a task with its interval: of classes from 0 to 100 %, CCC from -1 to 1.

    Errors of numbers have no end to be drawn to.
    """
    found = []
    for system, row in line.rows.items():
        scores = row.of_split("test")
        lowest = _LOWEST.get(METRICS[scores[0].metric].name) if scores else None
        if lowest is not None:
            value = cells.best_of(row, "test")
            mean = sum(score.value for score in scores) / len(scores)
            # Where the interval is unknown, a point is all that can be drawn.
            span = (row.interval.low, mean, row.interval.high) if row.interval else (mean, mean, mean)
            guess = row.first.chance if row.first.range is None else 0.0
            low, middle, high = (_place(each, lowest) for each in span)
            chance = None if guess is None else _place(guess, lowest)
            claimed = row.interval is not None and row.interval.level is not None
            found.append(charts.Whisker(system, f"{value} {cells.interval(row)}", low, middle, high, chance, claimed))
    return found


_LOWEST = {**{name: 0.0 for name, metric in METRICS.items() if metric.kind == "categorical"}, "ccc": -1.0}
"""Metric -> the left end of the bars that it is drawn on; the right end is 1."""


def _place(value: float, lowest: float) -> float:
    """Return where a value lies on a bar, in per cent of its length."""
    return round(100 * (value - lowest) / (1 - lowest), 1)


def heat_map(table: ByTaskAndSystem, baseline: str) -> dict[str, Any]:
    """Return the paper's Figure 7: values on dev and test, coloured by their difference to the baseline.

    The full colour stands for the largest difference in the same metric.
    """
    systems = (baseline, *(system for system in table.systems if system != baseline))
    strongest: dict[str, float] = {}
    for line in table.tasks:
        name = line.first.metric
        differences = (difference_of(line, system, baseline, split) or 0.0 for system in systems for split in SPLITS)
        strongest[name] = max(strongest.get(name, 0.0), *map(abs, differences))
    rows = [
        (line.label, [_heat(line, system, baseline, split, strongest) for system in systems for split in SPLITS])
        for line in table.tasks
    ]
    full = ", ".join(_full_colour(value or 1.0, METRICS[name]) for name, value in strongest.items())
    return {"baseline": baseline, "systems": systems, "rows": rows, "strongest": full}


def _full_colour(value: float, metric: Metric) -> str:
    unit = "points" if metric.kind == "categorical" else metric.title
    return f"{cells.number(value, metric)} {unit}"


def _heat(line: TaskRows, system: str, baseline: str, split: ScoredSplit, strongest: Mapping[str, float]) -> Cell:
    value = mean_of(line.rows.get(system), split)
    if value is None:
        return Cell(cells.NOTHING)
    difference = difference_of(line, system, baseline, split) or 0.0
    colour = "up" if difference > 0 else "down" if difference < 0 else ""
    share = round(STRONGEST * abs(difference) / (strongest[line.first.metric] or 1.0))
    return Cell(cells.number(value, METRICS[line.first.metric]), colour, share)


def _confusions(line: TaskRows) -> Iterable[dict[str, Any]]:
    for system, row in line.rows.items():
        counts = paper.confusion_of(row)
        if counts:
            yield {"title": line.label, "system": system, "classes": _classes(row), "rows": _shaded(counts, row)}


def _classes(row: Row) -> tuple[str, ...]:
    return row.of_split("test")[0].classes


def _shaded(counts: Sequence[Sequence[int]], row: Row) -> list[tuple[str, list[Cell], str]]:
    """Return each class with its cells, coloured by their share of the class, and its recall."""
    lines = []
    for place, (label, line) in enumerate(zip(_classes(row), counts, strict=True)):
        total = sum(line)
        shares = [round(STRONGEST * count / total) if total else 0 for count in line]
        shaded = [
            Cell(str(count), "hit" if here == place else "miss", share)
            for here, (count, share) in enumerate(zip(line, shares, strict=True))
        ]
        lines.append((label, shaded, f"{100 * line[place] / total:.1f}" if total else cells.NOTHING))
    return lines


def curve_charts(report: Report) -> list[charts.Chart]:
    """Return a chart for each task and quantity; folds and seeds are thin lines, their mean a thick one."""
    groups: dict[tuple[str, str, str], list[Curve]] = {}
    for curve in report.curves:
        for name in curve.series:
            groups.setdefault((curve.task, curve.axis, name), []).append(curve)
    systems = list(dict.fromkeys(curve.system for curve in report.curves))
    found = []
    for (task, axis, name), curves in groups.items():
        lines = [line for system in systems for line in _lines(system, systems, curves, name)]
        if lines:
            title = f"{task}: {_quantity(name)}"
            found.append(charts.line_chart(title, _X_TITLES[axis], lines, log=axis == "c"))
    return found


def _quantity(name: str) -> str:
    split, _, metric = name.partition("_")
    known, _, dimension = metric.partition("_")
    if metric in METRICS:
        return f"{METRICS[metric].title} on {split}"
    return f"{METRICS[known].title} of {dimension} on {split}" if known in METRICS else name.replace("_", " ")


def _lines(system: str, systems: Sequence[str], curves: Sequence[Curve], name: str) -> Iterable[charts.Drawn]:
    colour = systems.index(system) % charts.COLOURS
    own = [curve for curve in curves if curve.system == system]
    singles = [mean_curve([curve], name) for curve in own]
    if len(own) > 1:
        yield from (charts.Drawn(system, colour, points, is_mean=False) for points in singles if points)
    points = mean_curve(own, name)
    if points:
        yield charts.Drawn(system, colour, points)
