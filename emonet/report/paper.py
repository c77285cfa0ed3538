"""The paper's tables, made from a report: Table 3, Table 4 with its tests, and parameter counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from emonet.corpus.corpus import Published, PublishedResult
from emonet.errors import counted
from emonet.evaluate.baseline import LEVEL, BaselineComparison
from emonet.evaluate.metrics import METRICS
from emonet.evaluate.predictions import ScoredSplit
from emonet.evaluate.significance import LEAST_SEEDS, holm
from emonet.report import cells
from emonet.report.curves import mean_curve, sparkline
from emonet.report.results import Report
from emonet.report.rows import ByTaskAndSystem, Row, TaskRows, by_task_and_system
from emonet.report.table import Table

_PAPER = "  paper"
_POINTS = {"epoch": "epochs", "round": "rounds", "c": "values of C"}


def systems_table(report: Report) -> Table:
    """Return the paper's Table 3: all systems at the best and final epoch, on dev and test."""
    table = by_task_and_system(report.scores, report.means)
    splits = tuple(split for split in _SPLITS if split == "dev" or any(score.split == split for score in report.scores))
    header = ("task", "chance", *(f"{system} {split}" for system in table.systems for split in splits))
    rows: list[tuple[str, ...]] = []
    for line in table.tasks:
        found = [line.rows.get(system) for system in table.systems]
        values = [cells.means(row, split) if row else cells.NOTHING for row in found for split in splits]
        rows.append((line.label, cells.chance(next(iter(line.rows.values()))), *values))
        published = report.published.get(line.task)
        if published:
            theirs = [_published(published, row, split) for row in found for split in splits]
            rows.append((_PAPER, f"{published.chance:.1f}", *theirs))
    notes = ("Best epoch on dev / final epoch, in % for classes; means over seeds.", *_published_notes(report, table))
    return Table(header, tuple(rows), notes, "All systems, best and final")


def strategies_table(report: Report) -> Table:
    """Return the paper's Table 4: test scores of the baseline and all others, with marks where they differ."""
    table = by_task_and_system(report.scores, report.means)
    baselines = tuple(dict.fromkeys(each.baseline for each in report.comparisons))
    systems = (*baselines, *(system for system in table.systems if system not in baselines))
    marks = {(each.task, each.system): each for each in report.comparisons}
    rows: list[tuple[str, ...]] = []
    for line in table.tasks:
        values = [_test_cell(line, system, marks.get((line.task, system))) for system in systems]
        rows.append((line.label, cells.chance(next(iter(line.rows.values()))), *values))
        published = report.published.get(line.task)
        if published:
            theirs = [_published(published, line.rows.get(system), "test", marked=True) for system in systems]
            rows.append((_PAPER, f"{published.chance:.1f}", *theirs))
    named = (f"{name} (baseline)" if name in baselines else name for name in systems)
    return Table(("task", "chance", *named), tuple(rows), _mark_notes(report, table), "Against the baseline, on test")


def tests_table(report: Report) -> Table:
    """Return every test behind the marks: p over speakers, difference and its interval, Almost Stochastic Order."""
    comparisons = report.comparisons
    one_count = len({len(each.seeds) for each in comparisons if each.interval is not None}) < 2
    own_notes = [_own_notes(each, seeds=not one_count) for each in comparisons]
    texts = list(dict.fromkeys(text for each in own_notes for text in each))
    rows = []
    for each, own in zip(comparisons, own_notes, strict=True):
        places = sorted(texts.index(text) + 1 for text in own)
        number = f" ({', '.join(map(str, places))})" if places else ""
        rows.append((each.task, _pair(each, comparisons) + number, *_test_cells(each)))
    header = ("task", "system", "difference", "95 % CI", "p", "p (Holm)", "could find", "ASO")
    notes = (*_test_notes(comparisons), *(f"({place}) {text}." for place, text in enumerate(texts, 1)))
    baselines = " and ".join(dict.fromkeys(each.baseline for each in comparisons))
    return _without_one_task(Table(header, tuple(rows), notes, f"Tests against {baselines}, over speakers"))


def clips_table(report: Report) -> Table | None:
    """Return McNemar's tests, which are the paper's, by seed; None where nothing of classes was compared."""
    tested = [each for each in report.comparisons if each.clips]
    rows = [
        (
            each.task,
            _pair(each, report.comparisons),
            ", ".join(f"{test.only_baseline}/{test.only_system}" for test in each.clips),
            ", ".join(p_value(test.p) for test in each.clips),
            ", ".join(p_value(test.mid_p) for test in each.clips),
        )
        for each in tested
    ]
    notes = (
        "McNemar's exact test, the paper's, for each seed: it treats clips as independent, which one speaker's are "
        "not, and calls equally good systems different far too often. No mark is given by it; p is not corrected.",
        "b: clips that only the baseline gets right, c: only the system; mid-p: by Fagerland et al. (2013).",
    )
    header = ("task", "system", "b/c", "p", "mid-p")
    return _without_one_task(Table(header, tuple(rows), notes, "Test of clips (McNemar)")) if rows else None


def _pair(each: BaselineComparison, comparisons: Sequence[BaselineComparison]) -> str:
    """Return the system's name, with its baseline's where the tests have several."""
    is_one = len({other.baseline for other in comparisons}) == 1
    return each.system if is_one else f"{each.system} - {each.baseline}"


def _without_one_task(table: Table) -> Table:
    """Move the task from the first column to the title where all rows have one."""
    tasks = {row[0] for row in table.rows}
    if len(tasks) != 1:
        return table
    rows = tuple(row[1:] for row in table.rows)
    return Table(table.header[1:], rows, table.footnotes, f"{table.title}: {tasks.pop()}")


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
    for line in by_task_and_system(report.scores, report.means).tasks:
        for system, row in line.rows.items():
            counts = confusion_of(row)
            if counts:
                classes = row.of_split("test")[0].classes
                body = tuple((label, *map(str, line_)) for label, line_ in zip(classes, counts, strict=True))
                tables.append(Table(("truth \\ said", *classes), body, (), f"{line.label}: {system}"))
    return tuple(tables)


def confusion_of(row: Row) -> tuple[tuple[int, ...], ...]:
    """Return the confusion matrix (K, K) on test, summed over seeds; () where there is none."""
    found = [score.confusion for score in row.of_split("test") if score.confusion]
    return tuple(tuple(map(sum, zip(*lines, strict=True))) for lines in zip(*found, strict=True))


def p_value(p: float) -> str:
    """Return a p value with three decimals, or ``<0.001``; what lies between two is not made smaller.

    >>> p_value(0.04), p_value(0.0625), p_value(0.00002)
    ('0.040', '0.063', '<0.001')
    """
    return "<0.001" if p < 0.001 else f"{p + 1e-9:.3f}"


_SPLITS: tuple[ScoredSplit, ScoredSplit] = ("dev", "test")


def _test_cell(line: TaskRows, system: str, comparison: BaselineComparison | None) -> str:
    row = line.rows.get(system)
    value = cells.best_of(row, "test") if row else cells.NOTHING
    if comparison is None:
        return value
    return f"{value} {comparison.mark}".rstrip()


def _test_cells(each: BaselineComparison) -> tuple[str, ...]:
    """Return difference, interval, p values, what could have been found, and epsilon_min."""
    if each.interval is None:
        return ("not compared", *[cells.NOTHING] * 5)
    metric = METRICS[each.metric]
    low, high = (cells.signed(end, metric) for end in (each.interval.low, each.interval.high))
    return (
        f"{cells.signed(each.difference, metric)} {each.mark}".rstrip(),
        cells.NOTHING if each.interval.level is None else f"[{low}, {high}]",
        *(cells.NOTHING if p is None else p_value(p) for p in (each.p, each.p_holm)),
        cells.NOTHING if each.detectable is None else cells.number(each.detectable, metric),
        cells.NOTHING if each.epsilon is None else f"{each.epsilon:.2f}",
    )


def _published(published: Published, row: Row | None, split: ScoredSplit, *, marked: bool = False) -> str:
    """Return the paper's values for the row's strategy: best / final, or by name where several may be meant."""
    systems: dict[str, list[str]] = {}
    for result in _alike(published, row) if row else ():
        value = result.test if split == "test" else result.dev
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


def _published_notes(report: Report, table: ByTaskAndSystem) -> Iterable[str]:
    shown = [line for line in table.tasks if line.task in report.published]
    if shown:
        yield (
            "paper: UAR that the EmoNet paper reports for the same strategy, on partitions of its own; where it has "
            "several systems of one strategy, the one that ours is named after."
        )
    for line in shown:
        chance = line.first.chance
        if chance is not None and abs(100 * chance - report.published[line.task].chance) > 0.1:
            yield f"{line.task}: the paper's chance level differs, so that its classes are not the same."


def _mark_notes(report: Report, table: ByTaskAndSystem) -> tuple[str, ...]:
    return (
        f"Best epoch. + better than the baseline, - worse: p < {LEVEL} by a sign flip test over speakers, after Holm's "
        "correction over all systems and tasks here, and 95 % intervals of the difference, over speakers and seeds and "
        "over seeds alone, without 0.",
        "What has no mark may differ all the same: see the smallest difference that could have been found.",
        *_published_notes(report, table),
        *(("The paper's marks are McNemar's, over clips and without correction.",) if report.published else ()),
    )


def _test_notes(comparisons: Sequence[BaselineComparison]) -> Iterable[str]:
    compared = [each for each in comparisons if each.interval is not None]
    tested = [each for each in compared if each.p is not None]
    if compared:
        yield _difference_note(compared)
    if tested:
        tests = f"the {len(tested)} tests" if len(tested) > 1 else "the only test"
        yield (
            "p: two-sided sign flip test of the difference, the answers of whole speakers swapped between the systems, "
            f"all seeds together. Holm: corrected over {tests} here."
        )
    yield from _least_notes([(each.speakers, each.least_p) for each in tested if each.least_p is not None])
    if any(each.detectable is not None for each in compared):
        yield (
            "Could find: the smallest true difference that one t test at 5 %, without correction, finds in four of "
            "five cases, (t.975 + t.80) x standard error of the difference."
        )
    if any(each.epsilon is not None for each in compared):
        yield (
            "ASO: epsilon_min of Almost Stochastic Order over the scores of the seeds, alpha .05, not corrected; below "
            "0.5 the system is called better than the baseline, which happens to a fifth of equally good ones. It is "
            "about seeds, not about other speakers, and gives no mark."
        )
    elif compared:
        yield f"ASO, Almost Stochastic Order over seeds, needs a network and {LEAST_SEEDS} seeds or more."


_LARGE_LEAST = 0.005
"""A smallest possible p above this is printed."""


def _least_notes(tests: Sequence[tuple[int, float]]) -> Iterable[str]:
    """Say how small p can be, and what is left of it after Holm's correction over tests (speakers, smallest p)."""
    adjusted = holm([least for _, least in tests])
    for speakers, least, together in sorted({(*test, after) for test, after in zip(tests, adjusted, strict=True)}):
        if together > _LARGE_LEAST:
            after = f", nor below {together:.4g} after Holm's correction" if together > least else ""
            so = ", so that there can be no mark" if together >= LEVEL else ""
            yield f"{counted(speakers, 'speaker')}: p cannot be below {least:.4g}{after}{so}."


def _own_notes(each: BaselineComparison, *, seeds: bool) -> list[str]:
    """Return what concerns a single test: its seeds where tests have differing numbers, limits and cautions."""
    interval = each.interval
    counts = f"from {counted(len(each.seeds), 'seed')}" if seeds and interval is not None else ""
    doubt = interval.note if interval is not None and interval.level is not None else ""
    texts = [counts, each.limit, each.caution, doubt]
    return list(dict.fromkeys(text for text in texts if text))


def _difference_note(compared: Sequence[BaselineComparison]) -> str:
    seeds = {len(each.seeds) for each in compared}
    number = f"the {seeds.pop()} seeds" if len(seeds) == 1 else "its seeds"
    mean = f", the mean over {number}" if max(len(each.seeds) for each in compared) > 1 else ""
    claimed = [each.interval for each in compared if each.interval is not None and each.interval.level is not None]
    made = f"; {100 * (claimed[0].level or 0):.0f} % interval: {claimed[0].method}" if claimed else "; no interval"
    return f"Difference: system - baseline{mean}{made}."


def _range(counts: Sequence[int]) -> str:
    ends = dict.fromkeys((min(counts), max(counts))) if counts else {}
    return " to ".join(f"{count:,}" for count in ends) or cells.NOTHING
