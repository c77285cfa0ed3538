"""Clips that are cells of Parquet and Arrow files, read as the bytes they are, with bounded memory and no copy kept."""

from __future__ import annotations

import tempfile
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from emonet.corpus.readers.members import Member, open_arrow
from emonet.errors import AudioProblem, MissingExtra
from emonet.files import home

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


def read_container(source: Path | BytesIO, start: float, end: float | None) -> tuple[NDArray[np.float32], int]:
    """Return the first sound track of a container between two times in s: channels (C, T), and its rate in Hz.

    Raises:
        MissingExtra: PyAV is not installed.
        AudioProblem: the file cannot be decoded or has no sound track.
    """
    try:
        import av
    except ImportError:
        name = source.name if isinstance(source, Path) else "a video"
        raise MissingExtra(f"Decoding {name}", "video") from None
    try:
        with av.open(str(source) if isinstance(source, Path) else source) as container:
            return _track(container, start, end)
    except av.error.FFmpegError as error:
        raise AudioProblem(f"unreadable: {error.strerror}") from None


def _track(container: Any, start: float, end: float | None) -> tuple[NDArray[np.float32], int]:
    import av
    import numpy as np

    if not container.streams.audio:
        raise AudioProblem("unreadable: no sound track")
    rate = container.streams.audio[0].rate
    first, last = round(start * rate), None if end is None else round(end * rate)
    planar = av.AudioResampler(format="fltp", rate=rate)
    pieces: list[NDArray[np.float32]] = []
    position = 0
    # Decoding from the beginning costs time in long files, but seeking lands on packets, not on samples.
    for frame in container.decode(audio=0):
        for piece in planar.resample(frame):
            pieces.append(piece.to_ndarray()[:, max(0, first - position) :].astype(np.float32, copy=False))
            position += piece.samples
        if last is not None and position >= last:
            break
    if not pieces:
        return np.zeros((1, 0), dtype=np.float32), rate
    track = np.concatenate(pieces, axis=1)
    return (track if last is None else track[:, : max(0, last - first)]), rate


_IN_MEMORY = 64 * 2**20
"""Bytes of a row group's clips up to which they are held in memory; more of them go through a file without a name."""
_GROUPS = 8
"""Row groups that are open at once: rows that are asked for out of order come back to the same few."""
_BATCH = 64
_lock = Lock()


def read_member(member: Member) -> bytes:
    """Return the bytes of a clip.

    Raises:
        AudioProblem: the table is damaged, or there are no bytes in that row.
    """
    import pyarrow as pa

    time = member.table.stat().st_mtime_ns
    try:
        # One thread at a time: what several would load at once is the same row group.
        with _lock:
            cell = _cell(member, time)
    except (pa.ArrowException, OSError, KeyError, IndexError) as problem:
        raise AudioProblem(f"unreadable: {member.table.name} is damaged ({str(problem).splitlines()[0]})") from None
    if cell is None:
        raise AudioProblem(f"no bytes in this row of {member.table.name}")
    return bytes(cell)


def _cell(member: Member, time: int) -> Any:
    if member.table.suffix == ".arrow":
        return _arrow(member.table, member.column, time)[member.row].as_py()
    ends = _row_ends(member.table, time)
    group = bisect_right(ends, member.row)
    begin = ends[group - 1] if group else 0
    return _group(member.table, member.column, group, time)[member.row - begin].as_py()


@lru_cache(maxsize=64)
def _arrow(path: Path, column: str, time: int) -> pa.ChunkedArray:
    return _bytes_of(open_arrow(path).column(column))


def _bytes_of(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa
    from pyarrow import compute

    return compute.struct_field(column, "bytes") if pa.types.is_struct(column.type) else column


@lru_cache(maxsize=64)
def _row_ends(path: Path, time: int) -> list[int]:
    import pyarrow.parquet as pq

    facts = pq.read_metadata(path)
    return list(accumulate(facts.row_group(i).num_rows for i in range(facts.num_row_groups)))


@lru_cache(maxsize=_GROUPS)
def _group(path: Path, column: str, group: int, time: int) -> pa.ChunkedArray:
    """Return the clips of one row group."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, memory_map=True, pre_buffer=False) as file:
        is_struct = pa.types.is_struct(file.schema_arrow.field(column).type)
        leaf = f"{column}.bytes" if is_struct else column
        batches = (
            pa.record_batch([_bytes_of(batch.column(0)).cast(pa.large_binary())], names=["bytes"])
            for batch in file.iter_batches(_BATCH, row_groups=[group], columns=[leaf])
        )
        facts = file.metadata.row_group(group)
        sizes = (facts.column(i) for i in range(facts.num_columns))
        size = sum(each.total_uncompressed_size for each in sizes if each.path_in_schema == leaf)
        table = pa.Table.from_batches(batches) if size <= _IN_MEMORY else _spooled(batches)
    return table.column("bytes")


def _spooled(batches: Iterator[pa.RecordBatch]) -> pa.Table:
    """Return batches as a table that lies on the disk; it is gone when nobody looks at it, be it by a kill."""
    import pyarrow as pa

    home().mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=home(), prefix=".clips-") as file:
        first = next(batches)
        with pa.ipc.new_stream(file, first.schema) as writer:
            writer.write_batch(first)
            for batch in batches:
                writer.write_batch(batch)
        file.flush()
        return pa.ipc.open_stream(pa.memory_map(file.name)).read_all()
