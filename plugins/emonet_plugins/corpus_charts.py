"""Durations of a run's corpora as coordinates (the paper's Figures 2 and 3); the HTML report draws them as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emonet.audio.statistics import LONGEST, Box, CorpusStatistics, bins
from emonet_plugins.charts import BOTTOM, RIGHT, TOP, WIDTH, Scale, Tick, round_numbers

LEFT = 170
"""Where boxes begin: right of the corpora's names."""
_ROW, _EDGE = 26, 40
_LETTERS = 22


@dataclass(frozen=True, slots=True)
class BoxRow:
    """One corpus: its name, the middle of its row, and where whiskers, box and median lie across."""

    name: str
    at: float
    low: float
    lower: float
    median: float
    upper: float
    high: float
    text: str


@dataclass(frozen=True, slots=True)
class BoxChart:
    """Boxes of all corpora above one axis."""

    rows: tuple[BoxRow, ...]
    ticks: tuple[Tick, ...]
    left: float
    bottom: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the histogram: its place and size, and what it says."""

    left: float
    top: float
    width: float
    height: float
    text: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """Durations of all samples up to 10 s."""

    bars: tuple[Bar, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def box_chart(statistics: Sequence[CorpusStatistics]) -> BoxChart:
    """Lay out one box a corpus; whiskers end at the last sample within 1.5 times the box."""
    most = max(each.box.high for each in statistics)
    marks = round_numbers(0.0, most)
    across = Scale(0.0, marks[-1], LEFT, RIGHT)
    rows = tuple(_row(each.corpus, each.box, _ROW * (place + 0.5), across) for place, each in enumerate(statistics))
    bottom = _ROW * len(rows)
    ticks = tuple(Tick(across.place(mark), f"{mark:g}") for mark in marks)
    return BoxChart(rows, ticks, LEFT, bottom, WIDTH, bottom + _EDGE)


def histogram(statistics: Sequence[CorpusStatistics]) -> Histogram:
    """Lay out the histogram of all durations."""
    counts = [sum(each.histogram[place] for each in statistics) for place in range(len(bins()))]
    marks = [mark for mark in round_numbers(0, max(*counts, 1)) if mark % 1 == 0]
    across, upward = Scale(0.0, LONGEST, 46, RIGHT), Scale(0.0, max(*marks, *counts), BOTTOM, TOP)
    bars = []
    for (begin, end), count in zip(bins(), counts, strict=True):
        left, right, top = across.place(begin) + 0.5, across.place(end) - 0.5, upward.place(count)
        bars.append(Bar(left, top, round(right - left, 1), round(BOTTOM - top, 1), f"{begin:g} to {end:g} s: {count}"))
    x_ticks = tuple(Tick(across.place(mark), f"{mark}") for mark in range(0, int(LONGEST) + 1, 2))
    return Histogram(tuple(bars), x_ticks, tuple(Tick(upward.place(mark), f"{mark:g}") for mark in marks))


def _row(corpus: str, box: Box, at: float, across: Scale) -> BoxRow:
    span = f"median {box.median:.2f} s, {box.low:.2f} to {box.high:.2f} s"
    return BoxRow(
        name=_short(corpus),
        at=at,
        low=across.place(box.low),
        lower=across.place(box.lower),
        median=across.place(box.median),
        upper=across.place(box.upper),
        high=across.place(box.high),
        text=f"{corpus}: {span}, {box.outliers} beyond, longest {box.longest:.2f} s",
    )


def _short(name: str) -> str:
    return name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}\u2026"
