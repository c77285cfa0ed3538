"""Suffixes of the files that hold sound."""

from __future__ import annotations

CONTAINERS = frozenset(
    {".3gp", ".aac", ".asf", ".avi", ".flv", ".m4a", ".m4v", ".mkv", ".mov"}
    | {".mp4", ".mpeg", ".mpg", ".mts", ".ts", ".vob", ".webm", ".wma", ".wmv"}
)
"""Video and sound containers, which PyAV reads."""

AUDIO = CONTAINERS | {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".w64"}
"""What is taken from a folder; a file that is named itself may have any suffix."""


def is_audio(path: str) -> bool:
    """Say whether a POSIX path has the suffix of a file with sound."""
    name = path.rpartition("/")[2]
    return "." in name and f".{name.rpartition('.')[2].lower()}" in AUDIO
