"""The paper's values on the first-party cards (Tables 3 and 4)."""

from __future__ import annotations

import pytest

import emonet_corpora
from emonet.corpus.corpus import Corpus
from emonet.strategies import STRATEGIES

REPORTED = [corpus for corpus in emonet_corpora.emonet_corpora() if corpus.paper]


def test_the_corpora_of_the_paper_have_its_values() -> None:
    assert {corpus.id for corpus in REPORTED} == {"casia", "emodb", "enterface", "iemocap", "meld"}


@pytest.mark.parametrize("corpus", REPORTED, ids=lambda corpus: corpus.id)
def test_every_row_of_tables_3_and_4_is_there(corpus: Corpus) -> None:
    assert corpus.paper is not None
    results = corpus.paper.results
    assert [(result.strategy, result.checkpoint) for result in results] == [
        ("scratch", "best"),
        ("scratch", "final"),
        ("svm", "best"),
        ("svm", "best"),
        ("multi-domain", "best"),
        ("arousal", "best"),
        ("valence", "best"),
        ("arousal+valence", "best"),
    ]
    assert {result.strategy for result in results} <= STRATEGIES.keys()
    assert all((result.dev is None) == (number >= 4) for number, result in enumerate(results))
    assert not any(result.mark for result in results[:4])


def test_spot_values_are_those_of_the_tables() -> None:
    emodb, meld = (next(corpus for corpus in REPORTED if corpus.id == name) for name in ("emodb", "meld"))
    assert emodb.paper is not None
    assert meld.paper is not None
    assert (emodb.paper.chance, emodb.paper.results[0].dev, emodb.paper.results[1].test) == (14.3, 68.8, 61.6)
    assert (emodb.paper.results[4].test, emodb.paper.results[4].mark, emodb.paper.results[6].mark) == (72.6, "+", "")
    assert [result.test for result in meld.paper.results[4:]] == [20.2, 20.3, 19.4, 20.7]
