"""Whole reports: the results of one run or several, with their curves, tests and the paper's values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from emonet.corpus.corpus import Corpus, Published
from emonet.errors import EmonetError, UnknownName
from emonet.evaluate.baseline import COMPARE_FROM, compare_with_baseline, one_family
from emonet.evaluate.predictions import Predictions
from emonet.evaluate.score import Score, seed_means
from emonet.findings import about_system
from emonet.report.curves import Curve, read_curve
from emonet.report.folder import RunFolder
from emonet.report.results import OpeningCount, Report
from emonet.task_id import TaskId


@dataclass(frozen=True)
class LoadedRun:
    """A run's report with its curves, and its predictions in as many tables as the run wrote."""

    report: Report
    predictions: tuple[Predictions, ...] = ()


def whole_report(
    runs: Sequence[tuple[Path, Report]],
    *,
    baseline: str = "",
    published: Mapping[str, Published] | None = None,
    compare_from: int = COMPARE_FROM,
) -> Report:
    """Return one report over runs, with learning curves and, where a baseline is named, tests against it.

    Args:
        runs: the folder and the scores of each run.
        baseline: the name of a system; empty: no tests, unless the run itself named one.
        published: task -> what the paper reports; see ``published_results``.
        compare_from: how many seeds a network must have to be compared with the named baseline.

    Raises:
        UnknownName: no system has the baseline's name.
        EmonetError: no run, one run twice, or systems that cannot be tested against the baseline.
    """
    if not runs:
        raise EmonetError("There is nothing to report. Give one run or more.")
    twice = [str(folder) for folder, count in Counter(folder.resolve() for folder, _ in runs).items() if count > 1]
    if twice:
        raise EmonetError(f"The run {twice[0]} is given twice. Give each run once.")
    seeds = _seeds_are_apart([report for _, report in runs])
    loaded = _distinct([_load(folder, report, needed=bool(baseline), wanted=seeds) for folder, report in runs])
    merged = _merged([run.report for run in loaded])
    tables = [table for run in loaded for table in run.predictions]
    if seeds:
        merged = replace(merged, means=tuple(dict.fromkeys((*merged.means, *seed_means(merged.scores, tables)))))
    tasks = {score.task for score in merged.scores}
    merged = replace(merged, published={task: value for task, value in (published or {}).items() if task in tasks})
    if not baseline:
        is_joined = _seeds_are_apart([run.report for run in loaded]) and all(run.predictions for run in loaded)
        return _compared_anew(merged, tables, compare_from) if is_joined else merged
    systems = list(dict.fromkeys(score.system for score in merged.scores))
    if baseline not in systems:
        raise UnknownName("baseline", baseline, systems)
    if not any(score.split == "test" and score.system == baseline for score in merged.scores):
        note = f"No system was tested against the baseline '{baseline}', which has scores on dev only."
        return replace(merged, notes=(*merged.notes, note))
    comparisons = compare_with_baseline(tables, merged.scores, baseline, compare_from=compare_from)
    return replace(merged, comparisons=comparisons)


def _compared_anew(merged: Report, tables: Sequence[Predictions], compare_from: int) -> Report:
    """Return a report whose tests are over the seeds of all its runs, where these named one baseline for theirs."""
    baselines = {each.baseline for each in merged.comparisons}
    if len(baselines) != 1:
        return merged
    try:
        comparisons = compare_with_baseline(tables, merged.scores, baselines.pop(), compare_from=compare_from)
    except EmonetError as problem:
        note = f"Each run's tests are of its own seeds, and not over the seeds of all runs: {problem}"
        return replace(merged, notes=(*merged.notes, note))
    return replace(merged, comparisons=comparisons)


def published_results(corpora: Iterable[Corpus]) -> dict[str, Published]:
    """Return task -> what the paper reports for it, by the cards of corpora; it is about their first targets."""
    return {TaskId(corpus.id, corpus.targets[0].name).text: corpus.paper for corpus in corpora if corpus.paper}


def read_curves(run: RunFolder, scores: Iterable[Score]) -> tuple[Curve, ...]:
    """Return all learning curves of a run.

    Args:
        run: its folder.
        scores: of the run; they say what the names of files stand for where these are hashed.

    Raises:
        EmonetError: a history that is not a list of records.
    """
    names = {name for score in scores for name in (score.head or score.task, *score.per_fold)}
    found = (read_curve(training, path) for training, path in run.histories(names))
    return tuple(curve for curve in found if curve is not None)


def _seeds_are_apart(reports: Sequence[Report]) -> bool:
    """Say whether some system's seeds on a task are in several runs, so that no run knows their interval."""
    owners: dict[tuple[str, str], set[int]] = {}
    for place, report in enumerate(reports):
        for score in report.scores:
            owners.setdefault((score.system, score.task), set()).add(place)
    return any(len(places) > 1 for places in owners.values())


def _load(folder: Path, report: Report, *, needed: bool, wanted: bool) -> LoadedRun:
    """Read a run's curves and its predictions: where they are needed, or wanted and there."""
    run = RunFolder(folder)
    curves = report.curves or read_curves(run, report.scores)
    try:
        tables = run.predictions() if needed or wanted else ()
    except EmonetError:
        if needed:
            raise
        tables = ()
    return LoadedRun(replace(report, curves=curves), tables)


def _distinct(runs: Sequence[LoadedRun]) -> list[LoadedRun]:
    """Tell systems of one name apart by their runs: where two have a task and seed in common, or other settings.

    Runs of the same settings stay together where their seeds differ, by the name of the first of them.
    """
    owners: dict[tuple[str, str, int], set[int]] = {}
    methods: dict[tuple[str, str], dict[str, int]] = {}
    for place, run in enumerate(runs):
        for score in run.report.scores:
            owners.setdefault((score.system, score.task, score.seed), set()).add(place)
            methods.setdefault((score.system, score.task), {}).setdefault(_method(score), place)
    repeated = {system for (system, _, _), places in owners.items() if len(places) > 1}
    unlike = {system for (system, _), found in methods.items() if len(found) > 1} - repeated
    folders = [Path(run.report.folder).name for run in runs]
    named = []
    for run, folder in zip(runs, folders, strict=True):
        names = {system: f"{system} ({folder})" for system in repeated}
        for score in run.report.scores:
            if score.system in unlike:
                first = folders[methods[score.system, score.task][_method(score)]]
                names.setdefault(score.system, f"{score.system} ({first})")
        named.append(_renamed(run, names))
    return named


def _method(score: Score) -> str:
    return f"{score.method} {score.strategy} {score.normalisation}"


def _renamed(run: LoadedRun, names: Mapping[str, str]) -> LoadedRun:
    if not names:
        return run
    subjects = {about_system(system): about_system(new) for system, new in names.items()}
    report = replace(
        run.report,
        scores=tuple(replace(score, system=names.get(score.system, score.system)) for score in run.report.scores),
        means=tuple(replace(mean, system=names.get(mean.system, mean.system)) for mean in run.report.means),
        curves=tuple(replace(curve, system=names.get(curve.system, curve.system)) for curve in run.report.curves),
        comparisons=tuple(
            replace(each, system=names.get(each.system, each.system), baseline=names.get(each.baseline, each.baseline))
            for each in run.report.comparisons
        ),
        audits=tuple(replace(each, subject=subjects.get(each.subject, each.subject)) for each in run.report.audits),
    )
    tables = (
        replace(table, rows=tuple(replace(row, system=names.get(row.system, row.system)) for row in table.rows))
        for table in run.predictions
    )
    return LoadedRun(report, tuple(tables))


def _merged(reports: Sequence[Report]) -> Report:
    if len(reports) == 1:
        return reports[0]
    return Report(
        name=", ".join(dict.fromkeys(report.name for report in reports)),
        folder=", ".join(report.folder for report in reports),
        created=max(report.created for report in reports),
        version=", ".join(sorted({report.version for report in reports})),
        scores=tuple(score for report in reports for score in report.scores),
        notes=tuple(dict.fromkeys([*(note for report in reports for note in report.notes), *_differing(reports)])),
        means=tuple(mean for report in reports for mean in report.means),
        # Each run corrected its own tests only; in one table they are one family.
        comparisons=one_family(each for report in reports for each in report.comparisons),
        curves=tuple(curve for report in reports for curve in report.curves),
        audits=tuple(dict.fromkeys(verdict for report in reports for verdict in report.audits)),
        corpora=tuple({each.corpus: each for report in reports for each in report.corpora}.values()),
        openings=_openings(reports),
        machines=tuple({str(each): each for report in reports for each in report.machines}.values()),
        left_out=tuple({str(each): each for report in reports for each in report.left_out}.values()),
        content={corpus: content for report in reports for corpus, content in report.content.items()},
    )


def _differing(reports: Sequence[Report]) -> Iterable[str]:
    """Yield a sentence for each corpus of which the runs heard different data."""
    heard: dict[str, set[str]] = {}
    for report in reports:
        for corpus, content in report.content.items():
            heard.setdefault(corpus, set()).add(content)
    for corpus, contents in heard.items():
        if len(contents) > 1:
            yield f"The prepared data of '{corpus}' (its audio, or its table) are not the same in all of these runs."


def _openings(reports: Sequence[Report]) -> tuple[OpeningCount, ...]:
    """Return the latest count of each protocol: a ledger only grows."""
    found: dict[str, OpeningCount] = {}
    for each in (each for report in reports for each in report.openings):
        known = found.get(each.hash, each)
        latest = max(known, each, key=lambda count: count.times)
        found[each.hash] = replace(latest, by_run=known.by_run or each.by_run)
    return tuple(found.values())
