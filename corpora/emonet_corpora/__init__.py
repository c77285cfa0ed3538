"""First-party corpora: one card a corpus. They come in by the same entry point and hook as anybody's."""

from __future__ import annotations

from pathlib import Path

import emonet


@emonet.hookimpl
def emonet_corpora() -> list[emonet.Corpus]:
    """Return the corpora of the cards beside this file."""
    return emonet.corpora_in(Path(__file__).parent)
