"""The header of a WAV file: libsndfile silently takes what is there of a truncated one, hence this look of our own."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

from emonet.errors import AudioProblem

_STREAMED = 0x7FFF_F000
"""Sizes from here on stand for 'unknown' in the headers of programs that write to a pipe."""
_SLACK = 64
"""Bytes: some programs count the header among the data, which leaves the file itself whole."""
_UNPACKED = frozenset({1, 3, 6, 7, 0xFFFE})
"""Format tags (integer, float, A-law, mu-law, extensible) whose block is one frame."""


def checked_source(source: Path | io.BytesIO) -> Path | BinaryIO:
    """Return what libsndfile is to open: the file, or its bytes with the data size that its header lacks.

    Raises:
        AudioProblem: the file is a WAV that holds fewer bytes than its header promises.
    """
    if isinstance(source, io.BytesIO):
        begin = _begin_of_unsized(source, len(source.getbuffer()))
        source.seek(0)
        return source if begin is None else _sized(source.getvalue(), begin)
    with source.open("rb") as file:
        begin = _begin_of_unsized(file, source.stat().st_size)
    return source if begin is None else _sized(source.read_bytes(), begin)


def _begin_of_unsized(file: BinaryIO, size: int) -> int | None:
    head = file.read(12)
    is_wav = head[:4] == b"RIFF" and head[8:] == b"WAVE"
    return _unsized_data(file, size) if is_wav else None


def _unsized_data(file: BinaryIO, size: int) -> int | None:
    """Return where the samples begin if their size is given as 0 though samples follow."""
    block, unit = 1, "bytes"
    while len(head := file.read(8)) == 8:
        name, length, begin = head[:4], int.from_bytes(head[4:], "little"), file.tell()
        if name == b"data":
            _compare(length, size - begin, block, unit)
            follows = file.read(4)
            # After a data chunk that is truly empty comes another chunk, and its name is in ASCII.
            return begin if length == 0 and follows and not follows.isalnum() else None
        if name == b"fmt ":
            block, unit = _block(file.read(16))
        file.seek(begin + length + length % 2)
    return None


def _block(layout: bytes) -> tuple[int, str]:
    tag, block = int.from_bytes(layout[:2], "little"), int.from_bytes(layout[12:14], "little")
    return (block, "frames") if tag in _UNPACKED and block else (1, "bytes")


def _compare(promised: int, there: int, block: int, unit: str) -> None:
    if promised - there > _SLACK and promised < _STREAMED:
        text = f"truncated: header promises {promised // block} {unit}, {there // block} are there"
        raise AudioProblem(text)


def _sized(data: bytes, begin: int) -> BinaryIO:
    size = (len(data) - begin).to_bytes(4, "little")
    return io.BytesIO(data[: begin - 4] + size + data[begin:])
