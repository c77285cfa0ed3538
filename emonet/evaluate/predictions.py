"""Predictions as they are stored: one row for each utterance and pass of a model, in Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, Literal

from emonet.errors import EmonetError, did_you_mean
from emonet.files import replacing

if TYPE_CHECKING:
    from pathlib import Path

Checkpoint = Literal["best", "final"]
ScoredSplit = Literal["dev", "test"]
FORMERLY_SPLIT = "part"
"""What the column ``split`` was called at first, in predictions and scores; both are still read."""
_CLASSES = b"emonet_classes"
_TABLES = b"emonet_tables"


@dataclass(frozen=True, slots=True)
class Prediction:
    """One utterance judged by one trained model.

    Attributes:
        split: the split that the utterance is in, in this fold.
        checkpoint: the epoch that the model is from: best on dev, or the last.
        truth: the true class, or a dimensional target's number as text.
        predicted: what the model says, in the same form.
        probabilities: one for each class in their order, None where the model gives none.
    """

    id: str
    corpus: str
    target: str
    speaker: str | None
    split: ScoredSplit
    fold: str
    seed: int
    system: str
    checkpoint: Checkpoint
    truth: str
    predicted: str
    probabilities: tuple[float, ...] | None = None


COLUMNS: tuple[str, ...] = tuple(column.name for column in fields(Prediction))
"""The columns of a file of predictions, in their order."""


@dataclass(frozen=True)
class Predictions:
    """Rows of one target; ``classes`` is the order of every row's probabilities, () for a dimensional target."""

    rows: tuple[Prediction, ...]
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if row.probabilities is not None and len(row.probabilities) != len(self.classes):
                message = (
                    f"Utterance '{row.id}' has {len(row.probabilities)} probabilities, expected "
                    f"{len(self.classes)}: one for each class ({', '.join(self.classes) or 'none'})."
                )
                raise EmonetError(message)

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> tuple[Any, ...]:
        """Return one column as plain values.

        Raises:
            EmonetError: there is no such column.
        """
        _check_columns([name])
        return tuple(getattr(row, name) for row in self.rows)

    def select(self, **values: object) -> Predictions:
        """Return the rows that have all these values, e.g. ``select(split="test", checkpoint="best")``.

        Raises:
            EmonetError: there is no such column.
        """
        _check_columns(values)
        kept = (row for row in self.rows if all(getattr(row, name) == value for name, value in values.items()))
        return replace(self, rows=tuple(kept))

    def write_parquet(self, path: Path) -> None:
        """Write the rows, with the order of the classes in the file's metadata; atomic."""
        write_tables([self], path)


@dataclass(frozen=True, slots=True)
class Pass:
    """What all predictions of one model over one split of one fold have in common; see ``Prediction``."""

    corpus: str
    target: str
    split: ScoredSplit
    fold: str
    seed: int
    system: str
    checkpoint: Checkpoint

    def predictions(
        self,
        ids: Sequence[str],
        truth: Sequence[str],
        predicted: Sequence[str],
        *,
        classes: Sequence[str] = (),
        speakers: Sequence[str | None] | None = None,
        probabilities: Iterable[Sequence[float]] | None = None,
    ) -> Predictions:
        """Return the rows of this pass.

        Args:
            ids: utterance ids (N,).
            truth: true labels (N,).
            predicted: predicted labels (N,).
            classes: the K classes in the order of the probabilities.
            speakers: who speaks (N,), None where nobody knows.
            probabilities: (N, K), left out by models that give none.

        Raises:
            EmonetError: the columns differ in length.
        """
        names = [None] * len(ids) if speakers is None else speakers
        given: Sequence[Any] = [None] * len(ids) if probabilities is None else list(probabilities)
        lengths = [len(column) for column in (ids, truth, predicted, names, given)]
        if len(set(lengths)) > 1:
            message = (
                "Predictions need columns of one length. "
                "Found {} ids, {} truths, {} predictions, {} speakers, {} probabilities.".format(*lengths)
            )
            raise EmonetError(message)
        shared = asdict(self)
        rows = (
            Prediction(
                **shared,
                id=id_,
                truth=true,
                predicted=guess,
                speaker=name,
                probabilities=None if each is None else tuple(float(value) for value in each),
            )
            for id_, true, guess, name, each in zip(ids, truth, predicted, names, given, strict=True)
        )
        return Predictions(tuple(rows), tuple(classes))


def concat(parts: Iterable[Predictions]) -> Predictions:
    """Join predictions of one target.

    Raises:
        EmonetError: nothing to join, or the classes or their order differ.
    """
    pieces = list(parts)
    if not pieces:
        raise EmonetError("No predictions to join. Give one piece at least.")
    for piece in pieces[1:]:
        if piece.classes != pieces[0].classes:
            message = (
                f"Predictions over the classes {', '.join(pieces[0].classes)} cannot be joined with ones over "
                f"{', '.join(piece.classes)}. Keep one table for each target."
            )
            raise EmonetError(message)
    return Predictions(tuple(row for piece in pieces for row in piece.rows), pieces[0].classes)


def write_tables(tables: Iterable[Predictions], path: Path) -> None:
    """Write tables below each other into one file, with the order of the classes in its metadata; atomic.

    Neighbours with the same classes become one table. Several ones are told apart by their numbers of rows.
    """
    import pyarrow as pa
    import pyarrow.parquet

    joined = [concat(same) for _, same in groupby(tables, key=lambda table: table.classes)] or [Predictions(())]
    metadata = {_CLASSES: _json(joined[0].classes)}
    if len(joined) > 1:
        metadata = {_TABLES: _json([{"classes": table.classes, "rows": len(table)} for table in joined])}
    columns = [
        pa.array([value for table in joined for value in table.column(name)], _types()[name]) for name in COLUMNS
    ]
    written = pa.Table.from_arrays(columns, schema=pa.schema(list(_types().items()), metadata=metadata))
    with replacing(path) as temporary:
        pyarrow.parquet.write_table(written, temporary, compression="zstd")


def read_parquet(path: Path) -> Predictions:
    """Read what ``Predictions.write_parquet`` wrote.

    Raises:
        EmonetError: there is no such file, it is not a file of predictions, or it holds tables over different classes.
    """
    return concat(read_tables(path))


def read_tables(path: Path) -> tuple[Predictions, ...]:
    """Read what ``write_tables`` wrote.

    Raises:
        EmonetError: there is no such file, or it is not a file of predictions.
    """
    import pyarrow as pa
    import pyarrow.parquet

    try:
        # A handle, not a path: a path's folders such as seed=1 would be read as columns.
        with path.open("rb") as file:
            table = pyarrow.parquet.read_table(file)
    except FileNotFoundError:
        raise EmonetError(f"{path}: there is no such file of predictions. Check the path.") from None
    except pa.ArrowException as problem:
        raise EmonetError(f"{path}: not a Parquet file ({problem}). Run the recipe again.") from None
    metadata = table.schema.metadata or {}
    table = table.rename_columns(["split" if name == FORMERLY_SPLIT else name for name in table.column_names])
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing or not {_CLASSES, _TABLES} & metadata.keys():
        lacks = f"the column '{missing[0]}'" if missing else "the order of its classes"
        raise EmonetError(f"{path}: not a file of predictions, it lacks {lacks}. Expected: {', '.join(COLUMNS)}.")
    rows = iter(_rows(table.select(list(COLUMNS)).to_pylist()))
    if _TABLES not in metadata:
        return (Predictions(tuple(rows), tuple(json.loads(metadata[_CLASSES]))),)
    pieces = json.loads(metadata[_TABLES])
    return tuple(Predictions(tuple(islice(rows, each["rows"])), tuple(each["classes"])) for each in pieces)


def _rows(records: Iterable[dict[str, Any]]) -> Iterator[Prediction]:
    for record in records:
        given = record["probabilities"]
        yield Prediction(**record | {"probabilities": None if given is None else tuple(given)})


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def _types() -> dict[str, Any]:
    import pyarrow as pa

    special = {"seed": pa.int64(), "probabilities": pa.list_(pa.float32())}
    return {name: special.get(name, pa.string()) for name in COLUMNS}


def _check_columns(names: Iterable[str]) -> None:
    for name in names:
        if name not in COLUMNS:
            hint = did_you_mean(name, COLUMNS)
            message = f"Predictions have no column '{name}'. {hint} Columns: {', '.join(COLUMNS)}."
            raise EmonetError(" ".join(message.split()))
