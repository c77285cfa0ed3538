"""Small charts as coordinates; the HTML report's template draws them as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 420, 230
"""Size of a chart in the units of its SVG; shown at about one pixel each, so that text stays readable on a phone."""

LEFT, RIGHT, TOP, BOTTOM = 46, 408, 10, 194
COLOURS = 8

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where, in the chart's units, and what it says."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line: name and colour of what it belongs to, and whether it is the mean of others."""

    name: str
    colour: int
    points: Points
    is_mean: bool = True


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of lines, ready to be drawn.

    Attributes:
        strokes: (coordinates as SVG writes them, colour, is a mean) of each line.
        legend: (name, colour) of each thing that is drawn.
    """

    title: str
    x_title: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    strokes: tuple[tuple[str, int, bool], ...]
    legend: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from ``low`` to ``high``, laid out from ``start`` to ``end``; logarithmic where asked for."""

    low: float
    high: float
    start: float
    end: float
    log: bool = field(default=False, kw_only=True)

    def place(self, value: float) -> float:
        """Return where a value lies, in the chart's units."""
        low, high, at = (self._on(each) for each in (self.low, self.high, value))
        share = (at - low) / (high - low) if high > low else 0.5
        return round(self.start + share * (self.end - self.start), 1)

    def _on(self, value: float) -> float:
        return math.log10(value) if self.log else value


def line_chart(title: str, x_title: str, lines: Iterable[Drawn], *, log: bool = False) -> Chart:
    """Lay out lines in one chart; with ``log``, the horizontal axis is logarithmic."""
    drawn = [line for line in lines if line.points]
    x_values = [x for line in drawn for x, _ in line.points]
    y_values = [y for line in drawn for _, y in line.points]
    across = Scale(min(x_values), max(x_values), LEFT, RIGHT, log=log)
    x_marks = _powers(across) if log else [mark for mark in round_numbers(across.low, across.high) if mark % 1 == 0]
    y_marks = round_numbers(min(y_values), max(y_values))
    upward = Scale(min(*y_values, *y_marks), max(*y_values, *y_marks), BOTTOM, TOP)
    return Chart(
        title,
        x_title,
        tuple(Tick(across.place(mark), f"{mark:g}") for mark in x_marks),
        tuple(Tick(upward.place(mark), f"{mark:g}") for mark in y_marks),
        tuple((_path(line.points, across, upward), line.colour, line.is_mean) for line in drawn),
        tuple(dict.fromkeys((line.name, line.colour) for line in drawn)),
    )


@dataclass(frozen=True, slots=True)
class Whisker:
    """A score with its interval, as lengths in per cent of the bar that it is drawn on.

    Attributes:
        is_claimed: whether the interval has a level; else it is a spread over clips.
    """

    name: str
    text: str
    low: float
    value: float
    high: float
    chance: float | None
    is_claimed: bool = True


def round_numbers(low: float, high: float, *, about: int = 4) -> list[float]:
    """Return round numbers that span a range, about as many as asked for.

    >>> round_numbers(0.31, 0.58)
    [0.3, 0.4, 0.5, 0.6]
    """
    if high <= low:
        return [low]
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(number * step, 10) for number in range(first, last + 1)]


def _powers(scale: Scale) -> list[float]:
    """Return powers of ten within a range, every second or third one where they are many."""
    first, last = math.ceil(math.log10(scale.low) - 1e-9), math.floor(math.log10(scale.high) + 1e-9)
    step = max(1, -(-(last - first + 1) // 5))
    return [10.0**power for power in range(first, last + 1, step)]


def _path(points: Points, across: Scale, upward: Scale) -> str:
    return " ".join(f"{across.place(x)},{upward.place(y)}" for x, y in points)
