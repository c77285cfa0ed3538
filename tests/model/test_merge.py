"""A merged network gives the same outputs with fewer layers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from emonet.errors import ContractError
from emonet.model.contracts import Adapter
from emonet.model.layers import ConvBlock, MaskedBatchNorm2d
from emonet.model.model import parameter_count
from tests.helpers.adapted_networks import (
    LENGTHS,
    WAVE,
    Inserted,
    Scaled,
    WithAttention,
    WithoutNorms,
    a_model,
    outputs,
    train,
)


def learnt_layers(network: nn.Module) -> list[nn.Module]:
    return [layer for layer in network.modules() if list(layer.parameters(recurse=False))]


@pytest.mark.parametrize("adapter", [None, Scaled(), WithoutNorms(), WithAttention()])
def test_a_merged_network_gives_the_same_outputs_with_fewer_layers(adapter: Adapter | None) -> None:
    model = a_model("foo", adapter=adapter)
    train(model, "foo")
    plain = model.merged("foo")
    torch.testing.assert_close(plain(WAVE, LENGTHS), outputs(model, "foo"), atol=1e-5, rtol=1e-5)
    assert len(learnt_layers(plain)) == 6
    assert len(learnt_layers(model.backbone)) + len(learnt_layers(model.head_of("foo"))) == 9
    assert not any(isinstance(layer, MaskedBatchNorm2d | ConvBlock | nn.BatchNorm1d) for layer in plain.modules())


def test_a_merged_network_takes_tables_for_normalisation() -> None:
    model = a_model("foo", adapter=Scaled()).eval()
    table = {"mean": torch.rand(3, 1, 8), "scale": torch.rand(3, 1, 8) + 0.5}
    expected = model(WAVE, LENGTHS, "foo", **table)
    torch.testing.assert_close(model.merged("foo")(WAVE, LENGTHS, **table), expected, atol=1e-5, rtol=1e-5)


def test_padding_does_not_change_a_merged_networks_outputs() -> None:
    model = a_model("foo", adapter=Scaled())
    train(model, "foo")
    plain = model.merged("foo")
    together = plain(WAVE, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = plain(WAVE[row : row + 1, :length], LENGTHS[row : row + 1])
        torch.testing.assert_close(alone[0], together[row], atol=1e-5, rtol=1e-5)


def test_merging_changes_nothing_of_the_model() -> None:
    model = a_model("foo", adapter=Scaled())
    before, count = outputs(model, "foo"), parameter_count(model)
    plain = model.merged("foo")
    with torch.no_grad():
        for parameter in plain.parameters():
            parameter.zero_()
    assert torch.equal(outputs(model, "foo"), before)
    assert parameter_count(model) == count
    assert model.training


def test_a_merged_network_is_for_evaluation() -> None:
    plain = a_model("foo", adapter=Scaled()).merged("foo")
    assert not any(parameter.requires_grad for parameter in plain.parameters())
    assert not any(layer.training for layer in plain.modules())


def test_what_does_not_fold_is_not_merged() -> None:
    model = a_model("foo", adapter=Inserted())
    with pytest.raises(ContractError, match="The adapter Inserted does not fold into the backbone's weights"):
        model.merged("foo")
