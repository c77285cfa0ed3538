"""Selection noise: how many of the tried values score as well as the chosen one, within error, and what that moves."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from emonet.evaluate.interval import Unit, score_interval
from emonet.evaluate.metrics import Floats, Metric


@dataclass(frozen=True, slots=True)
class FoldChoice:
    """What was chosen in one fold, and what else might have been.

    Attributes:
        value: the hyperparameter, or the epoch.
        score: what it was chosen by.
        standard_error: of that score, by the jackknife of ``score_interval``.
        kind: what the jackknife left out: speakers where there are enough of them, else utterances.
        tied: the values, the chosen one included, whose score is within one standard error of the best.
        tried: how many values were tried.
        converged: whether the solver did, with the chosen value: on train, and on train and dev.
    """

    value: float
    score: float
    standard_error: float
    kind: Unit
    tied: tuple[float, ...]
    tried: int
    converged: bool = True


@dataclass(frozen=True, slots=True)
class Selection:
    """How a score's hyperparameter or epoch was chosen, fold by fold.

    Attributes:
        of: ``C``, or ``epoch``.
        by: the scores that it was chosen by, in words.
        low: the lowest test score that other choices among ``tied`` would have given; None where it is unknown.
        high: the highest.
    """

    of: str
    by: str
    folds: Mapping[str, FoldChoice]
    low: float | None = None
    high: float | None = None

    def on(self, split: str) -> Selection:
        """Return what is known of it where a split is scored: what it moves on test belongs to scores on test."""
        return self if split == "test" else replace(self, low=None, high=None)


def choice_among(
    scores: Mapping[float, float],
    chosen: float,
    judged: tuple[Sequence[Hashable], Sequence[Hashable]],
    metric: Metric,
    *,
    speakers: Sequence[str | None],
) -> FoldChoice:
    """Return a choice, and which other values lie within one standard error of it (Breiman et al. 1984, 3.4.3).

    Args:
        scores: value -> the score by which it was judged.
        chosen: the best value.
        judged: truth and predictions (N,) of the chosen value.
        metric: of the scores.
        speakers: who speaks (N,).
    """
    truth, predicted = judged
    found = score_interval(truth, [predicted], metric, speakers=speakers)
    reach = found.standard_error + 1e-12
    tied = tuple(value for value, score in scores.items() if abs(score - scores[chosen]) <= reach)
    return FoldChoice(chosen, scores[chosen], found.standard_error, found.kind, tied, len(scores))


def extremes(folds: Iterable[Mapping[float, Floats]], metric: Metric) -> tuple[float, float]:
    """Return the lowest and the highest pooled score over the choices of one value in each fold.

    One fold is changed at a time until nothing gets better. That is exact for UAR and WA, which are sums over
    folds; for other metrics of many folds the true range may be a little wider.

    Args:
        folds: value -> what the metric is summed from, (K, K) or (7,), for each fold; the first value is the start.
        metric: of the scores.
    """
    options = [np.stack(list(each.values())) for each in folds]
    low, high = (_extreme(options, metric, sign) for sign in (-1, 1))
    return low, high


def _extreme(options: Sequence[Floats], metric: Metric, sign: int) -> float:
    chosen = [0] * len(options)
    total = np.sum([each[0] for each in options], axis=0)
    best = sign * float(metric.function(total))
    is_better = True
    while is_better:
        is_better = False
        for fold, each in enumerate(options):
            totals = total - each[chosen[fold]] + each
            values = sign * metric.function(totals)
            place = int(values.argmax())
            if values[place] > best + 1e-12:
                total, best, chosen[fold], is_better = totals[place], float(values[place]), place, True
    return sign * best
