"""What is kept: counted, verified to the last file, and removed only where nobody needs or holds it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from emonet.cli.app import run_command
from emonet.engine.cache import KeptEntry, entries, needs_of, remove, to_remove, verify, verify_runs
from emonet.engine.kept import at_work, needed_by_work, note_needs
from emonet.errors import Damaged, EmonetError
from emonet.events import Event, Progress
from emonet.files import write_sealed
from tests.helpers.tones import make_tones

RECIPE = """\
corpora: [{manifest: NAME/labels.csv}]
protocol: by-speaker
systems: {svm: {strategy: svm, extractor: egemaps, svm: {c: [C]}}}
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home in which two corpora were learned from, each by a run of its own."""
    folder = tmp_path_factory.mktemp("filled")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("EMONET_HOME", str(folder / "home"))
        patch.setenv("EMONET_PLUGINS", "")
        for name, c in (("one", "0.1"), ("two", "0.01")):
            make_tones(folder / name, takes=1)
            (folder / name / "labels.csv").rename(folder / name / f"{name}.csv")
            text = RECIPE.replace("NAME/labels", f"{name}/{name}").replace("C]", f"{c}]")
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
            assert run_command(["run", f"{name}.yaml", "--quiet", "--runs", f"runs-{name}"]) == 0
        for place in ("corpora/three", "hub/owner%2Ffour"):
            (folder / "home" / place).mkdir(parents=True)
            (folder / "home" / place / "a.wav").write_bytes(b"fetched")
    return folder


@pytest.fixture
def place(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, to work in."""
    copy = tmp_path / "copy"
    shutil.copytree(filled, copy)
    monkeypatch.setenv("EMONET_HOME", str(copy / "home"))
    monkeypatch.chdir(copy)
    return copy


def kinds(found: list[KeptEntry]) -> list[tuple[str, str]]:
    return sorted((entry.kind, entry.of) for entry in found)


ALL = sorted(
    [(kind, of) for kind in ("stage", "store", "features", "fingerprints") for of in ("one", "two")]
    + [("openings", ""), ("fetched corpus", "three"), ("fetched corpus", "owner%2Ffour")]
)


def test_all_that_is_kept_is_counted_once(place: Path) -> None:
    found = entries()
    assert kinds(found) == ALL
    files = [path for path in (place / "home").rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert sum(entry.bytes for entry in found) == sum(path.stat().st_size for path in files)


def test_a_fetched_corpus_is_compared_with_what_was_received(place: Path) -> None:
    folder = place / "home/corpora/three"
    content = (folder / "a.wav").read_bytes()
    facts = {"source": "foo", "files": {"a.wav": [len(content), hashlib.sha256(content).hexdigest()]}}
    (folder / "fetched.json").write_text(json.dumps(facts))
    [found] = [each for each in verify(entries()) if each.entry.of == "three"]
    assert (found.state, found.reason) == ("whole", "")
    (folder / "a.wav").write_bytes(b"another")
    [found] = [each for each in verify(entries()) if each.entry.of == "three"]
    assert found.state == "damaged"
    assert "of 1 files that were fetched, 1 is changed (a.wav)" in found.reason
    folder.rename(folder.with_name(".three.part"))
    assert [each.state for each in verify(entries()) if each.entry.of == ".three.part"] == ["incomplete"]


def test_what_takes_long_tells_how_far_it_is(place: Path) -> None:
    told: list[Event] = []
    found = entries()
    verify(found, listen=told.append)
    steps = [event for event in told if isinstance(event, Progress)]
    assert [each.done for each in steps if each.activity == "verifying what is kept"] == list(range(len(found) + 1))
    assert [each.done for each in steps if each.activity == "verifying one"] == list(range(1, 13))


def test_what_is_whole_is_called_whole_and_what_was_not_looked_at_unknown(place: Path) -> None:
    states = {(each.entry.kind, each.state) for each in verify(entries())}
    assert states == {
        *((kind, "whole") for kind in ("stage", "store", "features", "fingerprints", "openings")),
        ("fetched corpus", "unknown"),
    }


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("stages/*/stage.json", "stage"),
        ("stages/*/best.safetensors", "stage"),
        ("stages/*/history.json", "stage"),
        ("stages/*/predictions-*.parquet", "stage"),
        ("stages/*/machines.json", "stage"),
        ("stages/*/test_opened.json", "stage"),
        ("store/one/*/store.arrow", "store"),
        ("store/one/*/meta.json", "store"),
        ("store/one/*/problems.json", "store"),
        ("store/one/*/features/*.arrow", "features"),
        ("store/one/*/fingerprints-*.npz", "fingerprints"),
    ],
)
def test_a_flipped_bit_is_found_and_its_file_named_and_pruned(place: Path, pattern: str, kind: str) -> None:
    path = sorted((place / "home").glob(pattern))[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.chmod(0o644)
    path.write_bytes(content)
    verdicts = verify(entries())
    (bad,) = [each for each in verdicts if each.state not in {"whole", "unknown"}]
    assert (bad.entry.kind, bad.state) == (kind, "damaged")
    assert bad.reason.startswith(f"{path}: ")
    remove(to_remove(entries(), verdicts=verdicts))
    assert not path.exists()
    gone = (
        {(kind, bad.entry.of)} if kind != "store" else {(each, "one") for each in ("store", "features", "fingerprints")}
    )
    assert kinds(entries()) == [each for each in ALL if each not in gone]


def test_a_ledger_of_openings_that_cannot_be_read_is_named_and_never_removed(place: Path) -> None:
    path = place / "home" / "openings.jsonl"
    path.write_bytes(path.read_bytes().replace(b"protocol", b"protokol", 1))
    verdicts = verify(entries())
    (bad,) = [each for each in verdicts if each.state not in {"whole", "unknown"}]
    assert (bad.entry.kind, bad.state) == ("openings", "damaged")
    assert bad.reason.startswith(f"{path}: 1 line cannot be read, so test may have been opened more often")
    assert to_remove(entries(), verdicts=verdicts) == []
    assert "openings" not in {each.entry.kind for each in to_remove(entries(), older_than=0)}


def test_what_cannot_be_read_at_all_is_damaged_and_the_rest_is_verified(place: Path) -> None:
    (stage, _) = sorted((place / "home").glob("stages/*/stage.json"))
    stage.unlink()
    stage.mkdir()
    (features,) = (place / "home").glob("store/one/*/features/*.arrow")
    features.unlink()
    features.symlink_to("/nowhere/else")
    verdicts = verify(entries())
    bad = [each for each in verdicts if each.state not in {"whole", "unknown"}]
    assert [(each.entry.kind, each.state) for each in bad] == [("stage", "damaged"), ("features", "damaged")]
    assert [each.reason.partition(": ")[0] for each in bad] == [str(stage), str(features)]
    assert len(verdicts) == len(ALL)
    remove(to_remove(entries(), verdicts=verdicts))
    assert len(entries()) == len(ALL) - len(bad)


def test_only_what_no_run_needs_is_removed(place: Path) -> None:
    removals = to_remove(entries(), needs=needs_of([place / "runs-one"]))
    # Features and fingerprints lie in the store's folder, and go with it.
    assert kinds([each.entry for each in removals]) == [("stage", "two"), ("store", "two")]
    assert not any(each.held for each in remove(removals))
    assert kinds(entries()) == [each for each in ALL if each[1] != "two"]
    assert run_command(["run", "one.yaml", "--quiet", "--runs", "runs-one"]) == 0
    assert run_command(["run", "two.yaml", "--quiet", "--runs", "runs-two"]) == 0
    assert kinds(entries()) == ALL


def test_runs_in_several_folders_are_all_kept_and_both_conditions_must_hold(place: Path) -> None:
    found, needs = entries(), needs_of([place / "runs-one"])
    assert to_remove(found, needs=needs_of([place / "runs-one", place / "runs-two"])) == []
    assert to_remove(found, needs=needs, older_than=1) == []
    for path in (place / "home").rglob("*"):
        os.utime(path, (1, 1))
    old = entries()
    assert kinds([each.entry for each in to_remove(old, needs=needs, older_than=1)]) == [
        ("stage", "two"),
        ("store", "two"),
    ]
    assert kinds([each.entry for each in to_remove(old, older_than=1)]) == [
        *(("stage", of) for of in ("one", "two")),
        *(("store", of) for of in ("one", "two")),
    ]


def test_a_run_that_is_not_complete_keeps_the_stores_of_its_corpora(place: Path) -> None:
    (run,) = (place / "runs-two").iterdir()
    write_sealed(run / "run.json", {"state": "running"})
    assert to_remove(entries(), needs=needs_of([place / "runs-one", place / "runs-two"])) == []


def test_nothing_is_removed_where_it_is_unknown_what_is_needed(place: Path) -> None:
    (place / "none").mkdir()
    with pytest.raises(EmonetError, match=r"none: there are no runs here"):
        needs_of([place / "none"])
    (run,) = (place / "runs-two").iterdir()
    plan = (run / "plan.json").read_text(encoding="utf-8")
    key = json.loads(plan)["stages"][0]["key"]
    (run / "plan.json").write_text(plan.replace(key, "0" * len(key)), encoding="utf-8")
    with pytest.raises(Damaged, match=r"plan\.json: this file is damaged"):
        needs_of([place / "runs-two"])
    write_sealed(run / "run.json", {"state": "running"})
    (run / "plan.json").write_text("{", encoding="utf-8")
    with pytest.raises(EmonetError, match=r"plan\.json: this cannot be read, so it is unknown what the run needs"):
        needs_of([place / "runs-two"])


def test_what_a_process_holds_stays_and_so_do_the_stores_that_it_may_read(place: Path) -> None:
    (two,) = [entry for entry in entries() if (entry.kind, entry.of) == ("stage", "two")]
    removals = to_remove(entries(), needs=needs_of([place / "runs-one"]))
    with FileLock(two.path / ".lock"):
        assert all(each.held for each in remove(removals, dry_run=True))
        assert all(each.held for each in remove(removals))
    assert not any(each.held for each in remove(removals, dry_run=True))
    assert kinds(entries()) == ALL


def test_a_run_at_work_keeps_all_of_its_stages_and_what_is_no_stage(place: Path) -> None:
    removals = to_remove(entries(), older_than=0)
    (one,) = [entry for entry in entries() if (entry.kind, entry.of) == ("stage", "one")]
    with at_work() as work:
        note_needs(work, [one.path.name])
        held = [(each.entry.kind, each.entry.of) for each in remove(removals, dry_run=True) if each.held]
        assert sorted(held) == [("stage", "one"), ("store", "one"), ("store", "two")]
        assert sum(each.held for each in remove(removals)) == len(held)
    assert list((place / "home" / "work").glob("*")) == []
    assert kinds(entries()) == [each for each in ALL if each != ("stage", "two")]
    assert not any(each.held for each in remove(to_remove(entries(), older_than=0)))


def test_what_a_killed_run_left_holds_nothing_and_is_swept_after_a_day(place: Path) -> None:
    work = place / "home" / "work"
    with at_work() as long:
        note_needs(long, ["a"])
        os.utime(long.with_suffix(".lock"), (1, 1))
        for name in ("killed", "just-killed"):
            (work / f"{name}.lock").touch()
            note_needs(work / f"{name}.json", ["b"])
            (work / name / "events").mkdir(parents=True)
        os.utime(work / "killed.lock", (1, 1))
        (work / "without-lock" / "failed").mkdir(parents=True)
        os.utime(work / "without-lock", (1, 1))
        with at_work():
            names = {path.name for path in work.iterdir()}
        assert {"just-killed.json", "just-killed.lock", "just-killed", long.name} <= names
        assert not {"killed.json", "killed.lock", "killed", "without-lock"} & names
        assert needed_by_work() == {"a"}
    assert needed_by_work() is None


def test_pruning_while_a_run_is_at_work_does_not_harm_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from emonet.engine.runner import StageRunner

    predict = StageRunner._predict

    def pruned_before(*given: object) -> object:
        assert run_command(["cache", "prune", "--older-than", "0"]) == 0
        return predict(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(StageRunner, "_predict", pruned_before)
    text = Path("one.yaml").read_text(encoding="utf-8")
    more = "{svm: {strategy: svm, extractor: egemaps, svm: {c: [0.2]}}, other: {strategy: svm, extractor: egemaps}}"
    Path("one.yaml").write_text(text.partition("systems")[0] + f"systems: {more}\n", encoding="utf-8")
    assert run_command(["run", "one.yaml", "--quiet", "--runs", "runs-more"]) == 0
    assert ("stage", "two") not in kinds(entries())


def test_runs_are_verified_checkpoints_and_all(place: Path) -> None:
    assert [state for _, state, _ in verify_runs(place / "runs-one")] == ["whole"]
    (path,) = (place / "runs-one").rglob("best.safetensors")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])
    ((_, state, reason),) = verify_runs(place / "runs-one")
    assert state == "damaged"
    assert reason.startswith(f"{path}: it is missing or not what the run wrote")
    (run,) = (place / "runs-two").glob("*/run.json")
    write_sealed(run, {"state": "running", "started": "2026"})
    assert [state for _, state, _ in verify_runs(place / "runs-two")] == ["incomplete"]
    with pytest.raises(EmonetError, match="elsewhere: there are no runs here"):
        verify_runs(place / "elsewhere")


def test_the_command_counts_verifies_and_prunes(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def call(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        return run_command(["cache", *words]), capsys.readouterr().out

    code, out = call("stats", "--json")
    assert code == 0
    told = json.loads(out)
    assert sorted((row["kind"], row["of"]) for row in told["kept"]) == ALL
    assert told["bytes"] == sum(entry.bytes for entry in entries())
    assert call("stats")[1].splitlines()[-1].endswith("Is it whole? emonet cache verify")
    code, out = call("verify", "--runs", "runs-one")
    assert (code, out.splitlines()) == (
        0,
        [
            "9 whole, 0 damaged.",
            "1 run: 1 whole, 0 damaged.",
            "2 fetched corpora not looked at: emonet corpora check ID",
        ],
    )
    (store,) = (place / "home").glob("store/two/*/store.arrow")
    store.write_bytes(store.read_bytes()[:-1])
    code, out = call("verify")
    assert code == 1
    assert out.splitlines()[0].startswith(f"damaged: {store}: it has ")
    code, out = call("verify", "--json")
    assert code == 1
    assert [each["of"] for each in json.loads(out)["kept"] if each["state"] == "damaged"] == ["two"]
    code, out = call("prune", "--damaged", "--dry-run")
    assert (code, out.startswith("would remove: store store/two/")) == (0, True)
    assert store.exists()
    code, out = call("prune", "--damaged", "--json")
    assert [each["of"] for each in json.loads(out)["removed"]] == ["two"]
    assert not store.exists()
    assert call("prune")[0] == 2


def test_the_command_imports_no_torch(place: Path) -> None:
    code = (
        "import sys; from emonet.cli.app import run_command\n"
        "assert run_command(['cache', 'stats']) == run_command(['cache', 'verify', '--runs', 'runs-one']) == 0\n"
        "assert run_command(['cache', 'prune', '--runs', 'runs-one', '--damaged', '--dry-run']) == 0\n"
        "assert not {'torch', 'datasets'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_home_that_may_not_be_written_says_how_to_use_its_stores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMONET_HOME", str(tmp_path))
    monkeypatch.setattr("emonet.engine.kept.can_write", lambda _: False)
    advice = rf"a run keeps its stages in EMONET_HOME.*ln -s {tmp_path}/store MINE/store"
    with pytest.raises(EmonetError, match=advice), at_work():
        pass
