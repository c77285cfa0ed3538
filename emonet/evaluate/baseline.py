"""Every system against the named baseline, on the same utterances, over speakers and over all seeds."""

from __future__ import annotations

import statistics
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from emonet.errors import EmonetError, UnknownName, counted
from emonet.evaluate.interval import Interval, difference_interval
from emonet.evaluate.metrics import METRICS
from emonet.evaluate.predictions import Prediction, Predictions
from emonet.evaluate.score import Score
from emonet.evaluate.significance import LEAST_SEEDS, almost_stochastic_order, holm, mcnemar, sign_flip
from emonet.task_id import TaskId

LEVEL = 0.05
"""Significance level of the marks, the paper's (7.2.2)."""
POWER = 0.8
"""How often the smallest difference that could have been found would be found."""
COMPARE_FROM = 3
"""From so many seeds on, networks are compared unless less is asked for: with fewer, a seed's luck decides."""

_ROUNDING = 1e-9

Mark = Literal["+", "-", ""]


@dataclass(frozen=True, slots=True)
class ClipTest:
    """McNemar's test between the models of one seed: the paper's (7.2.2), which takes clips for independent.

    Attributes:
        only_baseline: b, utterances that only the baseline gets right.
        only_system: c, utterances that only the system gets right.
        p: two-sided exact p value.
        mid_p: the less conservative mid-p variant.
    """

    seed: int
    only_baseline: int
    only_system: int
    p: float
    mid_p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineComparison:
    """One system against the baseline on one task's test utterances, both at their epochs best on dev.

    Attributes:
        metric: the metric that ``difference`` is of.
        n: number of test utterances, once for each fold that they are in.
        seeds: the training seeds compared; a model without epochs stands beside every seed with its one answer.
        values: the system's metric, one for each seed.
        baseline_values: the baseline's.
        difference: metric of the system - metric of the baseline, the mean over seeds.
        interval: of the difference, over speakers and seeds; None where nothing was compared.
        p: of ``sign_flip`` over speakers, all seeds together; None where there is no test.
        p_holm: p by Holm's procedure over all comparisons that stand together.
        least_p: the smallest p that so many speakers allow.
        speakers: how many speakers the test swaps.
        detectable: the smallest difference that could have been found, ``detectable_difference``.
        epsilon: epsilon_min of ``almost_stochastic_order`` over seeds; None with fewer than three.
        clips: McNemar's test for each seed, of classes only; it gives no mark.
        limit: why there can be no mark, whatever p is; empty where there can be one.
        caution: what makes the comparison unfair although it may be made.
    """

    task: str
    system: str
    baseline: str
    protocol_hash: str
    metric: str
    n: int
    seeds: tuple[int, ...]
    values: tuple[float, ...]
    baseline_values: tuple[float, ...]
    difference: float
    interval: Interval | None = None
    p: float | None = None
    p_holm: float | None = None
    least_p: float | None = None
    speakers: int = 0
    detectable: float | None = None
    epsilon: float | None = None
    clips: tuple[ClipTest, ...] = ()
    limit: str = ""
    caution: str = ""

    @property
    def mark(self) -> Mark:
        """``+`` where the system is significantly better than the baseline, ``-`` where it is worse.

        It takes all of these: p below ``LEVEL`` after Holm's correction, which rules out luck with test's speakers; an
        interval of the difference, over speakers and seeds, that leaves 0 out; and a t interval of the seeds'
        differences alone that does. With few seeds that differ more than speakers, the second is a little too narrow.
        """
        interval = self.interval
        if self.limit or self.p_holm is None or interval is None or interval.level is None:
            return ""
        if self.p_holm > LEVEL - _ROUNDING or (interval.low <= _ROUNDING and interval.high >= -_ROUNDING):
            return ""
        if not _seeds_agree(self.values, self.baseline_values):
            return ""
        return "+" if (self.difference > 0) == METRICS[self.metric].higher_is_better else "-"

    def to_json(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)


def _seeds_agree(values: Sequence[float], baseline_values: Sequence[float]) -> bool:
    """Say whether the 95 % t interval of the seeds' differences, with R - 1 degrees of freedom, leaves 0 out."""
    differences = [one - other for one, other in zip(values, baseline_values, strict=True)]
    if len(differences) < 2:
        return True
    # scipy.stats would take longer to import than everything else here to compute.
    from scipy.special import stdtrit

    error = statistics.stdev(differences) / len(differences) ** 0.5
    reach = float(stdtrit(len(differences) - 1, 1 - LEVEL / 2)) * error
    return bool(abs(statistics.fmean(differences)) > reach + _ROUNDING)


def compare_with_baseline(
    predictions: Iterable[Predictions], scores: Sequence[Score], baseline: str, *, compare_from: int = COMPARE_FROM
) -> tuple[BaselineComparison, ...]:
    """Compare every system with the baseline on each task that both were tested on; others are left out.

    Args:
        predictions: of all systems and tasks, in tables cut in any way.
        scores: theirs, which say what protocol each was made under.
        baseline: the name of a system.
        compare_from: how many seeds a network must have in common with what it is compared with.

    Raises:
        UnknownName: no system has the baseline's name.
        EmonetError: another protocol, other utterances or labels than the baseline's, or no seed in common.
    """
    tables = _tables(predictions)
    # In the order of the scores, however the tables are cut.
    order = dict.fromkeys([*((score.task, score.system) for score in scores), *tables])
    systems = list(dict.fromkeys(system for task, system in order if (task, system) in tables))
    if baseline not in systems:
        raise UnknownName("baseline", baseline, systems)
    found = [
        _compare(tables[task, system], tables[task, baseline], scores, compare_from)
        for system in systems
        for task, name in order
        if name == system != baseline and {(task, name), (task, baseline)} <= tables.keys()
    ]
    return one_family(found)


def one_family(comparisons: Iterable[BaselineComparison]) -> tuple[BaselineComparison, ...]:
    """Return the comparisons that a table shows together with their p values corrected together, by Holm."""
    found = tuple(comparisons)
    adjusted = iter(holm([each.p for each in found if each.p is not None]))
    return tuple(each if each.p is None else replace(each, p_holm=next(adjusted)) for each in found)


def detectable_difference(interval: Interval) -> float | None:
    """Return the smallest difference that one t test at 5 % would have found in 4 of 5 cases.

    (t_.975 + t_.80) x standard error of the difference, with the interval's degrees of freedom (the usual
    approximation of a t test's power, e.g. Machin et al. 2018); None where there is no interval over speakers.
    """
    if interval.level is None or interval.degrees is None or interval.standard_error < _ROUNDING:
        return None
    # scipy.stats would take longer to import than everything else here to compute.
    from scipy.special import stdtrit

    reach = stdtrit(interval.degrees, 1 - LEVEL / 2) + stdtrit(interval.degrees, POWER)
    return float(reach * interval.standard_error)


Tables = dict[tuple[str, str], list[Prediction]]


def _tables(predictions: Iterable[Predictions]) -> Tables:
    """Return (task, system) -> the best epochs' rows on test."""
    tables: Tables = {}
    for table in predictions:
        for row in table.rows:
            if (row.split, row.checkpoint) == ("test", "best"):
                tables.setdefault((TaskId(row.corpus, row.target).text, row.system), []).append(row)
    return tables


def _compare(
    system: list[Prediction], baseline: list[Prediction], scores: Sequence[Score], compare_from: int
) -> BaselineComparison:
    ours, theirs = _score_of(system[0], scores), _score_of(baseline[0], scores)
    _check_protocols(ours, theirs)
    seeds = (_by_seed(system), _by_seed(baseline))
    pairs = _pairs(*seeds, ours, theirs)
    first, metric = next(iter(pairs.values())), METRICS[ours.metric]
    truth, answers = [row.truth for row, _ in first], [_answers(pair) for pair in pairs.values()]
    values, baseline_values = (
        tuple(metric.of(truth, predicted) for predicted in column) for column in zip(*answers, strict=True)
    )
    made = BaselineComparison(
        task=ours.task,
        system=ours.system,
        baseline=theirs.system,
        protocol_hash=ours.protocol_hash,
        metric=metric.name,
        n=len(first),
        seeds=tuple(pairs),
        values=values,
        baseline_values=baseline_values,
        difference=statistics.fmean(values) - statistics.fmean(baseline_values),
        caution="; ".join(filter(None, [_caution(ours, theirs), _left_seeds(seeds, pairs, (ours, theirs))])),
    )
    networks = [score.system for score in (ours, theirs) if _is_trained(score)]
    if networks and len(pairs) < compare_from:
        return replace(made, limit=f"not compared: {too_few_seeds(len(pairs), compare_from)}")
    speakers = [row.speaker for row, _ in first]
    interval = difference_interval(truth, answers, metric, speakers=speakers)
    test = sign_flip(truth, answers, metric, speakers=speakers)
    return replace(
        made,
        interval=interval,
        detectable=detectable_difference(interval),
        epsilon=_epsilon(made) if networks else None,
        clips=tuple(_clip_test(*each) for each in pairs.items()) if metric.kind == "categorical" else (),
        limit=_limit(interval, has_one_draw=bool(networks) and len(pairs) == 1),
        p=test.p if test else None,
        least_p=test.least if test else None,
        speakers=test.speakers if test else 0,
    )


def too_few_seeds(seeds: int, compare_from: int) -> str:
    """Return why networks with so few seeds are not compared, and what to do."""
    wanted = ",".join(str(seed) for seed in range(1, compare_from + 1))
    return (
        f"a network's score from {counted(seeds, 'seed')} is luck in part, and networks are compared from "
        f"{compare_from} seeds on. Run with --set seeds=[{wanted}], or ask for less: 'compare_from: {seeds}' in the "
        f"recipe, --compare-from {seeds} of emonet report"
    )


def _limit(interval: Interval, *, has_one_draw: bool) -> str:
    if interval.level is None:
        return f"no mark: {interval.note}"
    if has_one_draw:
        return "no mark from one seed: p and interval are about these trained models, not about training them anew"
    return ""


def _epsilon(made: BaselineComparison) -> float | None:
    if len(made.seeds) < LEAST_SEEDS:
        return None
    sign = 1 if METRICS[made.metric].higher_is_better else -1
    columns = ([sign * value for value in values] for values in (made.values, made.baseline_values))
    return almost_stochastic_order(*columns)


def _answers(pair: AnswerPairs) -> tuple[Sequence[Hashable], Sequence[Hashable]]:
    return [row.predicted for row, _ in pair], [row.predicted for _, row in pair]


def _is_trained(score: Score) -> bool:
    """Say whether a seed's luck is in the score: it is in a network's, not in a model's without epochs."""
    return bool(score.best_epochs)


def _score_of(row: Prediction, scores: Sequence[Score]) -> Score:
    task = TaskId(row.corpus, row.target).text
    found = [score for score in scores if (score.task, score.system, score.split) == (task, row.system, "test")]
    if not found:
        message = f"There are predictions of '{row.system}' on {task}, but no score that says under which protocol."
        raise EmonetError(f"{message} Run its recipe again.")
    other = next((score for score in found if score.protocol_hash != found[0].protocol_hash), found[0])
    _check_protocols(found[0], other)
    return found[0]


def _check_protocols(ours: Score, theirs: Score) -> None:
    if ours.protocol_hash != theirs.protocol_hash:
        raise EmonetError(
            f"'{ours.system}' cannot be tested against '{theirs.system}' on {ours.task}: they were scored under "
            f"{ours.protocol_id} #{ours.protocol_hash[:8]} and {theirs.protocol_id} #{theirs.protocol_hash[:8]}. "
            "Run both under one protocol."
        )


Seeds = dict[int, dict[tuple[str, str], Prediction]]
AnswerPairs = list[tuple[Prediction, Prediction]]


def _by_seed(rows: list[Prediction]) -> Seeds:
    """Return seed -> (fold, id) -> row, both in order."""
    seeds: Seeds = {}
    for row in sorted(rows, key=lambda row: (row.seed, row.fold, row.id)):
        of_seed = seeds.setdefault(row.seed, {})
        if (row.fold, row.id) in of_seed:
            message = f"'{row.system}' judges utterance '{row.id}' of {row.corpus} twice in fold '{row.fold}'"
            raise EmonetError(f"{message} with seed {row.seed}. Expected once: give each run once.")
        of_seed[row.fold, row.id] = row
    return seeds


def _pairs(ours: Seeds, theirs: Seeds, score: Score, against: Score) -> dict[int, AnswerPairs]:
    """Return seed -> the rows of both systems, side by side, for all seeds that both have."""
    if not _is_trained(score):
        ours = {seed: ours.get(seed, next(iter(ours.values()))) for seed in theirs}
    elif not _is_trained(against):
        theirs = {seed: theirs.get(seed, next(iter(theirs.values()))) for seed in ours}
    shared = [seed for seed in ours if seed in theirs]
    if not shared:
        raise EmonetError(
            f"'{score.system}' and '{against.system}' have no seed in common on {score.task}: {_listed(ours)} and "
            f"{_listed(theirs)}. Run both with the same seeds."
        )
    reference = ours[shared[0]]
    for seed in shared:
        for rows in (ours[seed], theirs[seed]):
            _check_same(reference, rows, score.task)
    return {seed: list(zip(ours[seed].values(), theirs[seed].values(), strict=True)) for seed in shared}


def _listed(seeds: Iterable[int]) -> str:
    return ", ".join(str(seed) for seed in seeds)


def _check_same(
    ours: Mapping[tuple[str, str], Prediction], theirs: Mapping[tuple[str, str], Prediction], task: str
) -> None:
    """Refuse rows of other utterances, folds or labels."""
    names = [f"'{next(iter(rows.values())).system}'" for rows in (ours, theirs)]
    lone = sorted(ours.keys() ^ theirs.keys())
    if lone:
        fold, id_ = lone[0]
        owner = names[0] if lone[0] in ours else names[1]
        raise EmonetError(
            f"{names[0]} cannot be tested against {names[1]} on {task}: they were not tested on the same utterances. "
            f"Only {owner} has '{id_}' in fold '{fold}' ({len(ours)} and {len(theirs)} rows). Run both on one copy."
        )
    for key, row in ours.items():
        if row.truth != theirs[key].truth:
            raise EmonetError(
                f"{names[0]} cannot be tested against {names[1]} on {task}: utterance '{row.id}' is labelled "
                f"'{row.truth}' for one and '{theirs[key].truth}' for the other. Run both on one copy."
            )


def _clip_test(seed: int, pair: AnswerPairs) -> ClipTest:
    right = [(one.predicted == one.truth, other.predicted == other.truth) for one, other in pair]
    only_system, only_baseline = right.count((True, False)), right.count((False, True))
    exact, mid = mcnemar(only_baseline, only_system), mcnemar(only_baseline, only_system, mid_p=True)
    return ClipTest(seed, only_baseline, only_system, exact, mid)


def _left_seeds(seeds: tuple[Seeds, Seeds], shared: Iterable[int], scores: tuple[Score, Score]) -> str:
    """Say which seeds of networks are not compared, since the other system lacks them."""
    kept = set(shared)
    left = [
        f"{_listed(lone)} of '{score.system}'"
        for found, score in zip(seeds, scores, strict=True)
        if _is_trained(score) and (lone := sorted(found.keys() - kept))
    ]
    return f"only over the seeds that both have ({_listed(sorted(kept))}), without {' and '.join(left)}" if left else ""


def _caution(ours: Score, theirs: Score) -> str:
    if ours.transductive == theirs.transductive:
        return ""
    one = ours if ours.transductive else theirs
    return f"only '{one.system}' normalised with the test {one.normalisation}s' own clips (transductive)"
