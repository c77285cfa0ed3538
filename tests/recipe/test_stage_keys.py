"""Keys and methods of stages stay what they were: what users have is found by them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from emonet.files import digest_of
from emonet.recipe.plan import WeightsFile, plan
from tests.recipe.test_plan import ADAPTED, FACTS, OTHERS, factory, rated, recipe

SVM = {"strategy": "svm", "extractor": "numbers", "frontend": None, "backbone": None}
INNER = {"c": [1, 0.1], "select": {"inner": {"folds": 3}}, "class_weights": False}
CASES: dict[str, dict[str, Any]] = {
    "svm": SVM,
    "svm-options": {**SVM, "svm": INNER, "normalisation": "speaker"},
    "scratch": {"strategy": "scratch", "normalisation": "global", "dropout": 0.5},
    "scratch-rates": {"strategy": "scratch", "training": {"learning_rates": [0.1, 0.01, 0.001], "epochs": 3}},
    "head": {"strategy": "head", "source": "bar"},
    "full": {"strategy": "full", "source": "bar"},
    "full-from-a-file": {"strategy": "full", "source": {"checkpoint": "weights.safetensors"}},
    "adapters": {"strategy": "adapters", "source": "bar", **ADAPTED},
    "multi-domain": {"strategy": "multi-domain", "shared": {"rounds": 7}, **ADAPTED},
    "arousal+valence": {"strategy": "arousal+valence", "shared": {"norms": "mean", "adapters": "fold"}, **ADAPTED},
    "aggregate": {"strategy": "aggregate", "map": {"anger": "a", "neutral": "b", "sadness": "b"}, **ADAPTED},
    "numbers": {"strategy": "scratch", "training": {"loss": "mse"}},
    "numbers-svm": SVM,
}
PINNED = {
    "svm": (16, "e67c9fd8b3c12411"),
    "svm-options": (16, "60c4ca40f82b3c06"),
    "scratch": (16, "215b114626c90f7a"),
    "scratch-rates": (16, "24687a8ee4c198f2"),
    "head": (24, "3e3f21d7517732b3"),
    "full": (24, "39609a4d02c5625f"),
    "full-from-a-file": (16, "a5f987ab0fac0168"),
    "adapters": (24, "74a8de8ba90b3f58"),
    "multi-domain": (24, "e5e08e3207aa28dc"),
    "arousal+valence": (24, "9b621e7a6bdea969"),
    "aggregate": (24, "c7eb84093406e0d2"),
    "numbers": (8, "ce7d26b490595369"),
    "numbers-svm": (8, "2ba13b7328dd6cf5"),
}
"""Case -> how many stages, and the digest of what they are called: of a version before stages held resolved facts."""


def identities(name: str) -> tuple[int, str]:
    system, facts, sources = CASES[name], [FACTS, OTHERS], {}
    if name.startswith("numbers"):
        facts = [rated()]
    if "source" in system:
        source = WeightsFile("weights.safetensors", "5ha") if isinstance(system["source"], dict) else OTHERS
        sources = {"s": source}
    asked = recipe(**system).model_copy(update={"seeds": (1, 2)})
    stages = plan(asked, [replace(each) for each in facts], factory, sources).stages
    told = [[stage.key, stage.method, stage.title, stage.to_json()["strategy"]] for stage in stages]
    return len(stages), digest_of(told)


@pytest.mark.parametrize("name", CASES)
def test_stages_have_the_keys_and_methods_that_they_had(name: str) -> None:
    assert identities(name) == PINNED[name]
