"""The inputs that components are checked with: short tones, noise, silence, and padded batches of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emonet.model.contracts import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from emonet.plugin.component import FeatureKind

SHORT = 800
"""Samples of a very short clip: 0.05 s."""

WAVE_LENGTHS = (9_001, SHORT, 4_000)
"""Lengths in samples of the waves in a batch."""

FRAME_LENGTHS = (37, 12, 25)
"""Lengths in frames of the items in a batch of features; odd ones, since pooling halves them."""

BANDS = 64
"""Mel bands of an image (paper, 5.1), and the size of a frame or vector."""


def tone(samples: int = 8_000, *, pitch: float = 220.0) -> NDArray[np.float32]:
    """Return a tone with two overtones, (T,) in [-1, 1] at 16 kHz; ``pitch`` in Hz."""
    import numpy as np

    time = np.arange(samples) / SAMPLE_RATE
    parts = [np.sin(2 * np.pi * pitch * k * time) / k for k in (1, 2, 3)]
    return np.asarray(0.3 * np.sum(parts, axis=0), dtype=np.float32)


def noise(samples: int = 8_000) -> NDArray[np.float32]:
    """Return white noise, (T,) in [-1, 1], the same every time."""
    import numpy as np

    return np.random.default_rng(1).uniform(-0.5, 0.5, samples).astype(np.float32)


def clips() -> dict[str, NDArray[np.float32]]:
    """Return a wave (T,) of each sort that has broken an extractor before."""
    import numpy as np

    silence = np.zeros(8_000, dtype=np.float32)
    return {"a tone": tone(), "noise": noise(), "silence": silence, "a clip of 0.05 s": tone(SHORT)}


def waves(lengths: Sequence[int] = WAVE_LENGTHS) -> tuple[torch.Tensor, torch.Tensor]:
    """Return tones in noise (B, T), zero beyond their lengths (B,) in samples."""
    import torch

    batch = torch.zeros(len(lengths), max(lengths))
    for row, length in enumerate(lengths):
        # Tones of their own, so that rows taken for each other are noticed.
        sound = tone(length, pitch=150.0 + 70 * row) + 0.1 * noise(length)
        batch[row, :length] = torch.from_numpy(sound)
    return batch, torch.tensor(lengths)


def features(kind: FeatureKind, lengths: Sequence[int] = FRAME_LENGTHS) -> tuple[torch.Tensor, torch.Tensor]:
    """Return random features of a kind, zero beyond their lengths (B,), the same every time.

    image: (B, 1, 64, L), frames: (B, L, 64), vector: (B, 64), wave: (B, 256 L) with lengths in samples.
    """
    import torch

    if kind == "wave":
        return waves([256 * length for length in lengths])
    generator = torch.Generator().manual_seed(1)
    frames = torch.randn(len(lengths), max(lengths), BANDS, generator=generator)
    sizes = torch.tensor(lengths)
    if kind == "vector":
        return frames[:, 0], torch.ones_like(sizes)
    frames[torch.arange(max(lengths)) >= sizes[:, None]] = 0
    return (frames if kind == "frames" else frames.transpose(1, 2)[:, None].contiguous()), sizes


def alone(batch: torch.Tensor, lengths: torch.Tensor, row: int, kind: FeatureKind) -> tuple[torch.Tensor, torch.Tensor]:
    """Return one item of a batch without its padding, as a batch of one."""
    item, length = batch[row : row + 1], lengths[row : row + 1]
    return cut(item, int(length), kind), length


def cut(batch: torch.Tensor, length: int, kind: FeatureKind, *, start: int = 0) -> torch.Tensor:
    """Return the frames (samples, for a wave) from ``start`` to ``length``; a vector has none to cut."""
    if kind == "vector":
        return batch
    return batch[..., start:length] if kind in {"image", "wave"} else batch[:, start:length]
