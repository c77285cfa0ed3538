"""What a component says of itself without being built: its version and what it takes and gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args

FeatureKind = Literal["wave", "frames", "image", "vector"]
"""What flows between components: wave (B, T), frames (B, L, D), image (B, C, M, L), vector (B, D)."""
KINDS: tuple[FeatureKind, ...] = get_args(FeatureKind)

LayerKind = Literal["convolution", "linear", "norm"]
"""The kinds of layers that backbones consist of and adapters take; attention counts as linear."""

Factory = TypeVar("Factory", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Traits:
    """Torch-free facts about a component, read by ``plan`` and by stage keys.

    Attributes:
        version: changes whenever the component's output changes; part of every cache key.
        accepts: the kind of input, for backbones.
        yields: the kind of output, for frontends and extractors.
        default: taken where the user names none of its kind (executors, report formats).
        layers: the kinds of layers that an adapter takes, or that a backbone consists of.
        private_norms: whether each task gets norms of its own, for adapters with their default options.
        foldable: whether shared and private tensors add up to a plain network, for adapters likewise.
    """

    version: str = "1"
    accepts: FeatureKind | None = None
    yields: FeatureKind | None = None
    default: bool = False
    layers: tuple[LayerKind, ...] = ()
    private_norms: bool = False
    foldable: bool = False


def component(
    *,
    version: str = "1",
    accepts: FeatureKind | None = None,
    yields: FeatureKind | None = None,
    default: bool = False,
    layers: tuple[LayerKind, ...] = (),
    private_norms: bool = False,
    foldable: bool = False,
) -> Callable[[Factory], Factory]:
    """Declare the traits of a component's factory.

    Heavy imports belong inside the factory, so that listing components stays fast.

    >>> @component(version="2", yields="image")
    ... def mels(*, bands: int = 64) -> object: ...
    >>> traits_of(mels).version
    '2'
    """
    traits = Traits(version, accepts, yields, default, layers, private_norms, foldable)

    def mark(factory: Factory) -> Factory:
        factory.__dict__["emonet_traits"] = traits
        return factory

    return mark


def traits_of(factory: Callable[..., Any]) -> Traits:
    """Return the declared traits of a factory, or the defaults where it declares none."""
    traits = getattr(factory, "emonet_traits", Traits())
    return traits if isinstance(traits, Traits) else Traits()
