"""The paper's Table 2: its words and cells."""

from __future__ import annotations

from collections import Counter

import pytest

from emonet.affect import AROUSAL, TABLE_2, VALENCE, Affect


def test_table_2_has_47_words_in_six_cells() -> None:
    assert len(TABLE_2) == 47
    assert Counter((cell.arousal, cell.valence) for cell in TABLE_2.values()) == {
        ("low", "negative"): 13,
        ("low", "neutral"): 6,
        ("low", "positive"): 5,
        ("high", "negative"): 8,
        ("high", "neutral"): 6,
        ("high", "positive"): 9,
    }


@pytest.mark.parametrize(
    ("word", "arousal", "valence"),
    [
        ("sadness", "low", "negative"),
        ("boredom", "low", "neutral"),
        ("relief", "low", "positive"),
        ("fear", "high", "negative"),
        ("surprise", "high", "neutral"),
        ("joy", "high", "positive"),
    ],
)
def test_words_lie_where_the_paper_puts_them(word: str, arousal: str, valence: str) -> None:
    assert (TABLE_2[word].arousal, TABLE_2[word].valence, TABLE_2[word].reason) == (arousal, valence, "")


def test_table_2_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TABLE_2["calm"] = Affect("low", "positive")  # type: ignore[index]


def test_the_two_scales_run_from_low_to_high() -> None:
    assert (AROUSAL, VALENCE) == (("low", "high"), ("negative", "neutral", "positive"))
