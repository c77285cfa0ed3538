"""Features that are slow to compute: extracted once from a store, and kept beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from emonet.audio.arrow import as_float, read_table, write_batches
from emonet.audio.decode import SAMPLE_RATE
from emonet.audio.parallel import in_order
from emonet.audio.store import Store
from emonet.errors import ContractError, Damaged, EmonetError
from emonet.events import Listener, Notice, Progress, silent
from emonet.files import can_write, digest_of, explaining_a_full_disk, replacing

if TYPE_CHECKING:
    from emonet.model.contracts import Extractor


Features = NDArray[np.float32]

BLOCK = 128
"""Rows that are written at once: what a killed extraction loses at most."""


def extract_features(
    store: Store,
    extractor: Extractor,
    *,
    name: str,
    version: str,
    options: Mapping[str, Any],
    listen: Listener = silent,
    workers: int | None = None,
) -> Features:
    """Return the features (N, D) of a store's utterances, row by row, extracted now or at an earlier time.

    Values that are not finite become 0, and a notice counts them. Interrupted at any moment, the same call goes
    on where it was; a second process waits for the first. ``name``, ``version`` and ``options`` are the
    extractor's, and tell its features from others; ``workers`` threads extract, by default one a core and at most
    eight.

    Raises:
        EmonetError: the extractor fails on an utterance.
        ContractError: the extractor gives something else than its ``dim`` numbers.
    """
    from filelock import FileLock

    key = digest_of({"name": name, "version": version, "options": dict(options), "content": store.content})
    folder = store.folder / "features"
    extraction = _Extraction(store, extractor, name, folder / key, workers, keeps=can_write(folder))
    if not extraction.keeps:  # a store that is shared, and may only be read, has no place for a lock
        return extraction.run(listen)
    folder.mkdir(exist_ok=True)
    with FileLock(folder / f".{key}.lock"), explaining_a_full_disk(f"the features '{name}'", folder):
        return extraction.run(listen)


def finite(vector: Features) -> Features:
    """Return a vector (D,) with 0 for every value that is not finite."""
    return np.nan_to_num(vector, nan=0.0, posinf=0.0, neginf=0.0)


@dataclass(frozen=True)
class _Extraction:
    store: Store
    extractor: Extractor
    name: str
    place: Path
    workers: int | None
    keeps: bool

    def schema(self, features: Features, ids: Sequence[str]) -> pa.Schema:
        """Return the schema of a table of features (N, D); its metadata hold their digest."""
        names = json.dumps(list(self.extractor.names), ensure_ascii=False)
        vector = pa.list_(pa.float32(), self.extractor.dim)
        metadata = {"names": names, "sha256": _digest(names, ids, features)}
        return pa.schema([("id", pa.string()), ("features", vector)], metadata=metadata)

    def run(self, listen: Listener) -> Features:
        whole = self.place.with_suffix(".arrow")
        found = self._read(whole, (0, len(self.store)), listen)
        return self._make(whole, listen) if found is None else found

    def _make(self, whole: Path, listen: Listener) -> Features:
        blocks, strange = [], _Strange()
        starts = range(0, len(self.store), BLOCK)
        paths = [self.place.with_name(f"{self.place.name}-{start:08}.arrow") for start in starts]
        for path, start in zip(paths, starts, strict=True):
            end = min(start + BLOCK, len(self.store))
            block = self._read(path, (start, end), listen)
            if block is None:
                block = self._extract(start, end, strange, listen)
                self._write(path, block, start)
            self._tell(end, listen)
            blocks.append(block)
        features = np.concatenate(blocks)
        self._write(whole, features, 0)
        if self.keeps:
            for path in paths:
                path.unlink()
        strange.report(self.name, self.store.corpus, listen)
        return features

    def _extract(self, start: int, end: int, strange: _Strange, listen: Listener) -> Features:
        block = np.empty((end - start, self.extractor.dim), dtype=np.float32)
        with in_order(self._vector, range(start, end), self.workers) as vectors:
            for row, vector in enumerate(vectors, start):
                self._tell(row, listen)
                block[row - start] = strange.cleaned(vector, self.store.utterances[row].id, self.extractor.names)
        return block

    def _vector(self, row: int) -> Features:
        utterance_id = self.store.utterances[row].id
        try:
            vector = np.asarray(self.extractor.extract(as_float(self.store.wave(row))), dtype=np.float32)
        except EmonetError:
            raise
        except Exception as error:
            seconds = self.store.samples[row] / SAMPLE_RATE
            text = (
                f"Extractor '{self.name}' fails on '{utterance_id}' ({seconds:.2f} s): {type(error).__name__}: {error}"
            )
            raise EmonetError(f"{text}. Leave the utterance out, or mend the extractor.") from error
        if vector.shape != (self.extractor.dim,):
            raise ContractError(
                f"Extractor '{self.name}' gives the shape {vector.shape} for '{utterance_id}', "
                f"expected ({self.extractor.dim},), its own `dim`. Mend the extractor."
            )
        return vector

    def _tell(self, done: int, listen: Listener) -> None:
        listen(Progress(f"extracting {self.name} from {self.store.corpus}", done, len(self.store)))

    def _ids(self, start: int, end: int) -> list[str]:
        return [utterance.id for utterance in self.store.utterances[start:end]]

    def _write(self, path: Path, features: Features, start: int) -> None:
        if not self.keeps:
            return
        ids = self._ids(start, start + len(features))
        schema = self.schema(features, ids)
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(features.reshape(-1)), self.extractor.dim)
        batch = pa.RecordBatch.from_arrays([pa.array(ids), vectors], schema=schema)
        with replacing(path) as temporary:
            write_batches(temporary, [batch], schema)

    def _read(self, path: Path, rows: tuple[int, int], listen: Listener) -> Features | None:
        """Return kept features (rows, D), None where there are none, or not these utterances', or damaged ones."""
        try:
            table = read_table(path)
        except FileNotFoundError:
            return None
        except Damaged as problem:
            listen(Notice(f"{path} is damaged ({problem.reason}). Its features are extracted again."))
            return None
        features = self._checked(table, self._ids(*rows))
        if features is None:
            listen(Notice(f"{path} is damaged, or of other clips or names. Its features are extracted again."))
        return features

    def _checked(self, table: pa.Table, ids: list[str]) -> Features | None:
        """Return the features of a table (N, D), None where they are not what was written of these utterances."""
        try:
            is_ours = table.schema.equals(self.schema(np.zeros((0, 0), np.float32), ids)) and (
                table.column("id").to_pylist() == ids
            )
            if not is_ours:
                return None
            flat: Features = table.column("features").combine_chunks().values.to_numpy(zero_copy_only=True)
            features = flat.reshape(len(ids), self.extractor.dim)
        except (pa.ArrowException, ValueError):
            return None
        is_whole = table.schema.equals(self.schema(features, ids), check_metadata=True)
        return features if is_whole else None


def check_features(path: Path) -> None:
    """Compare kept features with the digest that they were written with.

    Raises:
        Damaged: they are not what was written.
    """
    table = read_table(path)
    try:
        metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
        flat = table.column("features").combine_chunks().values.to_numpy(zero_copy_only=True)
        digest = _digest(metadata["names"], table.column("id").to_pylist(), flat)
        is_whole = digest == metadata["sha256"]
    except (pa.ArrowException, ValueError, KeyError, AttributeError, TypeError):
        is_whole = False
    if not is_whole:
        raise Damaged(path, "it is not what was written", "Its features are extracted again when they are needed.")


def _digest(names: str, ids: Sequence[str], features: Features) -> str:
    told = json.dumps([names, *ids]).encode()
    return hashlib.sha256(told + np.ascontiguousarray(features).tobytes()).hexdigest()


class _Strange:
    """Counts the values that are not finite: pitch statistics of very short clips, for one, can be NaN."""

    def __init__(self) -> None:
        self.values, self.utterances, self.first = 0, 0, ""

    def cleaned(self, vector: Features, utterance_id: str, names: tuple[str, ...]) -> Features:
        """Return the vector (D,) with 0 for every value that is not finite."""
        wrong = np.flatnonzero(~np.isfinite(vector))
        if not len(wrong):
            return vector
        self.first = self.first or f"'{names[wrong[0]]}' of '{utterance_id}'"
        self.values += len(wrong)
        self.utterances += 1
        return finite(vector)

    def report(self, name: str, corpus: str, listen: Listener) -> None:
        """Tell the user, where there is something to tell."""
        if self.values:
            text = f"{name}: {self.values} values in {self.utterances} utterances of {corpus} are not finite"
            listen(Notice(f"{text} and count as 0; the first is {self.first}."))
