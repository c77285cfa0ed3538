"""The backbone tiny, as a package of its own: a torch-free factory, and the hook that brings it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import emonet

if TYPE_CHECKING:
    from emonet_backbone_tiny.network import Tiny


@emonet.component(version="1", accepts="image")
def tiny(*, width: int = 8) -> Tiny:
    """Build two convolutions of ``width`` channels and a mean over the valid frames."""
    from emonet_backbone_tiny.network import Tiny

    if width < 1:
        raise ValueError(f"width is {width}, expected 1 at least. Give a positive width.")
    return Tiny(width)


@emonet.hookimpl
def emonet_backbones() -> Mapping[str, Callable[..., Tiny]]:
    """Return the backbones of this package."""
    return {"tiny": tiny}
