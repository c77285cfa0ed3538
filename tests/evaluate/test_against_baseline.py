"""Systems against the named baseline: what is counted, what is refused, and what the marks say."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy.stats import binomtest, t
from statsmodels.stats.multitest import multipletests

from emonet.errors import EmonetError, UnknownName
from emonet.evaluate.baseline import BaselineComparison, compare_with_baseline, detectable_difference, one_family
from emonet.evaluate.metrics import METRICS
from emonet.evaluate.predictions import Pass, Prediction, Predictions
from emonet.evaluate.score import Score, Setting, score_predictions

CLASSES = ("anger", "fear")
N = 60


def table(system: str, wrong: Iterable[int], *, corpus: str = "foo", seed: int = 1, split: str = "test") -> Predictions:
    """60 utterances of six speakers in two folds, the numbers in ``wrong`` mistaken."""
    truth = [CLASSES[number % 2] for number in range(N)]
    mistaken = set(wrong)
    guess = [CLASSES[1 - number % 2] if number in mistaken else truth[number] for number in range(N)]
    rows: list[Prediction] = []
    for fold in range(2):
        here = range(fold * N // 2, (fold + 1) * N // 2)
        made = Pass(corpus, "emotion", split, str(fold), seed, system, "best").predictions(  # type: ignore[arg-type]
            [f"u{number}" for number in here],
            [truth[number] for number in here],
            [guess[number] for number in here],
            speakers=[f"s{number // 10}" for number in here],
            classes=CLASSES,
        )
        rows += made.rows
    return Predictions(tuple(rows), CLASSES)


def score(
    rows: Predictions, *, protocol_hash: str = "1a2b3c4d5e6f", normalisation: str = "none", trained: bool = True
) -> Score:
    epochs = {"0": 3, "1": 5} if trained else None
    setting = Setting(
        strategy="scratch" if trained else "svm",
        protocol_id="foo/by-speaker",
        protocol_hash=protocol_hash,
        normalisation=normalisation,
        transductive=normalisation == "speaker",
        best_epochs=epochs,
        final_epochs=epochs,
    )
    return score_predictions(rows, setting)


def compared(*tables: Predictions, baseline: str = "old", compare_from: int = 1) -> tuple[BaselineComparison, ...]:
    scores = [score(each, trained="svm" not in each.rows[0].system) for each in tables]
    return compare_with_baseline(tables, scores, baseline, compare_from=compare_from)


def seeded(system: str, wrong: Iterable[int], *, corpus: str = "foo", seeds: int = 3) -> list[Predictions]:
    """The same mistakes under several seeds, save for one that moves."""
    mistaken = list(wrong)
    return [table(system, [*mistaken, 59 - seed], corpus=corpus, seed=seed) for seed in range(1, seeds + 1)]


GAINS = [*range(4), *range(10, 15), *range(20, 26), *range(30, 33), *range(40, 45), *range(50, 54)]
"""Mistakes of all six speakers: 4, 5, 6, 3, 5 and 4 of their ten utterances."""


def test_a_system_that_is_better_for_every_speaker_and_seed_is_marked() -> None:
    (found,) = compared(*seeded("old", GAINS), *seeded("new", []))
    # Six speakers are swapped in 64 ways, of which none and all keep the difference.
    assert (found.p, found.p_holm, found.least_p, found.speakers) == (2 / 64, 2 / 64, 2 / 64, 6)
    assert (found.task, found.system, found.baseline, found.metric, found.n) == ("foo/emotion", "new", "old", "uar", N)
    assert (found.seeds, len(found.values), len(found.baseline_values)) == ((1, 2, 3), 3, 3)
    assert found.difference == pytest.approx(27 / 60, abs=0.02)
    assert found.interval is not None
    assert found.interval.low > 0
    assert found.epsilon == 0.0
    assert (found.mark, found.limit) == ("+", "")


def test_a_worse_system_is_marked_with_a_minus_and_an_equal_one_not_at_all() -> None:
    (worse,) = compared(*seeded("old", []), *seeded("worse", GAINS))
    (equal,) = compared(*seeded("old", []), *seeded("equal", []))
    assert (worse.mark, equal.mark, equal.p) == ("-", "", 1.0)
    assert worse.difference < 0


def test_mcnemars_test_stands_beside_for_each_seed_and_gives_no_mark() -> None:
    # All gains are one speaker's: a difference between clips, and none between speakers.
    tables = [table("old", range(9), seed=seed) for seed in (7, 2, 3)] + [
        table("new", [] if seed != 7 else [40, 41], seed=seed) for seed in (7, 2, 3)
    ]
    (found,) = compared(*tables)
    assert [(test.seed, test.only_baseline, test.only_system) for test in found.clips] == [
        (2, 0, 9),
        (3, 0, 9),
        (7, 2, 9),
    ]
    assert found.clips[0].p == pytest.approx(binomtest(0, 9).pvalue)
    assert found.clips[0].p < 0.01
    assert found.clips[0].mid_p < found.clips[0].p
    assert found.p is not None
    assert found.p > 0.4
    assert found.mark == ""


def test_all_seeds_are_tested_together() -> None:
    # Seed 1 is as good as can be, seeds 2 and 3 as bad: the mean is below the baseline.
    tables = [*seeded("old", GAINS), table("new", [], seed=1)]
    tables += [table("new", range(0, 60), seed=seed) for seed in (2, 3)]
    (found,) = compared(*tables)
    (first,) = compared(tables[0], tables[3])
    assert first.difference > 0 > found.difference
    assert found.difference == pytest.approx(np.mean(found.values) - np.mean(found.baseline_values))


def test_a_lucky_seed_gives_no_mark_where_seeds_differ_as_much_as_systems() -> None:
    # Every seed moves all speakers alike: whatever speakers say, training anew may turn it round.
    tables = [table("old", GAINS, seed=seed) for seed in (1, 2, 3)]
    tables += [table("new", GAINS[: len(GAINS) * share // 4], seed=seed) for seed, share in ((1, 0), (2, 4), (3, 4))]
    (found,) = compared(*tables)
    assert found.p_holm is not None
    assert found.p_holm < 0.05
    assert found.interval is not None
    assert found.interval.low < 0
    assert found.mark == ""


def test_a_mark_needs_seeds_that_agree() -> None:
    (found,) = compared(*seeded("old", GAINS), *seeded("new", []))
    # Gains of .45, .02 and .45: their t interval has 2 degrees of freedom, .31 +- 4.30 x .143.
    wild = replace(found, baseline_values=(0.5, 0.5, 0.5), values=(0.95, 0.52, 0.95))
    assert (found.mark, wild.mark) == ("+", "")
    assert replace(wild, values=(0.95, 0.94, 0.95)).mark == "+"
    assert replace(wild, values=(0.95,) * 3).mark == "+"


def test_one_seed_of_a_network_gives_no_mark_even_if_it_is_asked_for() -> None:
    (found,) = compared(table("old", GAINS), table("new", []))
    assert found.p == 2 / 64
    assert found.interval is not None
    assert found.interval.low > 0
    assert found.mark == ""
    assert found.limit.startswith("no mark from one seed: p and interval are about these trained models")
    assert found.epsilon is None


def test_networks_are_compared_from_three_seeds_on_unless_less_is_asked_for() -> None:
    tables = [*seeded("old", GAINS, seeds=2), *seeded("new", [], seeds=2)]
    (left_out,) = compared(*tables, compare_from=3)
    assert (left_out.interval, left_out.p, left_out.p_holm, left_out.clips, left_out.mark) == (None, None, None, (), "")
    assert left_out.limit == (
        "not compared: a network's score from 2 seeds is luck in part, and networks are compared from 3 seeds on. "
        "Run with --set seeds=[1,2,3], or ask for less: 'compare_from: 2' in the recipe, --compare-from 2 of emonet "
        "report"
    )
    (found,) = compared(*tables, compare_from=2)
    assert found.interval is not None
    (default,) = compare_with_baseline(tables, [score(each) for each in tables], "old")
    assert default == left_out


def test_models_without_epochs_need_one_seed_only() -> None:
    (found,) = compared(table("svm", GAINS), table("svm2", []), baseline="svm", compare_from=3)
    assert (found.p, found.mark, found.limit, found.epsilon) == (2 / 64, "+", "", None)


def test_a_model_without_epochs_stands_beside_every_seed_of_a_network() -> None:
    tables = [table("svm", GAINS), *seeded("new", [])]
    for baseline, sign in (("svm", "+"), ("new", "-")):
        (found,) = compared(*tables, baseline=baseline, compare_from=3)
        assert (found.seeds, found.mark) == ((1, 2, 3), sign)
        assert len({*(found.values if sign == "-" else found.baseline_values)}) == 1
        assert found.epsilon == (0.0 if sign == "+" else 1.0)


def test_p_values_are_corrected_over_all_systems_and_tasks_together() -> None:
    tables = [*seeded("old", GAINS), *seeded("old", GAINS, corpus="bar")]
    tables += [*seeded("new", []), *seeded("new", [], corpus="bar"), *seeded("other", GAINS[:20]), table("few", [])]
    found = compared(*tables, compare_from=2)
    assert [(each.system, each.task) for each in found] == [
        ("new", "foo/emotion"), ("new", "bar/emotion"), ("other", "foo/emotion"), ("few", "foo/emotion")
    ]  # fmt: skip
    plain = [each.p for each in found if each.p is not None]
    assert len(plain) == 3
    assert [each.p_holm for each in found[:3]] == pytest.approx(multipletests(plain, method="holm")[1])
    # 2 / 64 for each of three is more than 0.05 together.
    assert {each.mark for each in found} == {""}
    assert found[3].p_holm is None
    alone = one_family(found[:1])
    assert (alone[0].p_holm, alone[0].mark) == (2 / 64, "+")


def test_a_p_of_exactly_the_level_gives_no_mark_however_it_is_rounded() -> None:
    (found,) = compared(*seeded("old", GAINS), *seeded("new", []))
    for p, mark in ((0.05, ""), (0.05 - 1e-16, ""), (0.0499, "+")):
        assert replace(found, p_holm=p).mark == mark
    assert found.interval is not None
    assert replace(found, interval=replace(found.interval, low=1e-17)).mark == ""
    assert replace(found, interval=replace(found.interval, level=None)).mark == ""


def test_three_speakers_give_no_test_and_it_is_said() -> None:
    few = [
        replace(each, rows=tuple(replace(row, speaker=f"s{int(row.id[1:]) % 3}") for row in each.rows))
        for each in (*seeded("old", GAINS), *seeded("new", []))
    ]
    (found,) = compared(*few)
    assert (found.p, found.p_holm, found.least_p, found.detectable, found.mark) == (None, None, None, None, "")
    assert found.limit.startswith("no mark: 3 speakers only")


def test_the_smallest_difference_that_could_be_found_is_that_of_a_t_test() -> None:
    (found,) = compared(*seeded("old", GAINS), *seeded("new", range(3)))
    interval = found.interval
    assert interval is not None
    assert interval.degrees is not None
    expected = (t.ppf(0.975, interval.degrees) + t.ppf(0.8, interval.degrees)) * interval.standard_error
    assert found.detectable == detectable_difference(interval) == pytest.approx(expected)
    assert detectable_difference(replace(interval, level=None)) is None


@pytest.mark.slow
def test_four_of_five_differences_as_large_as_could_be_found_are_found() -> None:
    random = np.random.default_rng(4)
    standard_error, speakers = 0.03, 10
    reach = t.ppf(0.975, speakers - 1) * standard_error
    (example,) = compared(*seeded("old", GAINS), *seeded("new", range(3)))
    assert example.interval is not None
    interval = replace(example.interval, standard_error=standard_error, degrees=float(speakers - 1), level=0.95)
    smallest = detectable_difference(interval)
    assert smallest is not None
    gains = random.normal(smallest, standard_error * speakers**0.5, (20_000, speakers))
    errors = gains.std(axis=1, ddof=1) / speakers**0.5
    found = gains.mean(1) > t.ppf(0.975, speakers - 1) * errors
    assert found.mean() == pytest.approx(0.8, abs=0.02)
    assert smallest > reach


def test_only_the_best_epoch_on_test_is_compared() -> None:
    final = table("new", range(40))
    final = replace(final, rows=tuple(replace(row, checkpoint="final") for row in final.rows))
    best = [table("old", range(9)), table("new", range(4))]
    other = table("new", range(30), split="dev")
    scores = [score(each) for each in (*best, final, other)]
    (found,) = compare_with_baseline([*best, final, other], scores, "old", compare_from=1)
    assert (found.clips[0].only_baseline, found.clips[0].only_system) == (0, 5)


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
def test_numbers_are_compared_by_the_same_test_whichever_way_is_better(metric: str) -> None:
    (found,) = compared_numbers(rated("old", 3.0), rated("new", 0.2), metric=metric)
    assert (found.clips, found.p, found.metric) == ((), 2 / 64, metric)
    assert (found.difference > 0) == (metric == "ccc")
    assert found.mark == "+"
    assert TypeAdapter(BaselineComparison).validate_python(json.loads(json.dumps(found.to_json()))) == found


def test_almost_stochastic_order_knows_which_way_is_better() -> None:
    tables = [rated(name, noise, seed=seed) for seed in (1, 2, 3) for name, noise in (("old", 3.0), ("new", 0.2))]
    setting = Setting(strategy="s", protocol_id="foo/p", protocol_hash="1a", metric="mae", best_epochs={"1": 1})
    scores = [score_predictions(each, setting) for each in tables]
    (found,) = compare_with_baseline(tables, scores, "old")
    assert found.difference < 0
    assert found.epsilon == 0.0


def test_holm_corrects_over_the_dimensions_of_a_head() -> None:
    tables = [rated(name, noise, target=target) for target in "va" for name, noise in (("old", 3.0), ("new", 0.2))]
    found = compared_numbers(*tables)
    assert [(each.p, each.p_holm, each.mark) for each in found] == [(2 / 64, 4 / 64, "")] * 2


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


def test_seeds_that_only_one_system_has_are_named() -> None:
    (found,) = compared(*seeded("old", GAINS), *seeded("new", [], seeds=4)[1:])
    assert found.seeds == (2, 3)
    assert found.caution == "only over the seeds that both have (2, 3), without 4 of 'new' and 1 of 'old'"
    # A model without epochs stands beside every seed.
    (svm,) = compared(*seeded("old", GAINS), table("svm", []))
    assert (svm.seeds, svm.caution) == ((1, 2, 3), "")


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
    assert found.clips


def test_the_difference_is_of_the_metric_for_selection() -> None:
    old, new = table("old", range(0, 30, 2)), table("new", [])
    scores = [replace(score(each), metric="wa") for each in (old, new)]
    (found,) = compare_with_baseline([old, new], scores, "old")
    assert found.difference == pytest.approx(15 / 60)
    assert METRICS[found.metric].title == "WA"
