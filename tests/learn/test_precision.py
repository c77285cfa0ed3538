"""bf16 is used only where this machine gets it right."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from emonet.learn.precision import bf16_fault
from emonet.model.layers import StridedConv2d

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    bf16_fault.cache_clear()
    yield
    bf16_fault.cache_clear()


def test_a_machine_that_gets_it_right_has_no_fault_and_the_dice_stay_as_they_are() -> None:
    before = torch.random.get_rng_state()
    assert bf16_fault(CPU) == ""
    assert torch.equal(torch.random.get_rng_state(), before)


class _WrongBackward(torch.autograd.Function):
    """Lets a tensor through, and makes its gradient a hundred times as large."""

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: object, *gradients: Tensor) -> Tensor:
        return 100 * gradients[0]


def _nan_in_bf16(layer: nn.Conv2d, x: Tensor) -> Tensor:
    out: Tensor = nn.Conv2d.forward(layer, x)
    return out * float("nan") if torch.is_autocast_enabled("cpu") else out


def _wrong_weight_gradient_in_bf16(layer: nn.Conv2d, x: Tensor) -> Tensor:
    weight = _WrongBackward.apply(layer.weight) if torch.is_autocast_enabled("cpu") else layer.weight
    return layer._conv_forward(x, weight, None)


def _no_kernel(layer: nn.Conv2d, x: Tensor) -> Tensor:
    if torch.is_autocast_enabled("cpu"):
        raise RuntimeError("no bf16 here")
    return nn.Conv2d.forward(layer, x)


@pytest.mark.parametrize(
    ("forward", "said"),
    [
        (_nan_in_bf16, "a convolution of 3x3 with stride 1 on images of 1 x 1 is off by nan"),
        (_wrong_weight_gradient_in_bf16, "is off by 99 of the largest value"),
        (_no_kernel, r"bf16 convolutions do not run \(no bf16 here\)"),
    ],
)
def test_what_is_wrong_is_named(forward: object, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StridedConv2d, "forward", forward)
    assert re.search(said, bf16_fault(CPU))


@pytest.mark.parametrize("odd", [(3, 1), (3, 2), (1, 1), (1, 2)])
def test_every_kernel_and_stride_is_tried(odd: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    right = StridedConv2d.forward

    def forward(layer: StridedConv2d, x: Tensor) -> Tensor:
        wrong = torch.is_autocast_enabled("cpu") and (layer.kernel_size[0], layer.stride[0]) == odd
        return right(layer, x) * (2 if wrong else 1)

    monkeypatch.setattr(StridedConv2d, "forward", forward)
    assert bf16_fault(CPU).startswith(f"a convolution of {odd[0]}x{odd[0]} with stride {odd[1]} on images")
