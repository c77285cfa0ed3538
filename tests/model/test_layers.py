"""The layers count valid frames only, and are plain torch layers where everything is valid."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from emonet.model.layers import (
    ConvBlock,
    CountedPool2d,
    MaskedBatchNorm2d,
    frame_mask,
    halved,
    image_mask,
)

LENGTHS = torch.tensor([7, 3, 1, 6])


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def an_image(channels: int = 3, *, dtype: torch.dtype = torch.float32) -> Tensor:
    return 2 * torch.randn(len(LENGTHS), channels, 4, 7, dtype=dtype) + 1.5


def valid_cells(x: Tensor) -> Tensor:
    """Return all valid positions of x (B, C, F, L) as one image (1, C, F, sum of lengths)."""
    return torch.cat([one[:, :, :length] for one, length in zip(x, LENGTHS, strict=True)], dim=-1)[None]


def norms(channels: int = 3, *, dtype: torch.dtype = torch.float32) -> tuple[MaskedBatchNorm2d, nn.BatchNorm2d]:
    masked, plain = MaskedBatchNorm2d(channels).to(dtype), nn.BatchNorm2d(channels).to(dtype)
    with torch.no_grad():
        masked.weight.copy_(torch.rand(channels) + 0.5)
        masked.bias.copy_(torch.randn(channels))
    plain.load_state_dict(masked.state_dict())
    return masked, plain


def test_frame_mask_marks_the_first_frames_of_each_clip() -> None:
    marks = frame_mask(torch.tensor([0, 1, 3]), 4).int().tolist()
    assert marks == [[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]]


def test_a_clip_without_frames_counts_as_one_frame() -> None:
    assert image_mask(torch.tensor([0]), 2).tolist() == [[[[True, False]]]]


def test_image_mask_broadcasts_over_channels_and_bands() -> None:
    assert image_mask(LENGTHS, 7).shape == (4, 1, 1, 7)


def test_halved_is_what_a_convolution_of_stride_two_leaves() -> None:
    conv = nn.Conv1d(1, 1, 3, stride=2, padding=1)
    lengths = torch.arange(1, 20)
    assert halved(lengths).tolist() == [conv(torch.zeros(1, 1, n)).shape[-1] for n in lengths.tolist()]


@pytest.mark.parametrize("train", [True, False])
def test_an_all_valid_mask_gives_what_plain_batch_norm_gives(train: bool) -> None:
    masked, plain = (norm.train(train) for norm in norms())
    x, mask = an_image(), image_mask(torch.full((4,), 7), 7)
    torch.testing.assert_close(masked(x, mask), plain(x), atol=1e-6, rtol=1e-6)
    for name, buffer in plain.state_dict().items():
        torch.testing.assert_close(masked.state_dict()[name], buffer, atol=1e-6, rtol=1e-6)


def test_training_statistics_are_those_of_the_valid_frames() -> None:
    masked, plain = norms()
    x = an_image()
    out = masked(x, image_mask(LENGTHS, 7))
    torch.testing.assert_close(valid_cells(out), plain(valid_cells(x)), atol=2e-6, rtol=1e-5)
    assert masked.num_batches_tracked == 1
    torch.testing.assert_close(masked.running_mean, plain.running_mean, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(masked.running_var, plain.running_var, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("train", [True, False])
def test_invalid_frames_come_out_as_zeros(train: bool) -> None:
    masked = norms()[0].train(train)
    mask = image_mask(LENGTHS, 7)
    out = masked(an_image(), mask)
    assert torch.equal(out.masked_select(~mask), torch.zeros((7 * 4 - int(LENGTHS.sum())) * 12))
    assert out.masked_select(mask).abs().min() > 0


def test_what_stands_in_invalid_frames_changes_nothing() -> None:
    mask = image_mask(LENGTHS, 7)
    x = an_image()
    other = torch.where(mask, x, 100 * torch.randn_like(x))
    first, second = norms()[0], norms()[0]
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(x, mask), second(other, mask))
    assert torch.equal(first.running_var, second.running_var)


def test_the_gradient_is_the_derivative() -> None:
    norm = norms(2, dtype=torch.float64)[0]
    mask = image_mask(LENGTHS, 7)

    def run(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return functional_call(norm, {"weight": weight, "bias": bias}, (x, mask))

    x = an_image(2, dtype=torch.float64).requires_grad_()
    weight, bias = (parameter.detach().clone().requires_grad_() for parameter in norm.parameters())
    assert torch.autograd.gradcheck(run, (x, weight, bias))


def test_frozen_scale_and_shift_leave_the_gradient_of_the_input() -> None:
    frozen, free = norms()[0], norms()[0]
    free.load_state_dict(frozen.state_dict())
    frozen.requires_grad_(False)
    x, mask, weights = an_image(), image_mask(LENGTHS, 7), torch.randn(4, 3, 4, 7)
    gradients = []
    for norm in (frozen, free):
        leaf = x.clone().requires_grad_()
        (norm(leaf, mask) * weights).sum().backward()
        gradients.append(leaf.grad)
    assert torch.equal(*gradients)
    assert frozen.weight.grad is None
    assert free.weight.grad is not None


def test_buffers_that_stand_in_are_the_ones_that_move() -> None:
    norm = norms()[0]
    private = {name: buffer.clone() for name, buffer in norm.named_buffers()}
    before = {name: buffer.clone() for name, buffer in norm.named_buffers()}
    functional_call(norm, private, (an_image(), image_mask(LENGTHS, 7)))
    assert all(torch.equal(buffer, before[name]) for name, buffer in norm.named_buffers())
    assert private["num_batches_tracked"] == 1
    assert not torch.equal(private["running_mean"], before["running_mean"])


@pytest.mark.parametrize("mask", [None, torch.ones(1, 1, 1, 1, dtype=torch.bool)])
def test_a_single_position_in_training_takes_the_running_statistics(mask: Tensor | None) -> None:
    norm = norms()[0]
    x = torch.randn(1, 3, 1, 1)
    expected = functional.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias)
    assert torch.equal(norm(x, mask), expected)
    assert norm.num_batches_tracked == 0


def test_a_single_valid_position_keeps_running_statistics_finite() -> None:
    norm = norms()[0]
    out = norm(torch.randn(1, 3, 1, 5), image_mask(torch.tensor([1]), 5))
    assert out.isfinite().all()
    assert norm.running_var.isfinite().all()


def test_half_precision_keeps_statistics_in_float32() -> None:
    exact, norm = norms()[0], norms()[0]
    norm.load_state_dict(exact.state_dict())
    x, mask = an_image().bfloat16(), image_mask(LENGTHS, 7)
    leaf = x.clone().requires_grad_()
    out = norm(leaf, mask)
    assert out.dtype == torch.bfloat16
    out.float().square().sum().backward()
    assert leaf.grad is not None
    assert leaf.grad.isfinite().all()
    torch.testing.assert_close(out.float(), exact(x.float(), mask), atol=0.02, rtol=0.01)
    torch.testing.assert_close(norm.running_var, exact.running_var, atol=1e-6, rtol=1e-5)


def test_channels_last_stays_channels_last_and_gives_the_same() -> None:
    first, second = norms()[0], norms()[0]
    second.load_state_dict(first.state_dict())
    x, mask = an_image(), image_mask(LENGTHS, 7)
    out = second(x.contiguous(memory_format=torch.channels_last), mask)
    assert out.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(out, first(x, mask), atol=2e-5, rtol=1e-5)


def test_conv_block_is_convolution_norm_and_relu() -> None:
    block = ConvBlock(2, 5, stride=2).eval()
    x = torch.randn(1, 2, 6, 9)
    expected = functional.conv2d(x, block.conv.weight, stride=2, padding=1) / (1 + block.norm.eps) ** 0.5
    torch.testing.assert_close(block(x), expected.relu())
    assert block.conv.bias is None


def test_conv_block_without_activation_keeps_negative_values() -> None:
    block = ConvBlock(2, 5, activation=False).eval()
    assert block(torch.randn(1, 2, 6, 9)).min() < 0


def gradients(conv: nn.Conv2d, x: Tensor, *, low: bool = False) -> list[Tensor]:
    """Return the output of a convolution, and the gradients of its input and its weight."""
    leaf = x.clone().requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=low):
        out = conv(leaf)
    slope = torch.linspace(-1, 1, out.numel()).reshape(out.shape).to(out.dtype)
    return [each.detach().float() for each in (out, *torch.autograd.grad(out, (leaf, conv.weight), slope))]


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_strided_convolutions_of_narrow_images_are_right_in_bf16(columns: int, layout: torch.memory_format) -> None:
    conv = ConvBlock(32, 32, stride=2).conv.to(memory_format=layout)
    x = torch.randn(4, 32, 8, columns).contiguous(memory_format=layout)
    for exact, rough in zip(gradients(conv, x), gradients(conv, x, low=True), strict=True):
        torch.testing.assert_close(rough / exact.abs().max(), exact / exact.abs().max(), atol=0.03, rtol=0)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("columns", [1, 2, 3, 7])
def test_strided_convolutions_give_what_plain_ones_give(stride: int, columns: int) -> None:
    conv, plain = ConvBlock(3, 5, stride=stride).conv, nn.Conv2d(3, 5, 3, stride=stride, padding=1, bias=False)
    plain.load_state_dict(conv.state_dict())
    x = torch.randn(2, 3, 6, columns)
    for ours, expected in zip(gradients(conv, x), gradients(plain, x), strict=True):
        if columns < 3:
            torch.testing.assert_close(ours, expected, atol=1e-5, rtol=1e-5)
        else:
            assert torch.equal(ours, expected)


def test_strided_convolutions_see_three_columns_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    original = functional.conv2d
    monkeypatch.setattr(functional, "conv2d", lambda x, *rest: seen.append(x.shape[-1]) or original(x, *rest))
    for columns in (1, 2, 3, 5):
        for stride in (1, 2):
            assert ConvBlock(1, 2, stride=stride)(torch.randn(2, 1, 4, columns)).shape[-1] == -(-columns // stride)
    assert seen == [1, 3, 2, 3, 3, 3, 5, 5]


def test_convolutions_start_he_normal() -> None:
    deviation = ConvBlock(16, 64).conv.weight.std().item()
    assert deviation == pytest.approx((2 / (16 * 9)) ** 0.5, rel=0.05)


@pytest.mark.parametrize(("bands", "frames"), [(4, 6), (5, 7), (1, 1), (3, 2)])
def test_pooling_without_a_mask_averages_the_cells_there_are(bands: int, frames: int) -> None:
    x = torch.randn(2, 3, bands, frames)
    pooled = CountedPool2d()(x)
    assert pooled.shape == (2, 3, (bands + 1) // 2, (frames + 1) // 2)
    corner = x[:, :, (bands - 1) // 2 * 2 :, (frames - 1) // 2 * 2 :].mean(dim=(2, 3))
    torch.testing.assert_close(pooled[:, :, -1, -1], corner)


@pytest.mark.parametrize("bands", [4, 5])
def test_pooling_a_padded_clip_gives_what_the_clip_alone_gives(bands: int) -> None:
    pool, mask = CountedPool2d(), image_mask(LENGTHS, 7)
    x = torch.randn(4, 3, bands, 7) * mask
    pooled = pool(x, mask)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = pool(x[row : row + 1, :, :, :length])
        frames = alone.shape[-1]
        torch.testing.assert_close(pooled[row : row + 1, :, :, :frames], alone)
        assert not pooled[row, :, :, frames:].any()
