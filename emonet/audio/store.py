"""A prepared corpus: its utterances, and its waves as slices of one memory-mapped file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emonet.audio.roots import FORMAT, META
from emonet.corpus.corpus import Utterance
from emonet.errors import CorpusError, Damaged
from emonet.files import damaged, read_sealed

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from emonet.audio.arrow import Wave
    from emonet.audio.shards import Problem

STORE = "store.arrow"
PROBLEMS = "problems.json"
_SAYS = frozenset({"bits", "bytes", "content", "corpus", "count", "described", "key", "samples", "sums"})


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
    _checksums: NDArray[np.uint32] = field(repr=False)
    _heard: NDArray[np.bool_] = field(repr=False)

    def __len__(self) -> int:
        """Return how many utterances there are."""
        return len(self.utterances)

    def wave(self, row: int) -> Wave:
        """Return a read-only view of a wave (T,) at 16 kHz, in 16-bit steps or in floats: see ``as_float``.

        Raises:
            Damaged: its samples are not those that were written; they are compared when it is first asked for.
        """
        chunk, begin, end = self._places[row]
        wave: Wave = self._flat[chunk][begin:end]
        if not self._heard[row]:
            self._check(row, wave)
        return wave

    def _check(self, row: int, wave: Wave) -> None:
        from emonet.audio.arrow import checksum_of

        if checksum_of(wave) != self._checksums[row]:
            reason = f"the samples of '{self.utterances[row].id}' are not those that were written"
            raise Damaged(self.folder / STORE, reason, _advice(self.folder))
        self._heard[row] = True


def open_store(folder: Path) -> Store:
    """Open a store without reading its waves.

    Raises:
        CorpusError: there is no complete store in the folder.
        Damaged: it is not what was written.
    """
    import numpy as np

    from emonet.audio.arrow import CHECKSUM, DESCRIPTION, WAVE, flat_waves, utterance_of

    meta, table = read_meta(folder), store_table(folder)
    utterances = tuple(utterance_of(row) for row in table.select(DESCRIPTION.names).to_pylist())
    chunks = flat_waves(table.column(WAVE))
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
        _checksums=table.column(CHECKSUM).to_numpy(),
        _heard=np.zeros(len(joined), dtype=bool),
    )


@dataclass(frozen=True, eq=False)
class Stores(Mapping[str, Store]):
    """Stores by corpus, each opened when it is first asked for; asking raises what ``open_store`` does.

    Attributes:
        folders: corpus -> folder of its store.
    """

    folders: Mapping[str, Path]
    _open: dict[str, Store] = field(default_factory=dict)

    def __getitem__(self, corpus: str) -> Store:
        if corpus not in self._open:
            self._open[corpus] = open_store(self.folders[corpus])
        return self._open[corpus]

    def __iter__(self) -> Iterator[str]:
        return iter(self.folders)

    def __len__(self) -> int:
        return len(self.folders)


def store_table(folder: Path) -> pa.Table:
    """Return a store's table after comparing all of it but the samples with what was written.

    Raises:
        CorpusError: there is no complete store in the folder.
        Damaged: it is not what was written.
    """
    from emonet.audio.arrow import SCHEMA, WIDE, description_digest, read_table

    meta, path = read_meta(folder), folder / STORE
    try:
        table = read_table(path)
    except Damaged as problem:
        raise Damaged(path, problem.reason, _advice(folder)) from None
    if not any(map(table.schema.equals, (SCHEMA, WIDE))) or description_digest(table) != meta["described"]:
        raise Damaged(path, "what it says of its clips is not what was written", _advice(folder))
    return table


def read_utterances(folder: Path) -> tuple[Utterance, ...]:
    """Return the utterances of a store without touching its waves.

    Raises:
        CorpusError: there is no complete store in the folder.
        Damaged: it is not what was written.
    """
    from emonet.audio.arrow import DESCRIPTION, utterance_of

    rows = store_table(folder).select(DESCRIPTION.names).to_pylist()
    return tuple(utterance_of(row) for row in rows)


def read_rates(folder: Path) -> dict[str, int]:
    """Return the sampling rate in Hz of the file that each utterance of a store came from.

    Raises:
        CorpusError: there is no complete store in the folder.
        Damaged: it is not what was written.
    """
    table = store_table(folder)
    return dict(zip(table.column("id").to_pylist(), table.column("rate").to_pylist(), strict=True))


def cut_segments(folder: Path) -> str:
    """Return a sentence on segments of a store whose files end long before them, empty where there are none.

    Raises:
        CorpusError: there is no complete store in the folder.
        Damaged: it is not what was written.
    """
    from emonet.audio.decode import BEYOND, early_end, early_ends

    columns = (store_table(folder).column(name).to_pylist() for name in ("path", "start", "end", "seconds"))
    ends = ((path, end, (start or 0.0) + seconds) for path, start, end, seconds in zip(*columns, strict=True))
    return early_ends([early_end(path, end, last) for path, end, last in ends if end and end - last > BEYOND])


def read_problems(folder: Path) -> tuple[Problem, ...]:
    """Return what was left out of a store.

    Raises:
        CorpusError: there is no complete store in the folder.
        Damaged: it is not what was written.
    """
    from emonet.audio.shards import Problem

    read_meta(folder)
    return tuple(Problem(**each) for each in json.loads((folder / PROBLEMS).read_text(encoding="utf-8")))


def read_content(folder: Path) -> str:
    """Return the content hash of a store.

    Raises:
        CorpusError: there is no complete store in the folder.
        Damaged: it is not what was written.
    """
    return str(read_meta(folder)["content"])


def read_meta(folder: Path) -> dict[str, Any]:
    """Return what a complete store says of itself.

    Raises:
        CorpusError: there is no complete store in the folder.
        Damaged: it is not what was written.
    """
    try:
        meta = read_sealed(folder / META)
    except FileNotFoundError:
        text = f"{folder}: there is no complete store ({META} is missing). Run: {_command(folder)}"
        raise CorpusError(text) from None
    except Damaged as problem:
        raise Damaged(problem.path, problem.reason, _advice(folder)) from None
    if reason := _damage(meta, folder / STORE):
        raise Damaged(folder / STORE, reason, _advice(folder))
    for path in damaged(folder, meta["sums"]):
        raise Damaged(path, "it is not what was written", _advice(folder))
    return meta


def _command(folder: Path) -> str:
    return f"emonet corpora prepare {folder.parent.name}"


def _advice(folder: Path) -> str:
    how = f"a run does, and so does: {_command(folder)} (a corpus without a card: its door, as --manifest FOLDER)"
    return f"Make the store anew from the corpus' own files: {how}."


def _damage(meta: dict[str, Any], table: Path) -> str:
    if meta.get("format") != FORMAT:
        return f"format {meta.get('format')}, expected {FORMAT}: another version of emonet made it"
    if missing := sorted(_SAYS - set(meta)):
        return f"{META} lacks {', '.join(missing)}"
    if not table.is_file():
        return "it is missing"
    size = table.stat().st_size
    return "" if size == meta["bytes"] else f"it has {size} bytes, expected {meta['bytes']}"
