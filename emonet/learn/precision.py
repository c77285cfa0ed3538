"""Whether a machine's bf16 convolutions are right: some of oneDNN's are not, and a wrong one is not noticed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import torch
from torch import Tensor

from emonet.model.layers import StridedConv2d

TOLERANCE = 0.05
"""How far bf16 may be from fp32, beside the largest value; its own rounding is 2 ** -8 = 0.004 a value."""

_WAYS = tuple((kernel, stride) for kernel in (3, 1) for stride in (1, 2))
_CHANNELS = ((1, 8), (8, 16), (32, 64))
_IMAGES = ((1, 1), (2, 2), (8, 1), (8, 2), (8, 3), (4, 7))
"""Bands and frames: short clips are a few columns, or one, after some strides."""


@cache
def bf16_fault(device: torch.device) -> str:
    """Return what is wrong with the bf16 convolutions of a device, empty where they are right.

    Outputs, and gradients of image and weight, are compared with those of fp32 for the kernels, strides and narrow
    images that networks of this project use, in both memory formats. It takes about a tenth of a second on a CPU.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        try:
            return next(_faults(device), "")
        except RuntimeError as problem:
            return f"bf16 convolutions do not run ({problem})"


def _faults(device: torch.device) -> Iterator[str]:
    for (kernel, stride), (channels, filters), image in _cases():
        for layout in (torch.contiguous_format, torch.channels_last):
            layer = StridedConv2d(channels, filters, kernel, stride=stride, padding=kernel // 2, bias=False)
            layer = layer.to(device).to(memory_format=layout)
            x = torch.randn(2, channels, *image).to(device).contiguous(memory_format=layout)
            distance = _distance(layer, x)
            # "not <=" rather than ">": NaN must count.
            if not distance <= TOLERANCE:
                size = f"{kernel}x{kernel} with stride {stride} on images of {image[0]} x {image[1]}"
                yield f"a convolution of {size} is off by {distance:.2g} of the largest value"


def _cases() -> Iterator[tuple[tuple[int, int], tuple[int, int], tuple[int, int]]]:
    for way in _WAYS:
        for channels in _CHANNELS:
            for image in _IMAGES:
                yield way, channels, image


def _distance(layer: StridedConv2d, x: Tensor) -> float:
    """Return the largest distance between bf16 and fp32, each beside the largest value of fp32."""
    exact, rough = _run(layer, x, low=False), _run(layer, x, low=True)
    distances = [(one - other).abs().max() / one.abs().max() for one, other in zip(exact, rough, strict=True)]
    # Unlike Python's max, torch's keeps a NaN.
    return float(torch.stack(distances).max())


def _run(layer: StridedConv2d, x: Tensor, *, low: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Return outputs, and the gradients of image and weight, for one fixed gradient of the outputs."""
    image, weight = x.clone().requires_grad_(), layer.weight
    with torch.autocast(x.device.type, dtype=torch.bfloat16, enabled=low):
        out = layer(image)
    slope = torch.linspace(-1, 1, out.numel(), device=x.device).reshape(out.shape)
    found = torch.autograd.grad(out, (image, weight), slope.to(out.dtype))
    return out.detach().float(), found[0].float(), found[1].float()
