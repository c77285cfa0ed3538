"""The paper's Table 1 for whatever corpora are present."""

from __future__ import annotations

from collections.abc import Sequence

from emonet.audio.statistics import CorpusStatistics
from emonet.report.table import Table
from emonet.wording import counted

_HEADER = ("name", "#", "# C.", "# Sp.", "language", "mean_dur [s]", "total_d [h]")


def corpora_table(statistics: Sequence[CorpusStatistics], *, paper: bool = True) -> Table:
    """Return samples, classes, speakers, languages, mean duration and hours of each corpus, as Table 1 does.

    Args:
        statistics: of the corpora.
        paper: whether a corpus' row of the paper's own Table 1 stands below it.
    """
    rows: list[tuple[str, ...]] = []
    for each in statistics:
        rows.append(_row(each))
        if paper and (used := each.table1) is not None:
            speakers = "-" if used.speakers is None else str(used.speakers)
            duration = f"{used.mean_duration:.1f} ± {used.std_duration:.1f}"
            rows.append(
                ("  in the paper", str(used.samples), str(used.classes), speakers, "", duration, f"{used.hours:.2f}")
            )
    if len(statistics) > 1:
        rows.append(_total(statistics))
    return Table(_HEADER, tuple(rows), (), "Corpora")


def _row(each: CorpusStatistics) -> tuple[str, ...]:
    classes = ", ".join(str(sum(1 for count in counts.values() if count)) for counts in each.classes.values())
    speakers = str(len(each.speakers)) if each.speakers else "-"
    duration = f"{each.mean:.1f} ± {each.std:.1f}"
    languages = " ".join(each.languages)
    return (each.corpus, str(each.samples), classes or "-", speakers, languages, duration, f"{each.hours:.2f}")


def _total(statistics: Sequence[CorpusStatistics]) -> tuple[str, ...]:
    samples, hours = sum(each.samples for each in statistics), sum(each.hours for each in statistics)
    speakers = sum(len(each.speakers) for each in statistics)
    mean = sum(each.mean * each.samples for each in statistics) / samples
    languages = {language.split("-")[0] for each in statistics for language in each.languages} - {"und"}
    return ("all", str(samples), "-", str(speakers), counted(len(languages), "language"), f"{mean:.1f}", f"{hours:.2f}")
