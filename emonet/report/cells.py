"""The texts that stand in the cells of a table of scores."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from emonet.errors import counted
from emonet.evaluate.metrics import METRICS, Metric
from emonet.evaluate.predictions import ScoredSplit
from emonet.evaluate.score import Score, summarise
from emonet.report.rows import Row

NOTHING = "-"


def number(value: float, metric: Metric) -> str:
    """Return a value as a table shows it: metrics of classes in per cent, others as they are.

    >>> number(0.6123, METRICS["uar"]), number(0.6123, METRICS["ccc"])
    ('61.2', '0.612')
    """
    return f"{100 * value:.1f}" if metric.kind == "categorical" else f"{value:.3f}"


def signed(value: float, metric: Metric) -> str:
    """Return a difference as a table shows it, with its sign.

    >>> signed(0.0123, METRICS["uar"]), signed(-0.5, METRICS["ccc"])
    ('+1.2', '-0.500')
    """
    text = number(value, metric)
    return text if text.startswith("-") else f"+{text}"


def best_and_final(row: Row, split: ScoredSplit) -> str:
    """Return the values of the best and the final epoch, mean and deviation over seeds where there are several."""
    values = [_mean(row.of(split, checkpoint)) for checkpoint in ("best", "final")]
    return " / ".join(value for value in values if value) or NOTHING


def means(row: Row, split: ScoredSplit) -> str:
    """Return the means over seeds at the best and the final epoch."""
    found = [row.of(split, checkpoint) for checkpoint in ("best", "final")]
    values = [number(summarise(scores).mean, METRICS[scores[0].metric]) for scores in found if scores]
    return " / ".join(values) or NOTHING


def best_of(row: Row, split: ScoredSplit) -> str:
    """Return the value of the best epoch, or of the only checkpoint that there is."""
    return _mean(row.of_split(split)) or NOTHING


def interval(row: Row) -> str:
    """Return the interval of the test score in brackets, or without them a spread or value that claims no level."""
    found, metric = row.interval, METRICS[row.first.metric]
    if found is None:
        return NOTHING
    low, high = number(found.low, metric), number(found.high, metric)
    if found.level is not None:
        return f"[{low}, {high}]"
    return low if low == high else f"{low} to {high}"


def on_test(row: Row, name: str) -> str:
    """Return the value of a further metric on test (Pearson's r, MAE), for numbers only; the mean over seeds."""
    scores = row.of_split("test")
    if not scores or METRICS[scores[0].metric].kind == "categorical" or any(name not in s.metrics for s in scores):
        return NOTHING
    return f"{statistics.fmean(score.metrics[name] for score in scores):.3f}"


def over_folds(row: Row) -> str:
    """Return mean ± standard deviation over folds of the test score; over several seeds, of each fold's mean."""
    scores = row.of_split("test")
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
    """Return the best and final epochs, or the hyperparameter that was chosen, each as a range over folds and seeds."""
    scores = list(row.all())
    best = _range(score.best_epochs for score in scores)
    final = _range(score.final_epochs for score in scores)
    chosen = _range(score.chosen for score in scores)
    if best or final:
        return f"{best or NOTHING} / {final or NOTHING}"
    return f"C {chosen}" if chosen else NOTHING


def choice(row: Row, name: str) -> Iterable[str]:
    """Yield what the choice of C, or of the epoch, moves, as sentences on a system called ``name``.

    The range of several seeds is that of their mean, each seed's choice being its own.
    """
    score = row.first
    found = [each.selection for each in row.of_split(score.split) if each.selection is not None]
    if not found:
        return
    metric, folds = METRICS[score.metric], [fold for each in found for fold in each.folds.values()]
    tied, tried = _from_to([len(fold.tied) for fold in folds]), _from_to([fold.tried for fold in folds])
    error = _from_to([fold.standard_error for fold in folds], partial(number, metric=metric))
    kinds = " or ".join(sorted({fold.kind for fold in folds}))
    ends = [(each.low, each.high) for each in found if each.low is not None and each.high is not None]
    moves = " to ".join(number(statistics.fmean(values), metric) for values in zip(*ends, strict=True))
    where = " in a fold" if len(found[0].folds) > 1 else ""
    if max(fold.tried for fold in folds) > 1:
        yield (
            f"Choice of {found[0].of}, {name}: {f'test {moves}; ' if moves else ''}{found[0].by} cannot tell {tied} of "
            f"{tried} apart{where} (one standard error: {error}, over {kinds})."
        )
    unfinished = sum(not fold.converged for fold in folds)
    if unfinished:
        yield f"{name}: the solver of the chosen SVM did not converge in {unfinished} of {counted(len(folds), 'fit')}."


def _from_to(values: Sequence[float], write: Callable[[float], str] = "{:g}".format) -> str:
    return " to ".join(dict.fromkeys(write(value) for value in (min(values), max(values))))


def _mean(scores: Sequence[Score]) -> str:
    if not scores:
        return ""
    metric, summary = METRICS[scores[0].metric], summarise(scores)
    mean = number(summary.mean, metric)
    return mean if summary.sd is None else f"{mean} ± {number(summary.sd, metric)}"


def _range(given: Iterable[Mapping[str, float] | None]) -> str:
    values = [value for each in given if each for value in each.values()]
    return _from_to(values) if values else ""
