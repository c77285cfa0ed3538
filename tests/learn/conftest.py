"""A prepared corpus of tones, its task and its clips."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from prepared_task import Prepared

from emonet.audio.prepare import prepare
from emonet.audio.store import open_store
from emonet.corpus.manifest import manifest_corpus
from emonet.corpus.protocol import make_protocol
from emonet.events import Listener, silent
from emonet.learn.train import Trainer
from emonet.model.model import Model
from emonet.plugin.registry import load_registry
from emonet.recipe import Training
from emonet.task import make_task


@pytest.fixture
def prepared(tones: Path) -> Prepared:
    corpus = manifest_corpus(tones)
    store = open_store(prepare(corpus, tones.parent).folder)
    target = corpus.target()
    fold = make_protocol("leave-one-speaker-out", {}, corpus, store.utterances).folds[0]
    return Prepared(make_task(corpus, target, target.classes, store.utterances, fold), store)


@pytest.fixture
def trainer(prepared: Prepared, tmp_path: Path) -> Callable[..., Trainer]:
    """A maker of trainers of one small network; everything about two of them is equal but their folder."""
    registry = load_registry()

    def make(name: str = "stage", *, listen: Listener = silent, seed: int = 1, **settings: object) -> Trainer:
        torch.manual_seed(7)
        model = Model(
            registry.build("frontends", "logmel", {"bands": 16}),
            registry.build("backbones", "wide_resnet", {"width": 4, "blocks": 1}),
        )
        model.add_task(prepared.task.id, len(prepared.task.classes))
        wanted = {"batch": 8, "patience": 2, "epochs": 2, "crop": 0.2, **settings}
        return Trainer(
            model=model,
            task=prepared.task,
            clips=prepared.clips(),
            settings=Training.model_validate(wanted),
            rates=(0.05, 0.01),
            table=None,
            seed=seed,
            device=torch.device("cpu"),
            precision="fp32",
            folder=tmp_path / name,
            key=name,
            listen=listen,
        )

    return make
