from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import emonet_corpus_open_voices
import numpy as np
import pytest
import soundfile
from emonet_corpus_open_voices import emonet_corpora, packages
from emonet_corpus_open_voices.__main__ import app
from emonet_corpus_open_voices.copies import AMBIGUOUS, COPY, copies_in, scan_with_copies
from emonet_corpus_open_voices.packages import VOICES, collect, fetch_voices
from typer.testing import CliRunner

import emonet
from emonet.corpus.fetch import fetched_from, is_fetched
from emonet.doctor.check import check as check_copy
from emonet.plugin.registry import load_registry
from emonet.recipe.recipe import read_recipe
from emonet.recipe.resolve import components_of
from emonet.recipe.strategies import strategy
from emonet.testing import parametrize_checks

CORPORA = {corpus.id: corpus for corpus in emonet_corpora()}
HEDGEWARS, OPENARENA = CORPORA["hedgewars_voices"], CORPORA["openarena_voices"]
VOICE = "usr/share/games/hedgewars/Data/Sounds/voices"
ARENA = "usr/share/games/openarena/baseoa"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMONET_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("EMONET_DATA", raising=False)
    return tmp_path / "home"


def make_deb(path: Path, files: Mapping[str, bytes], *, data: str = "data.tar.xz") -> Path:
    """Write a Debian package as far as it is read here."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:xz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    members = {"debian-binary": b"2.0\n", "control.tar.xz": b"odd", data: tar.getvalue()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(b"!<arch>\n")
        for name, content in members.items():
            file.write(f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode())
            file.write(content + b"\n" * (len(content) % 2))
    return path


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def expect(monkeypatch: pytest.MonkeyPatch, corpus: emonet.Corpus, folder: Path) -> None:
    """Let the checksum be that of the packages in ``folder``."""
    voices, archive = VOICES[corpus.id], folder / "expected.tar"
    collect(voices, [packages._deb(folder, package) for package in voices.packages], archive)
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    monkeypatch.setattr(packages, "VOICES", {**VOICES, corpus.id: replace(voices, sha256=sha256)})


def small_hedgewars(folder: Path) -> Path:
    make_deb(folder / "hedgewars-data_1_all.deb", {f"{VOICE}/British/Laugh.ogg": b"ha", "usr/share/doc/x": b"doc"})
    return folder


def program(folder: Path, script: str) -> Path:
    """Write an apt-get of one's own."""
    folder.mkdir()
    (folder / "apt-get").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "apt-get").chmod(0o755)
    return folder


@parametrize_checks(emonet_corpus_open_voices)
def test_the_package_keeps_its_promises(check):
    check()


def test_hedgewars_is_taken_from_its_package_and_scanned(tmp_path, monkeypatch):
    debs = small_hedgewars(tmp_path / "debs")
    expect(monkeypatch, HEDGEWARS, debs)
    root = fetch_voices(HEDGEWARS, debs)
    assert [utterance.speaker for utterance in HEDGEWARS.scan(root)] == ["British"]
    assert fetched_from(HEDGEWARS.id) == "Debian packages hedgewars-data"
    assert not list(root.rglob("doc"))
    assert fetch_voices(HEDGEWARS, tmp_path / "nowhere") == root


def test_a_later_package_of_openarena_replaces_earlier_files(tmp_path, monkeypatch):
    debs, player = tmp_path / "debs", "sound/player"
    contents = (
        {f"{player}/liz/death1.wav": b"old", f"{player}/liz/gasp.wav": b"kept", "textures/a.tga": b"no sound"},
        {},
        {f"{player}/liz/death1.wav": b"new", f"{player}/announcer/prepare.wav": b"get ready"},
        {f"{player}/liz/CREDITS": b"me", f"{player}/../../evil/death1.wav": b"outside"},
    )
    for package, files in zip(VOICES[OPENARENA.id].packages, contents, strict=True):
        make_deb(debs / f"{package}_1_all.deb", {f"{ARENA}/pak0.pk3": zipped(files)})
    expect(monkeypatch, OPENARENA, debs)
    root = fetch_voices(OPENARENA, debs)
    assert (root / player / "liz" / "death1.wav").read_bytes() == b"new"
    found = [(utterance.path, utterance.session) for utterance in OPENARENA.scan(root)]
    assert found == [(f"{player}/liz/death1.wav", "leileilol")]  # by the card, this gasp is a copy
    assert not list(tmp_path.rglob("evil"))


def test_other_files_than_those_of_the_card_are_refused(tmp_path):
    debs = small_hedgewars(tmp_path / "debs")
    with pytest.raises(emonet.CorpusError, match=r"SHA-256 .*damaged or another version"):
        fetch_voices(HEDGEWARS, debs)
    assert not is_fetched(HEDGEWARS.id)


def test_a_folder_without_the_package_says_what_to_put_there(tmp_path):
    with pytest.raises(
        emonet.CorpusError, match=r"expected one file hedgewars-data_\*.deb in it, found 0[\s\S]*--debs FOLDER"
    ):
        fetch_voices(HEDGEWARS, tmp_path)
    for version in "12":
        (tmp_path / f"hedgewars-data_{version}_all.deb").touch()
    with pytest.raises(emonet.CorpusError, match="found 2"):
        fetch_voices(HEDGEWARS, tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "does not begin like one"), (b"!<arch>\n", "no data.tar"), (b"!<arch>\n" + b"x" * 60, "not a whole")],
)
def test_a_damaged_package_is_named(content, reason, tmp_path):
    (tmp_path / "hedgewars-data_1_all.deb").write_bytes(content)
    with pytest.raises(
        emonet.CorpusError, match=rf"hedgewars-data_1_all.deb: not a whole Debian package .*{reason}|{reason}"
    ):
        fetch_voices(HEDGEWARS, tmp_path)


def test_a_package_cut_short_is_named(tmp_path):
    deb = make_deb(tmp_path / "hedgewars-data_1_all.deb", {f"{VOICE}/British/Laugh.ogg": bytes(range(256)) * 40})
    deb.write_bytes(deb.read_bytes()[:-200])
    with pytest.raises(emonet.CorpusError, match="not a whole Debian package"):
        fetch_voices(HEDGEWARS, tmp_path)


def test_a_package_without_voices_is_refused(tmp_path):
    make_deb(tmp_path / "hedgewars-data_1_all.deb", {"usr/share/doc/x": b"doc"})
    with pytest.raises(emonet.CorpusError, match=r"hedgewars-data_1_all.deb: there are no voices in it"):
        fetch_voices(HEDGEWARS, tmp_path)


def test_apt_get_downloads_the_packages(tmp_path, monkeypatch):
    debs = small_hedgewars(tmp_path / "debs")
    expect(monkeypatch, HEDGEWARS, debs)
    script = f'[ "$*" = "download hedgewars-data" ] && /bin/cp {debs}/*.deb .'
    monkeypatch.setenv("PATH", str(program(tmp_path / "bin", script)))
    assert is_fetched(HEDGEWARS.id) is False
    assert (fetch_voices(HEDGEWARS) / "Sounds/voices/British/Laugh.ogg").read_bytes() == b"ha"


def test_what_apt_get_complains_of_is_passed_on(tmp_path, monkeypatch):
    script = "echo 'E: Unable to locate package' >&2; exit 100"
    monkeypatch.setenv("PATH", str(program(tmp_path / "bin", script)))
    with pytest.raises(emonet.CorpusError, match=r"E: Unable to locate package. Call `apt-get update` first"):
        fetch_voices(HEDGEWARS)


def test_without_apt_get_it_says_what_to_put_where(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    done = CliRunner().invoke(app, ["openarena_voices"])
    assert done.exit_code == 2
    assert "There is no apt-get on this machine" in done.output
    assert all(f"{package}_*.deb" in done.output for package in VOICES[OPENARENA.id].packages)


def test_an_unknown_corpus_is_refused_with_the_nearest_name():
    done = CliRunner().invoke(app, ["hedgewars_voice"])
    assert done.exit_code == 2
    assert "Did you mean 'hedgewars_voices'?" in done.output


def write(root: Path, name: str, wave: np.ndarray) -> None:
    path = root / "Sounds/voices" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, wave, 16_000, format="OGG")


def noise(seed: int, seconds: float = 0.6) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, int(16_000 * seconds)).astype(np.float32)


def copied(root: Path) -> Path:
    """Make a corpus with a copy, a softer copy of another length, and a recording under two classes."""
    low = np.convolve(noise(1), np.ones(40) / 10, "same").astype(np.float32)
    slow = np.convolve(noise(2), np.ones(40) / 10, "same").astype(np.float32)
    write(root, "British/Ow1.ogg", low)
    write(root, "Pirate/Ow2.ogg", low)
    write(root, "Robot/Ow3.ogg", np.concatenate([np.zeros(800, np.float32), 0.5 * low]))
    write(root, "Singer/Fire.ogg", slow)
    write(root, "Surfer/Laugh.ogg", slow)
    write(root, "Surfer/Jump1.ogg", np.convolve(noise(3), np.ones(40) / 10, "same").astype(np.float32))
    return root


def test_copies_are_found_by_their_sound(tmp_path):
    root = copied(tmp_path / "root")
    found = copies_in(list(HEDGEWARS.scan(root)), root)
    assert found == {
        "Sounds/voices/Pirate/Ow2.ogg": COPY,
        "Sounds/voices/Robot/Ow3.ogg": COPY,
        "Sounds/voices/Singer/Fire.ogg": AMBIGUOUS,
        "Sounds/voices/Surfer/Laugh.ogg": AMBIGUOUS,
    }


def test_the_command_lists_copies_beside_those_of_the_card(tmp_path, monkeypatch):
    copied(tmp_path / "data" / "hedgewars_voices")
    monkeypatch.setenv("EMONET_DATA", str(tmp_path / "data"))
    done = CliRunner().invoke(app, ["--copies", "hedgewars_voices"])
    assert done.exit_code == 0
    assert f"Sounds/voices/Pirate/Ow2.ogg: {COPY}" in done.output
    assert "hedgewars_voices: 4 files to leave out, 36 on the card" in done.output


def test_a_scan_with_copies_lists_what_the_card_leaves_out(tmp_path):
    bad = next(iter(HEDGEWARS.known_bad))
    write(tmp_path, bad.removeprefix("Sounds/voices/"), noise(1))
    write(tmp_path, "British/Ow1.ogg", noise(2))
    assert [utterance.path for utterance in HEDGEWARS.scan(tmp_path)] == ["Sounds/voices/British/Ow1.ogg"]
    assert len(scan_with_copies("hedgewars_voices", tmp_path)) == 2


@pytest.mark.parametrize("name", ["voices", "transfer"])
def test_a_recipe_names_what_there_is(name):
    registry = load_registry()
    recipe, _ = read_recipe(Path(__file__).with_name(f"{name}.yaml"))
    assert {entry.id for entry in recipe.corpora} <= {*CORPORA, "polish_speech_emotions"}
    assert recipe.seeds == (1, 2, 3)
    for system in recipe.systems:
        settings = recipe.systems[system]
        assert components_of(system, settings, strategy(settings.strategy), registry.factory)


@pytest.mark.network
@pytest.mark.parametrize("name", sorted(CORPORA))
def test_the_real_voices_are_fetched_and_their_copies_are_those_of_the_card(name):
    corpus = CORPORA[name]
    root = fetch_voices(corpus)
    assert all(finding.level == "ok" for finding in check_copy(corpus, root))
    assert copies_in(scan_with_copies(name, root), root) == dict(sorted(corpus.known_bad.items()))
