"""Dusha: several annotations a clip, one a line, which become one label by the majority."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from emonet import CorpusError, Target, Utterance
from emonet.corpus.labels import labels_from
from emonet_corpora._release import matches

_CLIP = r"(?:^|/)crowd_(?P<split>train|test)/wavs/(?P<hash>[0-9A-Za-z]+)\.wav$"
_LIST = r"(?:^|/)crowd_(?P<split>train|test)/raw_crowd_(?P=split)\.jsonl$"


@dataclass(slots=True)
class _Clip:
    """What is said of one clip: whose it is, what was asked for, what was heard how often, and where that stands."""

    speaker: str
    asked: str
    place: str
    heard: Counter[str] = field(default_factory=Counter)

    @property
    def majority(self) -> str:
        (first, count), *rest = self.heard.most_common(2)
        return "" if rest and rest[0][1] == count else first


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each clip with an annotation.

    Raises:
        CorpusError: lists or clips are not there, or a line cannot be read.
    """
    clips = _clips(root)
    for match in matches(root, _CLIP, "dusha", "crowd_train/wavs/HASH.wav"):
        clip = clips.get(match["hash"])
        if clip is not None:
            codes = {"emotion": clip.majority, "asked": clip.asked}
            yield Utterance(
                id=match["hash"],
                path=match.string,
                labels=labels_from(codes, targets, clip.place),
                speaker=clip.speaker or None,
                split=match["split"],
            )


def _clips(root: Path) -> dict[str, _Clip]:
    clips: dict[str, _Clip] = {}
    for match in matches(root, _LIST, "dusha", "crowd_train/raw_crowd_train.jsonl"):
        path = root / match.string
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                _count(clips, line, f"{path}:{number}")
    return clips


def _count(clips: dict[str, _Clip], line: bytes, place: str) -> None:
    """Add one annotation to what is known of its clip."""
    try:
        row = json.loads(line)
        if row["golden_emo"]:
            return
        clip = clips.setdefault(row["hash_id"], _Clip(str(row["source_id"]), row["speaker_emo"], place))
        clip.heard[row["annotator_emo"]] += 1
    except (ValueError, KeyError, TypeError) as problem:
        text = f"{place}: not an annotation ({type(problem).__name__}: {problem})."
        raise CorpusError(f"{text} Expected hash_id, annotator_emo, golden_emo, speaker_emo and source_id.") from None
