"""A YAML file becomes a list of canonical words: all that a plugin with words of its own needs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from emonet.affect import Affect, Arousal, Valence

_LETTERS = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "\u0131": "i", "'": "", "\u2019": ""})


@dataclass(frozen=True, slots=True)
class Contest:
    """Somebody who puts a word into another cell; None where they do not speak of that axis.

    Attributes:
        by: who says so.
    """

    by: str
    arousal: Arousal | None = None
    valence: Valence | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One canonical word.

    Attributes:
        name: lower case, with hyphens.
        affect: its cell; None where the word is no emotion.
        aliases: language (BCP-47), ``short`` or ``misspelt`` -> other spellings.
        same_as: the word that most corpora use for the same thing; one label space holds both as that one.
        family: the wider word that it may be merged into where corpora draw finer lines.
        contested: who puts it elsewhere.
    """

    name: str
    affect: Affect | None = None
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    same_as: str = ""
    family: str = ""
    contested: tuple[Contest, ...] = ()

    @property
    def source(self) -> str:
        """Return where the cell comes from: ``Table 2``, or the word's own reason."""
        if self.affect is None:
            return ""
        return self.affect.reason or "Table 2"


def spelling(text: str) -> str:
    """Return the form in which spellings are compared: no accents, no case, hyphens between words.

    >>> [spelling(text) for text in ("Ärger", "Pleasant_Surprise ", "złość", "smørret")]
    ['arger', 'pleasant-surprise', 'zlosc', 'smorret']
    """
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter)).translate(_LETTERS)
    return re.sub(r"[\s_-]+", "-", plain).strip("-")


def words_in(path: Path | str) -> list[Word]:
    """Read a YAML file of canonical words: ``name: {affect, aliases, same_as, family, contested}``.

    Raises:
        PluginError: naming file, line and key of everything that is wrong.
    """
    from emonet.labels.entries import read_words

    return read_words(Path(path))
