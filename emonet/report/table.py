"""Tables as plain data: header, rows and footnotes; formats turn them into text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from emonet.errors import counted
from emonet.evaluate.interval import Interval
from emonet.evaluate.metrics import METRICS
from emonet.evaluate.predictions import ScoredSplit
from emonet.evaluate.score import Score
from emonet.report import cells
from emonet.report.results import Report
from emonet.report.rows import Row, protocol_of, rows_of
from emonet.task_id import TaskId


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to be shown.

    Attributes:
        title: what all rows have in common.
        footnotes: what a reader needs to know; those that concern single rows begin with their number.
        stacks: where room is short, ``a / b`` may stand on two lines, and the first and last cell above their row.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    footnotes: tuple[str, ...] = ()
    title: str = ""
    stacks: bool = False


def report_table(report: Report) -> Table:
    """Return the main table: one row for each system and task, with everything that its scores must not go without."""
    rows = rows_of(report.scores, report.means)
    marks = _marks(rows)
    columns: dict[str, Callable[[Row], str]] = {
        "system": lambda row: _marked(row, marks),
        "task": lambda row: row.first.task,
        **_score_columns(rows, f"{_metric_title(rows)} "),
        "chance": cells.chance,
        "n (speakers)": cells.counts,
        "epochs best / final": cells.epochs,
        "protocol": lambda row: protocol_of(row.first),
    }
    return _table(rows, columns, _footnotes(report, rows, marks))


def report_sections(report: Report) -> tuple[Table, ...]:
    """Return the main table cut into one narrow table for each task and protocol.

    What the rows of a task share stands in the table's title; the last table has all footnotes. Two values are those of
    the best and of the final epoch, which the last column names in the same order.
    """
    rows = rows_of(report.scores, report.means)
    marks = _marks(rows)
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(_title(row), []).append(row)
    tables = []
    for number, (title, group) in enumerate(groups.items(), 1):
        columns: dict[str, Callable[[Row], str]] = {
            "system": lambda row: _marked(row, marks),
            **{_short(name): cell for name, cell in _score_columns(group, "").items()},
            "epochs or C": _epochs_or_c,
        }
        notes = _footnotes(report, rows, marks) if number == len(groups) else ()
        tables.append(replace(_table(group, columns, notes, title), stacks=True))
    return tuple(tables)


def _table(
    rows: Iterable[Row], columns: Mapping[str, Callable[[Row], str]], footnotes: tuple[str, ...], title: str = ""
) -> Table:
    body = tuple(tuple(cell(row) for cell in columns.values()) for row in rows)
    return Table(tuple(columns), body, footnotes, title)


def _short(name: str) -> str:
    """Return a column's name without what the title, the last column and the footnotes say."""
    short = name.removesuffix(" best / final").removesuffix(" of test")
    return "over folds" if name == _OVER_FOLDS else short


def _epochs_or_c(row: Row) -> str:
    best, slash, final = cells.epochs(row).partition(" / ")
    named = (f"{which} {epochs}" for which, epochs in (("best", best), ("final", final)) if epochs != cells.NOTHING)
    return " / ".join(named) if slash else best


_OVER_FOLDS = "test, mean of folds ± sd"


def _score_columns(rows: Sequence[Row], metric: str) -> dict[str, Callable[[Row], str]]:
    folds = {_OVER_FOLDS: cells.over_folds}
    has_folds = any(cells.over_folds(row) != cells.NOTHING for row in rows)
    errors = {"test r": partial(cells.on_test, name="pearson"), "test MAE": partial(cells.on_test, name="mae")}
    claimed = all(row.interval is None or row.interval.level is not None for row in rows)
    has_numbers = any(cell(row) != cells.NOTHING for row in rows for cell in errors.values())
    dev = {f"dev {metric}best / final": lambda row: cells.best_and_final(row, "dev")}
    if not any(row.of_split("test") for row in rows):
        return dev
    return {
        **dev,
        f"test {metric}best / final": lambda row: cells.best_and_final(row, "test"),
        ("95 % interval of test" if claimed else "interval of test"): cells.interval,
        **(errors if has_numbers else {}),
        **(folds if has_folds else {}),
    }


def _metric_title(rows: Iterable[Row]) -> str:
    return " or ".join(sorted({METRICS[row.first.metric].title for row in rows}))


def _title(row: Row) -> str:
    score = row.first
    metric = METRICS[score.metric]
    unit = f"{metric.title} in %" if metric.kind == "categorical" else metric.title
    guessing = f", chance {cells.chance(row)}" if score.chance is not None else ""
    if score.range is not None:
        low, high = score.range
        unit += f" of numbers from {low:g} to {high:g}{f' {score.unit}' if score.unit else ''}"
    speakers = counted(score.speakers, "speaker") if score.speakers else "unknown speakers"
    utterances = counted(score.n, f"{score.split} utterance")
    return f"{score.task}: {utterances} of {speakers}; {unit}{guessing}; {protocol_of(score)}"


Marks = dict[str, int]
"""Footnote that concerns single rows -> its number."""


def _marks(rows: Iterable[Row]) -> Marks:
    texts = dict.fromkeys(text for row in rows for text in _row_notes(row))
    return {text: number for number, text in enumerate(texts, 1)}


def _marked(row: Row, marks: Marks) -> str:
    numbers = ", ".join(str(number) for number in sorted(marks[text] for text in _row_notes(row)))
    return f"{row.first.system} ({numbers})" if numbers else row.first.system


def _row_notes(row: Row) -> list[str]:
    scores = row.of_split("test")
    if row.interval is not None:
        limits = [row.interval.note] if row.interval.note else []
    else:
        limits = ["the interval of the mean over seeds is unknown: not all predictions are at hand"] if scores else []
    return list(
        dict.fromkeys([*limits, *(text for score in row.all() for text in _score_notes(score, row.first.split))])
    )


def _score_notes(score: Score, judged: ScoredSplit) -> Iterable[str]:
    if score.missing_classes:
        title = METRICS[score.metric].title
        present = len(score.classes) - len(score.missing_classes)
        classes, missing = counted(present, "class", "classes"), ", ".join(score.missing_classes)
        if score.metric == "macro_f1_all":
            yield f"{title}: {score.split} has no {missing}, which counts as 0 where it is predicted"
        else:
            yield f"{title} over the {classes} present: {score.split} has no {missing}"
    if score.transductive:
        own = f"each {score.normalisation}'s own clips"
        yield f"transductive: features normalised with {own}, those of {judged} included (no labels)"
    if score.head and score.best_epochs:
        yield f"one head learns {TaskId.of(score.head).target} together; its epochs are best by their mean on dev"
    if score.protocol_overlap:
        yield f"speakers stand in two splits: {score.protocol_overlap}"
    yield from score.notes


def _footnotes(report: Report, rows: Sequence[Row], marks: Marks) -> tuple[str, ...]:
    numbered = tuple(f"({number}) {text}." for text, number in marks.items())
    choices = _choices(rows)
    audits = (verdict.line for verdict in report.audits)
    openings = (each.line for each in report.openings)
    lost = (each.line for each in report.left_out)
    return (
        *_general_notes(rows),
        *_interval_notes(rows),
        *numbered,
        *choices,
        *lost,
        *audits,
        *openings,
        *report.notes,
    )


def _interval_notes(rows: Iterable[Row]) -> Iterable[str]:
    """Say how intervals were made and what noise is in them."""
    tested = [row for row in rows if row.of_split("test")]
    claimed = [row.interval for row in tested if row.interval is not None and row.interval.level is not None]
    if claimed:
        degrees = dict.fromkeys(f"{each(interval.degrees or 0 for interval in claimed):.3g}" for each in (min, max))
        yield (
            f"95 % intervals{' (in brackets)' if len(claimed) < len(tested) else ''}, of the best epoch on test: "
            f"{claimed[0].method}, t with {' to '.join(degrees)} degrees of freedom; they hold the noise of "
            f"speakers{_of_seeds(claimed)}."
        )
    if any(len(row.of_split("test")) == 1 and row.of_split("test")[0].best_epochs for row in tested):
        yield "A network's score of one seed is one draw: its interval knows no noise of training."


def _of_seeds(intervals: Iterable[Interval]) -> str:
    counts = sorted({interval.seeds for interval in intervals})
    several = " or ".join(str(count) for count in counts if count > 1)
    return f" and{', where there are several,' if 1 in counts else ''} of {several} seeds" if several else ""


def _choices(rows: Iterable[Row]) -> Iterable[str]:
    """Yield what the choices on dev move, a line a row, and after them what that means."""
    several = len({row.first.task for row in rows}) > 1
    lines = [
        line
        for row in rows
        for line in cells.choice(row, row.first.system + (f" on {row.first.task}" if several else ""))
    ]
    yield from lines
    if any("; " in line for line in lines):
        yield "That range is of all values that cannot be told from the best, refitted as it was; it chose nothing."


def _general_notes(rows: Sequence[Row]) -> Iterable[str]:
    scores = [score for row in rows for score in row.all()]
    if any(METRICS[score.metric].kind == "categorical" for score in scores):
        yield "Scores of classes in %, pooled over folds; best: the epoch best on dev, final: the last one."
    if any(METRICS[score.metric].kind == "dimensional" for score in scores):
        yield "Scores of numbers (CCC, Pearson's r, MAE in the corpus' own unit) pooled over folds; constant: CCC 0."
    is_opened = any(score.split == "test" for score in scores)
    if any(len(found) > 1 for row in rows for found in row.scores.values()):
        yield f"Mean ± standard deviation over seeds{'; the interval is that of the mean' if is_opened else ''}."
    judged: dict[str, dict[str, None]] = {}
    for score in scores:
        if score.evaluation:
            judged.setdefault(score.evaluation, {})[score.system] = None
    if judged:
        each = (f"{what} ({', '.join(systems)})" if len(judged) > 1 else what for what, systems in judged.items())
        yield f"Networks judge {' or '.join(each)} of each clip in dev{' and test' if is_opened else ''}."
    if any(score.fold_mean is not None for score in scores if score.split == "test"):
        yield "Mean over folds ± sd: every fold counts alike, by the classes that its test split has; best epoch."
