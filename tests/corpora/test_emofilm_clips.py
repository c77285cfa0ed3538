"""EmoFilm's workbook: speakers and films, from Excel or from its export."""

from __future__ import annotations

import sys
from pathlib import Path

import openpyxl
import pytest

import emonet_corpora
from emonet.corpus.corpus import Utterance
from emonet.errors import CorpusError, MissingExtra

EMOFILM = next(corpus for corpus in emonet_corpora.emonet_corpora() if corpus.id == "emofilm")
BOOK, EXPORT = "f_m_corpus_it_es_en_legend.xlsx", "f_m_corpus_it_es_en_legend.csv"
HEADER = ("file", "speaker", "film")


def clips(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def write_book(path: Path, **sheets: list[tuple[str | None, ...]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


def scanned(root: Path) -> dict[str, Utterance]:
    return {utterance.id: utterance for utterance in EMOFILM.scan(root)}


def test_both_sheets_of_the_workbook_are_read(tmp_path: Path) -> None:
    clips(tmp_path, "wav_corpus/f_tri049aen.wav", "wav_corpus/m_gio062ait.wav")
    write_book(
        tmp_path / BOOK,
        female=[HEADER, ("f_tri049aen", "Meryl\xa0Streep ", "The devil wears Prada")],
        male=[HEADER, (None, None, None), ("m_gio062ait", "Danilo de Girolamo", "Notting Hill")],
    )
    found = scanned(tmp_path)
    assert {id_: (each.speaker, each.session, each.language) for id_, each in found.items()} == {
        "f_tri049aen": ("meryl streep", "the devil wears prada", "en"),
        "m_gio062ait": ("danilo de girolamo", "notting hill", "it"),
    }
    assert found["f_tri049aen"].labels == {"emotion": "sadness", "sex": "female"}


@pytest.mark.parametrize("speaker", ["???", " ", "?"])
def test_a_speaker_who_is_not_named_is_one_for_film_language_and_sex(speaker: str, tmp_path: Path) -> None:
    clips(tmp_path, "f_tri049aen.wav", "f_tri050aen.wav", "f_tri051aes.wav")
    rows = "".join(f"f_tri{clip},{speaker},Alien\n" for clip in ("049aen", "050aen", "051aes"))
    (tmp_path / EXPORT).write_text(f"file,speaker,film\n{rows}", encoding="utf-8")
    speakers = [each.speaker for each in scanned(tmp_path).values()]
    assert speakers == ["not named (alien, en, f)", "not named (alien, en, f)", "not named (alien, es, f)"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Camilo Garcia", "Camilo García"),
        ("constantino romero+6", "Constantino Romero"),
        ("Robert Duval", "Robert  Duvall"),
        ("Tony Collette", "Toni Collette"),
    ],
)
def test_a_person_or_a_film_under_two_spellings_is_one(one: str, other: str, tmp_path: Path) -> None:
    clips(tmp_path, "m_rab009ait.wav", "m_rab010ait.wav")
    text = f"file,speaker,film\nm_rab009ait,{one},Ther Interpreter\nm_rab010ait,{other},The interpreter\n"
    (tmp_path / EXPORT).write_text(text, encoding="utf-8")
    found = list(scanned(tmp_path).values())
    assert {(each.speaker, each.session) for each in found} == {(other.lower().replace("  ", " "), "the interpreter")}


def test_without_the_workbook_speakers_are_unknown(tmp_path: Path) -> None:
    (clip,) = scanned(clips(tmp_path, "m_rab009ait.wav")).values()
    assert (clip.speaker, clip.session, clip.labels["emotion"]) == (None, None, "anger")


def test_a_resampled_copy_beside_the_clip_is_not_a_second_one(tmp_path: Path) -> None:
    (clip,) = scanned(clips(tmp_path, "wav_corpus/m_rab009ait.wav", "wav_corpus_16k/m_rab009ait_16k.wav")).values()
    assert clip.path == "wav_corpus/m_rab009ait.wav"


def test_a_sheet_without_its_columns_is_named(tmp_path: Path) -> None:
    write_book(clips(tmp_path, "m_rab009ait.wav") / BOOK, female=[HEADER], male=[("file", "actor", "film")])
    with pytest.raises(CorpusError, match=r"legend\.xlsx, sheet 'male': there is no column 'speaker'\. Columns: file"):
        scanned(tmp_path)


def test_an_export_without_its_columns_is_named(tmp_path: Path) -> None:
    (clips(tmp_path, "m_rab009ait.wav") / EXPORT).write_text("file;speaker;film\na;b;c\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"legend\.csv:1: there is no column 'file'\. Columns: file;speaker;film\."):
        scanned(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"file,speaker,film\n"])
def test_what_is_no_workbook_is_refused_in_words(content: bytes, tmp_path: Path) -> None:
    (clips(tmp_path, "m_rab009ait.wav") / BOOK).write_bytes(content)
    with pytest.raises(CorpusError, match=r"legend\.xlsx: this is not an Excel workbook\. Get the file again\."):
        scanned(tmp_path)


def test_without_openpyxl_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_book(clips(tmp_path, "m_rab009ait.wav") / BOOK, male=[HEADER])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtra, match=r"save its sheets as one f_m_corpus_it_es_en_legend\.csv.*emonet\[excel\]"):
        scanned(tmp_path)
