"""Cards as Croissant: the keys that version 1.0 of the format asks for, and nothing that the card does not say."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

import emonet
from emonet.api.croissant import croissant_of
from emonet.corpus.corpus import Source
from tests.helpers.cli_run import call

CORPORA = emonet.corpora()


def described(name: str) -> dict[str, Any]:
    return croissant_of(CORPORA[name].corpus)


@pytest.mark.parametrize("name", sorted(CORPORA))
def test_every_card_has_the_keys_of_the_format(name: str) -> None:
    facts = described(name)
    assert facts["@type"] == "sc:Dataset"
    assert facts["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert {"@vocab", "sc", "cr", "conformsTo", "recordSet", "citeAs"} <= set(facts["@context"])
    assert all(facts[key] for key in ("name", "description", "license", "citeAs", "creator"))
    for file in facts.get("distribution", ()):
        assert {"@id", "name", "contentUrl", "encodingFormat", "sha256"} <= set(file)
    for records in facts.get("recordSet", ()):
        assert [set(row) for row in records["data"]] == [{records["key"]["@id"]}] * len(records["data"])
        assert [field["@id"] for field in records["field"]] == [records["key"]["@id"]]


def test_classes_licence_and_files_are_those_of_the_card() -> None:
    facts = described("subesco")
    assert facts["license"] == "https://spdx.org/licenses/CC-BY-4.0"
    assert facts["sameAs"] == ["https://doi.org/10.5281/zenodo.4526477"]
    [file] = facts["distribution"]
    assert file["contentUrl"] == "https://zenodo.org/records/4526477/files/SUBESCO.zip?download=1"
    assert (file["contentSize"], len(file["sha256"])) == ("1664512929 B", 64)
    assert {"emotion/name": "disgust"} in facts["recordSet"][0]["data"]


def test_a_record_whose_checksum_is_not_on_the_card_is_named_without_a_file() -> None:
    facts = described("ravdess")
    assert facts["sameAs"] == ["https://doi.org/10.5281/zenodo.1188976"]
    assert "distribution" not in facts


def test_a_repository_is_given_with_its_commit_and_an_archive_with_its_checksum() -> None:
    corpus = CORPORA["emodb"].corpus
    git = Source(git="https://foo.example/foo", revision="a" * 40)
    archive = Source(url="https://foo.example/clips.zip", sha256="b" * 64)
    files = croissant_of(replace(corpus, sources=(git, archive)))["distribution"]
    assert [(file["contentUrl"], file["encodingFormat"]) for file in files] == [
        (f"https://foo.example/foo/tree/{'a' * 40}", "git+https"),
        ("https://foo.example/clips.zip", "application/zip"),
    ]
    assert croissant_of(replace(corpus, spdx=""))["license"] == corpus.licence


def test_the_command_line_prints_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "corpora", "info", "subesco", "--croissant")
    assert (code, json.loads(out)) == (0, described("subesco"))
