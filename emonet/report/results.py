"""The results of a run as typed data, and as JSON on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from emonet.audio.statistics import CorpusStatistics
from emonet.corpus.corpus import Published
from emonet.errors import EmonetError, counted
from emonet.evaluate.baseline import BaselineComparison
from emonet.evaluate.score import Score, SeedMean
from emonet.files import write_json
from emonet.findings import Verdict
from emonet.report.curves import Curve

if TYPE_CHECKING:
    from pathlib import Path

_SPLITS = ("test", "dev", "train")
_TEXTS = ("name", "folder", "created", "version")
_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningCount:
    """How often the test split of a protocol had been opened in this home when a report was made.

    Attributes:
        protocol: the protocol's id.
        hash: the protocol's hash.
        times: of the fold that was opened most often.
        fewest: of the fold that was opened least often.
        systems: how many different ones, in all folds.
        repeats: how many of ``times`` were by a stage that had opened the fold before.
        by_run: whether the report's run has scores on test.
        unreadable: lines of the ledger that might be further openings.
        unlisted: how many of all openings are known from the run's own stages alone: the ledger was lost, or the
            stages came from another home without it.
    """

    protocol: str
    hash: str
    times: int
    fewest: int
    systems: int
    repeats: int = 0
    by_run: bool = True
    unreadable: int = 0
    unlisted: int = 0

    @property
    def line(self) -> str:
        """Return one sentence for a report."""
        how_often = {0: "never opened", 1: "opened once"}.get(self.times, f"opened {self.times} times")
        folds = "" if self.fewest == self.times else f" ({self.fewest} to {self.times} times a fold)"
        systems = f" by {counted(self.systems, 'system')}" if self.systems else ""
        text = f"Test of {self.protocol} #{self.hash[:8]} was {how_often}{systems}{folds}"
        text += ", over all runs of this EMONET_HOME until this report"
        if self.repeats:
            text += f"; {counted(self.repeats, 'time')} by a stage that had opened it before (a kill, lost results)"
        if self.unreadable:
            text += f"; {counted(self.unreadable, 'line')} of its ledger cannot be read, so it may be more"
        if self.unlisted:
            text += f"; its ledger lacks {counted(self.unlisted, 'opening')} of these results, so it may be more"
        return f"{text}." if self.by_run or not self.times else f"{text}; this run did not open it."


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """How much of a corpus was left out because its audio cannot be used.

    Attributes:
        protocol: the protocol's id.
        hash: the protocol's hash.
        count: utterances that carry what is learned.
        folds: how many the protocol has.
        splits: split -> how many of them it would have, in any fold.
        reasons: reason in short -> how many of them.
    """

    corpus: str
    protocol: str
    hash: str
    count: int
    folds: int
    splits: Mapping[str, int]
    reasons: Mapping[str, int]

    @property
    def line(self) -> str:
        """Return one sentence for a report."""
        ordered = sorted(self.splits.items(), key=lambda each: _SPLITS.index(each[0]) if each[0] in _SPLITS else 9)
        lacking = ", ".join(f"{split} {count}" for split, count in ordered)
        over = " (in some fold)" if self.folds > 1 else ""
        why = ", ".join(f"{reason} {count}" for reason, count in self.reasons.items())
        text = f"Left out of {self.protocol} #{self.hash[:8]}: {counted(self.count, 'utterance')}"
        return f"{text}; {why}; {lacking}{over}. The run's left_out.json names them."


@dataclass(frozen=True, slots=True)
class Report:
    """All scores of a run.

    Attributes:
        name: of the run.
        folder: where the run's files are.
        created: when, as an ISO 8601 time.
        version: of EmoNet.
        notes: sentences that concern the whole run, e.g. how many files could not be read.
        means: over seeds, with intervals, where there are several seeds.
        comparisons: every system against the named baseline; empty where none is named.
        curves: what training went through; empty where it was not asked for.
        published: task -> what the paper reports for it.
        audits: the verdict on each partition that the scores are under.
        corpora: what the run's corpora are made of.
        content: corpus -> hash of its prepared utterances and their audio.
        machines: that trained what the scores are of, each once; see ``machine_of``.
        left_out: what the partitions lack since its audio cannot be used.
        openings: how often the test split of each protocol had been opened in this EMONET_HOME by then.
    """

    name: str
    folder: str
    created: str
    version: str
    scores: tuple[Score, ...]
    notes: tuple[str, ...] = ()
    means: tuple[SeedMean, ...] = ()
    comparisons: tuple[BaselineComparison, ...] = ()
    curves: tuple[Curve, ...] = ()
    published: Mapping[str, Published] = field(default_factory=dict)
    audits: tuple[Verdict, ...] = ()
    corpora: tuple[CorpusStatistics, ...] = ()
    openings: tuple[OpeningCount, ...] = ()
    content: Mapping[str, str] = field(default_factory=dict)
    machines: tuple[Mapping[str, str], ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain data for JSON; what is empty is left out, save for scores and notes."""
        texts = {key: getattr(self, key) for key in _TEXTS}
        rest = {
            "means": [asdict(mean) for mean in self.means],
            "comparisons": [comparison.to_json() for comparison in self.comparisons],
            "curves": [asdict(curve) for curve in self.curves],
            "published": {task: asdict(published) for task, published in self.published.items()},
            "audits": [verdict.to_json() for verdict in self.audits],
            "corpora": [asdict(each) for each in self.corpora],
            "openings": [asdict(each) for each in self.openings],
            "content": dict(self.content),
            "machines": [dict(each) for each in self.machines],
            "left_out": [asdict(each) for each in self.left_out],
        }
        given = {key: value for key, value in rest.items() if value}
        return {**texts, "notes": list(self.notes), "scores": [score.to_json() for score in self.scores], **given}

    @classmethod
    def from_json(cls, data: Any) -> Report:
        """Return the report that ``to_json`` made this data from.

        Raises:
            EmonetError: the data are not a report.
        """
        if not isinstance(data, Mapping):
            raise EmonetError(f"Not a report: a {type(data).__name__}, expected a mapping with name and scores.")
        missing = [key for key in (*_TEXTS, "scores") if key not in data]
        if missing:
            raise EmonetError(f"Not a report: it lacks '{missing[0]}'. It may be from another version of EmoNet.")
        if not isinstance(data["scores"], list) or not all(isinstance(score, Mapping) for score in data["scores"]):
            raise EmonetError("Not a report: its scores are not a list of mappings. Run the recipe again.")
        scores = tuple(Score.from_json(score) for score in data["scores"])
        texts = {key: str(data[key]) for key in _TEXTS}
        return cls(
            **texts,
            scores=scores,
            notes=tuple(data.get("notes", ())),
            means=_typed(tuple[SeedMean, ...], data, "means", ()),
            comparisons=_typed(tuple[BaselineComparison, ...], data, "comparisons", ()),
            curves=_typed(tuple[Curve, ...], data, "curves", ()),
            published=_typed(dict[str, Published], data, "published", {}),
            audits=_typed(tuple[Verdict, ...], data, "audits", ()),
            corpora=_typed(tuple[CorpusStatistics, ...], data, "corpora", ()),
            openings=_typed(tuple[OpeningCount, ...], data, "openings", ()),
            content=_typed(dict[str, str], data, "content", {}),
            machines=_typed(tuple[dict[str, str], ...], data, "machines", ()),
            left_out=_typed(tuple[LeftOut, ...], data, "left_out", ()),
        )


def _typed(kind: type[_Part], data: Mapping[str, Any], key: str, default: _Part) -> _Part:
    from pydantic import TypeAdapter, ValidationError

    if key not in data:
        return default
    try:
        return TypeAdapter(kind).validate_python(data[key])
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(str(part) for part in (key, *first["loc"]))
        message = f"Not a report: '{place}': {first['msg'].lower()}. It may be from another version of EmoNet."
        raise EmonetError(message) from None


def write_report(report: Report, path: Path) -> None:
    """Write a report as JSON, atomically."""
    write_json(path, report.to_json())


def read_report(path: Path) -> Report:
    """Read what ``write_report`` wrote.

    Raises:
        EmonetError: there is no such file, or it is not a report.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise EmonetError(f"{path}: there are no results here. Has the run been finished?") from None
    except ValueError as problem:
        raise EmonetError(f"{path}: not JSON ({problem}). Run the recipe again to write it anew.") from None
    try:
        return Report.from_json(data)
    except EmonetError as problem:
        raise EmonetError(f"{path}: {problem}") from None
