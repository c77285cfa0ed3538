"""What a check says: one finding for each thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Level = Literal["ok", "warning", "problem"]
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was seen, what the card says, and what to do about it."""

    level: Level
    what: str
    seen: str
    expected: str = ""
    advice: str = ""


@dataclass
class Some:
    """How many there are, and the first few by name, however many there are."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        """Count one more."""
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append(name)

    def __bool__(self) -> bool:
        """Say whether there are any."""
        return self.count > 0

    def __str__(self) -> str:
        """Return the count and the first names."""
        more = ", ..." if self.count > len(self.first) else ""
        return f"{self.count}: {', '.join(self.first)}{more}"


def some(names: list[str] | tuple[str, ...]) -> str:
    """Return how many names there are, and the first of them."""
    found = Some()
    for name in names:
        found.add(name)
    return str(found)
