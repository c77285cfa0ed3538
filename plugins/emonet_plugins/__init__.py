"""First-party components. They come in by the same entry point and hooks as anybody's.

The factories here import torch and openSMILE only when they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import emonet
from emonet_plugins import adapters, factories, formats
from emonet_plugins.event_log import emonet_event as emonet_event  # a hook, found here by its name


@emonet.hookimpl
def emonet_words() -> Iterable[emonet.Word]:
    """Return the words for emotions, with their spellings in many languages."""
    return emonet.words_in(Path(__file__).with_name("emotions.yaml"))


@emonet.hookimpl
def emonet_extractors() -> Mapping[str, Callable[..., Any]]:
    """Return the extractors."""
    return {"compare2016": factories.compare2016, "egemaps": factories.egemaps}


@emonet.hookimpl
def emonet_frontends() -> Mapping[str, Callable[..., Any]]:
    """Return the frontends."""
    return {"logmel": factories.logmel}


@emonet.hookimpl
def emonet_backbones() -> Mapping[str, Callable[..., Any]]:
    """Return the backbones."""
    return {"wide_resnet": factories.wide_resnet}


@emonet.hookimpl
def emonet_adapters() -> Mapping[str, Callable[..., Any]]:
    """Return the adapter types."""
    return {
        "batchnorm": adapters.batchnorm,
        "bottleneck": adapters.bottleneck,
        "lora": adapters.lora,
        "residual": adapters.residual,
        "series": adapters.series,
    }


@emonet.hookimpl
def emonet_executors() -> Mapping[str, Callable[..., Any]]:
    """Return the executors."""
    return {"local": factories.local, "processes": factories.processes}


@emonet.hookimpl
def emonet_report_formats() -> Mapping[str, Callable[..., Any]]:
    """Return the report formats."""
    return {
        "terminal": formats.terminal,
        "markdown": formats.markdown,
        "latex": formats.latex,
        "html": formats.html,
        "json": formats.as_json,
    }
