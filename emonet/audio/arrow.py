"""Utterances and their waves as Arrow record batches, and back."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from emonet.audio.decode import FULL_SCALE, SAMPLE_RATE, rounded
from emonet.corpus.corpus import Utterance
from emonet.errors import Damaged

Wave = NDArray[np.int16] | NDArray[np.float32]
"""Samples (T,) as they are kept: 16-bit steps, full scale 32768; or floats, full scale 1."""

_FULL_SCALE = np.float32(FULL_SCALE)
_TYPES = {"start": pa.float64(), "end": pa.float64()}
DESCRIPTION = pa.schema(
    [(field.name, _TYPES.get(field.name, pa.string())) for field in fields(Utterance)]
    + [("seconds", pa.float64()), ("rate", pa.int32())]
)
"""Columns that describe an utterance: ``labels`` is JSON text, ``seconds`` the length of the wave, and ``rate`` the
sampling rate of its file in Hz."""
CHECKSUM, WAVE = "crc32", "wave"
_CHECKED = DESCRIPTION.append(pa.field(CHECKSUM, pa.uint32()))
SCHEMA = _CHECKED.append(pa.field(WAVE, pa.large_list(pa.int16())))
"""The columns of a store: the waves are one flat buffer with offsets, so that reading one is a slice.

``crc32`` is that of a wave's bytes: whoever reads a wave for the first time compares it.
"""
WIDE = _CHECKED.append(pa.field(WAVE, pa.large_list(pa.float32())))
"""The same where some file of a corpus holds more than 16 bits: then all its waves are floats."""


def row_of(utterance: Utterance) -> dict[str, Any]:
    """Return an utterance as a row of plain values."""
    labels = json.dumps(dict(utterance.labels), sort_keys=True, ensure_ascii=False)
    return {**{field.name: getattr(utterance, field.name) for field in fields(utterance)}, "labels": labels}


def utterance_of(row: Mapping[str, Any]) -> Utterance:
    """Return the utterance of a row; see ``row_of``."""
    values = {field.name: row[field.name] for field in fields(Utterance)}
    return Utterance(**{**values, "labels": json.loads(row["labels"])})


def batch_of(utterances: Sequence[Utterance], waves: Sequence[Wave], rates: Sequence[int]) -> pa.RecordBatch:
    """Return a record batch of utterances, their waves (T,) at 16 kHz and their files' rates; see ``WIDE``."""
    rows = [
        {**row_of(each), "seconds": len(wave) / SAMPLE_RATE, "rate": rate}
        for each, wave, rate in zip(utterances, waves, rates, strict=True)
    ]
    offsets = np.concatenate([[0], np.cumsum([len(wave) for wave in waves])]).astype(np.int64)
    is_wide = any(wave.dtype == np.float32 for wave in waves)
    alike: Sequence[Wave] = [as_float(wave) for wave in waves] if is_wide else waves
    # Through Python lists, the waves alone would take 10 ms a clip.
    flat: Wave = np.concatenate([np.zeros(0, dtype=np.int16), *alike])
    return _with_waves(pa.RecordBatch.from_pylist(rows, schema=DESCRIPTION), flat, offsets)


def checksum_of(wave: Wave) -> int:
    """Return the CRC-32 of a wave's bytes: for all of a corpus a hundredth of an epoch of a small network."""
    return zlib.crc32(np.ascontiguousarray(wave).data)


def description_digest(table: pa.Table) -> str:
    """Return the SHA-256 of all that a store's table holds, samples aside: what is said of clips, and where they lie.

    It is that of the buffers as they lie in the file, so ``table`` is one that was read.
    """
    digest = hashlib.sha256(str([(field.name, str(field.type)) for field in table.schema]).encode())
    for batch in table.to_batches():
        columns = [column.buffers() for column in batch.drop_columns([WAVE]).columns]
        for buffer in chain(*columns, batch.column(WAVE).buffers()[:2]):
            digest.update(b"-" if buffer is None else buffer)
    return digest.hexdigest()


def widened(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a record batch whose waves are floats."""
    wave = batch.column(WAVE)
    samples = as_float(wave.values.to_numpy())
    return _with_waves(batch.drop_columns([CHECKSUM, WAVE]), samples, wave.offsets.to_numpy())


def _with_waves(described: pa.RecordBatch, samples: Wave, offsets: NDArray[np.int64]) -> pa.RecordBatch:
    wave = pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(samples))
    schema = WIDE if samples.dtype == np.float32 else SCHEMA
    checksums = pa.array([checksum_of(samples[begin:end]) for begin, end in pairwise(offsets)], pa.uint32())
    return pa.RecordBatch.from_arrays([*described.columns, checksums, wave], schema=schema)


def packed(wave: NDArray[np.float32]) -> Wave:
    """Return a wave (T,) in 16-bit steps where that loses nothing, else as it is."""
    return (wave * _FULL_SCALE).astype(np.int16) if np.array_equal(wave, rounded(wave)) else wave


def as_float(wave: Wave) -> NDArray[np.float32]:
    """Return a kept wave (T,) as floats of full scale 1."""
    if wave.dtype == np.float32:
        return wave.astype(np.float32, copy=False)
    return (wave / _FULL_SCALE).astype(np.float32, copy=False)


def write_batches(path: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema = SCHEMA) -> None:
    """Write record batches as an Arrow stream, which is what ``datasets`` opens."""
    with path.open("wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def read_table(path: Path) -> pa.Table:
    """Map an Arrow stream into memory; the samples of waves are not read from the disk until they are asked for.

    Raises:
        FileNotFoundError: there is no such file.
        Damaged: it is not an Arrow stream, or its offsets lead elsewhere.
    """
    try:
        with pa.memory_map(str(path)) as source:
            table = pa.ipc.open_stream(source).read_all()
        # Without this, an offset that leads beyond the file would crash the interpreter.
        table.validate(full=True)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, ValueError) as problem:
        raise Damaged(path, str(problem).splitlines()[0].rstrip(".")) from None
    return table


def flat_waves(column: pa.ChunkedArray) -> list[tuple[Wave, NDArray[np.int64]]]:
    """Return each chunk's flat samples and its (N + 1,) offsets into them, without a copy."""
    return [
        (chunk.values.to_numpy(zero_copy_only=True), chunk.offsets.to_numpy(zero_copy_only=True))
        for chunk in column.chunks
    ]
