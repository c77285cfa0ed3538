"""A YAML file becomes a list of canonical words: all that a plugin with words of its own needs."""

from __future__ import annotations

from pathlib import Path

from emonet.labels.word import Word


def words_in(path: Path | str) -> list[Word]:
    """Read a YAML file of canonical words: ``name: {affect, aliases, same_as, family, contested}``.

    Raises:
        PluginError: naming file, line and key of everything that is wrong.
    """
    from emonet.labels.entries import read_words

    return read_words(Path(path))
