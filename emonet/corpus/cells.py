"""What the cells of tables say, whatever program wrote them: no value, or a time."""

from __future__ import annotations

import re
from functools import lru_cache
from math import isfinite

from emonet.errors import CorpusError

MISSING = frozenset(
    {"", "nan", "-nan", "nat", "none", "null", "nil", "<na>", "n/a", "n.a.", "n.a", "#n/a", "#na", "-", "--", "?"}
    | {"missing"}
)
"""What stands in a cell for no value, in lower case; ``NA`` does in capitals alone, since small it may be a code."""


_LONGEST = max(map(len, MISSING))
_NOBODY = frozenset({"unknown", "unk", "unknown speaker", "anonymous", "anon", "unidentified", "not known"})
"""What stands for a speaker whom nobody knows, in lower case."""
_UNDECIDED = frozenset(
    {"unknown", "unk", "undefined", "undecided", "unspecified", "not available", "not annotated", "not labelled"}
    | {"unlabelled", "unlabeled", "no label", "no agreement", "no consensus", "not known", "xxx", "oos", "invalid"}
)
"""Labels that corpora have for utterances without one, in lower case with blanks."""


def is_missing(cell: str) -> bool:
    """Say whether a cell says that there is no value, as spreadsheets, R and pandas write it.

    >>> [is_missing(cell) for cell in ("", "NaN", "n/a", "NA", "na", "no")]
    [True, True, True, True, False, False]
    """
    text = cell.strip()
    return len(text) <= _LONGEST and (text == "NA" or text.casefold() in MISSING)


@lru_cache(maxsize=1 << 14)
def stated(cell: str) -> str:
    """Return what a cell of a speaker, session, text or the like says, empty where it says that nobody knows."""
    text = cell.strip()
    return "" if is_missing(text) or text.casefold() in _NOBODY else text


def is_undecided(label: str) -> bool:
    """Say whether a label may say that nobody knows or agreed, though it may be a class, too.

    >>> [is_undecided(label) for label in ("xxx", "No agreement", "other", "neutral")]
    [True, True, False, False]
    """
    return re.sub(r"[\s_-]+", " ", label.strip().casefold()) in _UNDECIDED


_CLOCK = re.compile(r"(?:(\d+) days?,? )?\+?(?:(\d+):)?(\d+):(\d{1,2}(?:[.,]\d+)?)")
_PLAIN = re.compile(r"(\+?\d*[.,]?\d+(?:[eE][+-]?\d+)?|\d+\.)\s*(s|sec|ms)?")


def seconds_in(text: str, what: str, place: str, *, unit: float = 1.0) -> float | None:
    """Return a time in s; None where a cell says that there is none.

    Numbers (``1.25``, ``1,25``, ``400 ms``) and times of a clock (``00:00:01.25``, ``0 days 00:00:01.25``) are read.

    Args:
        unit: of numbers without one, in s.

    Raises:
        CorpusError: it is not a time, or one before 0.
    """
    if text.replace(".", "", 1).isdecimal():
        return round(float(text) * unit, 9)
    if is_missing(text):
        return None
    value = float("nan")
    if (match := _CLOCK.fullmatch(f"{text} 0:00:00" if text.endswith(("day", "days")) else text)) is not None:
        days, hours, minutes, seconds = (float((each or "0").replace(",", ".")) for each in match.groups())
        value = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    elif (match := _PLAIN.fullmatch(text)) is not None:
        number = float(match[1].replace(",", "."))
        value = number * {"": unit, "ms": 0.001}.get(match[2] or "", 1.0)
    if not (isfinite(value) and value >= 0):
        raise CorpusError(f"{place}: {what} is '{text}'. Give a time in s, 0 or later, e.g. 1.25.")
    # what a product or a sum of decimals adds beyond the ninth place is not a time
    return round(value, 9)
