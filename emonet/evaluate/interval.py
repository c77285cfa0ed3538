"""Intervals of scores and of differences between systems, over speakers and trainings.

One method for all of them: the delete-one-speaker jackknife, with Student's t. Nothing is drawn at random. What it
covers is measured by ``benchmarks/coverage.py``; ``benchmarks/README.md`` has the tables, and those of the methods that
were weighed against it.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emonet.errors import EmonetError, counted
from emonet.evaluate.metrics import Floats, Metric, check_lengths, moments

Unit = Literal["speakers", "utterances"]
MIN_SPEAKERS = 4
"""With fewer known speakers, nothing is claimed about new ones."""

LEVEL = 0.95
"""The share of intervals that hold the true value."""

JACKKNIFE = "delete-one-speaker jackknife"
SPREAD = "2 standard errors over clips"

Values = Sequence[Hashable]
_Groups = NDArray[np.int64]

_TINY = 1e-24
"""A variance that is nothing but rounding."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the true value of a score lies; without a ``level``, only how far it spreads over its own clips.

    The true value is the metric's expectation over new speakers from where these came from, and, where ``seeds`` are
    several, over new trainings.

    Attributes:
        kind: what was left out one by one.
        method: how the interval was made.
        level: share of such intervals that hold the true value; None where no such thing is claimed.
        standard_error: of the value.
        degrees: of freedom, those with which Student's t times ``standard_error`` reaches to the ends; None for a
            spread, which is 2 standard errors to either side.
        seeds: how many trainings the value is the mean of; the noise of training is in the interval from two on.
        note: what limits the interval; empty where nothing does.
    """

    low: float
    high: float
    kind: Unit
    method: str
    level: float | None
    standard_error: float
    degrees: float | None
    seeds: int
    note: str = ""


def score_interval(
    truth: Values,
    predictions: Sequence[Values],
    metric: Metric,
    *,
    speakers: Sequence[str | None] | None,
    level: float = LEVEL,
) -> Interval:
    """Return the interval of a metric, the mean over training seeds, for speakers like those of test.

    With theta the metric of all S speakers and theta_(i) that without speaker i, the variance over speakers is
    (S - 1) / S sum_i (theta_(i) - their mean)^2, and the interval theta +- t sqrt(variance) (Tukey 1958; Efron and
    Stein 1981). Student's t has S - 1 degrees of freedom where all speakers have equally many clips of each class, and
    fewer where some have most of them; see ``effective_degrees``. Several seeds are crossed with the same speakers.
    From the analysis of variance of the jackknife's pseudo-values by speakers and seeds, as in studies of several
    readers and cases (Dorfman, Berbaum and Metz 1992; Hillis 2007),

        variance = V_speakers + V_training,  V_training = max(V_seeds - V_rest, 0),

    since the interaction of speakers and seeds is in V_speakers already, and the interval is

        theta +- sqrt(t^2 V_speakers + t_(R - 1)^2 V_training)

    with a t of its own for each part, R - 1 degrees of freedom for R seeds (Howe 1974): three seeds tell little of the
    noise of training, and two hardly anything.

    With fewer than ``MIN_SPEAKERS`` known speakers, or less than one degree of freedom, nothing is known of new
    speakers: the result is a spread over clips, without a level.

    Args:
        truth: labels (N,), or numbers for a dimensional metric.
        predictions: what the system says (N,), a column for each training seed.
        metric: one of ``METRICS``.
        speakers: who speaks (N,), None where nobody knows; unknown ones count together as one speaker.
        level: share of such intervals that shall hold the true value.

    Raises:
        EmonetError: nothing to score, lists of unequal length, or a level without sense.
    """
    return _interval(truth, [(column,) for column in predictions], metric, speakers, level)


def difference_interval(
    truth: Values,
    pairs: Sequence[tuple[Values, Values]],
    metric: Metric,
    *,
    speakers: Sequence[str | None] | None,
    level: float = LEVEL,
) -> Interval:
    """Return the interval of how far one system's metric is above another's on the same utterances.

    It is that of ``score_interval`` for metric(first) - metric(second): both leave out the same speaker at a time.

    Args:
        truth: labels (N,), or numbers for a dimensional metric.
        pairs: predictions (N,) of the two systems, one pair for each training seed.
        metric: one of ``METRICS``.
        speakers: who speaks (N,), None where nobody knows; unknown ones count together as one speaker.
        level: share of such intervals that shall hold the true value.

    Raises:
        EmonetError: nothing to score, lists of unequal length, or a level without sense.
    """
    return _interval(truth, pairs, metric, speakers, level)


def units_of(size: int, speakers: Sequence[str | None] | None) -> _Groups:
    """Number what is independent (N,): whole speakers where there are enough of them, else utterances.

    Raises:
        EmonetError: there is no utterance, or not one speaker for each.
    """
    _check_sizes(size, speakers)
    groups, known = _by_speaker(size, speakers)
    return groups if known >= MIN_SPEAKERS else np.arange(size)


def effective_degrees(truth: Values, metric: Metric, groups: _Groups) -> float:
    """Return the degrees of freedom that speakers with unequal shares of the clips leave.

    Let w_ik be speaker i's share of the clips of class k, and G = 1 / sum_i w_i^2 the effective number of speakers with
    the shares w_i (Carter, Schnepel and Steigerwald 2017). If classes rise and fall together with a speaker, a mean
    over classes has G - 1 degrees of freedom, of the shares' mean over classes; if each class has its own noise,
    1 / G_k of the whole, Satterthwaite's (sum_k 1 / G_k)^2 / sum_k (1 / G_k)^2 / (G_k - 1). The smaller is returned:
    S - 1 for S equal speakers, 0 where one speaker alone has a class. Other metrics know no classes.

    >>> from emonet.evaluate.metrics import METRICS
    >>> round(effective_degrees("aabb" * 3, METRICS["uar"], np.repeat([0, 1, 2], 4)), 6)
    2.0

    Args:
        truth: labels or numbers (N,).
        metric: one of ``METRICS``.
        groups: the number of each utterance's speaker (N,).
    """
    labels = list(truth) if metric.by_class else [""] * len(truth)
    classes = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    counts = np.zeros((int(groups.max()) + 1, len(classes)))
    np.add.at(counts, (groups, np.asarray([classes[label] for label in labels])), 1)
    shares = counts / counts.sum(0)
    noise = (shares**2).sum(0)
    if noise.max() > 1 - 1e-9:
        return 0.0
    together = 1 / float((shares.mean(1) ** 2).sum()) - 1
    apart = float(noise.sum() ** 2 / (noise**3 / (1 - noise)).sum())
    return min(together, apart)


def _interval(
    truth: Values,
    seeds: Sequence[tuple[Values, ...]],
    metric: Metric,
    speakers: Sequence[str | None] | None,
    level: float,
) -> Interval:
    _check(truth, seeds, speakers, level)
    groups, known = _by_speaker(len(truth), speakers)
    degrees = effective_degrees(truth, metric, groups)
    if known < MIN_SPEAKERS or degrees < 1:
        return _spread(truth, seeds, metric, _doubt(known))
    every = np.ones(int(groups.max()) + 1)
    whole, without = _left_out(truth, seeds, metric, groups, every)
    over_speakers, of_training = _variances(whole, without)
    fixed = over_speakers + of_training < _TINY
    unknown = len(truth) if speakers is None else list(speakers).count(None)
    note = f"{counted(unknown, 'utterance')} of unknown speakers counted as of one speaker" if unknown else ""
    if fixed:
        note = "; ".join(filter(None, [note, "no speaker moves the value: how far new ones would is unknown"]))
    share = (1 + level) / 2
    reach = math.hypot(
        _t_quantile(share, degrees) * math.sqrt(over_speakers),
        _t_quantile(share, max(len(seeds) - 1, 1)) * math.sqrt(of_training),
    )
    error = math.sqrt(over_speakers + of_training)
    if of_training > _TINY:
        degrees = _degrees_of(share, reach / error)
    low, high = _within(float(whole.mean()), reach, metric, paired=len(seeds[0]) > 1)
    return Interval(low, high, "speakers", JACKKNIFE, None if fixed else level, error, degrees, len(seeds), note)


def _spread(truth: Values, seeds: Sequence[tuple[Values, ...]], metric: Metric, doubt: str) -> Interval:
    """Return 2 standard errors to either side, by leaving out single utterances; it has no level."""
    rows = list(zip(truth, *(column for seed in seeds for column in seed), strict=True))
    # Utterances that are alike in everything change the metric alike.
    kinds = {row: number for number, row in enumerate(dict.fromkeys(rows))}
    groups = np.asarray([kinds[row] for row in rows], dtype=np.int64)
    times = np.bincount(groups).astype(np.float64)
    if len(truth) < 2:
        whole, error = _left_out(truth, seeds, metric, groups, np.full(1, 2.0))[0], 0.0
    else:
        whole, without = _left_out(truth, seeds, metric, groups, times)
        means = without.mean(0)
        error = math.sqrt((len(rows) - 1) / len(rows) * float(times @ (means - times @ means / len(rows)) ** 2))
    low, high = _within(float(whole.mean()), 2 * error, metric, paired=len(seeds[0]) > 1)
    return Interval(low, high, "utterances", SPREAD, None, error, None, len(seeds), doubt)


def _check(
    truth: Values, seeds: Sequence[tuple[Values, ...]], speakers: Sequence[str | None] | None, level: float
) -> None:
    _check_sizes(len(truth), speakers)
    if not seeds:
        raise EmonetError("Nothing to score: there are no predictions. Give those of one seed at least.")
    for column in (column for seed in seeds for column in seed):
        check_lengths(len(truth), len(column))
    if not 0 < level < 1:
        raise EmonetError(f"An interval at level {level}: expected a level between 0 and 1, such as 0.95.")


def _check_sizes(size: int, speakers: Sequence[str | None] | None) -> None:
    if not size:
        raise EmonetError("Nothing to score: there is no utterance. Check that the split is not empty.")
    if speakers is not None and len(speakers) != size:
        raise EmonetError(f"{size} utterances but {len(speakers)} speakers. Give one, or None, for each utterance.")


def _by_speaker(size: int, speakers: Sequence[str | None] | None) -> tuple[_Groups, int]:
    """Number the speakers (N,), all unknown ones together as the last; return how many are known, too."""
    names: list[str | None] = [None] * size if speakers is None else list(speakers)
    known = sorted({name for name in names if name is not None})
    index: dict[str | None, int] = {name: number for number, name in enumerate(known)}
    return np.asarray([index.get(name, len(known)) for name in names], dtype=np.int64), len(known)


def _doubt(known: int) -> str:
    """Say why nothing can be claimed about new speakers."""
    if not known:
        return f"no speaker is known: {SPREAD} of speakers that nobody has named; it says nothing of new speakers"
    if known < MIN_SPEAKERS:
        who = counted(known, "speaker")
        return f"{who} only: {SPREAD} of the same {who}; it says nothing of new speakers"
    return f"one speaker has nearly all clips, or all of a class: {SPREAD}; it says nothing of new speakers"


def _left_out(
    truth: Values, seeds: Sequence[tuple[Values, ...]], metric: Metric, groups: _Groups, times: Floats
) -> tuple[Floats, Floats]:
    """Return each seed's value (R,), and its values (R, U) without one 1 / ``times`` of each group's sums."""
    whole, without = [], []
    for columns in seeds:
        found = []
        for column in columns:
            sums = _sums(truth, column, metric, groups)
            total = sums.sum(0)
            rest = total - sums / times.reshape(-1, *[1] * (sums.ndim - 1))
            found.append((metric.function(total), metric.function(rest)))
        whole.append(found[0][0] - sum(value for value, _ in found[1:]))
        without.append(found[0][1] - sum(values for _, values in found[1:]))
    return np.asarray(whole, dtype=np.float64), np.asarray(without, dtype=np.float64)


def _sums(truth: Values, predicted: Values, metric: Metric, groups: _Groups) -> Floats:
    """Sum what the metric is made of by group: (U, K, K) for classes, (U, 7) for numbers."""
    number = int(groups.max()) + 1
    if metric.kind == "dimensional":
        terms = moments(truth, predicted)
        sums = np.zeros((number, terms.shape[-1]))
        np.add.at(sums, groups, terms)
        return sums
    classes = {label: place for place, label in enumerate(sorted({*truth, *predicted}, key=str))}
    size = len(classes)
    cells = [classes[true] * size + classes[guess] for true, guess in zip(truth, predicted, strict=True)]
    counts = np.bincount(groups * size**2 + np.asarray(cells, dtype=np.int64), minlength=number * size**2)
    return counts.reshape(number, size, size).astype(np.float64)


def _variances(whole: Floats, without: Floats) -> tuple[float, float]:
    """Return the variances of the mean over seeds by speakers and by training, from values (R,) and (R, S)."""
    seeds, speakers = without.shape
    pseudo = speakers * whole[:, None] - (speakers - 1) * without
    by_speaker = pseudo.mean(0)
    over_speakers = float(by_speaker.var(ddof=1)) / speakers
    if seeds == 1:
        return over_speakers, 0.0
    by_seed = pseudo.mean(1)
    over_seeds = float(by_seed.var(ddof=1)) / seeds
    rest = pseudo - by_speaker - by_seed[:, None] + pseudo.mean()
    over_both = float((rest**2).sum()) / ((seeds - 1) * (speakers - 1)) / (seeds * speakers)
    return over_speakers, max(over_seeds - over_both, 0.0)


def _t_quantile(share: float, degrees: float) -> float:
    # scipy.stats would take longer to import than everything else here to compute.
    from scipy.special import stdtrit

    return float(stdtrit(degrees, share))


def _degrees_of(share: float, quantile: float) -> float:
    from scipy.special import stdtridf

    return float(stdtridf(share, quantile))


def _within(value: float, reach: float, metric: Metric, *, paired: bool) -> tuple[float, float]:
    """Return both ends, within what is possible for the metric or for a difference of two."""
    low, high = metric.bounds
    least, most = (low - high, high - low) if paired else (low, high)
    return max(least, value - reach), min(most, value + reach)
