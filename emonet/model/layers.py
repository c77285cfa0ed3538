"""Layers that count only valid frames, from which convolutional backbones are built."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional


def frame_mask(lengths: Tensor, frames: int) -> Tensor:
    """Mark the valid frames (or samples): lengths (B,) -> (B, frames) bool."""
    return torch.arange(frames, device=lengths.device) < lengths[:, None]


def image_mask(lengths: Tensor, frames: int) -> Tensor:
    """Return the mask (B, 1, 1, frames) of an image (B, C, F, frames).

    A clip without any frame counts as one silent frame, since an average over nothing has no value.
    """
    return frame_mask(lengths.clamp(min=1), frames)[:, None, None, :]


def halved(lengths: Tensor) -> Tensor:
    """Return how many frames remain of ``lengths`` (B,) after a stride of 2: half of them, rounded up."""
    return (lengths + 1) // 2


class MaskedBatchNorm2d(nn.BatchNorm2d):
    """Batch norm whose training statistics know only valid positions.

    Without a mask it is ``nn.BatchNorm2d``. Where training has a single valid position it has no variance,
    and the running statistics serve.
    """

    def __init__(self, channels: int, *, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__(channels, eps=eps, momentum=momentum)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Normalise x (B, C, F, L); mask (B, 1, 1, L) is true at valid frames, all others become 0."""
        if not self.training or x.numel() == x.shape[1]:
            normed = functional.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
            return normed if mask is None else normed.mul_(mask.to(x.dtype))
        if mask is None:
            return super().forward(x)
        valid = mask.sum() * x.shape[2]
        outputs: tuple[Tensor, Tensor, Tensor] = _MaskedNorm.apply(
            x, self.weight, self.bias, mask.to(x.dtype), valid, self.eps
        )
        self._follow(outputs[1], outputs[2], valid)
        return outputs[0]

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor, valid: Tensor) -> None:
        unbiased = variance * (valid / (valid - 1).clamp(min=1))
        # In place, so that buffers that stand in for the module's own are the ones that move.
        for buffer, value in ((self.running_mean, mean), (self.running_var, unbiased)):
            if buffer is not None:
                buffer.lerp_(value.to(buffer.dtype), cast(float, self.momentum))
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)


class _MaskedNorm(torch.autograd.Function):
    """Batch norm over valid positions; the fused kernels do the passes over memory."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, mask: Tensor, valid: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        masked = x * mask
        mean, variance = _masked_moments(masked, valid)
        out = functional.batch_norm(masked, mean, variance, weight, bias, eps=eps).mul_(mask)
        ctx.save_for_backward(masked, weight, mask, mean, variance, valid)
        ctx.eps = eps
        ctx.mark_non_differentiable(mean, variance)
        return out, mean, variance

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        masked, weight, mask, mean, variance, valid = ctx.saved_tensors
        scale = torch.rsqrt(variance + ctx.eps)
        # Normalising by fixed statistics gives the sums and the first term; the two terms through the
        # statistics are then a multiple of x and a constant, at valid positions only.
        out, d_weight, d_bias = torch.ops.aten.native_batch_norm_backward(
            gradients[0] * mask, masked, weight, mean, variance, None, None, False, ctx.eps, [True, True, True]
        )
        slope = -weight * scale * scale * d_weight / valid
        offset = -weight * scale * d_bias / valid - slope * mean
        if ctx.needs_input_grad[0]:
            out.addcmul_(masked, slope.to(out.dtype)[:, None, None]).add_(offset.to(out.dtype)[:, None, None] * mask)
        return out, d_weight, d_bias, None, None, None


def _masked_moments(masked: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and biased variance (C,) over ``valid`` positions of x (B, C, F, L) that is 0 elsewhere."""
    ratio = masked.numel() // masked.shape[1] / valid
    # One fused pass over all positions; the zeros' share of both moments is known and taken out.
    # The unused running statistics make it work in float32 for half precision, too.
    unused = torch.zeros(
        2, masked.shape[1], device=masked.device, dtype=torch.promote_types(masked.dtype, torch.float32)
    )
    mean, variance = torch.batch_norm_update_stats(masked, unused[0], unused[1], 0.0)
    mean = mean * ratio
    return mean, (variance * ratio - mean.square() * (1 - 1 / ratio)).clamp_(min=0)


class StridedConv2d(nn.Conv2d):
    """A 2-D convolution that is right in bf16 for images of one or two columns, too.

    Where it strides over fewer columns than its kernel has, zeros are put on their right; no output that is kept
    reads anything there but the padding, which is zeros as well. oneDNN's bf16 kernels (torch 2.14, CPU) give
    garbage for such images: the outputs for one and two columns, or the weight's gradient for one.
    """

    def forward(self, image: Tensor) -> Tensor:
        """Turn an image (B, C, F, L) into (B, filters, F', L')."""
        missing = self.kernel_size[-1] - image.shape[-1]
        if self.stride[-1] == 1 or missing <= 0:
            return super().forward(image)
        columns = (image.shape[-1] + 2 * int(self.padding[-1]) - self.kernel_size[-1]) // self.stride[-1] + 1
        return super().forward(functional.pad(image, (0, missing))).narrow(-1, 0, columns)


class ConvBlock(nn.Module):
    """A bias-free 3x3 convolution, its norm and an optional ReLU: where adapters attach and merging folds.

    Weights start He-normal by fan-in.
    """

    def __init__(self, channels: int, filters: int, *, stride: int = 1, activation: bool = True) -> None:
        super().__init__()
        self.conv = StridedConv2d(channels, filters, 3, stride=stride, padding=1, bias=False)
        self.norm = MaskedBatchNorm2d(filters)
        self.activation = activation
        nn.init.kaiming_normal_(self.conv.weight, nonlinearity="relu")

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Turn x (B, C, F, L) into (B, filters, F', L'); mask (B, 1, 1, L') is of the output's frames."""
        normed: Tensor = self.norm(self.conv(x), mask)
        return functional.relu_(normed) if self.activation else normed


class CountedPool2d(nn.Module):
    """Average pooling of 2x2 with stride 2 that divides by the number of valid cells; odd sizes round up."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Pool x (B, C, F, L), 0 at invalid frames; mask (B, 1, 1, L) is of the input's frames."""
        pooled = functional.avg_pool2d(x, 2, ceil_mode=True, count_include_pad=False)
        if mask is None:
            return pooled
        share = functional.avg_pool2d(mask.to(x.dtype), (1, 2), ceil_mode=True, count_include_pad=False)
        # The share of valid cells is 1, 1/2 or 0; where it is 0 so is the pooled value.
        return pooled / share.clamp_(min=0.5)


class Attention2d(nn.Module):
    """A weighted sum over all positions of an image (paper, 5.2.1, equations 1 to 4).

    With x_i the C channels at position i: e_i = u . tanh(W x_i + b), a = softmax(smoothing e), c = sum a_i x_i.
    W, u and b start from a normal distribution with mean 0 and standard deviation 0.05.

    Args:
        channels: C, the size of the vector.
        smoothing: the paper's lambda; 0 is the plain average, 1 the unsmoothed softmax.
    """

    def __init__(self, channels: int, *, smoothing: float = 0.3) -> None:
        super().__init__()
        self.smoothing = smoothing
        self.project = nn.Linear(channels, channels)
        self.importance = nn.Parameter(torch.empty(channels))
        for parameter in (self.project.weight, self.project.bias, self.importance):
            nn.init.normal_(parameter, std=0.05)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Turn x (B, C, F, L) into (B, C); frames where mask (B, 1, 1, L) is false get no weight.

        Without a mask zero padding takes part, as in the paper.
        """
        positions = x.flatten(2).transpose(1, 2)
        scores = self.smoothing * (torch.tanh(self.project(positions)).float() @ self.importance.float())
        if mask is not None:
            # After smoothing: 0 times -inf would be NaN.
            scores = scores.masked_fill(~mask.expand(-1, 1, *x.shape[2:]).flatten(1), float("-inf"))
        weights = torch.softmax(scores, dim=1)
        return torch.einsum("bn,bnc->bc", weights.to(x.dtype), positions)


def masked_mean(x: Tensor, mask: Tensor | None = None) -> Tensor:
    """Average x (B, C, F, L), which is 0 at invalid frames, over its valid positions: (B, C)."""
    if mask is None:
        return x.mean(dim=(2, 3))
    return x.sum(dim=(2, 3)) / (mask.sum(dim=(1, 2, 3))[:, None] * x.shape[2])
