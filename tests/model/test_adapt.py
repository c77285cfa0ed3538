"""A task's private tensors: what moves, what stays bit-identical, and what is refused."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch import nn

from emonet.errors import ContractError, EmonetError
from emonet.model.adapt import Private, layer_kind
from emonet.model.contracts import Adapter
from emonet.model.model import Model, parameter_count, private_share
from emonet.model.state import backbone_in, has_private, layer_key, mean_state, shared_in, task_state_in
from tests.helpers.adapted_networks import (
    ADAPTERS,
    LENGTHS,
    WAVE,
    Bands,
    Inserted,
    RecurrentOnly,
    Scaled,
    SmallNet,
    WithAttention,
    WithoutNorms,
    a_model,
    moved,
    outputs,
    state_of,
    train,
)

each_adapter = pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: type(adapter).__name__)


def test_the_test_adapters_keep_the_protocol() -> None:
    assert all(isinstance(adapter, Adapter) for adapter in ADAPTERS)
    assert Inserted().effective(nn.Conv2d(1, 1, 1), nn.Module()) == {}


def test_private_tensors_are_named_by_task_and_layer() -> None:
    model = a_model("foo/emotion", adapter=Scaled())
    names = {name for name, _ in model.private.named_parameters()}
    assert names == {
        "foo/emotion.beside.first/conv.amount",
        "foo/emotion.beside.second/conv.amount",
        "foo/emotion.copies.first/norm.weight",
        "foo/emotion.copies.first/norm.bias",
        "foo/emotion.copies.second/norm.weight",
        "foo/emotion.copies.second/norm.bias",
    }


def test_layers_of_different_paths_have_different_keys() -> None:
    paths = ["a.b", "a/b", "a%2Fb", "ab", "a.b.c", "type"]
    assert len({layer_key(path) for path in paths}) == len(paths)


def test_norms_start_as_the_backbones_are_now() -> None:
    model = a_model("foo", adapter=Scaled())
    shared = model.shared_state()
    norms = model.norm_state("foo")
    assert {name.rpartition(".")[0] for name in norms} == {"first.norm", "second.norm"}
    assert len(norms) == 10
    assert all(tensor.equal(shared[name]) for name, tensor in norms.items())
    assert shared["first.norm.num_batches_tracked"] == 2
    assert not shared["first.norm.running_mean"].equal(torch.zeros(4))


def test_a_copy_brings_no_gradient_along() -> None:
    model = a_model("plain")
    model(WAVE, LENGTHS, "plain").sum().backward()
    assert all(parameter.grad is not None for parameter in model.backbone.parameters())
    model.add_task("foo", 2, adapter=WithAttention())
    assert all(parameter.grad is None for parameter in model.private.parameters())


def test_a_task_without_adapter_uses_the_plain_backbone() -> None:
    model = a_model("foo")
    model.add_task("bar", 2, adapter=Scaled())
    assert model.private_of("foo") is None
    assert model.norm_state("foo") == {}
    expected = model.eval().head_of("foo")(model.embed(WAVE, LENGTHS))
    assert torch.equal(outputs(model, "foo"), expected)


def test_a_task_runs_with_its_effective_tensors() -> None:
    model = a_model("foo", adapter=Scaled())
    by_hand = copy.deepcopy(model)
    with torch.no_grad():
        for name in ("first", "second"):
            block = by_hand.backbone.get_submodule(name)
            amount = model.get_parameter(f"private.foo.beside.{name}/conv.amount")
            block.conv.weight.mul_(1 + amount[:, None, None, None])
    torch.testing.assert_close(
        model.eval().embed(WAVE, LENGTHS, task="foo"), by_hand.eval().embed(WAVE, LENGTHS), atol=1e-6, rtol=1e-6
    )


def test_an_inserted_module_gets_input_and_output_of_its_layer_and_leaves_no_trace() -> None:
    model = a_model("foo", "bar", adapter=Inserted())
    plain = model.eval().embed(WAVE, LENGTHS)
    adapted = model.embed(WAVE, LENGTHS, task="foo")
    assert (plain - adapted).abs().max() > 1e-3
    assert torch.equal(model.embed(WAVE, LENGTHS), plain)
    assert not any(layer._forward_hooks for layer in model.modules())


def test_a_call_that_fails_leaves_no_trace() -> None:
    model = a_model("foo", adapter=Inserted())
    modes = [layer.training for layer in model.modules()]
    model.private.eval()
    with pytest.raises(RuntimeError):
        model.private_of("foo")(model.backbone, torch.zeros(1, 3, 8, 4), torch.tensor([4]))
    model.private.train()
    assert modes == [layer.training for layer in model.modules()]
    assert not any(layer._forward_hooks for layer in model.modules())


def test_an_adapter_without_layers_is_refused_with_both_names_and_leaves_no_task() -> None:
    model = a_model()
    text = "The adapter RecurrentOnly finds no layer in the backbone SmallNet, whose layers are of these kinds: "
    with pytest.raises(ContractError, match=f"{text}convolution, linear, norm"):
        model.add_task("foo", 2, adapter=RecurrentOnly())
    assert model.tasks == ()


def test_a_backbone_without_layers_takes_no_adapter() -> None:
    class Bare(SmallNet):
        def __init__(self) -> None:
            nn.Module.__init__(self)

    with pytest.raises(ContractError, match="the backbone Bare, whose layers are of these kinds: none"):
        Model(Bands(), Bare()).add_task("foo", 2, adapter=Scaled())


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (nn.Conv1d(1, 1, 1), "convolution"),
        (nn.Linear(1, 1), "linear"),
        (nn.MultiheadAttention(2, 1), "linear"),
        (nn.BatchNorm1d(1), "norm"),
        (nn.InstanceNorm2d(1), "norm"),
        (nn.LayerNorm(1), "norm"),
        (nn.ReLU(), None),
        (nn.LSTM(1, 1), None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else str(value),
)
def test_layers_are_of_a_kind(layer: nn.Module, kind: str | None) -> None:
    assert layer_kind(layer) == kind


@each_adapter
def test_a_tasks_state_goes_round(adapter: Adapter, tmp_path: Path) -> None:
    model = a_model("foo", adapter=adapter)
    train(model, "foo")
    other = Model(Bands(), SmallNet())
    other.add_task("foo", 2, adapter=adapter)
    assert not torch.equal(outputs(other, "foo"), outputs(model, "foo"))
    other.load_shared(model.shared_state(), tmp_path)
    other.load_task("foo", model.task_state("foo"), tmp_path)
    assert torch.equal(outputs(other, "foo"), outputs(model, "foo"))


def test_the_shared_state_has_the_plain_backbones_names() -> None:
    model = a_model("foo", "bar", adapter=WithAttention())
    assert set(model.shared_state()) == set(SmallNet().state_dict())


def test_a_tasks_state_holds_head_and_private_tensors() -> None:
    model = a_model("foo", "bar", adapter=Scaled())
    model.add_task("plain", 2)
    assert {name.split(".")[0] for name in model.task_state("foo")} == {"head", "private"}
    assert {name.split(".")[0] for name in model.task_state("plain")} == {"head"}
    assert set(model.task_state("foo")) == set(model.task_state("bar"))


def test_norms_of_a_task_can_become_the_shared_ones(tmp_path: Path) -> None:
    model = a_model("foo", adapter=Scaled())
    train(model, "foo")
    other = Model(Bands(), SmallNet())
    other.load_shared({**model.shared_state(), **model.norm_state("foo")}, tmp_path)
    other.add_task("bar", 2, adapter=Scaled())
    norms = model.norm_state("foo")
    assert all(tensor.equal(norms[name]) for name, tensor in other.norm_state("bar").items())


def test_an_adapter_folded_into_the_shared_weights_leaves_its_tasks_network_as_the_plain_one(tmp_path: Path) -> None:
    model = a_model("foo", adapter=Scaled())
    train(model, "foo")
    other = Model(Bands(), SmallNet())
    other.load_shared({**model.shared_state(), **model.norm_state("foo", folded=True)}, tmp_path)
    expected = model.eval().embed(WAVE, LENGTHS, task="foo")
    assert torch.equal(other.eval().embed(WAVE, LENGTHS), expected)
    assert not torch.allclose(model.embed(WAVE, LENGTHS), expected)


def test_an_adapter_that_does_not_fold_is_not_folded() -> None:
    model = a_model("foo", adapter=Inserted())
    with pytest.raises(ContractError, match="The adapter Inserted of task 'foo' does not fold into the shared"):
        model.norm_state("foo", folded=True)


def test_a_whole_model_s_state_is_shared_and_the_tasks_own() -> None:
    model = a_model("foo", "foo.bar", adapter=Scaled())
    model.add_task("plain", 2)
    state = model.state_dict()
    for task in ("foo", "foo.bar", "plain"):
        found, own = task_state_in(state, task), model.task_state(task)
        assert list(found) == list(own)
        assert all(torch.equal(found[name], own[name]) for name in own)
    assert set(shared_in(state)) == {name for name in state if name.startswith(("frontend.", "backbone."))}
    assert set(backbone_in(state)) == set(model.shared_state())
    assert has_private(state)
    assert not has_private(a_model("plain").state_dict())


def test_the_mean_of_states_counts_the_spread_of_their_means() -> None:
    one = {"n.weight": torch.tensor([1.0]), "n.running_mean": torch.tensor([0.0]), "n.running_var": torch.tensor([1.0])}
    other = {
        "n.weight": torch.tensor([3.0]),
        "n.running_mean": torch.tensor([4.0]),
        "n.running_var": torch.tensor([3.0]),
    }
    one["n.num_batches_tracked"], other["n.num_batches_tracked"] = torch.tensor(7), torch.tensor(9)
    found = {name: tensor.item() for name, tensor in mean_state([one, other]).items()}
    # Two groups of equal size with variances 1 and 3 around 0 and 4.
    assert found == {"n.weight": 2, "n.running_mean": 2, "n.running_var": 6, "n.num_batches_tracked": 7}
    assert mean_state([other]) == other


def test_shared_weights_of_another_model_are_refused_whole(tmp_path: Path) -> None:
    model = a_model()
    given = {**SmallNet().state_dict(), "third.weight": torch.zeros(1), "first.conv.weight": torch.zeros(2, 1, 3, 3)}
    del given["attention.importance"]
    before = state_of(model)
    text = (
        r"/x: these weights belong to another model: missing \['attention.importance'\], "
        r"unexpected \['third.weight'\], of another shape \['first.conv.weight'\]. Build the model with the options"
    )
    with pytest.raises(EmonetError, match=text):
        model.load_shared(given, Path("/x"))
    assert moved(model, before) == set()


def test_private_tensors_of_another_adapter_are_refused_whole(tmp_path: Path) -> None:
    model = a_model("foo", adapter=Scaled())
    before = state_of(model)
    given = a_model("foo", adapter=WithoutNorms()).task_state("foo")
    given["head.0.weight"] = torch.ones_like(given["head.0.weight"])
    with pytest.raises(EmonetError, match=r"missing .*private\.copies\.first/norm\.bias.*unexpected none"):
        model.load_task("foo", given, tmp_path)
    assert moved(model, before) == set()


def test_the_private_share_counts_what_is_replaced_once() -> None:
    model = a_model("foo", adapter=Scaled())
    model.add_task("bar", 2, adapter=WithAttention())
    model.add_task("plain", 2)
    head, norms, attention = parameter_count(model.head_of("foo")), 2 * (4 + 6), 6 * 6 + 6 + 6
    backbone = parameter_count(SmallNet())
    assert private_share(model, "plain") == (head, head + backbone)
    assert private_share(model, "foo") == (head + norms + 10, head + backbone + 10)
    assert private_share(model, "bar") == (head + norms + attention + 10, head + backbone + 10)


def test_an_adapters_decay_goes_to_its_own_tensors_alone() -> None:
    model = a_model("foo", adapter=WithAttention())
    model.add_task("bar", 2, adapter=Scaled())
    decays = model.adapter_decays("foo", 100)
    names = {name for name, parameter in model.named_parameters() if parameter in decays}
    assert names == {"private.foo.beside.first/conv.amount", "private.foo.beside.second/conv.amount"}
    assert set(decays.values()) == {0.01}
    assert model.adapter_decays("bar", 100) == {}


@each_adapter
def test_a_deep_copy_is_independent(adapter: Adapter) -> None:
    model = a_model("foo", adapter=adapter)
    twin = copy.deepcopy(model)
    before = outputs(model, "foo")
    train(twin, "foo")
    assert torch.equal(outputs(model, "foo"), before)
    assert not torch.equal(outputs(twin, "foo"), before)


@each_adapter
def test_padding_does_not_change_a_tasks_outputs(adapter: Adapter) -> None:
    model = a_model("foo", adapter=adapter)
    train(model, "foo")
    together = outputs(model, "foo")
    for row, length in enumerate(LENGTHS.tolist()):
        alone = model.eval()(WAVE[row : row + 1, :length], LENGTHS[row : row + 1], "foo")
        torch.testing.assert_close(alone[0], together[row], atol=1e-5, rtol=1e-5)


@each_adapter
def test_half_precision_comes_close(adapter: Adapter) -> None:
    model = a_model("foo", adapter=adapter)
    with torch.autocast("cpu", torch.bfloat16):
        low = outputs(model, "foo")
        model.train()(WAVE, LENGTHS, "foo").sum().backward()
    torch.testing.assert_close(low, outputs(model, "foo"), atol=0.05, rtol=0.05)
    assert all(p.grad.dtype == torch.float32 for p in model.private.parameters())


def test_effective_tensors_are_made_in_full_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    made, lowered = Private.tensors, []

    def watched(private: Private, backbone: nn.Module) -> dict[str, torch.Tensor]:
        lowered.append(torch.is_autocast_enabled("cpu"))
        return made(private, backbone)

    monkeypatch.setattr(Private, "tensors", watched)
    with torch.autocast("cpu", torch.bfloat16):
        outputs(a_model("foo", adapter=Scaled()), "foo")
    assert lowered == [False]


@each_adapter
def test_channels_last_gives_the_same(adapter: Adapter) -> None:
    model = a_model("foo", adapter=adapter)
    expected = outputs(model, "foo")
    model.to(memory_format=torch.channels_last)
    torch.testing.assert_close(outputs(model, "foo"), expected, atol=1e-5, rtol=1e-5)
