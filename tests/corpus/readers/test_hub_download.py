"""Datasets by their id: files of one commit, from a hub that this test serves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from emonet.corpus.readers.door import Door, enter
from emonet.corpus.readers.hub_download import HubId, downloaded, is_hub_id
from emonet.errors import CorpusError
from emonet.files import home
from tests.helpers.hub_datasets import clip, dataset_of, rows, save_parquet, save_splits
from tests.helpers.served import Served, serve_dataset, serving


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    with serving() as served:
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
        yield served


@pytest.fixture
def parquet(tmp_path: Path) -> dict[str, bytes]:
    """The files of a repository: two splits in Parquet, and what is not read."""
    files = {"README.md": b"about", "extra.zip": b"zip"}
    for split, count in (("train", 4), ("test", 2)):
        path = save_parquet(tmp_path / f"{split}.parquet", dataset_of(rows(count, split)))
        files[f"data/{split}-00000-of-00001.parquet"] = path.read_bytes()
    return files


@pytest.mark.parametrize("text", ["foo", "./owner/foo", "/owner/foo", "a/b/c", "owner/foo bar", "-/foo"])
def test_an_id_is_an_owner_and_a_name(text: str) -> None:
    assert not is_hub_id(text)
    assert is_hub_id("own-er.1/na_me-2.0")


def test_a_dataset_is_loaded_once_and_its_parquet_files_are_kept_as_they_are(
    hub: Served, parquet: dict[str, bytes]
) -> None:
    serve_dataset(hub, "owner/foo", parquet)
    folder = downloaded(HubId("owner/foo"))
    asked = len(hub.asked)
    assert downloaded(HubId("owner/foo")) == folder
    assert len(hub.asked) == asked
    assert folder.parent == home() / "hub"
    kept = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}
    record = kept.pop(".fetched.json")
    assert b"0123456789abcdef0123456789abcdef01234567" in record
    assert kept == {name: content for name, content in parquet.items() if name.endswith(".parquet")}


def test_an_id_is_a_corpus_by_the_name_of_the_dataset(hub: Served, parquet: dict[str, bytes], tmp_path: Path) -> None:
    serve_dataset(hub, "owner/foo", parquet)
    corpus, root = enter(Door(hub="owner/foo"), tmp_path / "elsewhere")
    found = list(corpus.scan(root))
    assert (corpus.id, len(found)) == ("foo", 6)
    assert {each.split for each in found} == {"train", "test"}
    assert not list((home() / "hub").glob("*.part"))


def test_a_revision_and_a_configuration_are_taken(hub: Served, parquet: dict[str, bytes]) -> None:
    files = {
        name.replace("data/", f"{config}/"): content for name, content in parquet.items() for config in ("de", "pl")
    }
    serve_dataset(hub, "owner/foo", files, branch="v1")
    folder = downloaded(HubId("owner/foo", "pl", "v1"))
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == ["pl"]
    with pytest.raises(CorpusError, match=r"has no configuration 'dee'\. Did you mean 'de'\? It has: de, pl\."):
        downloaded(HubId("owner/foo", "dee"))


def test_configurations_that_the_card_of_the_dataset_lists_are_known(hub: Served, parquet: dict[str, bytes]) -> None:
    configs = [
        {"config_name": "small", "data_files": [{"split": "train", "path": "data/train-*"}]},
        {"config_name": "whole", "data_files": "data/*"},
    ]
    serve_dataset(hub, "owner/foo", parquet, card={"configs": configs})
    with pytest.raises(CorpusError, match=r"several configurations: small, whole\. Choose one: --set config=NAME"):
        downloaded(HubId("owner/foo"))
    assert len(list(downloaded(HubId("owner/foo", "small")).rglob("*.parquet"))) == 1
    configs[1]["default"] = True
    serve_dataset(hub, "owner/foo", parquet, card={"configs": configs})
    assert len(list(downloaded(HubId("owner/foo")).rglob("*.parquet"))) == 2


def test_a_repository_of_audio_files_is_an_audio_folder(hub: Served, tmp_path: Path) -> None:
    files = {f"{label}/{number}.wav": clip(200) for label in ("joy", "fear") for number in range(2)}
    serve_dataset(hub, "owner/bar", files | {"script.py": b"raise SystemExit"})
    corpus, root = enter(Door(hub="owner/bar"), tmp_path)
    assert sorted({str(each.labels["label"]) for each in corpus.scan(root)}) == ["fear", "joy"]
    assert not (root / "script.py").exists()


def test_a_repository_without_parquet_names_the_conversion_of_the_hub(hub: Served) -> None:
    serve_dataset(hub, "owner/zip", {"clips.zip": b"zip", "zip.py": b"import os"})
    with pytest.raises(CorpusError, match=r"neither Parquet nor audio files, but clips\.zip, zip\.py\..*refs/convert"):
        downloaded(HubId("owner/zip"))


def test_what_is_half_made_is_gone_on_with(hub: Served, parquet: dict[str, bytes]) -> None:
    serve_dataset(hub, "owner/foo", parquet)
    (home() / "hub/.owner%2Ffoo.part").mkdir(parents=True)
    (home() / "hub/owner%2Ffoo").mkdir()
    folder = downloaded(HubId("owner/foo"))
    assert len(list(folder.rglob("*.parquet"))) == 2
    assert not list((home() / "hub").glob("*.part"))


def test_what_an_earlier_version_kept_is_taken(hub: Served) -> None:
    save_splits(home() / "hub/owner%2Fold", train=dataset_of(rows(2)))
    assert (downloaded(HubId("owner/old")) / "train").is_dir()
    assert hub.asked == []


def test_a_dataset_that_is_not_there_is_told(hub: Served) -> None:
    with pytest.raises(CorpusError, match=r"'owner/none \(de\) @ v1' cannot be loaded .*"):
        downloaded(HubId("owner/none", "de", "v1"))


def test_without_a_network_the_place_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(CorpusError, match=r"no connection to http://127\.0\.0\.1:9\. Is this machine online\? Or give"):
        downloaded(HubId("owner/foo"))
    assert not list((home() / "hub").glob("*.part"))


def test_a_machine_that_is_set_offline_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(CorpusError, match="HF_HUB_OFFLINE is set"):
        downloaded(HubId("owner/foo"))
