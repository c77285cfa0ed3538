"""Confidence intervals by bootstrap, over whole speakers wherever there are enough of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emonet.errors import EmonetError
from emonet.evaluate.metrics import Floats, Metric, check_lengths, moments
from emonet.wording import counted

Unit = Literal["speakers", "utterances"]
MIN_SPEAKERS = 5
"""With fewer distinct speakers, resampling speakers says nothing and utterances are resampled."""

_CELLS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A percentile interval of a score.

    Attributes:
        kind: what was resampled.
        draws: number of bootstrap draws.
        note: what limits the interval; empty where nothing does.
    """

    low: float
    high: float
    kind: Unit
    level: float = 0.95
    draws: int = 1000
    note: str = ""


def bootstrap(
    truth: Sequence[Hashable],
    predicted: Sequence[Hashable],
    metric: Metric,
    *,
    speakers: Sequence[str | None] | None,
    seed: int,
    draws: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Return the percentile bootstrap interval of a metric.

    Whole speakers are resampled when at least five are known, because one speaker's utterances are no
    independent observations; otherwise utterances, and the note says so. A draw that lacks a class is scored
    over the classes it has.

    Args:
        truth: labels (N,), or numbers for a dimensional metric.
        predicted: labels or numbers (N,).
        metric: one of ``METRICS``.
        speakers: who speaks (N,), None where nobody knows.
        seed: of the resampling.
        draws: how many resampled scores the interval is made of.
        level: share of the draws that lies within the interval.

    Raises:
        EmonetError: nothing to resample, lists of unequal length, or a level or number of draws without sense.
    """
    _check(truth, predicted, speakers, draws, level)
    names, known = _names(len(truth), speakers)
    function = partial(_values, metric=metric)
    if len(known) >= MIN_SPEAKERS:
        units, note = _speaker_units(names, known)
        drawn = _speaker_sums(truth, predicted, metric, units)
        values = _resample(drawn, function, draws=draws, seed=seed)
        return _interval(values, "speakers", level, note)
    values = _resample(_utterance_sums(truth, predicted, metric), function, draws=draws, seed=seed)
    return _interval(values, "utterances", level, _too_few(len(known)))


def bootstrap_difference(
    truth: Sequence[Hashable],
    pairs: Sequence[tuple[Sequence[Hashable], Sequence[Hashable]]],
    metric: Metric,
    *,
    speakers: Sequence[str | None] | None,
    seed: int,
    draws: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Return the interval of how far one system's metric is above another's on the same utterances.

    Paired: every draw resamples the same speakers (or utterances, see ``bootstrap``) for both systems and
    takes metric(first) - metric(second), the mean over the pairs.

    Args:
        truth: labels (N,).
        pairs: predictions (N,) of the two systems, one pair for each training seed.
        metric: one of ``METRICS``.
        speakers: who speaks (N,), None where nobody knows.
        seed: of the resampling.
        draws: how many resampled differences the interval is made of.
        level: share of the draws that lies within the interval.

    Raises:
        EmonetError: nothing to resample, or lists of unequal length.
    """
    columns = [column for pair in pairs for column in pair]
    for column in columns:
        _check(truth, column, speakers, draws, level)
    names, known = _names(len(truth), speakers)
    by_speaker = len(known) >= MIN_SPEAKERS
    units, note = _speaker_units(names, known) if by_speaker else (_joint_units(truth, columns), _too_few(len(known)))
    urns = [_speaker_sums(truth, column, metric, units) for column in columns]
    urn = _Urn(np.concatenate([each.sums for each in urns], axis=1), urns[0].shares, urns[0].size)
    if not by_speaker:
        times = np.bincount(units)
        urn = _Urn(urn.sums / times[:, None], times / len(truth), len(truth))
    widths = [each.sums.shape[1] for each in urns]
    values = _resample(urn, partial(_mean_difference, metric=metric, widths=widths), draws=draws, seed=seed)
    kind: Unit = "speakers" if by_speaker else "utterances"
    return _interval(values, kind, level, note)


@dataclass(frozen=True, slots=True)
class _Urn:
    """What is drawn: ``size`` times one row of ``sums`` (U, S), with the probabilities ``shares`` (U,)."""

    sums: Floats
    shares: Floats
    size: int


def _interval(values: Floats, kind: Unit, level: float, note: str) -> Interval:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), kind, level, len(values), note)


def _check(
    truth: Sequence[Hashable],
    predicted: Sequence[Hashable],
    speakers: Sequence[str | None] | None,
    draws: int,
    level: float,
) -> None:
    size = len(truth)
    if not size:
        raise EmonetError("Nothing to score: there is no utterance. Check that the part is not empty.")
    check_lengths(size, len(predicted))
    if speakers is not None and len(speakers) != size:
        raise EmonetError(f"{size} utterances but {len(speakers)} speakers. Give one, or None, for each utterance.")
    if draws < 1 or not 0 < level < 1:
        raise EmonetError(f"{draws} draws at level {level}: expected one draw or more, and a level between 0 and 1.")


def units_of(size: int, speakers: Sequence[str | None] | None) -> NDArray[np.int64]:
    """Number what is resampled together (N,): whole speakers where there are enough of them, else utterances.

    Raises:
        EmonetError: there is no utterance, or not one speaker for each.
    """
    _check([0] * size, [0] * size, speakers, 1, 0.5)
    names, known = _names(size, speakers)
    return _speaker_units(names, known)[0] if len(known) >= MIN_SPEAKERS else np.arange(size)


def _names(size: int, speakers: Sequence[str | None] | None) -> tuple[list[str | None], list[str]]:
    """Return who speaks each utterance, and the known speakers in order."""
    names: list[str | None] = [None] * size if speakers is None else list(speakers)
    return names, sorted({name for name in names if name is not None})


def _too_few(known: int) -> str:
    counted = f"{known} speaker{'s' * (known > 1)} only" if known else "no speaker is known"
    return f"{counted}: the interval is over utterances"


def _speaker_units(names: Sequence[str | None], known: Sequence[str]) -> tuple[NDArray[np.int64], str]:
    """Number the speakers; an utterance of an unknown speaker is a unit of its own."""
    index = {name: number for number, name in enumerate(known)}
    unknown = names.count(None)
    fresh = iter(range(len(known), len(known) + unknown))
    units = np.asarray([next(fresh) if name is None else index[name] for name in names], dtype=np.int64)
    counts = "counts as one speaker" if unknown == 1 else "count as one speaker each"
    note = f"{counted(unknown, 'utterance')} of unknown speakers {counts}" if unknown else ""
    return units, note


def _joint_units(truth: Sequence[Hashable], columns: Sequence[Sequence[Hashable]]) -> NDArray[np.int64]:
    """Number utterances by truth and all predictions together: utterances of one kind are interchangeable."""
    rows = list(zip(truth, *columns, strict=True))
    index = {row: number for number, row in enumerate(dict.fromkeys(rows))}
    return np.asarray([index[row] for row in rows], dtype=np.int64)


def _speaker_sums(
    truth: Sequence[Hashable], predicted: Sequence[Hashable], metric: Metric, units: NDArray[np.int64]
) -> _Urn:
    """Sum the counts of each speaker; every speaker is drawn with the same probability."""
    number = int(units.max()) + 1
    if metric.kind == "dimensional":
        terms = moments(truth, predicted)
        sums = np.zeros((number, terms.shape[-1]))
        np.add.at(sums, units, terms)
    else:
        cells, width = _cells(truth, predicted)
        counts = np.bincount(units * width + cells, minlength=number * width)
        sums = counts.reshape(number, width).astype(np.float64)
    return _Urn(sums, np.full(number, 1 / number), number)


def _utterance_sums(truth: Sequence[Hashable], predicted: Sequence[Hashable], metric: Metric) -> _Urn:
    """Drawing utterances is drawing cells of the confusion matrix: few, however many the utterances are."""
    size = len(truth)
    if metric.kind == "dimensional":
        return _Urn(moments(truth, predicted), np.full(size, 1 / size), size)
    cells, width = _cells(truth, predicted)
    return _Urn(np.eye(width), np.bincount(cells, minlength=width) / size, size)


def _cells(truth: Sequence[Hashable], predicted: Sequence[Hashable]) -> tuple[NDArray[np.int64], int]:
    """Return each utterance's cell (N,) in the flattened confusion matrix, and the number of cells."""
    classes = sorted({*truth, *predicted}, key=str)
    index = {label: number for number, label in enumerate(classes)}
    cells = [index[true] * len(classes) + index[guess] for true, guess in zip(truth, predicted, strict=True)]
    return np.asarray(cells, dtype=np.int64), len(classes) ** 2


def _resample(urn: _Urn, function: Callable[[Floats], Floats], *, draws: int, seed: int) -> Floats:
    """Return the function of the summed counts (draws, S) of every draw: (draws,)."""
    generator = np.random.default_rng(seed)
    # In blocks, so that a large corpus with a draw for each utterance stays within memory.
    block = max(1, _CELLS_AT_ONCE // len(urn.shares))
    values = []
    for start in range(0, draws, block):
        times = generator.multinomial(urn.size, urn.shares, size=min(block, draws - start))
        values.append(function(times @ urn.sums))
    return np.concatenate(values)


def _values(sums: Floats, metric: Metric) -> Floats:
    """Return the metric of every draw's sums: (draws, S) -> (draws,)."""
    if metric.kind == "categorical":
        width = math.isqrt(sums.shape[-1])
        sums = sums.reshape(-1, width, width)
    return metric.function(sums)


def _mean_difference(sums: Floats, metric: Metric, widths: Sequence[int]) -> Floats:
    """Return first - second, the mean over pairs, of sums side by side: (draws, S1 + S2 + ...) -> (draws,)."""
    ends = np.cumsum(widths)[:-1]
    values = [_values(part, metric) for part in np.split(sums, ends, axis=1)]
    differences: Floats = np.mean([first - second for first, second in zip(values[::2], values[1::2], strict=True)], 0)
    return differences
