"""Learning curves: what a training, or a search over C, went through."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from emonet.errors import EmonetError

if TYPE_CHECKING:
    from emonet.report.folder import TrainingId

AXES = ("epoch", "round", "c")
"""What a history may be counted in: epochs, rounds over several corpora, or values of C."""

_ASIDE = frozenset({*AXES, "seconds", "learning_rate", "converged"})
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Curve:
    """One training's history.

    Attributes:
        task: ``corpus/target``, or the name of a shared training.
        axis: one of ``AXES``.
        at: epochs, rounds or values of C, in the order of the history.
        series: name of the quantity (``dev_uar``, ``train_loss``, ...) -> its value at each of them.
    """

    system: str
    task: str
    fold: str
    seed: int
    axis: str
    at: tuple[float, ...]
    series: Mapping[str, tuple[float | None, ...]]

    @property
    def metric(self) -> str:
        """The name of the metric that selection read; empty for a training without one."""
        return next((name.removeprefix("dev_") for name in self.series if name.startswith("dev_")), "")

    @property
    def watched(self) -> tuple[float | None, ...]:
        """The metric on dev that selection read; empty for a training without one."""
        return next((values for name, values in self.series.items() if name.startswith("dev_")), ())


def mean_curve(curves: Sequence[Curve], name: str = "") -> tuple[tuple[float, float], ...]:
    """Return the mean of a quantity over the trainings that got as far, as (epoch, value) pairs.

    Args:
        curves: trainings with one axis.
        name: of a series; empty: what was watched on dev.
    """
    values: dict[float, list[float]] = {}
    for curve in curves:
        series = curve.series.get(name, ()) if name else curve.watched
        for place, value in zip(curve.at, series, strict=False):
            if value is not None:
                values.setdefault(place, []).append(value)
    return tuple((place, fmean(values[place])) for place in sorted(values))


def sparkline(values: Sequence[float], *, width: int = 24) -> str:
    """Return values as a row of bars, from the lowest value to the highest.

    >>> sparkline([0, 1, 2, 7])
    '▁▂▃█'
    """
    step = max(1, -(-len(values) // width))
    shown = [fmean(values[start : start + step]) for start in range(0, len(values), step)]
    if not shown:
        return ""
    low, height = min(shown), max(shown) - min(shown)
    return "".join(_BARS[round((len(_BARS) - 1) * (value - low) / height) if height else 0] for value in shown)


def read_curve(training: TrainingId, path: Path) -> Curve | None:
    """Return the curve of one training's history, None for one in which nothing happened.

    Raises:
        EmonetError: the file is not a list of records.
    """
    records = _records(path)
    if not records:
        return None
    axis = next((axis for axis in AXES if axis in records[0]), None)
    if axis is None:
        raise EmonetError(f"{path}: this history has none of {', '.join(AXES)}. Run the recipe again to write it anew.")
    kinds = dict.fromkeys(key for record in records for key in record if key not in _ASIDE)
    series = {key: tuple(_number(record.get(key)) for record in records) for key in kinds}
    kept = {key: values for key, values in series.items() if any(value is not None for value in values)}
    at = tuple(float(record[axis]) for record in records)
    return Curve(*training, axis, at, kept)


def _records(path: Path) -> list[dict[str, Any]]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise EmonetError(f"{path}: not JSON ({problem}). Run the recipe again to write it anew.") from None
    if not isinstance(data, list) or not all(isinstance(record, Mapping) for record in data):
        raise EmonetError(f"{path}: not a history, expected a list of records. Run the recipe again.")
    return data


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None
