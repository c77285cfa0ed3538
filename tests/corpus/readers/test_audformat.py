"""Databases in audEERING's format, written by the audformat package itself and read by our own reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import audformat
import pandas as pd
import pytest

from emonet.affect import TABLE_2
from emonet.corpus.corpus import Target, Utterance
from emonet.corpus.readers.audformat import audformat_corpus, scan_audformat
from emonet.errors import CorpusError, UnknownName

FORMATS = ("csv", "parquet")


def column(table: Any, name: str, values: list[object], scheme: str | None = None) -> None:
    table[name] = audformat.Column(scheme_id=scheme)
    table[name].set(values)


def database() -> Any:
    """Return a database with a segmented table of labels; speakers, texts and splits stand in other tables."""
    db = audformat.Database(
        "My Foo", source="https://foo.example", usage="research", languages=["de"], license="CC-BY-4.0", author="A. Foo"
    )
    db.schemes["emotion"] = audformat.Scheme(labels=["anger", "neutral"])
    db.schemes["gender"] = audformat.Scheme(labels=["female", "male"])
    db.schemes["arousal"] = audformat.Scheme("float", minimum=0, maximum=1)
    db["speakers"] = audformat.MiscTable(pd.Index(["s1", "s2"], name="speaker", dtype="string"))
    column(db["speakers"], "language", ["de", "en"])
    column(db["speakers"], "gender", ["female", "male"], "gender")
    db.schemes["speaker"] = audformat.Scheme("str", labels="speakers")
    db["files"] = audformat.Table(audformat.filewise_index(["a b/1.wav", "é/2.wav"]))
    column(db["files"], "speaker", ["s1", "s2"], "speaker")
    column(db["files"], "gender", ["female", "male"], "gender")
    column(db["files"], "transcription", ["ja", "no"])
    db.splits["train"] = audformat.Split("train")
    db.splits["held-out"] = audformat.Split("test")
    db["train"] = audformat.Table(audformat.filewise_index(["a b/1.wav"]), split_id="train")
    db["test"] = audformat.Table(audformat.filewise_index(["é/2.wav"]), split_id="held-out")
    starts, ends = ["0s", "0.5s", "1.25s"], ["0.5s", "1.25s", pd.NaT]
    files = ["a b/1.wav", "a b/1.wav", "é/2.wav"]
    db["segments"] = audformat.Table(audformat.segmented_index(files, starts, ends))
    column(db["segments"], "emotion", ["anger", None, "neutral"], "emotion")
    column(db["segments"], "arousal", [0.25, 0.5, None], "arousal")
    return db


def saved(db: Any, folder: Path, storage: str = "csv") -> Path:
    db.save(folder, storage_format=storage)
    return folder


def listed(place: Path, **choice: Any) -> list[Utterance]:
    corpus, root = audformat_corpus(place, **choice)
    return list(corpus.scan(root))


@pytest.mark.parametrize("storage", FORMATS)
def test_segments_are_joined_with_what_other_tables_say(storage: str, tmp_path: Path) -> None:
    corpus, root = audformat_corpus(saved(database(), tmp_path / "db", storage))
    assert (corpus.id, root) == ("my_foo", tmp_path / "db")
    assert list(corpus.scan(root)) == [
        Utterance("a b/1@0", "a b/1.wav", {"label": "anger"}, "s1", None, "ja", "train", "de", 0.0, 0.5),
        Utterance("é/2@1.25", "é/2.wav", {"label": "neutral"}, "s2", None, "no", "test", "en", 1.25, None),
    ]


def test_the_header_says_what_the_corpus_is(tmp_path: Path) -> None:
    corpus, _ = audformat_corpus(saved(database(), tmp_path))
    assert (corpus.title, corpus.languages, corpus.licence) == ("Database My Foo", ("deu",), "CC-BY-4.0; use: research")
    assert str(corpus.citation) == "A. Foo: My Foo."
    assert corpus.target().affect == {label: TABLE_2[label] for label in ("anger", "neutral")}
    assert corpus.notes == (
        "Labels are the column 'emotion' of segments.",
        "1 rows without a label are left out.",
    )


def small(files: int = 4) -> Any:
    db = audformat.Database("foo")
    db["files"] = audformat.Table(audformat.filewise_index([f"{number}.wav" for number in range(files)]))
    return db


@pytest.mark.parametrize("storage", FORMATS)
def test_labels_that_map_to_words_become_these_words(storage: str, tmp_path: Path) -> None:
    db = small(2)
    db.schemes["code"] = audformat.Scheme(labels={"W": "anger", "N": "neutral"})
    column(db["files"], "code", ["W", "N"], "code")
    assert [each.labels["label"] for each in listed(saved(db, tmp_path, storage))] == ["anger", "neutral"]


@pytest.mark.parametrize("storage", FORMATS)
def test_an_attribute_of_a_label_may_be_the_class(storage: str, tmp_path: Path) -> None:
    db = small(3)
    db.schemes["code"] = audformat.Scheme(labels={0: {"category": "joy"}, 1: {"category": "fear"}, 2: {}})
    column(db["files"], "code", [0, 1, 2], "code")
    folder = saved(db, tmp_path, storage)
    assert [each.labels["label"] for each in listed(folder)] == ["0", "1", "2"]
    assert [each.labels["label"] for each in listed(folder, attribute="category")] == ["joy", "fear"]
    with pytest.raises(CorpusError, match=r"no attribute 'categroy'\. Did you mean 'category'\? Attributes: category"):
        listed(folder, attribute="categroy")


def test_a_table_for_each_split_makes_one_column(tmp_path: Path) -> None:
    db = audformat.Database("foo")
    db.schemes["emotion"] = audformat.Scheme(labels=["joy", "fear"])
    for split in ("train", "dev", "test"):
        db.splits[split] = audformat.Split(split)
        table = audformat.Table(audformat.filewise_index([f"{split}/0.wav", f"{split}/1.wav"]), split_id=split)
        db[f"emotion.{split}"] = table
        column(table, "emotion", ["joy", "fear"], "emotion")
    folder = saved(db, tmp_path)
    assert {each.id: each.split for each in listed(folder)} == {
        f"{split}/{number}": split for split in ("train", "dev", "test") for number in range(2)
    }
    assert {each.split for each in listed(folder, tables=["emotion.dev"])} == {None}


def test_a_column_of_splits_counts_where_its_words_are_known(tmp_path: Path) -> None:
    db = small(4)
    column(db["files"], "emotion", ["joy", "fear", "joy", "fear"])
    column(db["files"], "split", ["train", "devel", "fold7", None])
    assert [each.split for each in listed(saved(db, tmp_path))] == ["train", "dev", None, None]


def test_segments_that_begin_together_are_told_apart_by_their_ends(tmp_path: Path) -> None:
    db = audformat.Database("foo")
    index = audformat.segmented_index(["a.wav"] * 3, ["0s", "0s", "2s"], ["1s", "1.5s", "90061.5s"])
    db["segments"] = audformat.Table(index)
    column(db["segments"], "emotion", ["joy", "fear", "joy"])
    found = listed(saved(db, tmp_path))
    assert [each.id for each in found] == ["a@0-1", "a@0-1.5", "a@2"]
    assert found[2].end == 90061.5


def test_the_place_may_be_the_header_or_a_folder_above(tmp_path: Path) -> None:
    folder = saved(database(), tmp_path / "deep/db")
    assert len(listed(folder / "db.yaml")) == len(listed(tmp_path)) == 2


TARGETS = (
    Target("emotion", ("A", "N"), {"anger": "A", "neutral": "N"}),
    Target("arousal", range=(0.0, 1.0)),
    Target("valence", range=(0.0, 1.0)),
)


def scanned(root: Path, columns: dict[str, str], tables: tuple[str, ...] = ()) -> list[Utterance]:
    return list(scan_audformat(columns, tables, "", TARGETS, {"deep/db/é/2.wav": "a cough"}, root))


@pytest.mark.parametrize("columns", [{}, {"emotion": "emotion"}])
def test_a_card_takes_several_targets_and_translates_codes(columns: dict[str, str], tmp_path: Path) -> None:
    saved(database(), tmp_path / "deep/db")
    assert [(each.path, each.start, dict(each.labels)) for each in scanned(tmp_path, columns)] == [
        ("deep/db/a b/1.wav", 0.0, {"emotion": "A", "arousal": 0.25}),
        ("deep/db/a b/1.wav", 0.5, {"arousal": 0.5}),
    ]


def test_a_folder_without_a_header_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"there is no db\.yaml here, .*Give the folder that holds db\.yaml and its"):
        scanned(tmp_path, {})


def two_columns(db: Any) -> None:
    column(db["files"], "emotion", ["joy", "fear"] * 2)
    db.schemes["style"] = audformat.Scheme(labels=["read", "free"])
    column(db["files"], "style", ["read", "free"] * 2, "style")


def two_tables(db: Any) -> None:
    for name in ("gold", "silver"):
        db[name] = audformat.Table(audformat.filewise_index(["0.wav", "1.wav"]))
        column(db[name], "emotion", ["joy", "fear"])


def no_labels(db: Any) -> None:
    column(db["files"], "emotion", [None] * 4)


def no_columns(db: Any) -> None:
    column(db["files"], "loudness", [1.0] * 4)


@pytest.mark.parametrize(
    ("change", "choice", "message"),
    [
        (two_columns, {}, r"the columns emotion, style all hold classes\. Say which .*Columns: emotion, style"),
        (
            two_columns,
            {"column": "emotoin"},
            r"no table of files has a column 'emotoin'\. Did you mean 'emotion'\? Col",
        ),
        (two_tables, {}, r"the tables gold, silver all have the column 'emotion'\. Say which: table: gold"),
        (two_tables, {"tables": ["gold", "files"], "column": "emotion"}, r"the table 'files' has no column 'emotion'"),
        (
            two_tables,
            {"tables": ["gold", "silver"]},
            r"'0\.wav' has its label 'emotion' already from .*db\.gold\.csv:2",
        ),
        (no_labels, {}, r"no row has a label in the column 'emotion'\. Name another"),
        (no_columns, {}, r"no column has a scheme with labels\. Say which .*Columns: loudness"),
    ],
)
def test_what_is_not_clear_is_a_question(
    change: Callable[[Any], None], choice: dict[str, Any], message: str, tmp_path: Path
) -> None:
    db = small()
    change(db)
    with pytest.raises(CorpusError, match=message):
        listed(saved(db, tmp_path), **choice)


def test_an_unknown_table_gets_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"Unknown table of files 'segmnts'\. Did you mean 'segments'\?"):
        listed(saved(database(), tmp_path), tables=["segmnts"])


def edited(folder: Path, name: str, text: str | bytes) -> Path:
    path = saved(database(), folder) / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("db.yaml", "name: [", r"db\.yaml:2: not valid YAML"),
        ("db.yaml", "author: A", r"db\.yaml:1: the key 'name' is missing"),
        ("db.yaml", "name: foo\ntables: 3", r"db\.yaml:2: 'tables' is 3"),
        ("db.segments.parquet", b"PAR1", r"db\.segments\.parquet: cannot be read as a file in Parquet"),
        ("db.segments.csv", "start,end,emotion\n,,\n", r"csv:2: there is no file in this row\. A table over files"),
        ("db.segments.csv", "file,start,end,emotion\na.wav,soon,,anger\n", r"csv:2: 'soon' is not a time\. Expected"),
        ("db.segments.csv", "file,start,end,emotion\n../a.wav,,,anger\n", r"csv:2: '\.\./a\.wav' lies outside"),
        ("db.segments.csv", "file,start,end,emotion\n,\n", r"csv:2: this row does not have 4 cells"),
    ],
)
def test_a_damaged_database_names_file_and_row(name: str, text: str | bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=message):
        audformat_corpus(edited(tmp_path, name, text))


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    saved(database(), tmp_path)
    (tmp_path / "db.segments.csv").unlink()
    with pytest.raises(CorpusError, match=r"db\.segments\.csv: this table of the header is not there, nor is db\.seg"):
        audformat_corpus(tmp_path)


def test_pickles_are_never_opened(tmp_path: Path) -> None:
    saved(database(), tmp_path, "pkl")
    with pytest.raises(CorpusError, match=r"as a .pkl only, .* may run any code .*storage_format='csv'"):
        audformat_corpus(tmp_path)


def test_paths_of_windows_are_read(tmp_path: Path) -> None:
    db = small(2)
    column(db["files"], "emotion", ["joy", "fear"])
    saved(db, tmp_path)
    (tmp_path / "db.files.csv").write_text("file,emotion\nx\\0.wav,joy\nx\\1.wav,fear\n", encoding="utf-8")
    assert [each.path for each in listed(tmp_path)] == ["x/0.wav", "x/1.wav"]


def test_a_scheme_whose_misc_table_has_no_levels_gives_no_attributes(tmp_path: Path) -> None:
    db = saved(database(), tmp_path)
    text = (db / "db.yaml").read_text(encoding="utf-8").replace("levels: {speaker: str}", "levels: {}")
    assert {each.language for each in listed(edited(tmp_path, "db.yaml", text))} == {None}


def test_columns_are_known_by_their_usual_names_and_missing_words_are_missing(tmp_path: Path) -> None:
    db = small(3)
    column(db["files"], "emo_class", ["joy", "fear", "n/a"])
    column(db["files"], "speaker_id", ["s1", "unknown", "s2"])
    column(db["files"], "lang", ["de", "None", "de"])
    corpus, root = audformat_corpus(saved(db, tmp_path), column="emo_class")
    assert [(each.labels["label"], each.speaker, each.language) for each in corpus.scan(root)] == [
        ("joy", "s1", "de"),
        ("fear", None, None),
    ]
    assert corpus.notes[-1] == "1 rows without a label are left out (1 with 'n/a')."


def test_numbers_are_not_silently_classes(tmp_path: Path) -> None:
    db = small(3)
    column(db["files"], "rating", [1.5, 2.25, 3.0])
    message = r"the labels of 'label' are 3 numbers \(1\.5, 2\.25, 3\.0\), not words\. Numbers need a card"
    with pytest.raises(CorpusError, match=message):
        audformat_corpus(saved(db, tmp_path), column="rating")
