"""EmotionTalk: names that give group, scene and actor, and tables of what was heard, seen, and both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches, rows

_CLIP = r"(?:^|/)(?P<name>(?P<group>G\d{5})_(?P<scene>\d{2})_(?P<speaker>\d{2})_\d{3})\.(?:mp4|wav)$"
_TARGETS = {"audio": "emotion", "video": "seen", "mm": "both"}
"""Table -> the target that it labels."""


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each clip that a table names; where a sound lies beside its video, the sound is read.

    Raises:
        CorpusError: clips or the table audio.csv are not there, or a row cannot be read.
    """
    labelled = _labels(root)
    clips = matches(root, _CLIP, "emotiontalk", "G00009/G00009_42/G00009_42_14/G00009_42_14_024.wav")
    sounds = {match["name"] for match in clips if match.string.endswith(".wav")}
    for match in clips:
        name = match["name"]
        if name not in labelled or (name in sounds and not match.string.endswith(".wav")):
            continue
        place, codes = labelled[name]
        yield Utterance(
            id=name,
            path=match.string,
            labels=labels_from(codes, targets, place),
            speaker=match["speaker"],
            session=match["group"],
        )


def _labels(root: Path) -> dict[str, tuple[str, dict[str, str]]]:
    """Return place and codes by the clip's name."""
    labelled: dict[str, tuple[str, dict[str, str]]] = {}
    tables = matches(root, r"(?:^|/)(?P<table>audio|video|mm)\.csv$", "emotiontalk", "audio.csv")
    if all(table["table"] != "audio" for table in tables):
        text = f"{root}: there is no 'audio.csv' of the corpus 'emotiontalk', only '{tables[0].string}'."
        raise CorpusError(f"{text} Copy the owners' table, which says what was heard, below --root.")
    for table in tables:
        for place, cells in rows(root, table.string, columns=("file_name", "emotion")):
            name = PurePosixPath(cells["file_name"]).stem
            labelled.setdefault(name, (place, {}))[1][_TARGETS[table["table"]]] = cells["emotion"]
    return labelled
