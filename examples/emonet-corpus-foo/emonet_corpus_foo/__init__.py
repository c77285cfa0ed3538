"""The corpus foo, as a package of its own: a card, and the hook that brings it."""

from __future__ import annotations

from pathlib import Path

import emonet


@emonet.hookimpl
def emonet_corpora() -> list[emonet.Corpus]:
    """Return the corpora whose cards lie beside this file."""
    return emonet.corpora_in(Path(__file__).parent)
