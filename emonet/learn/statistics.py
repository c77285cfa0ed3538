"""Statistics of a frontend's features over clips, for normalisation inside the fold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from emonet.learn.batches import Evaluation, evaluation_batches
from emonet.learn.checkpoint import load_checkpoint, save_checkpoint
from emonet.learn.clips import Clips
from emonet.learn.scaling import ScalingTable, fit_table
from emonet.model.contracts import Frontend

TABLE = "normalisation.safetensors"
"""Beside a stage's weights: the table by which its features are normalised."""

_BATCH = 32
_WHOLE = Evaluation("full", 0.0)
_MEAN, _SCALE = "mean.", "scale."


def frontend_table(frontend: Frontend, clips: Iterable[Clips], device: torch.device) -> ScalingTable:
    """Fit mean and scale of each channel and band, for each group, over the valid frames of whole clips."""
    return fit_table(piece for each in clips for piece in _pieces(frontend, each, device))


def _pieces(frontend: Frontend, clips: Clips, device: torch.device) -> Iterator[tuple[str, NDArray[np.float64]]]:
    with torch.inference_mode():
        for batch in evaluation_batches(clips, _BATCH, _WHOLE):
            frames = frames_of(frontend, batch.wave.to(device), batch.lengths.to(device))
            for position, values in zip(batch.positions, frames, strict=True):
                yield clips.groups[position], values


def frames_of(frontend: Frontend, wave: torch.Tensor, lengths: torch.Tensor) -> list[NDArray[np.float64]]:
    """Return the valid frames (L, *frontend.shape) of each wave of a batch (B, T) with its lengths (B,)."""
    features, frames = frontend(wave, lengths)
    values = _frames_first(features, frontend).cpu().double().numpy()  # mps has no double
    return [each[:length] for each, length in zip(values, frames.tolist(), strict=True)]


def save_table(path: Path, table: ScalingTable) -> None:
    """Write a table as safetensors, in double precision."""
    tensors = {f"{_MEAN}{group}": torch.from_numpy(np.asarray(mean)) for group, mean in table.means.items()}
    tensors |= {f"{_SCALE}{group}": torch.from_numpy(np.asarray(scale)) for group, scale in table.scales.items()}
    save_checkpoint(path, tensors, {"groups": sorted(table.means)})


def load_table(path: Path) -> ScalingTable:
    """Read a table that ``save_table`` wrote.

    Raises:
        EmonetError: the file is no such table.
    """
    tensors, _ = load_checkpoint(path)
    means, scales = (
        {name.removeprefix(prefix): value.numpy() for name, value in tensors.items() if name.startswith(prefix)}
        for prefix in (_MEAN, _SCALE)
    )
    return ScalingTable(means, scales)


def _frames_first(features: torch.Tensor, frontend: Frontend) -> torch.Tensor:
    """Return features as (B, L, *shape): an image (B, C, M, L) has its frames last."""
    return features.movedim(-1, 1) if frontend.yields == "image" else features
