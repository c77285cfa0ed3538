"""Runs from Python: what was done, reports over several, and packs of what was trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from emonet.api.corpora import Plugins, registry_of
from emonet.api.frames import comparison_rows, frame_of, html_table, prediction_rows, score_rows
from emonet.evaluate.baseline import COMPARE_FROM
from emonet.report.folder import RunFolder, find_run, runs_in
from emonet.report.results import Report

if TYPE_CHECKING:
    import pandas as pd

    from emonet.pack.pack import Pack
    from emonet.report.compare import Comparison


class Reported:
    """Scores to look at: of a run, or of several together."""

    @property
    def report(self) -> Report:
        """The scores with their intervals, protocols, audits and notes."""
        raise NotImplementedError

    def to_frame(self) -> pd.DataFrame:
        """Return a row a score: of every seed and, where there are several, of their mean on test.

        ``value`` is of ``metric``, as a share and not in per cent; ``low`` and ``high`` are its interval's ends, at
        ``level``, which is empty where the interval claims none. ``seeds`` are those that the value is the mean of.

        Raises:
            EmonetError: a run is not complete, or damaged.
        """
        return frame_of(score_rows(self.report))

    def comparisons(self) -> pd.DataFrame:
        """Return a row for each system that was held against the ``baseline``; none where none is named.

        ``mark`` is ``+`` or ``-`` where the difference is significant, and ``limit`` says why there can be none.

        Raises:
            EmonetError: a run is not complete, or damaged.
        """
        return frame_of(comparison_rows(self.report))

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain data, as ``--json`` prints it."""
        return self.report.to_json()

    def to_text(self, form: str = "", *, plugins: Plugins = ()) -> str:
        """Return the report in a report format, as ``--format`` does; by default the tables of the terminal.

        Raises:
            UnknownName: no plugin brings this format.
            EmonetError: a run is not complete, or damaged.
        """
        registry = registry_of(plugins)
        text: str = registry.factory("report_formats", form or registry.default("report_formats"))(self.report)
        return text

    def _repr_html_(self) -> str:
        """Return the tables of ``emonet runs show``."""
        from emonet.report.table import report_sections

        tables = report_sections(self.report)
        return "".join(html_table(each.header, each.rows, title=each.title, notes=each.footnotes) for each in tables)


@dataclass(frozen=True)
class RunsReport(Reported):
    """One report over several runs, with their learning curves and the paper's values."""

    merged: Report

    @property
    def report(self) -> Report:
        """The scores of all runs, with the tests against the baseline."""
        return self.merged


@dataclass(frozen=True)
class Run(Reported):
    """A run: its folder, and what it found.

    Attributes:
        path: the run's folder; ``docs/reference/run-folder.md`` documents its files.
    """

    path: Path
    _report: Report | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The run's name, as in ``emonet runs list``."""
        return self.path.name

    @property
    def state(self) -> dict[str, Any]:
        """What the run says of itself: ``state`` (running, complete or damaged), ``started`` and ``ended``."""
        return RunFolder(self.path).state()

    @cached_property
    def report(self) -> Report:
        """The scores with their intervals, protocols, audits and notes, once they are compared with their digests.

        Raises:
            EmonetError: the run is not complete, or damaged.
        """
        return self._report or RunFolder(self.path).report()

    def to_frame(self) -> pd.DataFrame:
        """Return a row a score, with the run's name; see ``Reported.to_frame``."""
        return frame_of({"run": self.name, **row} for row in score_rows(self.report))

    def predictions(self) -> pd.DataFrame:
        """Return a row an utterance, for each fold, seed, system and checkpoint that judged it.

        Raises:
            EmonetError: the run is not complete, or damaged.
        """
        run = RunFolder(self.path)
        run.check("predictions")
        return frame_of(prediction_rows(run.predictions()))

    def export(
        self,
        out: str | Path,
        *,
        system: str,
        fold: str = "",
        seed: int | None = None,
        checkpoint: Literal["best", "final"] = "best",
        task: str = "",
        plugins: Plugins = (),
    ) -> Pack:
        """Write a trained system as a pack, for ``load_pack``; as ``emonet pack export``.

        Args:
            out: the new pack's folder.
            system: the system whose weights are exported.
            fold: by default the first.
            seed: by default the first.
            checkpoint: the epoch best on dev, or the last.
            task: this task alone; by default all of the system.
            plugins: single-file plugins to load as well.

        Raises:
            EmonetError: the run is not complete; there is no such system, fold, seed, task or checkpoint; its tasks
                have no shared model in common; or ``out`` is a pack already.
        """
        from emonet.pack.export import ExportChoice, export_pack

        choice = ExportChoice(system, fold, seed, checkpoint, task)
        return export_pack(RunFolder(self.path), choice, Path(out), registry_of(plugins))

    def _repr_html_(self) -> str:
        """Return the tables of ``emonet runs show``, or the state of a run that is not complete."""
        state = self.state.get("state")
        if self._report is None and state != "complete":
            return html_table(("run", "state"), [(self.name, state)])
        return super()._repr_html_()


@dataclass(frozen=True)
class Runs(Sequence[Run]):
    """The runs in a folder, oldest first; by number, by name, or as a frame."""

    folder: Path
    found: tuple[Run, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.found)

    @overload
    def __getitem__(self, key: int | str) -> Run: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Run, ...]: ...
    def __getitem__(self, key: int | str | slice) -> Run | tuple[Run, ...]:
        """Return a run by its number or its name, as ``emonet runs show RUN``; or several by a slice.

        Raises:
            EmonetError: there is no run of this name.
        """
        return Run(find_run(key, self.folder).path.absolute()) if isinstance(key, str) else self.found[key]

    def report(
        self, *chosen: str | Run, baseline: str = "", compare_from: int = COMPARE_FROM, plugins: Plugins = ()
    ) -> RunsReport:
        """Return one report over some of the runs, with tests against a baseline; as ``emonet report RUN...``.

        Args:
            chosen: runs, or their names.
            baseline: the system that all others are tested against; empty: no tests, unless the runs themselves
                named one.
            compare_from: how many seeds a network must have to be compared with the named baseline.
            plugins: single-file plugins to load as well.

        Raises:
            UnknownName: no system has the baseline's name.
            EmonetError: no run, one run twice, one that is not complete, or systems that cannot be tested.
        """
        from emonet.report.loading import published_results, whole_report

        found = [(run.path, run.report) for run in self._chosen(chosen)]
        published = published_results(registry_of(plugins).corpora.values())
        return RunsReport(whole_report(found, baseline=baseline, published=published, compare_from=compare_from))

    def compare(self, *chosen: str | Run) -> Comparison:
        """Compare the test scores of runs; as ``emonet runs compare RUN...``.

        Scores under different protocols are never compared: ``is_sound`` says whether all could be.

        Raises:
            EmonetError: fewer than two runs, one that is not complete, or runs without a task in common.
        """
        from emonet.report.compare import compare

        return compare([run.report for run in self._chosen(chosen)])

    def _chosen(self, chosen: Sequence[str | Run]) -> list[Run]:
        return [self[each] if isinstance(each, str) else each for each in chosen]

    def to_json(self) -> list[dict[str, Any]]:
        """Return a row a run, as ``emonet runs list --json`` prints it."""
        return [{"run": run.name, **run.state} for run in self.found]

    def to_frame(self) -> pd.DataFrame:
        """Return a row a run: its name, its state, when it started and ended."""
        columns = ("run", "state", "started", "ended")
        return frame_of(({name: row.get(name) for name in columns} for row in self.to_json()), columns)

    def _repr_html_(self) -> str:
        columns = ("run", "state", "started", "ended")
        return html_table(columns, ([row.get(name, "") for name in columns] for row in self.to_json()))


def runs(folder: str | Path = "runs") -> Runs:
    """Return the runs in a folder, oldest first; as ``emonet runs list``.

    >>> len(runs("no/such/folder"))
    0
    """
    return Runs(Path(folder), tuple(Run(found.path.absolute()) for found in runs_in(Path(folder))))
