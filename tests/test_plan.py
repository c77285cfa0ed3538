from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from made import make_corpus, make_utterances

from emonet.component import component
from emonet.corpus.protocol import make_protocol
from emonet.errors import EmonetError, RecipeError, UnknownName
from emonet.plan import CorpusFacts, plan
from emonet.recipe import Recipe
from emonet.strategies import STRATEGIES

UTTERANCES = make_utterances()
CORPUS = make_corpus(UTTERANCES)
FACTS = CorpusFacts(
    corpus=CORPUS,
    target=CORPUS.target(),
    classes=CORPUS.target().classes,
    utterances=UTTERANCES,
    protocol=make_protocol("leave-one-speaker-out", {}, CORPUS, UTTERANCES),
    content="c0ffee",
)


@component(version="3", yields="image")
def mels(*, bands: int = 64) -> object: ...


@component(yields="vector")
def numbers() -> object: ...


@component(accepts="image")
def net(*, width: int = 32) -> object: ...


@component(accepts="frames")
def recurrent() -> object: ...


PARTS = {
    "extractors": {"numbers": numbers},
    "frontends": {"mels": mels},
    "backbones": {"net": net, "recurrent": recurrent},
}


def factory(kind: str, name: str) -> Callable[..., Any]:
    if name not in PARTS[kind]:
        raise UnknownName(kind[:-1], name, PARTS[kind])
    return PARTS[kind][name]


def recipe(**system: Any) -> Recipe:
    whole = {"strategy": "scratch", "frontend": "mels", "backbone": "net", **system}
    given = {key: value for key, value in whole.items() if value is not None}
    data = {"name": "r", "corpora": ["foo"], "protocol": "leave-one-speaker-out", "systems": {"s": given}}
    return Recipe.model_validate(data)


def keys(asked: Recipe, facts: CorpusFacts = FACTS) -> list[str]:
    return [stage.key for stage in plan(asked, [facts], factory).stages]


def test_the_plan_of_training_from_scratch_is_one_stage_a_fold() -> None:
    stages = plan(recipe(backbone={"net": {"width": 4}}), [FACTS], factory).to_json()["stages"]
    assert [stage["fold"] for stage in stages] == ["s0", "s1", "s2", "s3"]
    snapshot = {key: value for key, value in stages[0].items() if key not in {"key", "protocol_hash"}}
    assert snapshot == {
        "kind": "train",
        "system": "s",
        "strategy": "scratch",
        "task": "foo/emotion",
        "classes": ["anger", "neutral", "sadness"],
        "protocol": "foo/leave-one-speaker-out",
        "fold": "s0",
        "seed": 1,
        "items": {"train": 12, "dev": 6, "test": 6},
        "components": {
            "frontend": {"name": "mels", "options": {"bands": 64}, "version": "3"},
            "backbone": {"name": "net", "options": {"width": 4}, "version": "1"},
        },
        "normalisation": "none",
        "learning_rates": [0.1, 0.01, 0.001],
        "parents": [],
    }


def test_the_plan_of_an_svm_is_a_probe_with_z_scores_from_train() -> None:
    stages = plan(recipe(strategy="svm", extractor="numbers", frontend=None, backbone=None), [FACTS], factory).stages
    assert {(stage.kind, stage.normalisation, stage.learning_rates) for stage in stages} == {("probe", "global", ())}


def test_seeds_and_systems_multiply_the_stages() -> None:
    asked = recipe()
    two = asked.model_copy(update={"seeds": (1, 2), "systems": {"a": asked.systems["s"], "b": asked.systems["s"]}})
    assert len(plan(two, [FACTS], factory).stages) == 2 * 2 * 4


def test_defaults_written_out_leave_the_keys_as_they_are() -> None:
    assert keys(recipe()) == keys(recipe(backbone={"net": {"width": 32}}, training={"batch": 64}))


@pytest.mark.parametrize(
    "change",
    [
        {"backbone": {"net": {"width": 8}}},
        {"training": {"batch": 8}},
        {"training": {"learning_rates": [0.1]}},
        {"normalisation": "global"},
        {"dropout": 0.5},
    ],
)
def test_whatever_changes_a_result_changes_every_key(change: dict[str, Any]) -> None:
    assert not set(keys(recipe())) & set(keys(recipe(**change)))


def test_seed_precision_content_and_component_version_change_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = keys(recipe())
    others = [
        keys(recipe().model_copy(update={"seeds": (2,)})),
        keys(recipe().model_copy(update={"precision": "bf16"})),
        keys(recipe(), replace(FACTS, content="other")),
    ]
    monkeypatch.setitem(PARTS["frontends"], "mels", component(version="4", yields="image")(lambda *, bands=64: None))
    others.append(keys(recipe()))
    assert all(not set(plain) & set(other) for other in others)


def test_device_executor_bootstrap_and_names_change_no_key() -> None:
    asked = recipe()
    other = asked.model_copy(
        update={"name": "q", "device": "cpu", "bootstrap": 200, "systems": {"other": asked.systems["s"]}}
    )
    assert keys(asked) == keys(other)


@pytest.mark.parametrize("name", [row.name for row in STRATEGIES.values() if not row.available])
def test_strategies_that_cannot_run_yet_are_refused_by_name(name: str) -> None:
    with pytest.raises(RecipeError) as caught:
        plan(recipe(strategy=name), [FACTS], factory)
    assert f"The strategy '{name}' cannot be run by this version. These can: scratch, svm." in str(caught.value)


def test_the_table_has_the_papers_nine_rows() -> None:
    assert list(STRATEGIES) == [
        "scratch",
        "head",
        "full",
        "adapters",
        "multi-domain",
        "arousal",
        "valence",
        "arousal+valence",
        "svm",
    ]
    assert STRATEGIES["full"].learning_rates[0] == STRATEGIES["head"].learning_rates[0] == 0.01
    assert STRATEGIES["adapters"].learning_rates == STRATEGIES["scratch"].learning_rates == (0.1, 0.01, 0.001)


@pytest.mark.parametrize(
    ("system", "message"),
    [
        ({"strategy": "scrach"}, "Unknown strategy 'scrach'. Did you mean 'scratch'?"),
        ({"backbone": None}, "the strategy 'scratch' needs backbone. Add it."),
        ({"extractor": "numbers"}, "the strategy 'scratch' takes no extractor. Leave it out."),
        ({"adapter": "some"}, "the strategy 'scratch' takes no adapter. Leave it out."),
        ({"frontend": "mel"}, "Unknown frontend 'mel'. Did you mean 'mels'?"),
        ({"backbone": {"net": {"widht": 4}}}, "backbone 'net' has no option 'widht'. Did you mean 'width'?"),
        ({"backbone": "recurrent"}, "the frontend 'mels' yields image, the backbone 'recurrent' accepts frames"),
    ],
)
def test_a_system_that_makes_no_sense_is_refused(system: dict[str, Any], message: str) -> None:
    with pytest.raises(EmonetError) as caught:
        plan(recipe(**system), [FACTS], factory)
    assert message in str(caught.value)
