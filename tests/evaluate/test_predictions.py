"""Predictions on disk and in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emonet.errors import EmonetError
from emonet.evaluate.predictions import COLUMNS, Pass, Predictions, concat, read_parquet

CLASSES = ["fear", "anger"]
PASS = Pass("foo", "emotion", "test", "m1", 1, "net", "best")


def some(*, speaker: str | None = "m1", probabilities: bool = True) -> Predictions:
    given = np.asarray([[0.25, 0.75], [0.5, 0.5]], dtype=np.float32) if probabilities else None
    return PASS.predictions(
        ["u1", "u2"],
        ["fear", "anger"],
        ["anger", "anger"],
        classes=CLASSES,
        speakers=[speaker, None],
        probabilities=given,
    )


@pytest.mark.parametrize("probabilities", [True, False])
def test_predictions_come_back_from_parquet_as_they_were(tmp_path: Path, probabilities: bool) -> None:
    path = tmp_path / "seed=1" / "predictions.parquet"
    written = some(probabilities=probabilities)
    written.write_parquet(path)
    assert read_parquet(path) == written
    assert read_parquet(path).classes == ("fear", "anger")
    assert [file.name for file in path.parent.iterdir()] == ["predictions.parquet"]


def test_the_file_is_plain_parquet_that_other_tools_read(tmp_path: Path) -> None:
    some().write_parquet(tmp_path / "p.parquet")
    table = pq.read_table(tmp_path / "p.parquet")
    assert tuple(table.column_names) == COLUMNS
    assert table.schema.field("probabilities").type == pa.list_(pa.float32())
    assert table.column("speaker").to_pylist() == ["m1", None]


def test_predictions_from_when_a_split_was_called_a_part_are_read() -> None:
    path = Path(__file__).with_name("former_predictions.parquet")
    assert "part" in pq.read_table(path).column_names
    assert read_parquet(path) == some()


def test_no_rows_are_a_file_as_well(tmp_path: Path) -> None:
    Predictions((), ("a", "b")).write_parquet(tmp_path / "p.parquet")
    assert read_parquet(tmp_path / "p.parquet") == Predictions((), ("a", "b"))


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.parquet"
    some().write_parquet(path)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(OSError, match="No space left"):
        some(speaker="m9").write_parquet(path)
    assert read_parquet(path) == some()
    assert len(list(tmp_path.iterdir())) == 1


def test_rows_are_selected_by_values_and_columns_read_by_name() -> None:
    both = concat(
        [
            some(),
            Pass("foo", "emotion", "dev", "m1", 1, "net", "best").predictions(
                ["u3"], ["fear"], ["fear"], classes=CLASSES
            ),
        ]
    )
    assert len(both) == 3
    assert both.select(split="dev").column("id") == ("u3",)
    assert both.select(split="test", truth="fear").column("id") == ("u1",)
    assert len(both.select(split="train")) == 0


def test_an_unknown_column_is_named_with_the_nearest_one() -> None:
    with pytest.raises(EmonetError, match=r"Predictions have no column 'speakr'\. Did you mean 'speaker'\?"):
        some().select(speakr="m1")
    with pytest.raises(EmonetError, match=r"no column 'zzz'\. Columns: id, corpus"):
        some().column("zzz")


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(EmonetError, match="Found 2 ids, 1 truths, 2 predictions, 2 speakers, 2 probabilities"):
        PASS.predictions(["u1", "u2"], ["fear"], ["fear", "fear"], classes=CLASSES)


def test_probabilities_need_one_value_for_each_class() -> None:
    with pytest.raises(EmonetError, match=r"'u1' has 3 probabilities, expected 2: .*\(fear, anger\)"):
        PASS.predictions(["u1"], ["fear"], ["fear"], classes=CLASSES, probabilities=[[0.1, 0.2, 0.7]])


def test_tables_of_different_classes_are_not_joined() -> None:
    other = PASS.predictions(["u1"], ["joy"], ["joy"], classes=["joy", "fear"])
    with pytest.raises(EmonetError, match="classes fear, anger cannot be joined with ones over joy, fear"):
        concat([some(), other])
    with pytest.raises(EmonetError, match="No predictions to join"):
        concat([])


def test_files_that_are_no_predictions_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    with pytest.raises(EmonetError, match="there is no such file of predictions"):
        read_parquet(path)
    path.write_bytes(b"no parquet at all")
    with pytest.raises(EmonetError, match="not a Parquet file"):
        read_parquet(path)
    pq.write_table(pa.table({"id": ["u1"]}), path)
    with pytest.raises(EmonetError, match="it lacks the column 'corpus'"):
        read_parquet(path)
    some().write_parquet(path)
    pq.write_table(pq.read_table(path).replace_schema_metadata({}), path)
    with pytest.raises(EmonetError, match="it lacks the order of its classes"):
        read_parquet(path)
