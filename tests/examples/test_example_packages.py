"""The example packages are installed by pip into a fresh environment and used like anybody's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from emonet.testing import fake_release

EXAMPLES = Path(__file__).parents[2] / "examples"
PACKAGES = ("emonet-corpus-foo", "emonet-backbone-tiny", "open-voices")
EMONET = ("-c", "from emonet.cli import main; main()")
RECIPE = """\
corpora: [{{foo: {{root: {root}}}}}]
protocol: leave-one-speaker-out
audit: report   # some clips of a fake release sound alike
systems:
  tiny: {{strategy: scratch, frontend: logmel, backbone: tiny, training: {{epochs: 2, batch: 4}}}}
"""

pytestmark = [pytest.mark.slow, pytest.mark.install]


def run(python: Path, *arguments: object, cwd: Path | None = None) -> str:
    """Run Python and return what it printed; a failure shows both streams."""
    home = python.parents[2] / "home"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("EMONET_", "PYTHON"))}
    done = subprocess.run(
        [str(python), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=environment | {"EMONET_HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies of the packages: building leaves files beside the source."""
    folder = tmp_path_factory.mktemp("sources")
    for package in PACKAGES:
        shutil.copytree(EXAMPLES / package, folder / package)
    return folder


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory, sources: Path) -> Path:
    """The Python of a fresh environment that sees the running one's packages and has the examples installed."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    own = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    running = sysconfig.get_path("purelib")
    # A .pth line that only names the folder would not read the .pth files in there, which editable installs need.
    (Path(own) / "running.pth").write_text(f"import site; site.addsitedir({running!r})\n")
    pip = ("-m", "pip", "--python", python, "--disable-pip-version-check", "install", "--no-index")
    run(Path(sys.executable), *pip, "--no-deps", "--no-build-isolation", *(sources / package for package in PACKAGES))
    return python


def test_the_packages_are_listed_with_their_distribution_and_names(python):
    plugins = {plugin["name"]: plugin for plugin in json.loads(run(python, *EMONET, "plugins", "--json"))}
    corpus, backbone = plugins["corpus-foo"], plugins["backbone-tiny"]
    assert (corpus["distribution"], corpus["version"], corpus["error"]) == ("emonet-corpus-foo", "1.0", "")
    assert corpus["brings"] == {"corpora": ["foo"]}
    assert (backbone["distribution"], backbone["error"]) == ("emonet-backbone-tiny", "")
    assert backbone["brings"] == {"backbones": ["tiny"]}
    assert plugins["corpus-open-voices"]["brings"] == {"corpora": ["hedgewars_voices", "openarena_voices"]}


def test_the_corpus_is_listed_among_the_others(python):
    corpora = json.loads(run(python, *EMONET, "corpora", "list", "--json"))
    assert "foo" in {corpus["id"] for corpus in corpora}
    assert len(corpora) > 1


@pytest.mark.parametrize("name", ["corpus-foo", "backbone-tiny", "corpus-open-voices"])
def test_the_kit_passes_them_from_the_command_line(name, python):
    results = json.loads(run(python, *EMONET, "plugins", "check", name, "--json"))
    assert results
    assert all(result["passed"] for result in results)


@pytest.mark.parametrize(
    "test", ["emonet-corpus-foo/test_foo.py", "emonet-backbone-tiny/test_tiny.py", "open-voices/test_open_voices.py"]
)
def test_their_own_tests_pass_on_the_installed_package(test, python, sources):
    printed = run(python, "-I", "-m", "pytest", "-q", "-W", "error", "--import-mode=importlib", sources / test)
    assert " passed" in printed


def test_a_recipe_joins_the_corpus_and_the_backbone(python, tmp_path):
    from emonet.corpus.card import corpora_in

    (corpus,) = corpora_in(EXAMPLES / "emonet-corpus-foo" / "emonet_corpus_foo")
    root = fake_release(corpus, tmp_path / "foo")
    (tmp_path / "recipe.yaml").write_text(RECIPE.format(root=root))
    report = json.loads(run(python, *EMONET, "run", "recipe.yaml", "--json", cwd=tmp_path))
    tested = [score for score in report["scores"] if score["split"] == "test"]
    assert {(score["system"], score["task"], score["n"]) for score in tested} == {("tiny", "foo/emotion", 6)}
    runs = json.loads(run(python, *EMONET, "runs", "list", "--json", cwd=tmp_path))
    assert [found["run"] for found in runs] == [Path(report["run"]).name]


def test_the_corpus_package_stays_under_sixty_lines_in_all():
    files = [path for path in (EXAMPLES / "emonet-corpus-foo").rglob("*") if path.suffix in {".py", ".toml", ".yaml"}]
    assert len(files) == 4
    assert sum(len(path.read_text().splitlines()) for path in files) < 60
