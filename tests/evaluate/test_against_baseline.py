"""Systems against the named baseline: what is counted, what is refused, and what the marks say."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy.stats import binomtest
from statsmodels.stats.multitest import multipletests

from emonet.errors import EmonetError, UnknownName
from emonet.evaluate.baseline import BaselineComparison, compare_with_baseline
from emonet.evaluate.metrics import METRICS
from emonet.evaluate.predictions import Pass, Prediction, Predictions
from emonet.evaluate.score import Score, Setting, score_predictions

CLASSES = ("anger", "fear")
N = 60


def table(system: str, wrong: Iterable[int], *, corpus: str = "foo", seed: int = 1, part: str = "test") -> Predictions:
    """60 utterances of six speakers in two folds, the numbers in ``wrong`` mistaken."""
    truth = [CLASSES[number % 2] for number in range(N)]
    mistaken = set(wrong)
    guess = [CLASSES[1 - number % 2] if number in mistaken else truth[number] for number in range(N)]
    rows: list[Prediction] = []
    for fold in range(2):
        here = range(fold * N // 2, (fold + 1) * N // 2)
        made = Pass(corpus, "emotion", part, str(fold), seed, system, "best").predictions(  # type: ignore[arg-type]
            [f"u{number}" for number in here],
            [truth[number] for number in here],
            [guess[number] for number in here],
            speakers=[f"s{number // 10}" for number in here],
            classes=CLASSES,
        )
        rows += made.rows
    return Predictions(tuple(rows), CLASSES)


def score(rows: Predictions, *, protocol_hash: str = "1a2b3c4d5e6f", normalisation: str = "none") -> Score:
    setting = Setting(
        strategy="scratch", protocol_id="foo/by-speaker", protocol_hash=protocol_hash, normalisation=normalisation
    )
    return score_predictions(rows, setting)


def compared(*tables: Predictions, baseline: str = "old") -> tuple[BaselineComparison, ...]:
    return compare_with_baseline(tables, [score(each) for each in tables], baseline)


def test_discordant_utterances_are_counted_and_tested() -> None:
    # Wrong together: 0 to 4; only the baseline is wrong: 5 to 19; only the system: 20 to 22.
    (found,) = compared(table("old", range(20)), table("new", [*range(5), 20, 21, 22]))
    (test,) = found.tests
    assert (test.only_baseline, test.only_system, found.n) == (3, 15, N)
    assert found.p == test.p == pytest.approx(binomtest(3, 18).pvalue)
    assert found.p_holm == found.p
    assert test.mid_p < test.p
    assert (found.task, found.system, found.baseline, found.metric) == ("foo/emotion", "new", "old", "uar")
    assert (found.mark, found.uncorrected_mark) == ("+", "+")
    assert found.difference == pytest.approx(52 / 60 - 40 / 60)
    assert found.interval.kind == "speakers"
    assert found.interval.low < found.difference < found.interval.high


def test_a_worse_system_is_marked_with_a_minus_and_an_equal_one_not_at_all() -> None:
    worse, equal = compared(table("old", range(5)), table("worse", range(20)), table("equal", range(3, 8)))
    assert (worse.mark, equal.mark, equal.p) == ("-", "", 1.0)
    assert worse.difference == pytest.approx(-15 / 60)


def test_p_values_are_corrected_over_each_systems_tasks() -> None:
    wrong = {"foo": 12, "bar": 11, "baz": 20}
    tables = [table("old", range(count), corpus=corpus) for corpus, count in wrong.items()]
    tables += [table("new", range(5), corpus=corpus) for corpus in wrong]
    found = compared(*tables)
    assert [each.task for each in found] == ["foo/emotion", "bar/emotion", "baz/emotion"]
    plain = [binomtest(0, count - 5).pvalue for count in wrong.values()]
    assert [each.p for each in found] == pytest.approx(plain)
    assert [each.p_holm for each in found] == pytest.approx(multipletests(plain, method="holm")[1])


def test_what_is_significant_only_before_the_correction_has_no_mark() -> None:
    # 6 against 0 is p = 0.031, twice that is more than 0.05.
    tables = [table("old", range(6), corpus=corpus) for corpus in ("foo", "bar")]
    found = compared(*tables, *(table("new", [], corpus=corpus) for corpus in ("foo", "bar")))
    assert [(each.mark, each.uncorrected_mark) for each in found] == [("", "+"), ("", "+")]


def test_the_lowest_seed_is_tested_and_the_others_stand_beside_it() -> None:
    tables = [table("old", range(20), seed=seed) for seed in (7, 2)]
    tables += [table("new", range(count), seed=seed) for seed, count in ((7, 19), (2, 5))]
    (found,) = compared(*tables)
    assert [(test.seed, test.only_system) for test in found.tests] == [(2, 15), (7, 1)]
    assert found.p == found.tests[0].p
    assert found.difference == pytest.approx((15 / 60 + 1 / 60) / 2)
    assert found.mark == "+"


def test_a_mark_is_withheld_where_all_seeds_together_point_the_other_way() -> None:
    tables = [table("old", range(20), seed=seed) for seed in (1, 2)]
    (found,) = compared(*tables, table("new", range(5), seed=1), table("new", range(50), seed=2))
    assert found.p_holm < 0.05
    assert (found.mark, found.uncorrected_mark) == ("", "")


def test_only_the_best_epoch_on_test_is_compared() -> None:
    final = table("new", range(40))
    final = replace(final, rows=tuple(replace(row, checkpoint="final") for row in final.rows))
    best = [table("old", range(9)), table("new", range(4))]
    other = table("new", range(30), part="dev")
    scores = [score(each) for each in (*best, final, other)]
    (found,) = compare_with_baseline([*best, final, other], scores, "old")
    assert (found.tests[0].only_baseline, found.tests[0].only_system) == (0, 5)


def test_tasks_without_the_baseline_are_left_out() -> None:
    tables = [table("old", [1]), table("new", [2]), table("new", [2], corpus="alone")]
    assert [each.task for each in compared(*tables)] == ["foo/emotion"]


def rated(system: str, noise: float, *, target: str = "valence", seed: int = 1) -> Predictions:
    """Numbers for the 60 utterances of six speakers, ``noise`` off the truth."""
    random = np.random.default_rng(seed)
    truth = np.linspace(1, 5, N)
    said = truth + noise * random.normal(0, 1, N)
    return Pass("foo", target, "test", "1", seed, system, "best").predictions(
        [f"u{number}" for number in range(N)],
        [f"{value:.9g}" for value in truth],
        [f"{value:.9g}" for value in said],
        speakers=[f"s{number // 10}" for number in range(N)],
    )


def compared_numbers(*tables: Predictions, metric: str = "ccc") -> tuple[BaselineComparison, ...]:
    setting = Setting(strategy="svm", protocol_id="foo/p", protocol_hash="1a2b3c4d", metric=metric)
    scores = [score_predictions(each, setting) for each in tables]
    return compare_with_baseline(tables, scores, "old")


@pytest.mark.parametrize("metric", ["ccc", "mae"])
def test_numbers_are_compared_by_randomisation_whichever_way_is_better(metric: str) -> None:
    (found,) = compared_numbers(rated("old", 3.0), rated("new", 0.2), metric=metric)
    (test,) = found.tests
    assert (test.only_baseline, test.only_system, test.mid_p) == (None, None, None)
    # Six speakers are swapped in 64 ways, of which none and all keep the difference.
    assert found.p == test.p == 2 / 64
    assert test.gain == pytest.approx(abs(found.difference))
    assert (found.difference > 0) == (metric == "ccc")
    assert (found.mark, found.metric, found.interval.kind) == ("+", metric, "speakers")
    assert TypeAdapter(BaselineComparison).validate_python(json.loads(json.dumps(found.to_json()))) == found


def test_holm_corrects_over_the_dimensions_of_a_head() -> None:
    tables = [rated(name, noise, target=target) for target in "va" for name, noise in (("old", 3.0), ("new", 0.2))]
    found = compared_numbers(*tables)
    assert [each.p for each in found] == [2 / 64, 2 / 64]
    assert [each.p_holm for each in found] == [4 / 64, 4 / 64]
    assert [(each.mark, each.uncorrected_mark) for each in found] == [("", "+"), ("", "+")]


def test_an_unknown_baseline_is_met_with_the_nearest_system() -> None:
    with pytest.raises(UnknownName, match=r"Unknown baseline 'odl'\. Did you mean 'old'\? Known: new, old"):
        compared(table("old", []), table("new", []), baseline="odl")


def test_other_protocols_are_refused_and_both_named() -> None:
    tables = [table("old", []), table("new", [])]
    scores = [score(tables[0]), score(tables[1], protocol_hash="ffff0000aaaa")]
    with pytest.raises(EmonetError, match="'new' cannot be tested against 'old' on foo/emotion") as caught:
        compare_with_baseline(tables, scores, "old")
    assert "foo/by-speaker #ffff0000 and foo/by-speaker #1a2b3c4d. Run both under one protocol." in str(caught.value)


def test_other_utterances_are_refused_and_both_named() -> None:
    new = table("new", [])
    fewer = replace(new, rows=new.rows[:-1])
    with pytest.raises(EmonetError, match="'new' cannot be tested against 'old' on foo/emotion") as caught:
        compared(table("old", []), fewer)
    assert "Only 'old' has 'u59' in fold '1' (59 and 60 rows). Run both on one copy." in str(caught.value)


def test_one_utterance_in_another_fold_is_another_row() -> None:
    new = table("new", [])
    moved = replace(new, rows=(replace(new.rows[0], fold="1"), *new.rows[1:]))
    with pytest.raises(EmonetError, match="Only 'old' has 'u0' in fold '0'"):
        compared(table("old", []), moved)


def test_other_labels_are_refused() -> None:
    new = table("new", [])
    changed = replace(new, rows=(replace(new.rows[0], truth="fear"), *new.rows[1:]))
    with pytest.raises(EmonetError, match="utterance 'u0' is labelled 'fear' for one and 'anger' for the other"):
        compared(table("old", []), changed)


def test_one_utterance_twice_is_refused() -> None:
    new, old = table("new", []), table("old", [])
    with pytest.raises(EmonetError, match="'new' judges utterance 'u0' of foo twice in fold '0' with seed 1"):
        compare_with_baseline([old, new, new], [score(old), score(new)], "old")


def test_systems_without_a_common_seed_are_refused() -> None:
    with pytest.raises(EmonetError, match="'new' and 'old' have no seed in common on foo/emotion: 2 and 1"):
        compared(table("old", []), table("new", [], seed=2))


def test_predictions_without_a_score_have_no_protocol_and_are_refused() -> None:
    old, new = table("old", []), table("new", [])
    with pytest.raises(EmonetError, match="predictions of 'new' on foo/emotion, but no score"):
        compare_with_baseline([old, new], [score(old)], "old")


def test_a_transductive_system_is_cautioned_against() -> None:
    old, new = table("old", []), table("new", [])
    scores = [score(old), score(new, normalisation="speaker")]
    (found,) = compare_with_baseline([old, new], scores, "old")
    assert found.caution == "only 'new' normalised with the test speakers' own clips (transductive)"
    (other,) = compare_with_baseline([old, new], scores, "new")
    assert other.caution == found.caution


def test_a_comparison_comes_back_from_json_as_it_was() -> None:
    (found,) = compared(table("old", range(9)), table("new", range(4)))
    data = json.loads(json.dumps(found.to_json()))
    assert TypeAdapter(BaselineComparison).validate_python(data) == found


def test_the_difference_is_of_the_metric_for_selection() -> None:
    old, new = table("old", range(0, 30, 2)), table("new", [])
    scores = [replace(score(each), metric="wa") for each in (old, new)]
    (found,) = compare_with_baseline([old, new], scores, "old")
    assert found.difference == pytest.approx(15 / 60)
    assert METRICS[found.metric].title == "WA"
