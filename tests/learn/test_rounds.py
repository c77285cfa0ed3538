from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from emonet.events import EpochEnded, Event, Listener, silent
from emonet.learn import loops
from emonet.learn.checkpoint import load_checkpoint
from emonet.learn.learner import Learner
from emonet.learn.loops import RoundTrainer
from emonet.recipe.recipe import SharedTraining
from tests.helpers.prepared_task import Prepared


@pytest.fixture
def trainer(prepared: Prepared, learner: Callable[..., Learner], tmp_path: Path) -> Callable[..., RoundTrainer]:
    small = {"train": prepared.task.items["train"][:3], "dev": prepared.task.items["dev"], "test": ()}
    tasks = (prepared.task, replace(prepared.task, id="small/label", items=small))

    def make(name: str = "stage", *, listen: Listener = silent, rest: str = "keep", **shared: object) -> RoundTrainer:
        wanted = SharedTraining.model_validate({"rounds": 4, **shared})
        return RoundTrainer(
            learner(tasks=tasks, batch=5, rest=rest), wanted, (0.05, 0.01), tmp_path / name, name, listen
        )

    return make


def weights(made: RoundTrainer) -> dict[str, torch.Tensor]:
    return load_checkpoint(made.folder / "final.safetensors")[0]


def test_round_robin_gives_every_task_one_batch_a_round(trainer: Callable[..., RoundTrainer]) -> None:
    made = trainer()
    done, history, received = made.train()
    assert done == 8
    # 12 clips in batches of 5, 5 and 2, over and over: 5 + 5 + 2 + 5 + 5 + 2 + 5 + 5.
    assert received == {"labels/label": {"steps": 8, "clips": 34}, "small/label": {"steps": 8, "clips": 24}}
    assert set(history[-1]) == {"round", "learning_rate", "train_loss labels/label", "train_loss small/label"}


@pytest.mark.parametrize(("rest", "clips"), [("drop", 8 * 5), ("merge", 4 * (5 + 7))])
def test_rounds_pass_over_a_rest_as_epochs_do(trainer: Callable[..., RoundTrainer], rest: str, clips: int) -> None:
    _, _, received = trainer(rest=rest).train()
    # The small task has one batch of 3 alone, which is not a rest.
    assert received == {"labels/label": {"steps": 8, "clips": clips}, "small/label": {"steps": 8, "clips": 24}}


def test_the_rate_falls_after_its_rounds(trainer: Callable[..., RoundTrainer]) -> None:
    made = trainer()
    assert [round(made._rate(done), 4) for done in range(8)] == [0.05] * 4 + [0.01] * 4


def test_weights_decide_who_is_drawn(trainer: Callable[..., RoundTrainer]) -> None:
    _, _, received = trainer(sampling={"weights": {"small": 1}}).train()
    assert received["labels/label"] == {"steps": 0, "clips": 0}
    assert received["small/label"]["steps"] == 16


def test_a_killed_training_goes_on_to_the_very_same_weights(
    trainer: Callable[..., RoundTrainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "RESUME_EVERY", 0.0)
    monkeypatch.setattr(loops, "_TELL_EVERY", 3)
    whole = trainer("whole", sampling="proportional")
    expected = whole.train()

    def die(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.epoch == 6:
            raise KeyboardInterrupt

    killed = trainer("killed", sampling="proportional", listen=die)
    with pytest.raises(KeyboardInterrupt):
        killed.train()
    again = trainer("killed", sampling="proportional")
    assert again.train() == expected
    one, other = weights(whole), weights(again)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert not (again.folder / "resume.safetensors").exists()
