"""Small components that keep every promise, and for each check one that breaks this promise alone."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

import emonet
from emonet.testing.subjects import Candidate, Subject, SubjectKind
from tests.testing import specimens_adapters as adapters
from tests.testing import specimens_executors as executors

NUMBERS = itertools.count(1)


class Loudness:
    """Extractor: mean power and peak of a wave."""

    dim = 2
    names: tuple[str, ...] = ("power", "peak")

    def extract(self, wave: np.ndarray) -> np.ndarray:
        return np.array([np.mean(wave**2), np.abs(wave).max()], dtype=np.float32)


class _MoreNames(Loudness):
    names = ("power", "peak", "length")


class _Float64(Loudness):
    def extract(self, wave: np.ndarray) -> np.ndarray:
        return super().extract(wave).astype(np.float64)


class _LogOfSilence(Loudness):
    def extract(self, wave: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return np.log(super().extract(wave))


class _Remembering(Loudness):
    """Adds the sum of the wave before, so that an order of calls is seen but threads in step are not."""

    def __init__(self) -> None:
        self.last = 0

    def extract(self, wave: np.ndarray) -> np.ndarray:
        vector = super().extract(wave) + np.float32(self.last)
        self.last = int(np.unique(np.abs(wave)).size > 7_900)
        return vector


class _ThreadBound(Loudness):
    """Gives other values outside the thread that built it, as a shared buffer would."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()

    def extract(self, wave: np.ndarray) -> np.ndarray:
        return super().extract(wave) + np.float32(threading.get_ident() != self.thread)


class Framed(nn.Module):
    """Frontend: power and a learnt multiple of it in frames of 400 samples, as an image of 1 x 2."""

    yields = "image"
    shape: tuple[int, ...] = (1, 2)

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.rand(()))

    def forward(self, wave: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        frames = lengths // 400
        power = wave[:, : wave.shape[1] // 400 * 400].unflatten(1, (-1, 400)).square().mean(2)
        power = power * (torch.arange(power.shape[1]) < frames[:, None])
        return torch.stack([power, power * self.gain], 1)[:, None], frames


class _OtherShape(Framed):
    shape = (1, 3)


class _BatchMean(Framed):
    def forward(self, wave: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features, frames = super().forward(wave, lengths)
        return features * (1 + features.mean()), frames


class _FloatLengths(Framed):
    def forward(self, wave: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features, frames = super().forward(wave, lengths)
        return features, frames.float()


class _LogPower(Framed):
    def forward(self, wave: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features, frames = super().forward(wave, lengths)
        return torch.where(features.sum() > 0, features, torch.nan), frames


class _Dither(Framed):
    def forward(self, wave: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features, frames = super().forward(wave, lengths)
        # Too little to be seen by the checks that allow for rounding.
        return features + 1e-6 * torch.rand(()) * (features != 0), frames


class _FullOfOnes(Framed):
    def forward(self, wave: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features, frames = super().forward(wave, lengths)
        return features + 1, frames


class _HiddenGain(Framed):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = next(NUMBERS)

    def forward(self, wave: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features, frames = super().forward(wave, lengths)
        return features * self.hidden, frames


class Pooled(nn.Module):
    """Backbone: the mean over valid frames, through a linear layer."""

    accepts = "image"
    dim = 3

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(64, 3)

    def forward(self, features: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        return self.linear(features[:, 0].sum(-1) / lengths[:, None])


class _OtherDim(Pooled):
    dim = 4


class _IdleLayer(Pooled):
    def __init__(self) -> None:
        super().__init__()
        self.idle = nn.Linear(2, 2)


class _MeanOverPadding(Pooled):
    def forward(self, features: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        return super().forward(features, torch.full_like(lengths, features.shape[-1]))


class _OtherInBf16(Pooled):
    """Gives another embedding in bf16, as a wrong kernel would."""

    def forward(self, features: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        embedding = super().forward(features, lengths)
        return 2 * embedding if torch.is_autocast_enabled("cpu") else embedding


class _NoiseInEval(Pooled):
    """Adds noise on every second call on the same module; copies and reloads are called once."""

    def forward(self, features: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        embedding = super().forward(features, lengths)
        calls = self.__dict__["calls"] = self.__dict__.get("calls", 0) + 1
        return embedding * (1 + 1e-5) if calls > 2 else embedding


class _FreshCopy(Pooled):
    def __deepcopy__(self, memo: dict[int, Any]) -> _FreshCopy:
        return _FreshCopy().eval()


class _HiddenWeight(Pooled):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = next(NUMBERS)

    def forward(self, features: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        return super().forward(features, lengths) + self.hidden


def _subject(kind: SubjectKind, made: Callable[[], object], **traits: Any) -> Subject:
    def factory() -> object:
        return made()

    return Subject(kind, made.__name__, Candidate(kind, made.__name__, emonet.component(**traits)(factory)))


def extractor(made: Callable[[], object], **traits: Any) -> Subject:
    return _subject("extractors", made, **({"yields": "vector"} | traits))


def frontend(made: Callable[[], object], **traits: Any) -> Subject:
    return _subject("frontends", made, **({"yields": "image"} | traits))


def backbone(made: Callable[[], object], **traits: Any) -> Subject:
    return _subject("backbones", made, **({"accepts": "image"} | traits))


GOOD = [
    extractor(Loudness),
    frontend(Framed),
    backbone(Pooled),
    adapters.adapter(adapters.Louder),
    executors.executor(executors.InOrder),
]

BROKEN: dict[tuple[SubjectKind, str], Subject] = (
    {
        ("extractors", "check_dim_and_names_agree"): extractor(_MoreNames),
        ("extractors", "check_vectors_have_dim_values"): extractor(_Float64),
        ("extractors", "check_values_are_finite"): extractor(_LogOfSilence),
        ("extractors", "check_a_clip_gives_the_same_vector_again"): extractor(_Remembering),
        ("extractors", "check_threads_give_the_same_vectors"): extractor(_ThreadBound),
        ("extractors", "check_the_declared_kind_is_a_vector"): extractor(Loudness, yields="frames"),
        ("frontends", "check_the_declared_shape_is_kept"): frontend(_OtherShape),
        ("frontends", "check_a_batch_equals_its_clips_alone"): frontend(_BatchMean),
        ("frontends", "check_lengths_count_the_valid_frames"): frontend(_FloatLengths),
        ("frontends", "check_silence_is_finite"): frontend(_LogPower),
        ("frontends", "check_eval_gives_the_same_features_twice"): frontend(_Dither),
        ("frontends", "check_invalid_frames_are_zero"): frontend(_FullOfOnes),
        ("frontends", "check_the_state_makes_an_equal_frontend"): frontend(_HiddenGain),
        ("frontends", "check_declared_and_built_kinds_agree"): frontend(Framed, yields="frames"),
        ("backbones", "check_a_clip_becomes_one_embedding"): backbone(_OtherDim),
        ("backbones", "check_every_parameter_gets_a_gradient"): backbone(_IdleLayer),
        ("backbones", "check_padding_does_not_change_the_embedding"): backbone(_MeanOverPadding),
        ("backbones", "check_bf16_is_near_fp32_for_very_short_clips"): backbone(_OtherInBf16),
        ("backbones", "check_eval_gives_the_same_embedding_twice"): backbone(_NoiseInEval),
        ("backbones", "check_a_deep_copy_is_equal"): backbone(_FreshCopy),
        ("backbones", "check_the_state_makes_an_equal_backbone"): backbone(_HiddenWeight),
        ("backbones", "check_declared_and_built_kinds_agree"): backbone(Pooled, accepts="wave"),
        ("backbones", "check_declared_layers_are_there"): backbone(Pooled, layers=("linear", "norm")),
    }
    | adapters.BROKEN
    | executors.BROKEN
)
