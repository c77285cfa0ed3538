"""Sound tracks of video containers, read by PyAV (the extra ``video``)."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emonet.audio.problem import AudioProblem
from emonet.errors import MissingExtra

if TYPE_CHECKING:
    import numpy as np
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
