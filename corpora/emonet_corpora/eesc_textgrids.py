"""EESC: numbered clips, each with a Praat TextGrid beside it, whose tier "emotion" holds the label."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import pairwise, takewhile
from pathlib import Path

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches

_AUDIO = r"(?:^|/)(?P<id>\d+)\.wav$"
_TIER = "IntervalTier"
_MARIT = range(466, 647)
"""Numbers of the clips that the owners' pages give to the second speaker."""


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each clip with a TextGrid.

    Raises:
        CorpusError: there are no clips or no TextGrids, or one of them has no emotion.
    """
    clips = matches(root, _AUDIO, "eesc", "120289.wav")
    grids = {match.string for match in matches(root, r"(?:^|/)\d+\.TextGrid$", "eesc", "120289.TextGrid")}
    for match in clips:
        grid = f"{match.string.removesuffix('.wav')}.TextGrid"
        if grid in grids:
            codes = {"emotion": _emotion(root / grid)}
            yield Utterance(
                id=match["id"],
                path=match.string,
                labels=labels_from(codes, targets, str(root / grid)),
                speaker=_speaker(match["id"]),
            )


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the path of a clip says, None for any other path: the speaker, but no label."""
    match = re.search(_AUDIO, path)
    return match and Utterance(match["id"], path, {}, speaker=_speaker(match["id"]))


def _speaker(number: str) -> str:
    return "marit" if int(number) in _MARIT else "marju"


def _emotion(path: Path) -> str:
    """Return the first mark of the tier; long and short TextGrids give their texts in one order."""
    texts = re.findall(r'"((?:[^"]|"")*)"', _text(path))
    for place, (kind, name) in enumerate(pairwise(texts)):
        if kind == _TIER and name.lower() == "emotion":
            marks = takewhile(lambda text: text != _TIER, texts[place + 2 :])
            found = next((mark.strip().lower() for mark in marks if mark.strip()), "")
            if found:
                return found
    raise CorpusError(f"{path}: there is no tier 'emotion' with a label. Get the file again.")


def _text(path: Path) -> str:
    """Return a TextGrid's text: Praat writes UTF-16 with a byte order mark, or UTF-8."""
    data = path.read_bytes()
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
