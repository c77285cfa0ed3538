"""One run of all systems on tones, the packs of it, and what tests ask of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet

from emonet.pack.pack import read_pack

RECIPE = """\
corpora: [{manifest: one/labels.csv}, {manifest: two/more.csv}]
protocol: by-speaker
training: {batch: 8, epochs: 1, learning_rates: [0.01], crop: 0.6}
shared: {rounds: 2}
systems:
  multi: {strategy: multi-domain, adapter: residual, NET}
  scratch: {strategy: scratch, NET}
  spoken: {strategy: scratch, normalisation: speaker, NET}
  spread: {strategy: scratch, normalisation: global, NET}
  apart: {strategy: multi-domain, adapter: residual, normalisation: corpus, NET}
  svm: {strategy: svm, extractor: egemaps, svm: {c: [0.1]}}
"""
NET = "frontend: {logmel: {bands: 16}}, backbone: {wide_resnet: {width: 4, blocks: 1}}"
Emonet = Callable[..., tuple[int, str, str]]
ONE, TWO = "labels/label", "more/label"


def run_of(folder: Path) -> str:
    (run,) = (folder / "runs").iterdir()
    return str(run)


def file_of(pack: Path, task: str) -> Path:
    return pack / f"{task.replace('/', '%2F')}.safetensors"


def labels_of(emonet: Emonet, *words: object) -> list[dict[str, Any]]:
    code, out, err = emonet("predict", *words, "--json")
    assert code == 0, err
    rows: list[dict[str, Any]] = json.loads(out)["labels"]
    return rows


def rows_of(made: Path, pack: str, task: str) -> list[dict[str, Any]]:
    """Return what the run predicted of the test clips with a pack's weights."""
    provenance = read_pack(made / pack).task(task).facts["provenance"]
    paths = Path(run_of(made)).rglob("*.parquet")
    rows = [row for path in paths for row in pyarrow.parquet.read_table(path).to_pylist()]
    wanted = {"system": pack, "corpus": task.partition("/")[0], "split": "test", "checkpoint": "best"}
    wanted |= {"fold": provenance["fold"]}
    rows = [row for row in rows if wanted.items() <= row.items()]
    assert rows
    return rows


def path_of(row: dict[str, Any]) -> str:
    name = str(row["id"])
    return name if name.endswith(".wav") else f"{name}.wav"
