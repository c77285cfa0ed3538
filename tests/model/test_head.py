"""The classifier head, and the batch of one."""

from __future__ import annotations

import torch
from torch import nn

from emonet.model.head import Head, VectorNorm


def test_the_head_halves_the_width_before_its_outputs() -> None:
    head = Head(8, 3)
    kinds = [type(layer) for layer in head]
    assert kinds == [nn.Linear, VectorNorm, nn.ReLU, nn.Dropout, nn.Linear]
    assert head(torch.randn(5, 8)).shape == (5, 3)
    assert head[0].out_features == 4
    assert head[3].p == 0.2


def test_a_batch_of_one_trains_on_the_running_statistics() -> None:
    torch.manual_seed(0)
    head = Head(8, 3, dropout=0.0)
    before = {name: buffer.clone() for name, buffer in head.named_buffers()}
    x = torch.randn(1, 8)
    out = head.train()(x)
    torch.testing.assert_close(out, head.eval()(x))
    out.square().sum().backward()
    assert all(parameter.grad is not None for parameter in head.parameters())
    assert all(torch.equal(buffer, before[name]) for name, buffer in head.named_buffers())


def test_a_larger_batch_trains_as_plain_batch_norm() -> None:
    ours, plain = VectorNorm(4), nn.BatchNorm1d(4)
    x = torch.randn(6, 4)
    assert torch.equal(ours(x), plain(x))
    assert torch.equal(ours.running_var, plain.running_var)


def test_an_embedding_of_one_number_still_has_a_head() -> None:
    assert Head(1, 2)(torch.randn(3, 1)).shape == (3, 2)
