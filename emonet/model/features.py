"""From waves to normalised features: always in float32, and 0 at invalid frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from emonet.model.layers import frame_mask

if TYPE_CHECKING:
    from emonet.model.contracts import Frontend
    from emonet.plugin.component import FeatureKind

FRAME_AXIS: dict[FeatureKind, int | None] = {"wave": -1, "image": -1, "frames": 1, "vector": None}
"""Which axis of each kind of features counts frames (samples, for waves)."""


def normalised_features(
    frontend: Frontend, wave: Tensor, lengths: Tensor, *, mean: Tensor | None = None, scale: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Turn waves into normalised features and their lengths (B,) in frames; invalid frames are 0.

    Args:
        frontend: yields the features.
        wave: (B, T) float32 in [-1, 1] at 16 kHz.
        lengths: (B,) int64, valid samples of each wave.
        mean: (B, *frontend.shape), taken off the features of each clip.
        scale: (B, *frontend.shape), by which they are then divided.
    """
    # Half precision loses the quiet parts of a spectrum, so the frontend never runs under autocast.
    with torch.autocast(wave.device.type, enabled=False):
        features, frames = frontend(wave.float(), lengths)
        if mean is None and scale is None:
            return features, frames
        axis = FRAME_AXIS[frontend.yields]
        if mean is not None:
            features = features - _over_frames(mean, axis)
        if scale is not None:
            features = features / _over_frames(scale, axis)
        return _zero_invalid(features, frames, axis), frames


def _over_frames(table: Tensor, axis: int | None) -> Tensor:
    return table if axis is None else table.unsqueeze(axis)


def _zero_invalid(features: Tensor, frames: Tensor, axis: int | None) -> Tensor:
    if axis is None:
        return features
    mask = frame_mask(frames, features.shape[axis])
    shape = [len(mask)] + [1] * (features.ndim - 1)
    shape[axis] = mask.shape[1]
    return features.masked_fill(~mask.view(shape), 0.0)
