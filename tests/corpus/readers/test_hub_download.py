"""Datasets by their id: loaded once by ``datasets``, here from a repository that lies in the working folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from emonet.corpus.readers.door import Door, enter
from emonet.corpus.readers.hub_download import HubId, downloaded, is_hub_id
from emonet.errors import CorpusError
from emonet.files import home
from tests.helpers.hub_datasets import dataset_of, quiet, rows, save_parquet
from tests.helpers.tones import write_tone


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository called ``owner/foo`` where ``datasets`` looks first; nothing is asked of the network."""
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "owner/foo"
    for split, count in (("train", 4), ("test", 2)):
        save_parquet(folder / f"data/{split}-00000-of-00001.parquet", dataset_of(rows(count, split)))
    return folder


@pytest.mark.parametrize("text", ["foo", "./owner/foo", "/owner/foo", "a/b/c", "owner/foo bar", "-/foo"])
def test_an_id_is_an_owner_and_a_name(text: str) -> None:
    assert not is_hub_id(text)
    assert is_hub_id("own-er.1/na_me-2.0")


def test_a_dataset_is_loaded_once_and_kept_with_its_clips(repository: Path) -> None:
    with quiet():
        folder = downloaded(HubId("owner/foo"))
        written = (folder / "train/data-00000-of-00001.arrow").stat().st_mtime_ns
        assert downloaded(HubId("owner/foo")) == folder
    assert folder.parent == home() / "hub"
    assert (folder / "train/data-00000-of-00001.arrow").stat().st_mtime_ns == written


def test_an_id_is_a_corpus_by_the_name_of_the_dataset(repository: Path, tmp_path: Path) -> None:
    with quiet():
        corpus, root = enter(Door(hub="owner/foo"), tmp_path / "elsewhere")
    found = list(corpus.scan(root))
    assert (corpus.id, len(found)) == ("foo", 6)
    assert {each.split for each in found} == {"train", "test"}
    assert not list((home() / "hub").glob("*.part"))


def test_what_is_half_made_is_removed_and_made_again(repository: Path) -> None:
    (home() / "hub/.owner%2Ffoo.part").mkdir(parents=True)
    (home() / "hub/owner%2Ffoo").mkdir()
    with quiet():
        assert (downloaded(HubId("owner/foo")) / "dataset_dict.json").is_file()


def test_a_machine_that_is_offline_is_told_so(repository: Path) -> None:
    with pytest.raises(CorpusError, match=r"'owner/none \(de\) @ v1' cannot be loaded .*online.*folder of a copy"):
        downloaded(HubId("owner/none", "de", "v1"))
    assert not list((home() / "hub").glob("*.part"))


def test_a_repository_of_loose_files_names_the_way_around_the_decoder(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for label in ("joy", "fear"):
        write_tone(repository.parent / f"bar/{label}/a.wav", 220, 0.1, seed=1)
    # as on a machine without it, which this one may or may not be
    monkeypatch.setitem(__import__("sys").modules, "torchcodec.encoders", None)
    with quiet(), pytest.raises(CorpusError, match=r"not installed\. Fetch the files themselves \(hf download ID"):
        downloaded(HubId("owner/bar"))


def test_an_error_without_words_is_named_by_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError

    monkeypatch.setattr("datasets.load_dataset", fail)
    with pytest.raises(CorpusError, match=r"KeyError: KeyError\. Check the id"):
        downloaded(HubId("owner/foo"))


def test_one_dataset_without_splits_is_kept_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.load_dataset", lambda *_, **__: dataset_of(rows(2)))
    with quiet():
        assert (downloaded(HubId("owner/foo")) / "all/data-00000-of-00001.arrow").is_file()
