"""A prepared corpus: its utterances, and its waves as slices of one memory-mapped file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emonet.audio.current import FORMAT, META
from emonet.corpus.corpus import Utterance
from emonet.errors import CorpusError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from emonet.audio.table import Wave

STORE = "store.arrow"
_SAYS = frozenset({"bytes", "content", "corpus", "count", "key", "samples"})


@dataclass(frozen=True, eq=False)
class Store:
    """A prepared corpus, opened for reading.

    Attributes:
        key: names the store: a hash of the utterances and of their files' sizes and times.
        content: hash of the utterances and their waves; the same wherever the same data are prepared.
        utterances: the N utterances, ordered by id.
        samples: (N,) lengths of the waves in samples at 16 kHz.
        row_of: utterance id -> row.
    """

    folder: Path
    corpus: str
    key: str
    content: str
    utterances: tuple[Utterance, ...]
    samples: NDArray[np.int64]
    row_of: Mapping[str, int]
    _flat: tuple[Wave, ...] = field(repr=False)
    _places: NDArray[np.int64] = field(repr=False)

    def __len__(self) -> int:
        """Return how many utterances there are."""
        return len(self.utterances)

    def wave(self, row: int) -> Wave:
        """Return a read-only view of a wave (T,) at 16 kHz, in 16-bit steps or in floats: see ``as_float``."""
        chunk, begin, end = self._places[row]
        wave: Wave = self._flat[chunk][begin:end]
        return wave


def open_store(folder: Path) -> Store:
    """Open a store without reading its waves.

    Raises:
        CorpusError: there is no complete store in the folder, or it is damaged.
    """
    import datasets
    import numpy as np

    from emonet.audio.table import flat_waves, utterance_of

    meta = read_meta(folder)
    table = datasets.Dataset.from_file(str(folder / STORE)).data.table
    rows = table.drop_columns(["wave"]).to_pylist()
    utterances = tuple(utterance_of(row) for row in rows)
    chunks = flat_waves(table.column("wave"))
    places = [
        np.stack([np.full(len(offsets) - 1, number), offsets[:-1], offsets[1:]], axis=1)
        for number, (_, offsets) in enumerate(chunks)
    ]
    joined = np.concatenate(places)
    return Store(
        folder=folder,
        corpus=meta["corpus"],
        key=meta["key"],
        content=meta["content"],
        utterances=utterances,
        samples=joined[:, 2] - joined[:, 1],
        row_of={utterance.id: row for row, utterance in enumerate(utterances)},
        _flat=tuple(values for values, _ in chunks),
        _places=joined,
    )


def read_utterances(folder: Path) -> tuple[Utterance, ...]:
    """Return the utterances of a store without touching its waves.

    Raises:
        CorpusError: there is no complete store in the folder, or it is damaged.
    """
    from emonet.audio.table import DESCRIPTION, read_table, utterance_of

    read_meta(folder)
    rows = read_table(folder / STORE).select(DESCRIPTION.names).to_pylist()
    return tuple(utterance_of(row) for row in rows)


def read_content(folder: Path) -> str:
    """Return the content hash of a store.

    Raises:
        CorpusError: there is no complete store in the folder, or it is damaged.
    """
    return str(read_meta(folder)["content"])


def read_meta(folder: Path) -> dict[str, Any]:
    """Return what a complete store says of itself.

    Raises:
        CorpusError: there is no complete store in the folder, or it is damaged.
    """
    command = f"emonet corpora prepare {folder.parent.name}"
    try:
        meta: dict[str, Any] = json.loads((folder / META).read_text(encoding="utf-8"))
        damage = _damage(meta, folder / STORE)
    except FileNotFoundError:
        raise CorpusError(f"{folder}: there is no complete store ({META} is missing). Run: {command}") from None
    except ValueError as problem:
        damage = f"{META} is not JSON: {problem}"
    if damage:
        raise CorpusError(f"{folder}: this store is damaged ({damage}). Make it anew: {command}")
    return meta


def _damage(meta: Any, table: Path) -> str:
    if not isinstance(meta, dict):
        return f"{META} is no mapping"
    if missing := sorted(_SAYS - set(meta)):
        return f"{META} lacks {', '.join(missing)}"
    if meta.get("format") != FORMAT:
        return f"format {meta.get('format')}, expected {FORMAT}: another version of emonet made it"
    if not table.is_file():
        return f"{STORE} is missing"
    size = table.stat().st_size
    return "" if size == meta["bytes"] else f"{STORE} has {size} bytes, expected {meta['bytes']}"
