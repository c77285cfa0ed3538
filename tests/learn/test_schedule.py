from __future__ import annotations

import pytest

from emonet.learn.loops import Progression, after_epoch, after_patience, learning_rate


def test_patience_counts_epochs_without_a_better_score() -> None:
    now = after_epoch(Progression(), 0.5, 3, better=True)
    assert (now.epoch, now.steps, now.best, now.best_epoch, now.waiting) == (1, 3, 0.5, 1, 0)
    now = after_epoch(now, 0.4, 3, better=False)
    assert (now.epoch, now.steps, now.best, now.best_epoch, now.waiting) == (2, 6, 0.5, 1, 1)
    assert after_patience(now, 2, None) == now
    moved = after_patience(now, 1, None)
    assert (moved.stage, moved.waiting, moved.stage_epochs, moved.best_epoch) == (1, 0, 0, 1)


def test_a_limit_of_epochs_ends_a_stage_too() -> None:
    now = after_epoch(Progression(), 0.5, 1, better=True)
    assert after_patience(now, 50, 1).stage == 1
    assert after_patience(now, 50, 2).stage == 0


def test_the_rate_decays_with_every_step() -> None:
    now = Progression(steps=10, stage=1)
    assert learning_rate((0.1, 0.01), now, 0.0) == 0.01
    assert learning_rate((0.1, 0.01), now, 0.5, step=2) == pytest.approx(0.01 / 7)
