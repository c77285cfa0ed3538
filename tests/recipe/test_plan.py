from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from emonet import Target
from emonet.errors import EmonetError, RecipeError, UnknownName
from emonet.plugin.component import component
from emonet.protocols.protocol import make_protocol
from emonet.recipe.outputs import chosen_outputs
from emonet.recipe.plan import CorpusFacts, WeightsFile, plan
from emonet.recipe.recipe import Recipe
from emonet.recipe.stage import Stage
from emonet.recipe.strategies import STRATEGIES
from tests.helpers.made import make_corpus, make_utterances

UTTERANCES = make_utterances()
CORPUS = make_corpus(UTTERANCES)
FACTS = CorpusFacts(
    corpus=CORPUS,
    outputs=chosen_outputs(CORPUS),
    utterances=UTTERANCES,
    protocol=make_protocol("leave-one-speaker-out", {}, CORPUS, UTTERANCES),
    content="c0ffee",
)


@component(version="3", yields="image")
def mels(*, bands: int = 64) -> object: ...


@component(yields="vector")
def numbers() -> object: ...


@component(accepts="image", layers=("convolution", "norm"))
def net(*, width: int = 32) -> object: ...


@component(layers=("convolution",), private_norms=True, foldable=True)
def beside() -> object: ...


@component(layers=("linear",))
def low_rank(*, rank: int = 4) -> object: ...


@component(accepts="frames")
def recurrent() -> object: ...


@component(version="1", layers=("convolution",))
def inserted() -> object: ...


PARTS = {
    "extractors": {"numbers": numbers},
    "frontends": {"mels": mels},
    "backbones": {"net": net, "recurrent": recurrent, "unmarked": lambda: None},
    "adapters": {"beside": beside, "low_rank": low_rank, "inserted": inserted},
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
    snapshot = {key: value for key, value in stages[0].items() if key not in {"key", "protocols"}}
    assert snapshot == {
        "kind": "epochs",
        "system": "s",
        "strategy": "scratch",
        "tuned": "all",
        "tasks": ["foo/emotion"],
        "classes": [["anger", "neutral", "sadness"]],
        "dimensions": [[]],
        "fold": "s0",
        "seed": 1,
        "precision": "fp32",
        "items": [{"train": 12, "dev": 6, "test": 6}],
        "components": {
            "frontend": {"name": "mels", "options": {"bands": 64}, "version": "3"},
            "backbone": {"name": "net", "options": {"width": 4}, "version": "1"},
        },
        "normalisation": "none",
        "learning_rates": [0.1, 0.01, 0.001],
        "parents": [],
        "scored": True,
    }
    assert stages[0]["protocols"] == {FACTS.protocol.id: FACTS.protocol.hash}


def test_keys_of_recipes_with_classes_stay_what_they_were() -> None:
    # Results that users have are found by these; whoever changes them on purpose raises FORMAT.
    svm = recipe(strategy="svm", extractor="numbers", frontend=None, backbone=None)
    assert [keys(asked)[0][:12] for asked in (recipe(), svm)] == ["dbb1c932c548", "af085273d46d"]


RATED = tuple(
    replace(each, labels={**each.labels, "valence": 1.0 + number % 5, "arousal": float(number % 3)})
    for number, each in enumerate(UTTERANCES)
)
NUMBERS = (Target("valence", range=(1.0, 5.0), unit="rating"), Target("arousal", range=(0.0, 2.0)))
MIXED = replace(make_corpus(RATED, id_="rated"), targets=(CORPUS.target(), *NUMBERS))


def rated(target: str = "valence+arousal", metric: str = "") -> CorpusFacts:
    outputs = chosen_outputs(MIXED, target, metric=metric)
    protocol = make_protocol("leave-one-speaker-out", {}, MIXED, RATED)
    return CorpusFacts(MIXED, outputs, RATED, protocol, "c0ffee")


def test_the_plan_names_the_dimensions_of_a_head() -> None:
    (stage, *_) = plan(recipe(), [rated()], factory).to_json()["stages"]
    assert (stage["tasks"], stage["classes"]) == (["rated/valence+arousal"], [[]])
    valence = {"name": "valence", "range": [1.0, 5.0], "unit": "rating"}
    assert stage["dimensions"] == [[valence, {"name": "arousal", "range": [0.0, 2.0], "unit": ""}]]


def test_range_loss_metric_and_order_of_dimensions_are_in_the_key() -> None:
    wide = replace(MIXED, targets=(replace(NUMBERS[0], range=(0.0, 5.0)), NUMBERS[1]))
    facts = (
        rated(),
        rated("arousal+valence"),
        rated("valence"),
        rated(metric="mae"),
        replace(rated(), corpus=wide, outputs=chosen_outputs(wide, "valence+arousal")),
    )
    found = [keys(recipe(), each)[0] for each in facts]
    found.append(keys(recipe(training={"loss": "mse"}), rated())[0])
    assert len(set(found)) == len(found)
    stages = plan(recipe(training={"loss": "mse"}), [FACTS, rated()], factory).stages
    assert {stage.task.loss for stage in stages} == {"cross-entropy", "mse"}
    assert keys(recipe(training={"loss": "mse"})) == keys(recipe())


def test_classes_and_dimensions_are_learned_in_turn_by_one_shared_model() -> None:
    first = plan(recipe(strategy="multi-domain", **ADAPTED), [FACTS, rated()], factory).stages[0]
    assert (first.kind, [task.id for task in first.tasks]) == ("rounds", ["foo/emotion", "rated/valence+arousal"])
    assert [task.loss for task in first.tasks] == ["cross-entropy", "ccc"]


def test_two_protocols_of_one_id_are_both_named() -> None:
    parts = [rated("emotion"), replace(rated(), protocol=replace(rated().protocol, hash="0123456789"))]
    first = plan(recipe(strategy="multi-domain", **ADAPTED), parts, factory).to_json()["stages"][0]
    assert len(first["protocols"]) == 2
    assert "rated/leave-one-speaker-out #01234567" in first["protocols"]


def test_aggregating_numbers_is_refused_with_what_to_do() -> None:
    with pytest.raises(RecipeError, match=r"'rated/valence\+arousal' has numbers, and aggregating by arousal maps"):
        plan(recipe(strategy="arousal", **ADAPTED), [FACTS, rated()], factory)


def test_left_out_utterances_are_told() -> None:
    note = replace(rated(), left_out=3).note
    assert note == "rated/valence+arousal: left out for want of a label for each of valence and arousal: 3 utterances."
    assert rated().note == ""


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
        {"training": {"rest": "drop"}},
        {"training": {"rest": "merge"}},
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


def test_device_executor_and_names_change_no_key() -> None:
    asked = recipe()
    other = asked.model_copy(update={"name": "q", "device": "cpu", "systems": {"other": asked.systems["s"]}})
    assert keys(asked) == keys(other)


OTHER = make_corpus(UTTERANCES, id_="bar")
OTHERS = replace(FACTS, corpus=OTHER, protocol=make_protocol("leave-one-speaker-out", {}, OTHER, UTTERANCES))
ADAPTED = {"adapter": "beside"}


def drawn(**system: Any) -> list[tuple[Any, ...]]:
    """Return the first fold's stages in short: kind, what is tuned, tasks, adapted, scored, parents' positions."""
    sources = {"s": OTHERS} if "source" in system else {}
    stages = plan(recipe(**system), [FACTS, OTHERS], factory, sources).stages
    places = {stage.key: position for position, stage in enumerate(stages)}
    return [
        (
            stage.kind,
            stage.tuned,
            [task.id for task in stage.tasks],
            stage.is_adapted,
            stage.scored,
            [places[key] for key in stage.parents],
        )
        for stage in stages
        if stage.fold == "s0"
    ]


FOO, BAR = ["foo/emotion"], ["bar/emotion"]


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ({"strategy": "scratch"}, [("epochs", "all", FOO, False, True, []), ("epochs", "all", BAR, False, True, [])]),
        (
            {"strategy": "head", "source": "bar"},
            [
                ("epochs", "all", BAR, False, False, []),
                ("epochs", "head", FOO, False, True, [0]),
                ("epochs", "head", BAR, False, True, [0]),
            ],
        ),
        (
            {"strategy": "full", "source": "bar"},
            [
                ("epochs", "all", BAR, False, False, []),
                ("epochs", "all", FOO, False, True, [0]),
                ("epochs", "all", BAR, False, True, [0]),
            ],
        ),
        (
            {"strategy": "adapters", "source": "bar", **ADAPTED},
            [
                ("epochs", "all", BAR, False, False, []),
                ("epochs", "private", FOO, True, True, [0]),
                ("epochs", "private", BAR, True, True, [0]),
            ],
        ),
        (
            {"strategy": "multi-domain", **ADAPTED},
            [
                ("rounds", "all", FOO + BAR, True, False, []),
                ("epochs", "private", FOO, True, True, [0]),
                ("epochs", "private", BAR, True, True, [0]),
            ],
        ),
        (
            {"strategy": "arousal", **ADAPTED},
            [
                ("epochs", "all", ["aggregate/arousal"], True, False, []),
                ("epochs", "private", FOO, True, True, [0]),
                ("epochs", "private", BAR, True, True, [0]),
            ],
        ),
        (
            {"strategy": "arousal+valence", **ADAPTED},
            [
                ("rounds", "all", ["aggregate/arousal", "aggregate/valence"], True, False, []),
                ("epochs", "private", FOO, True, True, [0]),
                ("epochs", "private", BAR, True, True, [0]),
            ],
        ),
        (
            {"strategy": "aggregate", "map": {"anger": "loud", "neutral": "calm", "sadness": "calm"}, **ADAPTED},
            [
                ("epochs", "all", ["aggregate/map"], True, False, []),
                ("epochs", "private", FOO, True, True, [0]),
                ("epochs", "private", BAR, True, True, [0]),
            ],
        ),
    ],
    ids=lambda value: value["strategy"] if isinstance(value, dict) else "",
)
def test_every_strategy_is_drawn_as_its_row_says(system: dict[str, Any], expected: list[tuple[Any, ...]]) -> None:
    assert drawn(**system) == expected


def test_the_starts_of_the_tuning_are_the_tables() -> None:
    def start(**system: Any) -> Any:
        stages = plan(recipe(**system), [FACTS, OTHERS], factory, {"s": OTHERS} if "source" in system else {}).stages
        return next(stage.start for stage in stages if stage.scored)

    full, multi = start(strategy="full", source="bar"), start(strategy="multi-domain", **ADAPTED)
    arousal, both = start(strategy="arousal", **ADAPTED), start(strategy="arousal+valence", **ADAPTED)
    assert (full.weights, full.keeps_private, full.norms_of) == ("best", False, ("bar/emotion",))
    assert (multi.weights, multi.keeps_private, multi.norms_of) == ("final", True, ())
    assert (arousal.weights, arousal.keeps_private, arousal.norms_of) == ("best", False, ("aggregate/arousal",))
    assert (both.weights, both.keeps_private, both.norms_of) == ("final", False, ("aggregate/arousal",))


def test_what_aggregated_tasks_hand_on_is_in_the_keys_of_those_that_take_it_alone() -> None:
    def both(**shared: str) -> tuple[Stage, Stage]:
        asked = recipe(strategy="arousal+valence", shared=shared, **ADAPTED)
        parent, child, *_ = plan(asked, [FACTS, OTHERS], factory).stages
        return parent, child

    parent, child = both()
    for shared, tasks, folded in (
        ({"adapters": "fold"}, ("aggregate/arousal",), True),
        ({"norms": "mean"}, ("aggregate/arousal", "aggregate/valence"), False),
    ):
        same, other = both(**shared)
        assert same.key == parent.key
        assert other.key != child.key
        assert other.start is not None
        assert (other.start.norms_of, other.start.folded) == (tasks, folded)


@pytest.mark.parametrize(
    ("system", "message"),
    [
        (
            {"strategy": "arousal", "shared": {"norms": "mean"}, **ADAPTED},
            r"'s': the strategy 'arousal' has no two aggregated tasks to take the mean of\. Leave out norms: mean\.",
        ),
        (
            {"strategy": "multi-domain", "shared": {"adapters": "fold"}, **ADAPTED},
            r"'multi-domain' has no aggregated tasks whose adapters fold\. Leave out adapters: fold\.",
        ),
        (
            {"strategy": "arousal", "shared": {"adapters": "fold"}, "adapter": "inserted"},
            r"the adapter 'inserted' does not fold\. Choose one that does, or adapters: drop\.",
        ),
    ],
)
def test_handing_on_what_is_not_there_is_refused(system: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        plan(recipe(**system), [FACTS, OTHERS], factory)


def test_tuning_learns_at_the_tables_rates() -> None:
    def rates(**system: Any) -> list[tuple[float, ...]]:
        stages = plan(recipe(**system), [FACTS, OTHERS], factory, {"s": OTHERS} if "source" in system else {}).stages
        return [stage.learning_rates for stage in stages if stage.fold == "s0"][:2]

    assert rates(strategy="head", source="bar") == [(0.1, 0.01, 0.001), (0.01, 0.001)]
    assert rates(strategy="adapters", source="bar", **ADAPTED) == [(0.1, 0.01, 0.001), (0.1, 0.01, 0.001)]
    assert rates(strategy="multi-domain", shared={"learning_rates": [0.2]}, **ADAPTED)[0] == (0.2,)


def test_a_source_trained_once_serves_every_system_and_is_the_scratch_of_its_corpus() -> None:
    base = {"frontend": "mels", "backbone": "net"}
    systems = {
        "plain": {"strategy": "scratch", **base},
        "a": {"strategy": "head", "source": "bar", **base},
        "b": {"strategy": "full", "source": "bar", **base},
    }
    asked = recipe().model_copy(update={"systems": recipe_of(systems).systems})
    stages = plan(asked, [FACTS, OTHERS], factory, {"a": OTHERS, "b": OTHERS}).stages
    scratch = {stage.key for stage in stages if stage.system == "plain" and stage.task.id == "bar/emotion"}
    assert {key for stage in stages for key in stage.parents} == scratch
    assert len([stage for stage in stages if not stage.scored]) == 4


def recipe_of(systems: dict[str, Any]) -> Recipe:
    data = {"corpora": ["foo"], "protocol": "leave-one-speaker-out", "systems": systems}
    return Recipe.model_validate(data)


def test_folds_that_do_not_go_together_are_refused() -> None:
    three = replace(OTHERS, protocol=make_protocol("grouped-k-fold", {"k": 3}, OTHER, UTTERANCES))
    with pytest.raises(RecipeError) as caught:
        plan(recipe(strategy="multi-domain", **ADAPTED), [FACTS, three], factory)
    assert "need one number of folds: foo has 4, bar has 3" in str(caught.value)


def test_a_shared_model_that_learned_from_test_speakers_is_refused() -> None:
    shifted = replace(FACTS, protocol=make_protocol("grouped-k-fold", {"k": 4, "seed": 3}, CORPUS, UTTERANCES))
    assert [fold.splits for fold in shifted.protocol.folds] != [fold.splits for fold in FACTS.protocol.folds]
    with pytest.raises(RecipeError) as caught:
        plan(recipe(strategy="full", source="foo"), [FACTS], factory, {"s": shifted})
    assert "its shared model learns from speaker foo/" in str(caught.value)
    assert "'foo/emotion' is tested on" in str(caught.value)
    assert plan(recipe(strategy="full", source="foo"), [FACTS], factory, {"s": FACTS})


def test_a_shared_model_that_was_selected_on_test_speakers_is_refused_unless_the_audit_only_reports() -> None:
    swapped = {"train": "train", "dev": "test", "test": "dev"}
    folds = tuple(
        replace(fold, splits={id_: swapped[split] for id_, split in fold.splits.items()})
        for fold in FACTS.protocol.folds
    )
    source = replace(FACTS, protocol=replace(FACTS.protocol, folds=folds))
    asked = recipe(strategy="full", source="foo")
    with pytest.raises(RecipeError, match="which 'foo/emotion' is tested on"):
        plan(asked, [FACTS], factory, {"s": source})
    assert plan(asked.model_copy(update={"audit": "report"}), [FACTS], factory, {"s": source}).stages


def test_an_overlap_that_the_protocol_declares_is_no_leak_of_a_shared_model() -> None:
    said = tuple(
        replace(each, id=f"{each.id}_t{text}", text=f"t{text}") for each in UTTERANCES[::2] for text in range(4)
    )
    parts = []
    for id_ in ("foo", "bar"):
        corpus = make_corpus(said, id_=id_)
        protocol = make_protocol("text-independent", {"k": 4}, corpus, said)
        parts.append(replace(FACTS, corpus=corpus, utterances=said, protocol=protocol))
    assert protocol.overlap, "a speaker of test is in train of every fold"
    assert len(plan(recipe(strategy="multi-domain", **ADAPTED), parts, factory).stages) == 4 * 3


def test_a_source_without_the_targets_people_serves_all_folds_with_its_first() -> None:
    three = replace(OTHERS, protocol=make_protocol("grouped-k-fold", {"k": 3}, OTHER, UTTERANCES))
    asked = recipe(strategy="full", source="bar")
    stages = plan(asked, [FACTS], factory, {"s": three}).stages
    first = [stage for stage in stages if not stage.scored]
    assert [stage.fold for stage in first] == ["1"]
    assert {stage.parents for stage in stages if stage.scored} == {(first[0].key,)}
    assert [stage.fold for stage in stages if stage.scored] == ["s0", "s1", "s2", "s3"]
    shared = [replace(each, speakers="shared") for each in (FACTS, three)]
    with pytest.raises(RecipeError, match="need one number of folds: foo has 4, bar has 3"):
        plan(asked, shared[:1], factory, {"s": shared[1]})
    alike = plan(asked, [FACTS], factory, {"s": OTHERS}).stages
    assert [stage.fold for stage in alike if not stage.scored] == ["s0", "s1", "s2", "s3"], "as many folds go in pairs"


def test_a_sampling_nobody_knows_is_refused_before_anything_runs() -> None:
    with pytest.raises(RecipeError, match=r"System 's': Unknown sampling 'round-robbin'. Did you mean 'round-robin'?"):
        plan(recipe(strategy="multi-domain", shared={"sampling": "round-robbin"}, **ADAPTED), [FACTS], factory)


def test_a_checkpoint_is_a_source_by_its_content_not_its_path() -> None:
    def keys_from(path: str, sha256: str) -> list[str]:
        asked = recipe(strategy="full", source={"checkpoint": path})
        stages = plan(asked, [FACTS], factory, {"s": WeightsFile(path, sha256)}).stages
        assert not any(stage.parents for stage in stages)
        return [stage.key for stage in stages]

    assert keys_from("a.safetensors", "1") == keys_from("b.safetensors", "1")
    assert not set(keys_from("a.safetensors", "1")) & set(keys_from("a.safetensors", "2"))


def test_the_table_has_the_papers_rows_and_the_users_map() -> None:
    assert list(STRATEGIES) == [
        "scratch",
        "head",
        "full",
        "adapters",
        "multi-domain",
        "arousal",
        "valence",
        "arousal+valence",
        "aggregate",
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
        ({"strategy": "head"}, "the strategy 'head' needs a source: source: CORPUS, or source: {checkpoint: PATH}."),
        ({"source": "bar"}, "the strategy 'scratch' takes no source. Leave it out."),
        ({"strategy": "aggregate", **ADAPTED}, "the strategy 'aggregate' needs a map: {label: class}."),
        ({"map": {"a": "b"}}, "the strategy 'scratch' takes no map. Leave it out."),
        ({"strategy": "multi-domain"}, "the strategy 'multi-domain' needs adapter. Add it."),
        (
            {"strategy": "multi-domain", "adapter": "low_rank"},
            "the adapter 'low_rank' takes linear layers, the backbone 'net' has convolution and norm layers",
        ),
        ({"backbone": "unmarked"}, "the backbone 'unmarked' does not say what it accepts. Mark its factory with"),
        ({"backbone": "recurrent"}, "the frontend 'mels' yields image, the backbone 'recurrent' accepts frames"),
    ],
)
def test_a_system_that_makes_no_sense_is_refused(system: dict[str, Any], message: str) -> None:
    with pytest.raises(EmonetError) as caught:
        plan(recipe(**system), [FACTS], factory)
    assert message in str(caught.value)


def test_normalisation_by_speaker_without_speakers_is_refused() -> None:
    split = {"s0": "train", "s1": "train", "s2": "dev", "s3": "test"}
    nobody = tuple(replace(each, speaker=None, split=split[str(each.speaker)]) for each in UTTERANCES)
    facts = replace(FACTS, utterances=nobody, protocol=make_protocol("official", {}, CORPUS, nobody))
    assert plan(recipe(normalisation="corpus"), [facts], factory).stages
    text = r"'foo/emotion' does not say the speaker of every utterance.*Choose global, none or corpus"
    with pytest.raises(RecipeError, match=text):
        plan(recipe(normalisation="speaker"), [facts], factory)


def methods(asked: Recipe, **facts: Any) -> set[str]:
    return {stage.method for stage in plan(asked, [replace(FACTS, **facts)], factory).stages}


def test_a_system_is_one_over_folds_seeds_corpora_and_names() -> None:
    (one,) = methods(recipe())
    assert methods(recipe().model_copy(update={"seeds": (1, 2)}), content="other") == {one}
    assert methods(recipe(svm={"c": [1.0]})) == {one}, "what a network does not read"
    assert methods(Recipe.model_validate({**recipe().model_dump(), "systems": {"t": recipe().systems["s"]}})) == {one}


@pytest.mark.parametrize(
    "change",
    [
        {"training": {"batch": 8}},
        {"training": {"learning_rates": [0.5]}},
        {"dropout": 0.1},
        {"normalisation": "global"},
        {"backbone": {"net": {"width": 4}}},
        {"strategy": "svm", "extractor": "numbers", "frontend": None, "backbone": None},
        {"strategy": "full", "source": "foo"},
    ],
)
def test_whatever_changes_a_system_makes_it_another(change: dict[str, Any]) -> None:
    sources = {"s": FACTS} if "source" in change else None
    assert {
        stage.method for stage in plan(recipe(**change), [FACTS], factory, sources).stages if stage.scored
    }.isdisjoint(methods(recipe()))


def test_how_a_source_is_read_makes_a_system_another_where_it_is_said() -> None:
    def method(**door: Any) -> set[str]:
        asked = recipe(strategy="full", source={"corpus": {"manifest": "a.csv", **door}})
        return {stage.method for stage in plan(asked, [FACTS], factory, {"s": FACTS}).stages if stage.scored}

    assert method() == method(speaker=None)
    assert method().isdisjoint(method(speaker="(s.)_"))


def test_a_recipe_that_selects_on_dev_opens_no_test() -> None:
    asked = recipe().model_copy(update={"selects": "dev"})
    stages, whole = plan(asked, [FACTS], factory).stages, plan(recipe(), [FACTS], factory).stages
    assert [stage.key for stage in stages] == [stage.key for stage in whole]
    assert {stage.splits for stage in stages} == {("dev",)}
    assert {stage.splits for stage in whole} == {("dev", "test")}
