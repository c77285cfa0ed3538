"""Factories of the first-party components: options and traits, and no heavy import until one is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import emonet

if TYPE_CHECKING:
    from emonet_plugins.local_executor import LocalExecutor
    from emonet_plugins.logmel import LogMel
    from emonet_plugins.opensmile_functionals import FunctionalsExtractor
    from emonet_plugins.processes_executor import ProcessesExecutor
    from emonet_plugins.wide_resnet import WideResNet


@emonet.component(version="2", yields="vector")
def egemaps() -> FunctionalsExtractor:
    """Return openSMILE's eGeMAPSv02 functionals, 88 features a clip (paper, 4.1)."""
    from emonet_plugins.opensmile_functionals import FunctionalsExtractor

    return FunctionalsExtractor("eGeMAPSv02")


@emonet.component(version="2", yields="vector")
def compare2016() -> FunctionalsExtractor:
    """Return openSMILE's ComParE_2016 functionals, 6373 features a clip."""
    from emonet_plugins.opensmile_functionals import FunctionalsExtractor

    return FunctionalsExtractor("ComParE_2016")


@emonet.component(version="1", yields="image")
def logmel(
    *,
    bands: int = 64,
    window: int = 512,
    hop: int = 256,
    low: float = 0.0,
    high: float = 8000.0,
    floor: float = 1e-6,
) -> LogMel:
    """Return log-mel spectrograms; the defaults are the paper's (5.1).

    Args:
        bands: number of mel bands M.
        window: length of the Hann window and of the Fourier transform, in samples at 16 kHz.
        hop: distance between frames, in samples.
        low: lower edge of the lowest band, in Hz.
        high: upper edge of the highest band, in Hz.
        floor: added to the mel power before the logarithm.
    """
    from emonet_plugins.logmel import LogMel

    return LogMel(bands, window=window, hop=hop, low=low, high=high, floor=floor)


@emonet.component(version="1", accepts="image", layers=("convolution", "linear", "norm"))
def wide_resnet(
    *,
    width: int = 32,
    blocks: int = 2,
    stages: int = 3,
    channels: int = 1,
    attention: bool = True,
    smoothing: float = 0.3,
    mask: bool = True,
) -> WideResNet:
    """Return the wide ResNet with 2-D attention; the defaults are the paper's (5.2.1), save for ``mask``.

    Args:
        width: filters of the first convolution; every stage has twice as many as what comes before it.
        blocks: residual blocks in each stage.
        stages: number of stages; each halves bands and frames.
        channels: channels C of the image.
        attention: pool by 2-D attention; false: by the average.
        smoothing: the paper's lambda, from 0 (average) to 1 (no smoothing).
        mask: keep padding out of every norm and pooling; false: as in the paper, where it takes part.
    """
    from emonet_plugins.wide_resnet import WideResNet

    pooling = smoothing if attention else None
    return WideResNet(width, blocks=blocks, stages=stages, channels=channels, smoothing=pooling, mask=mask)


@emonet.component(version="1", default=True)
def local() -> LocalExecutor:
    """Return the executor that runs stages one after another in this process."""
    from emonet_plugins.local_executor import LocalExecutor

    return LocalExecutor()


@emonet.component(version="1")
def processes(*, workers: int = 2, threads: int | None = None) -> ProcessesExecutor:
    """Return the executor that has several stages done at once, each in a process of its own.

    Args:
        workers: how many; on a GPU they share it, and its memory.
        threads: of each; by default those of this process (OMP_NUM_THREADS, or the cores) divided among them.
    """
    from emonet_plugins.processes_executor import ProcessesExecutor, threads_here

    if workers < 1:
        raise ValueError(f"workers is {workers}, expected 1 or more")
    if threads is not None and threads < 1:
        raise ValueError(f"threads is {threads}, expected 1 or more")
    return ProcessesExecutor(workers, threads or max(1, threads_here() // workers))
