"""What backbones are built of: layers that count only valid frames, their masks, and attention over them.

>>> import torch
>>> block, image = ConvBlock(1, 4, stride=2), torch.zeros(2, 1, 8, 6)
>>> lengths = halved(torch.tensor([6, 3]))
>>> block(image, image_mask(lengths, 3)).shape
torch.Size([2, 4, 4, 3])
"""

from __future__ import annotations

from emonet.model.layers import (
    Attention2d,
    ConvBlock,
    CountedPool2d,
    MaskedBatchNorm2d,
    StridedConv2d,
    frame_mask,
    halved,
    image_mask,
    masked_mean,
)

__all__ = [
    "Attention2d",
    "ConvBlock",
    "CountedPool2d",
    "MaskedBatchNorm2d",
    "StridedConv2d",
    "frame_mask",
    "halved",
    "image_mask",
    "masked_mean",
]
