"""Words for emotions as they stand in names of files and folders, and the names of classes that they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from emonet.labels.ontology import Ontology
from emonet.labels.word import spelling

Meaning = Callable[[str], str]
"""From a text to the class that it is a word for, or an empty string."""

_INITIALS: tuple[Mapping[str, str], ...] = (
    {"a": "anger", "d": "disgust", "f": "fear", "h": "happiness", "n": "neutral", "sa": "sadness", "su": "surprise"},
    {"w": "anger", "l": "boredom", "e": "disgust", "a": "fear", "f": "happiness", "t": "sadness", "n": "neutral"},
)
"""First letters of English and of German words; an s alone could be either of two words, so it is none."""

_FEWEST = 4
"""Initials are believed where they are this many, and all of one language."""
_SHORTEST = 3
"""Letters that a shortened word has at least."""


def meaning_in(ontology: Ontology) -> Meaning:
    """Return the function that knows the words of an ontology, whole or shortened to three letters or more."""

    def meaning(text: str) -> str:
        word = spelling(text)
        whole = ontology.spellings.get(word, "")
        if whole or len(word) < _SHORTEST:
            return whole
        meant = {name for known, name in ontology.spellings.items() if known.startswith(word)}
        return meant.pop() if len(meant) == 1 else ""

    return meaning


def initials_in(values: Iterable[str]) -> dict[str, str]:
    """Return code -> class where the values are first letters of emotions in one language, else nothing.

    >>> initials_in(["W", "F", "T", "N"])["W"]
    'anger'
    """
    codes = {value: spelling(value) for value in values}
    for known in _INITIALS:
        if len(codes) >= _FEWEST and set(codes.values()) <= set(known):
            return {value: known[code] for value, code in codes.items()}
    return {}
