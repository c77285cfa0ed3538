"""EmoTale: names that give language, speaker, emotion and sentence, and what three raters heard."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches, rows

_AUDIO = r"(?:^|/)(?P<name>(?P<language>DK|EN)_(?P<speaker>\d{3})_(?P<label>[ABHNS])_(?P<text>[1-5])\.wav)$"
_RATERS = ("a1", "a2", "a3")
_SCALES = {"arousal": "A", "valence": "V", "dominance": "D"}
_LANGUAGES = {"DK": "da", "EN": "en"}


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each clip; the same people speak both languages.

    Raises:
        CorpusError: clips or annotations.csv are not there, or a row cannot be read.
    """
    (table, *_) = matches(root, r"(?:^|/)annotations\.csv$", "emotale", "annotations.csv")
    needed = ("file", *(f"{rater}_{scale}" for rater in _RATERS for scale in (*_SCALES.values(), "cat")))
    rated = {cells["file"]: (place, cells) for place, cells in rows(root, table.string, columns=needed)}
    for match in matches(root, _AUDIO, "emotale", "wav/DK_001_A_1.wav"):
        place, cells = rated.get(match["name"], (match.string, {}))
        yield _utterance(match, targets, _ratings(cells, place) if cells else {}, place)


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the path of a clip says, None for any other path; the ratings are not in it."""
    match = re.search(_AUDIO, path)
    return match and _utterance(match, targets, {}, path)


def _utterance(match: re.Match[str], targets: tuple[Target, ...], ratings: Mapping[str, str], place: str) -> Utterance:
    codes = {"emotion": match["label"], "sex": match["speaker"], **ratings}
    return Utterance(
        id=match["name"].removesuffix(".wav"),
        path=match.string,
        labels=labels_from(codes, targets, place),
        speaker=match["speaker"],
        text=f"{match['language']}{match['text']}",
        language=_LANGUAGES[match["language"]],
    )


def _ratings(cells: Mapping[str, str], place: str) -> dict[str, str]:
    """Return the raters' majority and their means; where all three differ there is no majority."""
    (heard, count), *_ = Counter(cells[f"{rater}_cat"] for rater in _RATERS).most_common()
    codes = {"heard": heard if count > 1 else ""}
    try:
        for target, scale in _SCALES.items():
            codes[target] = str(fmean(float(cells[f"{rater}_{scale}"]) for rater in _RATERS))
    except ValueError as problem:
        raise CorpusError(f"{place}: not a rating ({problem}). Expected numbers from 1 to 5. Mend the row.") from None
    return codes
