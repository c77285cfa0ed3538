"""Stages travel: a job and a plan file are all that a fresh process needs."""

from __future__ import annotations

import json
import pickle
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy
import pyarrow.parquet
import pytest
import torch

import emonet
from emonet.document import read_document
from emonet.engine import jobs as engine_jobs
from emonet.engine import runner
from emonet.engine.event_files import OFTEN, EventWriter, Follower, following, from_line, to_line
from emonet.engine.executor import Job
from emonet.engine.jobs import carry_out, failure_beside, hosting, jobs_of, runner_of, write_rehearsal
from emonet.engine.openings import ledger_path
from emonet.engine.plan_file import PlanFile, read_plan_file, write_plan_file
from emonet.engine.run import plan_run
from emonet.engine.runner import is_done
from emonet.errors import Damaged, EmonetError, RecipeError
from emonet.events import EpochEnded, Event, Notice, Progress, RunStarted, StageEnded, StageStarted
from emonet.files import home, read_sealed, stages_folder, write_sealed
from emonet.plugin.component import traits_of
from emonet.plugin.registry import load_registry
from emonet.recipe.plan import WeightsFile, plan
from emonet.recipe.recipe import recipe_of
from emonet.recipe.stage import Resolved
from tests.helpers.cli_run import call
from tests.recipe.test_plan import FACTS, OTHERS, factory, rated, recipe
from tests.recipe.test_stage_keys import CASES

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
"""
FRESH = '''\
"""An executor that only pickles: each job is done by a Python of its own, which knows nothing else."""
import pickle
import subprocess
import sys

import emonet

DO = "import pickle, sys, emonet; job = pickle.load(sys.stdin.buffer); emonet.run_stage(job.plan, job.key)"


class Fresh:
    def run(self, jobs):
        for job in jobs:
            done = subprocess.run([sys.executable, "-c", DO], input=pickle.dumps(job), capture_output=True)
            done.check_returncode()


@emonet.hookimpl
def emonet_executors():
    return {"fresh": Fresh}
'''


FLIPS = '''\
"""An executor whose jobs meet a damaged store, once, where the run does not see it: they read a copy of the plan."""
from pathlib import Path

import emonet
from emonet.files import home


class Flips:
    def run(self, jobs):
        (store,) = home().glob("store/*/*/store.arrow")
        if not Path("flipped").exists():
            data = bytearray(store.read_bytes())
            data[len(data) // 2] ^= 1
            store.write_bytes(data)
            Path("flipped").touch()
        for job in jobs:
            copy = job.plan.parent / "copy.json"
            copy.write_bytes(job.plan.read_bytes())
            emonet.run_stage(copy, job.key)


@emonet.hookimpl
def emonet_executors():
    return {"flips": Flips}
'''


@pytest.fixture
def place(tones: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tones.parent.parent
    monkeypatch.chdir(folder)
    (folder / "it.yaml").write_text(RECIPE, encoding="utf-8")
    (folder / "fresh.py").write_text(FRESH, encoding="utf-8")
    return folder


def results(run: str) -> tuple[Any, Any]:
    folder = Path(run)
    scores = json.loads((folder / "scores.json").read_text(encoding="utf-8"))["scores"]
    return scores, pyarrow.parquet.read_table(folder / "predictions.parquet").to_pylist()


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    code, out, err = call(capsys, "run", "it.yaml", "--json", *words)
    assert code == 0, err
    return str(json.loads(out)["run"])


@pytest.mark.slow
def test_an_executor_that_only_pickles_gives_the_same_scores_predictions_and_events(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = results(ran(capsys, "--runs", "here"))
    monkeypatch.setenv("EMONET_HOME", str(place / "other home"))
    there = ran(capsys, "--runs", "there", "--plugin", "fresh.py", "--set", "executor=fresh")
    assert results(there) == here
    told = [json.loads(line) for line in (Path(there) / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    kinds = [event["event"] for event in told]
    assert kinds.count("StageStarted") == kinds.count("StageEnded") == 2
    assert [event["epoch"] for event in told if event["event"] == "EpochEnded"] == [1, 2]
    assert kinds[-1] == "RunEnded"
    assert len(ledger_path().read_text(encoding="utf-8").splitlines()) == 2
    assert list((home() / "work").glob("*")) == []


@pytest.mark.slow
def test_what_a_stage_says_in_another_process_is_what_the_user_reads(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = call(
        capsys, "run", "it.yaml", "--quiet", "--plugin", "fresh.py", "--set", "executor=fresh",
        "--set", "systems.net.training.learning_rates=[1e30]",
    )  # fmt: skip
    assert code == 2
    assert "Task 'labels/label': the loss is" in err
    assert "Lower the learning rates" in err
    assert "Traceback" not in err


def planned(place: Path, *changes: str) -> tuple[PlanFile, Any]:
    """Return what a run would write as its plan, its corpora prepared, and the registry."""
    registry = load_registry()
    asked = recipe_of(read_document(place / "it.yaml", RecipeError), changes)
    made, gathered = plan_run(asked, place, registry, decode=True)
    stores = {each.facts.corpus.id: each.store for each in gathered if each.store is not None}
    return PlanFile(made.stages, stores, "cpu", registry.pinned, registry.files, place), registry


class Here:
    """Does jobs as another process would, which was not told of the plan."""

    def run(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            copy = job.plan.parent / "copy.json"
            copy.write_bytes(job.plan.read_bytes())
            emonet.run_stage(copy, job.key)


def carried_out(made: PlanFile, registry: Any, place: Path, executor: Any, tell: Callable[[Event], None]) -> None:
    path = place / "desk" / "plan.json"
    write_plan_file(path, made)
    carry_out(made, path, executor, runner_of(made, registry, tell), tell)


def test_an_error_that_nobody_foresaw_names_a_file_with_its_traceback(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def divide(*_: Any) -> None:
        raise ZeroDivisionError("by nothing")

    made, registry = planned(place)
    monkeypatch.setattr(runner.StageRunner, "_learn", divide)
    with pytest.raises(EmonetError) as caught:
        carried_out(made, registry, place, Here(), list[Event]().append)
    log = place / f"stage-{made.stages[0].key}.log"
    assert str(caught.value).startswith("svm on labels/label, fold ")
    assert "ZeroDivisionError: by nothing" in str(caught.value)
    assert str(caught.value).endswith(f"Where it arose: {log}")
    assert "in divide" in log.read_text(encoding="utf-8")


def test_a_damaged_store_is_told_to_the_run_as_one(place: Path) -> None:
    made, registry = planned(place)
    (store,) = made.stores.values()
    data = bytearray((store / "store.arrow").read_bytes())
    data[len(data) // 2] ^= 1
    (store / "store.arrow").write_bytes(data)
    with pytest.raises(Damaged) as caught:
        carried_out(made, registry, place, Here(), list[Event]().append)
    assert caught.value.path == store / "store.arrow"
    assert str(caught.value).startswith(f"{store / 'store.arrow'}: this file is damaged (")


def test_a_run_whose_store_is_damaged_makes_it_anew_whoever_found_it(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "flips.py").write_text(FLIPS, encoding="utf-8")
    code, _, err = call(capsys, "run", "it.yaml", "--plugin", "flips.py", "--set", "executor=flips")
    assert code == 0, err
    assert err.count("is made anew") == 1
    assert list((home() / "work").glob("*")) == []


def test_the_disk_that_is_full_elsewhere_is_full_in_the_users_words(tmp_path: Path) -> None:
    plan_file = tmp_path / "plan.json"
    engine_jobs._note_failure(plan_file, "k", OSError(28, "No space left on device", "x.arrow"))
    found = failure_beside(plan_file, {}, tmp_path)
    assert isinstance(found, OSError)
    assert (found.errno, found.filename) == (28, "x.arrow")


def test_a_job_that_no_process_did_is_missed(place: Path) -> None:
    class Idle:
        def run(self, jobs: Sequence[Job]) -> None:
            assert len(jobs) == 2

    made, registry = planned(place)
    with pytest.raises(
        EmonetError, match=r"\(it said nothing\) with 2 stages not done; the first is svm on labels/label.*the same"
    ):
        carried_out(made, registry, place, Idle(), list[Event]().append)


def test_a_job_that_is_begun_before_its_parent_is_refused_in_words(place: Path) -> None:
    text = RECIPE.replace("strategy: scratch", "strategy: head\n    source: {manifest: tones/source.csv}")
    (place / "it.yaml").write_text(text, encoding="utf-8")
    (place / "tones" / "source.csv").write_bytes((place / "tones" / "labels.csv").read_bytes())

    class Reversed(Here):
        def run(self, jobs: Sequence[Job]) -> None:
            super().run(jobs[::-1])

    made, registry = planned(place)
    first, last = made.stages[-2:]
    with pytest.raises(EmonetError) as caught:
        carried_out(made, registry, place, Reversed(), list[Event]().append)
    said = f"{last.title}: it was begun before what it starts from was done ({first.title}). Run the same recipe again"
    assert str(caught.value).startswith(said)


def test_jobs_name_the_plan_by_its_whole_path_where_emonet_home_does_not(place: Path) -> None:
    handed: list[Job] = []

    class Recording:
        def run(self, jobs: Sequence[Job]) -> None:
            handed.extend(jobs)

    made, registry = planned(place)
    with pytest.raises(EmonetError, match="it said nothing"):
        carried_out(made, registry, Path(), Recording(), list[Event]().append)
    assert {job.plan for job in handed} == {place / "desk" / "plan.json"}


def test_an_executor_that_fails_itself_is_told_in_one_line_with_what_is_left(place: Path) -> None:
    class Nowhere:
        def run(self, jobs: Sequence[Job]) -> None:
            subprocess.run(["no-such-queue"], check=True)  # noqa: S607

    made, registry = planned(place)
    with pytest.raises(EmonetError, match=r"\(FileNotFoundError: .*no-such-queue.*\) with 2 stages not done"):
        carried_out(made, registry, place, Nowhere(), list[Event]().append)


def test_an_error_of_a_stage_in_this_process_stays_what_it_is(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class InOrder:
        def run(self, jobs: Sequence[Job]) -> None:
            emonet.run_stage(jobs[0].plan, jobs[0].key)

    def divide(*_: Any) -> None:
        raise ZeroDivisionError("by nothing")

    made, registry = planned(place)
    monkeypatch.setattr(runner.StageRunner, "_learn", divide)
    with pytest.raises(ZeroDivisionError):
        carried_out(made, registry, place, InOrder(), list[Event]().append)


def test_a_failure_that_a_second_attempt_made_good_is_none(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learn, failing = runner.StageRunner._learn, ["once"]

    def fails_once(self: runner.StageRunner, *given: Any) -> Any:
        if failing:
            raise ZeroDivisionError(failing.pop())
        return learn(self, *given)

    class Retries:
        def run(self, jobs: Sequence[Job]) -> None:
            for job in jobs:
                try:
                    Here().run([job])
                except ZeroDivisionError:
                    Here().run([job])

    made, registry = planned(place)
    monkeypatch.setattr(runner.StageRunner, "_learn", fails_once)
    carried_out(made, registry, place, Retries(), list[Event]().append)
    assert failing == []
    assert all(map(is_done, made.stages))


def test_a_forked_process_does_not_use_what_its_parent_has_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    write_rehearsal(tmp_path / "plan.json", {"one": ()})
    with hosting(tmp_path / "plan.json", ran.append):
        monkeypatch.setattr("os.getpid", lambda: 0)
        emonet.run_stage(tmp_path / "plan.json", "one")
    assert ran == []
    assert (tmp_path / "one.done").is_file()


def test_what_is_done_makes_no_job(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    handed: list[Job] = []

    class Recording:
        def run(self, jobs: Sequence[Job]) -> None:
            handed.extend(jobs)

    ran(capsys)
    made, registry = planned(place)
    told: list[Event] = []
    carried_out(made, registry, place, Recording(), told.append)
    assert handed == []
    assert [event.reused for event in told if isinstance(event, StageStarted)] == [True, True]


def test_jobs_have_their_parents_among_them_and_travel_by_pickle() -> None:
    stages = plan(recipe(**CASES["full"]), [FACTS, OTHERS], factory, {"s": OTHERS}).stages
    jobs = jobs_of(stages, Path("plan.json"))
    assert len({job.key for job in jobs}) == len(jobs) == len(stages)
    shared = {stage.key for stage in stages if not stage.scored}
    assert {parent for job in jobs for parent in job.parents} == shared
    scored = jobs_of([stage for stage in stages if stage.scored], Path("plan.json"))
    assert {job.parents for job in scored} == {()}, "what is done already is not a job, and no parent"
    assert pickle.loads(pickle.dumps(jobs)) == jobs  # noqa: S301 - pickled in this line
    assert len(pickle.dumps(jobs[-1])) < 500


@pytest.mark.parametrize("name", CASES)
def test_a_plan_file_holds_stages_as_they_are(name: str, tmp_path: Path) -> None:
    system, facts = CASES[name], [rated()] if name.startswith("numbers") else [FACTS, OTHERS]
    sources: Any = {}
    if "source" in system:
        sources = {"s": WeightsFile("w.safetensors", "5ha") if isinstance(system["source"], dict) else OTHERS}
    stages = plan(recipe(**system), facts, factory, sources).stages
    made = PlanFile(stages, {"foo": home() / "store" / "foo" / "k"}, "auto", ("mine",), (tmp_path / "p.py",), tmp_path)
    write_plan_file(tmp_path / "plan.json", made)
    read = read_plan_file(tmp_path / "plan.json")
    content = {"foo": "c0ffee", "bar": "c0ffee", "rated": "c0ffee"}
    assert [stage.with_key(content).key for stage in read.stages] == [stage.key for stage in stages]
    bare = [replace(stage, protocols=()) for stage in stages]
    assert [replace(stage, protocols=()) for stage in read.stages] == bare
    for one, other in zip(read.stages, stages, strict=True):
        assert [(each.id, each.hash) for each in one.protocols] == [(each.id, each.hash) for each in other.protocols]
        assert [fold.name for fold in one.protocol.folds] == [fold.name for fold in other.protocol.folds]
    assert replace(read, stages=()) == replace(made, stages=())


def test_a_plan_file_of_another_home_is_of_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = PlanFile((), {"foo": home() / "store" / "foo" / "k"}, "auto", (), (), tmp_path)
    write_plan_file(home() / "work" / "a" / "plan.json", made)
    (tmp_path / "mounted").symlink_to(home())
    monkeypatch.setenv("EMONET_HOME", str(tmp_path / "mounted"))
    read = read_plan_file(home() / "work" / "a" / "plan.json")
    assert read.stores == {"foo": tmp_path / "mounted" / "store" / "foo" / "k"}


def test_a_process_whose_home_is_not_that_of_the_run_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home() / "work" / "a" / "plan.json"
    write_plan_file(path, PlanFile((), {}, "auto", (), (), tmp_path))
    monkeypatch.setenv("EMONET_HOME", str(tmp_path / "forgotten"))
    with pytest.raises(EmonetError, match=r"another EMONET_HOME than .*forgotten\. Set EMONET_HOME"):
        emonet.run_stage(path, "k")


def test_a_plan_of_another_version_is_refused(tmp_path: Path) -> None:
    write_plan_file(tmp_path / "plan.json", PlanFile((), {}, "auto", (), (), tmp_path))
    facts = read_sealed(tmp_path / "plan.json")
    write_sealed(tmp_path / "plan.json", {**facts, "emonet": "9.9"})
    with pytest.raises(EmonetError, match=r"emonet 9\.9 .* planned this, and here is emonet .* Install the same"):
        emonet.run_stage(tmp_path / "plan.json", "k")
    with pytest.raises(EmonetError, match="there is no plan file"):
        emonet.run_stage(tmp_path / "gone.json", "k")


def test_a_damaged_plan_file_is_refused_with_what_to_do(place: Path) -> None:
    class Flips:
        def run(self, jobs: Sequence[Job]) -> None:
            text = jobs[0].plan.read_text(encoding="utf-8")
            jobs[0].plan.write_text(text.replace('"cpu"', '"mps"'), encoding="utf-8")
            Here().run(jobs)

    made, registry = planned(place)
    with pytest.raises(Damaged, match=r"this file is damaged \(its digest is another\)\. Run the recipe again"):
        carried_out(made, registry, place, Flips(), list[Event]().append)


def test_a_component_of_another_version_is_refused(place: Path) -> None:
    made, _ = planned(place)
    net = made.stages[-1]
    backbone = net.components["backbone"]
    old = replace(backbone, traits=replace(backbone.traits, version="0"))
    stages = (replace(net, components={**net.components, "backbone": old}),)
    write_plan_file(place / "plan.json", replace(made, stages=stages))
    with pytest.raises(EmonetError, match=r"backbone 'wide_resnet' is version \S+ here, and 0 in the plan"):
        emonet.run_stage(place / "plan.json", net.key)


def test_options_that_are_no_json_are_the_factorys_own_in_another_process() -> None:
    @emonet.component(version="1", yields="image")
    def shaped(*, sizes: tuple[int, ...] = (1, 2), names: list[str] | None = None) -> object: ...

    def here(**options: Any) -> Any:
        planned = Resolved("shaped", json.loads(json.dumps(options)), traits_of(shaped))
        return engine_jobs._here("frontend", planned, registry).options

    registry: Any = SimpleNamespace(factory=lambda kind, name: shaped)
    assert here(sizes=(1, 2), names=None) == {"sizes": (1, 2), "names": None}
    assert here(sizes=[3], names=["a"]) == {"sizes": [3], "names": ["a"]}


def test_a_key_that_the_plan_lacks_is_refused(place: Path) -> None:
    write_plan_file(place / "plan.json", planned(place)[0])
    with pytest.raises(EmonetError, match="The plan has no stage 'k'"):
        emonet.run_stage(str(place / "plan.json"), "k")


EVENTS: list[Event] = [
    RunStarted(Path("runs/one"), 2),
    Notice("hello"),
    StageStarted("k", "net on foo", reused=False),
    EpochEnded("k", 1, 0.1, {"dev_uar": 0.1 + 0.2}),
    StageEnded("k", "net on foo", 1.5),
    Progress("decode", 3, None, "a.wav"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_the_same_behind_a_file(event: Event) -> None:
    assert from_line(to_line(event)) == event


def test_each_event_is_told_once_and_half_a_line_waits(tmp_path: Path) -> None:
    told: list[Event] = []
    follower, writer = Follower(tmp_path, told.append), EventWriter(tmp_path)
    writer(EVENTS[1])
    follower.look()
    follower.look()
    writer(EVENTS[3])
    (path,) = tmp_path.glob("*.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    follower.look()
    assert told == [EVENTS[1]]
    path.write_bytes(whole)
    follower.look()
    assert told == [EVENTS[1], EVENTS[3]]


def test_a_listener_that_raises_is_heard_when_the_stages_are_done(tmp_path: Path) -> None:
    def choke(event: Event) -> None:
        raise ZeroDivisionError("by nothing")

    def work(problem: type[BaseException] | None) -> None:
        with following(tmp_path, choke):
            EventWriter(tmp_path)(EVENTS[1])
            time.sleep(2 * OFTEN)
            went_on.append("the stages")
            if problem:
                raise problem

    went_on: list[str] = []
    with pytest.raises(ZeroDivisionError):
        work(None)
    with pytest.raises(KeyboardInterrupt):
        work(KeyboardInterrupt)
    assert len(went_on) == 2


def test_a_line_that_a_full_disk_cut_short_costs_no_other(tmp_path: Path) -> None:
    told: list[Event] = []
    lines = [to_line(EVENTS[1])[:9] + to_line(EVENTS[2]), "[]", '{"event": "no_such"}', to_line(EVENTS[3])]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    Follower(tmp_path, told.append).look()
    assert told == [EVENTS[3]]


def test_a_job_that_outlives_its_run_leaves_nothing_where_the_plan_was(tmp_path: Path) -> None:
    gone = tmp_path / "gone" / "plan.json"
    with pytest.raises(EmonetError, match="there is no plan file"):
        emonet.run_stage(gone, "k")
    with pytest.raises(FileNotFoundError):
        EventWriter(gone.parent / "events")(EVENTS[1])
    assert list(tmp_path.iterdir()) == []


def test_activities_of_two_processes_are_told_apart(tmp_path: Path) -> None:
    told: list[Event] = []
    for _ in range(2):
        EventWriter(tmp_path)(Progress("rounds of 2 tasks", 1, 9))
    Follower(tmp_path, told.append).look()
    assert [event.activity for event in told if isinstance(event, Progress)][1] == "rounds of 2 tasks (process 2)"


def test_stages_in_threads_take_turns_and_leave_the_random_numbers_of_others_alone(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Threads:
        def run(self, jobs: Sequence[Job]) -> None:
            threads = [threading.Thread(target=emonet.run_stage, args=(job.plan, job.key)) for job in jobs]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    change = "seeds=[1, 2, 3]"
    here = results(ran(capsys, "--set", change))
    alone = _weights()
    for folder in stages_folder().iterdir():
        for path in folder.iterdir():
            path.unlink()
    made, registry = planned(place, change)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    carried_out(made, registry, place, Threads(), list[Event]().append)
    assert torch.equal(torch.get_rng_state(), before)
    assert _weights() == alone
    assert all(is_done(stage) for stage in made.stages)
    assert results(ran(capsys, "--set", change)) == here


DRAWS = """\
import emonet
import numpy
import torch


class Draws:
    dim, names = 1, ("a",)

    def __init__(self):
        self.start = float(torch.rand(1))

    def extract(self, wave):
        return numpy.array([self.start + float(torch.rand(1))])


@emonet.component(yields="vector")
def draws():
    return Draws()


@emonet.hookimpl
def emonet_extractors():
    return {"draws": draws}
"""


def test_a_run_leaves_the_random_numbers_of_its_process_alone(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import sklearn.svm  # noqa: F401 - draws from random when it is first imported

    (place / "draws.py").write_text(DRAWS, encoding="utf-8")
    (place / "it.yaml").write_text(RECIPE.replace("egemaps", "draws"), encoding="utf-8")
    random.seed(3)
    numpy.random.seed(4)
    torch.manual_seed(5)
    before = random.getstate(), repr(numpy.random.get_state()), torch.get_rng_state().tolist()
    ran(capsys, "--plugin", "draws.py")
    assert (random.getstate(), repr(numpy.random.get_state()), torch.get_rng_state().tolist()) == before


def _weights() -> dict[str, bytes]:
    from safetensors.numpy import load_file

    found = {f"{path.parent.name}/{path.name}": load_file(path) for path in stages_folder().rglob("*.safetensors")}
    assert len(found) > 9
    return {name: b"".join(array.tobytes() for _, array in sorted(each.items())) for name, each in found.items()}


def test_a_fresh_process_needs_no_torch_to_rehearse(tmp_path: Path) -> None:
    write_rehearsal(tmp_path / "plan.json", {"one": ()})
    script = "import sys, emonet; emonet.run_stage(sys.argv[1], 'one'); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "plan.json")], check=True)
    assert (tmp_path / "one.done").is_file()
