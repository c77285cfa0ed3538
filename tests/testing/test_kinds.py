"""The kit knows all four kinds of features, at both ends of them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from emonet.plugin.component import KINDS
from emonet.testing import all_checks, run_checks
from emonet.testing.signals import features
from tests.testing import specimens_adapters as adapters
from tests.testing import specimens_components as components
from tests.testing import specimens_packages as packages
from tests.testing.specimens_components import Framed

AXES = {"image": 4, "frames": 3, "vector": 2, "wave": 2}


class Summing(nn.Module):
    """Backbone for any kind: power per clip, summed over everything but the batch."""

    dim = 1

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.accepts = kind
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, features: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        return self.gain * features.flatten(1).square().sum(1, keepdim=True) / lengths[:, None]


class AnyKind(Framed):
    """Frontend that gives its frames in the shape of any kind."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.yields = kind
        self.shape = {"image": (1, 2), "frames": (2,), "vector": (2,), "wave": ()}[kind]

    def forward(self, wave: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        image, frames = super().forward(wave, lengths)
        if self.yields == "wave":
            return image[:, 0, 0], frames
        if self.yields == "vector":
            return image[:, 0].sum(2), torch.ones_like(frames)
        return (image if self.yields == "image" else image[:, 0].transpose(1, 2)), frames


def messages(subject):
    results = run_checks(subject)
    assert len(results) == len(all_checks()[subject.kind])
    return [result.message for result in results if not result.passed]


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_backbone_of_any_kind_passes(kind):
    def made():
        return Summing(kind)

    assert messages(components.backbone(made, accepts=kind)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_frontend_of_any_kind_passes(kind):
    def made():
        return AnyKind(kind)

    assert messages(components.frontend(made, yields=kind)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_features_have_the_axes_of_their_kind_and_are_zero_beyond_their_lengths(kind):
    batch, lengths = features(kind, [5, 3])
    assert batch.ndim == AXES[kind]
    assert lengths.tolist() == {"wave": [1280, 768], "vector": [1, 1]}.get(kind, [5, 3])
    if kind != "vector":
        shorter = batch[1].transpose(0, 1) if kind == "frames" else batch[1]
        assert shorter.shape[-1] == lengths[0]
        assert not shorter[..., lengths[1] :].any()
        assert shorter[..., : lengths[1]].any()


def test_a_package_that_cannot_be_imported_afresh_is_told_why(tmp_path, monkeypatch):
    module = packages.installed({"specimen_gone": packages.GOOD}, tmp_path, monkeypatch)
    (tmp_path / "specimen_gone.py").write_text("import no_such_module")
    failed = [result.message for result in run_checks(module) if not result.passed]
    assert len(failed) == 1
    assert failed[0].startswith("plugin 'specimen_gone': it cannot be listed in a fresh Python:\nTraceback")
    assert "No module named 'no_such_module'" in failed[0]


def test_an_adapter_that_does_not_fold_passes():
    assert messages(adapters.adapter(adapters.Inserted)) == []
