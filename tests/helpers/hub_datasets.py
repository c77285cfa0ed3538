"""Small datasets of the Hugging Face kind, written by the ``datasets`` library itself: clips as bytes, and classes."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

NAMES = ("anger", "neutral")


def clip(pitch: float = 220.0, *, seconds: float = 0.1, kind: str = "WAV") -> bytes:
    """Return the bytes of a tone."""
    buffer = io.BytesIO()
    time = np.arange(round(seconds * 16_000)) / 16_000
    soundfile.write(buffer, 0.3 * np.sin(2 * np.pi * pitch * time), 16_000, format=kind)
    return buffer.getvalue()


def rows(count: int, prefix: str = "c", *, kind: str = "WAV") -> list[dict[str, Any]]:
    """Return rows whose speakers differ by two clips and whose labels alternate."""
    return [
        {
            "audio": {"bytes": clip(200 + 40 * number, kind=kind), "path": f"{prefix}{number}.{kind.lower()}"},
            "emotion": number % 2,
            "speaker_id": number // 2,
        }
        for number in range(count)
    ]


def dataset_of(listed: Sequence[dict[str, Any]], names: Sequence[str] = NAMES) -> Any:
    """Return a ``datasets.Dataset`` with the types that the hub's datasets have."""
    from datasets import Audio, ClassLabel, Dataset, Features, Value

    features = {"audio": Audio(decode=False), "emotion": ClassLabel(names=list(names)), "speaker_id": Value("int32")}
    with quiet():
        return Dataset.from_list(list(listed)).cast(Features(features))


def save_splits(folder: Path, **splits: Any) -> Path:
    """Write datasets by split with ``save_to_disk``."""
    from datasets import DatasetDict

    with quiet():
        DatasetDict(splits).save_to_disk(folder)
    return folder


def save_parquet(path: Path, dataset: Any, **options: Any) -> Path:
    """Write a dataset as one Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with quiet():
        dataset.to_parquet(path, **options)
    return path


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the bars of ``datasets`` off the terminal."""
    import datasets

    datasets.disable_progress_bars()
    yield
