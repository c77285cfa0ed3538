"""Several stages at once, each in a process of its own: equal scores, clear words, no orphans."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from emonet.errors import RecipeError
from emonet.plugin.registry import load_registry
from emonet_plugins.processes_executor import _ended_by, threads_here
from tests.helpers.cli_run import call

RECIPE = """\
corpora: [{manifest: tones/labels.csv}]
protocol: by-speaker
systems:
  svm: {strategy: svm, extractor: egemaps, svm: {c: [0.1]}}
  net:
    strategy: scratch
    frontend: {logmel: {bands: 8}}
    backbone: {wide_resnet: {width: 4, blocks: 1}}
    training: {batch: 8, epochs: 2, crop: 0.2, learning_rates: [0.05]}
seeds: [1, 2]
"""
LONG = ["--set", "systems.net.training.epochs=1000000", "--set", "systems.net.training.patience=1000000"]
PRINTS = """\
import subprocess

import emonet
import here_only


class Prints:
    dim, names = 1, ("a",)

    def extract(self, wave):
        print("not an answer")
        subprocess.run(["cat"], check=True)  # reads all of stdin, and writes it to stdout
        return [float(abs(wave).mean())]


@emonet.component(yields="vector")
def prints():
    return Prints()


@emonet.hookimpl
def emonet_extractors():
    return {"prints": prints}
"""
DOOMED = """\
import os
import signal

import emonet


class Doomed:
    dim, names = 1, ("a",)

    def extract(self, wave):
        os.kill(os.getpid(), signal.SIGKILL)


@emonet.component(yields="vector")
def doomed():
    return Doomed()


@emonet.hookimpl
def emonet_extractors():
    return {"doomed": doomed}
"""


@pytest.fixture
def place(tones: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tones.parent.parent
    monkeypatch.chdir(folder)
    (folder / "it.yaml").write_text(RECIPE, encoding="utf-8")
    return folder


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[dict[str, Any], list[Any]]:
    code, out, err = call(capsys, "run", "it.yaml", "--json", *words)
    assert code == 0, err
    made = json.loads(out)
    return made, pyarrow.parquet.read_table(Path(made["run"]) / "predictions.parquet").to_pylist()


@pytest.mark.slow
def test_two_processes_give_the_scores_of_one_and_of_none(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    local, said = ran(capsys)
    for workers in (1, 2):
        monkeypatch.setenv("EMONET_HOME", str(place / f"home of {workers}"))
        change = f"executor={{processes: {{workers: {workers}, threads: 1}}}}"
        made, rows = ran(capsys, "--runs", f"runs of {workers}", "--set", change)
        assert made["scores"] == local["scores"]
        assert rows == said
        assert [(each["threads"], each["OMP_NUM_THREADS"]) for each in made["machines"]] == [("1", "1")]
        environment = json.loads((Path(made["run"]) / "environment.json").read_text(encoding="utf-8"))
        assert environment["machine"]["OMP_NUM_THREADS"] == "1"


@pytest.mark.slow
def test_a_process_that_the_system_kills_is_named_with_its_stage_and_what_to_do(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "doomed.py").write_text(DOOMED, encoding="utf-8")
    (place / "it.yaml").write_text(RECIPE.replace("egemaps", "doomed"), encoding="utf-8")
    code, _, err = call(capsys, "run", "it.yaml", "--quiet", "--plugin", "doomed.py", "--set", "executor=processes")
    assert code == 2
    assert "Error: svm on labels/label, fold " in err
    assert "ended from outside, by SIGKILL" in err
    assert "choose fewer workers (executor: {processes: {workers: 1}})" in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_neither_prints_nor_names_in_the_folder_one_is_in_disturb_processes(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "prints.py").write_text(PRINTS, encoding="utf-8")
    (place / "beside").mkdir()
    (place / "beside" / "here_only.py").touch()
    (place / "queue.py").write_text("raise ImportError('not the library')", encoding="utf-8")
    monkeypatch.syspath_prepend(str(place / "beside"))
    (place / "it.yaml").write_text(RECIPE.replace("egemaps", "prints"), encoding="utf-8")
    change = "systems={svm: {strategy: svm, extractor: prints, svm: {c: [0.1]}}}"
    made, _ = ran(capsys, "--plugin", "prints.py", "--set", "executor=processes", "--set", change)
    assert len(made["scores"]) == 4


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (signal.SIGKILL, "was ended from outside, by SIGKILL. Where memory runs out, the system does that: choose"),
        (signal.SIGTERM, "was ended from outside, by SIGTERM."),
        (signal.SIGSEGV, "crashed (SIGSEGV): a fault of a library or a plugin, not of what you gave it."),
    ],
)
def test_the_end_of_a_process_is_called_what_it_was(number: signal.Signals, text: str) -> None:
    said = _ended_by(number)
    assert said.startswith(text)
    assert ("memory" in said) == (number == signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGKILL])
def test_neither_ctrl_c_nor_the_end_of_the_run_leaves_a_process_behind(place: Path, word: signal.Signals) -> None:
    words = ["run", "it.yaml", "--set", "executor=processes", *LONG]
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import emonet.cli; emonet.cli.main()"
    )
    with subprocess.Popen([sys.executable, "-c", program, *words], stderr=subprocess.PIPE, text=True) as run:
        try:
            wait_until(lambda: len(epochs(place)) == 2)
            assert len(list(processes(place))) == 3
            os.kill(run.pid, word)
            _, err = run.communicate(timeout=60)
        finally:
            run.kill()
        wait_until(lambda: not list(processes(place)))
    if word == signal.SIGINT:
        assert run.returncode == 130
        assert "Interrupted. Finished stages are kept. Go on with: emonet run it.yaml" in err
        assert "Traceback" not in err
        assert list((place_home() / "work").glob("*")) == []


def place_home() -> Path:
    return Path(os.environ["EMONET_HOME"])


def epochs(place: Path) -> set[str]:
    """Return the stages of which an epoch has been told."""
    lines = [line for path in place.glob("runs/*/events.jsonl") for line in path.read_text().splitlines()]
    return {event["key"] for event in map(json.loads, lines) if event["event"] == "EpochEnded"}


def processes(place: Path) -> Iterator[int]:
    """Yield the processes that work for this test's home, this one left out."""
    mark = f"EMONET_HOME={place_home()}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            ours = mark in (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if ours and int(folder.name) != os.getpid():
            yield int(folder.name)


def wait_until(happened: Any) -> None:
    end = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_threads_are_divided_among_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = load_registry()

    def threads(**options: Any) -> int:
        return int(registry.build("executors", "processes", options).threads)

    monkeypatch.setenv("OMP_NUM_THREADS", "6")
    assert [threads(), threads(workers=3), threads(workers=9), threads(workers=3, threads=4)] == [3, 2, 1, 4]
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert threads_here() == len(os.sched_getaffinity(0))


@pytest.mark.parametrize("option", ["workers", "threads"])
def test_no_process_and_no_thread_are_refused(option: str) -> None:
    with pytest.raises(RecipeError, match=f"executor 'processes': {option} is 0, expected 1 or more"):
        load_registry().build("executors", "processes", {option: 0})
