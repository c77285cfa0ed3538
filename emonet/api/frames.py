"""Results as pandas frames and as HTML for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from emonet.errors import EmonetError
from emonet.evaluate.interval import Interval
from emonet.evaluate.predictions import COLUMNS, Predictions
from emonet.evaluate.score import Score, SeedMean
from emonet.report.results import Report
from emonet.report.rows import rows_of

if TYPE_CHECKING:
    import pandas as pd

_SHARED = (
    "task",
    "system",
    "strategy",
    "normalisation",
    "split",
    "checkpoint",
    "n",
    "speakers",
    "chance",
    "protocol_id",
    "protocol_hash",
    "protocol_overlap",
    "evaluation",
    "transductive",
)


def frame_of(rows: Iterable[Mapping[str, Any]], columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return rows as a frame; ``columns`` are there, and first, whatever the rows hold.

    Raises:
        EmonetError: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise EmonetError("Frames need pandas, which comes with datasets. Install it: pip install pandas") from None
    listed = list(rows)
    found = dict.fromkeys([*columns, *(name for row in listed for name in row)])
    return pd.DataFrame({name: [row.get(name) for row in listed] for name in found}, columns=list(found))


def html_table(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "", notes: Iterable[str] = ()
) -> str:
    """Return a table as HTML; every text of it is escaped.

    >>> html_table(["a"], [["<b>"]])
    '<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>&lt;b&gt;</td></tr></tbody></table>'
    """
    caption = f"<caption>{escape(title)}</caption>" if title else ""
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    listed = "".join(f"<li>{escape(note)}</li>" for note in notes)
    below = f"<ul>{listed}</ul>" if listed else ""
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"


def score_rows(report: Report) -> Iterator[dict[str, Any]]:
    """Yield a row for each score of a seed, then for each mean over seeds; values as shares, not in per cent."""
    for score in report.scores:
        shared = {name: getattr(score, name) for name in _SHARED}
        folds = {"fold_mean": score.fold_mean, "fold_sd": score.fold_sd}
        yield {
            **shared,
            "seeds": (score.seed,),
            **_valued(score, score.interval),
            **folds,
            "notes": "; ".join(score.notes),
            **score.metrics,
        }
    for row in rows_of(report.scores, report.means):
        for scores in (row.of("test", "best"), row.of("test", "final")):
            for mean in (each for each in report.means if each.is_of(scores)):
                shared = {name: getattr(scores[0], name) for name in _SHARED}
                yield {**shared, "seeds": mean.seeds, **_valued(mean, mean.interval)}


def _valued(score: Score | SeedMean, interval: Interval) -> dict[str, Any]:
    return {
        "metric": score.metric,
        "value": score.value,
        "low": interval.low,
        "high": interval.high,
        "level": interval.level,
        "interval": interval.method,
        "interval_note": interval.note,
    }


def comparison_rows(report: Report) -> Iterator[dict[str, Any]]:
    """Yield a row for each system that was held against the baseline; ``low`` and ``high`` are of the difference."""
    names = ("task", "system", "baseline", "metric", "difference", "n", "seeds", "speakers")
    for each in report.comparisons:
        interval = each.interval
        yield {
            **{name: getattr(each, name) for name in names},
            "low": interval.low if interval else None,
            "high": interval.high if interval else None,
            "level": interval.level if interval else None,
            **{name: getattr(each, name) for name in ("p", "p_holm", "mark", "limit", "caution", "protocol_hash")},
        }


def prediction_rows(tables: Iterable[Predictions]) -> Iterator[dict[str, Any]]:
    """Yield a row for each utterance and pass of a model, a column ``p_CLASS`` for each probability."""
    for table in tables:
        for row in table.rows:
            cells = {name: getattr(row, name) for name in COLUMNS if name != "probabilities"}
            if not table.classes:
                cells |= {"truth": float(row.truth), "predicted": float(row.predicted)}
            shares = dict(zip(table.classes, row.probabilities or (), strict=False))
            yield {**cells, **{f"p_{label}": share for label, share in shares.items()}}
