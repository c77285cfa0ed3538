"""A YAML file becomes a list of canonical words: all that a plugin with words of its own needs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emonet.affect import TABLE_2, Affect, Arousal, OwnCell, Valence
from emonet.document import STRICT
from emonet.errors import PluginError

if TYPE_CHECKING:
    from emonet.remembered import Said

_LETTERS = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "\u0131": "i", "'": "", "\u2019": ""})


@dataclass(frozen=True, slots=True)
class Contest:
    """Somebody who puts a word into another cell; None where they do not speak of that axis.

    Attributes:
        by: who says so.
    """

    __pydantic_config__ = STRICT
    by: str
    arousal: Arousal | None = None
    valence: Valence | None = None

    def __post_init__(self) -> None:
        if self.arousal is None and self.valence is None:
            raise ValueError("say where the word is put instead: arousal, valence or both")


@dataclass(frozen=True, slots=True)
class Word:
    """One canonical word.

    Attributes:
        name: lower case, with hyphens.
        affect: its cell; None where the word is not an emotion.
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
    from emonet.remembered import read_all

    file = Path(path)
    words: Any = Mapping[str, _WordEntry]
    (said,) = read_all([file], words, PluginError, among=file, code=Path(__file__).parent)
    return [_word(name, entry, said) for name, entry in said.fact.items()]


@dataclass(frozen=True)
class _WordEntry:
    """A word as a file has it, under its name; words of Table 2 take its cell."""

    __pydantic_config__ = STRICT
    affect: OwnCell | None = None
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    same_as: str = ""
    family: str = ""
    contested: tuple[Contest, ...] = ()


def _word(name: str, entry: _WordEntry, said: Said[Any]) -> Word:
    if name != spelling(name):
        raise PluginError(f"{said.place((name,))}: the word '{name}' is not plain. Write it '{spelling(name)}'.")
    if entry.affect is not None and name in TABLE_2:
        cell = TABLE_2[name]
        told = f"has its cell from the paper's Table 2 ({cell.arousal} arousal, {cell.valence} valence)"
        raise PluginError(
            f"{said.place((name,))}: the word '{name}' {told}. Say who puts it elsewhere under contested."
        )
    affect = TABLE_2.get(name) if entry.affect is None else entry.affect.cell
    return Word(name, affect, entry.aliases, entry.same_as, entry.family, entry.contested)
