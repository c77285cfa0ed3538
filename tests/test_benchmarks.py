from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BENCHMARKS = sorted(path for path in (ROOT / "benchmarks").glob("*.py") if path.name != "measure.py")
TIMED = [path for path in BENCHMARKS if path.stem != "coverage"]
HEADER = re.compile(r"^ +median ms .* ratio$", re.MULTILINE)
ROW = re.compile(r"^\S.*  [\d.]+  +[+-][\d.]+ .*  [\d.e+-]+$", re.MULTILINE)


def test_there_are_seven_benchmarks() -> None:
    assert [path.stem for path in BENCHMARKS] == [
        "checking",
        "coverage",
        "features",
        "listing",
        "logmel",
        "prepare",
        "resampling",
        "training_step",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("script", TIMED, ids=lambda path: path.stem)
def test_a_quick_benchmark_prints_a_table_of_ratios(script: Path) -> None:
    done = subprocess.run([sys.executable, script, "--quick"], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "cores" in done.stdout
    assert HEADER.search(done.stdout), done.stdout
    rows = ROW.findall(done.stdout)
    assert len(rows) >= 3, done.stdout
    assert rows[0].endswith(" 1"), "the first row is the reference"
    assert all(float(row.split()[-1]) > 0 for row in rows)


@pytest.mark.slow
def test_the_coverage_of_intervals_is_printed_in_per_cent_for_each_number_of_speakers() -> None:
    script = ROOT / "benchmarks" / "coverage.py"
    done = subprocess.run([sys.executable, script, "--quick"], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    tables = [table.splitlines() for table in done.stdout.split("\n\n")[1:]]
    assert [len(table) - 2 for table in tables] == [5, 5, 12, 12, 5, 4, 4, 9, 5]
    assert all("jackknife (here)" in table[1] for table in tables)
    cells = [re.split(r"  +", row)[1:] for table in tables for row in table[2:]]
    assert all(cell == "-" or 0 <= float(cell) <= 100 for row in cells for cell in row)


@pytest.mark.parametrize("script", BENCHMARKS, ids=lambda path: path.stem)
def test_make_bench_runs_every_benchmark_and_the_readme_gives_its_figures(script: Path) -> None:
    assert f"benchmarks/{script.name}\n" in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"## {script.name}" in (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
