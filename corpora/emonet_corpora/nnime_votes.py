"""NNIME: turns whose names give scene, session and side, and the raters' votes as EMO-SUPERB publishes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches, rows

_AUDIO = (
    r"(?:^|/)(?P<name>(?:angry|frustration|happy|neutral|sad|surprise)_(?P<session>\d{2})_(?P<side>[AB])_\d{3}\.wav)$"
)
_TABLE = r"(?:^|/)labels_consensus(?:_[1-5])?\.csv$"
_WORDS = (
    "angry",
    "frustrated",
    "disappointed",
    "sad",
    "fear",
    "neutral",
    "surprise",
    "excited",
    "happy",
    "relax",
    "joy",
)
_LAST_SESSION = 22
_OF_LAST_SESSION = {"A": "8", "B": "43"}
"""In all other sessions, speakers are numbered as they come: 1 and 2, 3 and 4, and so on."""
_SAME = 1e-6
"""Shares of votes that are nearer than this are a tie."""


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each turn that the table names; the scene's word in its name is not its label.

    Raises:
        CorpusError: table or turns are not there, or a row cannot be read.
    """
    # the five tables differ only in their splits
    (table, *_) = matches(root, _TABLE, "nnime", "labels_consensus_1.csv")
    needed = ("", *_WORDS, "EmoAct", "EmoVal", "SpkrID", "Gender")
    rated = {cells[""]: (place, cells) for place, cells in rows(root, table.string, columns=needed)}
    for match in matches(root, _AUDIO, "nnime", "neutral_11_B_034.wav"):
        if match["name"] not in rated:
            continue
        place, cells = rated[match["name"]]
        codes = {
            "emotion": _strongest(cells, place),
            "arousal": cells["EmoAct"],
            "valence": cells["EmoVal"],
            "sex": cells["Gender"],
        }
        yield Utterance(
            id=match["name"].removesuffix(".wav"),
            path=match.string,
            labels=labels_from(codes, targets, place),
            speaker=cells["SpkrID"] or None,
            session=match["session"],
        )


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the path of a turn says, None for any other path: session and speaker, but no label."""
    match = re.search(_AUDIO, path)
    if match is None:
        return None
    session = int(match["session"])
    number = 2 * session - (match["side"] == "A")
    speaker = _OF_LAST_SESSION[match["side"]] if session == _LAST_SESSION else str(number)
    return Utterance(match["name"].removesuffix(".wav"), path, {}, speaker=speaker, session=match["session"])


def _strongest(cells: Mapping[str, str], place: str) -> str:
    """Return the word with most votes, nothing for a tie."""
    try:
        shares = sorted(((float(cells[word]), word) for word in _WORDS), reverse=True)
    except ValueError as problem:
        raise CorpusError(f"{place}: not shares of votes ({problem}). Get the table again.") from None
    return "" if shares[0][0] - shares[1][0] < _SAME else shares[0][1]
