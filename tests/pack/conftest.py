"""Fixtures of packs: made once, copied for each test that changes them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from emonet.cli.app import run_command
from tests.helpers.packs import NET, ONE, RECIPE, Emonet, run_of
from tests.helpers.tones import make_tones


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of all systems, packs of it, and its corpora."""
    folder = tmp_path_factory.mktemp("packs")
    make_tones(folder / "one", takes=1)
    make_tones(folder / "two", takes=1, speakers=3, first=4).rename(folder / "two" / "more.csv")
    (folder / "all.yaml").write_text(RECIPE.replace("NET", NET), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("EMONET_HOME", str(folder / "home"))
        patch.setenv("EMONET_PLUGINS", "")
        assert run_command(["run", "all.yaml", "--quiet"]) == 0
        assert run_command(["pack", "export", run_of(folder), "--system", "multi", "--out", "multi"]) == 0
        assert run_command(["pack", "export", run_of(folder), "--system", "apart", "--out", "apart"]) == 0
        for system in ("scratch", "spread", "spoken"):
            words = ["--system", system, "--task", ONE, "--out", system]
            assert run_command(["pack", "export", run_of(folder), *words]) == 0
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with copies of the packs, to work in."""
    for name in ("multi", "scratch", "spread", "spoken"):
        shutil.copytree(made / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def emonet(capsys: pytest.CaptureFixture[str]) -> Emonet:
    def call(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run_command([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call
