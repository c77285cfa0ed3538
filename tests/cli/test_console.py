"""Tables in a pipe: the same as rich draws, a line a row, and rich itself where that does not do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from emonet.cli import console

COLUMNS = ("id", "title", "")
ROWS = [("emo", "A corpus [not markup] :smile:", "-"), ("oréau", "", "12"), ("x", "żółć", "a b")]


def drawn(capsys: pytest.CaptureFixture[str], title: str, rows: list[tuple[str, ...]]) -> str:
    capsys.readouterr()
    console.print_table(title, COLUMNS, rows)
    return capsys.readouterr().out


def stripped(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


@pytest.mark.parametrize("title", ["", "Corpora"])
@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], []])
def test_a_table_in_a_pipe_is_the_one_that_rich_draws(
    title: str, rows: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = drawn(capsys, title, rows)
    monkeypatch.setattr(console, "_plain_table", lambda *_: "")
    assert stripped(own) == stripped(drawn(capsys, title, rows))
    assert all(line == line.rstrip() for line in own.splitlines())


@pytest.mark.parametrize("cell", ["a" * 300, "高兴", "e\u0301", "two\nlines", "\x1b[1mbold"])
def test_what_folds_or_is_not_as_wide_as_long_is_left_to_rich(cell: str) -> None:
    assert console._plain_table("", COLUMNS, ROWS)
    assert not console._plain_table("", COLUMNS, [*ROWS, (cell, "", "")])


def test_a_list_in_a_pipe_has_a_line_a_row_and_loads_no_rich() -> None:
    code = "import sys\nfrom emonet.cli.app import run_command\nrun_command(['corpora', 'list'])\n"
    code += "sys.stderr.write(str('rich.console' in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stderr == "False"
    lines = done.stdout.splitlines()
    count = int(lines[-1].split()[0])
    assert len([line for line in lines if line.strip()]) == count + 3
    assert sum(line.startswith("  emodb ") for line in lines) == 1
