"""Cells: times in every notation, and the words that mean that there is no value."""

from __future__ import annotations

import pytest

from emonet.corpus.cells import is_missing, seconds_in, stated
from emonet.errors import CorpusError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1.25", 1.25),
        ("1,25", 1.25),
        (".5", 0.5),
        ("1e-1", 0.1),
        ("400 ms", 0.4),
        ("1.5s", 1.5),
        ("00:00:01.500", 1.5),
        ("00:00:01,500", 1.5),
        ("1:02.5", 62.5),
        ("0 days 00:00:01", 1.0),
        ("1 day, 0:00:00", 86400.0),
        ("NaT", None),
        ("", None),
        ("nan", None),
    ],
)
def test_times_are_read_as_they_are_written(text: str, seconds: float | None) -> None:
    assert seconds_in(text, "start", "t.csv:2") == seconds


@pytest.mark.parametrize("text", ["-1", "inf", "soon", "1.2.3", "-00:00:01", "1 h"])
def test_what_is_not_a_time_is_refused(text: str) -> None:
    with pytest.raises(CorpusError, match=r"t\.csv:2: start is '.*'\. Give a time in s, 0 or later, e\.g\. 1\.25\."):
        seconds_in(text, "start", "t.csv:2")


def test_nobody_is_called_unknown() -> None:
    assert [stated(cell) for cell in (" s1 ", "unknown", "N/A", "-")] == ["s1", "", "", ""]


def test_missing_is_one_list() -> None:
    words = ["", " ", "nan", "NaN", "NaT", "None", "NULL", "n/a", "N/A", "NA", "<NA>", "#N/A", "-", "?"]
    assert [word for word in words if not is_missing(word)] == []
    assert [word for word in ("na", "no", "0", "neutral", "unknown", "none of them") if is_missing(word)] == []
