from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from emonet.evaluate.metrics import METRICS
from emonet.learn.losses import LOSSES, ccc_loss, class_weights, cross_entropy, squared_error


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


def column(*values: float) -> torch.Tensor:
    return torch.tensor(values)[:, None]


def test_the_ccc_loss_of_the_worked_example() -> None:
    # Truth 1, 2, 3 and prediction 2, 3, 4: covariance and variances are 2/3, the means differ by 1: CCC = 4/7.
    assert ccc_loss(column(2, 3, 4), column(1, 2, 3)).item() == pytest.approx(1 - 4 / 7, abs=1e-6)


def test_the_ccc_loss_is_one_minus_the_metric_averaged_over_dimensions() -> None:
    random = np.random.default_rng(5)
    truth = random.uniform(0, 1, (40, 3))
    said = 0.6 * truth + random.normal(0.1, 0.2, (40, 3))
    expected = np.mean([1 - METRICS["ccc"].of(truth[:, d].tolist(), said[:, d].tolist()) for d in range(3)])
    loss = ccc_loss(torch.from_numpy(said), torch.from_numpy(truth))
    assert loss.item() == pytest.approx(expected, abs=1e-5)


def test_the_gradient_of_the_ccc_loss_is_that_of_differences() -> None:
    generator = torch.Generator().manual_seed(3)
    said, truth = (torch.rand(8, 2, generator=generator) for _ in range(2))
    said.requires_grad_()
    (gradient,) = torch.autograd.grad(ccc_loss(said, truth), said)
    step = torch.zeros_like(said)
    step[3, 1] = 1e-3
    difference = (ccc_loss(said + step, truth) - ccc_loss(said - step, truth)) / 2e-3
    assert gradient[3, 1].item() == pytest.approx(difference.item(), abs=1e-3)
    assert gradient.abs().max() > 0


@pytest.mark.parametrize(
    ("said", "truth"),
    [
        (column(0.7), column(0.7)),
        (column(0.7), column(0.2)),
        (column(0.1, 0.4), column(0.5, 0.5)),
        (column(0.5, 0.5), column(0.1, 0.4)),
        (column(0.5, 0.5), column(0.5, 0.5)),
    ],
)
@pytest.mark.parametrize("name", ["ccc", "mse"])
def test_a_batch_of_one_and_constant_batches_give_finite_losses_and_gradients(
    name: str, said: torch.Tensor, truth: torch.Tensor
) -> None:
    said = said.clone().requires_grad_()
    loss = LOSSES[name](said, truth, None)
    (gradient,) = torch.autograd.grad(loss, said)
    assert torch.isfinite(loss)
    assert torch.isfinite(gradient).all()


def test_the_squared_error_is_the_mean_over_batch_and_dimensions() -> None:
    said, truth = torch.tensor([[1.0, 0.0], [0.0, 0.0]]), torch.tensor([[0.0, 0.0], [0.0, 2.0]])
    assert squared_error(said, truth).item() == pytest.approx((1 + 4) / 4)
