"""The adapter types: the paper's counts, what each computes, what each refuses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional

from emonet.errors import ContractError, RecipeError
from emonet.model.contracts import Adapter
from emonet.model.model import Model, private_share
from emonet.plugin.component import traits_of
from emonet.plugin.registry import load_registry
from emonet_plugins import adapters, factories
from tests.helpers.adapted_backbones import (
    LENGTHS,
    WAVE,
    Bands,
    a_convolutional_model,
    a_transformer_model,
    outputs,
    train,
)

Built = Callable[[], Adapter]

CONVOLUTIONAL: dict[str, Built] = {
    "residual": adapters.residual,
    "residual-dropout": partial(adapters.residual, dropout=0.5),
    "residual-zero": partial(adapters.residual, start="zero"),
    "residual-attention": partial(adapters.residual, attention=True),
    "series": adapters.series,
    "batchnorm": adapters.batchnorm,
    "lora": partial(adapters.lora, rank=2),
    "lora-norms": partial(adapters.lora, private_norms=True),
    "bottleneck": partial(adapters.bottleneck, width=3),
    "bottleneck-norms": partial(adapters.bottleneck, private_norms=True),
}
LINEAR: dict[str, Built] = {
    "lora": adapters.lora,
    "lora-norms": partial(adapters.lora, private_norms=True),
    "bottleneck": adapters.bottleneck,
    "batchnorm": adapters.batchnorm,
}
MODELS = [(f"net-{name}", a_convolutional_model, made) for name, made in CONVOLUTIONAL.items()]
MODELS += [(f"transformer-{name}", a_transformer_model, made) for name, made in LINEAR.items()]
every_pair = pytest.mark.parametrize(("model_of", "made"), [case[1:] for case in MODELS], ids=[c[0] for c in MODELS])


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def own(model: Model, task: str) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.task_state(task).items()}


def test_all_types_are_registered_and_say_what_they_are() -> None:
    found = load_registry().factories("adapters")
    assert {"residual", "series", "batchnorm", "lora", "bottleneck"} <= set(found)
    for factory in found.values():
        traits, adapter = traits_of(factory), factory()
        assert isinstance(adapter, Adapter)
        assert traits.layers
        assert (traits.private_norms, traits.foldable) == (adapter.private_norms, adapter.foldable)


def test_the_full_size_has_the_papers_counts() -> None:
    model = Model(Bands(), factories.wide_resnet())
    model.add_task("foo", 7, adapter=adapters.residual())
    private, total = private_share(model, "foo")
    assert (private, total) == (339_303, 3_115_143)
    assert round((total - private + 26 * private) / total, 2) == 3.72
    assert sum(p.numel() for p in model.private_of("foo").beside.parameters()) == 301_088
    # With one linear layer for a head.
    bare = nn.Linear(256, 7).weight.numel() + 7 - sum(p.numel() for p in model.head_of("foo").parameters())
    assert total + bare == 3_082_887
    assert round((total - private + 26 * (private + bare)) / (total + bare), 2) == 3.49


def test_26_tasks_are_3_72_times_one() -> None:
    model = Model(Bands(), factories.wide_resnet())
    for index in range(26):
        model.add_task(f"corpus{index}", 7, adapter=adapters.residual())
    shadowed = 2 * sum(norm.num_features for norm in model.backbone.modules() if isinstance(norm, nn.BatchNorm2d))
    total = sum(parameter.numel() for parameter in model.parameters()) - shadowed
    assert round(total / private_share(model, "corpus0")[1], 2) == 3.72


@every_pair
def test_only_private_tensors_move_and_all_of_them(model_of: Callable[..., Model], made: Built) -> None:
    model = model_of("foo", "bar", adapter=made())
    shared = {name: tensor.clone() for name, tensor in model.shared_state().items()}
    before, others = own(model, "foo"), own(model, "bar")
    model.tune("private", "foo")
    # Only now: torch multiplies matrices in another order where none of them learns.
    other = outputs(model, "bar")
    train(model, "foo")
    assert all(tensor.equal(shared[name]) for name, tensor in model.shared_state().items())
    assert all(tensor.equal(others[name]) for name, tensor in model.task_state("bar").items())
    assert torch.equal(outputs(model, "bar"), other)
    learning = dict(model.private_of("foo").named_parameters())
    assert [name for name, parameter in learning.items() if parameter.grad is None] == []
    # A bias whose gradient is nearly 0 may keep its value.
    still = [name for name, tensor in model.task_state("foo").items() if tensor.equal(before[name])]
    assert [name for name in still if not name.endswith("bias")] == []


@every_pair
def test_padding_does_not_change_the_outputs(model_of: Callable[..., Model], made: Built) -> None:
    model = model_of("foo", adapter=made())
    train(model, "foo")
    together = outputs(model, "foo")
    for row, length in enumerate(LENGTHS.tolist()):
        alone = model.eval()(WAVE[row : row + 1, :length], LENGTHS[row : row + 1], "foo")
        torch.testing.assert_close(alone[0], together[row], atol=1e-4, rtol=1e-4)


@every_pair
def test_a_merged_network_gives_the_same_or_is_refused(model_of: Callable[..., Model], made: Built) -> None:
    model = model_of("foo", adapter=made())
    train(model, "foo")
    if not made().foldable:
        with pytest.raises(ContractError, match="does not fold into the backbone's weights"):
            model.merged("foo")
        return
    torch.testing.assert_close(model.merged("foo")(WAVE, LENGTHS), outputs(model, "foo"), atol=1e-5, rtol=1e-5)


@every_pair
def test_half_precision_comes_close(model_of: Callable[..., Model], made: Built) -> None:
    model = model_of("foo", adapter=made())
    with torch.autocast("cpu", torch.bfloat16):
        low = outputs(model, "foo")
    torch.testing.assert_close(low, outputs(model, "foo"), atol=0.1, rtol=0.1)


@pytest.mark.parametrize("made", CONVOLUTIONAL.values(), ids=CONVOLUTIONAL)
def test_channels_last_gives_the_same(made: Built) -> None:
    model = a_convolutional_model("foo", adapter=made())
    expected = outputs(model, "foo")
    model.to(memory_format=torch.channels_last)
    torch.testing.assert_close(outputs(model, "foo"), expected, atol=1e-4, rtol=1e-4)
    if made().foldable:
        weights = [tensor for tensor in model.private_of("foo").tensors(model.backbone).values() if tensor.dim() == 4]
        wide = [weight for weight in weights if weight.shape[1] > 1 and weight.shape[2] > 1]
        assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in wide)


@pytest.mark.parametrize("name", ["series", "batchnorm", "lora", "bottleneck"])
def test_these_start_as_the_plain_network(name: str) -> None:
    model = a_convolutional_model("foo", adapter=CONVOLUTIONAL[name]())
    plain = model.eval().embed(WAVE, LENGTHS)
    torch.testing.assert_close(model.embed(WAVE, LENGTHS, task="foo"), plain, atol=1e-6, rtol=1e-6)


CONVOLUTIONS = {
    "stride 1": nn.Conv2d(3, 5, 3, padding=1, bias=False),
    "stride 2": nn.Conv2d(3, 5, 3, stride=2, padding=1, bias=False),
    "oblong": nn.Conv2d(3, 5, (5, 1), padding=(2, 0), stride=(1, 2)),
    "dilated": nn.Conv2d(3, 5, 3, padding=2, dilation=2),
    "unpadded": nn.Conv2d(3, 5, 3, stride=2),
    "partly padded": nn.Conv2d(3, 5, 5, padding=1),
    "same": nn.Conv2d(3, 5, 5, padding="same"),
    "valid": nn.Conv2d(3, 5, 5, padding="valid"),
}


@pytest.mark.parametrize("layer", CONVOLUTIONS.values(), ids=CONVOLUTIONS)
@pytest.mark.parametrize("size", [(8, 11), (9, 12)])
def test_one_folded_convolution_is_two_in_parallel(layer: nn.Conv2d, size: tuple[int, int]) -> None:
    adapter = adapters.residual()
    assert adapter.takes(layer)
    beside = adapter.private(layer).eval()
    x = torch.randn(2, 3, *size)
    folded = torch.func.functional_call(layer, dict(adapter.effective(layer, beside)), x)
    torch.testing.assert_close(folded, beside(x, layer(x)), atol=1e-6, rtol=1e-5)
    assert (folded - layer(x)).abs().max() > 0.1


def test_the_branch_of_a_1d_convolution_folds_too() -> None:
    adapter, layer, x = adapters.residual(), nn.Conv1d(3, 5, 3, padding=1, stride=2), torch.randn(2, 3, 9)
    beside = adapter.private(layer)
    folded = functional.conv1d(x, adapter.effective(layer, beside)["weight"], layer.bias, stride=2, padding=1)
    torch.testing.assert_close(folded, beside(x, layer(x)), atol=1e-6, rtol=1e-5)


def test_the_parallel_branch_starts_he_normal() -> None:
    weight = adapters.residual().private(nn.Conv2d(64, 128, 3, padding=1)).weight
    assert weight.shape == (128, 64, 1, 1)
    assert weight.std().item() == pytest.approx((2 / 64) ** 0.5, rel=0.05)


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_branches_that_start_at_zero_leave_the_network_as_it_is(dropout: float) -> None:
    model = a_convolutional_model(adapter=adapters.batchnorm())
    model.add_task("zero", 2, adapter=adapters.residual(start="zero", dropout=dropout))
    model.add_task("he", 2, adapter=adapters.residual(start="he", dropout=dropout))
    model.eval()
    plain, zero, he = (model.embed(WAVE, LENGTHS, task=task) for task in (None, "zero", "he"))
    assert torch.equal(plain, zero)
    assert not torch.allclose(plain, he, rtol=0.1)
    model.tune("private", "zero")
    model.embed(WAVE, LENGTHS, task="zero").square().sum().backward()
    assert all(branch.weight.grad.abs().max() > 0 for branch in model.private_of("zero").beside.values())


def test_dropout_is_on_the_branch_alone_and_only_in_training() -> None:
    layer = nn.Conv2d(2, 3, 3, padding=1)
    branch = adapters.residual(dropout=0.5).private(layer)
    x = torch.ones(1, 2, 4, 4)
    out = layer(x)
    assert torch.equal(branch.eval()(x, out), branch(x, out))
    assert not torch.equal(branch.train()(x, out), branch(x, out))
    assert torch.equal(branch(torch.zeros_like(x), out), out)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 4, 1),
        nn.Conv2d(4, 4, 3, padding=1, groups=2),
        nn.Conv2d(4, 4, 4),
        nn.Conv2d(4, 4, 3, padding=2),
        nn.Linear(4, 4),
        nn.ConvTranspose2d(4, 4, 3),
        nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 4, 3, padding=1)),
    ],
    ids=["1x1", "grouped", "even", "padded beyond", "linear", "transposed", "parametrised"],
)
def test_the_parallel_branch_takes_only_what_it_folds_into(layer: nn.Module) -> None:
    assert not adapters.residual().takes(layer)


def test_an_attention_of_its_own_is_copied_and_adapted_nowhere_else() -> None:
    model = a_convolutional_model("foo", adapter=adapters.residual(attention=True))
    model.add_task("bar", 2, adapter=adapters.residual())
    attention = {name for name in model.task_state("foo") if "attention" in name}
    assert len(attention) == 3
    assert not any("attention" in name for name in model.task_state("bar"))


@pytest.mark.parametrize(
    ("clips", "factor"), [(499, 5e-3), (500, 2e-3), (999, 2e-3), (1_000, 5e-4), (9_999, 5e-4), (10_000, 1e-6)]
)
def test_decay_by_size_follows_the_number_of_clips(clips: int, factor: float) -> None:
    assert adapters.residual(decay="size").decay_of(clips) == factor
    assert adapters.residual().decay_of(clips) is None
    assert adapters.series().decay_of(clips) is None


def test_the_series_adapter_mixes_what_the_convolution_gives() -> None:
    adapter, layer = adapters.series(), nn.Conv2d(3, 5, 3, stride=2, padding=1)
    private = adapter.private(layer)
    assert not private.weight.any()
    with torch.no_grad():
        private.weight.normal_()
    x = torch.randn(2, 3, 8, 9)
    out = layer(x)
    mixed = out + functional.conv2d(out, private.weight[:, :, None, None])
    effective = dict(adapter.effective(layer, private))
    torch.testing.assert_close(torch.func.functional_call(layer, effective, x), mixed, atol=1e-5, rtol=1e-5)


def test_own_norms_are_all_that_batchnorm_brings() -> None:
    model = a_convolutional_model("foo", adapter=adapters.batchnorm())
    names = {name.rpartition(".")[2] for name in model.task_state("foo") if name.startswith("private.")}
    assert names == {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}
    norms = [layer for layer in model.backbone.modules() if isinstance(layer, nn.BatchNorm2d)]
    head = sum(parameter.numel() for parameter in model.head_of("foo").parameters())
    assert private_share(model, "foo")[0] == head + 2 * sum(norm.num_features for norm in norms)


@pytest.mark.parametrize(
    "layer", [nn.Linear(6, 4), nn.Conv2d(6, 4, 3, groups=2), nn.Conv1d(6, 4, 2)], ids=["linear", "grouped", "1d"]
)
def test_the_low_rank_difference_is_alpha_by_rank_times_the_product(layer: nn.Module) -> None:
    adapter = adapters.lora(rank=2, alpha=6.0)
    private = adapter.private(layer)
    assert torch.equal(adapter.effective(layer, private)["weight"], layer.weight)
    factors = private["weight"]
    with torch.no_grad():
        factors.up.normal_()
    difference = (adapter.effective(layer, private)["weight"] - layer.weight).flatten(1)
    torch.testing.assert_close(difference, 3 * factors.up @ factors.down, atol=1e-5, rtol=1e-5)
    assert torch.linalg.matrix_rank(difference) == 2


def test_attention_layers_are_adapted_at_their_joint_weight() -> None:
    model = a_transformer_model("foo", adapter=adapters.lora())
    names = {name for name, _ in model.private_of("foo").beside.named_parameters()}
    assert "layer/self_attn.in_proj_weight.up" in names
    assert "layer/self_attn/out_proj.weight.up" in names
    assert {name.partition(".")[0] for name in names} == {
        "project",
        "layer/self_attn",
        "layer/self_attn/out_proj",
        "layer/linear1",
        "layer/linear2",
    }


def test_attention_layers_of_several_sizes_are_adapted_at_each_weight() -> None:
    adapter, layer = adapters.lora(), nn.MultiheadAttention(8, 2, kdim=6, vdim=5)
    shapes = {name: tuple(weight.shape) for name, weight in adapter.effective(layer, adapter.private(layer)).items()}
    assert shapes == {"q_proj_weight": (8, 8), "k_proj_weight": (8, 6), "v_proj_weight": (8, 5)}


def test_the_bottleneck_comes_after_every_layer_that_is_called() -> None:
    model = a_transformer_model("foo", adapter=adapters.bottleneck(width=3))
    beside = model.private_of("foo").beside
    assert set(beside) == {"project", "layer/linear1", "layer/linear2"}
    assert {tuple(branch.down.weight.shape) for branch in beside.values()} == {(3, 8), (3, 12)}


def test_the_bottleneck_adds_up_of_relu_of_down() -> None:
    layer, x = nn.Conv2d(2, 4, 3), torch.randn(2, 2, 6, 6)
    branch = adapters.bottleneck(width=3).private(layer)
    out = layer(x)
    assert torch.equal(branch(x, out), out)
    with torch.no_grad():
        branch.up.weight.normal_()
    hidden = torch.einsum("oi,bihw->bohw", branch.down.weight[:, :, 0, 0], out) + branch.down.bias[:, None, None]
    added = torch.einsum("oi,bihw->bohw", branch.up.weight[:, :, 0, 0], hidden.relu())
    torch.testing.assert_close(branch(x, out), out + added, atol=1e-5, rtol=1e-5)


def test_the_bottleneck_has_nothing_for_other_layers() -> None:
    with pytest.raises(TypeError, match="ReLU is neither linear nor a convolution"):
        adapters.bottleneck().private(nn.ReLU())


@pytest.mark.parametrize(("name", "kind"), [("residual", "Parallel"), ("series", "Series")])
def test_a_convolutional_adapter_is_refused_without_convolutions(name: str, kind: str) -> None:
    text = f"The adapter {kind}Convolution finds no layer in the backbone Transformer, .*kinds: linear, norm"
    with pytest.raises(ContractError, match=text):
        a_transformer_model("foo", adapter=CONVOLUTIONAL[name]())


def test_norms_are_refused_where_there_are_none() -> None:
    model = Model(Bands(), factories.wide_resnet(width=4, blocks=1, stages=1))
    model.backbone.norm = model.backbone.stem = model.backbone.stages = nn.Identity()
    with pytest.raises(ContractError, match="The adapter OwnNorms finds no layer in the backbone WideResNet"):
        model.add_task("foo", 2, adapter=adapters.batchnorm())
    assert isinstance(adapters.batchnorm().private(nn.LayerNorm(1)), nn.Module)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("residual", {"dropout": 1.0}, "dropout=1 is out of range. It is a share from 0 to below 1"),
        ("residual", {"decay": "sise"}, "decay='sise' is unknown. Choose 'none' or 'size'"),
        ("residual", {"start": "one"}, "start='one' is unknown. Choose 'he' or 'zero'"),
        ("lora", {"rank": 0}, "rank=0 is too small. It must be 1 or more"),
        ("lora", {"alpha": 0}, "alpha=0 must be above 0"),
        ("bottleneck", {"width": 0}, "width=0 is too small. It must be 1 or more"),
        ("residual", {"dropuot": 0.1}, "has no option 'dropuot'. Did you mean 'dropout'"),
    ],
)
def test_an_option_out_of_range_is_refused_with_its_value(name: str, options: dict[str, float], message: str) -> None:
    with pytest.raises(RecipeError, match=f"adapter '{name}'.*{message}"):
        load_registry().build("adapters", name, options)
