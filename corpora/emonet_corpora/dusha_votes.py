"""Dusha: several annotations a clip, one a line, which become one label by the majority."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches, rows

_CLIP = r"(?:^|/)crowd_(?P<split>train|test)/wavs/(?P<hash>[0-9A-Za-z]+)\.wav$"
_LIST = r"(?:^|/)crowd_(?P<split>train|test)/raw_crowd_(?P=split)\.(?P<kind>jsonl|tsv)$"
_MISSING = {"", "nan", "none"}
"""What stands in a cell of which nothing is known, in lower case; JSON has a bare NaN there."""


@dataclass(slots=True)
class _Clip:
    """What is said of one clip: whose it is, what was asked for, what was heard how often, and where that stands."""

    speaker: str
    asked: str
    text: str
    place: str
    heard: Counter[str] = field(default_factory=Counter)

    @property
    def majority(self) -> str:
        (first, count), *rest = self.heard.most_common(2) or [("", 0)]
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
                text=clip.text or None,
                split=match["split"],
            )


def _clips(root: Path) -> dict[str, _Clip]:
    clips: dict[str, _Clip] = {}
    for match in _lists(root):
        read = _of_json if match["kind"] == "jsonl" else _of_table
        for place, row in read(root, match.string):
            _count(clips, row, place)
    return clips


def _lists(root: Path) -> list[re.Match[str]]:
    """Return one list of each part: the release has each of them twice, as JSON and as a table."""
    found = matches(root, _LIST, "dusha", "crowd_train/raw_crowd_train.jsonl")
    chosen = {match["split"]: match for match in sorted(found, key=lambda match: match["kind"], reverse=True)}
    return [chosen[split] for split in sorted(chosen)]


def _of_json(root: Path, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    with (root / path).open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            place = f"{root / path}:{number}"
            try:
                row = json.loads(line)
            except ValueError as problem:
                raise _no_annotation(place, problem) from None
            yield place, row


def _of_table(root: Path, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return rows(root, path, delimiter="\t", quotes=False)


def _count(clips: dict[str, _Clip], row: Mapping[str, Any], place: str) -> None:
    """Add one annotation to what is known of its clip; control tasks, which have a golden_emo, do not count."""
    try:
        if _known(row["golden_emo"]):
            return
        speaker = re.sub(r"\.0+$", "", _known(row["source_id"]))
        text = " ".join(_known(row.get("speaker_text", "")).split())
        clip = clips.setdefault(row["hash_id"], _Clip(speaker, _known(row["speaker_emo"]), text, place))
        if heard := _known(row["annotator_emo"]):
            clip.heard[heard] += 1
    except (KeyError, TypeError, AttributeError) as problem:
        raise _no_annotation(place, problem) from None


def _known(cell: object) -> str:
    """Return a cell as text, empty where it holds nothing."""
    text = "" if cell is None else str(cell).strip()
    return "" if text.lower() in _MISSING else text


def _no_annotation(place: str, problem: Exception) -> CorpusError:
    text = f"{place}: not an annotation ({type(problem).__name__}: {problem})."
    return CorpusError(f"{text} Expected hash_id, annotator_emo, golden_emo, speaker_emo and source_id.")
