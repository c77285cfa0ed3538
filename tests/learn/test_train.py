from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
import torch

from emonet.errors import EmonetError
from emonet.events import EpochEnded, Event, Notice
from emonet.learn import loops
from emonet.learn.checkpoint import load_checkpoint
from emonet.learn.learner import Learner
from emonet.learn.loops import EpochTrainer
from emonet.recipe.task import Task

Make = Callable[..., EpochTrainer]


def weights(trainer: EpochTrainer, name: str) -> dict[str, torch.Tensor]:
    return load_checkpoint(trainer.folder / f"{name}.safetensors")[0]


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


def test_training_learns_what_is_plain_to_hear(trainer: Make) -> None:
    made = trainer(epochs=12, patience=12)
    ended, history = made.train()
    made.learner.model.load_state_dict(weights(made, "best"))
    predicted = made.learner.outputs(made.task, "dev").argmax(axis=1)
    assert np.mean(predicted == made.learner.clips[made.task.id]["dev"].labels) > 0.6
    assert history[-1]["train_loss"] < 0.7 * history[0]["train_loss"]
    assert ended.epoch == len(history)


def test_the_rates_follow_one_another_and_best_and_final_are_kept(trainer: Make) -> None:
    made = trainer(epochs=3, patience=9)
    ended, history = made.train()
    assert [round(entry["learning_rate"], 3) for entry in history] == [0.05] * 3 + [0.01] * 3
    assert ended.best == max(entry["dev_uar"] for entry in history)
    assert history[ended.best_epoch - 1]["dev_uar"] == ended.best
    assert load_checkpoint(made.folder / "best.safetensors")[1]["epoch"] == ended.best_epoch
    assert load_checkpoint(made.folder / "final.safetensors")[1]["epoch"] == 6


def test_the_best_epoch_is_the_best_on_dev_and_on_nothing_else(trainer: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = trainer(epochs=3, patience=9)
    calls: dict[str, int] = {}

    def say(learner: Learner, task: Task, split: str) -> np.ndarray:
        calls[split] = calls.get(split, 0) + 1
        right_at = {"train": 1, "dev": 4, "test": 6}[split]
        labels = learner.clips[task.id][split].labels
        return np.eye(task.width, dtype=np.float32)[labels if calls[split] == right_at else (labels + 1) % task.width]

    monkeypatch.setattr(Learner, "outputs", say)
    ended, history = made.train()
    assert (ended.best_epoch, ended.best) == (4, 1.0)
    assert [entry["dev_uar"] for entry in history] == [0, 0, 0, 1, 0, 0]
    assert set(calls) == {"dev"}


def test_equal_seeds_give_equal_weights_and_others_do_not(trainer: Make) -> None:
    made = [trainer("a"), trainer("b"), trainer("c", seed=2)]
    for each in made:
        each.train()
    assert same(weights(made[0], "final"), weights(made[1], "final"))
    assert not same(weights(made[0], "final"), weights(made[2], "final"))


def test_each_way_with_a_rest_gives_other_weights(trainer: Make) -> None:
    found = []
    for rest in ("keep", "drop", "merge"):
        made = trainer(rest, batch=5, rest=rest)
        made.train()
        found.append(weights(made, "final"))
    assert not any(same(found[one], found[other]) for one, other in ((0, 1), (0, 2), (1, 2)))


def test_a_killed_training_goes_on_to_the_very_same_result(trainer: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "RESUME_EVERY", 0.0)
    whole = trainer("whole")
    expected, history = whole.train()

    def die(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer("killed", listen=die).train()
    epochs: list[int] = []
    again = trainer(
        "killed", listen=lambda event: epochs.append(event.epoch) if isinstance(event, EpochEnded) else None
    )
    ended, resumed = again.train()
    # The third epoch has its own resume point only where it was the best so far.
    was_best = history[2]["dev_uar"] > max(entry["dev_uar"] for entry in history[:2])
    assert epochs == ([4] if was_best else [3, 4])
    assert ended == expected
    assert [entry["train_loss"] for entry in resumed] == [entry["train_loss"] for entry in history]
    assert same(weights(again, "final"), weights(whole, "final"))
    assert same(weights(again, "best"), weights(whole, "best"))
    assert not (again.folder / "resume.safetensors").exists()


def test_a_death_between_resume_point_and_best_weights_leaves_no_stale_best(
    trainer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trainer("whole")
    whole.train()
    saved = loops.save_checkpoint

    def die_before_best(path: Path, *rest: object) -> None:
        if path.name == "best.safetensors":
            raise KeyboardInterrupt
        saved(path, *rest)

    monkeypatch.setattr(loops, "save_checkpoint", die_before_best)
    with pytest.raises(KeyboardInterrupt):
        trainer("killed").train()
    monkeypatch.setattr(loops, "save_checkpoint", saved)
    again = trainer("killed")
    again.train()
    assert same(weights(again, "best"), weights(whole, "best"))


def test_a_broken_resume_point_is_told_and_training_begins_anew(trainer: Make) -> None:
    events: list[Event] = []
    made = trainer(listen=events.append)
    made.folder.mkdir()
    (made.folder / "resume.safetensors").write_bytes(b"cut")
    ended, _ = made.train()
    assert ended.epoch == 4
    assert next(event.text for event in events if isinstance(event, Notice)).startswith("Training begins anew")


def test_best_weights_that_were_damaged_while_training_was_stopped_are_never_kept(trainer: Make) -> None:
    whole = trainer("whole")
    whole.train()

    def die(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.epoch == 3:
            raise KeyboardInterrupt

    stopped = trainer("stopped", listen=die)
    with pytest.raises(KeyboardInterrupt):
        stopped.train()
    tensors, facts = load_checkpoint(stopped.folder / "resume.safetensors")
    facts["progression"]["best_epoch"] = 1  # else the best weights are those of the resume point, and written again
    loops.save_checkpoint(stopped.folder / "resume.safetensors", tensors, facts)
    path = stopped.folder / "best.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-5] + bytes([content[-5] ^ 64]) + content[-4:])
    events: list[Event] = []
    again = trainer("stopped", listen=events.append)
    again.train()
    notice = next(event.text for event in events if isinstance(event, Notice))
    assert notice.startswith("Training begins anew")
    assert str(path) in notice
    assert same(weights(again, "best"), weights(whole, "best"))


def test_weight_decay_is_on_weights_and_not_on_norms_and_biases(learner: Callable[..., Learner]) -> None:
    made = learner(weight_decay=1.0)
    decays = {
        parameter.dim() > 1: group["weight_decay"]
        for group in made.optimiser.param_groups
        for parameter in group["params"]
    }
    assert decays == {True: 1.0, False: 0.0}
    learning = sum(len(group["params"]) for group in made.optimiser.param_groups)
    assert learning == len([parameter for parameter in made.model.parameters() if parameter.requires_grad])


def test_what_does_not_learn_is_not_in_the_optimiser(learner: Callable[..., Learner]) -> None:
    made = learner()
    for parameter in made.model.backbone.parameters():
        parameter.requires_grad_(False)
    heads = sum(len(group["params"]) for group in made.optimiser.param_groups)
    assert heads == len(list(made.model.heads.parameters()))


def spoil(weights: Iterable[torch.nn.Parameter]) -> None:
    with torch.no_grad():
        next(iter(weights)).fill_(float("nan"))


def why_stopped(made: EpochTrainer) -> str:
    with pytest.raises(EmonetError) as caught:
        made.train()
    return str(caught.value)


def test_a_loss_that_is_no_number_stops_and_says_where(trainer: Make) -> None:
    made = trainer()
    spoil(made.learner.model.heads.parameters())
    said = why_stopped(made)
    assert said.startswith("Task 'labels/label': the loss is nan at epoch 1 step 1, so training stops.")
    assert said.endswith("The weights that training starts from are not numbers. Start from others.")


def test_weights_that_grew_without_bounds_ask_for_lower_rates(trainer: Make) -> None:
    made = trainer()
    made.rates = (1e30,)
    said = why_stopped(made)
    assert "the loss is nan at epoch 1 step 2" in said
    assert said.endswith("Its weights have grown too large. Lower the learning rates.")


def test_what_only_bf16_gets_wrong_asks_for_fp32(trainer: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = trainer()
    made.learner.precision = "bf16"
    head = made.learner.model.head_of(made.task.id)
    head.register_forward_hook(lambda *given: given[2] * float("nan") if torch.is_autocast_enabled("cpu") else given[2])
    said = why_stopped(made)
    assert said.endswith("In fp32 the same clips give numbers, in bf16 they do not. Choose precision: fp32.")


def test_features_that_are_no_numbers_are_named_with_their_clip(trainer: Make) -> None:
    made = trainer()
    made.learner.model.frontend.register_forward_hook(lambda *given: (given[2][0] / 0, given[2][1]))
    said = why_stopped(made)
    assert re.search(r"The features of 's\d/\w+' are not numbers. Listen to the clip, and check the frontend\.$", said)


def test_a_backbone_without_an_answer_is_not_blamed_on_the_rates(trainer: Make) -> None:
    made = trainer()
    made.learner.model.backbone.register_forward_hook(lambda *given: given[2] * float("nan"))
    assert why_stopped(made).endswith("Check the backbone: emonet plugins check.")


@pytest.mark.parametrize(
    ("precision", "advice"),
    [
        ("fp32", "Lower the learning rates."),
        ("bf16", "Choose precision: fp32, and where that does not help: lower the learning rates."),
    ],
)
def test_outputs_that_are_no_numbers_are_no_answers(
    learner: Callable[..., Learner], precision: str, advice: str
) -> None:
    made = learner()
    made.precision = precision
    spoil(made.model.heads.parameters())
    with pytest.raises(EmonetError) as caught:
        made.outputs(made.tasks[0], "dev")
    said = "Task 'labels/label': an output on dev is not a number. Its weights are not numbers any more."
    assert str(caught.value) == f"{said} {advice}"


def test_half_precision_trains_too(trainer: Make) -> None:
    made = trainer()
    made.learner.precision = "bf16"
    _, history = made.train()
    assert np.isfinite(history[-1]["train_loss"])


def test_outputs_are_probabilities_in_the_order_of_the_clips(learner: Callable[..., Learner]) -> None:
    made = learner()
    whole = made.outputs(made.tasks[0], "test")
    np.testing.assert_allclose(whole.sum(axis=1), 1, rtol=1e-5)
    made.settings = made.settings.model_copy(update={"batch": 1})
    np.testing.assert_allclose(made.outputs(made.tasks[0], "test"), whole, atol=1e-4)
