"""Fake releases: a corpus folder made of a card's examples, with tones in place of speech."""

from __future__ import annotations

import csv
import io
import math
import tempfile
import wave
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from emonet.corpus.corpus import Corpus
from emonet.errors import ContractError

SAMPLE_RATE = 16_000
"""Sampling rate of the tones in Hz."""

_ENCODED = {".flac": "FLAC", ".ogg": "OGG", ".mp3": "MP3"}


def fake_release(corpus: Corpus, folder: Path, *, seconds: float = 0.5) -> Path:
    """Write a tone of its own at the path of each example, and each fixture's text; return ``folder``.

    Suffixes that libsndfile does not read get WAV bytes: scanning opens no audio. A fixture whose name ends
    in ``.parquet`` is written as CSV on the card; its first column names clips, and becomes the column of their bytes.

    Raises:
        ContractError: an example or a fixture would land outside ``folder``.
    """
    for example in corpus.examples:
        put_tone(corpus, folder, example.path, seconds=seconds)
    for name, text in corpus.fixtures.items():
        path = inside(corpus, folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            _write_parquet(path, text, seconds)
        else:
            # Bytes, so that CR LF in a fixture stays as the owners wrote it.
            path.write_bytes(text.encode())
    return folder


def put_tone(corpus: Corpus, folder: Path, name: str, *, seconds: float) -> None:
    """Write a tone at a card's path, unless the path stands for a clip within a table among the fixtures.

    Raises:
        ContractError: it would land outside ``folder``.
    """
    path = inside(corpus, folder, name)
    if PurePosixPath(name).parent.parent.as_posix() not in corpus.fixtures:
        path.parent.mkdir(parents=True, exist_ok=True)
        # By the whole path, as speakers' folders hold files of one name, and no two recordings are the same.
        path.write_bytes(_clip(name, seconds))


@contextmanager
def released(corpus: Corpus, *, seconds: float = 0.01) -> Iterator[Path]:
    """Build a fake release in a temporary folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="emonet-fake-") as folder:
        yield fake_release(corpus, Path(folder), seconds=seconds)


def _clip(name: str, seconds: float) -> bytes:
    """Return the bytes of a tone whose pitch follows from the name, in the format that its suffix asks for."""
    samples = _tone(150 + 400 * zlib.crc32(name.encode()) / (1 << 32), seconds)
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in _ENCODED:
        return _wav(samples)
    import numpy as np
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, np.frombuffer(samples, dtype=np.int16), SAMPLE_RATE, format=_ENCODED[suffix])
    return buffer.getvalue()


def _write_parquet(path: Path, text: str, seconds: float) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    reader = csv.DictReader(io.StringIO(text))
    rows = list(reader)
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in reader.fieldnames or ()}
    clips = next(iter(columns))
    columns[clips] = [{"bytes": _clip(name, seconds), "path": name} for name in columns[clips]]
    pq.write_table(pa.table(columns), path)


def _tone(pitch: float, seconds: float) -> array[int]:
    # Plain Python, since listing and scanning need no numpy.
    step = 2 * math.pi * pitch / SAMPLE_RATE
    return array("h", (round(9000 * math.sin(step * i)) for i in range(max(1, round(seconds * SAMPLE_RATE)))))


def _wav(samples: array[int]) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


def inside(corpus: Corpus, folder: Path, name: str) -> Path:
    """Return the place of a card's path below ``folder``.

    Raises:
        ContractError: it would lie outside.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        message = (
            f"corpus '{corpus.id}': the card's path '{name}' lies outside the corpus folder. "
            "Expected a POSIX path relative to the root: write it without a leading slash, backslashes and '..'."
        )
        raise ContractError(message)
    return folder / path
