"""Numbers in sentences."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number and what it counts; ``many`` where an s does not make the plural.

    >>> counted(1, "run"), counted(0, "run"), counted(2, "corpus", "corpora")
    ('1 run', '0 runs', '2 corpora')
    """
    return f"{number} {one if number == 1 else many or f'{one}s'}"
