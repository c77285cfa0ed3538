from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emonet.audio.arrow import as_float
from emonet.learn.batches import Evaluation, batch_cuts, evaluation_batches, train_batches
from emonet.recipe.recipe import Rest, Training
from tests.helpers.prepared_task import Prepared


def crops(prepared: Prepared, seed: int, epoch: int) -> dict[int, bytes]:
    found = {}
    for batch in train_batches(prepared.clips()["train"], Training(batch=4, crop=0.1), seed=seed, epoch=epoch):
        for position, wave, length in zip(batch.positions, batch.wave, batch.lengths, strict=True):
            found[position] = wave[:length].numpy().tobytes()
    return found


def test_an_epoch_has_every_clip_once_cut_to_the_crop(prepared: Prepared) -> None:
    clips = prepared.clips()["train"]
    batches = list(train_batches(clips, Training(batch=5, crop=0.1), seed=1, epoch=1))
    positions = [position for batch in batches for position in batch.positions]
    assert sorted(positions) == list(range(len(clips)))
    assert [len(batch.positions) for batch in batches] == [5, 5, 2]
    assert {int(length) for batch in batches for length in batch.lengths} == {1600}
    assert all((batch.labels.numpy() == clips.labels[list(batch.positions)]).all() for batch in batches)


@pytest.mark.parametrize(("rest", "sizes"), [("keep", [5, 5, 2]), ("drop", [5, 5]), ("merge", [5, 7])])
def test_a_rest_is_kept_dropped_or_merged(prepared: Prepared, rest: Rest, sizes: list[int]) -> None:
    clips = prepared.clips()["train"]
    batches = list(train_batches(clips, Training(batch=5, rest=rest), seed=1, epoch=1))
    assert [len(batch.positions) for batch in batches] == sizes
    positions = [position for batch in batches for position in batch.positions]
    assert len(set(positions)) == len(positions) == sum(sizes)
    whole = list(train_batches(clips, Training(batch=5), seed=1, epoch=1))
    assert positions == [position for batch in whole for position in batch.positions][: sum(sizes)]


def test_half_a_batch_is_no_rest_and_neither_is_the_only_batch() -> None:
    for rest in ("drop", "merge"):
        assert batch_cuts(6, 4, rest) == [(0, 4), (4, 6)]
        assert batch_cuts(1, 4, rest) == [(0, 1)]
        assert batch_cuts(8, 4, rest) == [(0, 4), (4, 8)]


def test_another_epoch_drops_other_clips(prepared: Prepared) -> None:
    clips, settings = prepared.clips()["train"], Training(batch=5, rest="drop")
    seen = [
        frozenset(
            position for batch in train_batches(clips, settings, seed=1, epoch=epoch) for position in batch.positions
        )
        for epoch in range(6)
    ]
    assert len(set(seen)) > 1


def test_crops_are_a_function_of_seed_epoch_and_utterance(prepared: Prepared) -> None:
    assert crops(prepared, 1, 1) == crops(prepared, 1, 1)
    assert crops(prepared, 1, 1) != crops(prepared, 1, 2)
    assert crops(prepared, 1, 1) != crops(prepared, 2, 1)


def test_the_order_differs_between_epochs(prepared: Prepared) -> None:
    clips = prepared.clips()["train"]
    orders = [
        [
            position
            for batch in train_batches(clips, Training(batch=4, crop=9.0), seed=1, epoch=epoch)
            for position in batch.positions
        ]
        for epoch in (1, 2)
    ]
    assert orders[0] != orders[1]


def test_the_order_differs_between_seeds(prepared: Prepared) -> None:
    clips = prepared.clips()["train"]
    orders = [
        [
            position
            for batch in train_batches(clips, Training(batch=4, crop=9.0), seed=seed, epoch=1)
            for position in batch.positions
        ]
        for seed in (1, 2)
    ]
    assert orders[0] != orders[1]


def test_short_clips_stay_whole_and_are_padded_with_zeros(prepared: Prepared) -> None:
    clips = prepared.clips()["train"]
    batch = next(train_batches(clips, Training(batch=12, crop=5.0), seed=1, epoch=1))
    assert batch.wave.shape == (12, int(clips.samples.max()))
    for position, wave, length in zip(batch.positions, batch.wave.numpy(), batch.lengths, strict=True):
        assert int(length) == clips.samples[position]
        assert not wave[int(length) :].any()
        np.testing.assert_allclose(wave[: int(length)], clips.wave(position) / 32768, atol=1e-7)


def test_evaluation_takes_the_centre_and_goes_by_length(prepared: Prepared) -> None:
    clips = prepared.clips()["test"]
    batches = list(evaluation_batches(clips, 4, Evaluation("centre", 0.1)))
    first = batches[0]
    wave = clips.wave(first.positions[0])
    begin = (len(wave) - 1600) // 2
    np.testing.assert_allclose(first.wave[0].numpy(), wave[begin : begin + 1600] / 32768, atol=1e-7)
    lengths = [clips.samples[position] for batch in batches for position in batch.positions]
    assert lengths == sorted(lengths)


def test_waves_kept_as_floats_come_as_they_are(prepared: Prepared) -> None:
    fine = np.float32(2.0**-20)
    floats = replace(prepared.store, _flat=tuple(as_float(flat) + fine for flat in prepared.store._flat))
    batches = [
        next(evaluation_batches(each.clips()["test"], 4, Evaluation("full", 0.1)))
        for each in (prepared, replace(prepared, store=floats))
    ]
    for plain, finer, length in zip(batches[0].wave.numpy(), batches[1].wave.numpy(), batches[0].lengths, strict=True):
        np.testing.assert_array_equal(finer[: int(length)], plain[: int(length)] + fine)


def test_evaluation_of_full_clips_cuts_nothing(prepared: Prepared) -> None:
    clips = prepared.clips()["test"]
    for batch in evaluation_batches(clips, 4, Evaluation("full", 0.1)):
        assert [int(length) for length in batch.lengths] == [clips.samples[position] for position in batch.positions]


def test_evaluation_by_windows_has_every_sample_once(prepared: Prepared) -> None:
    clips = prepared.clips()["test"]
    pieces: dict[int, list[bytes]] = {}
    lengths = []
    for batch in evaluation_batches(clips, 4, Evaluation("windows", 0.05)):
        lengths += batch.lengths.tolist()
        for position, wave, length in zip(batch.positions, batch.wave, batch.lengths, strict=True):
            pieces.setdefault(position, []).append((wave[:length] * 32768).numpy().astype("int16").tobytes())
    assert lengths == sorted(lengths)
    assert sorted(pieces) == list(range(len(clips)))
    assert min(len(found) for found in pieces.values()) > 1
    for position, found in pieces.items():
        assert b"".join(found) == clips.wave(position).tobytes()
