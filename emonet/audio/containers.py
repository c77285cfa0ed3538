"""Sound within other files: tracks of containers, and clips that are cells of Parquet and Arrow files.

Both are read with bounded memory, and no copy is kept.
"""

from __future__ import annotations

import tempfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from itertools import accumulate, chain, islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from emonet.corpus.readers.members import Member, open_arrow
from emonet.errors import AudioProblem, MissingExtra
from emonet.files import can_write, home

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


_DEMUXERS = (
    "3g2,3gp,aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dts,eac3,flac,flv,m4a,matroska,mj2,mov,mp3,mp4,mpeg,"
    "mpegts,nistsphere,ogg,rm,tak,tta,w64,wav,webm,wv"
)
"""What FFmpeg may take a file for. Playlists and the like are not among it: they name other files, or places in a
network, which nobody meant to open."""
_BEFORE = 1.0
"""Seconds that are decoded before a segment and thrown away, so that the decoder has settled: Opus asks for 80 ms, and
AAC for one frame, of 128 ms at most."""

_TELLING = ("mov", "matroska", "asf", "flv")
"""Containers whose length is written down; that of others is guessed from their first packets."""
_MISSING, _LEAST_MISSING = 0.05, 0.5
"""Share of a container's length, and seconds, that its sound may lack."""


class Track(NamedTuple):
    """What a container's first sound track holds between two times.

    Attributes:
        channels: (C, T) float32.
        rate: in Hz.
        total: samples of the whole track where its end was reached, None where it was not.
    """

    channels: NDArray[np.float32]
    rate: int
    total: int | None


def read_container(source: Path | BytesIO, start: float, end: float | None) -> Track:
    """Return the first sound track of a container between two times in s.

    A segment is decoded from a packet before it, what lies before it is not kept, and its samples are those that they
    are when the whole track is decoded.

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
        if start > 2 * _BEFORE:
            with _opened(source) as container:
                found = _places_after(container, container.streams.audio[0], start - _BEFORE)
                if found is not None:
                    return _whole(container, _between(found, container.streams.audio[0].rate, start, end))
        with _opened(source) as container:
            frames = ((None, frame) for frame in container.decode(audio=0))
            return _whole(container, _between(frames, container.streams.audio[0].rate, start, end))
    except av.error.FFmpegError as error:
        raise AudioProblem(f"unreadable: {error.strerror}") from None


@contextmanager
def _opened(source: Path | BytesIO) -> Iterator[Any]:
    import av

    allowed = {"format_whitelist": _DEMUXERS, "protocol_whitelist": "file"}
    if isinstance(source, BytesIO):
        source.seek(0)
    with av.open(str(source) if isinstance(source, Path) else source, options=allowed) as container:
        if not container.streams.audio:
            raise AudioProblem("unreadable: no sound track")
        yield container


def _whole(container: Any, track: Track) -> Track:
    """Return a track, unless it ends much before the length that its container writes down.

    Raises:
        AudioProblem: it does.
    """
    stream = container.streams.audio[0]
    if track.total is None or not set(_TELLING) & set(container.format.name.split(",")):
        return track
    promised = None if stream.duration is None else float(stream.duration * stream.time_base)
    if promised is None and container.duration and not container.streams.video:
        promised = container.duration / 1e6
    seconds = track.total / track.rate
    if promised and promised - seconds > max(_LEAST_MISSING, _MISSING * promised):
        raise AudioProblem(f"truncated: header promises {promised:.2f} s, {seconds:.2f} s are there")
    return track


def _between(frames: Iterable[tuple[int | None, Any]], rate: int, start: float, end: float | None) -> Track:
    """Return what decoded frames hold between two times; a frame without a place follows the one before it."""
    import av
    import numpy as np

    planar = av.AudioResampler(format="fltp", rate=rate)
    first, last = round(start * rate), None if end is None else round(end * rate)
    pieces: list[NDArray[np.float32]] = [np.zeros((1, 0), dtype=np.float32)]
    position, total = 0, None
    for place, frame in frames:
        position = position if place is None else place
        for piece in planar.resample(frame):
            begin, after = max(0, first - position), None if last is None else max(0, last - position)
            if begin < piece.samples:
                # A copy: a view would keep what lies before the segment in memory.
                pieces.append(piece.to_ndarray()[:, begin:after].astype(np.float32, copy=True))
            position += piece.samples
        if last is not None and position >= last:
            break
    else:
        total = position
    return Track(np.concatenate(pieces[1:] or pieces, axis=1), rate, total)


def _places_after(container: Any, stream: Any, seconds: float) -> Iterator[tuple[int | None, Any]] | None:
    """Return the frames of a track from a packet before a time on, the first of them with the sample it begins at.

    Times tell a frame's place where all frames are of one length: containers round them, to milliseconds some.

    Returns:
        None where the place cannot be told.
    """
    import av

    opening = list(islice(container.decode(stream), 3))
    if len(opening) < 3 or any(each.pts is None or each.sample_rate != stream.rate for each in opening):
        return None
    length, tick = opening[1].samples, float(stream.time_base) * stream.rate
    try:
        container.seek(round(seconds / stream.time_base) + opening[0].pts, stream=stream)
        frames = container.decode(stream)
        frame = next(frames, None)
    except av.error.FFmpegError:  # some containers cannot be sought
        return None
    if frame is None or frame.pts is None or opening[2].samples != length:
        return None
    count = (frame.pts - opening[1].pts) * tick / length
    place = opening[0].samples + round(count) * length
    is_told = abs(count - round(count)) * length <= max(1.0, tick) < length / 4
    if not is_told or not 0 <= place <= seconds * stream.rate:
        return None
    return chain([(place, frame)], ((None, each) for each in frames))


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

    folder = home() if can_write(home()) else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".clips-") as file:
        first = next(batches)
        with pa.ipc.new_stream(file, first.schema) as writer:
            writer.write_batch(first)
            for batch in batches:
                writer.write_batch(batch)
        file.flush()
        return pa.ipc.open_stream(pa.memory_map(file.name)).read_all()
