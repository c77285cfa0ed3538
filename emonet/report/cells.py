"""The texts that stand in the cells of a table of scores."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence

from emonet.evaluate.metrics import METRICS, Metric
from emonet.evaluate.predictions import Part
from emonet.evaluate.score import Score, summarise
from emonet.report.rows import Row

NOTHING = "-"


def number(value: float, metric: Metric) -> str:
    """Return a value as a table shows it: metrics of classes in per cent, others as they are.

    >>> number(0.6123, METRICS["uar"]), number(0.6123, METRICS["ccc"])
    ('61.2', '0.612')
    """
    return f"{100 * value:.1f}" if metric.kind == "categorical" else f"{value:.3f}"


def best_and_final(row: Row, part: Part) -> str:
    """Return the values of the best and the final epoch, mean and deviation over seeds where there are several."""
    values = [_mean(row.of(part, checkpoint)) for checkpoint in ("best", "final")]
    return " / ".join(value for value in values if value) or NOTHING


def means(row: Row, part: Part) -> str:
    """Return the means over seeds at the best and the final epoch."""
    found = [row.of(part, checkpoint) for checkpoint in ("best", "final")]
    values = [number(summarise(scores).mean, METRICS[scores[0].metric]) for scores in found if scores]
    return " / ".join(values) or NOTHING


def best_of(row: Row, part: Part) -> str:
    """Return the value of the best epoch, or of the only checkpoint that there is."""
    return _mean(row.of_part(part)) or NOTHING


def interval(row: Row) -> str:
    """Return the interval of the test score in brackets, or without them a spread that claims no level."""
    found, metric = row.interval, METRICS[row.first.metric]
    if found is None:
        return NOTHING
    low, high = number(found.low, metric), number(found.high, metric)
    return f"{low} to {high}" if found.level is None else f"[{low}, {high}]"


def correlation_and_error(row: Row) -> str:
    """Return Pearson's r and the mean absolute error on test, for numbers only; means over seeds."""
    scores = row.of_part("test")
    if not scores or METRICS[scores[0].metric].kind == "categorical":
        return NOTHING
    names = [name for name in ("pearson", "mae") if all(name in score.metrics for score in scores)]
    means = (statistics.fmean(score.metrics[name] for score in scores) for name in names)
    return " / ".join(f"{mean:.3f}" for mean in means) or NOTHING


def over_folds(row: Row) -> str:
    """Return mean ± standard deviation over folds of the test score; over several seeds, of each fold's mean."""
    scores = row.of_part("test")
    if not scores or scores[0].fold_mean is None:
        return NOTHING
    metric = METRICS[scores[0].metric]
    folds = [statistics.fmean(score.per_fold[fold] for score in scores) for fold in scores[0].per_fold]
    return f"{number(statistics.fmean(folds), metric)} ± {number(statistics.stdev(folds), metric)}"


def chance(row: Row) -> str:
    """Return the score of guessing."""
    score = row.first
    return NOTHING if score.chance is None else number(score.chance, METRICS[score.metric])


def counts(row: Row) -> str:
    """Return the number of test utterances and of their speakers."""
    score = row.first
    return f"{score.n} ({score.speakers or 'unknown'})"


def epochs(row: Row) -> str:
    """Return the best and final epochs, or the hyperparameter chosen on dev, each as a range over folds and seeds."""
    scores = list(row.all())
    best = _range(score.best_epochs for score in scores)
    final = _range(score.final_epochs for score in scores)
    chosen = _range(score.chosen for score in scores)
    if best or final:
        return f"{best or NOTHING} / {final or NOTHING}"
    return f"C {chosen}" if chosen else NOTHING


def _mean(scores: Sequence[Score]) -> str:
    if not scores:
        return ""
    metric, summary = METRICS[scores[0].metric], summarise(scores)
    mean = number(summary.mean, metric)
    return mean if summary.sd is None else f"{mean} ± {number(summary.sd, metric)}"


def _range(given: Iterable[Mapping[str, float] | None]) -> str:
    values = sorted({value for each in given if each for value in each.values()})
    if not values:
        return ""
    ends = dict.fromkeys((values[0], values[-1]))
    return " to ".join(f"{value:g}" for value in ends)
