"""CREMA-D as it is perceived: the votes on the voice, on the face, and on both, clip by clip."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches, rows

_AUDIO = r"(?:^|/)AudioWAV/(?P<clip>(?P<speaker>1\d{3})_(?P<text>[A-Z]{3})_[A-Z]{3}_(?:LO|MD|HI|XX?))\.wav$"
_TABLE = r"(?:^|/)processedResults/tabulatedVotes\.csv$"
_ASKED = {"1": "emotion", "2": "seen", "3": "both"}
"""Leading digit of a row's number -> the target that its votes are for."""
_WORDS = {"A": "anger", "D": "disgust", "F": "fear", "H": "happiness", "N": "neutral", "S": "sadness"}
"""Letter of a vote -> word."""


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each clip with votes; of a tie there is no majority, but the shares stay.

    Raises:
        CorpusError: table or clips are not there, or a row cannot be read.
    """
    voted = _votes(root)
    for match in matches(root, _AUDIO, "crema_d_perceived", "AudioWAV/1001_DFA_ANG_XX.wav"):
        if (clip := _clip(match)) in voted:
            place, codes = voted[clip]
            yield replace(_named(match), labels=labels_from(codes, targets, place))


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the path of a clip says, None for any other path; what was perceived is not in it."""
    match = re.search(_AUDIO, path)
    return match and _named(match)


def _named(match: re.Match[str]) -> Utterance:
    return Utterance(_clip(match), match.string, {}, speaker=match["speaker"], text=match["text"])


def _clip(match: re.Match[str]) -> str:
    # copies exist in which one name ends in a single X
    return match["clip"] + ("X" if match["clip"].endswith("_X") else "")


def _votes(root: Path) -> dict[str, tuple[str, dict[str, str]]]:
    """Return place and codes of each clip; its rows are one for each way of asking."""
    (table, *_) = matches(root, _TABLE, "crema_d_perceived", "processedResults/tabulatedVotes.csv")
    voted: dict[str, tuple[str, dict[str, str]]] = {}
    for place, cells in rows(root, table.string, columns=("", "fileName", *_WORDS)):
        target = _ASKED.get(cells[""][:1])
        if target is None:
            text = f"{place}: the row's number is '{cells['']}'. Expected six digits that begin with 1, 2 or 3."
            raise CorpusError(f"{text} Get the table again.")
        codes = voted.setdefault(cells["fileName"], (place, {}))[1]
        counts = _counts(cells, place)
        codes[target] = _majority(counts)
        if target == "emotion":
            total = sum(counts.values())
            codes |= {f"share_{_WORDS[letter]}": str(count / total) for letter, count in counts.items()}
    return voted


def _counts(cells: Mapping[str, str], place: str) -> dict[str, int]:
    try:
        counts = {letter: int(cells[letter]) for letter in _WORDS}
    except ValueError as problem:
        raise CorpusError(f"{place}: not votes ({problem}). Expected whole numbers. Get the table again.") from None
    if sum(counts.values()) <= 0:
        raise CorpusError(f"{place}: nobody voted for this clip. Get the table again.")
    return counts


def _majority(counts: Mapping[str, int]) -> str:
    (first, most), (_, next_most), *_ = sorted(counts.items(), key=lambda each: -each[1])
    return "" if most == next_most else first
