"""Packages that ``emonet corpora new`` writes: their own contract test passes, and their scan reads the folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from emonet.corpus.card import read_card
from emonet.corpus.corpus import Corpus
from emonet.errors import CorpusError
from emonet.plugin.registry import load_registry
from emonet.propose.card import yaml_text
from emonet.propose.package import Written, new_package
from emonet.testing.runner import run_checks
from tests.helpers.trees import TREES, make_flat, make_tree

ROOT = Path(__file__).parents[2]


def made(name: str, source: Path, out: Path) -> tuple[Written, Corpus]:
    written = new_package(name, source, out, load_registry().ontology)
    return written, read_card(written.folder / f"emonet_corpus_{name}/{name}.yaml")


@pytest.mark.slow
def test_the_written_tests_pass_as_they_are(tmp_path: Path) -> None:
    packages = [
        new_package(f"my_{name}", make_tree(tmp_path / name, names), tmp_path / "out", load_registry().ontology).folder
        for name, names in TREES.items()
    ]
    packages.append(
        new_package("my_flat", make_flat(tmp_path / "flat"), tmp_path / "out", load_registry().ontology).folder
    )
    path = os.pathsep.join(map(str, [ROOT, *packages]))
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, packages)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path, "EMONET_PLUGINS": ""},
    )
    assert ran.returncode == 0, ran.stdout
    assert int(ran.stdout.split(" passed")[0].split()[-1]) >= 10 * len(packages)


@pytest.mark.parametrize("name", TREES)
def test_the_scan_reads_every_file_and_its_counts_are_on_the_card(name: str, tmp_path: Path) -> None:
    source = make_tree(tmp_path / "tree", TREES[name])
    written, corpus = made("foo", source, tmp_path)
    found = list(corpus.scan(source))
    assert written.counts["utterances"] == corpus.expected.utterances == len(found) == len(TREES[name])
    assert written.counts["passed_over"] == 0
    assert corpus.expected.per_class["emotion"].keys() == set(corpus.target().classes)
    assert {example.path for example in corpus.examples} <= set(TREES[name])


def test_labels_get_their_affect_from_table_2_only(tmp_path: Path) -> None:
    _, corpus = made("foo", make_tree(tmp_path / "a", TREES["crema_d"]), tmp_path)
    assert corpus.target().affect["anger"].arousal == "high"
    written, other = made("bar", make_tree(tmp_path / "b", TREES["ravdess"]), tmp_path)
    assert dict(other.target().affect) == {}
    text = (written.folder / "emonet_corpus_bar/bar.yaml").read_text(encoding="utf-8")
    assert "#       05: {arousal: ..., valence: ..., reason: ...}" in text
    assert any("arousal and valence of 01, 02" in sentence for sentence in written.check)
    assert any("raw codes" in sentence for sentence in written.check)


def test_splits_become_a_protocol_that_says_where_speakers_overlap(tmp_path: Path) -> None:
    source = make_tree(tmp_path / "tree", TREES["parted"])
    _, corpus = made("foo", source, tmp_path)
    (protocol,) = corpus.protocols
    assert (protocol.name, protocol.by) == ("official", "split")
    assert protocol.overlap == "4 speakers stand in several splits, as they were found"
    assert {utterance.split for utterance in corpus.scan(source)} == {"train", "dev", "test"}


@pytest.mark.parametrize(("delimiter", "suffix"), [(",", ".wav"), (";", ""), ("\t", "")])
def test_a_flat_folder_is_read_by_its_csv(delimiter: str, suffix: str, tmp_path: Path) -> None:
    source = make_flat(tmp_path / "flat", delimiter=delimiter, suffix=suffix)
    written, corpus = made("foo", source, tmp_path)
    found = list(corpus.scan(source))
    assert len(found) == 12
    assert (found[4].path, found[4].speaker, found[4].split) == ("audio/rec 4.wav", "p1", "dev")
    assert dict(found[4].labels) == {"emotion": "sadness"}
    assert written.codes == {"happy": "happiness", "sad": "sadness", "surprised": "surprise"}
    assert corpus.protocols[0].overlap == ""
    assert [result.message for result in run_checks(corpus) if not result.passed] == []


def test_tables_of_the_splits_are_read_together(tmp_path: Path) -> None:
    make_tree(tmp_path / "x", [f"{number}.wav" for number in range(8)])
    for split, numbers in (("train", range(4)), ("test", range(4, 8))):
        rows = [f"{number}.wav,{('joy', 'fear')[number % 2]},s{number // 2}" for number in numbers]
        text = "\n".join(["file,emotion,speaker", *rows]) + "\n"
        (tmp_path / f"x/{split}.csv").write_text(text, encoding="utf-8")
    (tmp_path / "x/notes.csv").write_text("note\nhello\n", encoding="utf-8")
    (tmp_path / "x/broken.csv").write_bytes(b"\xff\xfe")
    written, corpus = made("foo", tmp_path / "x", tmp_path)
    assert {each.split for each in corpus.scan(tmp_path / "x")} == {"train", "test"}
    assert written.counts == {"utterances": 8, "speakers": 4, "passed_over": 0}
    assert [result.message for result in run_checks(corpus) if not result.passed] == []


def test_words_that_mean_missing_are_no_classes(tmp_path: Path) -> None:
    make_tree(tmp_path / "x", [f"{number}.wav" for number in range(6)])
    labels = ["joy", "fear", "nan", "joy", "fear", "None"]
    rows = "".join(f"{number}.wav,{label},s{number % 2}\n" for number, label in enumerate(labels))
    (tmp_path / "x/a.csv").write_text(f"file,emotion,speaker\n{rows}", encoding="utf-8")
    _, corpus = made("foo", tmp_path / "x", tmp_path)
    assert sorted(corpus.target().classes) == ["fear", "joy"]
    assert len(list(corpus.scan(tmp_path / "x"))) == 4


@pytest.mark.parametrize(
    ("form", "splits"),
    [
        ("{speaker}/{label}/{split}/{speaker}_{label}_{take}.wav", {"train", "dev", "test"}),
        ("{split}/{speaker}/{label}/{take}.wav", {"train", "dev", "test"}),
        ("{name}/{label}/{speaker}_{label}_{take}.wav", {None}),
    ],
)
def test_a_folder_named_after_a_split_is_one_where_its_whole_level_is(
    form: str, splits: set[str | None], tmp_path: Path
) -> None:
    people = {"s1": ("train", "Val"), "s2": ("train", "Dev"), "s3": ("evaluation", "s3"), "s4": ("test", "s4")}
    names = [
        form.format(speaker=speaker, split=split, name=name, label=label, take=take)
        for speaker, (split, name) in people.items()
        for label in ("angry", "sad", "happy")
        for take in range(2)
    ]
    _, corpus = made("foo", make_tree(tmp_path / "x", names), tmp_path)
    found = list(corpus.scan(tmp_path / "x"))
    assert len(found) == len(names)
    assert {each.split for each in found} == splits
    assert {str(each.labels["emotion"]) for each in found} == {"anger", "sadness", "happiness"}


def test_a_column_called_label_is_believed_whatever_it_holds(tmp_path: Path) -> None:
    make_tree(tmp_path / "x", [f"{number}.wav" for number in range(4)])
    text = "file,label\n" + "".join(f"{number}.wav,k{number % 2}\n" for number in range(4))
    (tmp_path / "x/a.csv").write_text(text, encoding="utf-8")
    written, corpus = made("foo", tmp_path / "x", tmp_path)
    assert corpus.target().classes == ("k0", "k1")
    assert any("raw codes" in sentence for sentence in written.check)


@pytest.mark.parametrize(
    ("columns", "first", "segment"),
    [
        ("start,duration", "0.5,0.25", (0.5, 0.75)),
        ("begin,finish", "0.5,0.75", (0.5, 0.75)),
        ("offset,duration", "0.5,0.25", (0.5, 0.75)),
        ("duration,note", "1.5,x", (0.0, None)),
    ],
)
def test_segments_are_read_in_every_convention(
    columns: str, first: str, segment: tuple[float, float | None], tmp_path: Path
) -> None:
    make_tree(tmp_path / "x", [f"{number}.wav" for number in range(4)])
    text = f"file,label,{columns}\n" + "".join(f"{number}.wav,k{number % 2},{first}\n" for number in range(4))
    (tmp_path / "x/a.csv").write_text(text, encoding="utf-8")
    _, corpus = made("foo", tmp_path / "x", tmp_path)
    assert {(each.start, each.end) for each in corpus.scan(tmp_path / "x")} == {segment}


def test_copies_in_another_format_are_left_out(tmp_path: Path) -> None:
    names = [*TREES["classes"], *(name.replace(".wav", ".mp3") for name in TREES["classes"][:3])]
    written, _ = made("foo", make_tree(tmp_path / "x", names), tmp_path)
    assert written.counts == {"utterances": 24, "speakers": 0, "passed_over": 3}
    assert written.passed_over[0].endswith(".mp3")
    assert any("no speaker was found" in sentence for sentence in written.check)


def test_rows_that_come_twice_are_told(tmp_path: Path) -> None:
    make_tree(tmp_path / "x", ["0.wav", "1.wav"])
    (tmp_path / "x/a.csv").write_text("file,label\n0.wav,joy\n1.wav,fear\n1.wav,joy\n0.wav,fear\n", encoding="utf-8")
    written, _ = made("foo", tmp_path / "x", tmp_path)
    assert "'0' is the id of several utterances (2 such ids)" in written.check[0]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    source = make_tree(tmp_path / "x", TREES["classes"])
    written, _ = made("foo", source, tmp_path)
    before = {path: path.read_bytes() for path in written.folder.rglob("*") if path.is_file()}
    with pytest.raises(CorpusError, match=r"emonet-corpus-foo: there is something already\. Remove it, or give anoth"):
        made("foo", source, tmp_path)
    assert before == {path: path.read_bytes() for path in written.folder.rglob("*") if path.is_file()}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["emonet-corpus-foo", "x"]


def test_what_fails_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_tree(tmp_path / "x", TREES["classes"])

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="No space"):
        made("foo", source, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("My Corpus", r"'My Corpus' cannot be an id, which has a-z, 0-9 and _ only\. Use 'my_corpus'"),
        ("taken", r"There is a corpus with the id 'taken' already"),
    ],
)
def test_an_id_must_be_new_and_plain(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=message):
        new_package(name, tmp_path, tmp_path, load_registry().ontology, taken={"taken"})


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], r"there is no audio file in it; it is empty\. Give the folder of the corpus"),
        (["readme.txt"], r"there is no audio file in it; there is readme\.txt"),
        (["a.wav", "b.wav"], r"nothing in the paths of 2 files \(e\.g\. 'a\.wav'\) looks like a label"),
        (["a.wav", "b.wav", "x.csv"], r"\(e\.g\. 'a\.wav'\) and in x\.csv looks like a label"),
    ],
)
def test_a_folder_that_suggests_nothing_says_what_to_do(names: list[str], message: str, tmp_path: Path) -> None:
    make_tree(tmp_path / "x", names)
    (tmp_path / "x").mkdir(exist_ok=True)
    with pytest.raises(CorpusError, match=message):
        made("foo", tmp_path / "x", tmp_path)
    with pytest.raises(CorpusError, match=r"no such folder"):
        made("foo", tmp_path / "none", tmp_path)


@pytest.mark.parametrize(
    "text", ["01", "1e3", "no", "true", "~", "a: b", "x #y", "'", "{a}", "- a", "é", "a b", "a\nb\n"]
)
def test_text_comes_back_from_yaml_as_it_was(text: str) -> None:
    from emonet.document import parse_document

    for flow in (False, True):
        written = yaml_text({"key": [text], text.strip() or "x": text}, flow=flow)
        assert parse_document(written, "x", CorpusError).data["key"] == [text]
