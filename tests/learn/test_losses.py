from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from emonet.learn.losses import class_weights, cross_entropy


def test_class_weights_are_scikit_learns_balanced_ones() -> None:
    labels = np.array([0, 0, 0, 1, 2, 2])
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    np.testing.assert_allclose(class_weights(labels, 3).numpy(), expected, rtol=1e-6)


def test_a_class_without_clips_weighs_nothing_and_changes_no_other_weight() -> None:
    weights = class_weights(np.array([0, 0, 2]), 3)
    assert weights.tolist() == [0.75, 0.0, 1.5]


def test_weights_are_really_applied() -> None:
    outputs, labels = torch.tensor([[2.0, 0.0], [0.0, 2.0]]), torch.tensor([0, 0])
    plain = torch.nn.functional.cross_entropy(outputs, labels)
    assert cross_entropy(outputs, labels, None).item() == pytest.approx(plain.item())
    weighted = cross_entropy(outputs, labels, torch.tensor([3.0, 1.0]))
    assert weighted.item() == pytest.approx(3 * plain.item())
