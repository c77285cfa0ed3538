"""Bits that turn in what is kept: the same numbers, or a word that names the file; never others, never a traceback."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from emonet.cli.app import run_command
from tests.helpers.tones import make_tones

RECIPE = """\
corpora: [{manifest: tones/labels.csv}]
protocol: by-speaker
systems:
  svm: {strategy: svm, extractor: egemaps, normalisation: global, svm: {c: [0.1]}}
  net:
    strategy: scratch
    frontend: {logmel: {bands: 16}}
    backbone: {wide_resnet: {width: 4, blocks: 1}}
    training: {batch: 8, epochs: 1, crop: 0.2}
"""
FLIPS = 2
Said = tuple[int, str, str]
Call = Callable[..., Said]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home, a run and a pack, all of them whole."""
    folder = tmp_path_factory.mktemp("whole")
    make_tones(folder / "tones")
    (folder / "r.yaml").write_text(RECIPE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("EMONET_HOME", str(folder / "home"))
        patch.setenv("EMONET_PLUGINS", "")
        assert run_command(["run", "r.yaml", "--quiet"]) == 0
        (run,) = (folder / "runs").iterdir()
        run.rename(folder / "runs" / "one")
        assert run_command(["pack", "export", "one", "--system", "net", "--out", "pack"]) == 0
    return folder


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*words: str) -> Said:
        capsys.readouterr()
        code = run_command(list(words))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def again(call: Call, place: Path) -> tuple[Said, Any]:
    """Run the recipe with what is there; return its scores, and each probability that they came from."""
    said = call("run", "r.yaml", "--runs", "again")
    scores = [json.loads(path.read_text("utf-8"))["scores"] for path in (place / "again").glob("*/scores.json")]
    rows = [pyarrow.parquet.read_table(path).to_pylist() for path in (place / "again").rglob("*.parquet")]
    return said, (scores, rows)


def anew(call: Call, place: Path) -> tuple[Said, Any]:
    """Run the recipe without any results of stages."""
    shutil.rmtree(place / "home" / "stages")
    return again(call, place)


def shown(call: Call, place: Path) -> tuple[Said, Any]:
    said = call("runs", "show", "one", "--json")
    return said, json.loads(said[1])["scores"] if said[0] == 0 else None


def reported(call: Call, place: Path) -> tuple[Said, Any]:
    said = call("report", "one", "--baseline", "svm", "--json")
    return said, json.loads(said[1]) if said[0] == 0 else None


def exported(call: Call, place: Path) -> tuple[Said, Any]:
    said = call("pack", "export", "one", "--system", "net", "--out", "other")
    if said[0]:
        return said, None
    rows = call("predict", "other", "tones", "--json")
    return said, json.loads(rows[1])["labels"] if rows[0] == 0 else rows


def predicted(call: Call, place: Path) -> tuple[Said, Any]:
    said = call("predict", "pack", "tones", "--json")
    return said, json.loads(said[1])["labels"] if said[0] == 0 else None


NET, SVM = "home/stages/*/final.safetensors", "home/stages/*/normalisation.safetensors"
"""Of which stage a file is: that of the network has final weights, that of the SVM a table."""
CASES = [
    *((f"{NET} {name}", again) for name in ("stage.json", "best.safetensors", "final.safetensors", "history.json")),
    *((f"{NET} {name}", again) for name in ("predictions-dev.parquet", "predictions-test.parquet", "test_opened.json")),
    *((f"{SVM} {name}", again) for name in ("stage.json", "best.safetensors", "predictions-dev.parquet")),
    *((f"{SVM} {name}", again) for name in ("normalisation.safetensors", "predictions-test.parquet")),
    *((f"home/store/*/*/{name}", anew) for name in ("store.arrow", "meta.json", "problems.json")),
    *((f"home/store/*/*/{name}", anew) for name in ("features/*.arrow", "fingerprints-*.npz")),
    ("home/openings.jsonl", again),
    *((f"runs/one/{name}", shown) for name in ("scores.json", "run.json", "SHA256SUMS", "environment.json")),
    *((f"runs/one/{name}", reported) for name in ("predictions.parquet", "history/net/*/*.json")),
    *((f"runs/one/{name}", exported) for name in ("plan.json", "changes.json", "recipe.yaml")),
    ("runs/one/checkpoints/net/*/*/best.safetensors", exported),
    *((f"pack/{name}", predicted) for name in ("shared.safetensors", "labels*.safetensors")),
]


def file_of(place: Path, pattern: str) -> Path:
    mark, _, name = pattern.partition(" ")
    (found,) = place.glob(mark)
    return found.parent / name if name else found


def damages(content: bytes, chance: random.Random) -> Iterator[bytes]:
    """Yield the content with a bit flipped here and there, cut, emptied, and as junk of the same size."""
    for _ in range(FLIPS):
        place = chance.randrange(len(content))
        yield bytes([*content[:place], content[place] ^ 1 << chance.randrange(8), *content[place + 1 :]])
    yield content[: len(content) // 2]
    yield b""
    yield chance.randbytes(len(content))


@pytest.mark.slow
@pytest.mark.parametrize(("pattern", "ask"), CASES, ids=[pattern for pattern, _ in CASES])
def test_damage_is_made_good_or_named_and_never_gives_other_numbers(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call, pattern: str, ask: Callable[..., Any]
) -> None:
    outcomes: Counter[str] = Counter()
    bad: list[str] = []

    def asked(name: str, content: bytes | None) -> tuple[Said, Any, Path]:
        place = tmp_path / name
        shutil.copytree(whole, place)
        monkeypatch.setenv("EMONET_HOME", str(place / "home"))
        monkeypatch.chdir(place)
        path = file_of(place, pattern)
        if content is not None:
            path.chmod(0o644)
            path.write_bytes(content)
        said, found = ask(call, place)
        return said, found, path

    said, expected, path = asked("whole", None)
    assert said[0] == 0, said
    chance = random.Random(pattern)  # noqa: S311 - no secret
    for number, content in enumerate(damages(file_of(whole, pattern).read_bytes(), chance)):
        (code, out, err), found, path = asked(str(number), content)
        words = re.sub(r"\s+", " ", out + err)
        if code == 0:
            same = "same, named" if path.name in words else "same"
            outcome = same if found == expected else "OTHER NUMBERS"
        else:
            outcome = "refused, named" if code == 2 and path.name in words else f"UNNAMED ({code})"
        outcome = "TRACEBACK" if "Traceback" in words or "fault of the program" in words else outcome
        outcomes[outcome] += 1
        bad += [f"{outcome}: damage {number}: {words[-400:]}"] if outcome.isupper() or outcome[:2].isupper() else []
        shutil.rmtree(tmp_path / str(number))
    assert not bad, f"{dict(outcomes)}\n" + "\n".join(bad)
    print(f"{pattern}: {dict(outcomes)}")  # noqa: T201 - for whoever asks with -s
