"""ESD: clips whose names say everything, the sentence by the number within its state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from emonet import Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches, name_of

_CLIP = re.compile(
    r"(?:^|/)(?P<speaker>00(?:0[1-9]|1\d|20))/(?P<state>Neutral|Angry|Happy|Sad|Surprise)/"
    r"(?:(?P<split>train|evaluation|test)/)?(?P=speaker)_(?P<number>\d{6})\.wav$"
)
_SPLITS = {"train": "train", "evaluation": "dev", "test": "test"}
_SENTENCES = 350
"""Everybody reads as many in each state, in one order, and numbers go on from state to state."""
_FIRST_ENGLISH = "0011"


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each clip.

    Raises:
        CorpusError: there is no clip below ``root``.
    """
    for match in matches(root, _CLIP.pattern, "esd", "0001/Neutral/0001_000001.wav"):
        yield _utterance(match, targets)


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the path of a clip says, None for any other path."""
    match = _CLIP.search(path)
    return None if match is None else _utterance(match, targets)


def _utterance(match: re.Match[str], targets: tuple[Target, ...]) -> Utterance:
    language = "zh-CN" if match["speaker"] < _FIRST_ENGLISH else "en"
    sentence = (int(match["number"]) - 1) % _SENTENCES + 1
    return Utterance(
        id=name_of(match.string),
        path=match.string,
        labels=labels_from({"emotion": match["state"], "sex": match["speaker"]}, targets, match.string),
        speaker=match["speaker"],
        text=f"{language} {sentence:03}",
        split=_SPLITS.get(match["split"] or ""),
        language=language,
    )
