"""Scores brought together: rows over splits, checkpoints and seeds, and these rows by task and system."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from emonet.evaluate.interval import Interval
from emonet.evaluate.metrics import METRICS
from emonet.evaluate.predictions import Checkpoint, ScoredSplit
from emonet.evaluate.score import Score, SeedMean, Setting, summarise

ScoreKey = tuple[ScoredSplit, Checkpoint]


@dataclass(frozen=True)
class Row:
    """All scores of one system on one task under one protocol; each list has one score for each seed.

    Attributes:
        means: means over seeds, of any systems; see ``interval``.
    """

    scores: Mapping[ScoreKey, tuple[Score, ...]]
    means: tuple[SeedMean, ...] = ()

    @property
    def first(self) -> Score:
        """The score that says what all of the row's have in common: one on test if there is any."""
        keys: tuple[ScoreKey, ...] = (("test", "best"), ("test", "final"), ("dev", "best"), ("dev", "final"))
        return next(self.scores[key][0] for key in keys if self.scores.get(key))

    def of(self, split: ScoredSplit, checkpoint: Checkpoint) -> tuple[Score, ...]:
        """Return the scores of one split and checkpoint, one for each seed; empty where there are none."""
        return self.scores.get((split, checkpoint), ())

    def of_split(self, split: ScoredSplit) -> tuple[Score, ...]:
        """Return the scores of the best epoch, or of the only checkpoint that there is."""
        return self.of(split, "best") or self.of(split, "final")

    @property
    def interval(self) -> Interval | None:
        """The interval of the test score, over several seeds that of their mean; None where it is unknown."""
        scores = self.of_split("test")
        if len(scores) == 1:
            return scores[0].interval
        return next((mean.interval for mean in self.means if mean.is_of(scores)), None)

    def column_among(self, taken: Container[str]) -> str:
        """Return what the row's system is called among columns; one that is there already is told by normalisation."""
        first = self.first
        return f"{first.system}, normalisation {first.normalisation}" if first.system in taken else first.system

    def all(self) -> Iterable[Score]:
        """Yield all scores."""
        for scores in self.scores.values():
            yield from scores


def rows_of(scores: Iterable[Score], means: Iterable[SeedMean] = ()) -> tuple[Row, ...]:
    """Group scores into rows, in the order in which the scores come; ``means`` are those over seeds."""
    known = tuple(means)
    grouped: dict[tuple[str, ...], dict[ScoreKey, list[Score]]] = {}
    for score in scores:
        row = grouped.setdefault(row_key(score), {})
        row.setdefault((score.split, score.checkpoint), []).append(score)
    return tuple(
        Row({key: tuple(sorted(found, key=lambda score: score.seed)) for key, found in row.items()}, known)
        for row in grouped.values()
    )


def row_key(score: Score) -> tuple[str, ...]:
    """Return what the scores of one row have in common."""
    setting: Setting = score
    return (score.task, score.system, setting.strategy, setting.normalisation, setting.metric, setting.protocol_hash)


def protocol_of(score: Setting) -> str:
    """Return the protocol's id and the first eight digits of its hash."""
    return f"{score.protocol_id} #{score.protocol_hash[:8]}"


@dataclass(frozen=True)
class TaskRows:
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
        """A score that says what all of the task's have in common."""
        return next(iter(self.rows.values())).first


@dataclass(frozen=True)
class ByTaskAndSystem:
    """All tasks with their rows, and all systems in the order in which they come."""

    systems: tuple[str, ...]
    tasks: tuple[TaskRows, ...]


def by_task_and_system(scores: Iterable[Score], means: Iterable[SeedMean] = ()) -> ByTaskAndSystem:
    """Arrange scores, and means over seeds; a system that is there with two normalisations makes two columns."""
    groups: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows_of(scores, means):
        systems = groups.setdefault((row.first.task, row.first.protocol_hash), {})
        systems[row.column_among(systems)] = row
    tasks = [task for task, _ in groups]
    found = (
        TaskRows(f"{task} #{digest[:8]}" if tasks.count(task) > 1 else task, task, rows)
        for (task, digest), rows in groups.items()
    )
    names = dict.fromkeys(system for rows in groups.values() for system in rows)
    return ByTaskAndSystem(tuple(names), tuple(found))


def mean_of(row: Row | None, split: ScoredSplit, checkpoint: Checkpoint = "best") -> float | None:
    """Return the mean over seeds, None where there is no score."""
    scores = row.of(split, checkpoint) if row else ()
    return summarise(scores).mean if scores else None


def difference_of(line: TaskRows, system: str, baseline: str, split: ScoredSplit) -> float | None:
    """Return how far a system is above the baseline at their best epochs, in the direction that is better."""
    one, other = (mean_of(line.rows.get(name), split) for name in (system, baseline))
    if one is None or other is None:
        return None
    return one - other if METRICS[line.first.metric].higher_is_better else other - one
