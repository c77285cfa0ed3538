"""What a prepared corpus is made of (paper, 3.4 and Table 1), read from its store without decoding anything again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from emonet.affect import AROUSAL, VALENCE
from emonet.audio.roots import current
from emonet.corpus.corpus import Corpus, Table1, Target

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class LabelCounts:
    """Utterances by label, and whether they were counted in the prepared data or taken from the card."""

    origin: Literal["prepared", "card", "unknown"]
    by_label: Mapping[str, int] = field(default_factory=dict)


def label_counts(corpus: Corpus, target: Target) -> LabelCounts:
    """Count a target's labels without opening any audio.

    Raises:
        CorpusError: the store that was prepared last is damaged.
    """
    store = current(corpus.id)
    if store is not None:
        from emonet.audio.store import read_utterances

        found = Counter(str(utterance.labels.get(target.name)) for utterance in read_utterances(store))
        return LabelCounts("prepared", {label: found[label] for label in target.classes})
    documented = corpus.expected.per_class.get(target.name, {})
    return LabelCounts("card" if documented else "unknown", dict(documented))


BIN = 0.5
"""Width of a bar of the histogram of durations in s."""
LONGEST = 10.0
"""Duration in s up to which the histogram goes, as the paper's Figure 3 does; the rest is counted apart."""
CELLS: tuple[str, ...] = tuple(f"{arousal}/{valence}" for arousal in AROUSAL for valence in VALENCE)
"""The six cells of arousal and valence, as ``low/negative``."""


@dataclass(frozen=True, slots=True)
class Box:
    """Quartiles in s, and whiskers at the last sample within 1.5 times the box; ``outliers`` lie beyond."""

    low: float
    lower: float
    median: float
    upper: float
    high: float
    outliers: int
    longest: float


@dataclass(frozen=True, slots=True)
class CorpusStatistics:
    """The size and make-up of one corpus; durations are in s.

    Attributes:
        samples: utterances in the store.
        speakers: speaker -> utterances; empty where nobody knows them.
        splits: the corpus' own splits -> utterances.
        classes: target -> class -> utterances, for targets with classes.
        cells: target -> class -> its cell of arousal and valence.
        affect: cell -> utterances, by the first target that has cells.
        histogram: utterances in bins of half a second up to 10 s.
        beyond: utterances longer than that.
        table1: what the paper's Table 1 says of the corpus.
    """

    corpus: str
    title: str
    languages: tuple[str, ...]
    samples: int
    mean: float
    std: float
    hours: float
    box: Box
    histogram: tuple[int, ...]
    beyond: int
    speakers: Mapping[str, int] = field(default_factory=dict)
    splits: Mapping[str, int] = field(default_factory=dict)
    classes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    cells: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    affect: Mapping[str, int] = field(default_factory=dict)
    table1: Table1 | None = None


def statistics_of(corpus: Corpus, store: Path) -> CorpusStatistics:
    """Read the statistics of a prepared corpus from its store.

    Raises:
        CorpusError: there is no complete store in the folder.
        Damaged: it is not what was written.
    """
    import numpy as np

    from emonet.audio.store import store_table

    table = store_table(store).select(["labels", "speaker", "split", "seconds"])
    seconds = np.asarray(table.column("seconds").to_numpy(), dtype=np.float64)
    edges = np.arange(0.0, LONGEST + BIN, BIN)
    labels = [json.loads(text) for text in table.column("labels").to_pylist()]
    classes = _classes(corpus, labels)
    return CorpusStatistics(
        corpus=corpus.id,
        title=corpus.title,
        languages=corpus.languages,
        samples=len(seconds),
        mean=float(seconds.mean()),
        std=float(seconds.std()),
        hours=float(seconds.sum() / 3600),
        box=_box(seconds),
        histogram=tuple(int(count) for count in np.histogram(seconds[seconds <= LONGEST], edges)[0]),
        beyond=int((seconds > LONGEST).sum()),
        speakers=_counted(table.column("speaker").to_pylist()),
        splits=_counted(table.column("split").to_pylist()),
        classes=classes,
        cells=_cells(corpus),
        affect=_affect(corpus, classes),
        table1=corpus.paper.table1 if corpus.paper else None,
    )


def _counted(values: Sequence[str | None]) -> dict[str, int]:
    return dict(sorted(Counter(value for value in values if value is not None).items()))


def _classes(corpus: Corpus, labels: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for target in corpus.targets:
        if target.is_categorical:
            counts = Counter(str(each[target.name]) for each in labels if target.name in each)
            named = {label: counts[label] for label in target.classes}
            found[target.name] = {**named, **{label: counts[label] for label in sorted(set(counts) - set(named))}}
    return found


def _cells(corpus: Corpus) -> dict[str, dict[str, str]]:
    return {
        target.name: {label: f"{cell.arousal}/{cell.valence}" for label, cell in target.affect.items()}
        for target in corpus.targets
        if target.affect
    }


def _affect(corpus: Corpus, classes: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    target = next((each for each in corpus.targets if each.affect), None)
    if target is None:
        return {}
    cells = dict.fromkeys(CELLS, 0)
    for label, count in classes[target.name].items():
        if (cell := target.affect.get(label)) is not None:
            cells[f"{cell.arousal}/{cell.valence}"] += count
    return cells


def _box(seconds: NDArray[np.float64]) -> Box:
    import numpy as np

    lower, middle, upper = (float(value) for value in np.percentile(seconds, [25, 50, 75]))
    reach = 1.5 * (upper - lower)
    inside = seconds[(seconds >= lower - reach) & (seconds <= upper + reach)]
    low, high, longest = float(inside.min()), float(inside.max()), float(seconds.max())
    return Box(low, lower, middle, upper, high, len(seconds) - len(inside), longest)


def bins() -> list[tuple[float, float]]:
    """Return the begin and end of each bin of the histogram in s."""
    return list(pairwise(BIN * number for number in range(round(LONGEST / BIN) + 1)))
