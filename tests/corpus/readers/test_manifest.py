"""Manifests: CSV files that become a corpus without a card."""

from __future__ import annotations

from pathlib import Path

import pytest

from emonet.affect import TABLE_2
from emonet.corpus.corpus import Corpus, Target, Utterance
from emonet.corpus.readers.manifest import manifest_corpus, manifest_root, read_manifest
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
        manifest_corpus(path, root=tmp_path / "lists")


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
            "fille,label\na,b\n",
            r"foo\.csv:1: there is no column 'file'\. Is it 'fille'\? Columns: fille,",
        ),
        (
            "file,verdict\na,b\n",
            r"foo\.csv:1: there is no column 'label'\. Columns: file, verdict\. The header must hold file and label; "
            r"or say which columns do: columns: \{file: COLUMN, label: COLUMN\}\.",
        ),
        ("", r"foo\.csv:1: there is no column 'file'\. Columns: none\. The header must hold file and label"),
        ("file,label\n", r"foo\.csv: there is no row below the header\. A manifest needs rows with two labels"),
        ("file,label\na.wav,anger\n", r"foo\.csv: all rows carry the label 'anger'"),
        ("file,label\na.wav,\nb.wav,nan\n", r"foo\.csv: no row has a label in 'label'\. Fill the column, or name"),
        (f"{TWO},anger\n", r"foo\.csv:4: the cell 'file' is empty"),
        (f"{TWO}c.wav\n", r"foo\.csv:4: this row does not have 2 cells"),
        (f"{TWO}.,anger\n", r"foo\.csv:4: '\.' is the folder itself\. Give the path of an audio file below it"),
        (
            "file,label,Speakr\na,b,c\n",
            r"foo\.csv:1: nothing reads some .*: 'Speakr' looks like 'speaker', misspelt\. Say what they are "
            r"\(columns: \{FIELD: COLUMN\}\), or pass them over: columns: \{Speakr: ignore\}\.",
        ),
        ("file,label,splits\na,b,c\n", r"foo\.csv:1: nothing reads .* 'splits' looks like 'split', misspelt\. Say"),
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


def test_a_folder_with_one_table_of_any_name_is_a_manifest(tmp_path: Path) -> None:
    write(tmp_path, TWO, "labels.csv")
    assert [each.path for each in listed(manifest_corpus(tmp_path), tmp_path)] == ["a.wav", "b.wav"]


def test_a_folder_with_two_tables_that_are_no_splits_says_what_is_there(tmp_path: Path) -> None:
    write(tmp_path, TWO, "labels.csv")
    write(tmp_path, TWO, "more.csv")
    with pytest.raises(CorpusError, match=r"there is no train\.csv, .* in it; there is labels\.csv, more\.csv\. Give"):
        manifest_corpus(tmp_path)


@pytest.mark.parametrize(
    "form", ["{root}/{name}", "../audio/{name}", "file://{root}/{name}", "file://localhost{root}/{name}"]
)
def test_files_outside_of_the_tables_folder_are_relative_to_the_folder_that_holds_all(
    form: str, tmp_path: Path
) -> None:
    (tmp_path / "audio").mkdir()
    cells = [form.format(root=(tmp_path / "audio").as_posix(), name=name) for name in ("x/a.wav", "b.wav")]
    path = write(tmp_path / "lists", f"file,label\n{cells[0]},anger\n{cells[1]},neutral\n")
    corpus, root = read_manifest(path)
    assert root == tmp_path / "audio"
    assert [each.path for each in listed(corpus, root)] == ["x/a.wav", "b.wav"]


def test_files_that_have_no_folder_in_common_need_a_root(tmp_path: Path) -> None:
    path = write(tmp_path, "file,label\n/one/a.wav,anger\n/two/b.wav,neutral\n")
    with pytest.raises(CorpusError, match=r"nothing in common, such as /one and /two\. Give the folder above all"):
        manifest_corpus(path)
    assert [each.path for each in listed(manifest_corpus(path, root=Path("/")), tmp_path)] == ["one/a.wav", "two/b.wav"]


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, f"{TWO}https://example.org/c.wav,anger\n")
    with pytest.raises(
        CorpusError, match=r"foo\.csv:4: 'https://example\.org/c\.wav' is an address, not a file\. Load"
    ):
        manifest_corpus(path)


def test_an_address_may_hold_escaped_letters(tmp_path: Path) -> None:
    path = write(tmp_path, f"file,label\nfile://{tmp_path}/a%20b.wav,anger\nb.wav,fear\n")
    assert [each.path for each in listed(manifest_corpus(path), tmp_path)] == ["a b.wav", "b.wav"]


@pytest.mark.parametrize("word", ["", "nan", "NaN", "None", "n/a", "NULL", "-", "NA", "<NA>", "#N/A", "?"])
def test_words_that_mean_missing_are_missing_everywhere(word: str, tmp_path: Path) -> None:
    header = "file,label,speaker,session,text,language,split,start,end"
    path = write(
        tmp_path,
        f"{header}\na.wav,anger{f',{word}' * 7}\nb.wav,fear,s1,,,,,,\nc.wav,{word},s1,,,,,,\n",
    )
    corpus = manifest_corpus(path)
    assert listed(corpus, tmp_path) == [
        Utterance("a", "a.wav", {"label": "anger"}),
        Utterance("b", "b.wav", {"label": "fear"}, "s1"),
    ]
    assert corpus.notes == (f"1 rows without a label are left out{f' (1 with {word!r})' if word else ''}.",)


def test_an_unknown_speaker_is_nobody_and_an_unknown_label_is_a_class(tmp_path: Path) -> None:
    path = write(tmp_path, "file,label,speaker\na.wav,unknown,Unknown\nb.wav,fear,s1\n")
    assert [(each.labels["label"], each.speaker) for each in listed(manifest_corpus(path), tmp_path)] == [
        ("unknown", None),
        ("fear", "s1"),
    ]


@pytest.mark.parametrize("labels", [("1.5", "3.2"), ("0,5", "1,0"), tuple(str(number) for number in range(21))])
def test_numbers_are_not_silently_classes(labels: tuple[str, ...], tmp_path: Path) -> None:
    rows = "".join(f"{number}.wav;{label}\n" for number, label in enumerate(labels))
    with pytest.raises(CorpusError, match=r"the labels of 'label' are \d+ numbers \(.*\), not words\. Call the column"):
        manifest_corpus(write(tmp_path, f"file;label\n{rows}"))
    on_purpose = manifest_corpus(write(tmp_path, f"file;rating\n{rows}"), columns={"label:rating[classes]": "rating"})
    assert on_purpose.target("rating").classes == tuple(sorted(labels))


def test_few_whole_numbers_are_classes(tmp_path: Path) -> None:
    assert manifest_corpus(write(tmp_path, "file,label\na.wav,0\nb.wav,1\n")).target().classes == ("0", "1")


def test_a_column_of_another_name_may_hold_numbers(tmp_path: Path) -> None:
    path = write(tmp_path, "file,rating\na.wav,1.5\nb.wav,3.25\n")
    corpus = manifest_corpus(path, columns={"label:rating[1..5]": "rating"})
    assert corpus.target() == Target("rating", range=(1.0, 5.0))
    assert [each.labels["rating"] for each in listed(corpus, tmp_path)] == [1.5, 3.25]


def test_labels_that_are_all_names_of_splits_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        CorpusError, match=r"all labels are names of splits \(test, train\), and none of them says what"
    ):
        manifest_corpus(write(tmp_path, "file,class\na.wav,train\nb.wav,test\n"))


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


def test_pieces_that_begin_together_are_told_apart_by_their_ends_in_whatever_order(tmp_path: Path) -> None:
    rows = ["a.wav,joy,0,0.5", "a.wav,fear,0,1.0", "a.wav,joy,1.0,2", "b.wav,joy,0,1", "c.wav,joy,,1", "c.wav,fear,,2"]
    for order in (rows, rows[::-1]):
        (tmp_path / "foo.csv").write_text("\n".join(["file,label,start,end", *order]) + "\n")
        found = {each.id: (each.start, each.end) for each in manifest_corpus(tmp_path / "foo.csv").scan(tmp_path)}
        assert found == {
            "a@0-0.5": (0.0, 0.5),
            "a@0-1": (0.0, 1.0),
            "a@1": (1.0, 2.0),
            "b@0": (0.0, 1.0),
            "c@0-1": (0.0, 1.0),
            "c@0-2": (0.0, 2.0),
        }
    (tmp_path / "foo.csv").write_text("file,label,start,end\na.wav,joy,0,1\na.wav,fear,0,1\n")
    with pytest.raises(CorpusError, match=r"is listed twice"):
        manifest_corpus(tmp_path / "foo.csv")


def test_backslashes_are_those_of_windows_where_only_that_file_is_there(tmp_path: Path) -> None:
    (tmp_path / "wav").mkdir()
    for name in ("wav/a.wav", "odd\\b.wav"):
        (tmp_path / name).touch()
    path = write(tmp_path, "file,label\nwav\\a.wav,anger\nodd\\b.wav,fear\nwav\\none.wav,fear\n")
    assert [each.path for each in listed(manifest_corpus(path), tmp_path)] == [
        "wav/a.wav",
        "odd\\b.wav",
        "wav\\none.wav",
    ]


def test_a_column_of_labels_that_the_user_mistypes_is_named(tmp_path: Path) -> None:
    table = tmp_path / "foo.csv"
    table.write_text("file,emotion\na.wav,joy\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"there is no column 'emotoin', which .* label\. Did you mean 'emotion'"):
        read_manifest(table, columns={"label": "emotoin"})
