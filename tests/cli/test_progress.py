"""Progress: bars on a terminal, rare plain lines elsewhere, nothing where quiet; with a clock of the test's own."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from emonet.events import EpochEnded, Event, Notice, Progress, RunEnded, RunStarted, StageEnded, StageStarted
from emonet.progress import PATIENCE, PAUSE, Bars, PlainLines, busy, progress_listener

FOLDER = Path("runs/one")
RUN: list[Event] = [
    RunStarted(FOLDER, 2),
    StageStarted("k1", "train foo", reused=False),
    EpochEnded("k1", 3, 0.01, {"dev_uar": 0.5}),
    StageEnded("k1", "train foo", 1.0),
    StageStarted("k2", "score foo", reused=True),
    RunEnded(FOLDER),
]


class Clock:
    """A clock that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time in s."""
        return self.now


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=120, markup=False, highlight=False)


def text_of(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def test_plain_lines_come_at_most_once_in_a_pause() -> None:
    screen, clock = console(terminal=False), Clock()
    lines = PlainLines(screen, clock)
    for second in range(12):
        clock.now = float(second)
        lines(Progress("decode", second, 12, "a.wav"))
    assert PAUSE == 5.0
    assert text_of(screen).splitlines() == ["decode: 5 of 12 (a.wav)", "decode: 10 of 12 (a.wav)"]


def test_a_total_that_is_not_known_is_left_out() -> None:
    screen, clock = console(terminal=False), Clock()
    lines = PlainLines(screen, clock)
    clock.now = 6.0
    lines(Progress("unpack", 7, None))
    assert text_of(screen) == "unpack: 7\n"


def test_notices_are_printed_at_once_and_as_they_are() -> None:
    screen = console(terminal=False)
    PlainLines(screen, Clock())(Notice("[2 files] left out"))
    assert text_of(screen) == "[2 files] left out\n"


def test_a_run_in_plain_lines_tells_begin_stage_and_end() -> None:
    screen, clock = console(terminal=False), Clock()
    lines = PlainLines(screen, clock)
    for event in RUN:
        clock.now += 3.0
        lines(event)
    assert text_of(screen).splitlines() == [
        "run: 2 stages, results in runs/one",
        "stage 0 of 2: train foo, epoch 3, learning rate 0.01, dev_uar 0.500",
        "stage 2 of 2: score foo",
        "run: done, results in runs/one",
    ]


def test_a_bar_is_shown_only_when_more_than_a_moment_passes() -> None:
    clock = Clock()
    with Bars(console(terminal=True), clock) as bars:
        bars(Progress("decode", 1, 3))
        assert bars.bars.tasks == []
        clock.now += PATIENCE
        bars(Progress("decode", 2, 3))
        assert [(task.description, task.completed, task.total) for task in bars.bars.tasks] == [("decode", 2, 3)]
        bars(Progress("decode", 3, 3))
        assert bars.bars.tasks == []


def test_a_run_has_one_bar_with_stage_epoch_rate_and_metrics() -> None:
    with Bars(console(terminal=True), Clock()) as bars:
        for event in RUN[:3]:
            bars(event)
        (task,) = bars.bars.tasks
        assert task.description == "train foo, epoch 3, learning rate 0.01, dev_uar 0.500"
        assert (task.completed, task.total) == (0, 2)
        for event in RUN[3:5]:
            bars(event)
        assert (bars.bars.tasks[0].completed, bars.bars.tasks[0].description) == (2, "score foo")
        bars(RUN[5])
        assert bars.bars.tasks == []


SEVERAL: list[Event] = [
    RunStarted(FOLDER, 4),
    StageStarted("k1", "resnet on polish_speech_emotions/emotion, fold s1, seed 1", reused=False),
    StageStarted("k2", "resnet on polish_speech_emotions/emotion, fold s2, seed 1", reused=False),
    EpochEnded("k1", 3, 0.01, {"dev_uar": 0.5}),
]


def test_stages_at_once_have_a_row_each_that_counts_epochs_and_fits_80_columns() -> None:
    narrow = Console(file=io.StringIO(), force_terminal=True, width=80)
    with Bars(narrow, Clock()) as bars:
        for event in SEVERAL:
            bars(event)
        rows = [(task.description, task.completed, task.total) for task in bars.bars.tasks]
        assert rows == [
            ("2 stages at once", 0, 4),
            ("resnet on polish_sp…ion, fold s1, seed 1", 3, None),
            ("resnet on polish_sp…ion, fold s2, seed 1", 0, None),
        ]
        shown = narrow.render_lines(bars.bars.get_renderable(), pad=False)
        assert all("fold s1" in line or "fold s2" in line for line in map(str, shown[1:]))
        bars(StageEnded("k1", "net", 1.0))
        (task,) = bars.bars.tasks
        assert (task.completed, task.total) == (1, 4)
        assert "fold s2" in task.description, "the stage that goes on, not the one that ended"
        bars(RunEnded(FOLDER))
        assert bars.bars.tasks == []


def test_a_long_text_takes_no_counts_and_times_away_on_80_columns() -> None:
    narrow = Console(file=io.StringIO(), force_terminal=True, width=80)
    with Bars(narrow, Clock()) as bars:
        for event in [*SEVERAL, StageEnded("k2", "net", 1.0), EpochEnded("k1", 4, 0.0499963, {"dev_uar": 0.5})]:
            bars(event)
        shown = ["".join(part.text for part in line) for line in narrow.render_lines(bars.bars.get_renderable())]
        assert [line[:40] for line in shown] == [
            "resnet on polish_sp…ion, fold s1, seed 1",
            "epoch 4, learning r…99963, dev_uar 0.500",
        ]
        assert ["1/4" in shown[0], "4/?" in shown[1]] == [True, True]
        assert all("0:00:0" in line for line in shown)
        bars(Progress("extracting egemaps from polish_speech_emotions (process 2)", 1, 9))
        bars.clock.now += PATIENCE  # type: ignore[attr-defined]
        bars(Progress("extracting egemaps from polish_speech_emotions (process 2)", 2, 9))
        assert bars.bars.tasks[-1].description == "extracting egemaps …emotions (process 2)"


def test_plain_lines_tell_the_stage_last_heard_of_and_how_many_others_are_at_work() -> None:
    screen, clock = console(terminal=False), Clock()
    lines = PlainLines(screen, clock)
    for event in SEVERAL:
        clock.now += 2.0
        lines(event)
    title = "resnet on polish_speech_emotions/emotion, fold s1, seed 1"
    assert text_of(screen).splitlines()[1:] == [
        f"stage 0 of 4: {title}, epoch 3, learning rate 0.01, dev_uar 0.500 (1 other at work)"
    ]


def test_a_notice_is_printed_above_the_bars() -> None:
    screen = console(terminal=True)
    with Bars(screen, Clock()) as bars:
        bars(Notice("mind the gap"))
    assert "mind the gap" in text_of(screen)


@pytest.mark.parametrize("terminal", [True, False])
def test_the_kind_of_console_decides_how_it_is_shown(terminal: bool) -> None:
    screen = console(terminal=terminal)
    with progress_listener(screen) as listen:
        assert isinstance(listen, Bars if terminal else PlainLines)
        listen(Notice("hello"))
    assert "hello" in text_of(screen)


def test_quiet_shows_nothing() -> None:
    screen = console(terminal=True)
    with progress_listener(screen, quiet=True) as listen:
        for event in [*RUN, Notice("hello")]:
            listen(event)
    assert text_of(screen) == ""


@pytest.mark.parametrize(
    ("terminal", "quiet", "shown"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_a_terminal_shows_that_something_goes_on(terminal: bool, quiet: bool, shown: bool) -> None:
    screen = console(terminal=terminal)
    with busy(screen, "Checking foo ...", quiet=quiet):
        pass
    assert ("Checking foo" in text_of(screen)) == shown
