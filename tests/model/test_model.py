"""The model: frontend, shared backbone, one head a task."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from emonet.errors import ContractError, UnknownName
from emonet.model.model import Model, parameter_count, task_key


class Frames(nn.Module):
    """A frontend of the test: 4 samples a frame, as they are."""

    yields = "frames"
    shape = (4,)

    def forward(self, wave: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        assert wave.dtype == torch.float32
        assert not torch.is_autocast_enabled(wave.device.type)
        return wave.unflatten(1, (-1, 4)), lengths // 4


class Image(Frames):
    """The same as an image."""

    yields = "image"
    shape = (1, 4)

    def forward(self, wave: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        frames, lengths = super().forward(wave, lengths)
        return frames.transpose(1, 2)[:, None], lengths


class Vector(Frames):
    """A frontend of the test: the first 4 samples."""

    yields = "vector"
    shape = (4,)

    def forward(self, wave: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        return wave[:, :4], torch.ones_like(lengths)


class Sum(nn.Module):
    """A backbone of the test: a linear layer of the sum over frames."""

    accepts = "frames"
    dim = 6

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 6)

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        return self.linear(features.sum(dim=1))


class SumImage(Sum):
    """The same for images."""

    accepts = "image"

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        return self.linear(features.sum(dim=(1, 3)))


class Plain(Sum):
    """The same for vectors."""

    accepts = "vector"

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        return self.linear(features)


class Waves:
    """A batch of the test: one wave of three frames, one of two."""

    wave: ClassVar[Tensor] = torch.arange(24, dtype=torch.float32).view(2, 12) / 24
    lengths: ClassVar[Tensor] = torch.tensor([12, 8])
    wave[1, 8:] = 0


def a_model() -> Model:
    torch.manual_seed(0)
    return Model(Frames(), Sum())


def test_a_pair_that_does_not_fit_is_refused_with_both_kinds() -> None:
    with pytest.raises(ContractError, match="frontend Image yields 'image', but the backbone Sum accepts 'frames'"):
        Model(Image(), Sum())


def test_each_task_has_outputs_of_its_own() -> None:
    model = a_model()
    model.add_task("foo/emotion", 3)
    model.add_task("bar/valence", 1)
    assert model.tasks == ("foo/emotion", "bar/valence")
    assert model(Waves.wave, Waves.lengths, "foo/emotion").shape == (2, 3)
    assert model(Waves.wave, Waves.lengths, "bar/valence").shape == (2, 1)


@pytest.mark.parametrize("task", ["foo/v1.2", "a.b/c.d", "100%", "%2E", "type", "keys", "training", "foo"])
def test_any_name_can_be_a_task(task: str) -> None:
    model = a_model()
    model.add_task(task, 2)
    assert model.tasks == (task,)
    assert "." not in task_key(task)
    assert model(Waves.wave, Waves.lengths, task).shape == (2, 2)
    state = model.state_dict()
    out = functional_call(model.eval(), state, (Waves.wave, Waves.lengths, task))
    assert torch.equal(out, model(Waves.wave, Waves.lengths, task))


def test_names_that_differ_keep_different_keys() -> None:
    names = ["a.b", "a%2Eb", "a%252Eb", "ab"]
    assert len({task_key(name) for name in names}) == len(names)


def test_an_unknown_task_is_named_with_the_nearest_one() -> None:
    model = a_model()
    model.add_task("foo/emotion", 3)
    with pytest.raises(UnknownName, match=r"Unknown task 'foo/emotoin'\. Did you mean 'foo/emotion'\?"):
        model(Waves.wave, Waves.lengths, "foo/emotoin")


def test_a_task_is_added_once() -> None:
    model = a_model()
    model.add_task("foo", 3)
    with pytest.raises(ContractError, match="a head for task 'foo' already"):
        model.add_task("foo", 3)


def test_a_task_needs_a_name() -> None:
    with pytest.raises(ContractError, match="A task needs a name"):
        a_model().add_task("", 3)


def test_a_task_needs_outputs() -> None:
    with pytest.raises(ContractError, match="Task 'foo' has 0 outputs"):
        a_model().add_task("foo", 0)


def test_shared_weights_are_stored_under_the_backbones_own_names() -> None:
    model = a_model()
    model.add_task("foo", 2)
    shared = {name.removeprefix("backbone.") for name in model.state_dict() if name.startswith("backbone.")}
    assert shared == set(Sum().state_dict())


def test_idle_tasks_get_no_gradient() -> None:
    model = a_model()
    busy, idle = model.add_task("busy", 2), model.add_task("idle", 2)
    model(Waves.wave, Waves.lengths, "busy").sum().backward()
    assert all(parameter.grad is not None for parameter in busy.parameters())
    assert all(parameter.grad is None for parameter in idle.parameters())


@pytest.mark.parametrize(("frontend", "backbone"), [(Frames(), Sum()), (Image(), SumImage())])
def test_normalisation_is_taken_per_clip_and_leaves_invalid_frames_at_zero(frontend: Frames, backbone: Sum) -> None:
    model = Model(frontend, backbone)
    mean = torch.randn(2, *frontend.shape)
    scale = torch.rand(2, *frontend.shape) + 0.5
    plain, _ = model.features(Waves.wave, Waves.lengths)
    normed, frames = model.features(Waves.wave, Waves.lengths, mean=mean, scale=scale)
    axis = 1 if frontend.yields == "frames" else -1
    assert frames.tolist() == [3, 2]
    for row, length in enumerate(frames.tolist()):
        one = plain.movedim(axis, 1)[row, :length].squeeze()
        expected = (one - mean[row].squeeze()) / scale[row].squeeze()
        torch.testing.assert_close(normed.movedim(axis, 1)[row, :length].squeeze(), expected)
        assert not normed.movedim(axis, 1)[row, length:].any()


def test_a_mean_alone_or_a_scale_alone_will_do() -> None:
    model = a_model()
    table = torch.full((2, 4), 2.0)
    plain, _ = model.features(Waves.wave[:, :8], torch.tensor([8, 8]))
    centred, _ = model.features(Waves.wave[:, :8], torch.tensor([8, 8]), mean=table)
    scaled, _ = model.features(Waves.wave[:, :8], torch.tensor([8, 8]), scale=table)
    assert torch.equal(centred, plain - 2)
    assert torch.equal(scaled, plain / 2)


def test_vectors_are_normalised_without_frames() -> None:
    model = Model(Vector(), Plain())
    mean, scale = torch.randn(2, 4), torch.rand(2, 4) + 0.5
    normed, _ = model.features(Waves.wave, Waves.lengths, mean=mean, scale=scale)
    torch.testing.assert_close(normed, (Waves.wave[:, :4] - mean) / scale)


def test_the_embedding_is_what_the_head_gets() -> None:
    model = a_model()
    head = model.add_task("foo", 2)
    model.eval()
    embedding = model.embed(Waves.wave, Waves.lengths)
    assert embedding.shape == (2, 6)
    assert torch.equal(head(embedding), model(Waves.wave, Waves.lengths, "foo"))


def test_the_frontend_runs_in_float32_under_autocast_and_so_do_the_outputs() -> None:
    model = a_model()
    model.add_task("foo", 2)
    with torch.autocast("cpu", torch.bfloat16):
        assert model.embed(Waves.wave.double(), Waves.lengths).dtype == torch.bfloat16
        assert model(Waves.wave, Waves.lengths, "foo").dtype == torch.float32


def test_parameter_count_counts_parameters_and_no_buffers() -> None:
    assert parameter_count(nn.BatchNorm1d(3)) == 6
    assert parameter_count(nn.Linear(4, 6)) == 30
