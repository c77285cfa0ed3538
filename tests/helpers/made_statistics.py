"""Statistics of made-up corpora."""

from __future__ import annotations

from emonet.audio.statistics import CELLS, Box, CorpusStatistics
from emonet.corpus.corpus import Table1

FOO = CorpusStatistics(
    corpus="foo",
    title="Foo",
    languages=("de", "en-GB"),
    samples=30,
    mean=2.0,
    std=0.5,
    hours=0.02,
    box=Box(1.0, 1.5, 2.0, 2.5, 3.0, 2, 12.5),
    histogram=(0, 1, 3, 8, 10, 4, 2, *([0] * 13)),
    beyond=2,
    speakers={"s1": 20, "s2": 10},
    classes={"emotion": {"anger": 20, "joy": 10, "calm": 0}, "sex": {"f": 30, "m": 0}},
    cells={"emotion": {"anger": "high/negative", "joy": "high/positive", "calm": "low/positive"}},
    affect={**dict.fromkeys(CELLS, 0), "high/negative": 20, "high/positive": 10},
    table1=Table1(31, 2, None, 2.1, 0.4, 0.03),
)
BAR = CorpusStatistics(
    corpus="bar_with_a_name_that_is_too_long",
    title="Bar",
    languages=("und",),
    samples=10,
    mean=1.0,
    std=0.1,
    hours=0.003,
    box=Box(0.8, 0.9, 1.0, 1.1, 1.2, 0, 1.2),
    histogram=(0, 5, 5, *([0] * 17)),
    beyond=0,
    speakers={"a": 5, "b": 5},
)
