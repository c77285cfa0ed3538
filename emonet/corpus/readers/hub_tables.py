"""Parquet and Arrow files as ``datasets`` and others write them; clips as bytes stay where they are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from emonet.corpus.columns import field_of
from emonet.corpus.readers.members import member_path, open_arrow
from emonet.errors import CorpusError, did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class HubRow:
    """One clip.

    Attributes:
        place: where the row stands, for messages.
        file: path of the clip, absolute or relative to the folder of the dataset.
        name: what the dataset calls the file that the bytes of a clip came from, empty where it does not.
        cells: text by column.
    """

    place: str
    file: str
    name: str
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HubTable:
    """The rows of one table or folder.

    Attributes:
        place: file or folder, for messages.
        split: the one that its name says, empty where it says none.
        classes: columns whose values are classes by the dataset's own word.
    """

    place: Path
    split: str
    columns: tuple[str, ...]
    classes: tuple[str, ...]
    rows: tuple[HubRow, ...]


def read_sheet(path: Path, root: Path, split: str, audio: str) -> HubTable:
    """Read a Parquet or Arrow file.

    Args:
        root: the folder of the dataset, which paths are relative to.
        split: the one that all rows belong to, empty for none.
        audio: the column of clips, empty for the one that looks like it.

    Raises:
        CorpusError: it cannot be read, or has no column of clips.
    """
    import pyarrow as pa

    try:
        schema = _schema(path)
        column = _audio_column(schema, audio, path)
        names = _class_names(schema)
        others = [field.name for field in schema if field.name != column and not _is_clip(field.type)]
        cells = _plain(path, others)
        clips = _clips(path, schema.field(column), root)
    except (pa.ArrowException, OSError, ValueError) as problem:
        kind = "Parquet" if path.suffix == ".parquet" else "Arrow"
        reason = str(problem).splitlines()[0].rstrip(".")
        raise CorpusError(f"{path}: cannot be read as a file in {kind} ({reason}). Get it again.") from None
    rows = tuple(
        HubRow(f"{path}, row {number}", file, name, _as_text(row, names))
        for number, ((file, name), row) in enumerate(zip(clips, cells or [{}] * len(clips), strict=True))
    )
    return HubTable(path, split, tuple(others), tuple(name for name in others if name in names), rows)


def _schema(path: Path) -> pa.Schema:
    import pyarrow.parquet as pq

    return pq.read_schema(path) if path.suffix == ".parquet" else open_arrow(path).schema


def _read(path: Path, columns: Sequence[str]) -> pa.Table:
    """Return some columns; of a column that is a struct, ``column.field`` stands for one field."""
    import pyarrow.parquet as pq

    if path.suffix == ".parquet":
        with pq.ParquetFile(path, memory_map=True, pre_buffer=False) as file:
            table = file.read(list(columns))
            table.validate(full=True)
            return table
    return open_arrow(path).select([column.removesuffix(".path") for column in columns])


def _plain(path: Path, columns: Sequence[str]) -> list[dict[str, Any]]:
    return list(_read(path, columns).to_pylist()) if columns else []


def _audio_column(schema: pa.Schema, audio: str, path: Path) -> str:
    columns = ", ".join(schema.names) or "none"
    if audio and audio not in schema.names:
        hint = did_you_mean(audio, schema.names)
        message = f"{path}: there is no column '{audio}', which columns names as audio. {hint} Columns: {columns}."
        raise CorpusError(" ".join(message.split()))
    if audio:
        return audio
    clips = [field.name for field in schema if _is_clip(field.type)]
    found: list[str] = clips or [name for name in schema.names if field_of(name) == "file"]
    if len(found) != 1:
        seen = "no column holds clips or their paths"
        if found:
            seen = f"the columns {', '.join(found)} all {'hold' if clips else 'may name'} clips"
        raise CorpusError(f"{path}: {seen}. Name one: columns: {{audio: ...}}. Columns: {columns}.")
    return found[0]


def _is_clip(kind: pa.DataType) -> bool:
    """Say whether a column holds bytes, or bytes beside a path, as ``datasets`` stores audio."""
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return {kind.field(i).name for i in range(kind.num_fields)} >= {"bytes", "path"}
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _clips(path: Path, field: pa.Field, root: Path) -> list[tuple[str, str]]:
    """Return for each row the path of its clip, and, of bytes, what the dataset calls the file they came from."""
    import pyarrow as pa

    is_struct = pa.types.is_struct(field.type)
    if is_struct or not _is_clip(field.type):
        names = [name or "" for name in _names(path, field.name, is_struct=is_struct)]
    else:
        names = [""] * _count(path)
    if not _is_clip(field.type) or not (not names or _holds_bytes(path, field.name, is_struct=is_struct)):
        return [(_beside(path, name, root), "") for name in names]
    table = path.relative_to(root).as_posix()
    return [(member_path(table, field.name, row, PurePosixPath(name).suffix), name) for row, name in enumerate(names)]


def _names(path: Path, column: str, *, is_struct: bool) -> list[str | None]:
    from pyarrow import compute

    if not is_struct:
        return list(_read(path, [column]).column(0).to_pylist())
    return list(compute.struct_field(_read(path, [f"{column}.path"]).column(0), "path").to_pylist())


def _beside(path: Path, name: str, root: Path) -> str:
    """Return the path of a file, absolute where it is relative to the table's folder and not to the root."""
    beside = path.parent / name
    return str(beside.absolute()) if name and not (root / name).is_file() and beside.is_file() else name


_FEW = 16
"""Rows that are read at once to find one with bytes: they may be long."""


def _holds_bytes(path: Path, column: str, *, is_struct: bool) -> bool:
    """Say whether any row holds its clip as bytes; a row that has none among those that do cannot be read."""
    import pyarrow.parquet as pq

    if path.suffix != ".parquet":
        return _any_bytes(open_arrow(path).column(column), is_struct=is_struct)
    leaf = f"{column}.bytes" if is_struct else column
    with pq.ParquetFile(path, memory_map=True, pre_buffer=False) as file:
        return any(
            _any_bytes(batch.column(0), is_struct=is_struct) for batch in file.iter_batches(_FEW, columns=[leaf])
        )


def _any_bytes(cells: Any, *, is_struct: bool) -> bool:
    from pyarrow import compute

    inner = compute.struct_field(cells, "bytes") if is_struct else cells
    return bool(inner.null_count < len(inner))


def _count(path: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows if path.suffix == ".parquet" else open_arrow(path).num_rows)


def _class_names(schema: pa.Schema) -> Mapping[str, Sequence[str]]:
    """Return the names of classes by column, as ``datasets`` writes them into a table."""
    written = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    features = written.get("info", {}).get("features", {})
    return {
        column: feature["names"]
        for column, feature in features.items()
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and feature.get("names")
    }


def _as_text(row: Mapping[str, Any], names: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {column: _text(value, names.get(column)) for column, value in row.items()}


def _text(value: Any, names: Sequence[str] | None) -> str:
    """Return a cell as text: nothing for no value, the name of a class, and -1, which stands for no class."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    if names is not None and isinstance(value, int):
        return names[value] if 0 <= value < len(names) else ""
    return str(value).strip()
