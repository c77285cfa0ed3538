"""EMO-DB 2.0: what names of recordings say, and the listeners' ratings where the release's table is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import beginning, matches, rows

_AUDIO = (
    r"(?:^|/)wav/(?P<name>(?P<speaker>03|08|09|1[0-6])(?P<text>[ab]\d\d)(?P<label>[A-Z])(?P<take>[a-z]))(?:xx)?\.wav$"
)
_TABLE = r"(?:^|/)db\.emotion\.csv$"
_CONFIDENCE, _NATURALNESS = "emotion.confidence", "emotion.naturalness"


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each recording below wav/; laryngograms, which have the same names, are passed over.

    Raises:
        CorpusError: there are no recordings, or the table cannot be read.
    """
    rated = _ratings(root)
    for match in matches(root, _AUDIO, "emodb_2", "wav/03a01Fa.wav"):
        path = match.string
        place, ratings = rated.get(path.removeprefix(beginning(path, match)), (path, {}))
        yield _utterance(match, targets, ratings, place)


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the path of a recording says, None for any other path; the ratings are not in it."""
    match = re.search(_AUDIO, path)
    return match and _utterance(match, targets, {}, path)


def _utterance(match: re.Match[str], targets: tuple[Target, ...], ratings: Mapping[str, str], place: str) -> Utterance:
    codes = {"emotion": match["label"], "sex": match["speaker"], **ratings}
    return Utterance(
        id=match["name"],
        path=match.string,
        labels=labels_from(codes, targets, place),
        speaker=match["speaker"],
        text=match["text"],
    )


def _ratings(root: Path) -> dict[str, tuple[str, dict[str, str]]]:
    """Return place and ratings by the path within the release; nothing where there is no table in CSV."""
    try:
        (table, *_) = matches(root, _TABLE, "emodb_2", "db.emotion.csv")
    except CorpusError:
        return {}
    found = rows(root, table.string, columns=("file", _CONFIDENCE, _NATURALNESS))
    return {
        cells["file"]: (place, {"recognised": cells[_CONFIDENCE], "naturalness": cells[_NATURALNESS]})
        for place, cells in found
    }
