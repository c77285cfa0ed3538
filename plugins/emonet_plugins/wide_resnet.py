"""The wide ResNet with 2-D attention (paper, 5.2.1)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from emonet.nn import Attention2d, ConvBlock, CountedPool2d, MaskedBatchNorm2d, halved, image_mask, masked_mean
from emonet.plugin.component import FeatureKind

PADDING_TAKES_PART = "mask: false lets zero padding take part in norms, pooling and attention, as in the paper"


class ResidualBlock(nn.Module):
    """Two convolutions and a shortcut; where the block halves the image, the shortcut is pooled.

    New filters get zeros from the shortcut (paper, 5.2.1).
    """

    def __init__(self, channels: int, filters: int, *, stride: int) -> None:
        super().__init__()
        self.first = ConvBlock(channels, filters, stride=stride)
        self.second = ConvBlock(filters, filters, activation=False)
        self.pool = CountedPool2d() if stride == 2 else None
        self.added = filters - channels

    def forward(self, x: Tensor, mask: Tensor | None, mask_out: Tensor | None) -> Tensor:
        """Turn x (B, C, F, L) into (B, filters, F', L'); the masks are of the frames before and after."""
        shortcut: Tensor = x if self.pool is None else self.pool(x, mask)
        if self.added:
            shortcut = functional.pad(shortcut, (0, 0, 0, 0, 0, self.added))
        out: Tensor = self.second(self.first(x, mask_out), mask_out)
        return functional.relu_(out.add_(shortcut))


class WideResNet(nn.Module):
    """Stages of residual blocks, each with twice the filters and half the bands and frames of the last.

    Padding changes nothing, unless ``mask`` is off: norms, pooling and attention count valid frames only.

    Args:
        width: filters of the first convolution.
        blocks: residual blocks in each stage.
        stages: number of stages.
        channels: channels C of the image.
        smoothing: the lambda of the attention; None pools by the average instead.
        mask: keep padding out.

    Raises:
        ValueError: an option is out of range.
    """

    accepts: FeatureKind = "image"

    def __init__(
        self,
        width: int = 32,
        *,
        blocks: int = 2,
        stages: int = 3,
        channels: int = 1,
        smoothing: float | None = 0.3,
        mask: bool = True,
    ) -> None:
        super().__init__()
        _check(smoothing, width=width, blocks=blocks, stages=stages, channels=channels)
        self.dim = width * 2**stages
        self.mask = mask
        self.expected_failures: dict[str, str] = (
            {} if mask else {"check_padding_does_not_change_the_embedding": PADDING_TAKES_PART}
        )
        self.stem = ConvBlock(channels, width, activation=False)
        self.stages = nn.ModuleList(_stage(width * 2**index, blocks) for index in range(stages))
        self.norm = MaskedBatchNorm2d(self.dim)
        self.attention = None if smoothing is None else Attention2d(self.dim, smoothing=smoothing)

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Turn (features (B, C, M, L), lengths (B,) in frames) into embeddings (B, dim)."""
        masks = self._masks(lengths, features.shape[-1])
        x = features if masks[0] is None else features * masks[0]
        x = self.stem(x, masks[0])
        for stage, mask, mask_out in zip(self.stages, masks, masks[1:], strict=False):
            for block in stage.children():
                x = block(x, mask, mask_out)
                mask = mask_out  # noqa: PLW2901 - only a stage's first block halves the frames
        x = functional.relu_(self.norm(x, masks[-1]))
        if self.attention is None:
            return masked_mean(x, masks[-1])
        pooled: Tensor = self.attention(x, masks[-1])
        return pooled

    def _masks(self, lengths: Tensor, frames: int) -> list[Tensor | None]:
        """Return the masks of the frames before the first stage and after each; None where nothing is padded."""
        if not self.mask or bool((lengths >= frames).all()):
            return [None] * (len(self.stages) + 1)
        masks: list[Tensor | None] = [image_mask(lengths, frames)]
        for _ in self.stages:
            lengths, frames = halved(lengths), (frames + 1) // 2
            masks.append(image_mask(lengths, frames))
        return masks


def _stage(channels: int, blocks: int) -> nn.Sequential:
    filters = 2 * channels
    first = ResidualBlock(channels, filters, stride=2)
    return nn.Sequential(first, *(ResidualBlock(filters, filters, stride=1) for _ in range(blocks - 1)))


def _check(smoothing: float | None, **sizes: int) -> None:
    for name, value in sizes.items():
        if value < 1:
            raise ValueError(f"{name}={value} is too small. It must be 1 or more.")
    if smoothing is not None and not 0 <= smoothing <= 1:
        message = f"smoothing={smoothing:g} is out of range. It goes from 0 (plain average) to 1 (no smoothing)."
        raise ValueError(message)
