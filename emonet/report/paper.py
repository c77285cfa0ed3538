"""The paper's tables, made from a report: Table 3, Table 4 with its tests, and parameter counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from emonet.corpus.corpus import Published, PublishedResult
from emonet.evaluate.baseline import LEVEL, BaselineComparison
from emonet.evaluate.interval import JACKKNIFE, SPREAD
from emonet.evaluate.metrics import METRICS
from emonet.evaluate.predictions import Part
from emonet.report import cells
from emonet.report.curves import mean_curve, sparkline
from emonet.report.grid import Grid, Line, grid_of
from emonet.report.results import Report
from emonet.report.rows import Row
from emonet.report.table import Table

_PAPER = "  paper"
_POINTS = {"epoch": "epochs", "round": "rounds", "c": "values of C"}


def systems_table(report: Report) -> Table:
    """Return the paper's Table 3: all systems at the best and final epoch, on dev and test."""
    grid = grid_of(report.scores, report.means)
    parts = tuple(part for part in _PARTS if part == "dev" or any(score.part == part for score in report.scores))
    header = ("task", "chance", *(f"{system} {part}" for system in grid.systems for part in parts))
    rows: list[tuple[str, ...]] = []
    for line in grid.lines:
        found = [line.rows.get(system) for system in grid.systems]
        values = [cells.means(row, part) if row else cells.NOTHING for row in found for part in parts]
        rows.append((line.label, cells.chance(next(iter(line.rows.values()))), *values))
        published = report.published.get(line.task)
        if published:
            theirs = [_published(published, row, part) for row in found for part in parts]
            rows.append((_PAPER, f"{published.chance:.1f}", *theirs))
    notes = ("Best epoch on dev / final epoch, in % for classes; means over seeds.", *_published_notes(report, grid))
    return Table(header, tuple(rows), notes, "All systems, best and final")


def strategies_table(report: Report) -> Table:
    """Return the paper's Table 4: test scores of the baseline and all others, with marks where they differ."""
    grid = grid_of(report.scores, report.means)
    baselines = tuple(dict.fromkeys(each.baseline for each in report.comparisons))
    systems = (*baselines, *(system for system in grid.systems if system not in baselines))
    marks = {(each.task, each.system): each for each in report.comparisons}
    rows: list[tuple[str, ...]] = []
    for line in grid.lines:
        values = [_test_cell(line, system, marks.get((line.task, system))) for system in systems]
        rows.append((line.label, cells.chance(next(iter(line.rows.values()))), *values))
        published = report.published.get(line.task)
        if published:
            theirs = [_published(published, line.rows.get(system), "test", marked=True) for system in systems]
            rows.append((_PAPER, f"{published.chance:.1f}", *theirs))
    named = (f"{name} (baseline)" if name in baselines else name for name in systems)
    return Table(("task", "chance", *named), tuple(rows), _mark_notes(report, grid), "Against the baseline, on test")


def tests_table(report: Report) -> Table:
    """Return every test behind the marks: counts, p values, difference and its interval."""
    header = ("task", "system", "b", "c", "p", "p (Holm)", "p by seed", "difference", "interval")
    cautions = list(dict.fromkeys(each.caution for each in report.comparisons if each.caution))
    rows = []
    for each in report.comparisons:
        low, high = (signed(end, each) for end in (each.interval.low, each.interval.high))
        span = f"{low} to {high}" if each.interval.level is None else f"[{low}, {high}]"
        others = ", ".join(p_value(test.p) for test in each.tests) if len(each.tests) > 1 else cells.NOTHING
        number = f" ({cautions.index(each.caution) + 1})" if each.caution else ""
        test = each.tests[0]
        errors = (cells.NOTHING if count is None else str(count) for count in (test.only_baseline, test.only_system))
        counts = (*errors, p_value(test.p), p_value(each.p_holm))
        rows.append((each.task, each.system + number, *counts, others, signed(each.difference, each), span))
    notes = (*_test_notes(report.comparisons), *(f"({place}) {text}." for place, text in enumerate(cautions, 1)))
    return Table(header, tuple(rows), notes, "Tests against the baseline")


def parameters_table(report: Report) -> Table:
    """Return how many parameters each system has, as a range over tasks."""
    systems: dict[tuple[str, str], list[int]] = {}
    for score in report.scores:
        found = systems.setdefault((score.system, score.strategy), [])
        found += [] if score.parameters is None else [score.parameters]
    rows = ((system, strategy, _range(counts)) for (system, strategy), counts in systems.items())
    return Table(("system", "strategy", "parameters"), tuple(rows), (), "Parameters of the model of one task")


def curves_table(report: Report) -> Table:
    """Return learning curves as rows of bars: what was watched on dev, the mean over folds and seeds."""
    groups: dict[tuple[str, str, str], list[int]] = {}
    for place, curve in enumerate(report.curves):
        if curve.watched:
            groups.setdefault((curve.system, curve.task, curve.axis), []).append(place)
    rows = []
    for (system, task, axis), places in groups.items():
        values = [value for _, value in mean_curve([report.curves[place] for place in places])]
        if values:
            metric = METRICS.get(report.curves[places[0]].metric, METRICS["uar"])
            ends = f"{cells.number(min(values), metric)} to {cells.number(max(values), metric)}"
            rows.append((system, task, f"{len(values)} {_POINTS[axis]}", ends, sparkline(values)))
    notes = ("The metric on dev, of classes in %; the mean over the folds and seeds that got as far.",)
    return Table(("system", "task", "points", "low to high", "curve"), tuple(rows), notes, "Learning curves")


def confusion_tables(report: Report) -> tuple[Table, ...]:
    """Return the confusion matrix of each system and task on test at the best epoch, summed over seeds."""
    tables = []
    for line in grid_of(report.scores, report.means).lines:
        for system, row in line.rows.items():
            counts = confusion_of(row)
            if counts:
                classes = row.of_part("test")[0].classes
                body = tuple((label, *map(str, line_)) for label, line_ in zip(classes, counts, strict=True))
                tables.append(Table(("truth \\ said", *classes), body, (), f"{line.label}: {system}"))
    return tuple(tables)


def confusion_of(row: Row) -> tuple[tuple[int, ...], ...]:
    """Return the confusion matrix (K, K) on test, summed over seeds; () where there is none."""
    found = [score.confusion for score in row.of_part("test") if score.confusion]
    return tuple(tuple(map(sum, zip(*lines, strict=True))) for lines in zip(*found, strict=True))


def p_value(p: float) -> str:
    """Return a p value with three decimals, or ``<0.001``.

    >>> p_value(0.04), p_value(0.00002)
    ('0.040', '<0.001')
    """
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def signed(value: float, comparison: BaselineComparison) -> str:
    """Return a difference with its sign."""
    text = cells.number(value, METRICS[comparison.metric])
    return text if text.startswith("-") else f"+{text}"


_PARTS: tuple[Part, Part] = ("dev", "test")


def _test_cell(line: Line, system: str, comparison: BaselineComparison | None) -> str:
    row = line.rows.get(system)
    value = cells.best_of(row, "test") if row else cells.NOTHING
    if comparison is None:
        return value
    uncorrected = f" ({comparison.uncorrected_mark})" if comparison.uncorrected_mark else ""
    return value + (f" {comparison.mark}" if comparison.mark else uncorrected)


def _published(published: Published, row: Row | None, part: Part, *, marked: bool = False) -> str:
    """Return the paper's values for the row's strategy: best / final, or by name where several may be meant."""
    systems: dict[str, list[str]] = {}
    for result in _alike(published, row) if row else ():
        value = result.test if part == "test" else result.dev
        if value is not None and not (marked and result.checkpoint == "final"):
            systems.setdefault(result.system, []).append(_value(value, result, marked=marked))
    texts = {name: " / ".join(values) for name, values in systems.items()}
    if len(texts) == 1:
        return next(iter(texts.values()))
    return "; ".join(f"{name} {text}" for name, text in texts.items()) or cells.NOTHING


def _alike(published: Published, row: Row) -> list[PublishedResult]:
    """Return the paper's results for the row's strategy; of several systems, those that the row's is named after."""
    found = [result for result in published.results if result.strategy == row.first.strategy]
    named = [result for result in found if _word(result.system.split("+")[0]) in _word(row.first.system)]
    return named if len({result.system for result in found}) > 1 and named else found


def _word(text: str) -> str:
    return "".join(sign for sign in text.lower() if sign.isalnum())


def _value(value: float | None, result: PublishedResult, *, marked: bool) -> str:
    return f"{value:.1f} {result.mark}".rstrip() if marked else f"{value:.1f}"


def _published_notes(report: Report, grid: Grid) -> Iterable[str]:
    shown = [line for line in grid.lines if line.task in report.published]
    if shown:
        yield (
            "paper: UAR that the EmoNet paper reports for the same strategy, on partitions of its own; where it has "
            "several systems of one strategy, the one that ours is named after."
        )
    for line in shown:
        chance = line.first.chance
        if chance is not None and abs(100 * chance - report.published[line.task].chance) > 0.1:
            yield f"{line.task}: the paper's chance level differs, so that its classes are not the same."


def _mark_notes(report: Report, grid: Grid) -> tuple[str, ...]:
    several = any(len(each.tests) > 1 for each in report.comparisons)
    classes, numbers = _kinds(report.comparisons)
    after = f"p < {LEVEL} after Holm's correction over each system's tasks; in brackets: before the correction only."
    return (
        *((f"Best epoch. + fewer errors than the baseline, - more: exact McNemar test, {after}",) if classes else ()),
        *(
            ("The marks are about the share of errors, which need not move with UAR where classes are unbalanced.",)
            if classes
            else ()
        ),
        *((f"Numbers: + better than the baseline, - worse: paired randomisation test, {after}",) if numbers else ()),
        *(
            ("The marks are the lowest seed's, unless the seeds together point the other way; all are listed.",)
            if several
            else ()
        ),
        *_published_notes(report, grid),
        *(("The paper's marks are without correction.",) if report.published else ()),
    )


def _test_notes(comparisons: Sequence[BaselineComparison]) -> Iterable[str]:
    classes, numbers = _kinds(comparisons)
    if classes:
        yield "b: utterances that only the baseline gets right, c: only the system; p: exact two-sided McNemar test."
    for kind in sorted({each.interval.kind for each in numbers}):
        yield f"p of numbers: two-sided paired randomisation test of the metric, swapping {kind} between the systems."
    for kind in sorted({each.interval.kind for each in comparisons}):
        notes = sorted({each.interval.note for each in comparisons if each.interval.kind == kind} - {""})
        why = f" ({'; '.join(notes)})" if notes else ""
        how = f"95 % interval by the {JACKKNIFE}" if kind == "speakers" else SPREAD
        yield f"Difference: system - baseline, the mean over seeds; {how}{why}."


def _kinds(
    comparisons: Iterable[BaselineComparison],
) -> tuple[list[BaselineComparison], list[BaselineComparison]]:
    """Return the comparisons of classes, and those of numbers."""
    found: dict[str, list[BaselineComparison]] = {"categorical": [], "dimensional": []}
    for each in comparisons:
        found[METRICS[each.metric].kind].append(each)
    return found["categorical"], found["dimensional"]


def _range(counts: Sequence[int]) -> str:
    ends = dict.fromkeys((min(counts), max(counts))) if counts else {}
    return " to ".join(f"{count:,}" for count in ends) or cells.NOTHING
