"""The first-party report formats."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from emonet.report.results import Report
from emonet.report.table import Table
from emonet.report.text import table_as_markdown, table_as_text
from emonet_plugins.formats import as_json, markdown, terminal

EPOCHS = ["best", "8", "to", "31", "/", "final", "60"]


def test_the_terminal_table_is_whole_at_120_columns(usual: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    lines = terminal(usual).splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("system"))
    assert lines[head].split() == ["system", "dev", "test", "95", "%", "interval", "epochs", "or", "C"]
    assert lines[head + 3].split() == ["net", "90.0", "/", "85.0", "80.0", "/", "77.5", *interval_of(usual), *EPOCHS]


def interval_of(report: Report) -> list[str]:
    interval = report.scores[4].interval
    return [f"[{100 * interval.low:.1f},", f"{100 * interval.high:.1f}]"]


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_nothing_is_cut_off_at_any_width(usual: Report, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    text = terminal(usual)
    assert max(len(line) for line in text.splitlines()) <= columns
    assert any("test  95 % interval" in line for line in text.splitlines())
    words = text.split()
    wanted = ["linear-svm", "net", "90.0", "85.0", "80.0", "77.5", *interval_of(usual), "31", "0.0001", "#1a2b3c4d"]
    assert [word for word in wanted if word.rstrip(",") not in [each.rstrip(",") for each in words]] == []
    assert "\x1b" not in text


SECTION = Table(
    ("system", "dev", "test", "epochs or C"),
    (("a-long-name", "70.0 / 57.1", "59.3 / 55.3", "best 7 / final 25"), ("svm", "58.4", "52.4", "-")),
    stacks=True,
)


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (
            58,
            [
                "system               dev         test        epochs or C",
                "────────────────────────────────────────────────────────",
                "a-long-name  70.0 / 57.1  59.3 / 55.3  best 7 / final 25",
                "svm                 58.4         52.4                  -",
            ],
        ),
        (
            36,
            [
                "system        dev  test  epochs or C",
                "────────────────────────────────────",
                "a-long-name  70.0  59.3       best 7",
                "             57.1  55.3     final 25",
                "svm          58.4  52.4            -",
            ],
        ),
        (
            35,
            [
                "   dev  test",
                "────────────",
                "a-long-name, best 7 / final 25",
                "  70.0  59.3",
                "  57.1  55.3",
                "svm",
                "  58.4  52.4",
            ],
        ),
    ],
)
def test_a_narrow_terminal_stacks_best_and_final_then_names_and_epochs(width: int, lines: list[str]) -> None:
    assert table_as_text(SECTION, width=width).splitlines() == ["", *lines, ""]


def test_other_tables_are_never_stacked() -> None:
    text = table_as_text(replace(SECTION, stacks=False), width=36)
    assert "epochs or C" not in text
    assert not [line for line in text.splitlines() if line.startswith("a-long-name,")]


def test_the_terminal_says_so_when_there_is_nothing_to_show(make_report: Any) -> None:
    assert "No scores yet." in terminal(make_report())


def test_the_terminal_table_at_80_columns() -> None:
    table = Table(("task", "dev", "test"), (("foo/emotion", "61.2 / 60.0", "-"),), ("A note.",), "A title")
    assert table_as_text(table, width=80) == (
        "A title\n\n"
        "task                 dev  test\n"
        "──────────────────────────────\n"
        "foo/emotion  61.2 / 60.0     -\n"
        "\nA note.\n"
    )


def test_a_long_task_is_broken_after_its_corpus() -> None:
    table = Table(("task", "test"), (("a_corpus_of_long_name/emotion", "61.2"),))
    assert "a_corpus_of_long_name/emotion  61.2" in table_as_text(table, width=35)
    lines = table_as_text(table, width=34).splitlines()
    assert [line.split() for line in lines if "a_corpus" in line or "emotion" in line] == [
        ["a_corpus_of_long_name/", "61.2"],
        ["emotion"],
    ]


def test_text_in_brackets_is_no_markup() -> None:
    table = Table(("name",), (("[red]x[/red]",),), ("[bold]",), "[blue]")
    text = table_as_text(table, width=80)
    assert all(word in text for word in ("[red]x[/red]", "[bold]", "[blue]"))


def test_markdown_is_one_table_with_its_footnotes_as_a_list(usual: Report) -> None:
    lines = markdown(usual).splitlines()
    assert lines[0] == "# quickstart"
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 4
    assert {line.count(" | ") for line in table} == {8}
    assert "foo\\_corpus/emotion" in table[3]
    assert lines[-1] == "- 3 files could not be read."


def test_signs_that_mean_something_in_markdown_are_escaped() -> None:
    table = Table(("name",), (("a|b*c_d<e\\f",),), title="t_t")
    assert table_as_markdown(table) == "**t\\_t**\n\n| name |\n| --- |\n| a\\|b\\*c\\_d\\<e\\\\f |\n"


def test_json_is_the_whole_report(usual: Report) -> None:
    assert Report.from_json(json.loads(as_json(usual))) == usual


def test_a_table_that_is_too_wide_breaks_its_header_between_words_and_its_names_after_the_corpus() -> None:
    table = Table(("task", "could find"), (("corpus/emotion", "8.2"),))
    whole, narrow = (table_as_text(table, width=width).splitlines() for width in (40, 24))
    assert [line.split() for line in whole if "find" in line] == [["task", "could", "find"]]
    assert [line.split() for line in narrow if "find" in line or "could" in line] == [["could"], ["task", "find"]]
    assert any(line.strip().startswith("corpus/") and "emotion" not in line for line in narrow)
