"""Two sets of open game voices as a package of its own: two cards, and a command that gets the files."""

from __future__ import annotations

from pathlib import Path

import emonet


@emonet.hookimpl
def emonet_corpora() -> list[emonet.Corpus]:
    """Return the corpora whose cards lie beside this file."""
    return emonet.corpora_in(Path(__file__).parent)
