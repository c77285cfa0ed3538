"""Multi-corpus speech emotion recognition: a corpus registry, plugins, and honest scores.

From Python, as from the command line: ``corpora``, ``plan``, ``run``, ``runs``, ``audit`` and ``load_pack``; ``nn`` has
the blocks that backbones are built of. What plugins are written with stands here, too.

Symbols used for tensor shapes everywhere: ``B`` batch, ``T`` samples, ``L`` frames, ``M`` mel bands,
``C`` channels, ``D`` embedding size, ``K`` classes. Sampling rates are in Hz, times in seconds.

Importing this package loads neither torch nor pydantic, so that a plugin may import it at no cost.
"""

from __future__ import annotations

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from emonet.affect import Affect
from emonet.corpus.corpus import Corpus, Target, Utterance
from emonet.errors import (
    ContractError,
    CorpusError,
    EmonetError,
    PluginError,
    RecipeError,
    UnknownName,
)
from emonet.labels.words import Word, words_in
from emonet.plugin.component import component
from emonet.plugin.marker import hookimpl

if TYPE_CHECKING:
    from emonet import nn
    from emonet.api.audit import audit
    from emonet.api.corpora import corpora
    from emonet.api.packs import load_pack
    from emonet.api.recipes import plan, run
    from emonet.api.runs import runs
    from emonet.corpus.card import corpora_in
    from emonet.engine.executor import Executor, Job
    from emonet.engine.jobs import run_stage

    __version__: str

__all__ = [
    "Affect",
    "ContractError",
    "Corpus",
    "CorpusError",
    "EmonetError",
    "Executor",
    "Job",
    "PluginError",
    "RecipeError",
    "Target",
    "UnknownName",
    "Utterance",
    "Word",
    "__version__",
    "audit",
    "component",
    "corpora",
    "corpora_in",
    "hookimpl",
    "load_pack",
    "nn",
    "plan",
    "run",
    "run_stage",
    "runs",
    "words_in",
]

_LAZY = MappingProxyType(
    {
        "audit": "emonet.api.audit",
        "Executor": "emonet.engine.executor",
        "Job": "emonet.engine.executor",
        "corpora": "emonet.api.corpora",
        "corpora_in": "emonet.corpus.card",
        "load_pack": "emonet.api.packs",
        "plan": "emonet.api.recipes",
        "run": "emonet.api.recipes",
        "run_stage": "emonet.engine.jobs",
        "runs": "emonet.api.runs",
    }
)
"""Name -> the module that is imported when it is first asked for."""


def __getattr__(name: str) -> Any:
    """Import what users call when it is asked for."""
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    if name == "nn":
        return importlib.import_module("emonet.nn")
    if name == "__version__":
        from importlib.metadata import version

        return version("emonet")
    raise AttributeError(f"module 'emonet' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
