"""Small made-up things that several tests build upon."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType

from emonet import Corpus, Target, Utterance
from emonet.affect import TABLE_2
from emonet.corpus.corpus import Citation

CLASSES = ("anger", "neutral", "sadness")
CITATION = Citation("A. Author", "A made-up corpus", 2020)


def make_utterances(
    *, speakers: int = 4, takes: int = 2, classes: Sequence[str] = CLASSES, target: str = "emotion"
) -> tuple[Utterance, ...]:
    """Return utterances of every speaker, class and take."""
    return tuple(
        Utterance(f"s{speaker}_{label}_{take}", f"s{speaker}_{label}_{take}.wav", {target: label}, f"s{speaker}")
        for speaker in range(speakers)
        for label in classes
        for take in range(takes)
    )


def make_corpus(utterances: Iterable[Utterance] = (), *, id_: str = "foo", classes: Sequence[str] = CLASSES) -> Corpus:
    """Return a corpus that lists the given utterances wherever its root is."""
    listed = tuple(utterances)

    def scan(root: Path) -> Iterable[Utterance]:
        return listed

    affect = {label: TABLE_2[label] for label in classes if label in TABLE_2}
    target = Target("emotion", tuple(classes), {label: label for label in classes}, affect)
    return Corpus(id_, id_.title(), ("en",), "public", "CC0", CITATION, (target,), scan)


def load_script(path: Path) -> ModuleType:
    """Import a script that is in no package."""
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
