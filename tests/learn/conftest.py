"""A prepared corpus of tones, its task and its clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from emonet.audio.prepare import prepare
from emonet.audio.store import open_store
from emonet.corpus.corpus import SPLITS
from emonet.corpus.readers.manifest import manifest_corpus
from emonet.events import Listener, silent
from emonet.learn.clips import clips_of
from emonet.learn.learner import Learner
from emonet.learn.loops import EpochTrainer
from emonet.model.model import Model
from emonet.plugin.registry import load_registry
from emonet.protocols.protocol import make_protocol
from emonet.recipe.outputs import chosen_outputs, make_task
from emonet.recipe.recipe import Training
from emonet.recipe.task import Task
from tests.helpers.prepared_task import Prepared


@pytest.fixture
def prepared(tones: Path) -> Prepared:
    corpus = manifest_corpus(tones)
    store = open_store(prepare(corpus, tones.parent).folder)
    fold = make_protocol("leave-one-speaker-out", {}, corpus, store.utterances).folds[0]
    return Prepared(make_task(corpus, chosen_outputs(corpus), store.utterances, fold), store)


@pytest.fixture
def learner(prepared: Prepared) -> Callable[..., Learner]:
    """A maker of learners of one small network; all of them begin with the same weights."""
    registry = load_registry()

    def make(*, tasks: Sequence[Task] = (), seed: int = 1, **settings: object) -> Learner:
        chosen = tuple(tasks) or (prepared.task,)
        torch.manual_seed(7)
        model = Model(
            registry.build("frontends", "logmel", {"bands": 16}),
            registry.build("backbones", "wide_resnet", {"width": 4, "blocks": 1}),
        )
        for task in chosen:
            model.add_task(task.id, task.width)
        wanted = {"batch": 8, "patience": 2, "epochs": 2, "crop": 0.2, **settings}
        stores = dict.fromkeys(prepared.task.corpora, prepared.store)
        return Learner(
            model=model,
            tasks=chosen,
            clips={task.id: {split: clips_of(task, split, stores, "none") for split in SPLITS} for task in chosen},
            settings=Training.model_validate(wanted),
            table=None,
            seed=seed,
            device=torch.device("cpu"),
            precision="fp32",
        )

    return make


@pytest.fixture
def trainer(learner: Callable[..., Learner], tmp_path: Path) -> Callable[..., EpochTrainer]:
    """A maker of trainers; everything about two of them is equal but their folder."""

    def make(name: str = "stage", *, listen: Listener = silent, seed: int = 1, **settings: object) -> EpochTrainer:
        made = learner(seed=seed, **settings)
        return EpochTrainer(made, (0.05, 0.01), tmp_path / name, name, listen)

    return make
