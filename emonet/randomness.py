"""Random numbers as a function of what they are for, so that a resume changes no result.

Initial weights and dropout draw from torch's global generators, for torch offers no others. They are seeded within a
block and put back behind it, so that whatever else draws from them is not touched. Two threads cannot do that at once:
``emonet.engine.runner`` lets the stages of one process wait for each other.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import torch


def seed_for(*purpose: str | int) -> int:
    """Return a 63-bit seed that depends on every word of the purpose.

    >>> seed_for("crop", 1, 2) == seed_for("crop", 1, 2) != seed_for("crop", 1, 3)
    True
    """
    digest = hashlib.blake2b(repr(purpose).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def generator_for(*purpose: str | int) -> np.random.Generator:
    """Return numpy's generator, seeded for a purpose."""
    import numpy as np

    return np.random.default_rng(seed_for(*purpose))


@contextmanager
def forked(device: torch.device | None = None) -> Iterator[None]:
    """Put torch's generators, the CPU's and that of ``device``, back behind the block to where they were before it."""
    import torch

    kind = "cpu" if device is None else device.type
    on_mps = torch.mps.get_rng_state() if kind == "mps" else None
    with torch.random.fork_rng(devices=[device] if kind == "cuda" else []):
        try:
            yield
        finally:
            if on_mps is not None:
                torch.mps.set_rng_state(on_mps)


def undrawn() -> AbstractContextManager[None]:
    """Let what strangers' code draws within the block count as not drawn, where torch is loaded already.

    Where it is not, nobody can have seeded it.
    """
    return forked() if "torch" in sys.modules else nullcontext()


def seed_torch(seed: int, device: torch.device | None = None) -> None:
    """Seed torch's generators, the CPU's and that of ``device``; only within ``forked``."""
    import torch

    torch.default_generator.manual_seed(seed)
    if device is not None and device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
    elif device is not None and device.type == "mps":
        torch.mps.manual_seed(seed)
