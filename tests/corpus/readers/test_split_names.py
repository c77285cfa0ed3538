"""Every way in reads the names of splits by one table: each is given the same sets of names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emonet.corpus.card import read_card
from emonet.corpus.corpus import Utterance
from emonet.corpus.readers.audformat import audformat_corpus
from emonet.corpus.readers.hub import hub_corpus
from emonet.corpus.readers.manifest import manifest_corpus
from emonet.errors import CorpusError
from emonet.plugin.registry import load_registry
from emonet.propose.package import new_package
from emonet.protocols.lists import read_lists

LABELS = ("anger", "fear", "joy", "neutral")
Splits = dict[str, str | None]
"""Name of a split as it was given -> the split that it was read as."""


def lines(names: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return (name of the split, file, label) of each clip."""
    return [(name, f"{name}/{label}_{take}.wav", label) for name in names for label in LABELS for take in (1, 2)]


def write(path: Path, header: str, *rows: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def told(utterances: Sequence[Utterance]) -> Splits:
    found = {PurePosixPath(each.path).parts[0]: each.split for each in utterances}
    assert len(utterances) == len(LABELS) * 2 * len(found)
    return found


def a_manifest_s_column(folder: Path, names: Sequence[str]) -> Splits:
    write(folder / "foo.csv", "file,label,split", *(f"{file},{label},{name}" for name, file, label in lines(names)))
    return told(list(manifest_corpus(folder / "foo.csv").scan(folder)))


def a_folder_of_manifests(folder: Path, names: Sequence[str]) -> Splits:
    for name in names:
        write(folder / f"{name}.csv", "file,label", *(f"{file},{label}" for _, file, label in lines([name])))
    return told(list(manifest_corpus(folder).scan(folder)))


def parquet(path: Path, **columns: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({name: list(values) for name, values in columns.items()}), path)


def parquet_files(folder: Path, names: Sequence[str]) -> Splits:
    for name in names:
        _, files, labels = zip(*lines([name]), strict=True)
        parquet(folder / f"data/{name}-00000-of-00001.parquet", file=files, label=labels)
    corpus, root = hub_corpus(folder, {})
    return told(list(corpus.scan(root)))


def a_dataset_s_column(folder: Path, names: Sequence[str]) -> Splits:
    splits, files, labels = zip(*lines(names), strict=True)
    parquet(folder / "all.parquet", file=files, label=labels, split=splits)
    corpus, root = hub_corpus(folder / "all.parquet", {})
    return told(list(corpus.scan(root)))


def a_dataset_s_column_of_another_name(folder: Path, names: Sequence[str]) -> Splits:
    splits, files, labels = zip(*lines(names), strict=True)
    parquet(folder / "all.parquet", file=files, label=labels, Split_Set=splits)
    corpus, root = hub_corpus(folder / "all.parquet", {})
    return told(list(corpus.scan(root)))


def folders_of_a_metadata_file(folder: Path, names: Sequence[str]) -> Splits:
    write(folder / "metadata.csv", "file_name,label", *(f"{file},{label}" for _, file, label in lines(names)))
    corpus, root = hub_corpus(folder, {})
    return told(list(corpus.scan(root)))


def folders_of_audio(folder: Path, names: Sequence[str]) -> Splits:
    for name, file, label in lines(names):
        path = folder / name / label / PurePosixPath(file).name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    corpus, root = hub_corpus(folder, {})
    return told(list(corpus.scan(root)))


def a_database(folder: Path, names: Sequence[str]) -> Splits:
    header = "name: foo\ntables:\n  files: {type: filewise, columns: {emotion: {}, split: {}}}"
    write(folder / "db.yaml", header)
    rows = (f"{file},{label},{name}" for name, file, label in lines(names))
    write(folder / "db.files.csv", "file,emotion,split", *rows)
    corpus, root = audformat_corpus(folder, column="emotion")
    return told(list(corpus.scan(root)))


def tables_of_a_database(folder: Path, names: Sequence[str]) -> Splits:
    tables = [f"  t{number}: {{type: filewise, split_id: {name}, columns: {{emotion: {{}}}}}}"
              for number, name in enumerate(names)]  # fmt: skip
    write(folder / "db.yaml", "name: foo\ntables:", *tables)
    for number, name in enumerate(names):
        write(folder / f"db.t{number}.csv", "file,emotion", *(f"{file},{label}" for _, file, label in lines([name])))
    corpus, root = audformat_corpus(folder, column="emotion")
    return told(list(corpus.scan(root)))


def a_split_list_s_column(folder: Path, names: Sequence[str]) -> Splits:
    write(folder / "foo.csv", "file,Split_Set", *(f"{file},{name}" for name, file, _ in lines(names)))
    return {entry.names[0].partition("/")[0]: entry.split for entry in read_lists([folder / "foo.csv"]).entries}


def files_of_a_split_list(folder: Path, names: Sequence[str]) -> Splits:
    for name in names:
        write(folder / f"foo_{name}_fold_1.csv", "file", *(file for _, file, _ in lines([name])))
    return {entry.names[0].partition("/")[0]: entry.split for entry in read_lists([folder]).entries}


def proposed(folder: Path) -> list[Utterance]:
    written = new_package("foo", folder, folder.parent / "out", load_registry().ontology)
    return list(read_card(written.folder / "emonet_corpus_foo/foo.yaml").scan(folder))


def a_proposed_card_s_folders(folder: Path, names: Sequence[str]) -> Splits:
    for _, file, _ in lines(names):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    return told(proposed(folder))


def a_proposed_card_s_column(folder: Path, names: Sequence[str]) -> Splits:
    write(folder / "all.csv", "path,emotion,Subset", *(f"{file},{label},{name}" for name, file, label in lines(names)))
    return a_proposed_card_s_folders(folder, names)


WAYS: list[Callable[[Path, Sequence[str]], Splits]] = [
    a_manifest_s_column,
    a_folder_of_manifests,
    parquet_files,
    a_dataset_s_column,
    a_dataset_s_column_of_another_name,
    folders_of_a_metadata_file,
    folders_of_audio,
    a_database,
    tables_of_a_database,
    a_split_list_s_column,
    files_of_a_split_list,
    a_proposed_card_s_folders,
    a_proposed_card_s_column,
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "splits",
    [
        {"train": "train", "eval": "dev", "test": "test"},
        {"train": "train", "dev": "dev", "eval": "test"},
        {"Train": "train", "Validation": "dev", "Test1": "test"},
    ],
)
def test_every_way_in_reads_a_set_of_names_alike(
    tmp_path: Path, way: Callable[[Path, Sequence[str]], Splits], splits: dict[str, str]
) -> None:
    assert way(tmp_path / "data", list(splits)) == splits


@pytest.mark.parametrize("way", WAYS[:-2])
@pytest.mark.parametrize("names", [("train", "dev", "eval", "test"), ("train", "dev", "test1", "test2")])
def test_no_way_in_takes_two_sets_for_one(
    tmp_path: Path, way: Callable[[Path, Sequence[str]], Splits], names: Sequence[str]
) -> None:
    asked = "|there are several test sets: test1, test2" if names[-1] == "test2" else ""  # a list's may be chosen among
    clash = rf"splits are called .*('{names[-2]}'|'{names[-1]}') would both be{asked}"
    with pytest.raises(CorpusError, match=clash) as caught:
        way(tmp_path / "data", names)
    assert str(tmp_path / "data") in str(caught.value)


@pytest.mark.parametrize("way", WAYS[-2:])
def test_a_proposed_card_leaves_two_names_apart_and_tells_its_author(
    tmp_path: Path, way: Callable[[Path, Sequence[str]], Splits]
) -> None:
    names = ("train", "dev", "eval", "test")
    assert way(tmp_path / "data", names) == {name: name for name in names}
    written = new_package("again", tmp_path / "data", tmp_path, load_registry().ontology)
    assert any("'dev' and 'eval' would both be dev" in sentence for sentence in written.check)


def test_a_test_whose_labels_are_kept_back_still_tells_what_eval_is(tmp_path: Path) -> None:
    splits, files, labels = zip(*lines(["train", "eval", "test"]), strict=True)
    shown = ["" if split == "test" else label for split, label in zip(splits, labels, strict=True)]
    parquet(tmp_path / "all.parquet", file=files, label=shown, split=splits)
    corpus, root = hub_corpus(tmp_path / "all.parquet", {})
    assert told(list(corpus.scan(root))) == {"train": "train", "eval": "dev"}


def test_a_column_of_other_sets_is_no_column_of_splits(tmp_path: Path) -> None:
    names, files, labels = zip(*lines(["train", "test"]), strict=True)
    sets = ["A" if name == "train" else "test" for name in names]
    parquet(tmp_path / "all.parquet", file=files, label=labels, set=sets)
    corpus, root = hub_corpus(tmp_path / "all.parquet", {})
    assert told(list(corpus.scan(root))) == {"train": None, "test": None}


def test_names_of_files_go_before_a_column_of_another_name(tmp_path: Path) -> None:
    for name, other in (("train", "test"), ("test", "train")):
        _, files, labels = zip(*lines([name]), strict=True)
        parquet(tmp_path / f"{name}.parquet", file=files, label=labels, part=[other] * len(files))
    corpus, root = hub_corpus(tmp_path, {})
    assert told(list(corpus.scan(root))) == {"train": "train", "test": "test"}
