"""Commands and Python of the documentation run, in their order, on a folder of tones."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import emonet
from emonet.cli.app import run_command
from tests.helpers.hub_datasets import dataset_of, rows, save_parquet
from tests.helpers.pages import DOCS, ROOT, blocks, commands_of, words_of
from tests.helpers.tones import make_tones

TINY = {
    "width: 8": "width: 4, blocks: 1",
    "epochs: 24, patience: 6": "epochs: 1, batch: 8, learning_rates: [0.01]",
}
RECIPE = {
    "corpora": [{"manifest": "my_folder/labels.csv"}],
    "protocol": "by-speaker",
    "systems": {
        "egemaps": {"strategy": "svm", "extractor": "egemaps"},
        "resnet": {
            "strategy": "scratch",
            "frontend": "logmel",
            "backbone": {"wide_resnet": {"width": 4, "blocks": 1}},
            "training": {"epochs": 1, "batch": 8, "learning_rates": [0.01]},
        },
    },
}
SMALL_NET = {
    "backbone: wide_resnet": "backbone: {wide_resnet: {width: 4, blocks: 1}}, "
    "training: {epochs: 1, batch: 8, learning_rates: [0.01]}"
}
POLISH = {"polish_speech_emotions": "{manifest: my_folder/labels.csv}"}


@dataclass(frozen=True)
class Page:
    """How a page is run.

    Attributes:
        changes: what stands in recipes, and as a word of commands, for what is not here, or would take long.
        skipped: how commands begin that are not run: they need data that nobody can fetch here, or a package index.
        has_run: whether there is a run already.
    """

    changes: Mapping[str, str] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    has_run: bool = False


RUNS: Mapping[str, Page] = {
    "tutorial/first-run.md": Page(
        {**TINY, "leave-one-speaker-out": "by-speaker"},
        ("emonet corpora fetch", "emonet corpora prepare polish", "emonet run examples/"),
    ),
    "how-to/own-folder.md": Page({}, ("emonet corpora check --audformat",)),
    "how-to/own-card.md": Page({}, ("emonet plugins check", "emonet corpora check", "emonet corpora prepare")),
    "how-to/get-a-corpus.md": Page({}, tuple(f"emonet corpora {verb}" for verb in ("fetch", "check", "prep", "stats"))),
    "how-to/several-corpora.md": Page(),
    "how-to/exchange-folds.md": Page(POLISH, ("emonet protocol import",)),
    "how-to/look-after-the-home.md": Page(has_run=True),
    "how-to/audit-a-split.md": Page(
        {**POLISH, "leave-one-speaker-out": "by-speaker"}, ("emonet audit emodb/", "emonet audit urdu/")
    ),
    "how-to/compare-systems.md": Page(
        {
            **SMALL_NET,
            "[crema_d]": "[{manifest: my_folder/labels.csv}]",
            "{grouped-k-fold: {k: 5}}": "by-speaker",
            "OTHER": "RUN",
        }
    ),
    "how-to/packs-and-predict.md": Page({}, ("emonet pack import", "emonet predict by-speaker-pack"), has_run=True),
    "explanation/protocols.md": Page({**POLISH, "k=3": "k=4"}),
}


def python_of(path: Path) -> list[str]:
    return [block.text for block in blocks(path.read_text(encoding="utf-8")) if block.language == "python"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with what the pages speak of: audio with a table, and recordings without."""
    make_tones(tmp_path / "my_folder", takes=2)
    shutil.copytree(tmp_path / "my_folder" / "s0", tmp_path / "recordings")
    make_tones(tmp_path / "data" / "mine", takes=1)
    (tmp_path / "data" / "mine" / "labels.csv").unlink()
    save_parquet(tmp_path / "my_dataset.parquet", dataset_of(rows(6)))
    (tmp_path / "recipe.yaml").write_text(json.dumps(RECIPE), encoding="utf-8")
    shutil.copy(tmp_path / "recordings" / "anger_0.wav", tmp_path / "long.wav")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_page(text: str, how: Page) -> list[str]:
    """Run the commands of a page on the recipes that stand before them; return those that were run."""
    done = []
    for block in blocks(text):
        if block.language == "yaml":
            Path("recipe.yaml").write_text(changed(block.text, how.changes), encoding="utf-8")
        for command in commands_of(block):
            if not command.startswith(how.skipped or ("never",)):
                newest = next((run.name for run in reversed(emonet.runs())), "RUN")
                words = [how.changes.get(word, word) for word in words_of(command)]
                assert (command, run_command([newest if word == "RUN" else word for word in words])) == (command, 0)
                done.append(command)
    return done


def changed(text: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_the_commands_of_a_page_run_in_their_order(name: str, place: Path) -> None:
    if RUNS[name].has_run:
        emonet.run(RECIPE, progress=False)
    assert run_page((DOCS / name).read_text(encoding="utf-8"), RUNS[name])


def test_a_page_whose_command_fails_is_rejected(place: Path) -> None:
    page = "```yaml\ncorpora: [{manifest: gone.csv}]\n```\n```sh\nemonet corpora list\nemonet run recipe.yaml\n```\n"
    with pytest.raises(AssertionError, match="emonet run recipe"):
        run_page(page, Page())
    assert run_page(page, Page(skipped=("emonet run",))) == ["emonet corpora list"]


def test_the_folder_that_a_new_package_gets_is_the_one_on_the_page(place: Path) -> None:
    text = (DOCS / "how-to" / "own-card.md").read_text(encoding="utf-8")
    assert run_command(["corpora", "new", "my_corpus", "--from", "data/mine"]) == 0
    (written,) = [path for path in place.iterdir() if (path / "pyproject.toml").is_file()]
    assert f"pip install -e {written.name}\n" in text
    (module,) = written.glob("*/__init__.py")
    (python,) = python_of(DOCS / "how-to" / "own-card.md")
    module.write_text(python, encoding="utf-8")
    assert run_command(["plugins", "check", "my_corpus", "--plugin", str(module)]) == 0


def run_python(codes: Iterable[str]) -> None:
    """Run pieces of Python one after the other, as in one session."""
    names: dict[str, object] = {}
    for code in codes:
        tones = code.replace('"polish_speech_emotions"', '{"manifest": "my_folder/labels.csv"}')
        exec(tones, names)  # noqa: S102


def test_the_python_of_the_readme_runs_and_so_do_the_lines_that_follow_on_it(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, _ = python_of(ROOT / "README.md")
    assert '"polish_speech_emotions"' in first
    _, following = python_of(DOCS / "reference" / "python.md")
    run_python([first, following])
    out = capsys.readouterr().out
    frame = emonet.runs()[0].to_frame()
    assert set(frame["system"]) == {"plain", "by-speaker"}
    assert frame["protocol_hash"][0] in out
    assert "sadness" in out
    for name in re.findall(r"`emonet\.(\w+)", (DOCS / "reference" / "python.md").read_text(encoding="utf-8")):
        assert name in emonet.__all__


def test_the_python_of_the_reference_runs(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = emonet.run("recipe.yaml", progress=False)
    general, _ = python_of(DOCS / "reference" / "python.md")
    run_python([general.replace("examples/quickstart.yaml", "recipe.yaml")])
    assert f"{made.name} complete" in capsys.readouterr().out
    (predictions,) = python_of(DOCS / "reference" / "run-folder.md")
    assert "runs/quickstart-c388473a" in predictions
    run_python([predictions.replace("runs/quickstart-c388473a", f"runs/{made.name}")])
    assert "speaker" in capsys.readouterr().out


def test_the_plugin_of_the_readme_keeps_the_contracts(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, plugin = python_of(ROOT / "README.md")
    (place / "mean_backbone.py").write_text(plugin, encoding="utf-8")
    assert run_command(["plugins", "check", "band_mean", "--plugin", "mean_backbone.py"]) == 0
    assert "9 checks, 0 failed." in capsys.readouterr().out


@pytest.mark.slow
def test_the_folder_of_ones_own_in_the_readme_is_audited_and_planned(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    skipped = ("emonet corpora fetch", "emonet run examples/")
    small = {**TINY, "seeds: [1, 2, 3]": "training: {epochs: 1, batch: 8, learning_rates: [0.01]}"}
    assert run_page(text, Page(small, skipped)) == [
        "emonet audit recipe.yaml        # who stands on both sides of the split?",
        "emonet run recipe.yaml --plan   # what would be done?",
        "emonet run recipe.yaml",
    ]
    assert "resnet" in capsys.readouterr().out
