"""The doors by which a corpus comes in without a card."""

from __future__ import annotations

from pathlib import Path

import audformat
import pytest
from pydantic import ValidationError

from emonet.corpus.naming import NAMED
from emonet.corpus.readers.door import DOORS, Door, enter
from emonet.errors import CorpusError
from tests.corpus.readers.test_audformat import column, saved, small
from tests.helpers.hub_datasets import dataset_of, rows, save_parquet


def test_every_door_is_a_key_and_so_is_what_it_must_know() -> None:
    keys = {*DOORS, *NAMED, "affect", *(key for known in DOORS.values() for key in known)}
    assert keys == set(Door.model_fields)
    assert Door().door == ""


def test_a_key_without_its_door_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"columns belongs to manifest and hub: give \{manifest: \.\.\., columns"):
        Door(audformat="db", columns={"label": "x"})


def test_cells_belong_to_a_corpus_without_a_card() -> None:
    with pytest.raises(ValidationError, match=r"affect is for a corpus without a card: give \{manifest"):
        Door.model_validate({"affect": {"sad": {"arousal": "low", "valence": "negative", "reason": "x"}}})


def test_a_door_can_be_written_as_options() -> None:
    door = Door(hub="owner/foo", columns={"label": "x", "speaker": "y"}, config="de")
    assert door.option == "--hub owner/foo --set columns='{label: x, speaker: y}' --set config=de"
    assert Door(manifest="a.csv").option == "--manifest a.csv"


def test_a_dataset_is_found_relative_to_the_base(tmp_path: Path) -> None:
    save_parquet(tmp_path / "foo/train.parquet", dataset_of(rows(2)))
    corpus, root = enter(Door(hub="foo"), tmp_path)
    assert (corpus.id, root) == ("foo", tmp_path / "foo")


def test_a_place_that_is_not_there_is_no_dataset(tmp_path: Path) -> None:
    (tmp_path / "emotions").mkdir()
    with pytest.raises(CorpusError, match=r"no such file or folder.* owner/name\. Did you mean 'emotions'\?"):
        enter(Door(hub="emotion"), tmp_path)
    with pytest.raises(CorpusError, match=r"no such file or folder.* is owner/name\.$"):
        enter(Door(hub="a/b/c"), tmp_path)


def test_config_and_revision_are_for_ids(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"revision is for an id of the Hugging Face hub, not for a folder"):
        enter(Door(hub=".", revision="v1"), tmp_path)


def test_a_dataset_takes_no_other_root(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"--hub \.: its files are found by itself\. Leave the root .* out"):
        enter(Door(hub="."), tmp_path, tmp_path)


def test_a_database_is_found_relative_to_the_base(tmp_path: Path) -> None:
    (tmp_path / "foo").mkdir()
    header = "name: foo\ntables:\n  files: {type: filewise, columns: {emotion: {}, mood: {}}}\n"
    (tmp_path / "foo/db.yaml").write_text(header, encoding="utf-8")
    table = "file,emotion,mood\na.wav,joy,x\nb.wav,fear,y\n"
    (tmp_path / "foo/db.files.csv").write_text(table, encoding="utf-8")
    corpus, root = enter(Door(audformat="foo"), tmp_path)
    assert (corpus.target().classes, root) == (("fear", "joy"), tmp_path / "foo")
    door = Door.model_validate({"audformat": "foo", "table": "files", "column": "mood"})
    assert enter(door, tmp_path)[0].target().classes == ("x", "y")
    assert door.option == "--audformat foo --set table='[files]' --set column=mood"
    with pytest.raises(CorpusError, match=r"none: there is no such folder\. Give the folder that holds db\.yaml"):
        enter(Door(audformat="none"), tmp_path)


@pytest.mark.parametrize("door", list(DOORS))
def test_names_are_read_from_paths_at_every_door(door: str, tmp_path: Path) -> None:
    if door == "manifest":
        (tmp_path / "a.csv").write_text("file,label\ns1/c0.wav,joy\ns1/c1.wav,fear\ns2/c0.wav,joy\n")
        place, rule = "a.csv", r"^(s\d)/"
    elif door == "hub":
        save_parquet(tmp_path / "foo" / "train.parquet", dataset_of(rows(3)))
        place, rule = "foo", r"(c[01])|c2()"
    else:
        db = small(3)
        db.schemes["emotion"] = audformat.Scheme(labels=["joy", "fear"])
        column(db["files"], "emotion", ["joy", "fear", "joy"], "emotion")
        saved(db, tmp_path / "db")
        place, rule = "db", r"(\d)\.wav$"
    corpus, root = enter(Door.model_validate({door: place, "speaker": rule}), tmp_path)
    plain, _ = enter(Door.model_validate({door: place}), tmp_path)
    listed = list(corpus.scan(root))
    wanted = {"manifest": ["s1", "s1", "s2"], "hub": ["c0", "c1", None], "audformat": ["0", "1", "2"]}
    assert [each.speaker for each in listed] == wanted[door]
    assert [each.labels for each in listed] == [each.labels for each in plain.scan(root)]


def test_a_manifest_takes_a_map_of_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("clip_no,verdict,who\na.wav,joy,s1\nb.wav,fear,s2\n", encoding="utf-8")
    door = Door(manifest="a.csv", columns={"file": "clip_no", "label": "verdict", "speaker": "who"})
    corpus, root = enter(door, tmp_path)
    assert [(each.path, each.labels["label"], each.speaker) for each in corpus.scan(root)] == [
        ("a.wav", "joy", "s1"),
        ("b.wav", "fear", "s2"),
    ]
    assert door.option == "--manifest a.csv --set columns='{file: clip_no, label: verdict, speaker: who}'"
