"""Scores as a grid: a line for each task and protocol, a column for each system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from emonet.evaluate.metrics import METRICS
from emonet.evaluate.predictions import Checkpoint, Part
from emonet.evaluate.score import Score, SeedMean, summarise
from emonet.report.rows import Row, rows_of


@dataclass(frozen=True)
class Line:
    """All systems on one task under one protocol.

    Attributes:
        label: the task, with the protocol's hash where the task stands under several.
        rows: system -> its scores.
    """

    label: str
    task: str
    rows: Mapping[str, Row]

    @property
    def first(self) -> Score:
        """A score that says what all of the line's have in common."""
        return next(iter(self.rows.values())).first


@dataclass(frozen=True)
class Grid:
    """All lines, and all systems in the order in which they come."""

    systems: tuple[str, ...]
    lines: tuple[Line, ...]


def grid_of(scores: Iterable[Score], means: Iterable[SeedMean] = ()) -> Grid:
    """Arrange scores, and means over seeds; a system that is there with two normalisations makes two columns."""
    groups: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows_of(scores, means):
        systems = groups.setdefault((row.first.task, row.first.protocol_hash), {})
        name = row.first.system
        systems[f"{name}, normalisation {row.first.normalisation}" if name in systems else name] = row
    tasks = [task for task, _ in groups]
    lines = (
        Line(f"{task} #{digest[:8]}" if tasks.count(task) > 1 else task, task, rows)
        for (task, digest), rows in groups.items()
    )
    names = dict.fromkeys(system for rows in groups.values() for system in rows)
    return Grid(tuple(names), tuple(lines))


def mean_of(row: Row | None, part: Part, checkpoint: Checkpoint = "best") -> float | None:
    """Return the mean over seeds, None where there is no score."""
    scores = row.of(part, checkpoint) if row else ()
    return summarise(scores).mean if scores else None


def difference_of(line: Line, system: str, baseline: str, part: Part) -> float | None:
    """Return how far a system is above the baseline at their best epochs, in the direction that is better."""
    one, other = (mean_of(line.rows.get(name), part) for name in (system, baseline))
    if one is None or other is None:
        return None
    return one - other if METRICS[line.first.metric].higher_is_better else other - one
