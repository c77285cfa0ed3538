"""Class x speaker and class x text: worked out by hand, and compared with SciPy."""

from __future__ import annotations

import math

import pytest
from scipy.stats.contingency import association as scipy_association

from emonet.auditing.confounds import ClassAndGroup, association, bands_finding, confound_findings, rate_findings


def pairs(cells: dict[tuple[str, str], int]) -> list[ClassAndGroup]:
    return [pair for pair, count in cells.items() for _ in range(count)]


def test_a_balanced_design_tells_nothing() -> None:
    found = association(pairs({(label, speaker): 5 for label in "abc" for speaker in "xyzw"}))
    assert found is not None
    assert (found.v, found.w) == (0.0, 0.0)
    assert found.uar <= found.chance == pytest.approx(1 / 3)


def test_speakers_of_one_class_each_tell_all() -> None:
    found = association(pairs({("a", "x"): 10, ("b", "y"): 10, ("c", "z"): 10}))
    assert found is not None
    assert found.uar == 1.0
    assert found.v == pytest.approx(1.0)
    assert found.w == pytest.approx(math.sqrt(2))


def test_the_association_is_cramers_less_its_bias() -> None:
    cells = {("a", "x"): 12, ("a", "y"): 4, ("b", "x"): 3, ("b", "y"): 9, ("a", "z"): 2, ("b", "z"): 8}
    found = association(pairs(cells))
    table = [[cells[label, speaker] for speaker in "xyz"] for label in "ab"]
    plain = scipy_association(table, method="cramer")
    n, rows, columns = sum(cells.values()), 2, 3
    phi = max(0.0, plain**2 * min(rows - 1, columns - 1) - (rows - 1) * (columns - 1) / (n - 1))
    least = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    assert found is not None
    assert found.v == pytest.approx(math.sqrt(phi / least))
    assert 0 < found.v < plain


def test_guessing_is_by_the_other_utterances_of_the_speaker() -> None:
    # x says a twice and b once, y b twice; z says one a and nothing else, so that z is a guess.
    found = association(pairs({("a", "x"): 2, ("b", "x"): 1, ("b", "y"): 2, ("a", "z"): 1}))
    # a of x: the other a of x is 1 of 2 a, b 1 of 3: right. z: half right. b of x: wrong. b of y: right.
    assert found is not None
    assert found.uar == pytest.approx(((2 + 0.5) / 3 + 2 / 3) / 2)


@pytest.mark.parametrize(
    "cells", [{("a", "x"): 3}, {("a", "x"): 3, ("b", "x"): 3}, {("a", str(i)): 1 for i in range(9)}]
)
def test_one_class_one_speaker_or_texts_of_their_own_are_not_judged(cells: dict[ClassAndGroup, int]) -> None:
    assert association(pairs(cells)) is None


def test_a_strong_association_is_a_warning_with_what_it_means() -> None:
    strong = pairs({("anger", "x"): 10, ("fear", "y"): 10, ("fear", "x"): 1, ("anger", "y"): 1})
    by_speaker, by_text = confound_findings(strong, strong)
    assert (by_speaker.level, by_speaker.what) == ("warning", "class x speaker")
    assert "guessing the class by the speaker alone: UAR 90.9, chance 50.0" in by_speaker.seen
    assert "What is said tells much of the class" in by_text.advice


def test_classes_of_few_speakers_and_speakers_of_one_class_are_named() -> None:
    said = pairs({("anger", speaker): 4 for speaker in "xyzw"} | {("fear", "x"): 4, ("fear", "y"): 4})
    found = {finding.what: finding for finding in confound_findings(said, [])}
    assert found["speakers of a class"].seen == "fear by 2 of 4 speakers"
    assert found["classes of a speaker"].seen == "2 of 4 speakers speak one class only, e.g. w, z"
    assert found["speakers of a class"].level == found["classes of a speaker"].level == "warning"


def test_a_class_that_goes_with_the_rate_of_its_files_is_a_warning() -> None:
    apart = [("joy", 8_000)] * 20 + [("anger", 16_000)] * 20
    (found,) = rate_findings(apart)
    assert (found.level, found.what) == ("warning", "class x file rate")
    assert found.seen.endswith("guessing the class by the rate alone: UAR 100.0, chance 50.0")
    assert "bring all to the lowest rate first" in found.advice
    (mixed,) = rate_findings([("joy", 8_000), ("anger", 8_000), ("joy", 16_000), ("anger", 16_000)] * 10)
    assert mixed.level == "ok"


def test_rates_of_16_khz_and_more_are_one_band() -> None:
    assert rate_findings([("joy", 16_000)] * 20 + [("anger", 48_000)] * 20) == []
    assert bands_finding({"one": [16_000, 44_100], "other": [48_000]}) is None


def test_corpora_of_different_bands_are_named_with_their_rates() -> None:
    found = bands_finding({"two": [44_100, 11_025], "one": [8_000, 8_000]})
    assert found is not None
    assert (found.level, found.what) == ("warning", "file rates")
    assert found.seen == "learned together: one 8000 Hz, two 11025 Hz and 16000 Hz or more"
    assert bands_finding({"one": [8_000], "two": [8_000]}) is None
    assert bands_finding({"one": [8_000, 16_000]}) is None
