"""M3ED: clips named after the utterances of one JSON file, in splits by TV series."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emonet import CorpusError, Target, Utterance
from emonet.corpus.codes import labels_from
from emonet_corpora._release import matches

_CLIP = r"(?:^|/)(?P<side>[AB])_(?P<key>(?P<dialogue>(?P<title>[a-z0-9]+)_\d+)_\d+)\.wav$"
_LISTS = r"(?:^|/)splitInfo/movie_list_(?P<split>train|val|test)\.txt$"
_SPLITS = {"train": "train", "val": "dev", "test": "test"}


def scan(root: Path, targets: tuple[Target, ...]) -> Iterator[Utterance]:
    """Yield an utterance for each clip that the annotation names.

    Raises:
        CorpusError: annotation, lists or clips are not there or cannot be read.
    """
    (found, *_) = matches(root, r"(?:^|/)annotation\.json$", "m3ed", "annotation.json")
    place = root / found.string
    titles, splits = _read(place), _splits(root)
    for match in matches(root, _CLIP, "m3ed", "modality_speech/A_shaonianpai_1_1.wav"):
        dialogue = titles.get(match["title"], {}).get(match["dialogue"], {})
        if match["key"] in dialogue.get("Dialog", {}):
            yield _utterance(match, dialogue, targets, splits, f"{place}: {match['key']}")


def read_name(path: str, targets: tuple[Target, ...]) -> Utterance | None:
    """Return what the name of a clip says, its dialogue, None for any other path; a side is not yet a person."""
    match = re.search(_CLIP, path)
    return None if match is None else Utterance(match["key"], path, {}, session=match["dialogue"])


def _utterance(
    match: re.Match[str], dialogue: Any, targets: tuple[Target, ...], splits: dict[str, str], place: str
) -> Utterance:
    try:
        code = dialogue["Dialog"][match["key"]]["EmoAnnotation"]["final_main_emo"]
        name = dialogue["SpeakerInfo"][match["side"]]["Name"]
    except (KeyError, TypeError) as problem:
        raise CorpusError(f"{place}: there is no {problem}. Expected EmoAnnotation and SpeakerInfo there.") from None
    return Utterance(
        id=match["key"],
        path=match.string,
        labels=labels_from({"emotion": code}, targets, place),
        speaker=f"{match['title']}_{name}",
        session=match["dialogue"],
        split=splits.get(match["title"]),
    )


def _read(path: Path) -> Any:
    try:
        found = json.loads(path.read_bytes())
    except ValueError as problem:
        raise CorpusError(f"{path}: not JSON ({problem}). Get the file again.") from None
    if not isinstance(found, dict):
        raise CorpusError(f"{path}: a {type(found).__name__}. Expected an object with a key for each series.")
    return found


def _splits(root: Path) -> dict[str, str]:
    """Return the split of each series."""
    lists = matches(root, _LISTS, "m3ed", "splitInfo/movie_list_train.txt")
    return {title: _SPLITS[match["split"]] for match in lists for title in _titles(root / match.string)}


def _titles(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split()
    except UnicodeDecodeError:
        raise CorpusError(f"{path}: not UTF-8 text. Get the list again, or save it as UTF-8.") from None
