"""Fake releases for tests of scans: a card's examples and annotation, to be changed by a test."""

from __future__ import annotations

from pathlib import Path

import pytest

import emonet_corpora
from emonet.corpus.corpus import Corpus, Utterance
from emonet.errors import CorpusError

CORPORA: dict[str, Corpus] = {corpus.id: corpus for corpus in emonet_corpora.emonet_corpora()}


def release(name: str, root: Path) -> Path:
    """Lay out empty files at the examples' paths, and the annotation files that go with them."""
    for example in CORPORA[name].examples:
        write(root / example.path, "")
    for path, text in CORPORA[name].fixtures.items():
        write(root / path, text)
    return root


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


def scanned(name: str, root: Path) -> list[Utterance]:
    return list(CORPORA[name].scan(root))


def check_damage_is_named(name: str, root: Path, path: str, change: tuple[str, str], message: str) -> None:
    """Replace one text by another in an annotation file of a release; scanning must then fail with the message."""
    old, new = change
    file = release(name, root) / path
    text = file.read_text(encoding="utf-8")
    assert old in text
    write(file, text.replace(old, new))
    with pytest.raises(CorpusError, match=message):
        scanned(name, root)
