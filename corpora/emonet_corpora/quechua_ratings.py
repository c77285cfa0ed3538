"""Quechua Collao: numbered recordings, whose ratings and speakers stand in two tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from emonet import Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches, rows

_AUDIO = r"(?:^|/)Audios/(?P<audio>\d+)\.wav$"
_BAD = {"11817", "14197", "20888", "22415"}
"""Recordings that the card calls bad: what the tables say of them cannot be read."""
_WRONG = {("22210", "valence")}
"""Recording and rating: a mean in which the recording's own number was counted as a rating."""
_SENTENCE = re.compile(r"T[o\d]\d{2}")
"""Stands in the name of the original recording; one of them has a letter for a digit."""


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each recording that both tables name.

    Raises:
        CorpusError: tables or recordings are not there, or a row cannot be read.
    """
    gold = _table(root, r"(?:^|/)Labels\.csv$", "Labels/Labels/Labels.csv", ("Valence", "Arousal", "Dominance"))
    acted = _table(root, r"(?:^|/)map\.csv$", "Data/Data/map.csv", ("Actor", "File", "Emotion"))
    for match in matches(root, _AUDIO, "quechua_collao", "Audios/10001.wav"):
        audio = match["audio"]
        if audio in gold and audio in acted and audio not in _BAD:
            (place, ratings), (_, scene) = gold[audio], acted[audio]
            rated = [name for name in ("arousal", "valence", "dominance") if (audio, name) not in _WRONG]
            codes = {name: ratings[name.capitalize()] for name in rated}
            codes |= {"emotion": scene["Emotion"].lower(), "sex": scene["Actor"]}
            sentence = _SENTENCE.search(scene["File"])
            yield Utterance(
                id=audio,
                path=match.string,
                labels=labels_from(codes, targets, place),
                speaker=scene["Actor"] or None,
                text=sentence.group().replace("o", "0") if sentence else None,
            )


def _table(root: Path, regex: str, looked_for: str, columns: tuple[str, ...]) -> dict[str, tuple[str, dict[str, str]]]:
    """Return place and row by the recording's number."""
    (found, *_) = matches(root, regex, "quechua_collao", looked_for)
    return {cells["Audio"]: (place, cells) for place, cells in rows(root, found.string, columns=("Audio", *columns))}
