"""Factories of the first-party adapter types: options and traits, and no heavy import until one is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import emonet

if TYPE_CHECKING:
    from emonet_plugins.adapters_bottleneck import Bottleneck
    from emonet_plugins.adapters_convolution import OwnNorms, ParallelConvolution, SeriesConvolution
    from emonet_plugins.adapters_low_rank import LowRank


@emonet.component(version="1", layers=("convolution",), private_norms=True, foldable=True)
def residual(
    *,
    dropout: float = 0.0,
    attention: bool = False,
    decay: Literal["none", "size"] = "none",
    start: Literal["he", "zero"] = "he",
) -> ParallelConvolution:
    """Return the paper's adapter: a 1x1 convolution beside each larger one, and norms of the task's own (5.2.1).

    Args:
        dropout: share of the branch's inputs dropped in training, none in the paper; the branch then does not fold.
        attention: the task has an attention of its own, too.
        decay: ``size``: l2 on the branches by the number of clips in train, from 5e-3 below 500 to 1e-6 from 10,000
            on; ``none``: the weight decay of all weights.
        start: ``he``: branches start He-normal, as in the authors' code; ``zero``: at 0, so that a task's network
            starts as the plain one.
    """
    from emonet_plugins.adapters_convolution import ParallelConvolution

    return ParallelConvolution(dropout=dropout, attention=attention, decay=decay, start=start)


@emonet.component(version="1", layers=("convolution",), private_norms=True, foldable=True)
def series() -> SeriesConvolution:
    """Return the adapter that mixes each convolution's outputs by I + A (Rebuffi et al., 2017), with own norms."""
    from emonet_plugins.adapters_convolution import SeriesConvolution

    return SeriesConvolution()


@emonet.component(version="1", layers=("norm",), private_norms=True, foldable=True)
def batchnorm() -> OwnNorms:
    """Return the adapter that owns nothing but norms: scale, shift and running statistics."""
    from emonet_plugins.adapters_convolution import OwnNorms

    return OwnNorms()


@emonet.component(version="1", layers=("convolution", "linear"), foldable=True)
def lora(*, rank: int = 4, alpha: float = 8.0, private_norms: bool = False) -> LowRank:
    """Return the low-rank adapter: W + alpha / rank * B A for linear, attention and convolution weights.

    Args:
        rank: columns of B and rows of A.
        alpha: how much the product counts.
        private_norms: the task has norms of its own, too.
    """
    from emonet_plugins.adapters_low_rank import LowRank

    return LowRank(rank, alpha=alpha, private_norms=private_norms)


@emonet.component(version="1", layers=("convolution", "linear"))
def bottleneck(*, width: int = 16, private_norms: bool = False) -> Bottleneck:
    """Return the adapter that adds up(relu(down(y))) to the output y of linear layers and convolutions.

    Args:
        width: values between down and up.
        private_norms: the task has norms of its own, too.
    """
    from emonet_plugins.adapters_bottleneck import Bottleneck

    return Bottleneck(width, private_norms=private_norms)
