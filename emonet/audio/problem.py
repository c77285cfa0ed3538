"""What can be wrong with an audio file."""

from __future__ import annotations

from emonet.errors import EmonetError


class AudioProblem(EmonetError):
    """An audio file that gives no usable wave.

    Its text is a short reason without the file's name, so that equal problems of many files read the same.
    """

    @property
    def reason(self) -> str:
        """Return the reason, e.g. ``missing``."""
        return str(self)
