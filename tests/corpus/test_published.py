"""What the paper reports for a corpus, on its card."""

from __future__ import annotations

from pathlib import Path

import pytest

from emonet.corpus.card import read_card
from emonet.corpus.corpus import Published, PublishedResult, Table1
from emonet.errors import CorpusError

CARD = """\
id: foo
title: Foo
languages: [en]
access: public
licence: free
citation: {authors: A. Author, title: Foo, year: 2020}
targets: {emotion: {classes: [anger, neutral]}}
scan: {pattern: {regex: '(?P<label>anger|neutral)'}}
examples: [{path: anger.wav, label: anger}]
"""
PAPER = """\
paper:
  chance: 50.0
  results:
    - {system: Net, strategy: scratch, dev: 60.0, test: 55.5}
    - {system: all, strategy: multi-domain, test: 61.0, mark: "+"}
"""


def read(folder: Path, text: str) -> Published | None:
    (folder / "foo.yaml").write_text(text, encoding="utf-8")
    return read_card(folder / "foo.yaml").paper


def test_a_card_may_hold_the_papers_results(tmp_path: Path) -> None:
    assert read(tmp_path, CARD) is None
    assert read(tmp_path, CARD + PAPER) == Published(
        50.0,
        (PublishedResult("Net", "scratch", 55.5, 60.0), PublishedResult("all", "multi-domain", 61.0, mark="+")),
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("test: 55.5", "tset: 55.5", r"unknown key 'paper.results.0.tset'. Did you mean 'test'\?"),
        ('mark: "+"', "mark: up", r"'paper.results.1.mark' is 'up', expected '\+', '-' or ''"),
        ("test: 61.0", "test: 610", "'paper.results.1.test' is 610: input should be less than or equal to 100"),
        ("  chance: 50.0\n", "", "the key 'paper.chance' is missing"),
    ],
)
def test_a_mistake_there_is_explained(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read(tmp_path, CARD + PAPER.replace(old, new))


def test_table_1_stands_beside_the_results(tmp_path: Path) -> None:
    row = "  table1: {samples: 10, classes: 2, speakers: null, mean_duration: 2.5, std_duration: 1, hours: 0.1}\n"
    paper = read(tmp_path, CARD + PAPER + row)
    assert paper is not None
    assert paper.table1 == Table1(10, 2, None, 2.5, 1.0, 0.1)
    with pytest.raises(CorpusError, match=r"'paper\.table1\.samples' is 0"):
        read(tmp_path, CARD + PAPER + row.replace("samples: 10", "samples: 0"))
