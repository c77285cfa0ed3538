"""Scores brought together: one row for each system and task, over parts, checkpoints and seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from emonet.evaluate.interval import Interval
from emonet.evaluate.predictions import Checkpoint, Part
from emonet.evaluate.score import Score, SeedMean, Setting

Key = tuple[Part, Checkpoint]


@dataclass(frozen=True)
class Row:
    """All scores of one system on one task under one protocol; each list has one score for each seed.

    Attributes:
        means: means over seeds, of any systems; see ``interval``.
    """

    scores: Mapping[Key, tuple[Score, ...]]
    means: tuple[SeedMean, ...] = ()

    @property
    def first(self) -> Score:
        """The score that says what all of the row's have in common: one on test if there is any."""
        keys: tuple[Key, ...] = (("test", "best"), ("test", "final"), ("dev", "best"), ("dev", "final"))
        return next(self.scores[key][0] for key in keys if self.scores.get(key))

    def of(self, part: Part, checkpoint: Checkpoint) -> tuple[Score, ...]:
        """Return the scores of one part and checkpoint, one for each seed; empty where there are none."""
        return self.scores.get((part, checkpoint), ())

    def of_part(self, part: Part) -> tuple[Score, ...]:
        """Return the scores of the best epoch, or of the only checkpoint that there is."""
        return self.of(part, "best") or self.of(part, "final")

    @property
    def interval(self) -> Interval | None:
        """The interval of the test score, over several seeds that of their mean; None where it is unknown."""
        scores = self.of_part("test")
        if len(scores) == 1:
            return scores[0].interval
        return next((mean.interval for mean in self.means if mean.is_of(scores)), None)

    def all(self) -> Iterable[Score]:
        """Yield all scores."""
        for scores in self.scores.values():
            yield from scores


def rows_of(scores: Iterable[Score], means: Iterable[SeedMean] = ()) -> tuple[Row, ...]:
    """Group scores into rows, in the order in which the scores come; ``means`` are those over seeds."""
    known = tuple(means)
    grouped: dict[tuple[str, ...], dict[Key, list[Score]]] = {}
    for score in scores:
        row = grouped.setdefault(row_key(score), {})
        row.setdefault((score.part, score.checkpoint), []).append(score)
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
