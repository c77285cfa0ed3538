"""MSP-Podcast: recordings with the row that the release's consensus table has for each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from emonet import CorpusError, Target, UnknownName, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches, rows

_FILE = r"(?:^|/)(?P<name>MSP-PODCAST_(?:test3_\d{4}|(?P<podcast>\d{4})_\d{4}(?:_\d{4})?)\.wav)$"
_TABLE = r"(?:^|/)labels_con[sc]ensus\.csv$"
_NEEDED = ("FileName", "EmoClass", "EmoAct", "EmoVal", "EmoDom", "SpkrID", "Gender", "Split_Set")
_SPLITS = {
    "train": "train",
    "development": "dev",
    "validation": "dev",
    "test1": "test1",
    "test2": "test2",
    "test3": "test3",
}
_UNKNOWN = "Unknown"


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each recording that the table names.

    Raises:
        CorpusError: table or recordings are not there, two tables are, or a row cannot be read.
    """
    (table, *others) = matches(root, _TABLE, "msp_podcast", "Labels/labels_consensus.csv")
    if others:
        message = f"{root}: there are two consensus tables, '{table.string}' and '{others[0].string}'."
        raise CorpusError(f"{message} Give the folder of one release with --root.")
    described = {cells["FileName"]: (place, cells) for place, cells in rows(root, table.string, columns=_NEEDED)}
    for match in matches(root, _FILE, "msp_podcast", "Audios/MSP-PODCAST_0001_0008.wav"):
        if match["name"] in described:
            place, cells = described[match["name"]]
            yield Utterance(
                id=match["name"].removesuffix(".wav"),
                path=match.string,
                labels=labels_from(_codes(cells), targets, place),
                speaker=cells["SpkrID"] if cells["SpkrID"] not in {"", _UNKNOWN} else None,
                session=match["podcast"],
                split=_split_of(cells["Split_Set"], place),
            )


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the name of a recording says, its podcast, None for any other path."""
    match = re.search(_FILE, path)
    return None if match is None else Utterance(match["name"].removesuffix(".wav"), path, {}, session=match["podcast"])


def _codes(cells: dict[str, str]) -> dict[str, str]:
    return {
        "emotion": cells["EmoClass"],
        "arousal": cells["EmoAct"],
        "valence": cells["EmoVal"],
        "dominance": cells["EmoDom"],
        "sex": cells["Gender"],
    }


def _split_of(name: str, place: str) -> str:
    if name.lower() not in _SPLITS:
        raise CorpusError(f"{place}: {UnknownName('partition', name, [split.capitalize() for split in _SPLITS])}")
    return _SPLITS[name.lower()]
