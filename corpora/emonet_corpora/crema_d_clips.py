"""CREMA-D: clips whose names say who acted what, and a table of the actors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from emonet import Target, Utterance
from emonet.corpus.codes import labels_from
from emonet.corpus.readers.folders import files_below
from emonet_corpora._release import matches, name_of, rows

# AudioMP3 holds every clip once more; a widespread copy writes one name with a single X
_CLIP = re.compile(
    r"(?:^|/)AudioWAV/(?P<actor>1\d{3})_(?P<text>IEO|TIE|IOM|IWW|TAI|MTI|IWL|ITH|DFA|ITS|TSI|WSI)_"
    r"(?P<acted>ANG|DIS|FEA|HAP|NEU|SAD)_(?:LO|MD|HI|XX?)\.wav$"
)
_ACTORS = "VideoDemographics.csv"


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each clip; without the table, sex and age are not known.

    Raises:
        CorpusError: there is no clip below ``root``, or a row cannot be read.
    """
    found = matches(root, _CLIP.pattern, "crema_d", "AudioWAV/1001_DFA_ANG_XX.wav")
    actors = _actors(root)
    for match in found:
        place, cells = actors.get(match["actor"], ("", {}))
        person = labels_from({"sex": cells.get("Sex", ""), "age": cells.get("Age", "")}, targets, place)
        yield _utterance(match, targets, person)


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the path of a clip says, None for any other path."""
    match = _CLIP.search(path)
    return None if match is None else _utterance(match, targets, {})


def _utterance(match: re.Match[str], targets: tuple[Target, ...], person: Mapping[str, str | float]) -> Utterance:
    return Utterance(
        id=name_of(match.string),
        path=match.string,
        labels={**labels_from({"emotion": match["acted"]}, targets, match.string), **person},
        speaker=match["actor"],
        text=match["text"],
    )


def _actors(root: Path) -> Mapping[str, tuple[str, Mapping[str, str]]]:
    """Return place and row of each actor, none where the table is not below ``root``."""
    found = [path for path in files_below(root) if path.rpartition("/")[2] == _ACTORS]
    table = min(found, key=lambda path: path.count("/"), default="")
    if not table:
        return {}
    return {cells["ActorID"]: (place, cells) for place, cells in rows(root, table, columns=("ActorID", "Age", "Sex"))}
