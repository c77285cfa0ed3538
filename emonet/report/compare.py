"""Two or more runs side by side, with their differences where they may be taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from emonet.errors import EmonetError
from emonet.evaluate.metrics import METRICS
from emonet.evaluate.score import summarise
from emonet.machine import differences
from emonet.report import cells
from emonet.report.results import Report
from emonet.report.rows import Row, protocol_of, rows_of
from emonet.report.table import Table
from emonet.task_id import TaskId


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One task and system over all runs.

    Attributes:
        metric: name of the metric, the first run's.
        values: test score of each run, None for a run without it.
        differences: to the first run, None where there is none or it would mean nothing.
        problem: why the runs cannot be compared here; empty where they can.
        caution: what makes the difference unfair although it may be taken.
        finding: how the data that the runs heard differ although their protocol is one.
    """

    task: str
    system: str
    metric: str
    values: tuple[float | None, ...]
    differences: tuple[float | None, ...]
    problem: str = ""
    caution: str = ""
    finding: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """Return all that is to be said of the row."""
        return tuple(text for text in (self.problem, self.finding, self.caution) if text)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Aligned test scores of several runs.

    Attributes:
        machines: in words, where the runs were trained on different ones.
        sources: in words, which corpora that no row is scored on, but systems may have learned from, differ.
    """

    names: tuple[str, ...]
    rows: tuple[ComparedRow, ...]
    machines: str = ""
    sources: str = ""

    @property
    def is_sound(self) -> bool:
        """Say whether every row may be compared, and all runs heard the same."""
        return not self.sources and not any(row.problem or row.finding for row in self.rows)


def compare(reports: Sequence[Report]) -> Comparison:
    """Align the test scores of runs by task and system.

    Systems go by their names; on a task where every run has one system only, these are set against each
    other whatever their names. Rows under differing protocol hashes are flagged and get no difference.

    Raises:
        EmonetError: fewer than two runs, one without scores on test, or runs without a task in common.
    """
    if len(reports) < 2:
        raise EmonetError(f"Cannot compare {len(reports)} run. Give two runs or more.")
    tables = [_by_task(report) for report in reports]
    names = _names(reports)
    _check_opened(names, tables)
    shared = [task for task in tables[0] if any(task in table for table in tables[1:])]
    if not shared:
        has = "; ".join(f"{name} has {', '.join(table) or 'none'}" for name, table in zip(names, tables, strict=True))
        raise EmonetError(f"These runs have no task in common: {has}. Compare runs of the same corpora and targets.")
    rows = [row for task in shared for row in _compare_task(task, names, [table.get(task, {}) for table in tables])]
    found = tuple(replace(row, finding=_finding(row, names, reports)) for row in rows)
    return Comparison(names, found, _machines(names, reports), _sources(names, reports, found))


def comparison_table(comparison: Comparison) -> Table:
    """Return a comparison as a table; rows with a problem have a footnote that says which."""
    marks = list(dict.fromkeys(text for row in comparison.rows for text in row.notes))
    header = ("task", "system", *comparison.names, *(f"{name} - first" for name in comparison.names[1:]))
    rows = []
    for row in comparison.rows:
        metric = METRICS[row.metric]
        numbers = ", ".join(str(marks.index(text) + 1) for text in row.notes)
        mark = f" ({numbers})" if numbers else ""
        values = [cells.NOTHING if value is None else cells.number(value, metric) for value in row.values]
        shown = [cells.NOTHING if value is None else cells.signed(value, metric) for value in row.differences[1:]]
        rows.append((row.task, row.system + mark, *values, *shown))
    notes = [f"({number}) {text}" for number, text in enumerate(marks, 1)]
    notes += [text for text in (comparison.sources, comparison.machines) if text]
    return Table(header, tuple(rows), (_UNTESTED, *notes))


_UNTESTED = (
    "Test scores; a difference is to the first run, and may be luck with speakers or seeds: "
    "emonet report RUN... --baseline SYSTEM tests it."
)


def _machines(names: tuple[str, ...], reports: Sequence[Report]) -> str:
    """Return a sentence where runs were trained on different machines, nothing where on one, the same."""
    known = [(name, machine) for name, report in zip(names, reports, strict=True) for machine in report.machines]
    unknown = [f"'{name}'" for name, report in zip(names, reports, strict=True) if not report.machines]
    if unknown:
        return f"It is unknown which machine trained {' and '.join(unknown)}: the same recipe may differ elsewhere."
    first, machine = known[0]
    for name, other in known[1:]:
        if there := differences(machine, other):
            pair = f"'{first}' and '{name}'" if name != first else f"Parts of '{first}'"
            return f"{pair} were trained on different machines ({there}), where the same recipe may give other numbers."
    return ""


def _sources(names: tuple[str, ...], reports: Sequence[Report], rows: Sequence[ComparedRow]) -> str:
    """Return a sentence where runs heard other data of a corpus that none of them is compared on."""
    scored = {TaskId.of(row.task).corpus for row in rows}
    told = []
    for corpus in dict.fromkeys(corpus for report in reports for corpus in report.content):
        heard = {
            name: report.content[corpus]
            for name, report in zip(names, reports, strict=True)
            if corpus not in scored and corpus in report.content
        }
        if len(set(heard.values())) > 1:
            each = ", ".join(f"#{content[:8]} in '{name}'" for name, content in heard.items())
            told.append(f"the prepared data of '{corpus}', which systems may have learned from, differ: {each}")
    return f"Beside what is compared, {'; '.join(told)}." if told else ""


def _by_task(report: Report) -> dict[str, dict[str, Row]]:
    """Return task -> system -> row, for all rows with a test score."""
    found: dict[str, dict[str, Row]] = {}
    for row in rows_of(report.scores, report.means):
        if row.of_split("test"):
            systems = found.setdefault(row.first.task, {})
            systems[row.column_among(systems)] = row
    return found


def _check_opened(names: tuple[str, ...], tables: Sequence[Mapping[str, object]]) -> None:
    shut = next((name for name, table in zip(names, tables, strict=True) if not table), None)
    if shut is not None:
        message = (
            f"The run '{shut}' has no score on test, and runs are compared on test. If it was run with --dev-only "
            "or selects: dev, run its recipe without: what is trained stays."
        )
        raise EmonetError(message)


def _names(reports: Sequence[Report]) -> tuple[str, ...]:
    """Name runs by name, and by folder too where two have one name."""
    names = [report.name for report in reports]
    return tuple(
        f"{report.name} ({report.folder})" if names.count(report.name) > 1 else report.name for report in reports
    )


def _compare_task(task: str, names: tuple[str, ...], tables: Sequence[Mapping[str, Row]]) -> list[ComparedRow]:
    if all(len(table) <= 1 for table in tables):
        rows = [next(iter(table.values()), None) for table in tables]
        systems = dict.fromkeys(row.first.system for row in rows if row)
        return [_compare_rows(task, " / ".join(systems), names, rows)]
    systems = dict.fromkeys(system for table in tables for system in table)
    return [_compare_rows(task, system, names, [table.get(system) for table in tables]) for system in systems]


def _compare_rows(task: str, system: str, names: tuple[str, ...], rows: Sequence[Row | None]) -> ComparedRow:
    values = [summarise(row.of_split("test")).mean if row else None for row in rows]
    problem = _problem(names, rows)
    first = values[0]
    differences = [None if problem or value is None or first is None else value - first for value in values]
    metric = next(row.first.metric for row in rows if row)
    return ComparedRow(task, system, metric, tuple(values), tuple(differences), problem, _caution(names, rows))


def _problem(names: tuple[str, ...], rows: Sequence[Row | None]) -> str:
    present = [(name, row.first) for name, row in zip(names, rows, strict=True) if row]
    for (name, score), (other, against) in pairwise(present):
        if score.metric != against.metric:
            return (
                f"cannot be compared: '{name}' has {METRICS[score.metric].title}, "
                f"'{other}' has {METRICS[against.metric].title}. Run both with one metric."
            )
        if score.protocol_hash != against.protocol_hash:
            return (
                f"cannot be compared: '{name}' was scored under {protocol_of(score)}, '{other}' under "
                f"{protocol_of(against)}, so that utterances, labels, speakers or splits differ. "
                "Run both under one protocol."
            )
    return ""


def _finding(row: ComparedRow, names: tuple[str, ...], reports: Sequence[Report]) -> str:
    """Return how the prepared data of a row's corpus differ between the runs that have it; empty where they do not."""
    corpus = TaskId.of(row.task).corpus
    heard = {
        name: report.content.get(corpus, "")
        for name, value, report in zip(names, row.values, reports, strict=True)
        if value is not None and not row.problem
    }
    unknown = [f"'{name}'" for name, content in heard.items() if not content]
    if unknown:
        return f"unknown whether the audio is the same: {' and '.join(unknown)} does not say what audio it heard."
    if len(set(heard.values())) < 2:
        return ""
    each = ", ".join(f"#{content[:8]} in '{name}'" for name, content in heard.items())
    return (
        f"the prepared data of '{corpus}' (its audio, or what its table says beside the protocol) are not the same: "
        f"{each}. Run both on one copy of the corpus, prepared by one version of EmoNet."
    )


def _caution(names: tuple[str, ...], rows: Sequence[Row | None]) -> str:
    present = [(name, row.first.transductive) for name, row in zip(names, rows, strict=True) if row]
    transductive = [f"'{name}'" for name, used in present if used]
    if not transductive or len(transductive) == len(present):
        return ""
    own = " and ".join(sorted({f"{row.first.normalisation}s'" for row in rows if row and row.first.transductive}))
    return f"only {' and '.join(transductive)} normalised with the test {own} own clips (transductive)."
