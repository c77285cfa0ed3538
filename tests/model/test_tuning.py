"""What learns and what stays: parts of a model, and the tasks beside the one that is trained."""

from __future__ import annotations

import pytest
import torch

from emonet.errors import ContractError, UnknownName
from emonet.model.contracts import Adapter
from emonet.model.model import Model
from tests.helpers.adapted_networks import (
    ADAPTERS,
    LENGTHS,
    WAVE,
    Bands,
    Scaled,
    SmallNet,
    WithoutNorms,
    a_model,
    moved,
    outputs,
    own,
    state_of,
    train,
)

each_adapter = pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: type(adapter).__name__)


@each_adapter
def test_tuning_private_tensors_moves_them_and_nothing_else(adapter: Adapter) -> None:
    model = a_model("foo", "bar", adapter=adapter)
    model.tune("private", "foo")
    before = state_of(model)
    train(model, "foo")
    found = moved(model, before)
    unmoved = {name for name in before if name.startswith(own("foo"))} - found
    assert found
    assert all(name.startswith(own("foo")) for name in found)
    assert not unmoved


@each_adapter
def test_training_one_task_leaves_the_others_bit_identical(adapter: Adapter) -> None:
    model = a_model("foo", "bar", adapter=adapter)
    model.add_task("plain", 2)
    before = {task: outputs(model, task) for task in model.tasks}
    model.tune("private", "bar")
    train(model, "bar")
    assert torch.equal(outputs(model, "foo"), before["foo"])
    assert torch.equal(outputs(model, "plain"), before["plain"])
    assert not torch.equal(outputs(model, "bar"), before["bar"])


@each_adapter
def test_adding_a_task_leaves_the_others_bit_identical(adapter: Adapter) -> None:
    model = a_model("foo", adapter=adapter)
    before = outputs(model, "foo")
    model.add_task("bar", 3, adapter=adapter)
    model.add_task("plain", 3)
    assert torch.equal(outputs(model, "foo"), before)


@each_adapter
def test_idle_tasks_get_no_gradient_and_keep_their_statistics(adapter: Adapter) -> None:
    model = a_model("foo", "bar", adapter=adapter)
    before = state_of(model)
    model(WAVE, LENGTHS, "foo").sum().backward()
    learned = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
    idle = {name for name, _ in model.named_parameters() if name.startswith(own("bar"))}
    assert {name for name, _ in model.named_parameters() if name.startswith(own("foo"))} <= learned
    assert idle
    assert not idle & learned
    found = moved(model, before)
    assert any("running_mean" in name for name in found)
    assert not any(name.startswith(own("bar")) for name in found)


def test_shared_statistics_stay_while_private_ones_move() -> None:
    model = a_model("foo", adapter=Scaled())
    before = state_of(model)
    model.train()(WAVE, LENGTHS, "foo")
    found = moved(model, before)
    assert "private.foo.copies.first/norm.running_mean" in found
    assert "private.foo.copies.first/norm.num_batches_tracked" in found
    assert not any(name.startswith("backbone.") for name in found)


def test_tuning_a_head_moves_that_head_alone() -> None:
    model = a_model("foo", "bar", adapter=Scaled())
    model.tune("head", "foo")
    before = state_of(model)
    train(model, "foo")
    found = moved(model, before)
    assert found
    assert all(name.startswith("heads.foo.") for name in found)


def test_tuning_all_of_one_task_leaves_the_others_frozen() -> None:
    model = a_model("foo", "bar", adapter=WithoutNorms())
    model.tune("all", "foo")
    before = state_of(model)
    train(model, "foo")
    found = moved(model, before)
    assert {name.partition(".")[0] for name in found} == {"backbone", "private", "heads"}
    assert not any(name.startswith(own("bar")) for name in found)


def test_frozen_parts_stay_in_evaluation_mode() -> None:
    model = a_model("foo", "bar", adapter=Scaled())
    model.tune("private", "foo")
    model.train()
    training = {name for name, layer in model.named_modules() if layer.training and list(layer.parameters())}
    assert not model.backbone.dropout.training
    assert "private.foo.copies.first/norm" in training
    assert "heads.foo" in training
    assert not any(name.startswith(("backbone", *own("bar"))) for name in training)
    model.tune("all")
    assert model.backbone.dropout.training
    assert model.head_of("bar").training


def test_tuning_in_evaluation_mode_stays_there() -> None:
    model = a_model("foo", adapter=Scaled()).eval()
    model.tune("private", "foo")
    assert not any(layer.training for layer in model.modules())


def test_a_task_that_comes_later_is_frozen_with_the_rest() -> None:
    model = a_model("foo", adapter=Scaled())
    model.tune("private", "foo")
    model.add_task("bar", 2, adapter=Scaled())
    assert not any(p.requires_grad for name, p in model.named_parameters() if name.startswith(own("bar")))
    assert not model.head_of("bar").training


def test_what_a_backbone_has_frozen_by_itself_stays_frozen() -> None:
    backbone = SmallNet()
    backbone.first.requires_grad_(False)
    model = Model(Bands(), backbone)
    model.add_task("foo", 2)
    model.tune("all")
    assert not backbone.first.conv.weight.requires_grad
    assert backbone.second.conv.weight.requires_grad


def test_an_unknown_part_cannot_be_tuned() -> None:
    with pytest.raises(UnknownName, match=r"Unknown part of a model 'heads'\. Did you mean 'head'\?"):
        a_model("foo").tune("heads", "foo")


def test_tuning_a_part_of_a_task_needs_its_name() -> None:
    with pytest.raises(ContractError, match=r"Tuning 'head' needs a task\. Name one of foo, bar"):
        a_model("foo", "bar").tune("head")


def test_tuning_an_unknown_task_is_refused() -> None:
    with pytest.raises(UnknownName, match=r"Unknown task 'fo'\. Did you mean 'foo'"):
        a_model("foo").tune("private", "fo")
