"""The wide ResNet: the paper's counts, the paper's structure, and no trace of padding."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from emonet.model.head import Head
from emonet.model.layers import ConvBlock, MaskedBatchNorm2d
from emonet.model.model import parameter_count
from emonet.plugin.component import traits_of
from emonet_plugins import factories
from emonet_plugins.wide_resnet import ResidualBlock, WideResNet

LENGTHS = [0, 1, 2, 3, 5, 7, 8, 9, 13, 16, 17, 31]
BANDS = 16


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def a_batch(lengths: list[int]) -> tuple[Tensor, Tensor]:
    features = torch.randn(len(lengths), 1, BANDS, max(lengths)) * 2 - 3
    for row, length in enumerate(lengths):
        features[row, :, :, length:] = 0
    return features, torch.tensor(lengths)


def trained(network: WideResNet) -> WideResNet:
    """Return the network in eval mode with running statistics and norms that are no longer the identity."""
    for _ in range(3):
        network(*a_batch(LENGTHS))
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(std=0.5)
    return network.eval()


def singles(network: WideResNet, features: Tensor, lengths: Tensor) -> Tensor:
    rows = enumerate(lengths.tolist())
    # A clip without frames counts as one frame of silence.
    return torch.cat([network(features[row : row + 1, :, :, : max(1, n)], lengths[row : row + 1]) for row, n in rows])


def count(modules: list[nn.Module]) -> int:
    return sum(parameter_count(module) for module in modules)


def all_of(network: nn.Module, kind: type[nn.Module]) -> list[nn.Module]:
    return [module for module in network.modules() if isinstance(module, kind)]


def adapter_count(network: nn.Module) -> int:
    """Return the parameters of one 1x1 convolution beside each 3x3 convolution."""
    return sum(conv.in_channels * conv.out_channels for conv in all_of(network, nn.Conv2d))


@pytest.mark.parametrize(
    ("head", "head_count", "total", "private", "ratio"),
    [
        (lambda dim: Head(dim, 7), 34_055, 3_115_143, 339_303, 3.72),
        (lambda dim: nn.Linear(dim, 7), 1_799, 3_082_887, 307_047, 3.49),
    ],
    ids=["the paper's head", "a bare linear head"],
)
def test_the_full_size_has_the_papers_number_of_parameters(
    head: Callable[[int], nn.Module], head_count: int, total: int, private: int, ratio: float
) -> None:
    network = factories.wide_resnet()
    convs, norms = all_of(network, nn.Conv2d), all_of(network, nn.BatchNorm2d)
    assert {conv.kernel_size for conv in convs} == {(3, 3)}
    assert count(convs) == 2_709_792
    assert count(norms) == 4_160
    assert parameter_count(network.attention) == 66_048
    assert adapter_count(network) == 301_088
    heads = parameter_count(head(network.dim))
    assert heads == head_count
    assert parameter_count(network) + heads + adapter_count(network) == total
    assert adapter_count(network) + count(norms) + heads == private
    shared = parameter_count(network) - count(norms)
    assert round((shared + 26 * private) / total, 2) == ratio


def test_without_adapters_the_full_size_has_2_8_million_parameters() -> None:
    network = factories.wide_resnet()
    assert parameter_count(network) + parameter_count(Head(network.dim, 7)) == 2_814_055


def test_every_convolution_stands_in_the_one_named_block() -> None:
    network = factories.wide_resnet(width=4)
    blocks = all_of(network, ConvBlock)
    assert len(blocks) == 1 + 3 * 2 * 2
    assert [block.conv for block in blocks] == all_of(network, nn.Conv2d)
    assert len(all_of(network, MaskedBatchNorm2d)) == len(blocks) + 1
    assert len(all_of(network, nn.BatchNorm2d)) == len(blocks) + 1


def test_only_the_first_block_of_a_stage_has_a_stride_and_a_pooled_shortcut() -> None:
    network = factories.wide_resnet(width=4)
    blocks = all_of(network, ResidualBlock)
    assert [block.first.conv.stride[0] for block in blocks] == [2, 1, 2, 1, 2, 1]
    assert [block.pool is not None for block in blocks] == [True, False] * 3
    assert {block.second.conv.stride for block in blocks} == {(1, 1)}
    assert [block.first.conv.out_channels for block in blocks] == [8, 8, 16, 16, 32, 32]
    assert network.stem.conv.stride == (1, 1)


def plainly(network: WideResNet, x: Tensor) -> Tensor:
    """Compute the paper's network (5.2.1) on one unpadded image with nothing but torch's own functions."""

    def norm(x: Tensor, layer: nn.BatchNorm2d) -> Tensor:
        return functional.batch_norm(x, layer.running_mean, layer.running_var, layer.weight, layer.bias)

    x = norm(functional.conv2d(x, network.stem.conv.weight, padding=1), network.stem.norm)
    for block in all_of(network, ResidualBlock):
        first, second = block.first, block.second
        stride = first.conv.stride[0]
        out = norm(functional.conv2d(x, first.conv.weight, stride=stride, padding=1), first.norm).relu()
        out = norm(functional.conv2d(out, second.conv.weight, padding=1), second.norm)
        if stride == 2:
            pooled = functional.avg_pool2d(x, 2)
            x = torch.cat([pooled, torch.zeros_like(pooled)], dim=1)
        x = (out + x).relu()
    x = norm(x, network.norm).relu()
    return network.attention(x)


def test_it_computes_what_the_paper_describes() -> None:
    network = trained(factories.wide_resnet(width=4))
    features = torch.randn(2, 1, BANDS, 24)
    expected = plainly(network, features)
    torch.testing.assert_close(network(features, torch.tensor([24, 24])), expected, atol=1e-5, rtol=1e-5)


def test_padding_does_not_change_the_embedding() -> None:
    network = trained(factories.wide_resnet(width=4))
    features, lengths = a_batch(LENGTHS)
    torch.testing.assert_close(network(features, lengths), singles(network, features, lengths), atol=1e-4, rtol=1e-4)
    assert network.expected_failures == {}


def test_padding_changes_nothing_with_average_pooling_and_odd_bands() -> None:
    network = factories.wide_resnet(width=4, blocks=1, stages=2, attention=False)
    network = trained(network)
    features, lengths = a_batch(LENGTHS)
    features = features[:, :, :13]
    torch.testing.assert_close(network(features, lengths), singles(network, features, lengths), atol=1e-4, rtol=1e-4)


def test_what_stands_in_the_padding_changes_nothing() -> None:
    network = trained(factories.wide_resnet(width=4))
    features, lengths = a_batch([9, 16])
    other = features.clone()
    other[0, :, :, 9:] = 50
    assert torch.equal(network(features, lengths), network(other, lengths))


def test_in_training_more_padding_changes_neither_outputs_nor_statistics() -> None:
    network = factories.wide_resnet(width=4)
    twin = copy.deepcopy(network)
    features, lengths = a_batch([9, 16, 3])
    longer = functional.pad(features, (0, 16))
    torch.testing.assert_close(network(features, lengths), twin(longer, lengths), atol=1e-4, rtol=1e-4)
    statistics = dict(network.named_buffers())
    assert len(statistics) > 30
    for name, buffer in twin.named_buffers():
        torch.testing.assert_close(buffer, statistics[name], atol=1e-4, rtol=1e-4)


def test_without_masks_padding_takes_part_and_the_network_says_so() -> None:
    network = trained(factories.wide_resnet(width=4, mask=False))
    features, lengths = a_batch(LENGTHS)
    assert (network(features, lengths) - singles(network, features, lengths)).abs().max() > 1e-2
    assert list(network.expected_failures) == ["check_padding_does_not_change_the_embedding"]
    assert "as in the paper" in network.expected_failures["check_padding_does_not_change_the_embedding"]


def test_what_it_says_of_itself_is_true() -> None:
    network = factories.wide_resnet(width=4, stages=2, blocks=1, channels=3)
    assert network.accepts == traits_of(factories.wide_resnet).accepts == "image"
    assert network.dim == 16
    assert network(torch.randn(2, 3, 10, 9), torch.tensor([9, 4])).shape == (2, 16)


@pytest.mark.parametrize("lengths", [[16, 16, 16], [16, 9, 4]])
def test_every_parameter_gets_a_gradient(lengths: list[int]) -> None:
    network = factories.wide_resnet(width=4)
    network(*a_batch(lengths)).square().sum().backward()
    gradients = {name: parameter.grad for name, parameter in network.named_parameters()}
    assert len(gradients) > 20
    assert [name for name, gradient in gradients.items() if gradient is None or not gradient.any()] == []


@pytest.mark.parametrize("lengths", [[16, 16, 16], [16, 9, 4]])
def test_channels_last_gives_the_same(lengths: list[int]) -> None:
    network = trained(factories.wide_resnet(width=4))
    features, frames = a_batch(lengths)
    expected = network(features, frames)
    network.to(memory_format=torch.channels_last)
    torch.testing.assert_close(network(features, frames), expected, atol=1e-4, rtol=1e-4)


def test_it_trains_under_autocast() -> None:
    network = factories.wide_resnet(width=4)
    twin = copy.deepcopy(network)
    features, lengths = a_batch([16, 9, 4])
    with torch.autocast("cpu", torch.bfloat16):
        embedding = network(features, lengths).float()
    embedding.square().sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())
    torch.testing.assert_close(embedding, twin(features, lengths), atol=0.1, rtol=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0}, "width=0 is too small. It must be 1 or more"),
        ({"blocks": 0}, "blocks=0 is too small"),
        ({"stages": 0}, "stages=0 is too small"),
        ({"channels": -1}, "channels=-1 is too small"),
        ({"smoothing": 1.5}, "smoothing=1.5 is out of range. It goes from 0"),
    ],
)
def test_an_option_out_of_range_is_refused_with_its_value(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        factories.wide_resnet(**options)
