"""Cards whose corpus is a dataset: their fake release holds a Parquet file, written as CSV on the card."""

from __future__ import annotations

from pathlib import Path

import pytest

from emonet.corpus.card import read_card
from emonet.corpus.corpus import Corpus
from emonet.testing.runner import run_checks

CARD = """\
id: foo
title: Foo
languages: [en]
access: request
licence: not stated
how_to_get: Ask for it.
citation: {authors: A. Foo, title: Foo, year: 2020}
targets:
  emotion: {classes: [anger, neutral], codes: {A: anger, N: neutral}}
scan:
  hub: {columns: {label: code, speaker: who, split: part}}
known_bad: {data/all.parquet/audio/00000003.wav: a cough}
fixtures:
  data/all.parquet: |
    audio,code,who,part
    a.wav,A,s1,train
    b.wav,N,s2,validation
    c.flac,A,s3,test
    d.wav,A,s3,test
examples:
  - {path: data/all.parquet/audio/00000000.wav, label: anger, speaker: s1, split: train}
  - {path: data/all.parquet/audio/00000001.wav, label: neutral, speaker: s2, split: dev}
  - {path: data/all.parquet/audio/00000002.flac, label: anger, speaker: s3, split: test}
"""


def card(folder: Path, text: str = CARD) -> Corpus:
    (folder / "foo.yaml").write_text(text, encoding="utf-8")
    return read_card(folder / "foo.yaml")


def test_a_card_of_a_dataset_keeps_every_promise(tmp_path: Path) -> None:
    results = run_checks(card(tmp_path))
    assert len(results) > 10
    assert [result.message for result in results if not result.passed] == []


def test_an_example_that_is_no_row_is_noticed(tmp_path: Path) -> None:
    broken = card(tmp_path, CARD.replace("00000002.flac, label: anger", "00000002.flac, label: neutral"))
    failed = [result for result in run_checks(broken) if not result.passed]
    assert [result.check for result in failed] == ["check_a_scan_finds_exactly_the_examples"]


def test_a_card_cannot_map_an_unknown_field(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"columns has no field 'spekaer'\. Did you mean 'speaker'\?"):
        card(tmp_path, CARD.replace("speaker: who", "spekaer: who"))


def test_a_card_of_a_database_keeps_every_promise(tmp_path: Path) -> None:
    database = """\
scan: {audformat: {table: files, column: code}}
fixtures:
  db.yaml: |
    name: foo
    tables:
      files: {type: filewise, columns: {code: {}, speaker: {}}}
  db.files.csv: |
    file,code,speaker
    a.wav,A,s1
    b.wav,N,s2
examples:
  - {path: a.wav, label: anger, speaker: s1}
  - {path: b.wav, label: neutral, speaker: s2}
"""
    results = run_checks(card(tmp_path, CARD[: CARD.index("scan:")] + database))
    assert len(results) > 10
    assert [result.message for result in results if not result.passed] == []
