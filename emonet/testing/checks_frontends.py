"""What a frontend promises: features of a declared shape, to which padding makes no difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emonet.plugin.component import KINDS, FeatureKind, traits_of
from emonet.testing.signals import SHORT, WAVE_LENGTHS, alone, cut, waves
from emonet.testing.subjects import Candidate, broken

if TYPE_CHECKING:
    import torch

TOLERANCE = 1e-4
"""How far features may move for a reason that should not matter."""


def check_the_declared_shape_is_kept(candidate: Candidate) -> None:
    """Waves of any length become float32 features with the sizes that ``shape`` declares."""
    frontend = candidate.build().eval()
    for length in WAVE_LENGTHS:
        features, _ = _run(frontend, *waves([length, length]))
        if not _fits(features, frontend) or str(features.dtype) != "torch.float32":
            seen = f"{length} samples become {tuple(features.shape)} {features.dtype}"
            promised = f"float32 {frontend.yields} with the sizes {tuple(frontend.shape)}"
            raise broken(candidate, seen, promised=promised, cause="axes in another order, or half precision")


def _fits(features: torch.Tensor, frontend: Any) -> bool:
    shape = tuple(features.shape)
    sizes = {"image": shape[1:-1], "frames": shape[2:], "vector": shape[1:], "wave": shape[2:]}[frontend.yields]
    axes = {"image": 4, "frames": 3, "vector": 2, "wave": 2}[frontend.yields]
    return len(shape) == axes and sizes == tuple(frontend.shape)


def check_a_batch_equals_its_clips_alone(candidate: Candidate) -> None:
    """The valid frames of a clip do not depend on the other clips of its batch."""
    frontend = candidate.build().eval()
    kind: FeatureKind = frontend.yields
    batch, lengths = waves()
    together, frames = _run(frontend, batch, lengths)
    for row in range(len(batch)):
        # Only frames that the batch calls valid are compared; their number is another check.
        single, _ = _run(frontend, *alone(batch, lengths, row, "wave"))
        valid = cut(together[row : row + 1], int(frames[row]), kind)
        distance = _distance(valid, cut(single, int(frames[row]), kind))
        if not distance <= TOLERANCE:
            seen = f"{int(lengths[row])} samples differ by {distance:.3g} between a batch and alone"
            promised = f"the same to {TOLERANCE}"
            raise broken(
                candidate, seen, promised=promised, cause="edges padded from the batch, or a batch's statistics"
            )


def check_lengths_count_the_valid_frames(candidate: Candidate) -> None:
    """Lengths are whole numbers, one a clip, between 1 and the frames there are, and longer for longer clips."""
    frontend = candidate.build().eval()
    batch, lengths = waves()
    features, frames = _run(frontend, batch, lengths)
    whole = not frames.is_floating_point() and tuple(frames.shape) == (len(batch),)
    total = _frames(features, frontend.yields)
    if not whole or int(frames.min()) < 1 or int(frames.max()) > total or not _in_order(lengths, frames):
        seen = f"waves of {lengths.tolist()} samples have the lengths {frames.tolist()}, of {total} frames"
        raise broken(
            candidate, seen, promised="int64 lengths (B,) in frames", cause="lengths left in samples, or a mean"
        )


def _in_order(samples: torch.Tensor, frames: torch.Tensor) -> bool:
    return bool((frames[samples.argsort()].diff() >= 0).all())


def check_silence_is_finite(candidate: Candidate) -> None:
    """Digital silence gives neither NaN nor infinity, and neither does a very short clip of it."""
    import torch

    frontend = candidate.build().eval()
    # A short clip has hardly a frame: statistics over frames divide by zero there.
    for samples in (8_000, SHORT):
        features, _ = _run(frontend, torch.zeros(1, samples), torch.tensor([samples]))
        if not features.isfinite().all():
            seen = f"{samples} silent samples give values that are not finite"
            raise broken(candidate, seen, promised="finite features", cause="a logarithm without a floor")


def check_eval_gives_the_same_features_twice(candidate: Candidate) -> None:
    """In evaluation there is no chance: no dither, no random crop."""
    frontend = candidate.build().eval()
    (first, _), (second, _) = (_run(frontend, *waves()) for _ in range(2))
    if not _distance(first, second) <= 0:
        seen = f"two passes in eval differ by {_distance(first, second):.3g}"
        raise broken(candidate, seen, promised="equal features", cause="a random step that ignores .training")


def check_invalid_frames_are_zero(candidate: Candidate) -> None:
    """Frames beyond a clip's length are zeros, whatever the features of silence are."""
    frontend = candidate.build().eval()
    features, frames = _run(frontend, *waves())
    for row, length in enumerate(frames.tolist()):
        rest = cut(features[row : row + 1], _frames(features, frontend.yields), frontend.yields, start=int(length))
        if frontend.yields != "vector" and rest.count_nonzero():
            seen = f"{int(rest.count_nonzero())} values beyond frame {int(length)} are not 0"
            raise broken(candidate, seen, promised="zeros in invalid frames", cause="log features without a mask")


def check_the_state_makes_an_equal_frontend(candidate: Candidate) -> None:
    """A second frontend that loads the state of the first gives the same features."""
    # Two builds draw their own random numbers: what the state leaves out shows.
    first, second = candidate.build().eval(), candidate.build().eval()
    second.load_state_dict(first.state_dict())
    distance = _distance(_run(first, *waves())[0], _run(second, *waves())[0])
    if not distance <= TOLERANCE:
        seen = f"features differ by {distance:.3g} after loading the state"
        raise broken(candidate, seen, promised="a state that holds everything", cause="a tensor that is not a buffer")


def check_declared_and_built_kinds_agree(candidate: Candidate) -> None:
    """The factory declares the kind that the built frontend yields."""
    declared, real = traits_of(candidate.factory).yields, candidate.build().yields
    if declared != real or real not in KINDS:
        promised = f"@emonet.component(yields=...) with the kind of the object, one of {', '.join(KINDS)}"
        seen = f"the factory declares {declared!r}, the object yields {real!r}"
        raise broken(candidate, seen, promised=promised, cause="no decorator on the factory, or a stale one")


def _run(frontend: Any, wave: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    with torch.no_grad():
        features, frames = frontend(wave, lengths)
    return features, frames


def _frames(features: torch.Tensor, kind: FeatureKind) -> int:
    return 1 if kind == "vector" else features.shape[1] if kind == "frames" else features.shape[-1]


def _distance(a: torch.Tensor, b: torch.Tensor) -> float:
    """Return the largest difference; NaN where a value is NaN in one of them only."""
    if a.shape != b.shape:
        return float("inf")
    return float((a - b).nan_to_num(0.0).abs().max()) if a.isnan().equal(b.isnan()) else float("nan")
