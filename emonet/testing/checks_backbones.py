"""What a backbone promises: one embedding a clip, to which padding makes no difference."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from emonet.plugin.component import KINDS, FeatureKind, traits_of
from emonet.testing.signals import FRAME_LENGTHS, alone, features
from emonet.testing.subjects import Candidate, broken

if TYPE_CHECKING:
    import torch

TOLERANCE = 1e-4
"""How far an embedding may move, beside its own size, when padding is added."""

LOW = 0.05
"""How far an embedding in bf16 may be from that in fp32, beside the largest value; 0.01 is seen."""
LOW_GRADIENT = 0.5
"""The same for a parameter's gradient, beside the largest one's norm; 0.1 is seen."""
SHORTEST = ((6, 4), (2, 1))
"""Lengths in frames of very short clips: a stride or two leaves one column of them."""


def check_a_clip_becomes_one_embedding(candidate: Candidate) -> None:
    """Features of any length become (B, D) with D = ``dim``."""
    backbone = _trained_a_little(candidate)
    for length in FRAME_LENGTHS:
        embedding = _run(backbone, *features(backbone.accepts, [length, length]))
        if tuple(embedding.shape) != (2, backbone.dim):
            seen = f"two items of {length} frames become {tuple(embedding.shape)}"
            raise broken(candidate, seen, promised=f"(2, {backbone.dim})", cause="a dim or a pooling that does not fit")


def check_every_parameter_gets_a_gradient(candidate: Candidate) -> None:
    """No parameter is built and then not used."""
    import torch

    backbone = candidate.build().train()
    embedding = backbone(*features(backbone.accepts))
    # A plain sum would cancel behind a normalisation, so each value weighs differently.
    weights = torch.linspace(-1, 1, embedding.numel()).reshape(embedding.shape)
    (embedding * weights).sum().backward()
    idle = [name for name, p in backbone.named_parameters() if p.requires_grad and p.grad is None]
    if idle:
        seen = f"{len(idle)} parameters get no gradient, '{idle[0]}' among them"
        raise broken(candidate, seen, promised="a gradient for each", cause="a layer that forward never calls")


def check_padding_does_not_change_the_embedding(candidate: Candidate) -> None:
    """A clip alone and in a padded batch has the same embedding, to 1e-4."""
    backbone = _trained_a_little(candidate)
    kind: FeatureKind = backbone.accepts
    batch, lengths = features(kind)
    together = _run(backbone, batch, lengths)
    for row in range(len(batch)):
        single = _run(backbone, *alone(batch, lengths, row, kind))
        # Large embeddings round more coarsely; small ones get the absolute bound.
        size = max(1.0, float(single.abs().max()))
        distance = float((together[row] - single[0]).abs().max()) / size
        # "not <=" rather than ">": NaN must fail.
        if not distance <= TOLERANCE:
            seen = f"an item of length {int(lengths[row])} moves by {distance:.3g} when padded to {int(lengths.max())}"
            cause = "a norm, pooling or attention that does not mask invalid frames"
            raise broken(candidate, seen, promised=f"the same embedding to {TOLERANCE}", cause=cause)


def check_bf16_is_near_fp32_for_very_short_clips(candidate: Candidate) -> None:
    """In bf16, clips of one to six frames have the embedding and the gradients of fp32, but for rounding.

    Some bf16 kernels are wrong for images of one or two columns. Lengths that a backbone refuses are left out.
    """
    backbone = _trained_a_little(candidate)
    for lengths in SHORTEST:
        inputs = features(backbone.accepts, lengths)
        try:
            exact = _embedding_and_gradients(backbone, *inputs, low=False)
        except (RuntimeError, ValueError):
            continue
        rough = _embedding_and_gradients(backbone, *inputs, low=True)
        away = [_distance(one, other) for one, other in zip(exact, rough, strict=True)]
        # "not <=" rather than ">": NaN must fail.
        if not (away[0] <= LOW and away[1] <= LOW_GRADIENT):
            seen = f"of items of {lengths} frames the embedding moves by {away[0]:.2g}, gradients by {away[1]:.2g}"
            promised = f"those of fp32 to {LOW} and {LOW_GRADIENT}, beside the largest"
            cause = "a strided convolution of one or two columns; emonet.model.layers.StridedConv2d is right there"
            raise broken(candidate, seen, promised=promised, cause=cause)


def check_eval_gives_the_same_embedding_twice(candidate: Candidate) -> None:
    """In evaluation there is no chance."""
    backbone = _trained_a_little(candidate)
    inputs = features(backbone.accepts)
    if not _run(backbone, *inputs).equal(_run(backbone, *inputs)):
        seen = "two passes in eval differ"
        raise broken(candidate, seen, promised="equal embeddings", cause="dropout that ignores .training")


def check_a_deep_copy_is_equal(candidate: Candidate) -> None:
    """A copy gives the embedding of its original: the best epoch is kept as a copy."""
    backbone = _trained_a_little(candidate)
    inputs = features(backbone.accepts)
    if not _run(copy.deepcopy(backbone), *inputs).equal(_run(backbone, *inputs)):
        seen = "a deep copy gives another embedding"
        raise broken(candidate, seen, promised="an equal copy", cause="a __deepcopy__ that builds anew")


def check_the_state_makes_an_equal_backbone(candidate: Candidate) -> None:
    """A second backbone that loads the state of the first gives the same embedding."""
    first, second = _trained_a_little(candidate), candidate.build().eval()
    second.load_state_dict(first.state_dict())
    inputs = features(first.accepts)
    if not _run(first, *inputs).equal(_run(second, *inputs)):
        seen = "the embedding is another after loading the state"
        raise broken(candidate, seen, promised="a state that holds everything", cause="a tensor that is not a buffer")


def check_declared_and_built_kinds_agree(candidate: Candidate) -> None:
    """The factory declares the kind that the built backbone accepts."""
    declared, real = traits_of(candidate.factory).accepts, candidate.build().accepts
    if declared != real or real not in KINDS:
        promised = f"@emonet.component(accepts=...) with the kind of the object, one of {', '.join(KINDS)}"
        seen = f"the factory declares {declared!r}, the object accepts {real!r}"
        raise broken(candidate, seen, promised=promised, cause="no decorator on the factory, or a stale one")


def check_declared_layers_are_there(candidate: Candidate) -> None:
    """A factory that declares kinds of layers declares those that the backbone consists of."""
    from emonet.model.adapt import layer_kind

    declared = set(traits_of(candidate.factory).layers)
    found = {kind for kind in map(layer_kind, candidate.build().modules()) if kind is not None}
    if declared and declared != found:
        seen = f"the factory declares the layers {sorted(declared)}, the backbone has {sorted(found)}"
        promised = "@emonet.component(layers=...) with the kinds of layers that adapters find"
        raise broken(candidate, seen, promised=promised, cause="a declaration that was copied or is stale")


def _trained_a_little(candidate: Candidate) -> Any:
    """Build a backbone whose norms have seen a batch: fresh statistics hide what padding does to them."""
    backbone = candidate.build().train()
    _run(backbone, *features(backbone.accepts))
    return backbone.eval()


def _run(backbone: Any, batch: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    import torch

    with torch.no_grad():
        embedding: torch.Tensor = backbone(batch, lengths)
    return embedding


def _embedding_and_gradients(
    backbone: Any, batch: torch.Tensor, lengths: torch.Tensor, *, low: bool
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Return the embedding (B, D) and all parameters' gradients, of fp32 or bf16."""
    import torch

    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=low):
        embedding = backbone(batch, lengths).float()
    learning = [parameter for parameter in backbone.parameters() if parameter.requires_grad]
    weights = torch.linspace(-1, 1, embedding.numel()).reshape(embedding.shape)
    learns = embedding.requires_grad and bool(learning)
    found = torch.autograd.grad((embedding * weights).sum(), learning, allow_unused=True) if learns else ()
    return [embedding.detach()], [gradient.float() for gradient in found if gradient is not None]


def _distance(exact: Sequence[torch.Tensor], rough: Sequence[torch.Tensor]) -> float:
    """Return the largest distance between tensors, beside the largest norm of all; NaN where there is one."""
    import torch

    if not exact:
        return 0.0
    distances = torch.stack([(one - other).norm() for one, other in zip(exact, rough, strict=True)])
    return float(distances.max() / torch.stack([each.norm() for each in exact]).max().clamp(min=1e-6))
