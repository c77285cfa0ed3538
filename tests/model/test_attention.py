"""The 2-D attention follows the paper's four equations."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from emonet.model.layers import Attention2d, image_mask, masked_mean


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def by_the_equations(attention: Attention2d, x: Tensor) -> Tensor:
    """Compute equations 1 to 4 for one image x (C, F, L), position by position."""
    vectors = [x[:, band, frame] for band in range(x.shape[1]) for frame in range(x.shape[2])]
    weight, bias = attention.project.weight, attention.project.bias
    scores = [attention.importance @ torch.tanh(weight @ vector + bias) for vector in vectors]
    terms = [torch.exp(attention.smoothing * score) for score in scores]
    return torch.stack([term / sum(terms) * vector for term, vector in zip(terms, vectors, strict=True)]).sum(dim=0)


@pytest.mark.parametrize("smoothing", [0.3, 1.0])
def test_attention_follows_the_equations(smoothing: float) -> None:
    attention = Attention2d(5, smoothing=smoothing)
    with torch.no_grad():
        attention.importance.mul_(40)
    x = torch.randn(2, 5, 3, 4)
    expected = torch.stack([by_the_equations(attention, one) for one in x])
    torch.testing.assert_close(attention(x), expected)
    assert (attention(x) - x.mean(dim=(2, 3))).abs().max() > 1e-3


def test_no_smoothing_factor_at_all_is_the_average() -> None:
    x = torch.randn(2, 5, 3, 4)
    torch.testing.assert_close(Attention2d(5, smoothing=0)(x), x.mean(dim=(2, 3)))


def test_the_factor_is_the_papers_by_default() -> None:
    assert Attention2d(2).smoothing == 0.3


def test_a_masked_batch_gives_what_each_clip_alone_gives() -> None:
    attention, lengths = Attention2d(5), torch.tensor([6, 2, 1])
    x = torch.randn(3, 5, 4, 6)
    pooled = attention(x, image_mask(lengths, 6))
    for row, length in enumerate(lengths.tolist()):
        torch.testing.assert_close(pooled[row], by_the_equations(attention, x[row, :, :, :length]))


def test_without_a_mask_zero_padding_takes_part() -> None:
    attention = Attention2d(5)
    x = torch.randn(1, 5, 4, 6)
    padded = torch.nn.functional.pad(x, (0, 6))
    assert (attention(padded) - attention(x)).abs().max() > 1e-2


def test_weights_start_from_a_narrow_normal_distribution() -> None:
    attention = Attention2d(64)
    assert attention.project.weight.std().item() == pytest.approx(0.05, rel=0.05)
    assert attention.importance.std().item() == pytest.approx(0.05, rel=0.3)


def test_every_parameter_gets_a_gradient() -> None:
    attention = Attention2d(4)
    attention(torch.randn(2, 4, 3, 5)).square().sum().backward()
    gradients = [parameter.grad for parameter in attention.parameters()]
    assert len(gradients) == 3
    assert all(gradient is not None and gradient.abs().sum() > 0 for gradient in gradients)


def test_masked_mean_counts_valid_positions() -> None:
    lengths = torch.tensor([5, 2])
    mask = image_mask(lengths, 5)
    x = torch.randn(2, 3, 4, 5) * mask
    expected = torch.stack([one[:, :, :n].mean(dim=(1, 2)) for one, n in zip(x, lengths, strict=True)])
    torch.testing.assert_close(masked_mean(x, mask), expected)
    torch.testing.assert_close(masked_mean(x), x.mean(dim=(2, 3)))


def test_the_average_keeps_masked_frames_out_too() -> None:
    lengths = torch.tensor([6, 2])
    mask = image_mask(lengths, 6)
    x = torch.randn(2, 5, 4, 6) * mask
    torch.testing.assert_close(Attention2d(5, smoothing=0)(x, mask), masked_mean(x, mask))
