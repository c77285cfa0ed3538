"""EU-EV: the British tree and the manifest beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

import emonet_corpora
from emonet.errors import CorpusError
from emonet.protocols.protocol import make_protocol

EU_EV = next(corpus for corpus in emonet_corpora.emonet_corpora() if corpus.id == "eu_ev")
UK = "EU Emotion - UK Voices"
ENDS = ((1, "Happy"), (2, "Angry"))


def clips(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_the_louder_copies_serve_where_the_clips_are_missing(tmp_path: Path) -> None:
    clips(tmp_path, f"{UK}/Fixed - amplified volume/Sad/fix__EV9D.mp3")
    (clip,) = EU_EV.scan(tmp_path)
    assert (clip.labels, clip.language, clip.speaker) == ({"emotion": "sadness"}, "en-GB", None)


def test_a_manifest_alone_is_enough(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("file,label,language\na.wav,Worried,sv\n", encoding="utf-8")
    (clip,) = EU_EV.scan(tmp_path)
    assert (clip.path, clip.labels, clip.language) == ("a.wav", {"emotion": "worry"}, "sv")


def test_an_unknown_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"the card maps no code 'Angri' for target 'emotion'.*Did you mean 'Angry'"):
        list(EU_EV.scan(clips(tmp_path, f"{UK}/Original/Angri/EV9D.mp3")))


def test_each_language_tests_once(tmp_path: Path) -> None:
    clips(tmp_path, f"{UK}/Original/Happy/a.mp3", f"{UK}/Original/Angry/b.mp3")
    rows = "".join(f"{language}_{n}.wav,{label},{language}\n" for language in ("he", "sv") for n, label in ENDS)
    (tmp_path / "manifest.csv").write_text(f"file,label,language\n{rows}", encoding="utf-8")
    said = list(EU_EV.scan(tmp_path))
    languages = {each.id: each.language for each in said}
    folds = make_protocol("by-language", {}, EU_EV, said).folds
    tested = [{languages[id_] for id_, split in fold.splits.items() if split == "test"} for fold in folds]
    assert tested == [{"sv"}, {"en-GB"}, {"he"}]
