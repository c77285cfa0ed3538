"""EmotionTalk: names that give group, scene and actor, and labels of what was heard, seen, and both."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet.corpus.readers.folders import files_below
from emonet_corpora._release import matches, rows

_NAME = r"(?P<name>(?P<group>G\d{5})_(?P<scene>\d{2})_(?P<speaker>\d{2})_\d{3})"
_CLIP = rf"(?:^|/){_NAME}\.(?:mp4|wav)$"
_JSON = re.compile(rf"(?:^|/)(?P<kind>Audio|Video|Multimodal)/json/(?:.*/)?{_NAME}\.json$")
_TABLE = re.compile(r"(?:^|/)(?P<kind>audio|video|mm)\.csv$")
_TARGETS = {"audio": "emotion", "video": "seen", "mm": "both", "multimodal": "both"}
"""Kind of label, in lower case -> target."""

_Labels = dict[str, tuple[str, dict[str, str]]]
"""Name of a clip -> place and codes."""


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each clip with a label; where a sound lies beside its video, the sound is read.

    Raises:
        CorpusError: clips or what was heard in them are not there, or a label cannot be read.
    """
    clips = matches(root, _CLIP, "emotiontalk", "Audio/wav/G00009/G00009_42/G00009_42_14/G00009_42_14_024.wav")
    labelled = _labels(root)
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


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the path of a clip says, None for any other path; the emotion is not in it."""
    match = re.search(_CLIP, path)
    return match and Utterance(match["name"], path, {}, speaker=match["speaker"], session=match["group"])


def _labels(root: Path) -> _Labels:
    """Return labels from the release's files, one a clip and kind, and from the owners' tables where those are."""
    labelled: _Labels = {}
    heard = False
    for path in files_below(root):
        if match := _JSON.search(path):
            _add(labelled, match["name"], str(root / path), match["kind"], _result(root / path))
        elif match := _TABLE.search(path):
            for place, cells in rows(root, path, columns=("file_name", "emotion")):
                name = PurePosixPath(cells["file_name"]).stem
                _add(labelled, name, place, match["kind"], cells["emotion"])
        heard = heard or (match is not None and match["kind"].lower() == "audio")
    if not heard:
        text = f"{root}: nothing says what was heard: there are no files like 'Audio/json/.../G00009_42_14_024.json'"
        raise CorpusError(f"{text} and no 'audio.csv'. Unpack Audio.tar, and give the folder of it all with --root.")
    return labelled


def _add(labelled: _Labels, name: str, place: str, kind: str, code: str) -> None:
    labelled.setdefault(name, (place, {}))[1].setdefault(_TARGETS[kind.lower()], code)


def _result(path: Path) -> str:
    try:
        return str(json.loads(path.read_bytes())["emotion_result"])
    except (ValueError, KeyError, TypeError) as problem:
        text = f"{path}: not an annotation ({type(problem).__name__}: {problem})."
        raise CorpusError(f"{text} Expected an object with emotion_result. Get the file again.") from None
