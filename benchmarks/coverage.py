"""How often intervals hold the true value, and how often equally good systems are called different.

Everything is simulated, with the functions that make a run's intervals and tests, beside other methods. A speaker
answers a clip of a class rightly with a probability whose logit is the class' own plus normal effects of the speaker,
of speaker x class and of the clip; systems and trainings have effects of their own. True is the expectation over new
speakers, clips and trainings. Held to: coverage of 93 to 97 %, and at most 6 % of false alarms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from measure import options
from numpy.typing import NDArray
from scipy import stats

from emonet.evaluate.baseline import BaselineComparison
from emonet.evaluate.interval import Interval, difference_interval, score_interval
from emonet.evaluate.metrics import METRICS, moments
from emonet.evaluate.significance import mcnemar, sign_flip

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Ends = tuple[float, float]
UAR, CCC = METRICS["uar"], METRICS["ccc"]
SPEAKERS = (4, 5, 10, 20, 40)
LOGITS = np.array([1.2, 0.5, -0.2])
RESAMPLED = 1000
"""Draws of every bootstrap."""


@dataclass(frozen=True)
class World:
    """Standard deviations of normal effects on the logit of a right answer.

    Attributes:
        speaker: of a speaker, on all classes.
        by_class: of a speaker on each class.
        system: of a speaker for each system, beside what systems share.
        training: of each training on all clips, on each class, and on each speaker's clips of a class.
        ease: what is added to all logits.
        sizes: from the number of speakers to how many clips (S, 3) they have of each class.
    """

    speaker: float
    by_class: float
    clip: float = 1.0
    system: float = 0.0
    training: tuple[float, float, float] = (0.0, 0.0, 0.0)
    ease: float = 0.0
    sizes: Callable[[int], Ints] = field(default=lambda speakers: np.full((speakers, 3), 30))

    def answers(self, speakers: int, generator: np.random.Generator, *, systems: int = 1, seeds: int = 1) -> Sample:
        """Draw speakers and what systems say after each training."""
        sizes, normal = self.sizes(speakers), generator.normal
        who, truth = (np.repeat(each.ravel(), sizes.ravel()) for each in np.indices(sizes.shape))
        shared = (
            LOGITS + self.ease + self.speaker * normal(size=(speakers, 1)) + self.by_class * normal(size=(speakers, 3))
        )
        clips = shared[who, truth] + self.clip * normal(size=len(truth))
        said = np.empty((systems, seeds, len(truth)), dtype=np.int64)
        for system in range(systems):
            own = self.system * normal(size=speakers)
            for seed in range(seeds):
                all_clips, each_class, each_speaker = self.training
                drawn = (
                    all_clips * normal() + each_class * normal(size=(1, 3)) + each_speaker * normal(size=sizes.shape)
                )
                chance = 1 / (1 + np.exp(-(clips + own[who] + drawn[who, truth])))
                wrong = (truth + generator.integers(1, 3, len(truth))) % 3
                said[system, seed] = np.where(generator.random(len(truth)) < chance, truth, wrong)
        return Sample(truth, said, who)

    @property
    def true_uar(self) -> float:
        """The expectation of UAR: the mean over classes of a logistic normal's, by Gauss-Hermite quadrature."""
        effects = (self.speaker, self.by_class, self.clip, self.system, *self.training)
        points, weights = np.polynomial.hermite_e.hermegauss(60)
        chances = 1 / (1 + np.exp(-(LOGITS[:, None] + self.ease + math.hypot(*effects) * points)))
        return float((chances * weights).sum(1).mean() / weights.sum())


@dataclass(frozen=True)
class Sample:
    """Truth (N,), what is said (systems, seeds, N), and who speaks (N,)."""

    truth: Ints
    said: Ints
    who: Ints

    @property
    def names(self) -> list[str | None]:
        """Who speaks, as the functions of the package want it."""
        return [str(number) for number in self.who.tolist()]

    def sums(self, seed: int = 0) -> Floats:
        """Return each speaker's confusion matrix (S, 3, 3) of the first system."""
        cells = self.who * 9 + self.truth * 3 + self.said[0, seed]
        return np.bincount(cells, minlength=9 * (int(self.who.max()) + 1)).reshape(-1, 3, 3).astype(np.float64)


def jackknife(sample: Sample, *, seeds: int = 1) -> Interval:
    """Return the interval that EmoNet shows."""
    columns = [column.tolist() for column in sample.said[0, :seeds]]
    return score_interval(sample.truth.tolist(), columns, UAR, speakers=sample.names)


def of_own_values(sample: Sample) -> Ends:
    """Return the t interval over the speakers' own UAR."""
    own = UAR.function(sample.sums())
    reach = stats.t.ppf(0.975, len(own) - 1) * stats.sem(own)
    return own.mean() - reach, own.mean() + reach


def percentile(sample: Sample, generator: np.random.Generator, *, seed: int = 0) -> Ends:
    """Return the percentile bootstrap interval over whole speakers; under five over utterances, as once shown."""
    sums = sample.sums(seed)
    if len(sums) < 5:
        counts = sums.sum(0).ravel().astype(np.int64)
        drawn = generator.multinomial(counts.sum(), counts / counts.sum(), RESAMPLED).reshape(-1, 3, 3)
    else:
        drawn = np.tensordot(_times(len(sums), generator), sums, axes=1)
    return tuple(np.quantile(UAR.function(drawn.astype(np.float64)), [0.025, 0.975]))


def accelerated(sample: Sample, generator: np.random.Generator) -> Ends:
    """Return the bias-corrected and accelerated bootstrap interval over speakers (BCa; Efron 1987)."""
    sums = sample.sums()
    value, without = UAR.function(sums.sum(0)), UAR.function(sums.sum(0) - sums)
    drawn = UAR.function(np.tensordot(_times(len(sums), generator), sums, axes=1))
    pull = without.mean() - without
    squares = (pull**2).sum() or 1.0
    skew = (pull**3).sum() / (6 * squares**1.5)
    bias = stats.norm.ppf(np.clip((drawn < value).mean(), 1 / RESAMPLED, 1 - 1 / RESAMPLED))
    at = bias + stats.norm.ppf([0.025, 0.975])
    return tuple(np.quantile(drawn, stats.norm.cdf(bias + at / (1 - skew * at))))


def studentised(sample: Sample, generator: np.random.Generator) -> Ends:
    """Return the bootstrap-t interval over speakers, each draw's error by a jackknife of its own."""
    sums = sample.sums()
    value, error = _value_and_error(sums, np.ones((1, len(sums))))
    drawn, errors = _value_and_error(sums, _times(len(sums), generator))
    ratios = ((drawn - value) / np.where(errors > 0, errors, np.nan))[errors > 0]
    low, high = np.quantile(ratios, [0.025, 0.975]) if len(ratios) else (0.0, 0.0)
    return float(value[0] - high * error[0]), float(value[0] - low * error[0])


def _value_and_error(sums: Floats, times: Floats) -> tuple[Floats, Floats]:
    """Return UAR and its jackknife error (D,) of draws that have speakers so many ``times`` (D, S)."""
    total = np.tensordot(times, sums, axes=1)
    without = UAR.function(np.maximum(total[:, None] - sums, 0))
    size = len(sums)
    mean = (times * without).sum(1, keepdims=True) / size
    return UAR.function(total), np.sqrt((size - 1) / size * (times * (without - mean) ** 2).sum(1))


def _times(speakers: int, generator: np.random.Generator) -> Floats:
    return generator.multinomial(speakers, np.full(speakers, 1 / speakers), RESAMPLED).astype(np.float64)


def paired_percentile(sample: Sample, generator: np.random.Generator) -> Ends:
    """Return the percentile bootstrap interval of two systems' difference in UAR, as once shown."""
    first, second = (Sample(sample.truth, said[None], sample.who).sums() for said in sample.said)
    times = _times(len(first), generator)
    drawn = [UAR.function(np.tensordot(times, sums, axes=1)) for sums in (first, second)]
    return tuple(np.quantile(drawn[0] - drawn[1], [0.025, 0.975]))


def clip_test(sample: Sample) -> float:
    """Return p of McNemar's exact test between two systems' first seeds."""
    first, second = sample.said[:, 0] == sample.truth
    return mcnemar(int((first & ~second).sum()), int((second & ~first).sum()))


def compared(sample: Sample, found: Interval, p: float) -> BaselineComparison:
    """Return the comparison of two systems alone, which gives the mark that a table shows."""
    values = [tuple(UAR.of(sample.truth.tolist(), column.tolist()) for column in said) for said in sample.said]
    return BaselineComparison(
        task="",
        system="first",
        baseline="second",
        protocol_hash="",
        metric=UAR.name,
        n=len(sample.truth),
        seeds=tuple(range(len(values[0]))),
        values=values[0],
        baseline_values=values[1],
        difference=float(np.mean(values[0]) - np.mean(values[1])),
        interval=found,
        p=p,
        p_holm=p,
    )


def holds(ends: Ends | Interval, true: float) -> float:
    """Return 1 where the interval holds the true value, else 0; NaN where it claims nothing."""
    if isinstance(ends, Interval):
        return float(ends.low <= true <= ends.high) if ends.level is not None else math.nan
    return float(ends[0] <= true <= ends[1])


Method = Callable[[Sample, np.random.Generator], Ends | Interval]
METHODS: dict[str, Method] = {
    "percentile (once)": percentile,
    "BCa": accelerated,
    "bootstrap-t": studentised,
    "t, own values": lambda sample, _: of_own_values(sample),
    "jackknife (here)": lambda sample, _: jackknife(sample),
}


def print_table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table whose first column is text."""
    body = [tuple(header), *(tuple(row) for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*body, strict=True)]
    print(f"\n{title}", flush=True)
    for first, *cells in body:
        print(
            "  ".join(
                [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))]
            )
        )


def share(hits: Iterable[float]) -> str:
    """Return the share of hits in per cent, over those that are not NaN."""
    known = [hit for hit in hits if not math.isnan(hit)]
    return f"{100 * sum(known) / len(known):.1f}" if known else "-"


def one_system(world: World, draws: int, generator: np.random.Generator) -> Iterable[Sequence[str]]:
    """Yield a row of coverages for each number of speakers, and the width of the jackknife's interval."""
    for speakers in SPEAKERS:
        found = []
        for _ in range(draws):
            sample = world.answers(speakers, generator)
            found.append([method(sample, generator) for method in METHODS.values()])
        widths = [last.high - last.low for *_, last in found if isinstance(last, Interval)]
        covered = (share(holds(ends, world.true_uar) for ends in column) for column in zip(*found, strict=True))
        yield (str(speakers), *covered, f"{100 * float(np.median(widths)):.1f}")


def several_seeds(world: World, draws: int, generator: np.random.Generator) -> Iterable[Sequence[str]]:
    """Yield coverages of the mean over seeds: of the union of seeds' intervals, of speakers' noise alone, and ours."""
    for speakers in (5, 10, 40):
        for seeds in (1, 2, 3, 5):
            rows = []
            for _ in range(draws):
                sample = world.answers(speakers, generator, seeds=seeds)
                each = [percentile(sample, generator, seed=seed) for seed in range(seeds)]
                union = min(low for low, _ in each), max(high for _, high in each)
                found = jackknife(sample, seeds=seeds)
                rows.append([holds(ends, world.true_uar) for ends in (union, found)])
            yield (f"{speakers}, {seeds}", *(share(column) for column in zip(*rows, strict=True)))


def _half(speakers: int) -> Ints:
    sizes = np.full((speakers, 3), 30)
    sizes[0] = 30 * (speakers - 1)
    return sizes


def _falling(speakers: int) -> Ints:
    return np.repeat(np.maximum(1, 100 * 0.7 ** np.arange(speakers)).astype(np.int64)[:, None], 3, axis=1)


def _rare(few: int) -> Callable[[int], Ints]:
    return lambda speakers: np.where((np.arange(speakers)[:, None] >= few) & (np.arange(3) == 2), 0, 30)


UNEQUAL = {
    "one speaker has half of the clips": _half,
    "each has .7 of the clips of the one before": _falling,
    "5 speakers have a class": _rare(5),
    "3 speakers have a class": _rare(3),
    "2 speakers have a class": _rare(2),
    "1 speaker has a class": _rare(1),
}


def unequal_speakers(draws: int, generator: np.random.Generator) -> Iterable[Sequence[str]]:
    """Yield coverages where speakers have unequally many clips, and how often nothing is claimed."""
    for name, sizes in UNEQUAL.items():
        world = World(0.4, 0.4, sizes=sizes)
        for speakers in (10, 40):
            rows = []
            for _ in range(draws):
                sample = world.answers(speakers, generator)
                found = jackknife(sample)
                reach = stats.t.ppf(0.975, speakers - 1) * found.standard_error
                value = UAR.of(sample.truth.tolist(), sample.said[0, 0].tolist())
                plain = holds((value - reach, value + reach), world.true_uar) if found.level else math.nan
                rows.append((holds(percentile(sample, generator), world.true_uar), plain, holds(found, world.true_uar)))
            yield (f"{name}, {speakers}", *(share(column) for column in zip(*rows, strict=True)))


def of_numbers(draws: int, generator: np.random.Generator) -> Iterable[Sequence[str]]:
    """Yield coverages of CCC where speakers differ in slope (sd .15) and shift (sd .3) of what is said.

    Truth is normal, what is said .6 t + noise of sd .5: cov(t, p) = .6 and var p = .6^2 + .15^2 + .3^2 + .5^2.
    """
    true = 2 * 0.6 / (1 + 0.36 + 0.0225 + 0.09 + 0.25)
    for speakers in SPEAKERS:
        rows = []
        for _ in range(draws):
            who = np.repeat(np.arange(speakers), 90)
            truth, noise = generator.normal(size=len(who)), generator.normal(0, 0.5, len(who))
            said = generator.normal(0.6, 0.15, speakers)[who] * truth + generator.normal(0, 0.3, speakers)[who] + noise
            sums = moments(truth.tolist(), said.tolist()).reshape(speakers, 90, 7).sum(1)
            drawn = CCC.function(_times(speakers, generator) @ sums)
            found = score_interval(truth.tolist(), [said.tolist()], CCC, speakers=[str(number) for number in who])
            rows.append((holds(tuple(np.quantile(drawn, [0.025, 0.975])), true), holds(found, true)))
        yield (str(speakers), *(share(column) for column in zip(*rows, strict=True)))


def false_alarms(
    world: World, draws: int, generator: np.random.Generator, *, seeds: Sequence[int] = (1,)
) -> Iterable[Sequence[str]]:
    """Yield how often two systems of equal expectation are called different, by each of the tests."""
    for speakers in (5, 10, 20, 40) if len(seeds) == 1 else (5, 10, 40):
        for count in seeds:
            rows = []
            for _ in range(draws):
                sample = world.answers(speakers, generator, systems=2, seeds=count)
                pairs = [(one.tolist(), other.tolist()) for one, other in zip(*sample.said, strict=True)]
                found = difference_interval(sample.truth.tolist(), pairs, UAR, speakers=sample.names)
                apart = 1 - holds(found, 0.0) if found.level else 0.0
                test = sign_flip(sample.truth.tolist(), pairs, UAR, speakers=sample.names)
                p = 1.0 if test is None else test.p
                # Two networks get no mark from one seed; where trainings have no effect, systems are not networks.
                drawn = count == 1 and any(world.training)
                mark = not drawn and compared(sample, found, p).mark != ""
                clips = float(clip_test(sample) < 0.05)
                once = 1 - holds(paired_percentile(sample, generator), 0.0)
                rows.append((clips, once, float(p < 0.05), apart, float(mark)))
            name = str(speakers) if len(seeds) == 1 else f"{speakers}, {count}"
            yield (name, *(share(column) for column in zip(*rows, strict=True)))


TESTS = ("McNemar (clips)", "percentile (once)", "sign flip", "jackknife (here)", "mark")
TRAINING = (0.1, 0.1, 0.3)


@dataclass(frozen=True)
class Table:
    """A table to be simulated: ``rows`` yields them from a number of draws and a generator."""

    title: str
    header: tuple[str, ...]
    rows: Callable[[int, np.random.Generator], Iterable[Sequence[str]]]


def tables() -> Iterable[Table]:
    """Yield all tables."""
    for speaker, by_class in ((0.4, 0.4), (0.2, 0.8)):
        world = World(speaker, by_class)
        title = f"Coverage in %, speaker effect {speaker}, speaker x class {by_class}; UAR {100 * world.true_uar:.1f} %"
        yield Table(title, ("speakers", *METHODS, "its width"), partial(one_system, world))
    title = f"Coverage of the mean over seeds in %, training effects {TRAINING}"
    header = ("speakers, seeds", "union of percentile (once)", "jackknife (here)")
    yield Table(title, header, partial(several_seeds, World(0.4, 0.4, training=TRAINING)))
    header = ("clips, speakers", "percentile (once)", "jackknife, t of S - 1", "jackknife (here)")
    yield Table("Coverage with unequal speakers in %; -: nothing is claimed", header, unequal_speakers)
    yield Table("Coverage of CCC in %", ("speakers", "percentile (once)", "jackknife (here)"), of_numbers)
    for system in (0.2, 0.4):
        title = f"Two equally good systems called different in %, speaker effect on each {system}"
        yield Table(title, ("speakers", *TESTS), partial(false_alarms, World(0.4, 0.4, system=system)))
    world = World(0.4, 0.4, system=0.2, training=TRAINING)
    title = f"The same for two networks, speaker effect 0.2, training effects {TRAINING}"
    yield Table(title, ("speakers, seeds", *TESTS), partial(false_alarms, world, seeds=(1, 3, 5)))
    world = World(0.4, 0.4, ease=4.0)
    title = f"Coverage in % where there are few errors, speaker effects 0.4; UAR {100 * world.true_uar:.1f} %"
    yield Table(title, ("speakers", *METHODS, "its width"), partial(one_system, world))


def main() -> None:
    """Simulate and print the tables."""
    parser = options(__doc__ or "")
    parser.add_argument("--table", type=int, help="only this one, counted from 1")
    given = parser.parse_args()
    draws = given.rounds or (10 if given.quick else 1000)
    error = 100 * math.sqrt(0.95 * 0.05 / draws)
    print(f"{draws} draws for each row, so that a coverage of 95 % has a standard error of {error:.1f};")
    print("90 clips of each speaker, 30 of each of 3 classes, where nothing else is said")
    for number, table in enumerate(tables(), 1):
        if given.table in {None, number}:
            print_table(table.title, table.header, table.rows(draws, np.random.default_rng([8, number])))


if __name__ == "__main__":
    main()
