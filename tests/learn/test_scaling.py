from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.preprocessing import StandardScaler

from emonet.learn.normalisation import ScalingTable, fit_table, frontend_table
from emonet.learn.probe import Vectors, normalised, vector_table
from emonet.plugin.registry import load_registry
from emonet.recipe.normalisation import NORMALISATIONS
from emonet.recipe.task import Item, Task
from tests.helpers.prepared_task import Prepared

RANDOM = np.random.default_rng(1)
FEATURES = {split: RANDOM.normal(3, 2, (size, 4)) for split, size in (("train", 12), ("dev", 6), ("test", 6))}


def groups(names: str) -> dict[str, tuple[str, ...]]:
    return {split: tuple(names[i % len(names)] for i in range(len(rows))) for split, rows in FEATURES.items()}


def scaled(groups: dict[str, tuple[str, ...]], normalisation: str) -> dict[str, np.ndarray]:
    """Return the features as a stage normalises them: by the splits of training, new groups by their own clips."""
    vectors = {split: Vectors(rows, groups[split]) for split, rows in FEATURES.items()}
    table = vector_table(vectors[split] for split in NORMALISATIONS[normalisation].fitted_on)
    if NORMALISATIONS[normalisation].is_transductive:
        table = table.with_new(vector_table([vectors["test"]]))
    return {split: normalised(each, table) for split, each in vectors.items()}


def test_global_is_scikit_learns_scaler_fitted_on_train() -> None:
    scaler = StandardScaler().fit(FEATURES["train"])
    result = scaled(groups(" "), "global")
    for split, rows in FEATURES.items():
        np.testing.assert_allclose(result[split], scaler.transform(rows), atol=1e-5)


def test_none_leaves_the_features_alone() -> None:
    assert normalised(Vectors(FEATURES["test"], groups(" ")["test"]), None) is FEATURES["test"]


@pytest.mark.parametrize("normalisation", list(NORMALISATIONS))
def test_no_table_of_training_is_fitted_on_test(normalisation: str) -> None:
    assert "test" not in NORMALISATIONS[normalisation].fitted_on


def test_a_group_that_training_knows_keeps_its_statistics_when_test_is_opened() -> None:
    one, other = (ScalingTable({"a": np.array([i])}, {"a": np.array([i])}) for i in (1.0, 2.0))
    new = ScalingTable({"b": np.array([3.0])}, {"b": np.array([3.0])})
    assert one.with_new(other).means["a"] == one.with_new(other).scales["a"] == 1.0
    assert one.with_new(new).rows(["a", "b"])[0].tolist() == [[1.0], [3.0]]


def test_corpus_reads_train_only_but_each_corpus_apart() -> None:
    result = scaled(groups("ab"), "corpus")
    scaler = StandardScaler().fit(FEATURES["train"][1::2])
    np.testing.assert_allclose(result["test"][1::2], scaler.transform(FEATURES["test"][1::2]), atol=1e-5)


def test_speaker_makes_every_speakers_own_clips_standard() -> None:
    names = {"train": ("a",) * 12, "dev": ("b",) * 6, "test": ("c",) * 6}
    result = scaled(names, "speaker")
    for rows in result.values():
        np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-6)
        np.testing.assert_allclose(rows.std(axis=0), 1, atol=1e-5)


def test_an_aggregated_task_is_one_group_for_global_and_one_a_corpus_for_corpus() -> None:
    items = tuple(Item(corpus, "u", 0, "s") for corpus in ("foo", "bar"))
    task = Task("aggregate/arousal", ("low", "high"), {"train": items})
    groups = {name: {each.group(item, task) for item in items} for name, each in NORMALISATIONS.items()}
    assert {name: len(found) for name, found in groups.items()} == {"global": 1, "none": 1, "corpus": 2, "speaker": 2}


def test_a_feature_that_never_varies_becomes_zero_not_nan() -> None:
    table = fit_table([("", np.full((5, 2), 3.0))])
    means, scales = table.rows([""])
    assert means.tolist() == [[3.0, 3.0]]
    assert scales.tolist() == [[1.0, 1.0]]


def test_statistics_merged_piece_by_piece_are_those_of_the_whole() -> None:
    values = RANDOM.normal(1e4, 1e-2, (50, 3))
    table = fit_table([("g", values[:7]), ("g", values[7:8]), ("g", values[8:])])
    np.testing.assert_allclose(table.means["g"], values.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(table.scales["g"], values.std(axis=0), rtol=1e-6)


def test_log_mels_are_normalised_over_the_valid_frames_of_train(prepared: Prepared) -> None:
    frontend = load_registry().build("frontends", "logmel", {"bands": 16})
    clips = prepared.clips("global")
    table = frontend_table(frontend, [clips["train"]], torch.device("cpu"))
    frames = []
    for position in range(len(clips["train"])):
        wave = torch.from_numpy(clips["train"].wave(position) / 32768.0).float()[None]
        features, lengths = frontend(wave, torch.tensor([wave.shape[1]]))
        frames.append(features[0, 0, :, : int(lengths[0])].T.numpy())
    joined = np.concatenate(frames)
    group = clips["train"].groups[0]
    np.testing.assert_allclose(table.means[group][0], joined.mean(axis=0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(table.scales[group][0], joined.std(axis=0), rtol=1e-3)
