"""Every setting counts: changing it changes the stage's key and what comes out; a new one without a case fails here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from safetensors import safe_open

from emonet.files import stages_folder
from emonet.recipe.recipe import SVM, SharedTraining, Training
from tests.helpers.cli_run import call
from tests.helpers.tones import make_rated_tones, make_tones

NETWORK = {
    "frontend": {"logmel": {"bands": 8}},
    "backbone": {"wide_resnet": {"width": 4, "blocks": 1}},
    "training": {"batch": 4, "epochs": 2, "crop": 0.2, "learning_rates": [0.05]},
}
SYSTEMS: dict[str, dict[str, Any]] = {
    "epochs": {"strategy": "scratch", **NETWORK},
    "rounds": {
        "strategy": "multi-domain",
        "adapter": "residual",
        "shared": {"rounds": 3, "learning_rates": [0.05]},
        **NETWORK,
    },
    "aggregated": {
        "strategy": "arousal+valence",
        "adapter": "residual",
        "shared": {"rounds": 3, "learning_rates": [0.05]},
        **NETWORK,
    },
    "probe": {"strategy": "svm", "extractor": "egemaps", "svm": {"c": [0.1, 0.01]}},
}
TONES, MORE, RATED = {"manifest": "tones/labels.csv"}, {"manifest": "more/more.csv"}, {"manifest": "rated/rated.csv"}
CORPORA = {"epochs": [TONES], "rounds": [TONES, MORE], "aggregated": [TONES], "probe": [TONES]}
"""Kind of stage -> the system that has one, and its corpora; an aggregated system's tuning is by epochs."""


@dataclass(frozen=True)
class Case:
    """A setting's other value, in the stages of one kind.

    Attributes:
        value: instead of the one of ``SYSTEMS``, or the default.
        beside: further keys of the section, in both runs.
        corpora: instead of the kind's own.
    """

    section: str
    key: str
    value: Any
    kind: str = "epochs"
    beside: dict[str, Any] = field(default_factory=dict)
    corpora: list[Any] | None = None

    def __str__(self) -> str:
        return f"{self.section}.{self.key} in {self.kind}"


CASES = [
    Case("training", "batch", 5),
    Case("training", "learning_rates", [0.02]),
    Case("training", "patience", 3, beside={"patience": 1, "epochs": 5, "learning_rates": [1e-9]}),
    Case("training", "epochs", 1),
    Case("training", "momentum", 0.5),
    Case("training", "decay", 0.5),
    Case("training", "weight_decay", 0.2),
    Case("training", "class_weights", False),
    Case("training", "loss", "mse", corpora=[{**RATED, "target": "valence"}]),
    Case("training", "rest", "drop", beside={"batch": 13}),
    Case("training", "rest", "merge", beside={"batch": 13}),
    Case("training", "crop", 0.1),
    Case("training", "evaluate", "full"),
    Case("training", "evaluate", "windows"),
    Case("training", "batch", 5, "rounds"),
    Case("training", "momentum", 0.5, "rounds"),
    Case("training", "decay", 0.5, "rounds"),
    Case("training", "weight_decay", 0.2, "rounds"),
    Case("training", "class_weights", False, "rounds"),
    Case("training", "rest", "drop", "rounds", beside={"batch": 13}),
    Case("training", "crop", 0.1, "rounds"),
    Case("svm", "c", [1.0], "probe"),
    Case("svm", "select", "inner", "probe"),
    Case(
        "svm",
        "select",
        {"inner": {"folds": 2}},
        "probe",
        beside={"select": "inner"},
        corpora=[{**RATED, "target": "valence"}],
    ),
    Case("svm", "class_weights", False, "probe"),
    Case("svm", "iterations", 2, "probe"),
    Case("shared", "rounds", 2, "rounds"),
    Case("shared", "learning_rates", [0.02], "rounds"),
    Case("shared", "sampling", "proportional", "rounds"),
    Case("shared", "adapters", "fold", "aggregated"),
    Case("shared", "norms", "mean", "aggregated"),
]
OTHERS = [
    Case("", "dropout", 0.5),
    Case("", "dropout", 0.5, "rounds"),
    Case("", "normalisation", "global"),
    Case("", "frontend", {"logmel": {"bands": 9}}),
    Case("", "backbone", {"wide_resnet": {"width": 5, "blocks": 1}}),
    Case("", "adapter", "series", "rounds"),
    Case("", "normalisation", "speaker", "probe"),
]
OF_RECIPE = [
    *(Case("recipe", "seeds", [2], kind) for kind in SYSTEMS),
    Case("recipe", "seeds", [2], "probe", corpora=[{**RATED, "target": "valence"}]),
    Case("recipe", "precision", "bf16"),
    Case("recipe", "precision", "bf16", "rounds"),
]

Outcome = tuple[set[str], dict[str, str]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Corpora of unequal sizes and unequal classes, and one home for all of this module."""
    folder = tmp_path_factory.mktemp("settings")
    table = make_tones(folder / "tones", takes=3)
    _without(table, "anger_2", "anger_1")
    make_tones(folder / "more", takes=1).rename(folder / "more" / "more.csv")
    make_rated_tones(folder / "rated", speakers=8, takes=3)
    return folder


def _without(table: Path, *words: str) -> None:
    lines = table.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not any(word in line for word in words)]
    table.write_text("\n".join(kept) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def known() -> dict[str, Outcome]:
    """What runs came to, by their recipes."""
    return {}


@pytest.fixture
def outcome(
    place: Path, known: dict[str, Outcome], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Outcome]:
    """Run a recipe on dev; return keys and results of its stages of one kind."""
    monkeypatch.setenv("EMONET_HOME", str(place / "home"))
    monkeypatch.chdir(place)

    def run(kind: str, system: dict[str, Any], corpora: list[Any], **top: Any) -> Outcome:
        recipe = {"corpora": corpora, "protocol": "by-speaker", "systems": {"it": system}, **top}
        text = json.dumps(recipe)
        if text not in known:
            (place / "recipe.yaml").write_text(text, encoding="utf-8")
            code, out, err = call(capsys, "run", "recipe.yaml", "--json", "--dev-only")
            assert code == 0, err
            plan = json.loads((Path(json.loads(out)["run"]) / "plan.json").read_text(encoding="utf-8"))
            of_kind = "epochs" if kind == "aggregated" else kind
            keys = {stage["key"] for stage in plan["stages"] if stage["kind"] == of_kind}
            assert keys
            known[text] = keys, _results(keys)
        return known[text]

    return run


def _results(keys: set[str]) -> dict[str, str]:
    """Return a hash of all numbers that stages of these keys left: weights by name, history, what was said of dev."""
    found: dict[str, Any] = {}
    for key in keys:
        for path in sorted((stages_folder() / key).glob("*.safetensors")):
            with safe_open(path, framework="np") as file:
                tensors = sorted((name, file.get_tensor(name).tobytes()) for name in file.keys())  # noqa: SIM118
            found.setdefault(path.name, hashlib.sha256()).update(repr(tensors).encode())
        history = json.loads((stages_folder() / key / "history.json").read_text(encoding="utf-8"))
        timeless = [{name: value for name, value in entry.items() if name != "seconds"} for entry in history]
        found.setdefault("history", hashlib.sha256()).update(repr(timeless).encode())
        said = stages_folder() / key / "predictions-dev.parquet"
        if said.is_file():
            rows = pyarrow.parquet.read_table(said).select(["checkpoint", "predicted", "probabilities"]).to_pylist()
            found.setdefault(said.name, hashlib.sha256()).update(repr(rows).encode())
    return {name: digest.hexdigest() for name, digest in found.items()}


def _changed(case: Case, value: dict[str, Any]) -> dict[str, Any]:
    system = SYSTEMS[case.kind]
    if not case.section:
        return {**system, **value}
    return {**system, case.section: {**system.get(case.section, {}), **case.beside, **value}}


@pytest.mark.slow
@pytest.mark.parametrize("case", [*CASES, *OTHERS], ids=str)
def test_changing_a_setting_changes_the_key_and_the_result(case: Case, outcome: Callable[..., Outcome]) -> None:
    corpora = case.corpora or CORPORA[case.kind]
    before = outcome(case.kind, _changed(case, {}), corpora)
    after = outcome(case.kind, _changed(case, {case.key: case.value}), corpora)
    assert before[0].isdisjoint(after[0])
    assert before[1] != after[1]


@pytest.mark.slow
@pytest.mark.parametrize("case", OF_RECIPE, ids=str)
def test_seed_and_precision_change_the_key_and_the_result(case: Case, outcome: Callable[..., Outcome]) -> None:
    corpora, system = case.corpora or CORPORA[case.kind], SYSTEMS[case.kind]
    before, after = (outcome(case.kind, system, corpora, **top) for top in ({}, {case.key: case.value}))
    assert before[0].isdisjoint(after[0])
    assert before[1] != after[1]


@pytest.mark.parametrize(("section", "model"), [("training", Training), ("svm", SVM), ("shared", SharedTraining)])
def test_every_setting_has_a_case(section: str, model: Any) -> None:
    assert {case.key for case in CASES if case.section == section} == set(model.model_fields)
