"""Statistics of a frontend's features over clips, for normalisation inside the fold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from emonet.learn.batches import evaluation_batches
from emonet.learn.clips import Clips
from emonet.learn.scaling import ScalingTable, fit_table, parts_to_fit
from emonet.model.contracts import Frontend

_BATCH = 32


def frontend_table(
    frontend: Frontend, clips: Iterable[Mapping[str, Clips]], normalisation: str, device: torch.device
) -> ScalingTable | None:
    """Fit mean and scale of each channel and band over the valid frames of whole clips, None for ``none``.

    ``clips`` has the parts of every task that is learned from.
    """
    if normalisation == "none":
        return None
    parts = parts_to_fit(normalisation)
    return fit_table(piece for each in clips for piece in _pieces(frontend, each, parts, device))


def _pieces(
    frontend: Frontend, clips: Mapping[str, Clips], parts: Iterable[str], device: torch.device
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    with torch.inference_mode():
        for part in parts:
            for batch in evaluation_batches(clips[part], _BATCH, None):
                features, lengths = frontend(batch.wave.to(device), batch.lengths.to(device))
                frames = _frames_first(features, frontend).double().cpu().numpy()
                for position, values, length in zip(batch.positions, frames, lengths.tolist(), strict=True):
                    yield clips[part].groups[position], values[:length]


def _frames_first(features: torch.Tensor, frontend: Frontend) -> torch.Tensor:
    """Return features as (B, L, *shape): an image (B, C, M, L) has its frames last."""
    return features.movedim(-1, 1) if frontend.yields == "image" else features
