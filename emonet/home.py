"""Where EmoNet keeps what it fetches, prepares and computes."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """Return EmoNet's own folder: ``EMONET_HOME``, or the platform's folder for user data."""
    given = os.environ.get("EMONET_HOME")
    return Path(given).expanduser() if given else Path(platformdirs.user_data_path("emonet"))


def fetched_folder(corpus_id: str) -> Path:
    """Return the folder that ``emonet corpora fetch`` unpacks a corpus into."""
    return home() / "corpora" / corpus_id


def store_folder(corpus_id: str) -> Path:
    """Return the folder of a corpus' decoded audio and cached features."""
    return home() / "store" / corpus_id


def stages_folder() -> Path:
    """Return the folder of content-addressed stage results, shared by all runs."""
    return home() / "stages"
