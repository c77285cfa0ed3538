"""Every system against the named baseline, on the same utterances."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Literal

from emonet.errors import EmonetError, UnknownName
from emonet.evaluate.interval import Interval, difference_interval
from emonet.evaluate.metrics import METRICS, Metric
from emonet.evaluate.predictions import Prediction, Predictions
from emonet.evaluate.randomisation import randomisation
from emonet.evaluate.score import Score
from emonet.evaluate.significance import holm, mcnemar

LEVEL = 0.05
"""Significance level of the marks, the paper's (7.2.2)."""

Mark = Literal["+", "-", ""]


@dataclass(frozen=True, slots=True)
class SeedTest:
    """The test between the models of one training seed: McNemar's for classes, randomisation for numbers.

    Attributes:
        only_baseline: b, utterances that only the baseline gets right; None for numbers.
        only_system: c, utterances that only the system gets right; None for numbers.
        p: two-sided p value; McNemar's is exact.
        mid_p: McNemar's less conservative mid-p variant; None for numbers.
        gain: for numbers, how far the system's metric is better than the baseline's; None for classes.
    """

    seed: int
    only_baseline: int | None
    only_system: int | None
    p: float
    mid_p: float | None
    gain: float | None = None

    @property
    def advantage(self) -> float:
        """How far the system is better: in the metric for numbers, in utterances for classes."""
        return self.gain if self.gain is not None else (self.only_system or 0) - (self.only_baseline or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineComparison:
    """One system against the baseline on one task's test utterances, both at their epochs best on dev.

    The headline test is that of the lowest seed: a choice made before any result is seen, and the paper's case
    of one run. Pooling seeds would count every utterance several times as if they were independent, and a
    majority vote over seeds is another system than the one whose scores are reported. The other seeds' tests
    stand beside it; difference and interval are means over all seeds. A mark is withheld where the seeds taken
    together point the other way.

    Attributes:
        metric: the metric that ``difference`` is of.
        n: number of test utterances, once for each fold that they are in.
        tests: one for each seed that both have, the lowest seed first.
        p_holm: the headline p, by Holm's procedure over the tasks that this system was tested on.
        difference: metric of the system - metric of the baseline, the mean over seeds.
        interval: of the difference; it holds the noise of speakers and, from two seeds on, of seeds.
        caution: what makes the comparison unfair although it may be made.
    """

    task: str
    system: str
    baseline: str
    protocol_hash: str
    metric: str
    n: int
    tests: tuple[SeedTest, ...]
    p_holm: float
    difference: float
    interval: Interval
    caution: str = ""

    @property
    def p(self) -> float:
        """The headline p value, not corrected."""
        return self.tests[0].p

    @property
    def mark(self) -> Mark:
        """``+`` where the system is significantly better after Holm's correction, ``-`` where it is worse.

        That is fewer or more errors for classes, and the metric for numbers.
        """
        return _mark(self.tests, self.p_holm)

    @property
    def uncorrected_mark(self) -> Mark:
        """The mark without the correction, which is what the paper's Table 4 shows."""
        return _mark(self.tests, self.p)

    def to_json(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)


def compare_with_baseline(
    predictions: Iterable[Predictions], scores: Sequence[Score], baseline: str
) -> tuple[BaselineComparison, ...]:
    """Compare every system with the baseline on each task that both were tested on; others are left out.

    Tasks of numbers, where no answer is right or wrong, are compared by a paired randomisation test of the metric.

    Args:
        predictions: of all systems and tasks, in tables cut in any way.
        scores: theirs, which say what protocol each was made under.
        baseline: the name of a system.

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
    found = []
    for system in systems:
        tasks = [
            task
            for task, name in order
            if name == system != baseline and {(task, name), (task, baseline)} <= tables.keys()
        ]
        made = [_compare(tables[task, system], tables[task, baseline], scores) for task in tasks]
        adjusted = holm([each.p for each in made])
        found += [replace(each, p_holm=p) for each, p in zip(made, adjusted, strict=True)]
    return tuple(found)


Tables = dict[tuple[str, str], list[Prediction]]


def _tables(predictions: Iterable[Predictions]) -> Tables:
    """Return (task, system) -> the best epochs' rows on test."""
    tables: Tables = {}
    for table in predictions:
        for row in table.rows:
            if (row.part, row.checkpoint) == ("test", "best"):
                tables.setdefault((f"{row.corpus}/{row.target}", row.system), []).append(row)
    return tables


def _compare(system: list[Prediction], baseline: list[Prediction], scores: Sequence[Score]) -> BaselineComparison:
    ours, theirs = _score_of(system[0], scores), _score_of(baseline[0], scores)
    _check_protocols(ours, theirs)
    pairs = _pairs(_by_seed(system), _by_seed(baseline), ours.task)
    first, metric = next(iter(pairs.values())), METRICS[ours.metric]
    truth = [row.truth for row, _ in first]
    answers = [([row.predicted for row, _ in pair], [row.predicted for _, row in pair]) for pair in pairs.values()]
    test = _test if metric.kind == "categorical" else partial(_test_numbers, metric=metric)
    tests = tuple(test(seed, pair) for seed, pair in pairs.items())
    return BaselineComparison(
        task=ours.task,
        system=ours.system,
        baseline=theirs.system,
        protocol_hash=ours.protocol_hash,
        metric=metric.name,
        n=len(first),
        tests=tests,
        p_holm=tests[0].p,
        difference=statistics.fmean(metric.of(truth, one) - metric.of(truth, other) for one, other in answers),
        interval=difference_interval(truth, answers, metric, speakers=[row.speaker for row, _ in first]),
        caution=_caution(ours, theirs),
    )


def _score_of(row: Prediction, scores: Sequence[Score]) -> Score:
    task = f"{row.corpus}/{row.target}"
    found = [score for score in scores if (score.task, score.system, score.part) == (task, row.system, "test")]
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
Pair = list[tuple[Prediction, Prediction]]


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


def _pairs(ours: Seeds, theirs: Seeds, task: str) -> dict[int, Pair]:
    """Return seed -> the rows of both systems, side by side, for all seeds that both have."""
    shared = [seed for seed in ours if seed in theirs]
    if not shared:
        names = [next(iter(next(iter(seeds.values())).values())).system for seeds in (ours, theirs)]
        raise EmonetError(
            f"'{names[0]}' and '{names[1]}' have no seed in common on {task}: {_listed(ours)} and {_listed(theirs)}. "
            "Run both with the same seeds."
        )
    reference = ours[shared[0]]
    for seed in shared:
        for rows in (ours[seed], theirs[seed]):
            _check_same(reference, rows, task)
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


def _test(seed: int, pair: Pair) -> SeedTest:
    right = [(one.predicted == one.truth, other.predicted == other.truth) for one, other in pair]
    only_system, only_baseline = right.count((True, False)), right.count((False, True))
    exact, mid = mcnemar(only_baseline, only_system), mcnemar(only_baseline, only_system, mid_p=True)
    return SeedTest(seed, only_baseline, only_system, exact, mid)


def _test_numbers(seed: int, pair: Pair, *, metric: Metric) -> SeedTest:
    truth = [row.truth for row, _ in pair]
    said = ([row.predicted for row, _ in pair], [row.predicted for _, row in pair])
    difference = metric.of(truth, said[0]) - metric.of(truth, said[1])
    p = randomisation(truth, said, metric, speakers=[row.speaker for row, _ in pair], seed=seed)
    return SeedTest(seed, None, None, p, None, difference if metric.higher_is_better else -difference)


def _mark(tests: Sequence[SeedTest], p: float) -> Mark:
    gains = [test.advantage for test in tests]
    if p >= LEVEL or gains[0] * sum(gains) <= 0:
        return ""
    return "+" if gains[0] > 0 else "-"


def _caution(ours: Score, theirs: Score) -> str:
    if ours.transductive == theirs.transductive:
        return ""
    name = ours.system if ours.transductive else theirs.system
    return f"only '{name}' normalised with the test speakers' own clips (transductive)"
