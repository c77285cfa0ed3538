"""Multi-corpus speech emotion recognition: a corpus registry, plugins, and honest scores.

Symbols used for tensor shapes everywhere: ``B`` batch, ``T`` samples, ``L`` frames, ``M`` mel bands,
``C`` channels, ``D`` embedding size, ``K`` classes. Sampling rates are in Hz, times in seconds.

Importing this package loads neither torch nor pydantic, so that a plugin may import it at no cost.
"""

from __future__ import annotations

from emonet.affect import Affect
from emonet.component import component
from emonet.corpus.corpus import Corpus, Target, Utterance
from emonet.corpus.folder import corpora_in
from emonet.errors import (
    ContractError,
    CorpusError,
    EmonetError,
    PluginError,
    RecipeError,
    UnknownName,
)
from emonet.labels.word import Word
from emonet.labels.words import words_in
from emonet.plugin.marker import hookimpl

__all__ = [
    "Affect",
    "ContractError",
    "Corpus",
    "CorpusError",
    "EmonetError",
    "PluginError",
    "RecipeError",
    "Target",
    "UnknownName",
    "Utterance",
    "Word",
    "component",
    "corpora_in",
    "hookimpl",
    "words_in",
]
