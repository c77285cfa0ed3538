"""Manifests: CSV files that become a corpus without a card."""

from __future__ import annotations

from pathlib import Path

import pytest

from emonet.affect import TABLE_2
from emonet.corpus.corpus import Corpus, Utterance
from emonet.corpus.readers.manifest import manifest_corpus, manifest_root
from emonet.errors import CorpusError
from emonet.protocols.protocol import make_protocol

TWO = "file,label\na.wav,anger\nb.wav,neutral\n"


def write(folder: Path, text: str, name: str = "foo.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def listed(corpus: Corpus, root: Path) -> list[Utterance]:
    return list(corpus.scan(root))


def test_two_columns_are_enough(tmp_path: Path) -> None:
    corpus = manifest_corpus(write(tmp_path, TWO))
    assert (corpus.id, corpus.languages, corpus.target().name) == ("foo", ("und",), "label")
    assert corpus.target().classes == ("anger", "neutral")
    assert listed(corpus, tmp_path) == [
        Utterance("a", "a.wav", {"label": "anger"}),
        Utterance("b", "b.wav", {"label": "neutral"}),
    ]


def test_all_known_columns_are_read_and_others_passed_over(tmp_path: Path) -> None:
    header = "rater;file;label;speaker;split;start;end;session;text;language"
    path = write(tmp_path, f"{header}\nx;w/a.wav;anger;s1;devel;0.5;1.25;d1;t1;de\ny;w/b.wav;calmness;;TRAIN;;;;;\n")
    corpus = manifest_corpus(path)
    assert corpus.languages == ("de",)
    assert listed(corpus, tmp_path) == [
        Utterance("w/a@0.5", "w/a.wav", {"label": "anger"}, "s1", "d1", "t1", "dev", "de", 0.5, 1.25),
        Utterance("w/b", "w/b.wav", {"label": "calmness"}, split="train"),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_read_from_the_header(delimiter: str, tmp_path: Path) -> None:
    corpus = manifest_corpus(write(tmp_path, "\ufeff" + TWO.replace(",", delimiter)))
    assert corpus.target().classes == ("anger", "neutral")


@pytest.mark.parametrize("dev", ["dev", "devel", "val", "validation"])
def test_a_folder_gives_splits_by_file_name(dev: str, tmp_path: Path) -> None:
    for name, split in (("train", "train"), (dev, "dev"), ("test", "test")):
        write(
            tmp_path / "My Corpus-2",
            TWO.replace("a.wav", f"{split}/a.wav").replace("b.wav", f"{split}/b.wav"),
            f"{name}.csv",
        )
    corpus = manifest_corpus(tmp_path / "My Corpus-2")
    found = listed(corpus, tmp_path)
    assert corpus.id == "my_corpus_2"
    assert [(each.id, each.split) for each in found] == [
        (f"{split}/{name}", split) for split in ("train", "dev", "test") for name in "ab"
    ]
    (fold,) = make_protocol("official", {}, corpus, found).folds
    assert set(fold.splits.values()) == {"train", "dev", "test"}


@pytest.mark.parametrize(
    ("name", "id_"),
    [("My.Words.csv", "my_words"), ("2024.csv", "corpus_2024"), ("train.csv", "here"), ("é.csv", "corpus")],
)
def test_the_id_is_made_of_the_name(name: str, id_: str, tmp_path: Path) -> None:
    assert manifest_corpus(write(tmp_path / "Here", TWO, name)).id == id_


def test_affect_comes_from_table_2_where_it_knows_all_labels(tmp_path: Path) -> None:
    known = manifest_corpus(write(tmp_path, TWO)).target()
    assert known.affect == {label: TABLE_2[label] for label in ("anger", "neutral")}
    assert manifest_corpus(write(tmp_path, TWO.replace("neutral", "yes"))).target().affect == {}


def test_paths_are_relative_to_the_csv_or_to_the_root_that_is_given(tmp_path: Path) -> None:
    root = tmp_path / "audio"
    text = f"file,label\n{root}/x/a.wav,anger\n{root}/b.wav,neutral\n"
    path = write(tmp_path / "lists", text)
    assert [each.path for each in listed(manifest_corpus(path, root=root), tmp_path)] == ["x/a.wav", "b.wav"]
    assert manifest_root(path) == manifest_root(tmp_path / "lists") == tmp_path / "lists"
    with pytest.raises(CorpusError, match=r"foo\.csv:2: '.*a\.wav' lies outside of the folder .*lists\. Give a path"):
        manifest_corpus(path)


def test_paths_are_normalised_before_they_are_compared(tmp_path: Path) -> None:
    found = listed(manifest_corpus(write(tmp_path, "file,label\n./x/../a.wav,anger\nx//b.wav,fear\n")), tmp_path)
    assert [each.path for each in found] == ["a.wav", "x/b.wav"]


def test_pieces_of_one_file_are_utterances_of_their_own(tmp_path: Path) -> None:
    path = write(tmp_path, "file,label,start,end\na.wav,anger,0,1\na.wav,fear,1,2.5\n")
    assert [each.id for each in listed(manifest_corpus(path), tmp_path)] == ["a@0", "a@1"]


def test_a_piece_has_one_id_however_its_begin_is_written(tmp_path: Path) -> None:
    for one, other in (("0", "1.5"), ("0.0", "1.50"), ("00.000", "15e-1")):
        path = write(tmp_path, f"file,label,start,end\na.wav,anger,{one},1\na.wav,fear,{other},2.5\n")
        assert [each.id for each in listed(manifest_corpus(path), tmp_path)] == ["a@0", "a@1.5"]


def test_a_manifest_is_cited_without_a_year(tmp_path: Path) -> None:
    assert str(manifest_corpus(write(tmp_path, TWO)).citation) == "Authors not stated: foo."


def test_the_scan_needs_the_folder_of_the_files(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"none: there is no such folder\. Give the folder that its files lie in"):
        listed(manifest_corpus(write(tmp_path, TWO)), tmp_path / "none")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "filename,label\na,b\n",
            r"foo\.csv:1: there is no column 'file'\. Is it 'filename'\? Columns: filename,",
        ),
        ("file,emotion\na,b\n", r"foo\.csv:1: there is no column 'label'\. Columns: file, emotion\. The header must"),
        ("", r"foo\.csv:1: there is no column 'file'\. Columns: none\. The header must hold file and label"),
        ("file,label\n", r"foo\.csv: there is no row below the header\. A manifest needs rows with two labels"),
        ("file,label\na.wav,anger\n", r"foo\.csv: all rows carry the label 'anger'"),
        (f"{TWO}c.wav,\n", r"foo\.csv:4: 'c\.wav' has no label\. Give one, or remove the line"),
        (f"{TWO},anger\n", r"foo\.csv:4: the cell 'file' is empty"),
        (f"{TWO}c.wav\n", r"foo\.csv:4: this row does not have 2 cells"),
        (f"{TWO}.,anger\n", r"foo\.csv:4: '\.' is the folder itself\. Give the path of an audio file below it"),
        (
            "file,label,Speaker\na,b,c\n",
            r"foo\.csv:1: the column 'Speaker' is not known\. Did you mean 'speaker'\? Rename it; a column that is",
        ),
        ("file,label,splits\na,b,c\n", r"foo\.csv:1: the column 'splits' is not known\. Did you mean 'split'\?"),
        (f"{TWO}../c.wav,anger\n", r"foo\.csv:4: '\.\./c\.wav' lies outside of the folder"),
        (f"{TWO}x/../../c.wav,anger\n", r"foo\.csv:4: 'x/\.\./\.\./c\.wav' lies outside of the folder"),
        (f"{TWO}./a.wav,anger\n", r"foo\.csv:4: 'a\.wav' is listed twice \(first in .*foo\.csv:2\)\. Remove one"),
        (
            f"{TWO}a.mp3,anger\n",
            r"foo\.csv:4: 'a\.mp3' gets the same id 'a' as 'a\.wav' \(first in .*foo\.csv:2\)",
        ),
        (
            "file,label,split\na.wav,anger,trian\n",
            r"foo\.csv:2: the split is 'trian'\. Did you mean 'train'\? Kno",
        ),
        ("file,label,start\na.wav,anger,one\n", r"foo\.csv:2: start is 'one'\. Give a time in s, 0 or later"),
        ("file,label,start\na.wav,anger,-1\n", r"foo\.csv:2: start is '-1'"),
        ("file,label,end\na.wav,anger,inf\n", r"foo\.csv:2: end is 'inf'"),
        ("file,label,start,end\na.wav,anger,2,1.5\n", r"foo\.csv:2: the end 1\.5 s is not after the start 2\.0 s"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=message):
        manifest_corpus(write(tmp_path, text))


def test_a_file_in_two_splits_is_named_with_both_places(tmp_path: Path) -> None:
    write(tmp_path, TWO, "train.csv")
    write(tmp_path, TWO, "test.csv")
    with pytest.raises(CorpusError, match=r"test\.csv:2: 'a\.wav' is listed twice \(first in .*train\.csv:2\)"):
        manifest_corpus(tmp_path)


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"none\.csv: there is no such file or folder\. Check the path"):
        manifest_corpus(tmp_path / "none.csv")


def test_a_folder_without_splits_says_what_is_there(tmp_path: Path) -> None:
    write(tmp_path, TWO, "labels.csv")
    with pytest.raises(CorpusError, match=r"there is no train\.csv, .* in it; there is labels\.csv\. Give such"):
        manifest_corpus(tmp_path)


def test_two_files_for_one_split_are_refused(tmp_path: Path) -> None:
    write(tmp_path, TWO, "dev.csv")
    write(tmp_path, TWO, "val.csv")
    with pytest.raises(CorpusError, match=r"called dev, val, so that 'dev' and 'val' would both be dev\. Keep one"):
        manifest_corpus(tmp_path)


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "foo.csv").write_bytes("file,label,wér\n".encode("latin-1"))
    with pytest.raises(CorpusError, match=r"foo\.csv:1: not UTF-8 text\. Save the file as UTF-8"):
        manifest_corpus(tmp_path / "foo.csv")


def test_a_column_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    table = write(tmp_path, "file,label,,,label\na.wav,anger,,,joy\n")
    with pytest.raises(CorpusError, match=r"foo\.csv:1: the column 'label' stands twice\. Keep one of them\."):
        manifest_corpus(table)
