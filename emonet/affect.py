"""Labels to arousal and valence: the paper's Table 2, one label mapping among others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Literal, get_args

Arousal = Literal["low", "high"]
Valence = Literal["negative", "neutral", "positive"]
AROUSAL: tuple[Arousal, ...] = get_args(Arousal)
VALENCE: tuple[Valence, ...] = get_args(Valence)


@dataclass(frozen=True, slots=True)
class Affect:
    """One cell of the arousal-valence plane; ``reason`` says why where it is not the paper's own."""

    arousal: Arousal
    valence: Valence
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OwnCell(Affect):
    """A cell that a card or a plugin gives, where Table 2 is silent or wrong for it: not without a reason."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = MappingProxyType({"extra": "forbid"})
    reason: str

    @property
    def cell(self) -> Affect:
        """Return the cell itself, as Table 2 gives its own."""
        return Affect(self.arousal, self.valence, self.reason)


_CELLS: dict[tuple[Arousal, Valence], str] = {
    ("low", "negative"): "contempt disappointment disgust frustration guilt hurt impatience irritation "
    "jealousy sadness shame unfriendliness worry",
    ("low", "neutral"): "boredom confusion neutral pondering rest sneakiness",
    ("low", "positive"): "admiration kindness pride relief tenderness",
    ("high", "negative"): "aggressiveness anger anxiety despair fear helplessness high-stress scream",
    ("high", "neutral"): "emphatic interest intoxication medium-stress nervousness surprise",
    ("high", "positive"): "amusement cheerfulness elation excitement happiness joking joy pleasure positive",
}

TABLE_2: Mapping[str, Affect] = MappingProxyType(
    {word: Affect(*cell) for cell, words in _CELLS.items() for word in words.split()}
)
"""The paper's Table 2 (section 6.2): 47 emotion words, each with its cell."""
