"""All hooks. Each returns values; none is handed anything to register with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from emonet.plugin.marker import hookspec

if TYPE_CHECKING:
    from emonet.corpus.corpus import Corpus
    from emonet.engine.executor import Executor
    from emonet.events import Event
    from emonet.labels.words import Word
    from emonet.model.contracts import Adapter, Backbone, Extractor, Frontend
    from emonet.report.results import Report


@hookspec
def emonet_corpora() -> Iterable[Corpus]:  # type: ignore[empty-body]
    """Return the corpora that this plugin brings."""


@hookspec
def emonet_words() -> Iterable[Word]:  # type: ignore[empty-body]
    """Return canonical words for labels, and spellings for words that other plugins bring."""


@hookspec
def emonet_extractors() -> Mapping[str, Callable[..., Extractor]]:  # type: ignore[empty-body]
    """Return factories of extractors (offline, cached features) by name."""


@hookspec
def emonet_frontends() -> Mapping[str, Callable[..., Frontend]]:  # type: ignore[empty-body]
    """Return factories of frontends (features inside the network's graph) by name."""


@hookspec
def emonet_backbones() -> Mapping[str, Callable[..., Backbone]]:  # type: ignore[empty-body]
    """Return factories of backbones by name."""


@hookspec
def emonet_adapters() -> Mapping[str, Callable[..., Adapter]]:  # type: ignore[empty-body]
    """Return factories of adapter types by name."""


@hookspec
def emonet_executors() -> Mapping[str, Callable[..., Executor]]:  # type: ignore[empty-body]
    """Return factories of executors by name."""


@hookspec
def emonet_report_formats() -> Mapping[str, Callable[[Report], str]]:  # type: ignore[empty-body]
    """Return functions that write a report as text, by the format's name."""


@hookspec
def emonet_event(event: Event) -> None:
    """Observe an event of a run: progress, an epoch's metrics, a stage's end."""
