"""A score: a number that never goes without its protocol, chance level and interval."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from emonet.errors import EmonetError, UnknownName, counted
from emonet.evaluate.interval import Interval, score_interval
from emonet.evaluate.metrics import METRICS, Metric, chance_level, confusion
from emonet.evaluate.predictions import FORMERLY_SPLIT, Checkpoint, Prediction, Predictions, ScoredSplit
from emonet.evaluate.selection import Selection
from emonet.task_id import TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How scored predictions came about.

    Attributes:
        strategy: the row of the strategy table.
        protocol_id: corpus, protocol and its options.
        protocol_hash: over utterances, labels, speakers, segments and splits; scores compare only under one hash.
        protocol_overlap: why speakers stand in two splits, empty where none does.
        normalisation: which clips the features were normalised with.
        transductive: whether clips of test, though not their labels, were among them.
        metric: the name of the metric for selection, one of ``METRICS``.
        best_epochs: fold -> the epoch that was best on dev, None for models without epochs.
        final_epochs: fold -> the last epoch.
        chosen: fold -> the hyperparameter that was chosen, e.g. C of an SVM.
        selection: how that, or the best epoch, was chosen, and what it moves; None where it is unknown.
        parameters: how many parameters the model has.
        evaluation: what of each clip was judged, in words; empty where the features are of whole clips.
        head: the task with all dimensions of the head, empty where the head has this target only.
        range: lowest and highest value of a dimensional target; metrics are in its own unit.
        unit: of a dimensional target, empty where nobody says.
        method: hash of the system's settings and components, whatever it is called; empty where it is unknown.
    """

    strategy: str
    protocol_id: str
    protocol_hash: str
    protocol_overlap: str = ""
    normalisation: str = "none"
    transductive: bool = False
    metric: str = "uar"
    best_epochs: Mapping[str, int] | None = None
    final_epochs: Mapping[str, int] | None = None
    chosen: Mapping[str, float] | None = None
    selection: Selection | None = None
    parameters: int | None = None
    evaluation: str = ""
    head: str = ""
    range: tuple[float, float] | None = None
    unit: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score(Setting):
    """How well one system does one task, pooled over the folds of one split.

    Attributes:
        task: ``corpus/target``.
        metrics: all metrics of the task's kind by name, over the pooled utterances.
        chance: the UAR of guessing, None for a dimensional target.
        interval: of the metric for selection, for this seed's training.
        per_fold: fold -> the metric for selection.
        fold_mean: mean over folds of the metric for selection, None where there is one fold.
        fold_sd: sample standard deviation over folds.
        confusion: (K, K), rows truth and columns prediction; () for a dimensional target.
        missing_classes: classes without an utterance in this split; only ``macro_f1_all`` may count them.
        n: number of predictions.
        speakers: number of known speakers.
        notes: sentences that a reader of the number needs.
    """

    system: str
    task: str
    split: ScoredSplit
    checkpoint: Checkpoint
    seed: int
    metrics: Mapping[str, float]
    interval: Interval
    per_fold: Mapping[str, float]
    n: int
    speakers: int
    fold_mean: float | None = None
    fold_sd: float | None = None
    chance: float | None = None
    classes: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    missing_classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def value(self) -> float:
        """The metric for selection."""
        return self.metrics[self.metric]

    def to_json(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Score:
        """Return the score that ``to_json`` made this data from.

        Raises:
            EmonetError: the data are not a score, naming the first field that is wrong.
        """
        from pydantic import TypeAdapter, ValidationError

        known = {field.name for field in fields(cls)}
        named = {"split" if key == FORMERLY_SPLIT else key: value for key, value in data.items()}
        try:
            return TypeAdapter(cls).validate_python({key: value for key, value in named.items() if key in known})
        except ValidationError as problem:
            first = problem.errors()[0]
            place = ".".join(str(key) for key in first["loc"])
            message = f"Not a score: '{place}': {first['msg'].lower()}. It may be from another version of EmoNet."
            raise EmonetError(message) from None


def score_predictions(predictions: Predictions, setting: Setting) -> Score:
    """Score one system on one split: pooled over the folds, and each fold by itself.

    Args:
        predictions: one system, task, split, checkpoint and seed; an utterance once in each fold at most.
        setting: how they came about.

    Raises:
        EmonetError: no predictions, several systems or passes mixed, or an utterance twice in a fold.
        UnknownName: there is no such metric.
    """
    metric = metric_called(setting.metric)
    _check(predictions)
    first = predictions.rows[0]
    truth, predicted = _judged(predictions, metric)
    speakers = predictions.column("speaker")
    per_fold = _per_fold(predictions, metric)
    return Score(
        **{field.name: getattr(setting, field.name) for field in fields(Setting)},
        system=first.system,
        task=TaskId(first.corpus, first.target).text,
        split=first.split,
        checkpoint=first.checkpoint,
        seed=first.seed,
        metrics={each.name: each.of(truth, predicted) for each in METRICS.values() if each.kind == metric.kind},
        interval=score_interval(truth, [predicted], metric, speakers=speakers),
        per_fold=per_fold,
        **_over_folds(per_fold),
        n=len(predictions),
        speakers=len(set(speakers) - {None}),
        notes=_notes(predictions),
        **_class_facts(truth, predicted, predictions.classes, metric),
    )


def metric_called(name: str) -> Metric:
    """Return the metric with this name.

    Raises:
        UnknownName: there is no such metric.
    """
    if name not in METRICS:
        raise UnknownName("metric", name, METRICS)
    return METRICS[name]


@dataclass(frozen=True, slots=True)
class Summary:
    """One number over seeds; ``sd`` is the sample standard deviation, None for a single seed."""

    mean: float
    sd: float | None
    seeds: tuple[int, ...]


def summarise(scores: Sequence[Score]) -> Summary:
    """Return mean and standard deviation of scores that differ in their seed only.

    Raises:
        EmonetError: no scores, scores of different things, or one seed twice.
    """
    if not scores:
        raise EmonetError("No scores to summarise. Give one for each seed.")
    for field in ("system", "task", "split", "checkpoint", "metric", "protocol_hash"):
        _check_one_value(f"Scores over seeds must have one {field}", [getattr(score, field) for score in scores])
    seeds = tuple(score.seed for score in scores)
    if len(set(seeds)) < len(seeds):
        twice = next(seed for seed, count in Counter(seeds).items() if count > 1)
        raise EmonetError(f"Seed {twice} is there twice. Expected one score for each seed: remove one of the two.")
    values = [score.value for score in scores]
    return Summary(statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None, seeds)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedMean:
    """The mean over seeds of one system on one task's test split, with an interval for speakers and seeds.

    Attributes:
        seeds: of the scores that it is the mean of, in order.
        value: the mean of the metric for selection.
        interval: of that mean; see ``score_interval``.
    """

    task: str
    system: str
    normalisation: str
    metric: str
    protocol_hash: str
    checkpoint: Checkpoint
    seeds: tuple[int, ...]
    value: float
    interval: Interval

    def is_of(self, scores: Sequence[Score]) -> bool:
        """Say whether these are the scores that it is the mean of."""
        return bool(scores) and self.seeds == _seeds(scores) and _subject(scores[0]) == _subject(self)


def seed_means(scores: Iterable[Score], predictions: Iterable[Predictions]) -> tuple[SeedMean, ...]:
    """Return the mean over seeds of every system on every task that several seeds were tested on.

    What has no predictions for each seed, or not of the same utterances, is left out: its interval is unknown.

    Args:
        scores: of any splits, checkpoints and seeds.
        predictions: theirs, in tables cut in any way.
    """
    groups: dict[tuple[str, ...], list[Score]] = {}
    for score in scores:
        if score.split == "test":
            groups.setdefault(_subject(score), []).append(score)
    several = {key: found for key, found in groups.items() if len(set(_seeds(found))) > 1}
    rows = _test_rows(predictions) if several else {}
    means = (_seed_mean(found, rows) for found in several.values())
    return tuple(mean for mean in means if mean is not None)


def _subject(score: Score | SeedMean) -> tuple[str, ...]:
    return (score.task, score.system, score.normalisation, score.metric, score.protocol_hash, score.checkpoint)


def _seeds(scores: Iterable[Score]) -> tuple[int, ...]:
    return tuple(sorted(score.seed for score in scores))


_Rows = dict[tuple[str, str, str, int], dict[tuple[str, str], Prediction]]


def _test_rows(predictions: Iterable[Predictions]) -> _Rows:
    """Return (task, system, checkpoint, seed) -> (fold, id) -> the row."""
    found: _Rows = {}
    for row in (row for table in predictions for row in table.rows if row.split == "test"):
        key = (TaskId(row.corpus, row.target).text, row.system, row.checkpoint, row.seed)
        found.setdefault(key, {})[row.fold, row.id] = row
    return found


def _seed_mean(scores: Sequence[Score], rows: _Rows) -> SeedMean | None:
    first, seeds = scores[0], _seeds(scores)
    tables = [rows.get((first.task, first.system, first.checkpoint, seed), {}) for seed in seeds]
    truths = [{key: row.truth for key, row in table.items()} for table in tables]
    if not truths[0] or any(truth != truths[0] for truth in truths[1:]):
        return None
    metric, keys = metric_called(first.metric), list(truths[0])
    speakers = [tables[0][key].speaker for key in keys]
    columns = [_values([table[key].predicted for key in keys], metric) for table in tables]
    truth = _values([truths[0][key] for key in keys], metric)
    return SeedMean(
        task=first.task,
        system=first.system,
        normalisation=first.normalisation,
        metric=first.metric,
        protocol_hash=first.protocol_hash,
        checkpoint=first.checkpoint,
        seeds=seeds,
        value=statistics.fmean(score.value for score in scores),
        interval=score_interval(truth, columns, metric, speakers=speakers),
    )


def _check(predictions: Predictions) -> None:
    if not predictions.rows:
        raise EmonetError("Nothing to score: there is no utterance. Check that the split is not empty.")
    for column in ("system", "corpus", "target", "split", "checkpoint", "seed"):
        _check_one_value(f"Predictions that make one score must have one {column}", predictions.column(column))
    keys = Counter(zip(predictions.column("fold"), predictions.column("id"), strict=True))
    fold, id_ = keys.most_common(1)[0][0]
    if keys[fold, id_] > 1:
        message = f"Utterance '{id_}' is predicted {keys[fold, id_]} times in fold '{fold}'. Expected once."
        raise EmonetError(f"{message} Do not join the predictions of one pass twice.")


def _check_one_value(rule: str, values: Sequence[object]) -> None:
    found = sorted({str(value) for value in values})
    if len(found) > 1:
        raise EmonetError(f"{rule}. Found: {', '.join(found)}. Select one of them first.")


def _judged(predictions: Predictions, metric: Metric) -> tuple[list[str] | list[float], list[str] | list[float]]:
    return _values(predictions.column("truth"), metric), _values(predictions.column("predicted"), metric)


def _values(texts: Sequence[str], metric: Metric) -> list[str] | list[float]:
    """Return what the metric judges: labels, or numbers."""
    if metric.kind == "categorical":
        return list(texts)
    try:
        return [float(text) for text in texts]
    except ValueError as problem:
        message = f"The metric '{metric.name}' needs numbers: {problem}. Choose a categorical metric."
        raise EmonetError(message) from None


def _per_fold(predictions: Predictions, metric: Metric) -> dict[str, float]:
    folds = dict.fromkeys(predictions.column("fold"))
    return {fold: metric.of(*_judged(predictions.select(fold=fold), metric)) for fold in folds}


def _over_folds(per_fold: Mapping[str, float]) -> dict[str, Any]:
    """Return mean and sample standard deviation over folds, where there are several."""
    if len(per_fold) < 2:
        return {"fold_mean": None, "fold_sd": None}
    values = per_fold.values()
    return {"fold_mean": statistics.fmean(values), "fold_sd": statistics.stdev(values)}


def _class_facts(
    truth: Sequence[str] | Sequence[float],
    predicted: Sequence[str] | Sequence[float],
    classes: tuple[str, ...],
    metric: Metric,
) -> dict[str, Any]:
    if metric.kind == "dimensional":
        return {}
    present = set(truth)
    return {
        "chance": chance_level(truth),
        "classes": classes,
        "confusion": tuple(tuple(row) for row in confusion(truth, predicted, classes).tolist()),
        "missing_classes": tuple(label for label in classes if label not in present),
    }


def _notes(predictions: Predictions) -> tuple[str, ...]:
    counts = Counter(predictions.column("id"))
    repeated = sum(count > 1 for count in counts.values())
    split = predictions.rows[0].split
    stand = "is" if repeated == 1 else "are"
    text = f"{counted(repeated, 'utterance')} {stand} in {split} of several folds and counted once for each"
    return (text,) if repeated else ()
