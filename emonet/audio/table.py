"""Utterances and their waves as Arrow record batches, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from emonet.audio.decode import SAMPLE_RATE
from emonet.corpus.corpus import Utterance

Wave = NDArray[np.int16]

_FULL_SCALE = np.float32(1 << 15)
_TYPES = {"start": pa.float64(), "end": pa.float64()}
DESCRIPTION = pa.schema(
    [(field.name, _TYPES.get(field.name, pa.string())) for field in fields(Utterance)] + [("seconds", pa.float64())]
)
"""Columns that describe an utterance; ``labels`` is JSON text, ``seconds`` the length of the wave."""
SCHEMA = DESCRIPTION.append(pa.field("wave", pa.large_list(pa.int16())))
"""The columns of a store. The waves are one flat buffer with offsets, so that reading one is a slice."""


def row_of(utterance: Utterance) -> dict[str, Any]:
    """Return an utterance as a row of plain values."""
    labels = json.dumps(dict(utterance.labels), sort_keys=True, ensure_ascii=False)
    return {**{field.name: getattr(utterance, field.name) for field in fields(utterance)}, "labels": labels}


def utterance_of(row: Mapping[str, Any]) -> Utterance:
    """Return the utterance of a row; see ``row_of``."""
    values = {field.name: row[field.name] for field in fields(Utterance)}
    return Utterance(**{**values, "labels": json.loads(row["labels"])})


def batch_of(utterances: Sequence[Utterance], waves: Sequence[Wave]) -> pa.RecordBatch:
    """Return a record batch of utterances and their waves (T,) at 16 kHz."""
    rows = [{**row_of(each), "seconds": len(wave) / SAMPLE_RATE} for each, wave in zip(utterances, waves, strict=True)]
    offsets = np.concatenate([[0], np.cumsum([len(wave) for wave in waves])]).astype(np.int64)
    # Through Python lists, the waves alone would take 10 ms a clip.
    values = pa.array(np.concatenate([np.zeros(0, dtype=np.int16), *waves]))
    described = pa.RecordBatch.from_pylist(rows, schema=DESCRIPTION)
    wave = pa.LargeListArray.from_arrays(pa.array(offsets), values)
    return pa.RecordBatch.from_arrays([*described.columns, wave], schema=SCHEMA)


def to_int16(wave: NDArray[np.float32]) -> Wave:
    """Round a wave (T,) in [-1, 1] to 16 bits; what came from 16 bits comes back exactly."""
    rounded: Wave = np.rint(wave * _FULL_SCALE).clip(-_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)
    return rounded


def as_float(wave: Wave) -> NDArray[np.float32]:
    """Return a wave (T,) in [-1, 1] of 16-bit samples."""
    return (wave / _FULL_SCALE).astype(np.float32, copy=False)


def write_batches(path: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema = SCHEMA) -> None:
    """Write record batches as an Arrow stream, which is what ``datasets`` opens."""
    with path.open("wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def read_table(path: Path) -> pa.Table:
    """Map an Arrow stream into memory; columns that nobody looks at are never read from the disk."""
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_stream(source).read_all()


def flat_waves(column: pa.ChunkedArray) -> list[tuple[Wave, NDArray[np.int64]]]:
    """Return each chunk's flat samples and its (N + 1,) offsets into them, without a copy."""
    return [
        (chunk.values.to_numpy(zero_copy_only=True), chunk.offsets.to_numpy(zero_copy_only=True))
        for chunk in column.chunks
    ]
